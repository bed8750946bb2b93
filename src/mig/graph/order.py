"""The orders that migrations declare (``mig:order``): which cannot hold, and which a database cannot keep."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from mig.graph.dag import build_graph

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mig.graph.dag import Graph


class WrongOrder(NamedTuple):
    """A declaration that puts ``first`` before ``second`` and cannot hold; ``migration`` declares it."""

    migration: str
    first: str
    second: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreconciled:
    """``path`` declares that ``first`` comes before ``second``, and a database has only the second.

    ``missing`` is all that would be too late there: the first, and what it comes after.
    """

    first: str
    second: str
    path: str
    missing: tuple[str, ...]


def without_orders(graph: Graph) -> Graph:
    """The graph as parents and requirements alone make it."""
    if not any(m.order for m in graph.migrations.values()):
        return graph
    return build_graph(replace(m, order=()) for m in graph.migrations.values())


def find_wrong_orders(graph: Graph) -> tuple[WrongOrder, ...]:
    """The declared orders that name what is not there or not behind the migration, or that go in a circle."""
    declared = [(m.id, *pair) for m in graph.migrations.values() for pair in m.order]
    if not declared:
        return ()
    plain = without_orders(graph)
    alone = [WrongOrder(*each, _why_wrong(plain, *each)) for each in sorted(declared)]
    # What is wrong by itself is no reason to doubt the others.
    together = _with_orders(plain, [one for one in alone if not one.why])
    return tuple(one._replace(why=why) for one in alone if (why := one.why or _why_not(together, one)))


def find_unreconciled(graph: Graph, applied: Collection[str]) -> tuple[Unreconciled, ...]:
    """The declared orders that a database with these migrations applied can no longer keep."""
    done = frozenset(applied)
    return tuple(
        Unreconciled(
            first=first,
            second=second,
            path=merge.path,
            missing=tuple(sorted((graph.ancestors(first) | {first}) - done)),
        )
        for merge in sorted(graph.migrations.values(), key=lambda m: m.id)
        for first, second in merge.order
        if second in done and first not in done and first in graph
    )


def _why_wrong(plain: Graph, declaring: str, first: str, second: str) -> str:
    behind = plain.ancestors(declaring)
    for named in (first, second):
        if named not in plain:
            return f"there is no migration {named}{_nearest(named, behind)}"
        if named not in behind or named == declaring:
            return f"{named} does not come before {declaring}"
    return f"{second} comes before {first} already" if second in plain.ancestors(first) else ""


def _why_not(together: Graph, one: WrongOrder) -> str:
    contradicted = one.second in together.ancestors(one.first)
    return f"another declared order puts {one.second} before {one.first}" if contradicted else ""


def _with_orders(plain: Graph, orders: Iterable[WrongOrder]) -> Graph:
    declared: dict[str, list[tuple[str, str]]] = {}
    for one in orders:
        declared.setdefault(one.migration, []).append((one.first, one.second))
    return build_graph(
        replace(m, order=tuple(declared.get(i, ()))) for i, m in sorted(plain.migrations.items())
    )


def _nearest(wanted: str, known: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(wanted, sorted(known), n=1, cutoff=0.5)
    return f"; the nearest is {near[0]}" if near else ""
