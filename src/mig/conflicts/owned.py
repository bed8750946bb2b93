"""What PostgreSQL keeps alike: sequences and the tables that own them, keys and the tables that they join."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.conflicts.naming import owner
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.schema import Schema

_ALSO_ALTERED = ("sequence", "view")


def follow_owned(effects: Iterable[Effect], schema: Schema) -> Iterator[Effect]:
    """Whose owner, and whose persistence, an operation takes for granted."""
    for effect in effects:
        if effect.kind == "sequence":
            yield from _tie(effect, tuple(effects), schema)
        elif effect.kind == "table" and effect.access is Access.ALTER:
            yield from _find_kind(effect, schema)
            yield from _run_as(effect)
        elif effect.kind == "constraint" and effect.access is Access.CREATE:
            yield from _join(effect, schema)


def _tie(effect: Effect, effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """OWNED BY asks for one owner; from then on the sequence goes with that table only."""
    if effect.access not in {Access.CREATE, Access.ALTER} or "owned by" not in effect.detail:
        return
    after = {owner(e.name) for e in effects if e.kind == "column" and e.aspect == "sequence"}
    thing = schema.find(effect.resource)
    before = {
        owner(r.partition(":")[2]) for r, _ in (thing.needs if thing else ()) if r.startswith("column:")
    }
    for table in sorted(before ^ after):
        why = "a sequence has the owner of its table"
        yield Effect(resource=f"table:{table}", access=Access.NEED, aspect="owned", implicit=why)


def _find_kind(effect: Effect, schema: Schema) -> Iterator[Effect]:
    """ALTER TABLE changes sequences and views too."""
    if effect.resource in schema:
        return
    for kind in _ALSO_ALTERED:
        if f"{kind}:{effect.name}" in schema:
            yield replace(effect, resource=f"{kind}:{effect.name}", implicit=f"it is a {kind}")


def _run_as(effect: Effect) -> Iterator[Effect]:
    """Foreign keys are looked up with the rights of the table's owner, who needs the schema as well."""
    if effect.aspect == "owner" and owner(effect.name):
        yield Effect(
            resource=f"rows:{effect.name}",
            access=Access.ALTER,
            aspect="owner",
            implicit="keys are looked up with the rights of the owner",
        )


def _join(effect: Effect, schema: Schema) -> Iterator[Effect]:
    """A permanent table does not refer to one that is not logged."""
    table = f"table:{owner(effect.name)}"
    if effect.detail.startswith("foreign key") and (table in schema or not schema.shows_all):
        yield Effect(resource=table, access=Access.NEED, aspect="referring", implicit="a foreign key")
