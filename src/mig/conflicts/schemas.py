"""Schemas of many histories, of which one mostly holds another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mig.conflicts.additions import apply_step, find_addition
from mig.conflicts.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mig.conflicts.additions import Addition
    from mig.effects.footprint import Footprint, Operation

# As many things as are kept in all schemas together; one takes some hundred bytes in each of them.
_MAX_THINGS = 300_000
# All that are kept are looked through for the nearest.
_MAX_KEPT = 400


class _Kept(NamedTuple):
    """A schema, and as bits all that comes before anything in it."""

    schema: Schema
    before: int


class SchemaStore:
    """Builds the schema that a set of migrations leaves, and keeps it for those that go on from there.

    Only what speaks of a pair is in such a set, and a history may begin with tables that were there:
    the schemas do not show all.

    Args:
        footprint: gives what a migration does, by its id.
        dialect: the SQL dialect.
        order: the migrations, each after those that come before it.
        parents: what comes right before each, by id; None: only the order says so.

    ``before`` has for each migration, as bits at the places in the order, all that comes before it.
    """

    def __init__(
        self,
        footprint: Callable[[str], Footprint],
        dialect: str,
        order: Sequence[str],
        parents: Mapping[str, Iterable[str]] | None,
    ) -> None:
        self._footprint = footprint
        self._dialect = dialect
        self._order = order
        self._bits = {i: 1 << at for at, i in enumerate(order)}
        self.before = _find_before(order, parents, self._bits)
        self._steps: dict[str, tuple[tuple[Operation, Addition | None], ...]] = {}
        self._kept: dict[int, _Kept] = {}
        self._things = 0

    def build(self, ids: Iterable[str], first: Iterable[str] = ()) -> Schema:
        """The schema after these migrations, in an order that the graph allows; nobody may change it.

        Args:
            ids: the migrations.
            first: those of them that are likely to be asked for again with others behind them; with each
                of them all of ``ids`` that come before it.
        """
        wanted, likely = self._mask(ids), self._mask(first)
        found = self._kept.pop(wanted, None)
        if found is None:
            nearest = self._find_nearest(wanted)
            if nearest.bit_count() < likely.bit_count() < wanted.bit_count():
                nearest = likely
                if likely not in self._kept:
                    self._keep(likely, self._extend(self._find_nearest(likely), likely))
            found = self._extend(nearest, wanted)
        else:
            self._things -= len(found.schema.things)
        self._keep(wanted, found)
        return found.schema

    def _keep(self, mask: int, found: _Kept) -> None:
        # The one that was asked for last is the last to go.
        self._kept[mask] = found
        self._things += len(found.schema.things)
        while len(self._kept) > 1 and (self._things > _MAX_THINGS or len(self._kept) > _MAX_KEPT):
            self._things -= len(self._kept.pop(next(iter(self._kept))).schema.things)

    def _find_nearest(self, wanted: int) -> int:
        """The largest of the kept sets that one can go on from: what is missing comes before none of it."""
        usable = (
            mask
            for mask, kept in self._kept.items()
            if not mask & ~wanted and not kept.before & wanted & ~mask
        )
        return max(usable, key=int.bit_count, default=0)

    def _extend(self, begun: int, wanted: int) -> _Kept:
        kept = self._kept.get(begun)
        schema = kept.schema.copy() if kept else Schema(self._dialect)
        above = kept.before if kept else 0
        for i in self._members(wanted & ~begun):
            above |= self.before[i]
            for operation, addition in self.steps(i):
                apply_step(operation, addition, schema)
        return _Kept(schema, above)

    def steps(self, migration_id: str) -> tuple[tuple[Operation, Addition | None], ...]:
        """The operations of a migration, each with what it adds if it does no more than that."""
        if migration_id not in self._steps:
            operations = self._footprint(migration_id).operations
            self._steps[migration_id] = tuple((o, find_addition(o, self._dialect)) for o in operations)
        return self._steps[migration_id]

    def _mask(self, ids: Iterable[str]) -> int:
        bits, found = self._bits, 0
        for i in ids:
            found |= bits[i]
        return found

    def _members(self, mask: int) -> Iterator[str]:
        while mask:
            lowest = mask & -mask
            yield self._order[lowest.bit_length() - 1]
            mask ^= lowest


def _find_before(
    order: Iterable[str], parents: Mapping[str, Iterable[str]] | None, bits: Mapping[str, int]
) -> dict[str, int]:
    """For each migration, as bits, all that come before it."""
    found: dict[str, int] = {}
    for i in order:
        above = bits[i] - 1 if parents is None else 0
        for parent in parents[i] if parents is not None else ():
            above |= bits[parent] | found[parent]
        found[i] = above
    return found
