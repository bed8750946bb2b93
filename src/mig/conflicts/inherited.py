"""What reaches the tables below a table of PostgreSQL, and those above it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.conflicts.naming import last, owner
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.schema import Schema

_PASSED_ON = frozenset({"column", "shape", "constraint", "rows", "values"})
_CHANGES = frozenset({Access.CREATE, Access.DROP, Access.ALTER})


def follow_inheritance(effects: Iterable[Effect], schema: Schema) -> Iterator[Effect]:
    """The same effects on the tables that inherit, and writes as the tables above show them."""
    if schema.dialect != "postgresql":
        return
    listed = tuple(effects)
    yield from _hand_over(listed)
    for effect in listed:
        if effect.kind not in _PASSED_ON:
            continue
        table = _table(effect)
        is_row = effect.kind in {"rows", "values"}
        if effect.access in _CHANGES or is_row:
            for child in schema.below(table):
                yield _moved(effect, child, f"{child} inherits from {table}")
        if is_row:
            for parent in _all_above(table, schema):
                yield _moved(effect, parent, f"{table} inherits from {parent}")


def _hand_over(effects: tuple[Effect, ...]) -> Iterator[Effect]:
    """A table that is put below another one, or taken away, brings its rows or takes them along."""
    if not any(e.kind == "table" and e.access is Access.ALTER and e.aspect == "partition" for e in effects):
        return
    for effect in effects:
        if effect.kind == "shape" and effect.detail in {"inherits", "partition"}:
            why = "the rows of the table below it come or go"
            for resource in (f"rows:{effect.name}", f"values:{effect.name}.*"):
                yield Effect(resource=resource, access=Access.WRITE, aspect="delete", implicit=why)


def _all_above(table: str, schema: Schema) -> list[str]:
    found: list[str] = []
    waiting = [table]
    while waiting:
        for parent in schema.above(waiting.pop()):
            if parent not in found:
                found.append(parent)
                waiting.append(parent)
    return found


def _table(effect: Effect) -> str:
    return effect.name if effect.kind in {"rows", "shape"} else owner(effect.name)


def _moved(effect: Effect, table: str, why: str) -> Effect:
    def move(resource: str) -> str:
        kind, _, name = resource.partition(":")
        return f"{kind}:{table}" if kind in {"rows", "shape"} else f"{kind}:{table}.{last(name)}"

    return replace(
        effect,
        resource=move(effect.resource),
        renamed_to=move(effect.renamed_to) if effect.renamed_to else "",
        renamed_from=move(effect.renamed_from) if effect.renamed_from else "",
        implicit=effect.implicit or why,
    )
