"""The configuration: ``[tool.mig]`` of pyproject.toml, or mig.toml, as frozen data."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

DIALECTS = ("postgresql", "mysql", "mariadb", "sqlite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One ``[tool.mig.databases.NAME]``; time-outs as the database takes them (``5s``, ``0``: none)."""

    url: str
    lock_timeout: str = "5s"
    statement_timeout: str = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageConfig:
    """One ``[[tool.mig.lineage]]``; ``source`` empty: recognised."""

    name: str
    path: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings, with their defaults; ``file`` is where they come from, relative, or empty.

    An empty ``source``, ``path``, ``dialect`` or ``base`` means that it is to be found out.
    """

    file: str = ""
    source: str = ""
    path: str = ""
    dialect: str = ""
    base: str = ""
    on_divergence: str = "block"
    unknown: str = "warn"
    databases: Mapping[str, Database] = field(default_factory=dict)
    lineages: tuple[LineageConfig, ...] = ()

    @property
    def sql_dialect(self) -> str:
        """The dialect that SQL is read in: as set, else as the default database's URL says."""
        default = self.databases.get("default")
        return self.dialect or dialect_of_url(default.url if default else "") or "postgresql"


def dialect_of_url(url: str) -> str:
    """The dialect that a database URL names, or an empty string."""
    scheme = url.partition(":")[0].partition("+")[0].lower()
    return {"postgres": "postgresql"}.get(scheme, scheme if scheme in DIALECTS else "")


def resolve_url(url: str, environment: Mapping[str, str]) -> str:
    """The URL itself, or what the environment variable holds that ``env:NAME`` names.

    Raises:
        ConfigError: the variable is not set.
    """
    if not url.startswith("env:"):
        return url
    name = url.removeprefix("env:")
    if not environment.get(name):
        raise ConfigError(
            f"the environment variable {name}, which the configuration takes the database's URL from, is not set",
            hint=f"export {name}=postgresql://USER@HOST/DATABASE, or pass --url",
        )
    return environment[name]


def load_config(start: Path, stop: Path, explicit: Path | None = None) -> Config:
    """The configuration that holds in a folder.

    Args:
        start: the folder to begin in; its parents are looked at up to and including ``stop``.
        stop: the repository's root; paths in the configuration are relative to the file's folder
            and come out relative to this.
        explicit: the file to read instead of looking for one.

    Raises:
        ConfigError: the file does not exist or is wrong; the message names file and line.
    """
    found = (explicit, *_read_table(explicit)) if explicit else _find_table(start, stop)
    if found is None:
        return Config()
    file, text, table = found
    prefix = "" if table is None else table
    shown = os.path.relpath(file, stop)
    reader = _Reader(shown, text, prefix)
    folder = os.path.relpath(file.parent, stop).replace(os.sep, "/")
    return reader.config(_table_at(tomllib.loads(text), prefix), "" if folder == "." else folder)


def _find_table(start: Path, stop: Path) -> tuple[Path, str, str] | None:
    for folder in (start, *start.parents):
        for name, prefix in (("mig.toml", ""), ("pyproject.toml", "tool.mig")):
            file = folder / name
            if file.is_file():
                text = _read_toml(file)
                if name == "mig.toml" or _table_at(tomllib.loads(text), prefix) is not None:
                    return file, text, prefix
        if folder == stop:
            break
    return None


def _read_table(file: Path) -> tuple[str, str]:
    return _read_toml(file), "tool.mig" if file.name == "pyproject.toml" else ""


def _read_toml(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8-sig")
        tomllib.loads(text)
    except OSError as error:
        raise ConfigError(
            f"{file}: cannot be read: {error.strerror}", hint="mig init writes a configuration"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 at byte {error.start}", hint="save the file as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{file}: not valid TOML: {error}", hint="mend the file at that line") from None
    return text


def _table_at(data: Mapping[str, object], prefix: str) -> Mapping[str, object] | None:
    here: object = data
    for part in prefix.split(".") if prefix else ():
        here = here.get(part) if isinstance(here, dict) else None
    return here if isinstance(here, dict) else None


class _Reader:
    """Turns one TOML table into ``Config`` and names file and line of what is wrong in it."""

    def __init__(self, file: str, text: str, prefix: str) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.prefix = prefix

    def config(self, table: Mapping[str, object] | None, folder: str) -> Config:
        if table is None:
            return Config(file=self.file)
        texts = {
            "source": self.text,
            "path": lambda v, k: self.path(v, k, folder),
            "dialect": self.one_of(*DIALECTS),
            "base": self.text,
            "on_divergence": self.one_of("block", "allow"),
            "unknown": self.one_of("warn", "block", "allow"),
        }
        self.known(table, (*texts, "databases", "lineage"), ())
        values = {key: read(table[key], (key,)) for key, read in texts.items() if key in table}
        return Config(
            file=self.file,
            **values,
            databases=self.databases(table.get("databases", {})),
            lineages=self.lineages(table.get("lineage", []), folder),
        )

    def databases(self, value: object) -> dict[str, Database]:
        tables = self.table(value, ("databases",))
        return {name: self.database(name, tables[name]) for name in sorted(tables)}

    def database(self, name: str, value: object) -> Database:
        where = ("databases", name)
        table = self.table(value, where)
        self.known(table, ("url", "lock_timeout", "statement_timeout"), where)
        if "url" not in table:
            raise self.wrong(where, f"the database {name!r} has no url", 'url = "env:DATABASE_URL"')
        times = {
            key: self.duration(table[key], (*where, key))
            for key in ("lock_timeout", "statement_timeout")
            if key in table
        }
        return Database(url=self.text(table["url"], (*where, "url")), **times)

    def lineages(self, value: object, folder: str) -> tuple[LineageConfig, ...]:
        if not isinstance(value, list):
            raise self.wrong(
                ("lineage",), "lineage must be written as [[tool.mig.lineage]]", "two brackets on each side"
            )
        found = tuple(self.lineage(item, folder) for item in value)
        names = [one.name for one in found]
        for name in names:
            if names.count(name) > 1:
                raise self.wrong(
                    ("lineage", "name"), f"two lineages have the name {name!r}", "rename one of them"
                )
        return found

    def lineage(self, value: object, folder: str) -> LineageConfig:
        table = self.table(value, ("lineage",))
        self.known(table, ("name", "path", "source"), ("lineage",))
        for key in ("name", "path"):
            if key not in table:
                raise self.wrong(("lineage",), f"a lineage has no {key}", f'{key} = "..."')
        return LineageConfig(
            name=self.text(table["name"], ("lineage", "name")),
            path=self.path(table["path"], ("lineage", "path"), folder),
            source=self.text(table.get("source", ""), ("lineage", "source")),
        )

    def known(self, table: Mapping[str, object], keys: tuple[str, ...], where: tuple[str, ...]) -> None:
        for key in table:
            if key not in keys:
                import difflib

                near = difflib.get_close_matches(key, keys, n=1, cutoff=0.4)
                hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(keys)}"
                raise self.wrong((*where, key), f"unknown key {key!r}", hint)

    def table(self, value: object, where: tuple[str, ...]) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise self.wrong(
                where, f"{where[-1]} must be a table, not {_kind(value)}", f"[tool.mig.{'.'.join(where)}]"
            )
        return value

    def text(self, value: object, where: tuple[str, ...]) -> str:
        if not isinstance(value, str):
            raise self.wrong(where, f"{where[-1]} must be a text, not {_kind(value)}", f'{where[-1]} = "..."')
        return value

    def one_of(self, *choices: str) -> Callable[[object, tuple[str, ...]], str]:
        def read(value: object, where: tuple[str, ...]) -> str:
            text = self.text(value, where)
            if text not in choices:
                raise self.wrong(
                    where, f"{where[-1]} cannot be {text!r}", f"it is one of {', '.join(choices)}"
                )
            return text

        return read

    def path(self, value: object, where: tuple[str, ...], folder: str) -> str:
        text = self.text(value, where)
        joined = os.path.normpath(os.path.join(folder, text)).replace(os.sep, "/")
        if os.path.isabs(text) or joined.startswith("../") or joined == "..":
            raise self.wrong(
                where, f"{where[-1]} {text!r} leads out of the repository", "give a folder inside it"
            )
        return "" if joined == "." else joined

    def duration(self, value: object, where: tuple[str, ...]) -> str:
        text = self.text(value, where)
        if not re.fullmatch(r"\d+(ms|s|min|h)?", text):
            raise self.wrong(
                where, f"{where[-1]} cannot be {text!r}", 'write "5s", "500ms", "2min", or "0" for none'
            )
        return text

    def wrong(self, where: tuple[str, ...], message: str, hint: str) -> ConfigError:
        return ConfigError(f"{self.file}:{self.line(where)}: {message}", hint=hint)

    def line(self, where: tuple[str, ...]) -> int:
        """The line on which a key stands; tomllib does not tell, so the text is looked through."""
        wanted = ".".join((self.prefix, *where) if self.prefix else where)
        table = ""
        best = 1
        for number, text in enumerate(self.lines, 1):
            header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]", text)
            key = re.match(r"""\s*["']?([\w.-]+)["']?\s*=""", text)
            if header:
                table = header[1].replace('"', "").replace(" ", "")
            here = table if header else f"{table}.{key[1]}".lstrip(".") if key else ""
            if here == wanted:
                return number
            if here and wanted.startswith(here + "."):
                best = number
        return best


def _kind(value: object) -> str:
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), type(value).__name__)
