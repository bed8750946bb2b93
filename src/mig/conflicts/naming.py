"""The names of resources: what lies below what, what a rename makes of them, and where one is spoken of."""

from __future__ import annotations

from functools import lru_cache

_CHILDREN = frozenset(
    {
        "column",
        "constraint",
        "trigger",
        "policy",
        "rule",
        "shape",
        "parts",
        "names",
        "cover",
        "storage",
        "rows",
        "values",
        "grants",
    }
)
_OF_COLUMNS = frozenset({"column", "values", "cover"})
_WHOLE = frozenset({"table", "relation", "type"})
_MYSQL = frozenset({"mysql", "mariadb"})
_NAMES = 1 << 14  # the same few names are taken apart again and again


@lru_cache(_NAMES)
def owner(name: str) -> str:
    """The table of ``table.column``; empty where there is none."""
    if name.endswith('"') and '"' in name[:-1]:
        return name[: name.rindex('"', 0, -1)].rstrip(".")
    return name.rpartition(".")[0]


@lru_cache(_NAMES)
def last(name: str) -> str:
    """The column of ``table.column``."""
    table = owner(name)
    return name[len(table) + 1 :] if table else name


class NameIndex:
    """Resources by name.

    It only grows, so that copies of a schema can share it; who asks looks whether a resource is still there.
    """

    __slots__ = ("_by_name", "_known")

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._by_name: dict[str, list[str]] = {}

    def add(self, resource: str) -> None:
        """``column:shop.users.email`` is found by its name, by ``shop.users`` and by ``shop``."""
        if resource not in self._known:
            self._known.add(resource)
            for name in _with_those_above(resource.partition(":")[2]):
                self._by_name.setdefault(name, []).append(resource)

    def find(self, name: str) -> list[str]:
        """The resources of this name and those below it, sorted."""
        return sorted(self._by_name.get(name, ()))


@lru_cache(_NAMES)
def _with_those_above(name: str) -> tuple[str, ...]:
    above = owner(name)
    return (name, *_with_those_above(above)) if above else (name,)


class Renaming:
    """What one rename makes of resources: those of the thing itself and of what lies below it."""

    __slots__ = ("_after", "_dialect", "_kind", "before")

    def __init__(self, before: str, after: str, dialect: str) -> None:
        self._kind, _, self.before = before.partition(":")
        self._after = after.partition(":")[2]
        self._dialect = dialect

    def apply(self, resource: str) -> str:
        kind, _, name = resource.partition(":")
        if self._kind == "column":
            return f"{kind}:{self._after}" if kind in _OF_COLUMNS and name == self.before else resource
        if kind == self._kind and name == self.before:
            return f"{kind}:{self._after}"
        if self._kind == "table":
            return self._below(resource, kind, name)
        return resource

    def _below(self, resource: str, kind: str, name: str) -> str:
        is_below = kind in _CHILDREN or (kind == "index" and self._dialect in _MYSQL)
        if kind in _WHOLE and name == self.before:
            return f"{kind}:{self._after}"
        if is_below and name == self.before:
            return f"{kind}:{self._after}"
        if is_below and name.startswith(f"{self.before}."):
            return f"{kind}:{self._after}{name[len(self.before) :]}"
        return resource
