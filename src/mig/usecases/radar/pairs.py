"""Which of the new migrations the graph leaves unordered, and two sides out of many as rules know them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mig.graph.unordered import find_order, members
from mig.rules.three_way import ThreeWay

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from mig.findings import Finding
    from mig.graph.dag import Graph


@dataclass(frozen=True, kw_only=True)
class Part(ThreeWay):
    """Two sides that stand in a graph of many: ``side`` gives their names."""

    whole: Graph

    @cached_property
    def graph(self) -> Graph:
        return self.whole

    def side(self, migration_id: str) -> str:
        """The branch that has the migration, or the base; empty where both have it."""
        if migration_id in self.ours:
            return self.head_ref
        return self.base_ref if migration_id in self.theirs else ""

    def is_sound(self) -> bool:
        return True


@dataclass(slots=True)
class Judged:
    """What was found: by branch, by its commit, and by two of them, in that order.

    ``firsts`` are for each two the branches that can come first by each of the conflicts; empty: neither.
    """

    own: dict[str, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    across: dict[tuple[str, str], list[Finding]] = field(default_factory=lambda: defaultdict(list))
    firsts: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    unordered: set[str] = field(default_factory=set)
    """Branches with a migration that something of the base is not ordered with."""
    same: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """For each branch, those that give one of its versions to another migration."""
    checked: int = 0
    compared: int = 0
    skipped: int = 0
    is_cut: bool = False
    """Whether there were so many that not even the names of all of them are listed."""


class NewPairs:
    """Which of the new migrations the graph leaves unordered with what."""

    def __init__(self, graph: Graph, new: Collection[str]) -> None:
        self._order = find_order(graph)
        self._new = new

    def pool(self, wanted: Iterable[str]) -> frozenset[str]:
        """All migrations that are unordered with any of these."""
        found: set[str] = set()
        by_start: dict[int, int] = defaultdict(int)
        for i in wanted:
            stretch = self._order.stretch(i)
            place = self._order.position[i] - stretch.start
            by_start[stretch.start] |= stretch.apart[place] | 1 << place
        for start, bits in by_start.items():
            found.update(self._order.ids[start + at] for at in members(bits))
        return frozenset(found)

    def count(self, wanted: Sequence[str]) -> int:
        """How many pairs have one of these: none is counted twice."""
        chosen = frozenset(wanted)
        total = 0
        for stretch in self._order.stretches(chosen):
            picked = sum(1 << at for at, i in enumerate(stretch.ids) if i in chosen)
            for at, apart in enumerate(stretch.apart):
                counted = apart & picked & (1 << at) - 1 if picked >> at & 1 else apart & picked
                total += counted.bit_count()
        return total

    def is_apart_from_base(self, i: str) -> bool:
        """Whether anything that is no branch's is not ordered with it."""
        stretch = self._order.stretch(i)
        apart = stretch.apart[self._order.position[i] - stretch.start]
        return any(stretch.ids[at] not in self._new for at in members(apart))

    def find(
        self, wanted: Sequence[str], meeting: Callable[[str], frozenset[str]]
    ) -> Iterator[tuple[str, str]]:
        """The unordered ones of the pairs that meet, each once: those with the base come first."""
        chosen, is_before = frozenset(wanted), self._order.is_before
        for is_new in (False, True):
            for one in wanted:
                for other in sorted(i for i in meeting(one) if (i in self._new) is is_new):
                    is_listed = other in chosen and other < one
                    if not is_listed and not is_before(one, other) and not is_before(other, one):
                        yield one, other
