"""Databases that have only the second of two migrations which a merge migration puts in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import GraphError, RunnerError, UsageError
from mig.graph.order import Unreconciled, find_unreconciled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mig.graph.dag import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What a person has decided about migrations that come too late for a declared order.

    Those of ``late`` are run as they are; those of ``recorded`` are not run, because what they do
    has been done by hand.
    """

    late: frozenset[str] = frozenset()
    recorded: frozenset[str] = frozenset()


def choose(graph: Graph, late: Iterable[str], recorded: Iterable[str]) -> Reconciliation:
    """The ids that a person has named, which may be beginnings of ids.

    Raises:
        GraphError: there is no such migration.
        UsageError: one is named for both.
    """
    found = Reconciliation(
        late=frozenset(_find(graph, one) for one in late),
        recorded=frozenset(_find(graph, one) for one in recorded),
    )
    if both := sorted(found.late & found.recorded):
        raise UsageError(f"{both[0]} cannot be both run and passed over", hint="name it once")
    return found


def refuse_unreconciled(
    graph: Graph, left: Collection[str], pending: Collection[str], decided: Reconciliation
) -> None:
    """Stop before a migration is applied too late for a declared order, unless a person has decided.

    Raises:
        RunnerError: nobody has, or what was decided on needs no decision.
    """
    found = find_unreconciled(graph, left)
    decided_on = decided.late | decided.recorded
    needless = decided_on - {i for one in found for i in one.missing} - frozenset(left)
    if needless:
        raise RunnerError(
            f"{min(needless)} does not come too late for a declared order on this database",
            hint="mig status says what needs reconciliation; everything else is for mig up alone",
        )
    for one in found:
        if set(one.missing) & set(pending) - decided_on:
            raise RunnerError(f"needs reconciliation: {said_of(one)}", hint=way_out(one))


def said_of(one: Unreconciled) -> str:
    """Which order cannot be kept, for people."""
    return f"{one.path} puts {one.first} before {one.second}, but this database has only {one.second}"


def way_out(one: Unreconciled) -> str:
    """What a person can do about it."""
    return (
        f"mig redo {one.second} reverts it and applies both in that order; or look at the database, then "
        f"mig up --apply-late {one.first} (run it now) or --mark-applied {one.first} (done by hand)"
    )


def _find(graph: Graph, prefix: str) -> str:
    try:
        return graph.find(prefix)
    except GraphError as error:
        raise GraphError(error.message, hint="mig status says what needs reconciliation") from None
