"""Types whose values a statement may name or write: enums and domains of PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.conflicts.naming import last, owner
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.schema import Schema
    from mig.effects.footprint import Operation

_NAMES_NO_VALUE = frozenset({"table", "comment", "grant", "foreign-key", "sequence", "copy"})


def follow_types(operation: Operation, effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """The types of the columns that a statement uses, since a literal beside a column has its type."""
    if schema.dialect != "postgresql":
        return
    found = {type_ for column in _columns(effects, schema) for type_ in _types_of(column, schema)}
    if "'" in operation.text:
        found |= {e.resource for e in effects if e.kind == "type" and e.access is Access.NEED}
    for resource in sorted(found):
        yield Effect(resource=resource, access=Access.READ, aspect="value", implicit="the type of a column")


def _columns(effects: Iterable[Effect], schema: Schema) -> Iterator[str]:
    for effect in effects:
        if effect.kind == "column":
            is_need = effect.access is Access.NEED and effect.aspect not in _NAMES_NO_VALUE
            if is_need or (effect.access is Access.ALTER and effect.aspect == "default"):
                yield effect.resource
        elif effect.kind == "values" and effect.access is not Access.ALTER:
            if last(effect.name) == "*":
                yield from (column.resource for column in schema.parts(owner(effect.name), "column"))
            else:
                yield f"column:{effect.name}"


def _types_of(column: str, schema: Schema) -> Iterator[str]:
    thing = schema.find(column)
    for resource, aspect in thing.needs if thing else ():
        if resource.startswith("type:") and aspect == "table":
            yield resource
