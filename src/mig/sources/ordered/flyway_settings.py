"""Reads which files are Flyway's migrations, from flyway.toml, flyway.conf and Spring's properties."""

from __future__ import annotations

import posixpath
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.sources.ordered.conventions import FLYWAY
from mig.sources.ordered.recognise import is_passed_over
from mig.tree import REGULAR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mig.tree import Tree

_FILE = re.compile(
    r"(?:\A|.*/)(?:flyway(?:\.user)?\.(?:toml|conf)|application(?:-[^/]*)?\.(?:properties|ya?ml))"
)
_MAX_FILES = 50
_MAX_BYTES = 256 * 1024
# Where settings lie in a module; what they say holds for the module.
_INSIDE = re.compile(r"(?:\A|/)(?:src/main/resources(?:/.*)?|conf|config)\Z")
_PROPERTY = re.compile(r"^[ \t]*([\w.-]+)[ \t]*[=:][ \t]*(.*?)[ \t]*\r?$", re.MULTILINE)
_YAML = re.compile(r"( *)(- *)?(?:([\w.-]+) *:(?: +|\Z))?(.*)")
_PREFIXES = ("spring.flyway.", "quarkus.flyway.", "flyway.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlywaySettings:
    """What one file says: ``root`` is the folder that it speaks about."""

    file: str
    root: str
    naming: Mapping[str, str]
    locations: tuple[str, ...] = ()


def find_settings(tree: Tree) -> tuple[FlywaySettings, ...]:
    """The files of a tree that say something about Flyway, sorted by path."""
    listed = tree.entries()
    paths = sorted(
        path
        for path, entry in listed.items()
        if entry.kind == REGULAR and _FILE.fullmatch(path) and not is_passed_over(posixpath.dirname(path))
    )[:_MAX_FILES]
    found: list[FlywaySettings] = []
    for content in tree.read(paths, _MAX_BYTES):
        said = read_settings(content.path, (content.data or b"").decode("utf-8", "replace"))
        if said:
            found.append(_settings(content.path, said))
    return tuple(found)


def read_settings(path: str, text: str) -> dict[str, str]:
    """The settings of Flyway's in a file, by name in small letters without hyphens; lists with commas."""
    name = posixpath.basename(path)
    pairs = _of_toml(text) if name.endswith(".toml") else _of_properties(text)
    if name.endswith((".yml", ".yaml")):
        pairs = _of_yaml(text)
    found: dict[str, str] = {}
    for key, value in pairs:
        prefix = next((one for one in _PREFIXES if key.startswith(one)), "")
        if prefix:
            found.setdefault(key.removeprefix(prefix).replace("-", "").lower(), value)
    return {key: value for key, value in found.items() if key in FLYWAY or key == "locations"}


def _settings(path: str, said: Mapping[str, str]) -> FlywaySettings:
    folder = posixpath.dirname(path)
    inside = _INSIDE.search(folder)
    locations = (one.strip() for one in said.get("locations", "").split(","))
    return FlywaySettings(
        file=path,
        root=folder[: inside.start()] if inside else folder,
        naming={key: said.get(key, default) for key, default in FLYWAY.items()},
        locations=tuple(one for one in locations if one),
    )


def _of_toml(text: str) -> Iterator[tuple[str, str]]:
    try:
        table: object = tomllib.loads(text).get("flyway")
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    for key, value in table.items() if isinstance(table, dict) else ():
        if isinstance(value, list):
            yield f"flyway.{key}", ",".join(str(one) for one in value)
        elif isinstance(value, bool):
            yield f"flyway.{key}", str(value).lower()
        elif isinstance(value, str):
            yield f"flyway.{key}", value


def _of_properties(text: str) -> Iterator[tuple[str, str]]:
    for found in _PROPERTY.finditer(text):
        yield found[1], found[2]


def _of_yaml(text: str) -> Iterator[tuple[str, str]]:
    """The texts of a YAML file by their dotted names: blocks and simple lists, which is what Spring's are."""
    above: list[tuple[int, str]] = []
    lists: dict[str, list[str]] = {}
    for line in text.splitlines():
        parts = _YAML.fullmatch(line.split(" #")[0].rstrip())
        if parts is None or not parts[0].strip() or parts[0].lstrip().startswith("#"):
            continue
        depth, value = len(parts[1]), parts[4].strip("[]").strip()
        if parts[2] and not parts[3]:
            lists.setdefault(".".join(name for _, name in above), []).append(_unquoted(value))
            continue
        if not parts[3]:
            continue
        while above and above[-1][0] >= depth:
            above.pop()
        above.append((depth, parts[3]))
        if value:
            yield ".".join(name for _, name in above), ",".join(map(_unquoted, value.split(",")))
    for name, values in lists.items():
        yield name, ",".join(values)


def _unquoted(text: str) -> str:
    return text.strip().strip("\"'")
