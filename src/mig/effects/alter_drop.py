"""Reads the DROP actions of ALTER TABLE: columns, constraints, indexes, partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects import names

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.effects.cursor import Cursor
    from mig.effects.keys import Target


def read_drop_action(action: Cursor, target: Target) -> None:
    out, table = target.out, target.table
    action.expect("drop")
    reader = _DROPS.get(action.word)
    if reader is not None and action.peek() not in {"", "cascade", "restrict"}:
        reader(action, target)
        return
    out.kind("drop column")
    action.accept("column")
    aspect = "if" if action.accept("if", "exists") else ""
    column = action.part()
    detail = "cascade" if action.accept_one("cascade", "restrict") == "cascade" else ""
    out.drop(f"column:{table}.{column}", aspect, detail)
    out.alter(f"shape:{table}", "definition", f"drop {column}")


def _drop_constraint(action: Cursor, target: Target) -> None:
    out, table = target.out, target.table
    out.kind("drop constraint")
    is_key = action.accept("foreign", "key")
    if not is_key:
        action.accept_one("constraint", "check")
    aspect = "if" if action.accept("if", "exists") else ""
    name = action.part()
    detail = "cascade" if action.accept_one("cascade", "restrict") == "cascade" else ""
    out.drop(f"constraint:{table}.{name}", aspect, detail)
    if out.is_postgresql:
        out.drop(f"relation:{names.within(table, name)}", "if", implicit="the index of a key")
        out.drop(f"index:{names.within(table, name)}", "if", implicit="the index of a key")


def _drop_primary(action: Cursor, target: Target) -> None:
    target.out.kind("drop constraint")
    action.expect("primary", "key")
    target.out.drop(f"constraint:{target.table}.primary")
    target.out.drop(target.out.index(target.table, "primary"))


def _drop_index(action: Cursor, target: Target) -> None:
    action.advance()
    target.out.kind("drop index")
    aspect = "if" if action.accept("if", "exists") else ""
    name = action.part()
    target.out.drop(target.out.index(target.table, name), aspect)
    target.out.drop(f"constraint:{target.table}.{name}", "if", implicit="the index of a key")


def _drop_partition(action: Cursor, target: Target) -> None:
    target.out.kind("drop partition")
    target.out.alter(f"table:{target.table}", "partition", f"drop {action.rest().text()}")
    target.out.write(f"rows:{target.table}", "delete", "partition")


def _drop_versioning(action: Cursor, target: Target) -> None:
    target.out.kind("alter table options")
    target.out.alter(f"table:{target.table}", "options", f"drop {action.rest().text()}")


_DROPS: dict[str, Callable[[Cursor, Target], None]] = {
    "constraint": _drop_constraint,
    "foreign": _drop_constraint,
    "check": _drop_constraint,
    "primary": _drop_primary,
    "index": _drop_index,
    "key": _drop_index,
    "partition": _drop_partition,
    "system": _drop_versioning,
    "period": _drop_versioning,
}
