"""The main job: the three-way check of a head against a base."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mig.errors import GitError
from mig.findings import Finding, Severity, Verdict, sort_findings
from mig.git.repo import Commit
from mig.git.trees import CommitTree, GitTree
from mig.rules import RULES
from mig.rules.three_way import ThreeWay
from mig.usecases.load import LineageReading, merge_readings, snapshot_of
from mig.usecases.project import INDEX, WORKTREE, Project, open_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mig.model import Lineage, LineageSnapshot, Migration
    from mig.sources.base import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """How many unordered pairs were looked at, and what was found of them."""

    checked: int = 0
    commute: int = 0
    conflict: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check found.

    ``heads`` are those of the merge, by lineage.  ``merge_base`` is a commit id, empty where head
    and base share none.  ``base`` is None where nothing is published yet.
    """

    source: str
    dialect: str
    head: Commit
    base: Commit | None
    merge_base: str
    total: int
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    heads: dict[str, tuple[str, ...]]
    pairs: Pairs
    findings: tuple[Finding, ...]

    def ok(self, fail_on: Severity = Severity.ERROR) -> bool:
        """Whether nothing was found at or above a severity."""
        return all(finding.severity.rank < fail_on.rank for finding in self.findings)


def check(
    path: str | Path = ".", head: str = WORKTREE, base: str | None = None, *, everything: bool = False
) -> CheckResult:
    """Check the repository that a folder belongs to; see ``check_project``."""
    return check_project(open_project(Path(path)), head=head, base=base, everything=everything)


def check_project(
    project: Project, *, head: str = WORKTREE, base: str | None = None, everything: bool = False
) -> CheckResult:
    """Compare head with base and their merge base, and apply every rule to the merge.

    Args:
        project: where to look.
        head: ``worktree``, ``index`` or a ref: what is checked.
        base: the ref that it will be merged into; None: as configured, else the remote's default
            branch.
        everything: look at every unordered pair in history, not only at those with one of ours.

    Raises:
        GitError: there is no repository, no such ref, or the clone is too shallow to tell.
        SourceError: no migrations are configured or recognised.
    """
    sides = find_sides(project, head=head, base=base)
    threes = compare_sides(project, sides, everything=everything)
    found = [finding for three in threes for finding in _find_all(three)]
    return _result(project, sides, threes, sort_findings(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Which commits are compared; ``at`` is what the head's tree is read from."""

    at: str
    head: Commit
    base: Commit | None
    merge_base: str


def find_sides(project: Project, *, head: str = WORKTREE, base: str | None = None) -> Sides:
    """The head, the base that it is compared with, and their merge base.

    Raises:
        GitError: there is no repository or no such ref, or the clone is too shallow to tell.
    """
    repo = project.git
    commit = project.commit(head)
    published = _find_base(project, base)
    if published is None or not commit.id:
        return Sides(at=head, head=replace_ref(commit, head), base=published, merge_base="")
    others = (commit.id, *repo.merging()) if head in (WORKTREE, INDEX) else (commit.id,)
    found = published.id if others == (published.id,) else repo.merge_base(published.id, *others)
    return Sides(at=head, head=replace_ref(commit, head), base=published, merge_base=found)


def replace_ref(commit: Commit, ref: str) -> Commit:
    """The commit under the name that the user gave."""
    return Commit(ref, commit.id)


def compare_sides(project: Project, sides: Sides, *, everything: bool = False) -> tuple[ThreeWay, ...]:
    """The three-way comparison of each lineage."""
    head_tree = project.tree(sides.at)
    base_tree = CommitTree(project.git, sides.base.ref, sides.base.id) if sides.base else None
    trees = [head_tree]
    if base_tree is not None:
        trees.append(base_tree)
        if sides.base is not None and sides.merge_base != sides.base.id:
            trees.append(CommitTree(project.git, "the merge base", sides.merge_base))
    lineages = project.lineages(head_tree)
    for tree in trees:
        for lineage in lineages:
            if isinstance(tree, GitTree):
                tree.prepare(lineage.paths)
    readings = [project.read(tree, lineages) for tree in trees]
    project.save()
    return tuple(
        _three_way(project, sides, [reading[lineage.name] for reading in readings], everything=everything)
        for lineage in lineages
    )


def _three_way(
    project: Project, sides: Sides, readings: Sequence[LineageReading], *, everything: bool
) -> ThreeWay:
    head = readings[0]
    # Without a base nothing is published; with the base as merge base, both are the same.
    empty = LineageReading(head.lineage, {})
    base = readings[1] if len(readings) > 1 else empty
    merge_base = readings[2] if len(readings) > 2 else base
    head_snapshot = snapshot_of(head)
    like = _made(head, head_snapshot)
    return ThreeWay(
        head=head_snapshot,
        base=snapshot_of(base, like),
        merge_base=snapshot_of(merge_base, like),
        merged=snapshot_of(merge_readings(merge_base, head, base), like),
        head_ref=sides.head.ref,
        base_ref=sides.base.ref if sides.base else "",
        has_base=sides.base is not None,
        on_divergence=project.config.on_divergence,
        unknown=project.config.unknown,
        everything=everything,
    )


def _made(reading: LineageReading, snapshot: LineageSnapshot) -> dict[str, tuple[Reading, Migration]]:
    return {m.path: (reading.files[m.path], m) for m in snapshot.migrations}


def _find_base(project: Project, base: str | None) -> Commit | None:
    wanted = base or project.config.base
    if not wanted:
        return project.git.default_base()
    found = project.git.find(wanted)
    if found is None:
        where = "" if base else f", which {project.config.file} sets,"
        raise GitError(
            f"the base {wanted!r}{where} does not exist in this repository",
            hint=f"git fetch origin, or name another: mig check --base REF; in CI fetch it first ({wanted})",
        )
    return found


def _find_all(three: ThreeWay) -> list[Finding]:
    merged = [replace(finding, locations=_sided(three, finding)) for finding in three.merged.findings]
    return merged + [finding for rule in RULES for finding in rule(three)]


def _sided(three: ThreeWay, finding: Finding) -> tuple[object, ...]:
    paths = {place.path for f in three.head.findings for place in f.locations}
    theirs = any(place.path not in paths for place in finding.locations)
    return tuple(replace(place, side="theirs" if theirs else "") for place in finding.locations)


def _result(
    project: Project, sides: Sides, threes: Sequence[ThreeWay], findings: tuple[Finding, ...]
) -> CheckResult:
    verdicts = [finding.verdict for finding in findings if finding.verdict]
    return CheckResult(
        source=", ".join(sorted({three.head.lineage.source for three in threes})),
        dialect=project.config.sql_dialect,
        head=sides.head,
        base=sides.base,
        merge_base=sides.merge_base,
        total=sum(len(three.graph) for three in threes),
        ours=tuple(sorted(i for three in threes for i in three.ours)),
        theirs=tuple(sorted(i for three in threes for i in three.theirs)),
        heads={three.lineage: three.graph.heads() for three in threes},
        pairs=Pairs(
            checked=len(verdicts),
            commute=verdicts.count(Verdict.COMMUTE),
            conflict=verdicts.count(Verdict.CONFLICT),
            unknown=verdicts.count(Verdict.UNKNOWN),
        ),
        findings=findings,
    )
