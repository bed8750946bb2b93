"""Reads the settings of Alembic from ``alembic.ini`` and ``pyproject.toml``, within limits."""

from __future__ import annotations

import configparser
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DEFAULT_FILE_TEMPLATE = "%(rev)s_%(slug)s"
DEFAULT_SLUG_LENGTH = 40

_MAX_INI_CHARACTERS = 64 * 1024
# The standard parser needs time quadratic in the length of a line.
_MAX_LINE = 1000
_MAX_REFERENCES = 100
_REFERENCE = re.compile(r"%\(([^)\n]{1,80})\)s|%%")
_HERE = "%(here)s"
_SEPARATORS = {"space": " ", "newline": "\n", "os": ":", ":": ":", ";": ";"}
_LEGACY_SEPARATOR = re.compile(r", *| +")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What mig uses of one section of settings.

    ``origin`` is the file, relative to the repository's root.  Locations are as written, with
    ``%(here)s`` taken out: they are relative to the file's folder, or to where Alembic is run.
    """

    origin: str = ""
    section: str = ""
    script_location: str = ""
    version_locations: tuple[str, ...] = ()
    prepend_sys_path: tuple[str, ...] = ()
    recursive: bool = False
    file_template: str = DEFAULT_FILE_TEMPLATE
    slug_length: int = DEFAULT_SLUG_LENGTH


def read_ini(path: str, data: bytes) -> Iterator[Settings]:
    """The settings of each section that is about migrations; nothing where the file cannot be read."""
    text = data.decode("utf-8-sig", errors="replace")
    if len(text) > _MAX_INI_CHARACTERS or any(len(line) > _MAX_LINE for line in text.splitlines()):
        return
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    for name in parser.sections():
        section = dict(parser.items(name))
        if section.get("script_location") or name == "alembic":
            yield _from_ini(path, name, section)


def read_pyproject(path: str, data: bytes) -> Iterator[Settings]:
    """The settings of ``[tool.alembic]``; nothing where there are none or the file cannot be read."""
    if b"alembic" not in data:
        return
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return
    for key in ("tool", "alembic"):
        inner = table.get(key)
        if not isinstance(inner, dict):
            return
        table = inner
    script = table.get("script_location")
    if isinstance(script, str):
        yield _from_toml(path, script, table)


def _from_ini(path: str, name: str, section: Mapping[str, str]) -> Settings:
    expand = _expander(section)
    return Settings(
        origin=path,
        section=name,
        script_location=_relative(expand("script_location")),
        version_locations=_split(expand("version_locations"), _separator(section)),
        prepend_sys_path=_split(expand("prepend_sys_path"), _separator(section)),
        recursive=section.get("recursive_version_locations", "").strip() == "true",
        file_template=expand("file_template") or DEFAULT_FILE_TEMPLATE,
        slug_length=_slug_length(section.get("truncate_slug_length")),
    )


def _from_toml(path: str, script: str, table: Mapping[str, object]) -> Settings:
    template = table.get("file_template")
    return Settings(
        origin=path,
        section="tool.alembic",
        script_location=_relative(script),
        version_locations=_listed(table.get("version_locations")),
        prepend_sys_path=_listed(table.get("prepend_sys_path")),
        recursive=table.get("recursive_version_locations") is True,
        file_template=template.replace("%%", "%") if isinstance(template, str) else DEFAULT_FILE_TEMPLATE,
        slug_length=_slug_length(table.get("truncate_slug_length")),
    )


def _listed(value: object) -> tuple[str, ...]:
    return tuple(_relative(one) for one in (value if isinstance(value, list) else ()) if isinstance(one, str))


def _expander(section: Mapping[str, str]) -> Callable[[str], str]:
    """A function that gives a key's value with its ``%(name)s`` replaced, bounded.

    The standard interpolation can be made to expand a value exponentially.
    """
    references = 0

    def replaced(match: re.Match[str], depth: int) -> str:
        nonlocal references
        references += 1
        if match[0] == "%%":
            return "%"
        known = section.get(match[1].lower())
        if known is None or depth > 2 or references > _MAX_REFERENCES:
            return match[0]
        return expand(known, depth + 1)

    def expand(value: str, depth: int) -> str:
        return _REFERENCE.sub(lambda match: replaced(match, depth), value)

    return lambda key: expand(section.get(key, ""), 0).strip()


def _relative(place: str) -> str:
    """A location without ``%(here)s``, which stands for the folder of the settings."""
    return place.strip().replace(_HERE, ".").rstrip("/")


def _separator(section: Mapping[str, str]) -> str | None:
    name = section.get("path_separator") or section.get("version_path_separator")
    return _SEPARATORS.get(name.strip()) if name else None


def _split(value: str, separator: str | None) -> tuple[str, ...]:
    if separator == ":" and ";" in value:
        separator = ";"
    parts = _LEGACY_SEPARATOR.split(value.replace("\n", " ")) if separator is None else value.split(separator)
    return tuple(_relative(part) for part in parts if part.strip())


def _slug_length(value: object) -> int:
    try:
        length = int(value) if isinstance(value, (str, int)) else 0
    except ValueError:
        return DEFAULT_SLUG_LENGTH
    return length if 0 < length <= 200 else DEFAULT_SLUG_LENGTH
