"""The graph of one lineage and the questions that need no search through all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mig.model import Migration


@dataclass(frozen=True, slots=True)
class Graph:
    """Migrations by id, with the edges between those that are present.

    ``before`` gives for each id what must be applied before it: its parents, what it requires,
    and what a merge migration's ``order`` puts before it; ids that are not in the graph are left
    out there and named by ``missing``.  ``after`` is the inverse.  Both list ids sorted.
    """

    migrations: Mapping[str, Migration]
    before: Mapping[str, tuple[str, ...]]
    after: Mapping[str, tuple[str, ...]] = field(repr=False)

    def __len__(self) -> int:
        return len(self.migrations)

    def __contains__(self, migration_id: object) -> bool:
        return migration_id in self.migrations

    def heads(self) -> tuple[str, ...]:
        """Ids that are nobody's parent.  ``requires`` and ``order`` join no heads."""
        continued = {parent for m in self.migrations.values() for parent in m.parents if parent != m.id}
        return tuple(sorted(self.migrations.keys() - continued))

    def roots(self) -> tuple[str, ...]:
        """Ids that declare no parent."""
        return tuple(sorted(m.id for m in self.migrations.values() if not m.parents))

    def missing(self) -> tuple[tuple[str, str], ...]:
        """Pairs ``(id, named)`` where a migration names a parent or requirement that is not here."""
        return tuple(
            sorted(
                {
                    (m.id, named)
                    for m in self.migrations.values()
                    for named in (*m.parents, *m.requires)
                    if named not in self.migrations
                }
            )
        )

    def ancestors(self, *ids: str) -> frozenset[str]:
        """Everything that must come before the given ids, without themselves (unless in a cycle)."""
        return _reach(self.before, ids)

    def descendants(self, *ids: str) -> frozenset[str]:
        """Everything that must come after the given ids."""
        return _reach(self.after, ids)

    def find(self, prefix: str) -> str:
        """The one id that begins with ``prefix``.

        Raises:
            GraphError: no id does, or several do; the message lists the nearest.
        """
        if prefix in self.migrations:
            return prefix
        fitting = sorted(i for i in self.migrations if prefix and i.startswith(prefix))
        if len(fitting) == 1:
            return fitting[0]
        raise GraphError(*_not_one(prefix, fitting, self.migrations))


def build_graph(migrations: Iterable[Migration]) -> Graph:
    """The graph of these migrations; of two with one id the first counts (see MIG103)."""
    by_id: dict[str, Migration] = {}
    for migration in migrations:
        by_id.setdefault(migration.id, migration)
    ordered = _declared_order(by_id)
    before = {i: _present(m, by_id, ordered.get(i, ())) for i, m in by_id.items()}
    after: dict[str, list[str]] = {i: [] for i in by_id}
    for i in sorted(by_id):
        for earlier in before[i]:
            after[earlier].append(i)
    return Graph(migrations=by_id, before=before, after={i: tuple(later) for i, later in after.items()})


def _present(migration: Migration, by_id: Mapping[str, Migration], ordered: Iterable[str]) -> tuple[str, ...]:
    named = migration.parents
    if not migration.requires and not ordered and len(named) <= 1:
        return named if not named or named[0] in by_id else ()
    return tuple(sorted({p for p in (*named, *migration.requires, *ordered) if p in by_id}))


def _declared_order(by_id: Mapping[str, Migration]) -> dict[str, list[str]]:
    ordered: dict[str, list[str]] = {}
    for migration in by_id.values():
        for first, second in migration.order:
            if first in by_id and second in by_id:
                ordered.setdefault(second, []).append(first)
    return ordered


def _reach(edges: Mapping[str, tuple[str, ...]], ids: Iterable[str]) -> frozenset[str]:
    seen: set[str] = set()
    pending = [n for i in ids for n in edges.get(i, ())]
    while pending:
        here = pending.pop()
        if here not in seen:
            seen.add(here)
            pending.extend(edges[here])
    return frozenset(seen)


def _not_one(prefix: str, fitting: list[str], known: Iterable[str]) -> tuple[str]:
    if fitting:
        return (f"{prefix!r} is the beginning of {len(fitting)} ids: {', '.join(fitting[:5])}",)
    import difflib

    near = difflib.get_close_matches(prefix, list(known), n=3, cutoff=0.5)
    return (f"no migration has the id {prefix!r}" + (f"; the nearest: {', '.join(near)}" if near else ""),)


def unordered_pairs(graph: Graph, chosen: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of migrations that the graph does not order, at least one of them chosen, each once.

    The chosen one comes first; where both are chosen, the smaller id.  The cost is that of the
    ancestors and descendants of each chosen migration.
    """
    picked = sorted(set(chosen) & graph.migrations.keys())
    done: set[str] = set()
    everything = graph.migrations.keys()
    for one in picked:
        related = graph.ancestors(one) | graph.descendants(one) | {one}
        for other in sorted(everything - related - done):
            yield one, other
        done.add(one)
