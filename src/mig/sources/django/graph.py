"""From what the files of all apps say to one graph, as Django's own loader builds it for a fresh database."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from mig.sources.django.header import RUN_BEFORE, SWAPPABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mig.model import Migration

_FIRST = "__first__"
_LATEST = "__latest__"


class Edge(NamedTuple):
    """``later`` needs ``earlier``."""

    later: str
    earlier: str


def resolve(
    migrations: Sequence[Migration], labels: Mapping[str, str], models: Mapping[str, str]
) -> tuple[Migration, ...]:
    """The migrations with ``app.name`` as ids; parents are of the same app, requirements of others.

    A squash takes the place of what it replaces, and has the edges of all that (Django's ``MigrationGraph.
    remove_replaced_nodes``); what is replaced is not in the graph.

    Args:
        migrations: as their files declare them, each with its own name as id.
        labels: the label of the app for each folder.
        models: ``app.Model`` for the names of settings that choose a model.
    """
    named = [_named(one, labels) for one in migrations]
    stands = _find_replacements(named)
    apps = frozenset(labels.values())
    needs: dict[str, dict[str, None]] = defaultdict(dict)
    for later, earlier in _Edges(named, models).find():
        kept, needed = stands.get(later, later), stands.get(earlier, earlier)
        # What an app outside the repository has, its own history takes care of.
        if kept != needed and _app(needed) in apps:
            needs[kept][needed] = None
    replaced: dict[str, list[str]] = defaultdict(list)
    for old, new in stands.items():
        replaced[new].append(old)
    return tuple(
        replace(
            one,
            parents=tuple(name for name in needs[one.id] if _app(name) == one.app),
            requires=tuple(name for name in needs[one.id] if _app(name) != one.app),
            replaces=tuple(sorted(replaced[one.id])),
        )
        for one in named
        if one.id not in stands
    )


def _app(name: str) -> str:
    return name.partition(".")[0]


def _named(one: Migration, labels: Mapping[str, str]) -> Migration:
    label = labels.get(one.path.rpartition("/")[0], "")
    return replace(one, id=f"{label}.{one.id}", app=label)


def _find_replacements(named: Iterable[Migration]) -> dict[str, str]:
    """The migration that stands for each replaced one; a squash of squashes stands for all of them."""
    direct: dict[str, str] = {}
    for one in named:
        for old in one.replaces:
            if old != one.id:
                direct.setdefault(old, one.id)
    found: dict[str, str] = {}
    for old, first in direct.items():
        new, seen = first, {old}
        while new in direct and new not in seen:
            seen.add(new)
            new = direct[new]
        if new not in seen:
            found[old] = new
    return found


@dataclass(frozen=True, slots=True)
class _Edges:
    """The edges that the files declare, before squashes take their places."""

    named: Sequence[Migration]
    models: Mapping[str, str]

    def find(self) -> Iterator[Edge]:
        inner: list[Edge] = []
        outer: list[Edge] = []
        for one in self.named:
            for text in one.requires:
                if text.startswith(RUN_BEFORE):
                    outer.append(Edge(text.removeprefix(RUN_BEFORE), one.id))
                    continue
                name = self._model(text)
                if name and _app(name) != one.app:
                    outer.append(Edge(one.id, name))
                elif name and not name.endswith(f".{_FIRST}"):
                    # An app's own __first__ says nothing, to Django neither.
                    inner.append(Edge(one.id, name))
        ends = _Ends(self.named, inner)
        yield from inner
        for later, earlier in outer:
            found = Edge(ends.resolve(later), ends.resolve(earlier))
            if all(found):
                yield found

    def _model(self, text: str) -> str:
        """A dependency with a model that settings choose turned into one on the model's app."""
        if not text.startswith(SWAPPABLE):
            return text
        model = self.models.get(text.removeprefix(SWAPPABLE), "")
        return f"{_app(model)}.{_FIRST}" if model else ""


class _Ends:
    """The first root and the first leaf of each app, which ``__first__`` and ``__latest__`` mean.

    Of several Django takes the first by name too (``MigrationLoader.check_key``), before squashes take
    their places.
    """

    def __init__(self, named: Iterable[Migration], inner: Iterable[Edge]) -> None:
        members: dict[str, set[str]] = defaultdict(set)
        for one in named:
            members[one.app].add(one.id)
        needing = {edge.later for edge in inner}
        needed = {edge.earlier for edge in inner}
        self._known = frozenset().union(*members.values())
        self._ends = {
            _FIRST: {app: min(ids - needing, default="") for app, ids in members.items()},
            _LATEST: {app: min(ids - needed, default="") for app, ids in members.items()},
        }

    def resolve(self, name: str) -> str:
        """The id; empty where the app has no such end, as one outside the repository."""
        app, _, which = name.partition(".")
        return name if name in self._known or which not in self._ends else self._ends[which].get(app, "")
