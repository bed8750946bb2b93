"""The main job: the three-way check of a head against a base."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mig.errors import GitError
from mig.findings import Finding, Severity, Verdict, sort_findings
from mig.git.repo import Commit
from mig.git.trees import CommitTree, GitTree
from mig.rules import RULES
from mig.rules.three_way import ThreeWay
from mig.sources.registry import source_of
from mig.sqltext.variables import find_uses
from mig.tree import MemoryTree
from mig.usecases.baseline import DEFAULT_FILE, read_baseline
from mig.usecases.load import (
    LineageReading,
    SnapshotMaker,
    has_repeatables,
    join_bases,
    merge_readings,
)
from mig.usecases.project import INDEX, WORKTREE, Project, open_project, uncollected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mig.conflicts.compare import Comparison
    from mig.conflicts.ledger import Miss
    from mig.effects.mistakes import Mistake
    from mig.git.repo import Repo
    from mig.graph.dag import Graph
    from mig.model import Lineage, Location, Migration
    from mig.rules.frontier import Deployed
    from mig.tree import Tree
    from mig.usecases.beside import Repeated
    from mig.usecases.deployed import Wanted
    from mig.usecases.meaning import Meaning
    from mig.usecases.picture import Picture
    from mig.usecases.replaying import Replaying


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """How many unordered pairs were looked at, and what was found of them.

    ``assumed`` are those of ``commute`` that do if earlier statements, which cannot be read, touch nothing
    of theirs without naming it; ``replayed`` is how many were run.
    """

    checked: int = 0
    commute: int = 0
    conflict: int = 0
    unknown: int = 0
    assumed: int = 0
    replayed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check found.

    ``heads`` are those of the merge, by lineage.  ``merge_base`` is a commit id, empty where head
    and base share none.  ``base`` is None where nothing is published yet.  ``deployed`` says of a
    fresh database and of each environment that was named whether what remains is safe there.
    ``fresh`` are the migrations that ours and theirs add.  ``read_picture`` reads what a picture of all
    this shows, on demand, because most reports have none.
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
    deployed: tuple[Deployed, ...] = ()
    fresh: tuple[Migration, ...] = ()
    read_picture: Callable[[], Picture] | None = field(default=None, compare=False, repr=False)

    def ok(self, fail_on: Severity = Severity.ERROR) -> bool:
        """Whether nothing was found at or above a severity."""
        return all(finding.severity.rank < fail_on.rank for finding in self.findings)


def check(  # noqa: PLR0913 - what the command has as options
    path: str | Path = ".",
    head: str = WORKTREE,
    base: str | None = None,
    *,
    everything: bool = False,
    deployed: Wanted | None = None,
    replay: str | None = None,
    strict: bool = False,
) -> CheckResult:
    """Check the repository that a folder belongs to; see ``check_project``.

    Args:
        path: a folder of the repository.
        head: as for ``check_project``, like ``base``, ``everything``, ``deployed`` and ``strict``.
        base: the same.
        everything: the same.
        deployed: the same.
        replay: the URL of a server to run every pair on; empty: SQLite in memory, or what
            ``MIG_REPLAY_URL`` holds; None: nothing is run.
        strict: the same.
    """
    project = open_project(Path(path))
    with ExitStack() as closing:
        replaying = None
        if replay is not None:
            from mig.usecases.replaying import Replaying

            replaying = closing.enter_context(Replaying(project, replay))
        return check_project(
            project,
            head=head,
            base=base,
            everything=everything,
            deployed=deployed,
            strict=strict,
            replaying=replaying,
        )


def check_project(  # noqa: PLR0913 - what the command has as options
    project: Project,
    *,
    head: str = WORKTREE,
    base: str | None = None,
    everything: bool = False,
    deployed: Wanted | None = None,
    strict: bool = False,
    replaying: Replaying | None = None,
) -> CheckResult:
    """Compare head with base and their merge base, and apply every rule to the merge.

    Args:
        project: where to look.
        head: ``worktree``, ``index`` or a ref: what is checked.
        base: the ref that it will be merged into; None: as configured, else the remote's default
            branch.
        everything: look at every unordered pair in history, not only at those with one of ours.
        deployed: environments by name: the ids that are applied there, a ref whose migrations are, or
            None for what the configuration has under that name.
        strict: a pair that is unknown is an error, whatever the configuration says.
        replaying: a throwaway database that every pair is run on; None: nothing is run.

    Raises:
        GitError: there is no repository, no such ref, or the clone is too shallow to tell.
        RunnerError: the server of a replay cannot be reached.
        SourceError: no migrations are configured or recognised.
    """
    with uncollected(), project.git.reading():
        sides = find_sides(project, head=head, base=base)
        threes = compare_sides(project, sides, everything=everything, replaying=replaying)
        if strict:
            threes = tuple(replace(three, unknown="block") for three in threes)
        found = [finding for three in threes for finding in _find_all(three)]
        if project.config.variable_names:
            from mig.usecases.variables import find_variable_problems  # few projects have some

            found += find_variable_problems(project.config, [three.merged for three in threes])
        judged: tuple[Deployed, ...] = ()
        if deployed:
            from mig.usecases.deployed import judge_deployed  # asked for seldom

            judged, found = judge_deployed(project, threes, deployed, found)
        project.save()
        findings = sort_findings(_without_known(project, sides.at, sort_findings(found)))
        result = replace(_result(project, sides, threes, findings), deployed=judged)
        return replace(result, read_picture=lambda: _read_picture(project, sides, threes, result))


def _read_picture(project: Project, sides: Sides, threes: Sequence[ThreeWay], result: CheckResult) -> Picture:
    from mig.usecases.picture import picture_of_check  # most checks are not drawn

    with ExitStack() as closing:
        trees = [project.tree(sides.at), *base_trees(project.git, sides)[:1]]
        for tree in trees:
            if isinstance(tree, GitTree):
                closing.callback(tree.close)
        kind = {WORKTREE: "worktree", INDEX: "staged"}.get(sides.at, "")
        branch = project.git.branch() if kind else ""
        head = f"{branch} ({kind})" if branch else kind or sides.at
        return picture_of_check(result, threes, trees, head)


def _without_known(project: Project, at: str, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings with those that the baseline has as notes."""
    wanted, is_here = project.config.baseline, at in (WORKTREE, INDEX)
    # Git is asked for a file that hardly any repository has only where the disk cannot tell.
    if not findings or (is_here and not wanted and not (project.root / DEFAULT_FILE).exists()):
        return findings
    return read_baseline(project.tree(at), wanted).apply(findings)


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

    def last_change(self, project: Project) -> Callable[[str, str], str]:
        """A function that finds the last commit since the merge bases that changed a path, on one side."""
        tips = {self.head.ref: self.head.id, **({self.base.ref: self.base.id} if self.base else {})}

        def find(ref: str, path: str) -> str:
            return project.git.last_change(tips.get(ref, ""), path, self.merge_bases)

        return find


def find_sides(project: Project, *, head: str = WORKTREE, base: str | None = None) -> Sides:
    """The head, the base that it is compared with, and their merge base.

    Raises:
        GitError: there is no repository or no such ref, or the clone is too shallow to tell.
    """
    repo = project.git
    commit = Commit(head, project.commit(head).id)
    published = find_base(project, base)
    if published is None or not commit.id:
        return Sides(at=head, head=commit, base=published, merge_bases=())
    others = (commit.id, *repo.merging()) if head in (WORKTREE, INDEX) else (commit.id,)
    same = others == (published.id,)
    found = others if same else repo.merge_bases(published.id, *others)
    return Sides(at=head, head=commit, base=published, merge_bases=found)


def compare_sides(
    project: Project, sides: Sides, *, everything: bool = False, replaying: Replaying | None = None
) -> tuple[ThreeWay, ...]:
    """The three-way comparison of each lineage."""
    head_tree = project.tree(sides.at)
    published = base_trees(project.git, sides)
    with project.listing(head_tree), ExitStack() as closing:
        lineages = project.lineages(head_tree, *published[:1])
        for tree in published:
            closing.callback(tree.close)
            for lineage in lineages:
                tree.prepare(lineage.paths)
        project.refuse_missing_folders(lineages, (head_tree, *published))
        head, *bases = (project.read(tree, lineages) for tree in (head_tree, *published))
    project.save()
    trees = (head_tree, *published[:1])
    return tuple(
        replace(
            _three_way(project, sides, head[one.name], [base[one.name] for base in bases]),
            everything=everything,
            meaning=Meanings(project, one, trees),
            settle=replaying.settle(one, trees) if replaying else None,
            beside=_beside(
                project, [head[one.name], *(base[one.name] for base in bases)], (head_tree, *published)
            ),
            last_change=sides.last_change(project),
        )
        for one in lineages
    )


def _beside(project: Project, readings: Sequence[LineageReading], trees: Sequence[Tree]) -> Repeated | None:
    """Who can tell what the repeatables of a lineage do; None where there are none."""
    lineage = readings[0].lineage
    if not source_of(lineage).has_extras or not any(map(has_repeatables, readings)):
        return None
    from mig.usecases.beside import Repeated  # few projects have some

    return Repeated(project, lineage, trees)


class Meanings:
    """What the migrations of one lineage mean, in any graph of them; nothing is read before it is asked."""

    def __init__(self, project: Project, lineage: Lineage, trees: Sequence[Tree]) -> None:
        self.dialect = project.dialect_of(lineage)
        self._project = project
        self._lineage = lineage
        self._trees = trees
        self._known: dict[int, Meaning] = {}

    def with_contents(self, contents: Mapping[str, bytes]) -> Meanings:
        """The same with other contents in some files, by path."""
        return Meanings(self._project, self._lineage, (MemoryTree(contents), *self._trees))

    def of(self, graph: Graph) -> Meaning:
        """The meanings in one graph."""
        from mig.usecases.meaning import Meaning  # what reads SQL is not needed where nothing is ours

        if id(graph) not in self._known:
            harmless, cache = self._project.config.harmless, self._project.footprints(self._lineage)
            self._known[id(graph)] = Meaning(graph, self._lineage, self.dialect, self._trees, harmless, cache)
        return self._known[id(graph)]

    def prepare(self, graph: Graph, ids: Iterable[str]) -> None:
        """Read what some migrations do, with their files in one batch."""
        self.of(graph).prepare(ids)

    def compare(self, graph: Graph, one: str, other: str) -> Comparison:
        """The verdict on two migrations that the graph does not order."""
        return self.of(graph).compare(one, other)

    def misses(self, graph: Graph, ids: Iterable[str]) -> tuple[tuple[str, Miss], ...]:
        """What each of these migrations asks of its ancestors in vain."""
        from mig.conflicts.ledger import find_misses

        chosen, meaning = frozenset(ids), self.of(graph)
        history = meaning.history(chosen)
        return find_misses(history, chosen, self.dialect, meaning.comes_before, meaning.steps)

    def mistakes(self, graph: Graph, migration_id: str) -> tuple[Mistake, ...]:
        """What in the SQL of a migration no database takes."""
        from mig.effects.mistakes import find_mistake

        operations = self.of(graph).footprint(migration_id).operations
        if self._project.config.variable_names:
            # What a name stands for may be what is missing.
            operations = tuple(one for one in operations if not find_uses(one.text))
        return tuple(found for one in operations if (found := find_mistake(one, self.dialect)))


def base_trees(repo: Repo, sides: Sides) -> list[CommitTree]:
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
    three = ThreeWay(
        head=head_snapshot,
        base=base_snapshot,
        merge_base=base_snapshot if merge_base is base else make(merge_base),
        merged=head_snapshot if merged is head else make(merged),
        head_ref=sides.head.ref,
        base_ref=sides.base.ref if sides.base else "",
        has_base=sides.base is not None,
        on_divergence=project.config.on_divergence,
        unknown=project.config.unknown,
        declares_order=source_of(head.lineage).declares_order,
        rewrites_names=source_of(head.lineage).rewrites_names,
    )
    return three.in_order_of_arrival() if head.lineage.late else three


def find_base(project: Project, base: str | None) -> Commit | None:
    """The commit that others are compared with: as asked for, as configured, else the remote's default.

    None where nothing is published.

    Raises:
        GitError: there is no such ref, or the clone lacks the base.
    """
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
    published = _find_known(three)
    merged = [
        replace(
            finding,
            locations=_sided(three, finding),
            # Whose file is as bad on the base did not make it so, and is told of it without being stopped.
            severity=_lowered(finding) if finding in published else finding.severity,
        )
        for finding in three.merged.findings
    ]
    return merged + [finding for rule in RULES for finding in rule(three)]


def _find_known(three: ThreeWay) -> frozenset[Finding]:
    """What is wrong on the base already, where something is compared with it."""
    is_compared = three.has_base and bool(three.ours or three.theirs) and not three.everything
    return frozenset(three.base.findings if is_compared else ())


def _lowered(finding: Finding) -> Severity:
    """What is as bad on the base is no error here; a note where it leaves no hole in the graph."""
    if finding.migrations:
        return Severity.NOTE
    return Severity.WARNING if finding.severity is Severity.ERROR else finding.severity


def _sided(three: ThreeWay, finding: Finding) -> tuple[Location, ...]:
    """The places of a file's finding; a file that head has not is theirs."""
    ours = {place.path for f in three.head.findings for place in f.locations}
    return tuple(replace(place, side="" if place.path in ours else "theirs") for place in finding.locations)


def _result(
    project: Project, sides: Sides, threes: Sequence[ThreeWay], findings: tuple[Finding, ...]
) -> CheckResult:
    pairs = [pair for three in threes for pair in three.pairs]
    verdicts = [pair.verdict for pair in pairs]
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
            assumed=sum(pair.is_assumed for pair in pairs),
            replayed=sum(1 for pair in pairs if pair.replayed and pair.replayed.was_run),
        ),
        findings=findings,
        fresh=tuple(migration for three in threes for migration in _fresh(three)),
    )


def _fresh(three: ThreeWay) -> list[Migration]:
    found = (three.graph.migrations[i] for i in three.ours | three.theirs if i in three.graph)
    return sorted(found, key=lambda migration: migration.path)
