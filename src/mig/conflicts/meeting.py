"""Finds the operations of two migrations that could mind each other, without looking at all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.conflicts.naming import last, owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mig.conflicts.closure import Step
    from mig.effects.footprint import Effect

WITH_ALL = frozenset({"values", "sequence", "column"})
"""Kinds of things of which an effect can be on one of a table's, or on all of them (``values:t.*``)."""


def find_pairs(ones: Sequence[Step], others: Sequence[Step]) -> Iterator[tuple[Step, Step]]:
    """The pairs with effects on one thing, or of which one is on everything, or is not known."""
    index: dict[str, list[int]] = {}
    everywhere: list[int] = []
    for at, other in enumerate(others):
        if other.wide or other.doubt:
            everywhere.append(at)
        for resource in other.exact:
            index.setdefault(resource, []).append(at)
        for table in other.below:
            index.setdefault(_below(table), []).append(at)
    for one in ones:
        near: Sequence[int] = range(len(others))
        if not one.wide and not one.doubt:
            keys = {key for effect in one.effects for key in _keys(effect)}
            near = sorted(set(everywhere).union(*(index.get(key, ()) for key in keys)))
        for at in near:
            yield one, others[at]


def is_spared(effect: Effect, against: Effect) -> bool:
    """Whether an effect on all of a table's columns does not reach the one that the other is on."""
    return bool(effect.spared) and against.kind == effect.kind and last(against.name) in effect.spared.split()


def _keys(effect: Effect) -> Iterator[str]:
    yield effect.resource
    if effect.kind in WITH_ALL:
        table = f"{effect.kind}:{owner(effect.name)}"
        yield _below(table) if effect.name.endswith("*") else f"{table}.*"


def _below(table: str) -> str:
    """The key of all that lies below a table, which is the name of no resource."""
    return f"{table} *"
