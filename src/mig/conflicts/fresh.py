"""Tables that a migration has made itself and not filled: a key on one looks nothing up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.conflicts.naming import owner
from mig.effects.footprint import Access

if TYPE_CHECKING:
    from collections.abc import Collection

    from mig.effects.footprint import Effect, Operation

_HELD_AGAINST = frozenset({"exists", "validate"})


class Fresh:
    """The tables of one migration that have no rows, as its operations are gone through."""

    def __init__(self) -> None:
        self._tables: set[str] = set()

    def follow(
        self, operation: Operation, effects: tuple[Effect, ...], doubts: Collection[str]
    ) -> tuple[Effect, ...]:
        """The effects without looks at rows for keys of empty tables; the tables are kept up to date.

        Args:
            operation: one after the other, as the migration has them.
            effects: all that it does, with what is implicit.
            doubts: what of it cannot be known.
        """
        found = self._without_looks(effects)
        if operation.opaque or operation.is_conditional or doubts:
            # It may fill any of them, or not make what it says.
            self._tables.clear()
            return found
        for effect in effects:
            if effect.kind == "table" and effect.access is Access.CREATE and not effect.renamed_from:
                if effect.aspect != "if":
                    self._tables.add(effect.name)
            elif effect.kind == "table" and effect.access is not Access.NEED:
                # Rows may come with a partition or a child; what is dropped is another when it is back.
                self._tables.discard(effect.name)
        self._tables -= {
            e.name if e.kind == "rows" else owner(e.name) for e in effects if e.access is Access.WRITE
        }
        return found

    def _without_looks(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        made = {owner(e.name) for e in effects if e.kind == "constraint" and e.access is Access.CREATE}
        if not made or not made <= self._tables or any(e.access is Access.WRITE for e in effects):
            return effects
        return tuple(e for e in effects if e.access is not Access.READ or e.aspect not in _HELD_AGAINST)
