"""What migrations do, read when somebody asks, and how two of them stand to each other."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from mig.conflicts.closure import close_watched
from mig.conflicts.compare import Comparison, Reason, compare_closures
from mig.conflicts.names import find_names, find_names_made
from mig.conflicts.proved import PROVED, only_proved
from mig.conflicts.schemas import SchemaStore
from mig.effects.footprint import unread_file
from mig.findings import Verdict
from mig.graph.places import Places
from mig.graph.unordered import find_order
from mig.usecases.apart import Apart
from mig.usecases.footprints import Footprints
from mig.usecases.meeting import find_meeting
from mig.usecases.overlaps import Overlaps, Surrounding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mig.conflicts.additions import Addition
    from mig.conflicts.closure import Closure
    from mig.conflicts.schema import Schema, Seen
    from mig.effects.footprint import Footprint, Operation
    from mig.graph.dag import Graph
    from mig.model import Lineage
    from mig.sources.footprints import FootprintCache
    from mig.tree import Tree

_WORD = re.compile(r"\w+")
_MAX_CLOSURES = 4096
# As many schemas in which one migration differs are remembered.
_MAX_SEEN = 8
# To look at what is around each migration pays where it is part of several pairs.
_FEW_PAIRS = 40
# From this part of it on, all of a history is looked at.
_FEW_OF = 4


class Meaning:
    """The footprints of one lineage's migrations and the verdicts on pairs of them.

    Args:
        graph: the DAG that says what comes before what.
        lineage: where the files lie, and in which convention.
        dialect: the SQL dialect.
        trees: the trees that hold the files; the first that has one counts.
        harmless: dotted names whose calls in Python migrations touch no database.
        cache: what earlier runs have read; None: nothing.
    """

    def __init__(
        self,
        graph: Graph,
        lineage: Lineage,
        dialect: str,
        trees: Iterable[Tree],
        harmless: frozenset[str] = frozenset(),
        cache: FootprintCache | None = None,
    ) -> None:
        self._graph = graph
        self._dialect = dialect
        self._footprints = Footprints(graph, lineage, dialect, trees, harmless, cache)
        self._order = find_order(graph)
        order = self._order.ids or tuple(sorted(graph.migrations))
        self._places = Places(order)
        parents = graph.before if self._order.ids else None
        self._schemas = SchemaStore(self.footprint, dialect, order, parents)
        self._closures: dict[tuple[str, tuple[str, ...]], Closure] = {}
        self._overlaps = Overlaps(self.surround, dialect)
        self._apart = Apart(self.footprint, self._near) if dialect == "postgresql" else None
        self._left = _FEW_PAIRS if self._order.ids and dialect in PROVED else -1
        self._seen: dict[str, deque[tuple[Closure, Seen]]] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._speaking: dict[str, int] = {}
        self._next: dict[str, int] = {}

    def prepare(self, ids: Iterable[str]) -> None:
        """Read the footprints of some migrations at once."""
        self._footprints.prepare(sorted(ids))

    def footprint(self, migration_id: str) -> Footprint:
        """What one migration does; what cannot be read is opaque."""
        return self._footprints.of(migration_id)

    def know(self, migration_id: str, footprint: Footprint) -> None:
        """Take this for what one does whose file says it in another way."""
        self._footprints.know(migration_id, footprint)

    def history(self, ids: Iterable[str]) -> tuple[tuple[str, Footprint], ...]:
        """Some migrations in linear order, with those before them that speak of anything they touch."""
        chosen = tuple(sorted(set(ids)))
        self._footprints.prepare(chosen)
        before = self._before(chosen)
        names = frozenset[str]().union(*map(self.names, chosen)) if before else ()
        relevant = self._relevant(names, before)
        ordered = self._places.ids(self._places.of((*relevant, *chosen)))
        return tuple((i, self.footprint(i)) for i in ordered)

    def steps(self, migration_id: str) -> tuple[tuple[Operation, Addition | None], ...]:
        """What one migration does, each operation with what it adds if it does no more than that."""
        return self._schemas.steps(migration_id)

    def comes_before(self, one: str, other: str) -> bool:
        """Whether the graph puts one migration before another one."""
        if self._order.ids:
            return self._order.is_before(one, other)
        return one in self._graph.ancestors(other)

    def compare(self, one: str, other: str) -> Comparison:
        """The verdict on two migrations, on top of all that must come before either of them.

        From some pairs on, unordered ones that have nothing in common are not compared exactly.
        """
        if self.are_apart(one, other):
            return Comparison(verdict=Verdict.COMMUTE)
        self._left -= self._left > 0
        if (
            self._left == 0
            and not self._footprints.are_known
            and self._are_unordered(one, other)
            and not self._overlaps.may_meet(one, other)
        ):
            return Comparison(verdict=Verdict.COMMUTE)
        return self.compare_exactly(one, other)

    def are_apart(self, one: str, other: str) -> bool:
        """Whether two migrations that the graph does not order are known to commute without a closer look."""
        return (
            self._apart is not None
            and bool(self._order.ids)
            and self._are_unordered(one, other)
            and self._apart.are_apart(one, other)
        )

    def _near(self, migration_id: str) -> tuple[str, ...]:
        return self._relevant(self.names(migration_id), self._places.everything)

    def _are_unordered(self, one: str, other: str) -> bool:
        return not (self._order.is_before(one, other) or self._order.is_before(other, one))

    def compare_exactly(self, one: str, other: str) -> Comparison:
        """The same, operation by operation, with the assumptions that the verdict rests on."""
        names, before = self.names(one) | self.names(other), self._before((one, other))
        context, likely = self._relevant(names, before), self._places.ids(0)
        # Where most of what comes before matters, all of it says the same, and the schema after what comes
        # before the first need not be built for each pair anew.
        if self._footprints.are_known and _FEW_OF * len(context) >= before.bit_count():
            context, likely = self._places.ids(before), self._places.ids(before & self._ancestors(one))
        schema = self._schemas.build(context, likely)
        first, second = (self._close(i, context, schema) for i in (one, other))
        found = compare_closures(first, second, schema, self._dialect)
        return only_proved(self._doubt(found, (one, other)), self._dialect)

    def _ancestors(self, migration_id: str) -> int:
        if self._order.ids:
            return self._schemas.before[migration_id]
        return self._places.of(self._graph.ancestors(migration_id))

    def _descendants(self, migration_id: str) -> int:
        if self._order.ids:
            return self._order.after(migration_id)
        return self._places.of(self._graph.descendants(migration_id))

    def _doubt(self, found: Comparison, pair: tuple[str, str]) -> Comparison:
        """``unknown`` for ``commute`` where an unread part of the history names what the pair touches."""
        if found.verdict is not Verdict.COMMUTE or not found.assumptions:
            return found
        names = self.names(pair[0]) | self.names(pair[1])
        for unread in found.assumptions:
            if names & set(_WORD.findall(unread.text.lower())):
                sides = tuple(_first(self.footprint(i)) for i in pair)
                reason = Reason(
                    code="MIG300",
                    verdict=Verdict.UNKNOWN,
                    message=f"an earlier statement, which cannot be read, names it: {unread.opaque}",
                    resources=(),
                    operations=(sides[0], sides[1]),
                )
                return replace(found, verdict=Verdict.UNKNOWN, reasons=(reason,))
        return found

    def _close(self, migration_id: str, context: tuple[str, ...], schema: Schema) -> Closure:
        key = migration_id, context
        if key not in self._closures:
            if len(self._closures) >= _MAX_CLOSURES:
                del self._closures[next(iter(self._closures))]
            self._closures[key] = self._close_anew(migration_id, schema)
        return self._closures[key]

    def _close_anew(self, migration_id: str, schema: Schema) -> Closure:
        """Mostly what differs between two schemas is nothing that the migration meets in them."""
        kept = self._seen.setdefault(migration_id, deque(maxlen=_MAX_SEEN))
        for found, seen in kept:
            if schema.answers_as(seen):
                return found
        found, seen = close_watched(self.footprint(migration_id), schema)
        kept.appendleft((found, seen))
        return found

    def names(self, migration_id: str) -> frozenset[str]:
        """The names of all things that a migration touches; of columns, that of their table."""
        if migration_id not in self._names:
            self._names[migration_id] = frozenset(find_names(self.footprint(migration_id).operations))
        return self._names[migration_id]

    def find_meeting(self, chosen: Iterable[str], pool: Iterable[str]) -> Callable[[str], frozenset[str]]:
        """A function that gives for a chosen one those of the pool that it is not shown to commute with.

        The graph must have an order.  Only for what it leaves unordered does that say anything: what is left
        out commutes, as ``compare`` would find.
        """
        if self._dialect not in PROVED:
            everybody = frozenset(pool)
            return lambda i: everybody - {i}
        return find_meeting(chosen, pool, self._apart.terms if self._apart else self._overlaps.terms)

    def may_meet(self, one: str, other: str) -> bool:
        """Whether two unordered migrations have to be compared exactly; where they have not, they commute."""
        if self._dialect not in PROVED or self._footprints.are_known:
            return True
        return self._overlaps.may_meet(one, other)

    def _relevant(self, names: Iterable[str], allowed: int) -> tuple[str, ...]:
        """Those of the allowed migrations that speak of any of these names, in order.

        What depends on a table names it, so the words of their files are searched for names before
        anything is parsed; the names of what they make are searched for in turn.
        """
        chosen, found = 0, self._speaking_of(names) & allowed if allowed else 0
        while found:
            chosen |= found
            ids = self._places.ids(found)
            self._footprints.prepare(ids)
            found = 0
            for i in ids:
                found |= self._led_on(i)
            found &= allowed & ~chosen
        return self._places.ids(chosen)

    def _led_on(self, migration_id: str) -> int:
        """Those that speak of what a migration makes."""
        if migration_id not in self._next:
            made = frozenset(find_names_made(self.footprint(migration_id).operations))
            self._next[migration_id] = self._speaking_of(made)
        return self._next[migration_id]

    def _speaking_of(self, names: Iterable[str]) -> int:
        found = 0
        for name in names:
            if name not in self._speaking:
                self._speaking[name] = self._places.of(self._footprints.speaking_of(name))
            found |= self._speaking[name]
        return found

    def surround(self, migration_id: str) -> Surrounding:
        """What may come before a migration, whichever pair it is part of."""
        names, before = self.names(migration_id), self._ancestors(migration_id)
        itself = self._places.of((migration_id,))
        around = self._relevant(names, self._places.everything & ~(self._descendants(migration_id) | itself))
        fixed = tuple(i for i in around if self._places.has(before, i))
        free = tuple(i for i in around if not self._places.has(before, i))
        near = self._relevant(names, before) if free else fixed
        contexts = {near, around}
        return Surrounding(
            names=names,
            own=self.footprint(migration_id).operations,
            fixed=self._operations(fixed),
            free=self._operations(free),
            closed=tuple(
                step
                for context in sorted(contexts)
                for step in self._close(migration_id, context, self._schemas.build(context)).steps
            ),
        )

    def _operations(self, ids: Iterable[str]) -> tuple[Operation, ...]:
        return tuple(operation for i in ids for operation in self.footprint(i).operations)

    def _before(self, chosen: tuple[str, ...]) -> int:
        """What must come before some of the chosen, which themselves do not."""
        found = 0
        for i in chosen:
            found |= self._ancestors(i)
        return found & ~self._places.of(chosen)


def _first(footprint: Footprint) -> Operation:
    return footprint.operations[0] if footprint.operations else unread_file("")
