"""What may follow from tables that the history does not show, and so cannot be looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.conflicts.naming import owner
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.schema import Schema

_UNSEEN = "unseen:schema"
_PARTS = frozenset({"index", "constraint", "view", "trigger", "sequence", "policy", "function"})
_BELOW = frozenset({"column", "constraint", "values"})


def follow_unseen(effects: Iterable[Effect], schema: Schema) -> Iterator[Effect]:
    """Marks what meets a table that is not in the schema.

    Only the marks that could meet by way of something implicit are made: keys of rows, cascades, and
    parts that go with what is dropped.
    """
    if schema.shows_all:
        return
    listed = tuple(effects)
    made = {e.resource for e in listed if e.access is Access.CREATE}
    for effect in listed:
        if effect.implicit:
            continue
        table = owner(effect.name) if effect.kind in _BELOW else effect.name
        is_unseen = f"table:{table}" not in schema and f"table:{table}" not in made
        is_row = effect.kind == "rows" and effect.aspect != "convert"
        is_write = is_row or (effect.kind == "values" and effect.aspect == "update")
        if effect.access is Access.WRITE and is_write and is_unseen:
            yield from _write(effect, table)
        elif effect.access is Access.DROP:
            yield from _drop(effect, schema, is_unseen=is_unseen)


def _write(effect: Effect, table: str) -> Iterator[Effect]:
    why = f"the history does not show {table}"
    if effect.aspect == "insert":
        yield Effect(resource=f"unseen:{table}", access=Access.WRITE, aspect="insert", implicit=why)
    aspect = "delete" if effect.aspect in {"delete", "truncate"} else "write"
    yield Effect(resource=_UNSEEN, access=Access.WRITE, aspect=aspect, detail=table, implicit=why)


def _drop(effect: Effect, schema: Schema, *, is_unseen: bool) -> Iterator[Effect]:
    why = f"the history does not show {effect.resource}"
    if effect.kind in _PARTS and effect.resource not in schema:
        yield Effect(resource=_UNSEEN, access=Access.DROP, aspect="part", implicit=why)
    if effect.kind in {"table", "column", "view"} and effect.renamed_to and schema.dialect == "sqlite":
        yield Effect(resource=_UNSEEN, access=Access.NEED, aspect="rename", implicit=why)
    elif effect.kind in {"table", "column", "constraint"} and is_unseen:
        yield Effect(resource=_UNSEEN, access=Access.DROP, aspect="whole", implicit=why)
