"""Reads CREATE TABLE: columns, keys, what it is like, inherits, or is a partition of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects.columns import read_element
from mig.effects.cursor import UnreadError
from mig.effects.keys import Target
from mig.effects.query import read_expression, read_query
from mig.effects.scope import Use
from mig.effects.tokens import EMPTY_ITEM

if TYPE_CHECKING:
    from mig.effects.collector import Collector
    from mig.effects.cursor import Cursor

_QUERY_STARTS = ("select", "with", "values", "table", "execute")


def accept_if_not_exists(cursor: Cursor) -> str:
    return "if" if cursor.accept("if", "not", "exists") else ""


def read_create_table(cursor: Cursor, out: Collector, *, replaces: bool = False) -> None:
    """What follows ``CREATE TABLE``."""
    out.kind("create table")
    aspect = accept_if_not_exists(cursor) or ("if" if replaces else "")
    start = cursor.position
    table = cursor.name()
    detail = cursor.copy().rest().text()
    if replaces:
        out.drop_relation("table", table, "if", "replaced")
    out.create_relation("table", table, aspect, detail)
    target = Target(table=table, out=out, aspect=aspect, is_new=True)
    if cursor.position == start:
        raise UnreadError("a table without a name")
    _read_definition(cursor, target)
    _read_options(cursor, target)


def _read_definition(cursor: Cursor, target: Target) -> None:
    out = target.out
    if cursor.accept("partition", "of"):
        _read_partition_of(cursor, target)
    elif cursor.accept("like"):
        read_like(cursor, target)
    elif cursor.accept("of"):
        out.need(f"type:{cursor.name()}", "table")
        _read_elements(cursor, target)
    elif cursor.word == "(" and cursor.peek() == "like" and out.is_mysql:
        inner = cursor.group()
        inner.advance()
        read_like(inner, target)
    elif cursor.word == "(" and not _is_query(cursor):
        _read_elements(cursor, target)


def _is_query(cursor: Cursor) -> bool:
    """``CREATE TABLE t (SELECT ...)`` of MySQL, and not a list of columns."""
    return cursor.peek() in {"select", "with", "("}


def _read_elements(cursor: Cursor, target: Target) -> None:
    if cursor.word != "(":
        return
    for element in cursor.group().split():
        try:
            _read_one(element, target)
        except UnreadError as error:
            target.out.opaque(str(error))


def _read_one(element: Cursor, target: Target) -> None:
    if element.is_done:
        raise UnreadError(EMPTY_ITEM)
    if element.word == "like" and target.out.is_postgresql:
        element.advance()
        read_like(element, target)
        return
    read_element(element, target)
    element.finish()


def read_like(cursor: Cursor, target: Target) -> None:
    """A copy of another table's shape."""
    other = cursor.name()
    options = cursor.rest().text()
    target.out.need_relation(other, "table")
    target.out.need(f"shape:{other}", "table", f"like {options}".strip())
    target.out.alter(f"names:{target.table}", "generated", f"like {other}")


def _read_partition_of(cursor: Cursor, target: Target) -> None:
    out = target.out
    parent = cursor.name()
    out.need_relation(parent, "table")
    out.need(f"shape:{parent}", "table", "partition")
    if cursor.word == "(":
        _read_elements(cursor, target)
    bounds = cursor.until("partition", "with", "using", "tablespace")
    out.alter(f"table:{parent}", "partition", bounds.text())


def _read_options(cursor: Cursor, target: Target) -> None:
    """What stands after the columns, up to the query of CREATE TABLE AS."""
    out = target.out
    while not cursor.is_done:
        if cursor.accept("inherits"):
            _read_parents(cursor.group(), out)
        elif cursor.accept("partition", "by"):
            _read_partition_by(cursor, target)
        elif cursor.accept("union"):
            cursor.accept("=")
            for member in cursor.group().split():
                out.need_relation(member.name(), "table")
        elif _starts_query(cursor):
            _read_as(cursor, target)
        else:
            cursor.step()


def _read_parents(group: Cursor, out: Collector) -> None:
    for parent in group.split():
        name = parent.name()
        out.need_relation(name, "table")
        out.need(f"shape:{name}", "table", "inherits")


def _starts_query(cursor: Cursor) -> bool:
    """Whether the query of CREATE TABLE AS begins here; MariaDB and MySQL need no AS."""
    if cursor.accept("as"):
        return True
    if cursor.dialect not in {"mysql", "mariadb"} or cursor.peek() == "system":
        return False
    return cursor.word in _QUERY_STARTS or (cursor.word == "(" and cursor.peek() in _QUERY_STARTS)


def _read_partition_by(cursor: Cursor, target: Target) -> None:
    cursor.accept("linear")
    while cursor.is_name() and cursor.word != "(":
        cursor.advance()
    if cursor.word == "(":
        read_expression(cursor.group(), target.out, Use(aspect="key"), target.table)
    if target.out.is_mysql:
        cursor.rest()


def _read_as(cursor: Cursor, target: Target) -> None:
    out = target.out
    out.kinds.clear()
    out.kind("create table as")
    if cursor.accept("execute"):
        out.opaque("CREATE TABLE AS EXECUTE")
        cursor.rest()
        return
    read_query(cursor.rest(), out, Use(aspect="query", runs=True))
    out.write(f"rows:{target.table}", "insert", "as query")
    out.write(f"values:{target.table}.*", "insert")
