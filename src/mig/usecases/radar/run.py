"""``mig radar``: who will conflict with whom before anybody merges, and which order works."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.errors import GitError
from mig.findings import Severity, Verdict, sort_findings
from mig.git.branches import resolve_refs, sign
from mig.git.trees import CommitTree
from mig.usecases.baseline import read_baseline
from mig.usecases.check import check_project, find_base
from mig.usecases.project import uncollected
from mig.usecases.radar.field import Field
from mig.usecases.radar.gather import find_refs, gather
from mig.usecases.radar.judge import Judge
from mig.usecases.radar.model import Branch, Clash, Radar, Standing
from mig.usecases.radar.order import find_merge_order
from mig.usecases.radar.pairs import Judged
from mig.usecases.radar.stand import find_standing, is_usual, put_on_base

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mig.findings import Finding
    from mig.git.branches import Ref
    from mig.git.repo import Commit
    from mig.usecases.project import Project
    from mig.usecases.radar.field import Member
    from mig.usecases.radar.gather import Gathered, Open

_MOST_CHECKED = 100
_MOST_STEPS = 2_000_000


def watch(
    project: Project,
    refs: Sequence[str] | None = None,
    *,
    base: str | None = None,
    only: str = "",
    local: bool = False,
) -> Radar:
    """Compare all open branches with the base and with each other.

    Args:
        project: where to look.
        refs: the branches; None: the remote branches and the heads of pull and merge requests, or the
            branches of a repository without any of these.
        base: what they will be merged into; None: as configured, else the remote's default branch.
        only: say only what concerns this one of them; empty: everything.
        local: look at local branches besides.

    Raises:
        GitError: there is no repository, no base or no such ref, or the clone lacks what is asked for.
        SourceError: no migrations are configured or recognised on the base.
    """
    with uncollected():
        published = find_base(project, base)
        if published is None:
            raise GitError(
                "there is no base branch to compare the open ones with",
                hint="name it: mig radar --base REF; or base = REF in the configuration",
            )
        found = find_refs(project, refs, local=local)
        tree = CommitTree(project.git, published.ref, published.id)
        with project.listing(tree):
            lineages = project.lineages(tree)
            project.refuse_missing_folders(lineages, (tree,))
            read = project.read(tree, lineages)
        wanted = _find_only(project, found, only)
        gathered = gather(project, published, (*found, *wanted), tree, lineages)
        fields = [Field(project, one, read[one.name], tree) for one in lineages]
        project.save()
        result = _watch(project, published, gathered, fields, tree, {ref.commit for ref in wanted})
        project.save()
        return result


def _find_only(project: Project, found: Sequence[Ref], only: str) -> tuple[Ref, ...]:
    if not only:
        return ()
    named = tuple(ref for ref in found if ref.name == only)
    return named[:1] or resolve_refs(project.git, [only])


def _watch(
    project: Project,
    base: Commit,
    gathered: Gathered,
    fields: Sequence[Field],
    tree: CommitTree,
    only: Collection[str],
) -> Radar:
    problem = next((found for one in fields if (found := one.find_problem())), "")
    below = _find_below(gathered)
    chosen = {held for commit in only for held in (commit, *below.get(commit, ()))} if only else None
    judged = Judged()
    members: list[tuple[Field, tuple[Member, ...]]] = []
    for ground in fields if not problem else ():
        mine = ground.read(gathered)
        members.append((ground, mine))
        Judge(project, ground, base.ref, below, chosen, judged).judge(mine, ground.build_layers(mine), tree)
    for ground, mine in members:
        put_on_base(project, ground, base.ref, mine, judged)
    shown = [one for one in gathered.opened if not only or one.commit in only]
    signed = sign(project.git, [one.commit for one in gathered.opened])
    known = read_baseline(tree, project.config.baseline) if any(judged.own.values()) else None
    refs = {one.commit: one.ref for one in gathered.opened}
    migrations = _find_migrations(members)
    branches = []
    left = _MOST_CHECKED
    for one in shown:
        own = tuple(judged.own.get(one.commit, ()))
        findings = known.apply(own) if known else own
        fix = ""
        if problem:
            findings, standing = (), Standing.UNKNOWN
        elif one.peculiar and left:
            left -= 1
            findings, added = _check(project, one, base)
            migrations.setdefault(one.commit, added)
            standing = find_standing(findings)
        elif one.peculiar:
            standing = Standing.UNKNOWN
        else:
            standing = find_standing(findings)
        if standing is Standing.OK and one.peculiar and not migrations.get(one.commit) and not findings:
            continue
        fix = next((f.fix for f in findings if is_usual(f)), "") if standing is Standing.DIVERGES else ""
        branches.append(
            Branch(
                ref=one.ref,
                also=one.also,
                commit=one.commit,
                author=signed[one.commit].author,
                committed=signed[one.commit].time,
                migrations=tuple(sorted(migrations.get(one.commit, ()))),
                on_top_of=_highest(one.commit, below, refs),
                standing=standing,
                findings=sort_findings(f for f in findings if f.severity is not Severity.NOTE),
                fix=fix,
                alone=one.alone,
                same_version=tuple(sorted(refs[other] for other in judged.same.get(one.commit, ()))),
            )
        )
    clashes = _find_clashes(judged, refs)
    names = {one.ref for one in branches} | {ref for one in clashes for ref in one.branches}
    times = {refs[commit]: found.time for commit, found in signed.items()}
    ordered = sorted(names, key=lambda ref: (times[ref], ref))
    held = {refs[commit]: [refs[one] for one in found] for commit, found in below.items()}
    return Radar(
        base=base,
        branches=tuple(branches),
        clashes=clashes,
        order=find_merge_order(ordered, clashes, held),
        idle=gathered.idle + len(shown) - len(branches),
        checked=judged.checked,
        compared=judged.compared,
        skipped=judged.skipped,
        problem=problem
        or ("there are more pairs with something in common than are listed" if judged.is_cut else ""),
    )


def _check(project: Project, one: Open, base: Commit) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """What ``mig check`` says of a branch that does more than to add migrations, and what it adds."""
    result = check_project(project, head=one.commit, base=base.id)
    named = tuple(_named(finding, {one.commit: one.ref, base.id: base.ref}) for finding in result.findings)
    return named, result.ours


def _named(finding: Finding, names: dict[str, str]) -> Finding:
    """The finding with the names of branches in the place of their commits."""
    texts = [finding.message, finding.then, finding.fix]
    for commit, name in names.items():
        texts = [text.replace(commit, name) for text in texts]
    sides = dict(zip(("ours", "theirs"), names.values(), strict=True))
    places = tuple(replace(place, side=sides.get(place.side, place.side)) for place in finding.locations)
    return replace(finding, message=texts[0], then=texts[1], fix=texts[2], locations=places)


def _find_migrations(members: Sequence[tuple[Field, tuple[Member, ...]]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for _, some in members:
        for member in some:
            commit = member.branch.commit
            found[commit] = (*found.get(commit, ()), *member.migrations)
    return found


def _find_below(gathered: Gathered) -> dict[str, frozenset[str]]:
    """For each branch with migrations those of the others that are in its history, by their commits."""
    tips = {one.commit for one in gathered.opened}
    parents = gathered.ahead.parents
    left, found = _MOST_STEPS, {}
    for tip in sorted(tips):
        waiting, seen = [tip], {tip}
        while waiting and left:
            left -= 1
            for parent in parents[waiting.pop()]:
                if parent in parents and parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        found[tip] = frozenset((seen & tips) - {tip})
    return {tip: held for tip, held in found.items() if held}


def _highest(commit: str, below: dict[str, frozenset[str]], refs: dict[str, str]) -> tuple[str, ...]:
    held = below.get(commit, frozenset())
    return tuple(sorted(refs[one] for one in held.difference(*(below.get(one, ()) for one in held))))


def _find_clashes(judged: Judged, refs: dict[str, str]) -> tuple[Clash, ...]:
    clashes = []
    for pair, findings in judged.across.items():
        turned = pair if refs[pair[0]] < refs[pair[1]] else pair[::-1]
        is_conflict = any(one.verdict is Verdict.CONFLICT for one in findings)
        firsts = set(judged.firsts.get(pair, [""]))
        first = firsts.pop() if len(firsts) == 1 else ""
        clashes.append(
            Clash(
                branches=(refs[turned[0]], refs[turned[1]]),
                verdict=Verdict.CONFLICT if is_conflict else Verdict.UNKNOWN,
                first=refs[first] if first else "",
                findings=sort_findings(dict.fromkeys(findings)),
            )
        )
    return tuple(sorted(clashes, key=lambda one: (one.verdict is not Verdict.CONFLICT, one.branches)))
