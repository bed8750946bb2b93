"""Advises the runner: is what is to be applied safe after what this database has already?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.findings import Verdict
from mig.runner.safety import Doubt, Meeting, Meets
from mig.usecases.project import DISK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mig.graph.dag import Graph
    from mig.model import Lineage, LineageSnapshot, Migration
    from mig.rules.three_way import ThreeWay
    from mig.runner.history import Applied
    from mig.runner.losses import Threat
    from mig.runner.plan import Plan
    from mig.tree import Tree
    from mig.usecases.project import Project

_UNREAD = {
    Meets.GONE: "its file is neither here nor in Git as it was applied, so nobody can compare them",
    Meets.CHANGED: "its file is no longer what was applied, so nobody can compare them",
    Meets.LATE: "the graph puts it before that one, which was applied without it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAdvisor:
    """Compares migrations as ``mig check --deployed`` does.

    ``at`` is the ref that they are read from, empty for the disk.  ``ask`` asks a person about a plan, and
    gives None where nobody can be asked.
    """

    project: Project
    at: str = ""
    ask: Callable[[Plan], bool | None] | None = None

    def confirm(self, plan: Plan) -> bool | None:
        return self.ask(plan) if self.ask else None

    def find_threats(self, plan: Plan, dialect: str) -> tuple[Threat, ...]:
        from mig.usecases.losses import find_threats  # reads SQL, which applying does not

        return find_threats(plan, dialect)

    def find_doubts(
        self, lineage: LineageSnapshot, graph: Graph, left: Sequence[Applied], meetings: Sequence[Meeting]
    ) -> tuple[Doubt, ...]:
        """The pairs that do not commute, or are not known to, in the order in which they are met here."""
        tree = self.project.tree(self.at or DISK)
        gone = {meeting.applied.id: meeting.applied for meeting in meetings if meeting.how is Meets.GONE}
        found = _find_in_git(self.project, lineage, gone.values()) if gone else ()
        trees = (tree, *(each for _, each in found))
        three = self._three(lineage, meetings, left, trees, tuple(one for one, _ in found))
        doubts = tuple(_judge_all(three, graph, meetings))
        self.project.save()
        return doubts

    def _three(
        self,
        lineage: LineageSnapshot,
        meetings: Sequence[Meeting],
        left: Sequence[Applied],
        trees: Sequence[Tree],
        found: tuple[Migration, ...],
    ) -> ThreeWay:
        """All of it as one merge of which nothing is published."""
        from mig.rules.three_way import ThreeWay
        from mig.sources.registry import source_of
        from mig.usecases.check import Meanings

        merged = replace(lineage, migrations=(*lineage.migrations, *found))
        arrived = _as_arrived if lineage.lineage.late else _as_applied
        if any(meeting.how is Meets.LATE for meeting in meetings):
            merged = arrived(merged, meetings, left)
        nothing = replace(lineage, migrations=(), findings=())
        return ThreeWay(
            head=merged,
            base=nothing,
            merge_base=nothing,
            merged=merged,
            head_ref=trees[0].name,
            base_ref="",
            has_base=False,
            unknown=self.project.config.unknown,
            declares_order=source_of(lineage.lineage).declares_order,
            meaning=Meanings(self.project, lineage.lineage, trees),
        )


def _judge_all(three: ThreeWay, graph: Graph, meetings: Iterable[Meeting]) -> Iterator[Doubt]:
    from mig.graph.linearize import linearize
    from mig.rules.frontier import find_troubles

    compared, position = [], {i: at for at, i in enumerate(linearize(graph))}
    for meeting in meetings:
        if not _can_compare(three, meeting):
            message = _UNREAD[meeting.how]
            yield _doubt(three, meeting.pending, meeting.applied.id, Verdict.UNKNOWN, message, 0)
        else:
            compared.append((meeting.pending, meeting.applied.id))
    # A fresh database would get what is gone, if ever, only once its branch is merged.
    order = sorted(three.graph.migrations, key=lambda i: (position.get(i, len(position)), i))
    if three.meaning is not None:
        three.meaning.prepare(three.graph, {i for pair in compared for i in pair})
    for pending, applied, trouble in find_troubles(three, order, compared):
        if trouble.verdict is Verdict.UNKNOWN and three.unknown == "allow":
            continue
        yield _doubt(three, pending, applied, trouble.verdict, trouble.message, trouble.line)


def _can_compare(three: ThreeWay, meeting: Meeting) -> bool:
    applied, graph = meeting.applied.id, three.graph
    if meeting.how is Meets.CHANGED or applied not in graph:
        return False
    return applied not in graph.descendants(meeting.pending)


def _doubt(three: ThreeWay, pending: str, applied: str, verdict: Verdict, message: str, line: int) -> Doubt:
    path = three.graph.migrations[pending].path
    return Doubt(pending=pending, applied=applied, verdict=verdict, message=message, path=path, line=line)


def _as_arrived(
    merged: LineageSnapshot, meetings: Iterable[Meeting], left: Iterable[Applied]
) -> LineageSnapshot:
    """Those of a lineage that a version puts in order, the pending beside what was applied."""
    from mig.graph.arrival import put_in_order_of_arrival, with_arrival

    late = {meeting.pending for meeting in meetings}
    ids = [migration.id for migration in merged.migrations]
    first = min((ids.index(i) for i in late), default=len(ids))
    done = {row.id for row in left}
    theirs = {i for i in ids[first:] if i in done}
    parents = put_in_order_of_arrival(merged.migrations, set(ids[first:]) - theirs, theirs)
    return replace(merged, migrations=with_arrival(merged.migrations, parents))


def _as_applied(
    merged: LineageSnapshot, meetings: Iterable[Meeting], left: Iterable[Applied]
) -> LineageSnapshot:
    """What was rebased after it had been applied, with the parents that it had then."""
    from mig.graph.arrival import with_arrival
    from mig.graph.dag import build_graph
    from mig.graph.linearize import has_cycle

    late = {meeting.applied.id for meeting in meetings if meeting.how is Meets.LATE}
    known = {migration.id for migration in merged.migrations}
    parents = {row.id: row.parents for row in left if row.id in late and known.issuperset(row.parents)}
    then = with_arrival(merged.migrations, parents)
    return merged if has_cycle(build_graph(then)) else replace(merged, migrations=then)


def _find_in_git(
    project: Project, lineage: LineageSnapshot, rows: Iterable[Applied]
) -> tuple[tuple[Migration, Tree], ...]:
    """Applied migrations that are not here, from the commit or the branch that they were applied from."""
    if project.repo is None:
        return ()
    taken = {migration.path for migration in lineage.migrations}
    found: dict[str, tuple[Migration, Tree]] = {}
    for row in rows:
        for ref in (row.git_commit, f"refs/heads/{row.git_branch}" if row.git_branch else ""):
            commit = project.repo.find(ref) if row.id not in found else None
            if commit is None:
                continue
            migrations, tree = _read(project, lineage.lineage, commit.id)
            for one in migrations:
                if one.id == row.id and one.checksum == row.checksum and one.path not in taken:
                    found[row.id] = one, tree
                    taken.add(one.path)
    return tuple(_rooted(found, {migration.id for migration in lineage.migrations}).values())


def _read(project: Project, lineage: Lineage, commit: str) -> tuple[tuple[Migration, ...], Tree]:
    from mig.usecases.load import snapshot_of

    tree = project.tree(commit)
    return snapshot_of(project.read(tree, [lineage])[lineage.name]).migrations, tree


def _rooted(found: dict[str, tuple[Migration, Tree]], known: set[str]) -> dict[str, tuple[Migration, Tree]]:
    """Those of which all parents are known, as the graph has no holes then."""
    while True:
        here = known | found.keys()
        lacking = [
            i for i, (migration, _) in found.items() if not {*migration.parents, *migration.requires} <= here
        ]
        if not lacking:
            return found
        for i in lacking:
            del found[i]
