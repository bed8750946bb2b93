"""Reads CREATE INDEX, and the actions on indexes of ALTER INDEX and DROP INDEX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.keys import UNNAMED, Target, read_key_columns
from mig.effects.query import read_expression
from mig.effects.scope import Use

if TYPE_CHECKING:
    from mig.effects.collector import Collector
    from mig.effects.cursor import Cursor


def read_create_index(cursor: Cursor, out: Collector, *, kind: str = "", replaces: bool = False) -> None:
    """What follows ``CREATE [UNIQUE] INDEX``; ``kind`` is the word before INDEX."""
    out.kind("create index")
    cursor.accept("concurrently")
    aspect = "if" if cursor.accept("if", "not", "exists") else "if" if replaces else ""
    name = "" if cursor.word == "on" else _read_index_name(cursor, out)
    _skip_method(cursor)
    cursor.expect("on")
    cursor.accept("only")
    table = cursor.name()
    detail = f"{kind} {cursor.copy().rest().text()}".strip()
    out.need_relation(table, "index")
    _skip_method(cursor)
    target = Target(table=table, out=out, aspect=aspect)
    uses = Use(aspect="index")
    labels = read_key_columns(cursor.group(), target, uses)
    if cursor.accept("include") and cursor.word == "(":
        labels += read_key_columns(cursor.group(), target, uses)
    if cursor.skip_to("where"):
        cursor.advance()
        read_expression(cursor.rest(), out, uses, table)
    cursor.rest()
    # An index without a name takes one that another may have by then.
    made = "" if name else _make_index_name(target, labels)
    out.create_index(table, name or made, detail, aspect, "" if name else UNNAMED)
    if kind == "unique":
        out.read(f"rows:{table}", "validate")
        for effect in tuple(out):
            if effect.kind == "column":
                out.read(f"values:{effect.name}", "validate")


def _read_index_name(cursor: Cursor, out: Collector) -> str:
    name = cursor.name()
    return names.base_name(name) if out.is_postgresql else name


def _skip_method(cursor: Cursor) -> None:
    if cursor.accept("using"):
        cursor.part()


def _make_index_name(target: Target, labels: list[str]) -> str:
    if target.out.is_mysql:
        stem = labels[0] if labels else "expr"
    else:
        taken = names.Taken()
        distinct = [taken.number(label, "postgresql") for label in labels]
        stem = names.make_name(target.table, distinct, "idx")
    return target.out.generated(target.table, stem)


def read_drop_index(cursor: Cursor, out: Collector) -> None:
    """What follows ``DROP INDEX``."""
    out.kind("drop index")
    cursor.accept("concurrently")
    aspect = "if" if cursor.accept("if", "exists") else ""
    dropped = [cursor.name()]
    while cursor.accept(","):
        dropped.append(cursor.name())
    if cursor.accept("on"):
        table = cursor.name()
        out.need(f"table:{table}", "table")
        out.drop(out.index(table, dropped[0]), aspect)
        out.drop(f"constraint:{table}.{dropped[0]}", "if", implicit="the index of a key")
        cursor.rest()
        return
    detail = "cascade" if cursor.accept_one("cascade", "restrict") == "cascade" else ""
    for index in dropped:
        out.drop_relation("index", index, aspect, detail)
    cursor.finish()


def read_alter_index(cursor: Cursor, out: Collector) -> None:
    """What follows ``ALTER INDEX`` in PostgreSQL."""
    out.kind("alter index")
    aspect = "if" if cursor.accept("if", "exists") else ""
    index = cursor.name()
    if cursor.accept("rename", "to"):
        out.kinds.clear()
        out.kind("rename index")
        out.rename_relation("index", index, names.within(index, cursor.part()), aspect)
    elif cursor.accept("attach", "partition"):
        out.need(f"index:{index}", "table")
        out.alter(f"index:{cursor.name()}", "partition", index)
    else:
        out.alter(f"index:{index}", "options", cursor.rest().text())
    cursor.finish()
