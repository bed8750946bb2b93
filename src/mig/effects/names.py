"""Folds and joins names as each database does, and computes those that it makes up itself."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

from mig.sqltext.tokens import LETTERS, beyond

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_NAME = 63
"""Bytes of a name in PostgreSQL; MariaDB and MySQL allow 64 characters, SQLite any number."""

_PLAIN = re.compile(f"{beyond(f'{LETTERS}{string.digits}$')}+")
_DEFAULT_SCHEMAS = {
    "postgresql": frozenset({"public", "pg_temp"}),
    "sqlite": frozenset({"main", "temp"}),
}
_CATALOGUES = frozenset({"information_schema", "pg_catalog", "performance_schema", "sys", "mysql"})
_CATALOGUE_TABLES = frozenset({"sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_sequence"})


def fold(raw: str, dialect: str) -> str:
    """A name as the database keeps it, from what stands in the statement."""
    if raw[:1] in {'"', "`", "[", "'"}:
        quote = "]" if raw[0] == "[" else raw[0]
        inner = raw[1:-1].replace(quote * 2, quote)
        name = inner if dialect == "postgresql" else inner.lower()
    else:
        name = raw.lower()
    if dialect == "postgresql" and len(name) > LONGEST_NAME // 4:
        name = clip(name, LONGEST_NAME)
    return name if _PLAIN.fullmatch(name) else f'"{name}"'


def clip(name: str, size: int) -> str:
    """The beginning of a name in at most ``size`` bytes, cut between characters."""
    raw = name.encode("utf-8", "surrogatepass")
    return name if len(raw) <= size else raw[:size].decode("utf-8", "ignore")


def join(parts: tuple[str, ...], dialect: str) -> str:
    """One name from its parts, without the schema where that is the default one."""
    if dialect == "postgresql":
        parts = parts[-2:]
    if len(parts) > 1 and parts[-2] in _DEFAULT_SCHEMAS.get(dialect, ()):
        parts = parts[-1:]
    return ".".join(parts)


def is_catalogue(name: str, dialect: str) -> bool:
    """Whether a table is one of the database's own, which tell about all others."""
    schema, _, table = name.rpartition(".")
    if schema in _CATALOGUES or table in _CATALOGUE_TABLES:
        return True
    return dialect == "postgresql" and not schema and table.startswith("pg_")


def within(schema_of: str, name: str) -> str:
    """``name`` in the schema that the qualified name ``schema_of`` lies in."""
    schema, _, _ = schema_of.rpartition(".")
    return f"{schema}.{name}" if schema and "." not in name else name


def base_name(name: str) -> str:
    """A name without its schema and quotes."""
    if name.endswith('"') and '"' in name[:-1]:
        return name[name.rindex('"', 0, -1) + 1 : -1]
    return name.rpartition(".")[2]


def make_name(table: str, columns: Iterable[str], label: str) -> str:
    """The name that PostgreSQL gives to an index, key, check or sequence without one.

    The two parts are shortened in turn, the longer one first, until all fits into 63 bytes.
    """
    first = base_name(table)
    second = clip("_".join(base_name(c) for c in columns), LONGEST_NAME)
    room = LONGEST_NAME - len(label) - 1 - (1 if second else 0)
    one, two = len(first.encode("utf-8", "replace")), len(second.encode("utf-8", "replace"))
    while one + two > room:
        if one > two:
            one -= 1
        else:
            two -= 1
    parts = [clip(first, one), clip(second, two), label]
    return "_".join(part for part in parts if part)


class Taken:
    """The names that a statement has used already, and how far each of them has been numbered."""

    __slots__ = ("_counts", "_names")

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._counts: dict[str, int] = {}

    def number(self, name: str, dialect: str) -> str:
        """``name``, or with a number where it is in use."""
        if name not in self._names:
            self._names.add(name)
            return name
        return self.count(name, "" if dialect == "postgresql" else "_", 1 if dialect == "postgresql" else 2)

    def count(self, stem: str, sign: str, first: int) -> str:
        """``stem`` with the first number that is free; a name never becomes free again."""
        count = self._counts.get(stem, first)
        while (result := f"{stem}{sign}{count}") in self._names:
            count += 1
        self._counts[stem] = count + 1
        self._names.add(result)
        return result
