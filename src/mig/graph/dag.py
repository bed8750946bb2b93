"""The graph of one lineage and the questions that need no search through all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

from mig.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mig.model import Migration

Found = TypeVar("Found")


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
    _kept: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.migrations)

    def __contains__(self, migration_id: object) -> bool:
        return migration_id in self.migrations

    def kept(self, name: str, find: Callable[[Graph], Found]) -> Found:
        """What a function finds out about this graph, which it is asked once."""
        if name not in self._kept:
            self._kept[name] = find(self)
        return cast("Found", self._kept[name])  # what was kept under this name is what this function gave

    def heads(self) -> tuple[str, ...]:
        """Ids that are nobody's parent.  ``requires`` and ``order`` join no heads."""
        continued = {parent for m in self.migrations.values() for parent in m.parents if parent != m.id}
        return tuple(sorted(self.migrations.keys() - continued))

    def roots(self) -> tuple[str, ...]:
        """Ids that declare no parent."""
        return tuple(sorted([m.id for m in self.migrations.values() if not m.parents]))

    def missing(self) -> tuple[tuple[str, str], ...]:
        """Pairs ``(id, named)`` where a migration names a parent or requirement that is not here."""
        here, found = self.migrations, set()
        for m in here.values():
            for named in (*m.parents, *m.requires) if m.requires else m.parents:
                if named not in here:
                    found.add((m.id, named))
        return tuple(sorted(found))

    def ancestors(self, *ids: str) -> frozenset[str]:
        """Everything that must come before the given ids, without themselves (unless in a cycle)."""
        return _reach(self.before, ids)

    def descendants(self, *ids: str) -> frozenset[str]:
        """Everything that must come after the given ids."""
        return _reach(self.after, ids)

    def find(self, prefix: str) -> str:
        """The one id that begins with ``prefix``.

        Raises:
            GraphError: no id does, or several do; the message lists the nearest, by id, file and description.
        """
        if prefix in self.migrations:
            return prefix
        fitting = sorted(i for i in self.migrations if prefix and i.startswith(prefix))
        if len(fitting) == 1:
            return fitting[0]
        from mig.graph.nearest import not_one  # most questions have an answer

        raise GraphError(not_one(prefix, fitting, self.migrations), hint="mig log lists the migrations")


def build_graph(migrations: Iterable[Migration]) -> Graph:
    """The graph of these migrations; of two with one id the first counts (see MIG103)."""
    by_id: dict[str, Migration] = {}
    for migration in migrations:
        by_id.setdefault(migration.id, migration)
    ordered = _declared_order(by_id)
    ids = sorted(by_id)
    before = {i: _present(by_id[i], by_id, ordered.get(i, ())) for i in ids}
    after: dict[str, list[str]] = {i: [] for i in ids}
    for i, earlier in before.items():
        for one in earlier:
            after[one].append(i)
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


def topological(graph: Graph) -> list[str] | None:
    """The ids in some order in which each comes after what must be before it; None: there is a cycle."""
    return graph.kept("topological", _sort)


def _sort(graph: Graph) -> list[str] | None:
    open_edges = {i: len(before) for i, before in graph.before.items()}
    order = [i for i, count in open_edges.items() if not count]
    for earlier in order:
        for i in graph.after[earlier]:
            open_edges[i] -= 1
            if not open_edges[i]:
                order.append(i)
    return order if len(order) == len(graph) else None
