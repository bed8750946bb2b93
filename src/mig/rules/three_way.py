"""The three snapshots of a lineage side by side, and what their merge will be."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from mig.graph.arrival import put_in_order_of_arrival, with_arrival
from mig.graph.dag import Graph, build_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mig.conflicts.compare import Comparison
    from mig.conflicts.ledger import Miss
    from mig.effects.footprint import Operation
    from mig.effects.mistakes import Mistake
    from mig.model import Extra, LineageSnapshot, Migration
    from mig.rules.pairs import JudgedPair


class Meaning(Protocol):
    """Who can tell what migrations do."""

    @property
    def dialect(self) -> str: ...

    def prepare(self, graph: Graph, ids: Iterable[str]) -> None:
        """Read at once what will be compared."""

    def compare(self, graph: Graph, one: str, other: str) -> Comparison:
        """The verdict on two migrations that the graph does not order."""

    def misses(self, graph: Graph, ids: Iterable[str]) -> tuple[tuple[str, Miss], ...]:
        """What each of these migrations asks of its ancestors in vain."""

    def mistakes(self, graph: Graph, migration_id: str) -> Iterable[Mistake]:
        """What in the SQL of a migration no database takes."""


class Meets(Protocol):
    """How repeatables that were run stand to migrations that come then."""

    def verdict(self, extra: Extra, migration_id: str) -> Comparison: ...

    def operations(self, migration_id: str) -> Sequence[Operation]: ...


class Beside(Protocol):
    """Who can tell what repeatables do."""

    @property
    def dialect(self) -> str: ...

    def needs(self, extras: Iterable[Extra]) -> dict[str, frozenset[str]]:
        """What must come before each of these, by name."""

    def compare(
        self, migrations: Sequence[Migration], heads: tuple[str, ...], chain: Sequence[Extra]
    ) -> Meets:
        """Holds repeatables, in the order in which they were run after these heads, against migrations."""


@dataclass(frozen=True, kw_only=True)
class ThreeWay:
    """One lineage as head, base and their merge base hold it, and as the merge will.

    ``has_base`` is False where nothing is published yet, so that everything is ours.  The refs
    are words for people.
    """

    head: LineageSnapshot
    base: LineageSnapshot
    merge_base: LineageSnapshot
    merged: LineageSnapshot
    head_ref: str
    base_ref: str
    has_base: bool
    on_divergence: str = "block"
    unknown: str = "warn"
    declares_order: bool = True
    """Whether a merge migration can put two others in order."""
    rewrites_names: bool = True
    """Whether a rebase can put new names into a migration."""
    everything: bool = False
    """Compare every unordered pair in history, not only those that ours are part of."""
    meaning: Meaning | None = field(default=None, repr=False)
    """What migrations of the merge mean to one another; None: nobody can tell."""
    settle: Callable[[Graph, Sequence[JudgedPair]], tuple[JudgedPair, ...]] | None = field(
        default=None, repr=False
    )
    """Holds the verdicts against a real database; None: they stay as reading gave them."""

    beside: Beside | None = field(default=None, repr=False)
    """What repeatables do; None where there are none."""

    last_change: Callable[[str, str], str] | None = field(default=None, repr=False)
    """The commit that last changed a path on the side of a ref, as people read it; empty: none did."""

    @property
    def lineage(self) -> str:
        return self.head.lineage.name

    @property
    def dialect(self) -> str:
        """The SQL dialect that migrations are read in."""
        return self.meaning.dialect if self.meaning else ""

    @cached_property
    def graph(self) -> Graph:
        """The graph of the merge."""
        return build_graph(self.merged.migrations)

    @cached_property
    def in_head(self) -> dict[str, Migration]:
        return _by_id(self.head, self.in_merge_base)

    @cached_property
    def in_base(self) -> dict[str, Migration]:
        return _by_id(self.base, self.in_merge_base)

    @cached_property
    def in_merge_base(self) -> dict[str, Migration]:
        return _by_id(self.merge_base, {})

    @cached_property
    def ours(self) -> frozenset[str]:
        """Ids that only head has: those that are not published."""
        return frozenset(self.in_head.keys() - self.in_base.keys() - self.in_merge_base.keys())

    @cached_property
    def theirs(self) -> frozenset[str]:
        """Ids that the base has got since the merge base, and head has not."""
        return frozenset(self.in_base.keys() - self.in_head.keys() - self.in_merge_base.keys())

    @cached_property
    def pairs(self) -> tuple[JudgedPair, ...]:
        """The unordered pairs of the merge that concern ours, judged."""
        from mig.rules.pairs import judge_pairs

        judged = judge_pairs(self)
        return self.settle(self.graph, judged) if self.settle else judged

    def in_order_of_arrival(self) -> ThreeWay:
        """The same for a lineage that is ordered by version: each side's parents are what it had before."""
        parents = put_in_order_of_arrival(self.merged.migrations, self.ours, self.theirs)
        snapshots = (self.head, self.base, self.merge_base, self.merged)
        head, base, merge_base, merged = (
            replace(one, migrations=with_arrival(one.migrations, parents)) for one in snapshots
        )
        return replace(self, head=head, base=base, merge_base=merge_base, merged=merged)

    def side(self, migration_id: str) -> str:
        """``ours``, ``theirs``, or empty for what both have."""
        return "ours" if migration_id in self.ours else "theirs" if migration_id in self.theirs else ""

    def told_by(self, ref: str, path: str) -> str:
        """Words for the commit that last changed a path on one of the sides; empty where it is not known."""
        commit = self.last_change(ref, path) if self.last_change else ""
        return f" in {commit}" if commit else ""

    def told_of(self, migration: Migration) -> str:
        """The commit that a migration of ours or theirs came with, or last changed in."""
        side = self.side(migration.id)
        if not side or self.last_change is None:
            return ""
        return self.last_change(self.head_ref if side == "ours" else self.base_ref, migration.path)

    def is_sound(self) -> bool:
        """Whether the merged graph has no holes and no id twice, so that its order says something."""
        merged = self.merged.migrations
        return len(merged) == len(self.graph) and not self.graph.missing()


def _by_id(snapshot: LineageSnapshot, before: Mapping[str, Migration]) -> dict[str, Migration]:
    """The migrations by id; of several with one id that which was there before, else the first."""
    found = {m.id: m for m in reversed(snapshot.migrations)}
    if len(found) < len(snapshot.migrations):
        found.update((m.id, m) for m in snapshot.migrations if m.id in before and before[m.id].path == m.path)
    return found
