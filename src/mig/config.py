"""The configuration: ``[tool.mig]`` of pyproject.toml, or mig.toml, as frozen data."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from mig.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

# An end of a path: one version, whose parts have at most a separator between them, and names and stars.
_TEMPLATE = re.compile(
    r"(?!/)(?!.*//)(?!.*\*\*)(?:[^{}]|\{name\})*\{version\}(?:[._/-]\{version\})*(?:[^{}]|\{name\})*(?<!/)"
)
_LOCK_RETRIES = 3
_TIMES = ("lock_timeout", "statement_timeout")
_SWITCHES = ("fingerprint", "protected", "sync")
DIALECTS = ("postgresql", "mysql", "mariadb", "sqlite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One ``[tool.mig.databases.NAME]``; time-outs as the database takes them (``5s``, ``0``: none).

    ``fingerprint`` keeps what the schema is after each run, for ``mig verify``.
    ``lock_retries`` is how often a step is tried again that has not got its locks.  ``mig sync`` leaves a
    ``protected`` one alone; ``sync`` says whether Git's hook offers it, None that the URL decides.
    ``variables`` go before those of all databases.
    """

    url: str
    lock_timeout: str = "5s"
    statement_timeout: str = "0"
    fingerprint: bool = True
    lock_retries: int = _LOCK_RETRIES
    protected: bool = False
    sync: bool | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageConfig:
    """One ``[[tool.mig.lineage]]``; ``source`` empty: recognised."""

    name: str
    path: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConventionConfig:
    """One ``[tool.mig.conventions.NAME]``: how files that a version puts in order are named and marked.

    ``file`` and ``down`` are ends of paths with ``{version}``, ``{name}`` and ``*`` in them.
    """

    name: str
    file: str
    down: str = ""
    up_mark: str = ""
    down_mark: str = ""
    late: str = "applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings, with their defaults; ``file`` is where they come from, relative, or empty.

    ``deployed`` says what environments have applied, as ``mig check --deployed`` takes it.
    An empty ``source``, ``path``, ``dialect`` or ``base`` means that it is to be found out.
    ``baseline`` is the file of findings that are passed over; empty: the one at the usual place.
    ``harmless`` are the names in Python migrations whose calls touch no database.  ``variables`` are what
    stands for ``${name}`` in SQL, for all databases.
    """

    file: str = ""
    source: str = ""
    path: str = ""
    dialect: str = ""
    base: str = ""
    on_divergence: str = "block"
    unknown: str = "warn"
    baseline: str = ""
    databases: Mapping[str, Database] = field(default_factory=dict)
    lineages: tuple[LineageConfig, ...] = ()
    deployed: Mapping[str, str] = field(default_factory=dict)
    harmless: frozenset[str] = frozenset()
    conventions: tuple[ConventionConfig, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def variable_names(self) -> frozenset[str]:
        """The names that any database has a value for; without any, no text is changed."""
        return frozenset(self.variables).union(*(one.variables for one in self.databases.values()))

    def values_for(self, database: Database | None) -> dict[str, str]:
        """The variables of a database as they are written: values, or ``env:NAME``."""
        return {**self.variables, **(database.variables if database else {})}

    @property
    def known_values(self) -> dict[str, str]:
        """The variables whose value is the same in all databases, and no secret."""
        each = [self.values_for(one) for one in self.databases.values()] or [dict(self.variables)]
        return {
            name: value
            for name, value in each[0].items()
            if not value.startswith("env:") and all(one.get(name) == value for one in each)
        }

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
            f"the environment variable {name}, which the database's URL is taken from, is not set",
            hint=f"export {name}=postgresql://USER@HOST/DATABASE, or pass --url",
        )
    return environment[name]


def load_config(
    start: Path, stop: Path, explicit: Path | None = None, *, sources: tuple[str, ...] = ()
) -> Config:
    """The configuration that holds in a folder.

    Args:
        start: the folder to begin in; its parents are looked at up to and including ``stop``.
        stop: the repository's root; paths in the configuration are relative to the file's folder
            and come out relative to this.
        explicit: the file to read instead of looking for one.
        sources: the names that ``source`` can have; empty: any.

    Raises:
        ConfigError: the file does not exist or is wrong; the message names file and line.
    """
    found = _read_found(explicit, stop) if explicit else _find_table(start, stop)
    if found is None:
        if explicit:
            raise ConfigError(f"{explicit} has no [tool.mig]", hint="add it, or leave --config out")
        return Config()
    file, text, table = found
    folder = os.path.relpath(file.parent, stop).replace(os.sep, "/")
    reader = _Reader(os.path.relpath(file, stop), text, _prefix(file), sources)
    return reader.config(table, "" if folder == "." else folder)


class _Found(NamedTuple):
    file: Path
    text: str
    table: object


def _find_table(start: Path, stop: Path) -> _Found | None:
    for folder in (start, *start.parents):
        for name in ("mig.toml", "pyproject.toml"):
            if (folder / name).is_file() and (found := _read_found(folder / name, stop)):
                return found
        if folder == stop:
            break
    return None


def _read_found(file: Path, stop: Path) -> _Found | None:
    """The table of settings in a file; None where it is about other things only."""
    import tomllib

    shown = os.path.relpath(file, stop)
    try:
        text = file.read_text(encoding="utf-8-sig")
        table: object = tomllib.loads(text)
    except OSError as error:
        message = f"{shown}: cannot be read: {error.strerror}"
        raise ConfigError(message, hint="mig init writes a configuration") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{shown}:{line}: not UTF-8", hint="save the file as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(
            f"{shown}{_line_of(error)}: not valid TOML: {error}", hint="mend the file there"
        ) from None
    for part in _prefix(file).split(".") if _prefix(file) else ():
        if not isinstance(table, dict) or part not in table:
            return None
        table = table[part]
    return _Found(file, text, table)


def _prefix(file: Path) -> str:
    return "tool.mig" if file.name == "pyproject.toml" else ""


def _line_of(error: Exception) -> str:
    found = re.search(r"at line (\d+)", str(error))
    return f":{found[1]}" if found else ""


class _Reader:
    """Turns one TOML table into ``Config`` and names file and line of what is wrong in it."""

    def __init__(self, file: str, text: str, prefix: str, sources: tuple[str, ...]) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.prefix = prefix
        self.sources = sources
        self.nth_lineage = 0

    def config(self, value: object, folder: str) -> Config:
        table = self.table(value, ())
        conventions = self.conventions(table.get("conventions", {}))
        self.sources += tuple(one.name for one in conventions if self.sources)

        def in_folder(value: object, where: tuple[str, ...]) -> str:
            return self.path(value, where, folder)

        texts: dict[str, Callable[[object, tuple[str, ...]], str]] = {
            "source": self.source,
            "path": in_folder,
            "dialect": self.one_of(*DIALECTS),
            "base": self.text,
            "on_divergence": self.one_of("block", "allow"),
            "unknown": self.one_of("warn", "block", "allow"),
            "baseline": in_folder,
        }
        self.known(
            table, (*texts, "conventions", "databases", "deployed", "lineage", "python", "variables"), ()
        )
        values = {key: read(table[key], (key,)) for key, read in texts.items() if key in table}
        return Config(
            file=self.file,
            **values,
            databases=self.databases(table.get("databases", {})),
            lineages=self.lineages(table.get("lineage", []), folder),
            deployed=self.deployed(table.get("deployed", {})),
            harmless=self.harmless(table.get("python", {})),
            conventions=conventions,
            variables=self.variables(table.get("variables", {}), ("variables",)),
        )

    def source(self, value: object, where: tuple[str, ...]) -> str:
        return self.one_of(*self.sources)(value, where) if self.sources else self.text(value, where)

    def conventions(self, value: object) -> tuple[ConventionConfig, ...]:
        tables = self.table(value, ("conventions",))
        return tuple(self.convention(name, tables[name]) for name in sorted(tables))

    def convention(self, name: str, value: object) -> ConventionConfig:
        where = ("conventions", name)
        table = self.table(value, where)
        self.known(table, ("file", "down", "up_mark", "down_mark", "late"), where)
        if name in self.sources or not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
            raise self.wrong(
                where, f"a convention cannot be called {name!r}", "small letters, and a new name"
            )
        texts = {key: self.text(text, (*where, key)) for key, text in table.items()}
        if "late" in texts:
            self.one_of("applied", "refused", "skipped")(texts["late"], (*where, "late"))
        example = 'file = "{version}_{name}.sql"'
        if "file" not in texts:
            raise self.wrong(where, f"the convention {name!r} has no file", example)
        for key in ("file", "down"):
            if key in texts and not _TEMPLATE.fullmatch(texts[key]):
                message = f"{key} must be the end of a path with {{version}} in it"
                raise self.wrong((*where, key), message, example)
        if "down_mark" in texts and "up_mark" not in texts:
            raise self.wrong((*where, "down_mark"), "down_mark needs up_mark", 'up_mark = "-- up"')
        return ConventionConfig(name=name, **texts)

    def harmless(self, value: object) -> frozenset[str]:
        table, where = self.table(value, ("python",)), ("python", "harmless")
        self.known(table, ("harmless",), ("python",))
        names = table.get("harmless", [])
        if not isinstance(names, list):
            raise self.wrong(where, f"harmless must be a list, not {_kind(names)}", 'harmless = ["tester"]')
        for name in names:
            if not all(part.isidentifier() for part in self.text(name, where).split(".")):
                raise self.wrong(where, f"{name!r} is no name in Python", 'write "tester" or "app.log"')
        return frozenset(names)

    def databases(self, value: object) -> dict[str, Database]:
        tables = self.table(value, ("databases",))
        return {name: self.database(name, tables[name]) for name in sorted(tables)}

    def deployed(self, value: object) -> dict[str, str]:
        named = self.table(value, ("deployed",))
        return {name: self.text(named[name], ("deployed", name)) for name in sorted(named)}

    def database(self, name: str, value: object) -> Database:
        where = ("databases", name)
        table = self.table(value, where)
        self.known(table, tuple(one.name for one in fields(Database)), where)
        if "url" not in table:
            raise self.wrong(where, f"the database {name!r} has no url", 'url = "env:DATABASE_URL"')
        # Any: what a key may hold depends on the key, and each is read by its own reader.
        values: dict[str, Any] = {
            **{key: self.duration(table[key], (*where, key)) for key in _TIMES if key in table},
            **{key: self.switch(table[key], (*where, key)) for key in _SWITCHES if key in table},
        }
        retries = table.get("lock_retries", _LOCK_RETRIES)
        if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
            message = f"lock_retries must be a number, not {_kind(retries)}"
            raise self.wrong((*where, "lock_retries"), message, "lock_retries = 3, or 0 for none")
        return Database(
            url=self.text(table["url"], (*where, "url")),
            lock_retries=retries,
            variables=self.variables(table.get("variables", {}), (*where, "variables")),
            **values,
        )

    def variables(self, value: object, where: tuple[str, ...]) -> dict[str, str]:
        found = {}
        for name, given in self.table(value, where).items():
            here = (*where, name)
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise self.wrong(here, f"{name!r} is no name of a variable", "letters, digits and _")
            found[name] = self.text(given, here)
            if not found[name].isprintable():
                raise self.wrong(
                    here, f"the value of {name} must be one line of printable text", f'{name} = "..."'
                )
        return found

    def lineages(self, value: object, folder: str) -> tuple[LineageConfig, ...]:
        if not isinstance(value, list):
            raise self.wrong(
                ("lineage",), "lineage must be written as [[tool.mig.lineage]]", "two brackets on each side"
            )
        found: dict[str, LineageConfig] = {}
        for item in value:
            self.nth_lineage += 1
            one = self.lineage(item, folder)
            if one.name in found:
                message = f"two lineages have the name {one.name!r}"
                raise self.wrong(("lineage", "name"), message, "rename one of them")
            found[one.name] = one
        return tuple(found.values())

    def lineage(self, value: object, folder: str) -> LineageConfig:
        table = self.table(value, ("lineage",))
        self.known(table, ("name", "path", "source"), ("lineage",))
        for key in ("name", "path"):
            if key not in table:
                raise self.wrong(("lineage",), f"a lineage has no {key}", f'{key} = "..."')
        return LineageConfig(
            name=self.text(table["name"], ("lineage", "name")),
            path=self.path(table["path"], ("lineage", "path"), folder),
            source=self.source(table["source"], ("lineage", "source")) if "source" in table else "",
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
            name = where[-1] if where else self.prefix
            hint = f"write it as [{'.'.join(('tool.mig', *where))}]"
            raise self.wrong(where, f"{name} must be a table, not {_kind(value)}", hint)
        return value

    def text(self, value: object, where: tuple[str, ...]) -> str:
        if not isinstance(value, str):
            raise self.wrong(where, f"{where[-1]} must be a text, not {_kind(value)}", f'{where[-1]} = "..."')
        return value

    def switch(self, value: object, where: tuple[str, ...]) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(
                where, f"{where[-1]} must be true or false, not {_kind(value)}", f"{where[-1]} = false"
            )
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
        best, nth = 1, 0
        for number, here in self.keys():
            nth += here == f"{self.prefix}.lineage".lstrip(".")
            if where[:1] == ("lineage",) and nth < self.nth_lineage:
                continue
            if here == wanted:
                return number
            if wanted.startswith(here + "."):
                best = number
        return best

    def keys(self) -> Iterator[tuple[int, str]]:
        """The lines that open a table or set a key, with the dotted name of what they set."""
        table = ""
        for number, text in enumerate(self.lines, 1):
            header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]", text)
            key = re.match(r"""\s*["']?([\w.-]+)["']?\s*=""", text)
            if header:
                table = header[1].replace('"', "").replace("'", "").replace(" ", "")
                yield number, table
            elif key:
                yield number, f"{table}.{key[1]}".lstrip(".")


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
