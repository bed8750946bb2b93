"""Schemas of many histories, of which one mostly begins as another one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.conflicts.closure import build_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.conflicts.schema import Schema
    from mig.effects.footprint import Footprint

# As many things as are kept in all schemas together; one takes some hundred bytes in each of them.
_MAX_THINGS = 100_000
_MAX_STEPS = 64


class SchemaStore:
    """Builds the schema that a sequence of migrations leaves, and keeps it for those that go on from there.

    Only what speaks of a pair is in such a sequence, and a history may begin with tables that were there:
    the schemas do not show all.

    Args:
        footprint: gives what a migration does, by its id.
        dialect: the SQL dialect.
    """

    def __init__(self, footprint: Callable[[str], Footprint], dialect: str) -> None:
        self._footprint = footprint
        self._dialect = dialect
        self._kept: dict[tuple[str, ...], Schema] = {}
        self._things = 0

    def build(self, ids: tuple[str, ...], shared: int = 0) -> Schema:
        """The schema after these migrations in this order; nobody may change it.

        Args:
            ids: the migrations.
            shared: how many of the first of them are likely to be asked for again with others behind them.
        """
        if 0 < shared < len(ids) and ids not in self._kept:
            self.build(ids[:shared])
        found = self._kept.pop(ids, None)
        if found is None:
            found = self._extend(ids, shared)
            self._things += len(found.things)
        # The one that was asked for last is the last to go.
        self._kept[ids] = found
        while self._things > _MAX_THINGS and len(self._kept) > 1:
            self._things -= len(self._kept.pop(next(iter(self._kept))).things)
        return found

    def _extend(self, ids: tuple[str, ...], shared: int) -> Schema:
        for end in (*range(len(ids) - 1, max(0, len(ids) - _MAX_STEPS), -1), shared):
            if ids[:end] in self._kept:
                before, rest = self._kept[ids[:end]].copy(), ids[end:]
                break
        else:
            before, rest = None, ids
        footprints = map(self._footprint, rest)
        return build_schema(footprints, self._dialect, is_complete=False, schema=before)
