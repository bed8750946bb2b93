"""The model state before each migration of a tree, from the files that come before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.graph.dag import build_graph, topological
from mig.sources.base import MAX_FILE_BYTES, Problem
from mig.sources.django import graph
from mig.sources.django.calls import Made, open_file
from mig.sources.django.header import read_migration
from mig.sources.django.layout import find_project
from mig.sources.django.state import State, advance
from mig.sources.pysyntax import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mig.graph.dag import Graph
    from mig.tree import Tree

_LINEAGE = "django"


class History:
    """The migrations of one tree, and the models after each of them, worked out when somebody asks.

    An app's models are what its own migrations say; those of other apps are as the migrations that come
    before make them.
    """

    def __init__(self, tree: Tree) -> None:
        project = find_project(tree)
        self.labels = {app.folder: app.label for app in project.apps}
        self.models = dict(project.models)
        self.apps = frozenset(self.labels.values())
        listed = tree.entries(tuple(self.labels)) if self.labels else {}
        paths = [p for p in listed if p.rpartition("/")[0] in self.labels and _is_module(p)]
        self._data = {c.path: c.data for c in tree.read(sorted(paths), MAX_FILE_BYTES) if c.data is not None}
        readings = ((path, read_migration(path, data)) for path, data in self._data.items())
        found = [reading.migration(_LINEAGE, path) for path, reading in readings if reading.id]
        self.graph: Graph = build_graph(graph.resolve(found, self.labels, self.models))
        self._by_path = {one.path: one.id for one in self.graph.migrations.values()}
        order = topological(self.graph) or sorted(self.graph.migrations)
        self._position = {i: at for at, i in enumerate(order)}
        self._after: dict[str, State] = {}
        self._merged: dict[tuple[str, ...], State] = {}
        self._elsewhere: dict[tuple[str, str], State] = {}
        self._ancestors: dict[str, dict[str, list[str]]] = {}
        self._read: dict[str, tuple[Made, ...]] = {}

    def find(self, path: str) -> str:
        """The id of the migration of a file; empty where it is none, or replaced by another."""
        return self._by_path.get(path, "")

    def before(self, migration_id: str) -> State:
        """The models of a migration's own app, as it finds them."""
        return self._joined(self.graph.migrations[migration_id].parents)

    def elsewhere(self, migration_id: str, app: str) -> State:
        """The models of another app, as the migrations that come before make them."""
        key = migration_id, app
        if key not in self._elsewhere:
            self._elsewhere[key] = self._joined(self._ends_before(migration_id, app))
        return self._elsewhere[key]

    def _ends_before(self, migration_id: str, app: str) -> tuple[str, ...]:
        """The last migrations of an app among those that come before one."""
        if migration_id not in self._ancestors:
            found: dict[str, list[str]] = {}
            for i in self.graph.ancestors(migration_id):
                found.setdefault(self.graph.migrations[i].app, []).append(i)
            self._ancestors[migration_id] = found
        earlier = self._ancestors[migration_id].get(app, [])
        if not earlier:
            # Nothing says when it is made: any of the app's migrations may come first.
            earlier = [i for i, m in self.graph.migrations.items() if m.app == app]
        needed = {parent for i in earlier for parent in self.graph.migrations[i].parents}
        return tuple(sorted(set(earlier) - needed))

    def _joined(self, parents: Iterable[str]) -> State:
        known = [i for i in parents if i in self.graph]
        if len(known) == 1:
            return self._state_after(known[0])
        key = tuple(sorted(known))
        if key in self._merged:
            return self._merged[key]
        ids = self.graph.ancestors(*known).union(known)
        apps = {self.graph.migrations[i].app for i in known}
        state: State = {}
        for i in sorted(ids, key=self._position.__getitem__):
            if self.graph.migrations[i].app in apps:
                self._apply(i, state)
        self._merged[key] = state
        return state

    def _state_after(self, migration_id: str) -> State:
        chain: list[str] = []
        here = migration_id
        while here and here not in self._after:
            chain.append(here)
            parents = [p for p in self.graph.migrations[here].parents if p in self.graph]
            if len(parents) != 1 or parents[0] in chain:
                break
            here = parents[0]
        for i in reversed(chain):
            parents = [p for p in self.graph.migrations[i].parents if p in self.graph]
            state = (
                dict(self._after.get(parents[0], {})) if len(parents) == 1 else dict(self._joined(parents))
            )
            self._apply(i, state)
            self._after[i] = state
        return self._after[migration_id]

    def _apply(self, migration_id: str, state: State) -> None:
        one = self.graph.migrations[migration_id]
        for made in self._operations(one.path):
            advance(state, one.app, made)

    def _operations(self, path: str) -> tuple[Made, ...]:
        if path not in self._read:
            module = parse(self._data[path])
            made = [] if isinstance(module, Problem) else open_file(module).operations()
            self._read[path] = tuple(one for one in made if isinstance(one, Made))
        return self._read[path]


def _is_module(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.endswith(".py") and name[0] not in "_~"
