"""Reads changes of one column: ALTER COLUMN, and MODIFY and CHANGE of MariaDB and MySQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects.calls import read_type
from mig.effects.columns import ColumnReader, is_volatile
from mig.effects.cursor import UnreadError
from mig.effects.keys import Target
from mig.effects.query import read_expression
from mig.effects.scope import Use

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.effects.cursor import Cursor

_OPTION_WORDS = ("statistics", "storage", "compression", "visible", "invisible", "options", "(")


def read_alter_column(action: Cursor, target: Target) -> None:
    """What follows ``ALTER [COLUMN]``."""
    action.accept("column")
    action.accept("if", "exists")
    column = action.part()
    out = target.out
    out.need(f"column:{target.table}.{column}", "table")
    if action.word in {"type", "set"} and (action.word == "type" or action.peek() == "data"):
        action.accept("set", "data")
        _on_type(action, target, column)
        return
    verb = action.accept_one("set", "drop", "add", "restart", "reset")
    reader = _CHANGES.get(action.word)
    if verb in {"set", "drop"} and reader is not None:
        reader(action, target, column, verb)
    elif verb in {"set", "add", "restart"} and action.word not in _OPTION_WORDS:
        _on_identity(action, target, column, verb)
    elif verb:
        out.kind("alter column options")
        out.alter(f"column:{target.table}.{column}", "options", f"{verb} {action.rest().text()}")
    else:
        raise UnreadError(f"change of a column {action.word[:40]}")


def _on_type(action: Cursor, target: Target, column: str) -> None:
    out, resource = target.out, f"column:{target.table}.{column}"
    action.expect("type")
    out.kind("alter column type")
    start = action.position
    read_type(action, out, "table")
    action.skip_to("using", "collate")
    kind = action.copy().text_from(start)
    if action.accept("collate"):
        kind += f" collate {action.name()}"
    used = ""
    if action.accept("using"):
        value = action.rest()
        used = f" using {value.text()}"
        read_expression(value, out, Use(aspect="query", runs=True), target.table)
    out.alter(resource, "type", kind + used)
    out.alter(f"shape:{target.table}", "definition", f"type {column}")
    out.read(f"values:{target.table}.{column}", "validate")
    out.write(f"rows:{target.table}", "convert")
    out.write(f"values:{target.table}.{column}", "convert", kind + used)


def _on_default(action: Cursor, target: Target, column: str, verb: str) -> None:
    action.expect("default")
    out = target.out
    out.kind(f"{verb} default")
    value = action.rest()
    detail = value.text() + (" (volatile)" if is_volatile(value) else "")
    out.alter(f"column:{target.table}.{column}", "default", detail if verb == "set" else "drop")
    tables = (target.table,) if out.is_mysql else ()
    read_expression(value, out, Use(aspect="default"), *tables)


def _on_not_null(action: Cursor, target: Target, column: str, verb: str) -> None:
    action.expect("not", "null")
    out = target.out
    out.kind(f"{verb} not null")
    out.alter(f"column:{target.table}.{column}", "null", "not null" if verb == "set" else "null")
    if verb == "set":
        out.read(f"rows:{target.table}", "validate")
        out.read(f"values:{target.table}.{column}", "validate")


def _on_expression(action: Cursor, target: Target, column: str, verb: str) -> None:
    action.expect("expression")
    out = target.out
    out.kind(f"{verb} expression")
    out.alter(f"column:{target.table}.{column}", "default", f"{verb} {action.copy().rest().text()}")
    if verb == "set":
        action.expect("as")
        read_expression(action.group(), out, Use(aspect="generated"), target.table)
        out.write(f"values:{target.table}.{column}", "update")
    else:
        action.accept("if", "exists")


def _on_drop_identity(action: Cursor, target: Target, column: str, verb: str) -> None:
    _on_identity(action, target, column, verb)


def _on_identity(action: Cursor, target: Target, column: str, verb: str) -> None:
    """``ADD GENERATED ... AS IDENTITY``, ``SET GENERATED``, ``RESTART``, ``DROP IDENTITY``."""
    out = target.out
    out.kind(f"{verb} identity")
    text = action.rest().text()
    if verb == "add":
        reader = ColumnReader(action, target, column)
        reader.add_sequence()
    out.alter(f"column:{target.table}.{column}", "identity", f"{verb} {text}".strip())


_CHANGES: dict[str, Callable[[Cursor, Target, str, str], None]] = {
    "default": _on_default,
    "not": _on_not_null,
    "expression": _on_expression,
    "identity": _on_drop_identity,
}


def read_modify(action: Cursor, target: Target) -> None:
    """``MODIFY c type ...`` gives a column a whole new definition."""
    action.expect("modify")
    action.accept("column")
    aspect = "if" if action.accept("if", "exists") else ""
    target.out.kind("modify column")
    _redefine(action, Target(table=target.table, out=target.out, aspect=aspect), action.part())


def read_change(action: Cursor, target: Target) -> None:
    """``CHANGE old new type ...``: a rename and a whole new definition."""
    out, table = target.out, target.table
    action.expect("change")
    action.accept("column")
    aspect = "if" if action.accept("if", "exists") else ""
    old = action.part()
    new = action.part()
    _redefine(action, Target(table=table, out=out, aspect=aspect), old)
    if new == old:
        out.kind("modify column")
        return
    out.kind("change column")
    out.rename("column", f"{table}.{old}", f"{table}.{new}")
    out.alter(f"shape:{table}", "definition", f"rename {old} to {new}")


def _redefine(action: Cursor, target: Target, column: str) -> None:
    out, resource = target.out, f"column:{target.table}.{column}"
    out.need(resource, "table")
    reader = ColumnReader(action, target, column)
    detail = reader.read(create=False)
    for aspect in ("type", "null", "default"):
        out.alter(resource, aspect, detail)
    out.alter(f"shape:{target.table}", "definition", f"type {column}")
    out.read(f"rows:{target.table}", "validate")
    out.read(f"values:{target.table}.{column}", "validate")
    out.write(f"rows:{target.table}", "convert")
    out.write(f"values:{target.table}.{column}", "convert", detail)
