"""The model state before each migration of a lineage, from the migrations that come before it."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING

from mig.graph.dag import topological
from mig.sources.base import Problem
from mig.sources.django.calls import File, Made, open_file
from mig.sources.django.state import State, advance
from mig.sources.pysyntax import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mig.sources.base import Neighbours


class History:
    """The models as the migrations of one graph make them, worked out when somebody asks.

    An app's models are what its own migrations say; those of other apps are as the migrations that come
    before make them.

    Args:
        beside: the migrations, and what their files hold.
        models: ``app.Model`` for the names of settings that choose a model.
    """

    def __init__(self, beside: Neighbours, models: Mapping[str, str]) -> None:
        self.graph = beside.graph
        self.models = models
        self._beside = beside
        self._by_path = {one.path: one.id for one in self.graph.migrations.values()}
        self._members: dict[str, list[str]] = {}
        for i in sorted(self.graph.migrations):
            self._members.setdefault(self.graph.migrations[i].app, []).append(i)
        self.apps = frozenset(self._members)
        self._after: dict[str, State] = {}
        self._merged: dict[tuple[str, ...], State] = {}
        self._elsewhere: dict[tuple[str, str], State] = {}
        self._earlier: dict[str, dict[str, list[str]]] = {}
        self._files: dict[str, File | Problem] = {}
        self._made: dict[str, tuple[object, ...]] = {}

    @cached_property
    def _position(self) -> dict[str, int]:
        # Of what comes before a migration, the order does not depend on the rest of the graph.
        order = topological(self.graph) or sorted(self.graph.migrations)
        return {i: at for at, i in enumerate(order)}

    def find(self, path: str) -> str:
        """The id of the migration of a file; empty where it is none, or replaced by another."""
        return self._by_path.get(path, "")

    @cached_property
    def _digests(self) -> dict[str, str]:
        """For each migration a digest of all that its models come from: its file and those before it."""
        members = self.graph.migrations
        if topological(self.graph) is None:
            # Each may come before each other.
            whole = _digest(*(f"{i} {self._beside.key(members[i].path)}" for i in sorted(members)))
            return dict.fromkeys(members, whole)
        found: dict[str, str] = {}
        for i in sorted(members, key=self._position.__getitem__):
            before = [f"{one} {found.get(one, '?')}" for one in self.graph.before[i]]
            found[i] = _digest(i, self._beside.key(members[i].path), *members[i].parents, "", *before)
        return found

    def context(self, migration_id: str) -> str:
        """A digest of what the operations of a migration depend on, but for what ``answer`` tells."""
        chosen = (f"{setting}={model}" for setting, model in sorted(self.models.items()))
        return _digest(migration_id, self._digests[migration_id], *chosen)

    def answer(self, app: str) -> str:
        """A digest of all migrations of an app; empty where there are none."""
        return _digest(*(self._digests[i] for i in self._members.get(app, ()))) if app in self.apps else ""

    def is_before(self, app: str, migration_id: str) -> bool:
        """Whether a migration comes after any of an app, so that its context tells of the app's models."""
        return app in self._apps_before(migration_id)

    def before(self, migration_id: str) -> State:
        """The models of a migration's own app, as it finds them."""
        return self._joined(self.graph.migrations[migration_id].parents)

    def elsewhere(self, migration_id: str, app: str) -> State:
        """The models of another app, as the migrations that come before make them."""
        key = migration_id, app
        if key not in self._elsewhere:
            self._elsewhere[key] = self._joined(self._ends_before(migration_id, app))
        return self._elsewhere[key]

    def file(self, migration_id: str) -> File | Problem:
        """What the file of a migration binds and calls, or why it cannot be read."""
        path = self.graph.migrations[migration_id].path
        if path not in self._files:
            self._read([path])
        return self._files[path]

    def operations(self, migration_id: str) -> tuple[object, ...]:
        """The calls in the list of operations; what is none stands as it is."""
        if migration_id not in self._made:
            file = self.file(migration_id)
            self._made[migration_id] = () if isinstance(file, Problem) else tuple(file.operations())
        return self._made[migration_id]

    def _read(self, paths: Iterable[str]) -> None:
        for path, data in self._beside.read(p for p in paths if p not in self._files):
            module = parse(data)
            self._files[path] = module if isinstance(module, Problem) else open_file(module)

    def _apps_before(self, migration_id: str) -> dict[str, list[str]]:
        if migration_id not in self._earlier:
            found: dict[str, list[str]] = {}
            for i in self.graph.ancestors(migration_id):
                found.setdefault(self.graph.migrations[i].app, []).append(i)
            self._earlier[migration_id] = found
        return self._earlier[migration_id]

    def _ends_before(self, migration_id: str, app: str) -> tuple[str, ...]:
        """The last migrations of an app among those that come before one."""
        # Where nothing says when it is made, any of the app's migrations may come first.
        earlier = self._apps_before(migration_id).get(app) or self._members.get(app, [])
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
        chain = list(self._chain(migration_id))
        self._read(self.graph.migrations[i].path for i in chain)
        for i in reversed(chain):
            parents = self._parents(i)
            state = (
                dict(self._after.get(parents[0], {})) if len(parents) == 1 else dict(self._joined(parents))
            )
            self._apply(i, state)
            self._after[i] = state
        return self._after[migration_id]

    def _chain(self, migration_id: str) -> Iterator[str]:
        """A migration and those before it whose states are not known, back to where several lines meet."""
        here, seen = migration_id, set[str]()
        while here not in self._after and here not in seen:
            seen.add(here)
            yield here
            parents = self._parents(here)
            if len(parents) != 1:
                return
            here = parents[0]

    def _parents(self, migration_id: str) -> list[str]:
        return [p for p in self.graph.migrations[migration_id].parents if p in self.graph]

    def _apply(self, migration_id: str, state: State) -> None:
        for made in self.operations(migration_id):
            if isinstance(made, Made):
                advance(state, self.graph.migrations[migration_id].app, made)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
