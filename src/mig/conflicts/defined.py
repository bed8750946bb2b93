"""What a definition takes from the schema around it: keys behind foreign keys, copies, hidden indexes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.conflicts.keys import unique_keys
from mig.conflicts.schema import last, owner
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.schema import Schema
    from mig.effects.footprint import Operation

_MYSQL = frozenset({"mysql", "mariadb"})
_CHANGES = frozenset({Access.CREATE, Access.DROP, Access.ALTER})
_COLUMN_LIST = re.compile(r"\( ([^(),]+?) *[,()]")
_GROUPS = re.compile(r"\bgroup\s+by\b", re.IGNORECASE)
_ORDERED = re.compile(r"\bfor each row (?:follows|precedes) [`\"]?(\w+)")
_AUTO = re.compile(r"\bauto_increment\b")


def follow_definitions(operation: Operation, effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """What CREATE and ALTER look at without naming it."""
    yield from _need_keys(effects, schema)
    yield from _copy(effects, schema)
    yield from _count_rows(effects, schema)
    yield from _admit(effects)
    if schema.dialect == "postgresql":
        yield from _need_row(effects, schema)
        yield from _find_owner(effects)
    if schema.dialect == "postgresql" and _GROUPS.search(operation.text):
        yield from _need_grouped(effects, schema)
    if schema.dialect in _MYSQL:
        for effect in effects:
            yield from _follow_in_mysql(effect, schema)


def _need_keys(effects: Iterable[Effect], schema: Schema) -> Iterator[Effect]:
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


def _count_rows(effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """A column that counts gives each row that is there a number."""
    makes_sequence = any(e.kind == "sequence" and e.access is Access.CREATE for e in effects)
    for effect in effects:
        table = owner(effect.name)
        is_added = effect.kind == "column" and effect.access is Access.CREATE and f"table:{table}" in schema
        if is_added and (makes_sequence or _AUTO.search(effect.detail)):
            why = "each row gets a number"
            yield Effect(resource=f"rows:{table}", access=Access.READ, aspect="order", implicit=why)


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
        if effect.access is Access.NEED and effect.kind == "shape" and effect.detail.startswith("like"):
            if "including" in effect.detail or schema.dialect in _MYSQL:
                parts = f"parts:{effect.name}"
                yield Effect(resource=parts, access=Access.NEED, aspect="table", implicit="LIKE copies it")
            yield Effect(
                resource=f"table:{effect.name}", access=Access.NEED, aspect="copy", implicit="LIKE copies it"
            )
            for column in schema.parts(effect.name, "column"):
                yield Effect(
                    resource=column.resource, access=Access.NEED, aspect="copy", implicit="LIKE copies it"
                )
    for effect in effects:
        table = _table_of_part(effect, effects, schema)
        if table:
            yield Effect(resource=f"parts:{table}", access=Access.ALTER, implicit="a part of the table")


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


def _follow_in_mysql(effect: Effect, schema: Schema) -> Iterator[Effect]:
    if effect.kind == "trigger" and effect.access is Access.CREATE:
        for name in _ORDERED.findall(effect.detail):
            yield Effect(
                resource=f"trigger:{name}", access=Access.NEED, aspect="trigger", implicit="its order"
            )
    if effect.kind == "constraint" and effect.access in _CHANGES:
        yield from _follow_key_in_mysql(effect, schema)
    elif effect.kind == "index" and effect.access in _CHANGES:
        yield from _cover(
            owner(effect.name), _leading(effect, schema), "index", "an index may serve a foreign key"
        )
    elif effect.kind == "column" and effect.access in {Access.CREATE, Access.ALTER}:
        yield Effect(
            resource=f"table:{owner(effect.name)}",
            access=Access.READ,
            aspect="charset",
            implicit="the default",
        )
    elif effect.kind == "table" and effect.access is Access.ALTER and _AUTO.search(effect.detail):
        yield Effect(
            resource=f"sequence:{effect.name}.auto",
            access=Access.WRITE,
            aspect="set",
            implicit="the next key",
        )


def _follow_key_in_mysql(effect: Effect, schema: Schema) -> Iterator[Effect]:
    thing = schema.find(effect.resource)
    detail = effect.detail if effect.access is Access.CREATE else thing.detail if thing else effect.detail
    table = owner(effect.name)
    if "foreign key" not in detail:
        yield from _cover(table, _leading(effect, schema), "index", "a key may serve a foreign key")
        return
    # Names of foreign keys are unique in the whole database.
    name = f"foreign-key-name:{last(effect.name)}"
    yield Effect(
        resource=name, access=effect.access, aspect=effect.aspect, implicit="names of foreign keys are global"
    )
    yield Effect(resource=f"table:{table}", access=Access.NEED, aspect="foreign-key", implicit="its engine")
    yield from _cover(table, _leading(effect, schema), "key", "a foreign key makes an index, or shares one")


def _cover(table: str, column: str, aspect: str, why: str) -> Iterator[Effect]:
    if column:
        yield Effect(resource=f"cover:{table}.{column}", access=Access.ALTER, aspect=aspect, implicit=why)


def _leading(effect: Effect, schema: Schema) -> str:
    """The first column of an index or key."""
    thing = schema.find(effect.resource)
    detail = effect.detail if effect.access is Access.CREATE else thing.detail if thing else ""
    found = _COLUMN_LIST.search(detail)
    return found[1].split()[0].strip('`"') if found and found[1].strip() else ""
