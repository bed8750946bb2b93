"""The main job: the three-way check of a head against a base."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mig.errors import GitError
from mig.findings import Finding, Severity, Verdict, sort_findings
from mig.git.repo import Commit
from mig.git.trees import CommitTree
from mig.rules import RULES
from mig.rules.three_way import ThreeWay
from mig.usecases.load import LineageReading, SnapshotMaker, join_bases, merge_readings
from mig.usecases.project import INDEX, WORKTREE, Project, open_project, uncollected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mig.conflicts.compare import Comparison
    from mig.git.repo import Repo
    from mig.graph.dag import Graph
    from mig.model import Lineage, Location
    from mig.tree import Tree
    from mig.usecases.meaning import Meaning

    Compare = Callable[[Graph, str, str], Comparison]


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
    with uncollected():
        sides = find_sides(project, head=head, base=base)
        threes = compare_sides(project, sides, everything=everything)
        found = [finding for three in threes for finding in _find_all(three)]
        return _result(project, sides, threes, sort_findings(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Which commits are compared; ``at`` is what the head's tree is read from.

    ``merge_bases`` is empty where head and base share nothing; several, where branches were merged
    crosswise.
    """

    at: str
    head: Commit
    base: Commit | None
    merge_bases: tuple[str, ...]

    @property
    def merge_base(self) -> str:
        return self.merge_bases[0] if self.merge_bases else ""


def find_sides(project: Project, *, head: str = WORKTREE, base: str | None = None) -> Sides:
    """The head, the base that it is compared with, and their merge base.

    Raises:
        GitError: there is no repository or no such ref, or the clone is too shallow to tell.
    """
    repo = project.git
    commit = Commit(head, project.commit(head).id)
    published = _find_base(project, base)
    if published is None or not commit.id:
        return Sides(at=head, head=commit, base=published, merge_bases=())
    others = (commit.id, *repo.merging()) if head in (WORKTREE, INDEX) else (commit.id,)
    same = others == (published.id,)
    found = others if same else repo.merge_bases(published.id, *others)
    return Sides(at=head, head=commit, base=published, merge_bases=found)


def compare_sides(project: Project, sides: Sides, *, everything: bool = False) -> tuple[ThreeWay, ...]:
    """The three-way comparison of each lineage."""
    head_tree = project.tree(sides.at)
    base_trees = _base_trees(project.git, sides)
    with project.listing(head_tree), ExitStack() as closing:
        lineages = project.lineages(head_tree, *base_trees[:1])
        for tree in base_trees:
            closing.callback(tree.close)
            for lineage in lineages:
                tree.prepare(lineage.paths)
        head, *bases = (project.read(tree, lineages) for tree in (head_tree, *base_trees))
    project.save()
    trees = (head_tree, *base_trees[:1])
    return tuple(
        replace(
            _three_way(project, sides, head[one.name], [base[one.name] for base in bases]),
            everything=everything,
            compare=compare_when_asked(project, one, trees),
        )
        for one in lineages
    )


def compare_when_asked(project: Project, lineage: Lineage, trees: Sequence[Tree]) -> Compare:
    """A function that compares two migrations of a graph, and reads nothing before it is called."""
    dialect = project.config.sql_dialect
    meanings: dict[int, Meaning] = {}

    def compare(graph: Graph, one: str, other: str) -> Comparison:
        from mig.usecases.meaning import Meaning  # what reads SQL is not needed where nothing is unordered

        if id(graph) not in meanings:
            meanings[id(graph)] = Meaning(graph, lineage, dialect, trees)
        return meanings[id(graph)].compare(one, other)

    return compare


def _base_trees(repo: Repo, sides: Sides) -> list[CommitTree]:
    """The base's tree and behind it those of the merge bases, but for one that is the base itself."""
    if sides.base is None:
        return []
    others = [commit for commit in sides.merge_bases or ("",) if commit != sides.base.id]
    base = CommitTree(repo, sides.base.ref, sides.base.id)
    return [base, *(CommitTree(repo, "the merge base", commit) for commit in others)]


def _three_way(project: Project, sides: Sides, head: LineageReading, bases: list[LineageReading]) -> ThreeWay:
    # Without a base nothing is published.
    base = bases[0] if bases else LineageReading(head.lineage, {})
    merge_base = join_bases(bases[1:], base) if len(bases) > 2 else bases[-1] if bases else base
    make = SnapshotMaker(head.lineage).snapshot
    head_snapshot, base_snapshot = make(head), make(base)
    merged = merge_readings(merge_base, head, base)
    return ThreeWay(
        head=head_snapshot,
        base=base_snapshot,
        merge_base=base_snapshot if merge_base is base else make(merge_base),
        merged=head_snapshot if merged is head else make(merged),
        head_ref=sides.head.ref,
        base_ref=sides.base.ref if sides.base else "",
        has_base=sides.base is not None,
        on_divergence=project.config.on_divergence,
        unknown=project.config.unknown,
    )


def _find_base(project: Project, base: str | None) -> Commit | None:
    wanted = base or project.config.base
    if not wanted:
        found = project.git.default_base()
        if found is None:
            _refuse_part_of_repository(project.git)
        return found
    found = project.git.find(wanted)
    if found is None:
        where = "" if base else f", which {project.config.file} sets,"
        raise GitError(
            f"the base {wanted!r}{where} does not exist in this repository",
            hint=f"git fetch origin, or name another: mig check --base REF; in CI fetch it first ({wanted})",
        )
    return found


def _refuse_part_of_repository(repo: Repo) -> None:
    """See that there is no base because nothing is published, and not because the clone lacks it.

    Raises:
        GitError: the clone holds only a part of the repository.
    """
    if repo.shallow or repo.has_remote_branches():
        raise GitError(
            "this clone has no base branch to compare with: it holds only a part of the repository",
            hint="git fetch origin main:refs/remotes/origin/main, in CI check out with fetch-depth: 0; "
            "or name the base: mig check --base REF",
        )


def _find_all(three: ThreeWay) -> list[Finding]:
    merged = [replace(finding, locations=_sided(three, finding)) for finding in three.merged.findings]
    return merged + [finding for rule in RULES for finding in rule(three)]


def _sided(three: ThreeWay, finding: Finding) -> tuple[Location, ...]:
    """The places of a file's finding; a file that head has not is theirs."""
    ours = {place.path for f in three.head.findings for place in f.locations}
    return tuple(replace(place, side="" if place.path in ours else "theirs") for place in finding.locations)


def _result(
    project: Project, sides: Sides, threes: Sequence[ThreeWay], findings: tuple[Finding, ...]
) -> CheckResult:
    verdicts = [pair.verdict for three in threes for pair in three.pairs]
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
