"""Indexes that serve foreign keys and counting columns in MariaDB and MySQL.

A foreign key needs an index on its own columns and one on those that it refers to; an AUTO_INCREMENT
column needs one too.  For its own columns a foreign key makes the index where there is none, and that
index goes silently as soon as another one covers it.  ``cover:T.C`` stands for what serves the column C.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.conflicts.naming import last, owner
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.schema import Schema, Thing

_GROUP = re.compile(r"\(((?:[^()]|\([^()]*\))*)\)")
_REFERENCES = re.compile(r'\breferences ((?:"[^"]*"|[^\s"(]+)(?: \. (?:"[^"]*"|[^\s"(]+))?) \(([^()]*)\)')
_NAME = re.compile(r'\s*("[^"]*"|[^\s"]+)')
_PASSES_ON = re.compile(r"\bon (?:update (?:cascade|set)|delete set)\b")
_NUMBERED = re.compile(r"_ibfk_\d+$")
_NO_ORDER = re.compile(r"^(?:create )?(fulltext|spatial|vector)\b")
_AUTO = re.compile(r"\bauto_increment\b")
_GENERATED = "generated"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    """A foreign key: its own columns, and those of the other table that it refers to."""

    columns: tuple[str, ...]
    parent: str = ""
    parents: tuple[str, ...] = ()


def follow_serving(effects: Iterable[Effect], schema: Schema) -> Iterator[Effect]:
    """Indexes that come and go by themselves, and who needs and who drops what serves a column."""
    listed = tuple(effects)
    made = [e for e in listed if e.kind == "index" and e.access is Access.CREATE and not e.renamed_from]
    for effect in listed:
        if effect.kind == "index":
            yield from _follow_index(effect, schema)
        elif effect.kind == "constraint" and effect.access is Access.CREATE and not effect.renamed_from:
            yield from _follow_foreign_key(effect, made, schema)
        elif effect.kind == "constraint" and effect.access is Access.DROP:
            yield from _drop_key(effect, schema)
        elif effect.kind == "column" and effect.access in {Access.CREATE, Access.ALTER}:
            yield from _follow_counter(effect, made, schema)
        elif effect.kind == "column" and effect.aspect in {"check", "generated"}:
            why = "something is computed from it"
            yield _put(f"cover:{effect.name}", "computed", why)


def _follow_index(effect: Effect, schema: Schema) -> Iterator[Effect]:
    table = owner(effect.name)
    if effect.access is Access.CREATE and not effect.renamed_from:
        yield from _cover(table, columns_of(effect.detail), "make")
        yield from _replace_generated(table, columns_of(effect.detail), schema)
    elif effect.access is Access.DROP and not effect.renamed_to:
        thing = schema.find(effect.resource)
        if thing is None:
            yield _put(f"cover:{table}", "vague", "which columns the index is on is not known")
        else:
            yield from _drop(table, columns_of(thing.detail), schema)


def _drop_key(effect: Effect, schema: Schema) -> Iterator[Effect]:
    """DROP CONSTRAINT drops a unique key too, and with it its index."""
    thing, index = schema.find(effect.resource), schema.find(f"index:{effect.name}")
    if thing is None or index is None or effect.implicit or effect.renamed_to:
        return
    if thing.detail.startswith(("unique", "primary")):
        yield Effect(
            resource=index.resource, access=Access.DROP, aspect="if", implicit="the index of the key"
        )
        yield from _drop(owner(effect.name), columns_of(index.detail), schema)


def _drop(table: str, columns: tuple[str, ...], schema: Schema) -> Iterator[Effect]:
    if columns:
        is_served = any(_starts(columns, needed) for needed in _needed(table, schema))
        aspect = "drop-served" if is_served else "drop" if schema.shows_all else "drop-unsure"
        yield from _cover(table, columns, aspect)


def _needed(table: str, schema: Schema) -> Iterator[tuple[str, ...]]:
    """The columns of a table that an index has to begin with."""
    for thing in schema.users(f"table:{table}"):
        key = _read_key(thing)
        if key is None:
            continue
        if owner(thing.name) == table:
            yield key.columns
        if key.parent == table:
            yield key.parents
    for column in schema.parts(table, "column"):
        if _AUTO.search(column.detail):
            yield (last(column.name),)


def _follow_foreign_key(effect: Effect, made: list[Effect], schema: Schema) -> Iterator[Effect]:
    table, key = owner(effect.name), read_key(effect.detail)
    if key is None:
        return
    indexes = [*(thing.detail for thing in schema.parts(table, "index")), *_made_on(table, made)]
    if any(_starts(columns_of(detail), key.columns) for detail in indexes):
        yield from _cover(table, key.columns, "use")
    else:
        name = key.columns[0] if _NUMBERED.search(effect.name) else last(effect.name)
        why = "a foreign key makes the index that it needs"
        yield Effect(
            resource=f"index:{table}.{name}",
            access=Access.CREATE,
            aspect=effect.aspect,
            detail=f"{_GENERATED} ( {' , '.join(key.columns)} )",
            implicit=why,
        )
        for column in key.columns:
            resource = f"column:{table}.{column}"
            yield Effect(resource=resource, access=Access.NEED, aspect="index", implicit=why)
        yield from _cover(table, key.columns, "generate")
    if _PASSES_ON.search(effect.detail):
        for column in key.columns:
            yield _put(f"cover:{table}.{column}", "passed-on", "a foreign key changes it")
    if key.parents:
        yield from _cover(key.parent, key.parents, "use")


def _made_on(table: str, made: list[Effect]) -> list[str]:
    return [effect.detail for effect in made if owner(effect.name) == table]


def _replace_generated(table: str, columns: tuple[str, ...], schema: Schema) -> Iterator[Effect]:
    for thing in schema.parts(table, "index"):
        if thing.detail.startswith(_GENERATED) and _starts(columns, columns_of(thing.detail)):
            why = "the index that a foreign key made goes where another one covers it"
            yield Effect(resource=thing.resource, access=Access.DROP, aspect="if", implicit=why)


def _follow_counter(effect: Effect, made: list[Effect], schema: Schema) -> Iterator[Effect]:
    """A table has one AUTO_INCREMENT column, which some index begins with."""
    table, name = owner(effect.name), last(effect.name)
    before = schema.find(effect.resource)
    if not _AUTO.search(effect.detail) or (before is not None and _AUTO.search(before.detail)):
        return
    if f"table:{table}" in schema or not schema.shows_all:
        yield _put(f"cover:{table}", "count", "a table has one column that counts")
    if before is not None and effect.access is Access.ALTER:
        for resource in (f"rows:{table}", f"values:{effect.name}"):
            why = "the column counts on from its highest value"
            yield Effect(resource=resource, access=Access.READ, aspect="query", implicit=why)
    if not any(_starts(columns_of(detail), (name,)) for detail in _made_on(table, made)):
        yield from _cover(table, (name,), "use")


def _cover(table: str, columns: tuple[str, ...], aspect: str) -> Iterator[Effect]:
    if columns:
        why = "an index serves a foreign key or a column that counts"
        yield _put(f"cover:{table}.{columns[0]}", aspect, why)
        if aspect != "make":
            yield _put(f"cover:{table}", "some", why)


def _put(resource: str, aspect: str, why: str) -> Effect:
    return Effect(resource=resource, access=Access.ALTER, aspect=aspect, implicit=why)


def _starts(columns: tuple[str, ...], needed: tuple[str, ...]) -> bool:
    return bool(needed) and columns[: len(needed)] == needed


def _read_key(thing: Thing) -> _Key | None:
    return read_key(thing.detail) if thing.kind == "constraint" else None


def read_key(detail: str) -> _Key | None:
    """A foreign key from its definition; None where it is none."""
    if not detail.startswith("foreign key"):
        return None
    referred = _REFERENCES.search(detail)
    columns = columns_of(detail)
    if not columns or referred is None:
        return _Key(columns=columns) if columns else None
    return _Key(columns=columns, parent=referred[1].replace(" . ", "."), parents=_split(referred[2]))


def columns_of(detail: str) -> tuple[str, ...]:
    """The columns of a key or index by its definition, as far as they are whole columns in order."""
    found = None if _NO_ORDER.match(detail) else _GROUP.search(detail)
    return _split(found[1]) if found else ()


def _split(text: str) -> tuple[str, ...]:
    columns: list[str] = []
    for item in re.sub(r"\([^()]*\)", "()", text).split(","):
        name = _NAME.match(item)
        if name is None or "()" in item:
            break  # a prefix or an expression: nothing after it can be looked up
        columns.append(name[1])
    return tuple(columns)
