"""Finds, for the names in a query, the tables and columns that they can stand for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.effects import names

if TYPE_CHECKING:
    from mig.effects.collector import Collector

CANDIDATE = "candidate"
"""Detail of a column that one of several tables must have, or that may be something else."""

DERIVED = ""
"""Stands for a subquery, a common table expression or a function, whose columns are not followed."""


@dataclass(slots=True)
class Scope:
    """The FROM list of one SELECT, and the names that wait until it is known.

    ``tables`` maps what a table is called here to its name; ``queries`` are the common table
    expressions in sight; ``outer`` is the query around this one, ``inner`` are those inside it.  Where a
    bare name can be a variable too, ``is_certain`` is False.
    """

    outer: Scope | None = None
    tables: dict[str, str] = field(default_factory=dict)
    aliases: set[str] = field(default_factory=set)
    queries: set[str] = field(default_factory=set)
    waiting: dict[tuple[str, ...], None] = field(default_factory=dict)
    stars: dict[str, None] = field(default_factory=dict)
    inner: list[Scope] = field(default_factory=list)
    is_certain: bool = True

    def add(self, alias: str, table: str) -> None:
        if alias in self.tables and self.tables[alias] != table:
            alias = f"{alias}'{len(self.tables)}"
        self.tables[alias] = table

    def find(self, alias: str) -> str | None:
        scope: Scope | None = self
        while scope is not None:
            if alias in scope.tables:
                return scope.tables[alias]
            scope = scope.outer
        return None

    def knows_query(self, name: str) -> bool:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.queries:
                return True
            scope = scope.outer
        return False

    @property
    def has_one_table(self) -> bool:
        """Whether a bare name can come from one table only."""
        found: set[str] = set()
        scope: Scope | None = self
        while scope is not None:
            found.update(scope.tables.values())
            scope = scope.outer
        return len(found) == 1 and DERIVED not in found

    def candidates(self) -> tuple[str, ...]:
        """All tables that a bare name can belong to, the nearest first."""
        found: dict[str, None] = {}
        scope: Scope | None = self
        while scope is not None:
            found.update(dict.fromkeys(table for table in scope.tables.values() if table))
            scope = scope.outer
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How a query uses what it names: ``aspect`` of the needs, and whether it runs now and so reads rows."""

    aspect: str
    runs: bool = False


def resolve(scope: Scope, out: Collector, use: Use) -> None:
    """Turn the names that wait in a scope, and in those inside it, into effects."""
    tables = scope.candidates() if scope.waiting else ()
    is_certain = bool(tables) and scope.is_certain and scope.has_one_table
    for parts in scope.waiting:
        if len(parts) == 1:
            _resolve_bare(parts[0], scope, out, use, "" if is_certain else CANDIDATE)
        else:
            _resolve_qualified(parts, scope, out, use)
    for owner in scope.stars:
        _resolve_star(owner, scope, out, use)
    for inner in scope.inner:
        resolve(inner, out, use)


def need_column(table: str, column: str, out: Collector, use: Use, detail: str = "") -> None:
    out.need(f"column:{table}.{column}", use.aspect, detail)
    if use.runs:
        out.read(f"values:{table}.{column}", "query", detail)


def need_shape(table: str, out: Collector, use: Use, detail: str = "") -> None:
    out.need(f"shape:{table}", use.aspect, detail)
    if use.runs:
        out.read(f"values:{table}.*", "query")


def _resolve_bare(name: str, scope: Scope, out: Collector, use: Use, certain: str) -> None:
    owner = scope.find(name)
    if owner:
        need_shape(owner, out, use)
    detail = CANDIDATE if owner is not None or name in scope.aliases else certain
    for table in scope.candidates():
        need_column(table, name, out, use, detail)


def _resolve_qualified(parts: tuple[str, ...], scope: Scope, out: Collector, use: Use) -> None:
    owner = scope.find(parts[-2]) if len(parts) == 2 else None
    if owner == DERIVED:
        return
    if owner is None:
        table = names.join(parts[:-1], out.dialect)
        known = table in scope.candidates()
        need_column(table, parts[-1], out, use, "" if known else CANDIDATE)
        # a.b can also be the field b of a column a.
        if not known and len(parts) == 2 and parts[0] not in {"new", "old"}:
            _resolve_bare(parts[0], scope, out, use, CANDIDATE)
    else:
        need_column(owner, parts[-1], out, use)


def _resolve_star(owner: str, scope: Scope, out: Collector, use: Use) -> None:
    if owner:
        table = scope.find(names.base_name(owner))
        table = owner if table is None else table
        tables: tuple[str, ...] = (table,) if table else ()
    else:
        tables = tuple(table for table in scope.tables.values() if table)
    for table in tables:
        need_shape(table, out, use)
