"""What Alembic's batch mode keeps where it puts a copy in a table's place on SQLite.

The copy is made of what SQLAlchemy sees of the table when it runs.  Columns of usual types, plain indexes and
unique constraints are in it whoever made them, so that these come before or after it alike.  A trigger, a
check, an expression in an index, the order of one, or a type that SQLAlchemy does not know are not; and with
a view on the table the copy does not get its name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.conflicts.naming import last, owner
from mig.effects.footprint import BATCH, Access

if TYPE_CHECKING:
    from mig.conflicts.closure import Step
    from mig.conflicts.schema import Schema
    from mig.effects.footprint import Effect

_COPY = "_alembic_tmp_"
_NUMBER = r"(?:- ?)?\d+(?:\.\d+)?"
_TYPE = re.compile(
    r"bigint|blob|boolean|date|datetime|float|integer|json|real|smallint|text|time|timestamp"
    r"|(?:char|varchar)(?: \( \d+ \))?|(?:decimal|numeric)(?: \( \d+ \))?"
)
_DEFAULT = re.compile(rf"'[^']*'|{_NUMBER}|current_(?:date|time|timestamp)|null")
_COLUMN = re.compile(rf"(?:{_TYPE.pattern})(?: default (?:{_DEFAULT.pattern}))?(?: not null)?")
_NAMES = r"\( \w+(?: , \w+)* \)"
_INDEX = re.compile(rf"(?:unique )?{_NAMES}")
_ACTION = r"(?: on (?:delete|update) (?:cascade|restrict|set null|set default|no action))*"
_KEY = re.compile(rf"unique {_NAMES}|foreign key {_NAMES} references (?P<parent>\w+)(?: {_NAMES})?{_ACTION}")
_TAKEN_IN = frozenset({"view", "trigger"})
_PARTS = frozenset({"column", "constraint", "values"})
_OF_ITSELF = frozenset({(Access.READ, "validate"), (Access.WRITE, "convert")})


def is_kept_by_copy(one: Step, other: Step, schema: Schema) -> bool:
    """Whether one of two steps puts a copy in a table's place, and the other does nothing that it loses."""
    return _is_carried(one, other, schema) or _is_carried(other, one, schema)


def _is_carried(copying: Step, step: Step, schema: Schema) -> bool:
    table = _find_table(copying)
    if not table or copying.doubt or step.doubt:
        return False
    near = schema.users(f"table:{table}")
    if any(thing.kind in _TAKEN_IN or _is_check(thing.detail) for thing in near):
        return False
    if step.operation.kind == BATCH:
        return _find_table(step) == table
    return all(_is_kept(effect, table, step, schema) for effect in step.effects)


def _find_table(step: Step) -> str:
    """The table that a step puts a copy in the place of; empty where it does not."""
    if step.operation.kind != BATCH:
        return ""
    first = next((e.name for e in step.effects if e.kind == "table"), "")
    return f"{owner(first)}.{last(first)}".lstrip(".").replace(_COPY, "")


def _is_check(detail: str) -> bool:
    return re.search(r"\bcheck\b", detail) is not None


def _is_kept(effect: Effect, table: str, step: Step, schema: Schema) -> bool:
    name = owner(effect.name) if effect.kind in _PARTS else effect.name
    if effect.kind == "index":
        return _is_plain_index(effect, schema)
    if effect.kind == "relation" and effect.access is not Access.NEED:
        return any(e.resource == f"index:{effect.name}" for e in step.effects)
    if name != table:
        # What a key of the table refers to.
        return effect.access in {Access.NEED, Access.READ}
    return _is_kept_in_table(effect, table)


def _is_kept_in_table(effect: Effect, table: str) -> bool:
    match effect.kind:
        case "relation" | "table":
            return effect.access is Access.NEED and effect.aspect != "foreign-key"
        case "shape" | "parts":
            return effect.access is Access.ALTER
        case "rows" | "values":
            # Of the column itself that is changed.
            return (effect.access, effect.aspect) in _OF_ITSELF
        case "column":
            return _is_plain_column(effect)
        case "constraint":
            key = _KEY.fullmatch(effect.detail)
            is_named = effect.access is Access.CREATE and not effect.implicit
            return is_named and bool(key and key["parent"] != table)
        case _:
            return False


def _is_plain_index(effect: Effect, schema: Schema) -> bool:
    thing = schema.find(effect.resource) if effect.access is Access.DROP else None
    detail = thing.detail if thing is not None else effect.detail
    return bool(_INDEX.fullmatch(detail))


def _is_plain_column(effect: Effect) -> bool:
    default = effect.detail.removeprefix("set default ").removeprefix("default ")
    match effect.access, effect.aspect:
        case Access.NEED, aspect:
            return aspect in {"foreign-key", "index", "key", "table"}
        case Access.CREATE, _:
            return bool(effect.renamed_from or _COLUMN.fullmatch(effect.detail))
        case Access.DROP, _:
            return not effect.implicit
        case Access.ALTER, "type":
            return bool(_TYPE.fullmatch(effect.detail))
        case Access.ALTER, aspect:
            return aspect == "null" or (aspect == "default" and bool(_DEFAULT.fullmatch(default)))
        case _:
            return False
