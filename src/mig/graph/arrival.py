"""The graph of a lineage that is ordered by version: parents are what stood before on the same branch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mig.model import Migration


def put_in_order_of_arrival(
    migrations: Iterable[Migration], ours: Collection[str], theirs: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The parents of each migration, where two sides have added to what both had.

    Versions say in which order a fresh database applies everything.  A database that followed one of the
    sides has applied what both had and then that side's, whatever the other side's numbers are: so the
    two sides are parallel, and each begins after all that both had.

    Args:
        migrations: those of the merge, in the order of their versions.
        ours: ids that only one side has.
        theirs: ids that only the other side has.
    """
    parents: dict[str, tuple[str, ...]] = {}
    shared: list[str] = []
    sides: tuple[list[str], list[str]] = ([], [])
    for migration in migrations:
        line = sides[0] if migration.id in ours else sides[1] if migration.id in theirs else shared
        line.append(migration.id)
    for line, first in ((shared, ()), (sides[0], tuple(shared[-1:])), (sides[1], tuple(shared[-1:]))):
        before: tuple[str, ...] = first
        for i in line:
            parents[i] = before
            before = (i,)
    return parents


def with_arrival(
    migrations: Iterable[Migration], parents: dict[str, tuple[str, ...]]
) -> tuple[Migration, ...]:
    """The migrations with these parents; those that are not named keep theirs."""
    return tuple(replace(m, parents=parents.get(m.id, m.parents)) for m in migrations)
