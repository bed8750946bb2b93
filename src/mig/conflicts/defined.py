"""What a definition takes from the schema around it: keys behind foreign keys, copies, hidden indexes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.conflicts.keys import unique_keys
from mig.conflicts.mysql import follow_mysql
from mig.conflicts.naming import last, owner
from mig.conflicts.owned import follow_owned
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.schema import Schema
    from mig.effects.footprint import Operation

_MYSQL = frozenset({"mysql", "mariadb"})
_CHANGES = frozenset({Access.CREATE, Access.DROP, Access.ALTER})
_GROUPS = re.compile(r"\bgroup\s+by\b", re.IGNORECASE)
_PARTS = frozenset({"all", "comments", "constraints", "indexes", "statistics", "storage"})
_AUTO = re.compile(r"\bauto_increment\b")


def follow_definitions(operation: Operation, effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """What CREATE and ALTER look at without naming it."""
    yield from need_keys(effects, schema)
    yield from _copy(effects, schema)
    yield from _count_rows(effects, schema)
    yield from _admit(effects)
    yield from _hold_new_rows(effects)
    if schema.dialect == "sqlite":
        yield from _loop(effects)
    if schema.dialect == "postgresql":
        yield from _need_row(effects, schema)
        yield from _find_owner(effects)
        yield from follow_owned(effects, schema)
    if schema.dialect == "postgresql" and _GROUPS.search(operation.text):
        yield from _need_grouped(effects, schema)
    if schema.dialect in _MYSQL:
        yield from follow_mysql(operation, effects, schema)


def need_keys(effects: Iterable[Effect], schema: Schema) -> Iterator[Effect]:
    """A foreign key needs the unique key or index that its parent's columns have."""
    for effect in effects:
        if (
            effect.access is Access.NEED
            and effect.kind == "table"
            and effect.aspect == "foreign-key"
            and effect.detail
        ):
            named = {name.strip() for name in effect.detail.strip("()").split(",")}
            for unique in unique_keys(effect.name, schema):
                columns = {last(r) for r, _ in unique.needs if r.startswith(f"column:{effect.name}.")}
                is_primary = unique.detail.startswith("primary key")
                if columns == named or (is_primary and effect.detail == "primary key"):
                    why = "the key that a foreign key refers to"
                    yield Effect(
                        resource=unique.resource, access=Access.NEED, aspect="foreign-key", implicit=why
                    )


def _need_grouped(effects: Iterable[Effect], schema: Schema) -> Iterator[Effect]:
    """A view that groups by a primary key can show the other columns, and depends on the key."""
    for effect in effects:
        if effect.access is Access.NEED and effect.kind == "table" and effect.aspect == "view":
            for unique in unique_keys(effect.name, schema):
                if unique.detail.startswith("primary key"):
                    why = "the key that a view groups by"
                    yield Effect(resource=unique.resource, access=Access.NEED, aspect="view", implicit=why)


def _admit(effects: tuple[Effect, ...]) -> Iterator[Effect]:
    """Without a key or check the table takes rows that it did not take."""
    for effect in effects:
        if effect.kind == "constraint" and effect.access is Access.DROP and not effect.renamed_to:
            rows = f"rows:{owner(effect.name)}"
            yield Effect(resource=rows, access=Access.ALTER, aspect="admits", implicit="the key is gone")


def _hold_new_rows(effects: tuple[Effect, ...]) -> Iterator[Effect]:
    """A check that is NOT VALID lets rows be that break it, and no row be written that does."""
    for effect in effects:
        is_new = effect.kind == "constraint" and effect.access is Access.CREATE
        if is_new and effect.detail.endswith("not valid"):
            rows = f"rows:{owner(effect.name)}"
            kind = "unchecked-key" if effect.detail.startswith("foreign key") else "unchecked"
            yield Effect(resource=rows, access=Access.READ, aspect=kind, implicit="rows to come")


def _loop(effects: tuple[Effect, ...]) -> Iterator[Effect]:
    """SQLite takes a new column that is computed from itself, and after that no row of the table."""
    made = [e.resource for e in effects if e.kind == "column" and e.access is Access.CREATE]
    for effect in effects:
        if effect.access is Access.NEED and effect.aspect == "generated" and made == [effect.resource]:
            rows = f"rows:{owner(effect.name)}"
            for event in ("insert", "update", "delete"):
                why = "a column is computed from itself"
                yield Effect(resource=rows, access=Access.ALTER, aspect=f"broken-{event}", implicit=why)


def _count_rows(effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """A column that counts gives each row that is there a number."""
    makes_sequence = any(e.kind == "sequence" and e.access is Access.CREATE for e in effects)
    drawn = [e for e in effects if e.kind == "sequence" and e.access is Access.NEED and e.aspect == "default"]
    for effect in effects:
        table = owner(effect.name)
        is_added = effect.kind == "column" and effect.access is Access.CREATE and f"table:{table}" in schema
        if is_added and (makes_sequence or drawn or _AUTO.search(effect.detail)):
            why = "each row gets a number"
            yield Effect(resource=f"rows:{table}", access=Access.READ, aspect="order", implicit=why)
            for sequence in drawn:
                yield Effect(resource=sequence.resource, access=Access.WRITE, aspect="advance", implicit=why)


def _need_row(effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """The function of a trigger uses columns of the row that it is given."""
    tables = [owner(e.name) for e in effects if e.kind == "trigger" and e.access is Access.CREATE]
    for effect in effects:
        function = schema.find(effect.resource) if effect.kind == "function" and tables else None
        if function is None or effect.aspect != "trigger":
            continue
        for resource, _ in sorted(function.needs):
            kind, _, name = resource.partition(":")
            if kind == "column" and owner(name) in {"new", "old"}:
                column = f"column:{tables[0]}.{last(name)}"
                yield Effect(resource=column, access=Access.NEED, aspect="function", implicit="NEW and OLD")


def _find_owner(effects: tuple[Effect, ...]) -> Iterator[Effect]:
    """DROP TRIGGER IF EXISTS looks for the table too, which under another name has not got it."""
    for effect in effects:
        is_drop = effect.access is Access.DROP and effect.aspect == "if"
        if is_drop and effect.kind in {"trigger", "policy", "rule"}:
            relation = f"relation:{owner(effect.name)}"
            yield Effect(resource=relation, access=Access.READ, aspect="absent", implicit="IF EXISTS")


def _copy(effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """LIKE copies columns with all that is theirs, and with INCLUDING keys and indexes too."""
    for effect in effects:
        if effect.access is not Access.NEED or effect.kind != "shape":
            continue
        if effect.detail.startswith("like"):
            for resource, aspect in _copied(effect, schema):
                yield Effect(resource=resource, access=Access.NEED, aspect=aspect, implicit="LIKE copies it")
        elif effect.detail == "inherits":
            yield Effect(
                resource=f"parts:{effect.name}", access=Access.NEED, aspect="inherits", implicit="checks"
            )
    for effect in effects:
        table = _table_of_part(effect, effects, schema)
        if table:
            yield Effect(
                resource=f"parts:{table}",
                access=Access.ALTER,
                aspect=_kind_of_part(effect),
                implicit="a part of the table",
            )


def _kind_of_part(effect: Effect) -> str:
    if effect.kind != "constraint" or effect.access is not Access.CREATE:
        return ""
    if effect.detail.startswith("primary key"):
        return "primary"
    return "unchecked" if effect.detail.endswith("not valid") else ""


def _copied(shape: Effect, schema: Schema) -> Iterator[tuple[str, str]]:
    is_mysql = schema.dialect in _MYSQL
    if is_mysql or _PARTS & set(shape.detail.split()):
        yield f"parts:{shape.name}", "table"
    else:
        yield f"parts:{shape.name}", "null"
    yield f"table:{shape.name}", "copy"
    for column in schema.parts(shape.name, "column"):
        yield column.resource, "copy"
    if is_mysql:
        yield f"comment:table:{shape.name}", "copy"


def _table_of_part(effect: Effect, effects: tuple[Effect, ...], schema: Schema) -> str:
    """The table that gets or loses a key, an index or a comment."""
    if effect.access not in _CHANGES:
        return ""
    if effect.kind == "constraint" or (effect.kind == "index" and schema.dialect in _MYSQL):
        return owner(effect.name)
    if effect.kind == "comment" and effect.name.partition(":")[0] in {"column", "constraint"}:
        return owner(effect.name.partition(":")[2])
    if effect.kind not in {"index", "statistics"} and not effect.name.startswith("index:"):
        return ""
    thing = schema.find(effect.resource)
    known = (r.partition(":")[2] for r, a in sorted(thing.needs if thing else ()) if a == "part")
    named = (e.name for e in effects if e.kind == "table" and e.access is Access.NEED)
    return next(iter((*known, *named, "")))
