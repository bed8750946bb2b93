"""Reads what takes or brings whole tables: TRUNCATE, COPY, LOAD DATA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects.cursor import UnreadError
from mig.effects.dml import need_target
from mig.effects.query import read_query
from mig.effects.scope import Use, need_column, need_shape

if TYPE_CHECKING:
    from mig.effects.collector import Collector
    from mig.effects.cursor import Cursor

_RUNS = Use(aspect="query", runs=True)


def read_truncate(cursor: Cursor, out: Collector) -> None:
    out.kind("truncate")
    cursor.expect("truncate")
    cursor.accept("table")
    tables = []
    cursor.accept("only")
    tables.append(cursor.name())
    while cursor.accept("*") or cursor.accept(","):
        if cursor.is_name():
            cursor.accept("only")
            tables.append(cursor.name())
    detail = cursor.rest().text()
    for table in tables:
        need_target(table, out)
        out.write(f"rows:{table}", "truncate", detail)
        if "restart" in detail or out.is_mysql:
            out.write(f"sequence:{table}.{'auto' if out.is_mysql else '*'}", "set", "restart")


def read_copy(cursor: Cursor, out: Collector) -> None:
    """COPY t (c) FROM or TO."""
    out.kind("copy")
    cursor.expect("copy")
    if cursor.word == "(":
        read_query(cursor.group(), out, _RUNS)
        cursor.rest()
        return
    table = cursor.name()
    need_target(table, out)
    columns = cursor.names() if cursor.word == "(" else ()
    for column in columns:
        out.need(f"column:{table}.{column}", "query")
    if not columns:
        need_shape(table, out, Use(aspect="query"))
    if cursor.word == "from":
        out.write(f"rows:{table}", "insert", "copy")
        for column in columns or ("*",):
            out.write(f"values:{table}.{column}", "insert")
    else:
        out.read(f"rows:{table}", "query")
        for column in columns:
            need_column(table, column, out, _RUNS)
    if "program" in {token.word for token in cursor.words()}:
        out.opaque("COPY with a program")
    cursor.rest()


def read_load(cursor: Cursor, out: Collector) -> None:
    """LOAD DATA INFILE ... INTO TABLE t."""
    out.kind("load data")
    if not cursor.skip_to("table"):
        raise UnreadError("LOAD of no table")
    cursor.advance()
    table = cursor.name()
    need_target(table, out)
    need_shape(table, out, Use(aspect="query"))
    out.write(f"rows:{table}", "insert", "load")
    out.write(f"values:{table}.*", "insert")
    cursor.rest()
