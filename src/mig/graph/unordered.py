"""Which migrations the graph leaves unordered, found stretch by stretch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.graph.dag import topological

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mig.graph.dag import Graph


@dataclass(frozen=True, slots=True)
class Stretch:
    """Migrations next to one another in the order; each is ordered with all that are not among them.

    ``start`` is the place of the first in the whole order.  ``before`` and ``apart`` have for each of
    them, as bits, those of the stretch that come before it, and those that the graph does not order
    with it.
    """

    start: int
    ids: tuple[str, ...]
    before: tuple[int, ...]
    apart: tuple[int, ...]


class Order:
    """What the edges of a graph say about each two of its migrations.

    Where all lines of a history meet in one migration, that one is ordered with every other.  Between
    two of these lies a stretch, and whatever is unordered lies in one: so the cost follows the width
    of a history and not the square of its length.

    A graph with a cycle has no order; ``ids`` is empty then.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.ids: tuple[str, ...] = tuple(topological(graph) or ())
        self.position = {i: n for n, i in enumerate(self.ids)}
        self._start = _find_starts(graph, self.ids, self.position)
        self._stretches: dict[int, Stretch] = {}

    def is_before(self, one: str, other: str) -> bool:
        """Whether the graph puts one migration before another one."""
        at, to = self.position[one], self.position[other]
        if at >= to or at < self._start[to]:
            return at < to
        stretch = self.stretch(other)
        return bool(stretch.before[to - stretch.start] >> (at - stretch.start) & 1)

    def after(self, migration_id: str) -> int:
        """All that the graph puts after a migration, as bits of places in the order."""
        stretch = self.stretch(migration_id)
        at, end = self.position[migration_id] - stretch.start, stretch.start + len(stretch.ids)
        inside = ((1 << len(stretch.ids)) - 1) & ~(stretch.before[at] | stretch.apart[at] | 1 << at)
        beyond = ((1 << len(self.ids)) - 1) >> end << end
        return inside << stretch.start | beyond

    def stretch(self, migration_id: str) -> Stretch:
        """The stretch that a migration is part of, which may be that one alone."""
        start = self._start[self.position[migration_id]]
        if start not in self._stretches:
            self._stretches[start] = self._relate(start)
        return self._stretches[start]

    def stretches(self, chosen: Iterable[str]) -> tuple[Stretch, ...]:
        """Those with one of the chosen migrations and one that is unordered with another, in order."""
        starts = {self._start[self.position[i]] for i in chosen if i in self.position}
        found = (self.stretch(self.ids[start]) for start in sorted(starts))
        return tuple(stretch for stretch in found if any(stretch.apart))

    def _relate(self, start: int) -> Stretch:
        end = start + 1
        while end < len(self.ids) and self._start[end] == start:
            end += 1
        ids = self.ids[start:end]
        before = _collect(start, ids, self._graph.before, self.position)
        after = _collect(start, ids[::-1], self._graph.after, self.position)
        everything = (1 << len(ids)) - 1
        apart = tuple(everything & ~(before[i] | after[i] | 1 << n) for n, i in enumerate(ids))
        return Stretch(start, ids, tuple(before[i] for i in ids), apart)


def find_order(graph: Graph) -> Order:
    """The order of a graph, which is found once."""
    return graph.kept("order", Order)


def _find_starts(graph: Graph, ids: tuple[str, ...], position: dict[str, int]) -> list[int]:
    """For each place in the order, that of the first of its stretch.

    A migration is ordered with all others where no edge leads past it, no line has ended before it,
    and none begins behind it.
    """
    # The roots stand before all others.
    last_root = sum(not graph.before[i] for i in ids) - 1
    starts: list[int] = []
    furthest, is_ended, start, after = 0, False, 0, graph.after
    for at, i in enumerate(ids):
        meets = furthest <= at and not is_ended and at >= last_root
        starts.append(at if meets else start)
        if meets:
            start = at + 1
        later = after[i]
        if later:
            furthest = max(furthest, *[position[j] for j in later])
        else:
            is_ended = True
    return starts


def _collect(
    start: int, ids: Iterable[str], edges: Mapping[str, tuple[str, ...]], position: Mapping[str, int]
) -> dict[str, int]:
    """For each of the ids, as bits from ``start``, those among them that its edges lead to."""
    found: dict[str, int] = {}
    for i in ids:
        mask = 0
        for other in edges[i]:
            if other in found:
                mask |= found[other] | 1 << (position[other] - start)
        found[i] = mask
    return found


class Unordered:
    """The pairs of migrations that the graph does not order, at least one of each chosen.

    Counting them costs little; they are made only when they are asked for.
    """

    def __init__(self, graph: Graph, chosen: Iterable[str]) -> None:
        self.order = find_order(graph)
        self.chosen = frozenset(i for i in chosen if i in self.order.position)
        self.stretches = self.order.stretches(self.chosen)

    def __len__(self) -> int:
        total = 0
        for stretch in self.stretches:
            picked = pick(stretch, self.chosen)
            for at, apart in enumerate(stretch.apart):
                # A pair of two chosen ones is met twice, and counted at the later one.
                counted = apart & picked & (1 << at) - 1 if picked >> at & 1 else apart & picked
                total += counted.bit_count()
        return total

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """The pairs, sorted: the chosen one first; where both are chosen, the smaller id."""
        pairs: list[tuple[str, str]] = []
        for stretch in self.stretches:
            picked = pick(stretch, self.chosen)
            for at in members(picked):
                others = stretch.apart[at]
                pairs += (
                    self.turn(stretch.ids[at], stretch.ids[n])
                    for n in members(others & ~(picked & (1 << at) - 1))
                )
        yield from sorted(pairs)

    def turn(self, one: str, other: str) -> tuple[str, str]:
        """A pair as it is listed."""
        if one in self.chosen and other in self.chosen:
            return min(one, other), max(one, other)
        return (one, other) if one in self.chosen else (other, one)


def unordered_pairs(graph: Graph, chosen: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of migrations that the graph does not order, at least one of them chosen, each once.

    The chosen one comes first; where both are chosen, the smaller id.  The graph must have no
    cycle: there is no order then, and no pairs.
    """
    yield from Unordered(graph, chosen)


def pick(stretch: Stretch, chosen: frozenset[str]) -> int:
    """Those of a stretch that are chosen, as bits."""
    return sum(1 << at for at, i in enumerate(stretch.ids) if i in chosen)


def members(bits: int) -> Iterator[int]:
    """The places of the bits that are set, from the lowest."""
    # Clearing one bit costs as much as the number is long; its digits are written down once.
    digits = f"{bits:b}"[::-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)
