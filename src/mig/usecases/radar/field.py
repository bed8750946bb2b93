"""One lineage with the new migrations of all branches, in as few graphs as hold them by one name each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import TYPE_CHECKING

from mig.git.trees import read_blobs
from mig.graph.dag import Graph, build_graph, topological
from mig.usecases.load import LineageReader, LineageReading, SnapshotMaker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mig.git.repo import Repo
    from mig.git.trees import CommitTree
    from mig.model import Lineage, Migration
    from mig.sources.base import Reading
    from mig.tree import Content, Entry
    from mig.usecases.project import Project
    from mig.usecases.radar.gather import Gathered, Open

_MOST_LAYERS = 6


@dataclass(slots=True)
class Member:
    """The new migrations of one branch in one lineage, by id, and the keys of their files."""

    branch: Open
    migrations: dict[str, Migration] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    is_beside: bool = False
    """Whether the base has got others since, in a lineage that is ordered by version."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A graph of the base with branches in it that give no path and no id two meanings."""

    graph: Graph
    members: tuple[Member, ...]
    tree: AddedTree


class AddedTree:
    """The files that branches add, on top of those of the base."""

    def __init__(
        self, repo: Repo, folders: Sequence[str], added: Mapping[str, Entry], behind: CommitTree
    ) -> None:
        self.name = behind.name
        self._repo = repo
        self._folders = tuple(folders)
        self._added = added
        self._behind = behind

    def entries(self, under: Sequence[str] = ("",)) -> Mapping[str, Entry]:
        """In the folders of the migrations, only what was added."""
        return self._added if tuple(under) == self._folders else self._behind.entries(under)

    def read(self, paths: Iterable[str], limit: int) -> Iterator[Content]:
        wanted = list(paths)
        own = read_blobs(self._repo, [(p, self._added[p].key) for p in wanted if p in self._added], limit)
        others = self._behind.read([p for p in wanted if p not in self._added], limit)
        for path in wanted:
            yield next(own) if path in self._added else next(others)


class Field:
    """One lineage of the base, and what the branches add to it."""

    def __init__(self, project: Project, lineage: Lineage, base: LineageReading, tree: CommitTree) -> None:
        self.lineage = lineage
        self._project = project
        self._tree = tree
        self._base = base
        self._maker = SnapshotMaker(lineage)
        self.published = self._maker.snapshot(base)
        self.graph = build_graph(self.published.migrations)
        self._apps = {m.app for m in self.published.migrations}
        self._order: tuple[str, ...] = tuple(m.id for m in self.published.migrations) if lineage.late else ()

    def find_problem(self) -> str:
        """Why nothing can be said of what is put on this base; empty where nothing is wrong with it."""
        if len(self.graph) < len(self.published.migrations):
            return "two of its migrations have one id"
        if self.graph.missing():
            return f"{self.graph.missing()[0][0]} names a parent that is not there"
        return "" if topological(self.graph) is not None else "its migrations come before themselves"

    def read(self, gathered: Gathered) -> tuple[Member, ...]:
        """The new migrations of every branch; what is odd about a branch is noted there."""
        slots: list[dict[str, Entry]] = []
        where: dict[tuple[str, str], int] = {}
        opened = [one for one in gathered.opened if self.lineage.name in one.added]
        for one in opened:
            for path, entry in one.added[self.lineage.name].items():
                number = next(
                    (n for n, slot in enumerate(slots) if slot.get(path, entry) == entry), len(slots)
                )
                slots[number:] = slots[number:] or [{}]
                slots[number][path] = entry
                where[path, entry.key] = number
        read = [self._read_slot(slot) for slot in slots]
        known = [self._resolve(slot) for slot in read]
        members = []
        for one in opened:
            member = Member(one)
            for path, entry in sorted(one.added[self.lineage.name].items()):
                number = where[path, entry.key]
                self._join(member, read[number][path], known[number].get(path), entry)
            self._look_at(member)
            members.append(member)
        if self._order:
            self._put_in_order_of_arrival(members, gathered)
        return tuple(member for member in members if member.migrations)

    def _read_slot(self, added: dict[str, Entry]) -> dict[str, Reading]:
        reader = LineageReader(self.lineage, self._project.reader(self.lineage).cache)
        return dict(reader.read(self._added_tree(added)).files)

    def _added_tree(self, added: Mapping[str, Entry]) -> AddedTree:
        return AddedTree(self._project.git, self.lineage.paths, added, self._tree)

    def _resolve(self, read: dict[str, Reading]) -> dict[str, Migration]:
        fitting = {path: one for path, one in read.items() if one.id and not _find_reach(one)}
        found = self._maker.snapshot(LineageReading(self.lineage, {**self._base.files, **fitting}))
        return {m.path: m for m in found.migrations if m.path in fitting}

    def _join(self, member: Member, reading: Reading, found: Migration | None, entry: Entry) -> None:
        branch = member.branch
        if reading.problems:
            branch.peculiar = branch.peculiar or "it has a file with problems"
        if not reading.id:
            return
        if reach := _find_reach(reading):
            branch.peculiar = branch.peculiar or reach
            branch.alone = branch.alone or reach
            return
        if found is None:
            branch.peculiar = branch.peculiar or "it stands for migrations of the base"
        elif found.id in self.graph or found.id in member.migrations:
            branch.peculiar = branch.peculiar or f"the id {found.id} is taken"
        else:
            member.migrations[found.id] = found
            member.keys[found.id] = f"{found.path}\0{entry.key}"

    def _look_at(self, member: Member) -> None:
        """Note what a check has to look at more closely than is done from afar."""
        branch, own = member.branch, member.migrations
        if self._order:
            return
        part = build_graph(own.values())
        if topological(part) is None:
            branch.peculiar = branch.alone = "its migrations come before themselves"
            own.clear()
            return
        for migration in own.values():
            named = (*migration.parents, *migration.requires)
            lost = [name for name in named if name not in own and name not in self.graph]
            why = (
                f"{migration.id} has no parents"
                if not migration.parents and migration.app in self._apps
                else ""
            )
            if lost or why:
                # It would stand beside all of the history, and so have to do with most of it.
                branch.alone = branch.alone or why or f"{lost[0]}, a parent of {migration.id}, is missing"
                branch.peculiar = branch.peculiar or branch.alone

    def _put_in_order_of_arrival(self, members: Iterable[Member], gathered: Gathered) -> None:
        """Let the branches of a lineage ordered by version begin where each left the base."""
        at = {m.path: m.id for m in self.published.migrations}
        theirs = {
            commit: frozenset(at[path] for path in paths if path in at)
            for commit, paths in gathered.theirs.items()
        }
        late = {i: sum(i in one for one in theirs.values()) for i in self._order}
        self._order = tuple(sorted(self._order, key=lambda i: late[i]))
        chained = dict(zip(self._order, ((), *((i,) for i in self._order)), strict=False))
        self.graph = build_graph(replace(m, parents=chained[m.id]) for m in self.published.migrations)
        for member in members:
            base = member.branch.bases[0] if member.branch.bases else ""
            new = theirs.get(base, frozenset())
            if new != frozenset(self._order[len(self._order) - len(new) :]):
                member.branch.peculiar = (
                    member.branch.peculiar or "the base has got its migrations in another order"
                )
            member.is_beside = bool(new)
            shared = next((i for i in reversed(self._order) if i not in new), "")
            before = (shared,) if shared else ()
            for i, migration in sorted(member.migrations.items(), key=lambda item: _version_key(item[1])):
                member.migrations[i] = replace(migration, parents=before)
                before = (i,)

    def build_layers(self, members: Sequence[Member]) -> tuple[Layer, ...]:
        """Graphs in which each two branches stand together that can; each graph has all that fit."""
        layers: list[Layer] = []
        left = [one for one in members if not one.branch.alone]
        while left and len(layers) < _MOST_LAYERS:
            together = _choose(left, members)
            new = {i: m for one in together for i, m in one.migrations.items()}
            migrations = (*self.graph.migrations.values(), *new.values())
            paths = {path: entry for one in together for path, entry in self._files(one)}
            layers.append(Layer(build_graph(migrations), together, self._added_tree(paths)))
            left = [one for one in left if not any(one is other for other in together)]
        return tuple(layers)

    def _files(self, member: Member) -> Iterator[tuple[str, Entry]]:
        added = member.branch.added[self.lineage.name]
        yield from ((m.path, added[m.path]) for m in member.migrations.values())


def _version_key(migration: Migration) -> tuple[object, ...]:
    return not migration.version, migration.version, migration.id


def _choose(first: Sequence[Member], others: Sequence[Member]) -> tuple[Member, ...]:
    """As many members as fit together, those of ``first`` before the others."""
    ids: dict[str, tuple[str, tuple[str, ...]]] = {}
    paths: dict[str, str] = {}
    chosen = []
    for one in (*first, *(other for other in others if not any(other is each for each in first))):
        if one.branch.alone or not _fits(one, ids, paths):
            continue
        chosen.append(one)
        for i, m in one.migrations.items():
            ids[i] = one.keys[i], m.parents
            paths[m.path] = one.keys[i]
    return tuple(chosen)


def _fits(one: Member, ids: Mapping[str, tuple[str, tuple[str, ...]]], paths: Mapping[str, str]) -> bool:
    return all(
        ids.get(i, (one.keys[i], m.parents)) == (one.keys[i], m.parents)
        and paths.get(m.path, one.keys[i]) == one.keys[i]
        for i, m in one.migrations.items()
    )


def find_namesakes(members: Sequence[Member]) -> Iterator[tuple[Member, Member, str, str]]:
    """Pairs of branches that give one id, or one path, to different files, with an id of each."""
    owners: dict[str, dict[str, list[tuple[Member, str]]]] = {}
    for member in members:
        for i, m in member.migrations.items():
            for name in (f"id {i}", f"path {m.path}"):
                owners.setdefault(name, {}).setdefault(member.keys[i], []).append((member, i))
    seen: set[tuple[int, int]] = set()
    for groups in owners.values():
        for (one, mine), (other, theirs) in (
            pair for first, second in combinations(groups.values(), 2) for pair in product(first, second)
        ):
            if (id(one), id(other)) not in seen:
                seen.update(((id(one), id(other)), (id(other), id(one))))
                yield one, other, mine, theirs


def _find_reach(reading: Reading) -> str:
    """Why a migration changes what others of the lineage mean; empty: it does not."""
    if reading.replaces:
        return "it squashes migrations"
    if any(str(one[0]) == "order" for one in reading.directives):
        return "it declares an order"
    if any("@" in name or name.startswith("before:") for name in reading.requires):
        return "it says what others come after"
    return ""
