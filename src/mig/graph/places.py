"""Sets of migrations as bits, each migration at its place in an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.graph.unordered import members

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Places:
    """The places of all migrations of a graph; to join two sets of them costs next to nothing.

    Args:
        order: the migrations, the first at the lowest bit.
    """

    def __init__(self, order: Sequence[str]) -> None:
        self._order = order
        self._bits = {i: 1 << at for at, i in enumerate(order)}
        self.everything = (1 << len(order)) - 1

    def of(self, ids: Iterable[str]) -> int:
        """The bits of some migrations."""
        bits, found = self._bits, 0
        for i in ids:
            found |= bits[i]
        return found

    def has(self, found: int, migration_id: str) -> bool:
        """Whether a migration is among some bits."""
        return bool(found & self._bits[migration_id])

    def ids(self, found: int) -> tuple[str, ...]:
        """The migrations of some bits, in order."""
        return tuple(self._order[at] for at in members(found))
