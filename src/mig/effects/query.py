"""Reads queries, expressions and bodies of routines, each with the tables that it can name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.scope import CANDIDATE, Scope, Use, resolve
from mig.effects.walker import QueryReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mig.effects.collector import Collector
    from mig.effects.cursor import Cursor


def read_query(cursor: Cursor, out: Collector, use: Use, outer: Scope | None = None) -> None:
    """Everything that a SELECT (or WITH, VALUES, TABLE) needs and, if it runs, reads."""
    scope = Scope(outer=outer)
    read_in_scope(cursor, out, use, scope)
    if outer is None:
        resolve(scope, out, use)
    else:
        outer.inner.append(scope)


def read_expression(cursor: Cursor, out: Collector, use: Use, *tables: str) -> None:
    """An expression over the columns of these tables."""
    scope = Scope()
    for table in tables:
        scope.add(names.base_name(table), table)
    read_in_scope(cursor, out, use, scope)
    resolve(scope, out, use)


def read_in_scope(cursor: Cursor, out: Collector, use: Use, scope: Scope, *, in_from: bool = False) -> None:
    """A part of a statement; its names wait in the scope until the caller resolves it.

    ``in_from`` says that the part is a list of tables.
    """
    QueryReader(cursor, out, use, scope, clause="from" if in_from else "").walk()


def read_body(cursor: Cursor, out: Collector, use: Use, tables: Iterable[tuple[str, str]] = ()) -> None:
    """The statements of a routine or trigger; ``tables`` are what its special rows stand for."""
    for statement in cursor.split(";"):
        scope = Scope(is_certain=False)
        for alias, table in tables:
            scope.add(alias, table)
        QueryReader(statement, out, use, scope, in_body=True).walk()
        if not scope.tables and out.is_postgresql:
            _need_types(scope, out, use)
        resolve(scope, out, use)


def _need_types(scope: Scope, out: Collector, use: Use) -> None:
    """A part of a body without tables may declare variables, of types that must be there."""
    for parts in scope.waiting:
        out.need(f"type:{names.join(parts, out.dialect)}", use.aspect, CANDIDATE)
