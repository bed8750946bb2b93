"""How a branch that only adds migrations stands to the base: heads, versions, and what findings come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.findings import Finding, Severity, Verdict
from mig.graph.dag import build_graph
from mig.graph.reparent import branch_labels
from mig.usecases.radar.model import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mig.graph.dag import Graph
    from mig.model import Migration
    from mig.usecases.project import Project
    from mig.usecases.radar.field import Field, Member
    from mig.usecases.radar.pairs import Judged

# Two heads, and a version that the base has passed: a rebase settles them.
_USUAL = frozenset({"MIG101", "MIG205"})


def is_usual(finding: Finding) -> bool:
    """Whether it says only that others were faster."""
    return finding.code in _USUAL


def find_standing(findings: Iterable[Finding]) -> Standing:
    """What the findings about one branch come to, the worst first."""
    counted = [one for one in findings if not one.suppressed and one.severity is not Severity.NOTE]
    if any(one.verdict is Verdict.CONFLICT for one in counted):
        return Standing.CONFLICT
    if any(one.severity is Severity.ERROR and not is_usual(one) and one.verdict is None for one in counted):
        return Standing.ERROR
    if any(one.verdict is Verdict.UNKNOWN for one in counted):
        return Standing.UNKNOWN
    if any(is_usual(one) and one.severity is Severity.ERROR for one in counted):
        return Standing.DIVERGES
    return Standing.OK


def put_on_base(project: Project, ground: Field, base: str, members: Sequence[Member], found: Judged) -> None:
    """Add what is wrong with the heads or the versions of each branch when it stands beside the base."""
    heads = _heads_by_line(ground.graph, ground.graph.heads())
    versions = {m.version: m for m in ground.published.migrations if m.version}
    for member in members:
        if member.branch.peculiar:
            continue
        own = found.own[member.branch.commit]
        if ground.lineage.late:
            own += _find_versions(ground, base, member, versions)
        elif project.config.on_divergence != "allow" or own or member.branch.commit in found.unordered:
            own += _find_divergence(project, ground, member, heads, own)


def _heads_by_line(graph: Graph, ids: Iterable[str]) -> dict[frozenset[str], set[str]]:
    lines: dict[frozenset[str], set[str]] = {}
    for i in ids:
        lines.setdefault(branch_labels(graph, i), set()).add(i)
    return lines


def _find_divergence(
    project: Project,
    ground: Field,
    member: Member,
    published: dict[frozenset[str], set[str]],
    own: Sequence[Finding],
) -> Iterator[Finding]:
    new = member.migrations
    continued = {parent for m in new.values() for parent in m.parents}
    tips = {i for i in new if i not in continued}
    if any(m.labels for m in new.values()) or ground.graph.kept("labelled", _has_labels):
        graph = build_graph((*ground.graph.migrations.values(), *new.values()))
        lines = _heads_by_line(graph, tips)
        published = _heads_by_line(graph, ground.graph.heads())
    else:
        lines = {}
        for i in tips:
            lines.setdefault(frozenset(filter(None, (new[i].app,))), set()).add(i)
    for line, ours in sorted(lines.items(), key=lambda item: sorted(item[1])):
        before = published.get(line, set())
        heads = sorted((before - continued) | ours)
        if len(heads) > max(1, len(before)) and not _is_allowed(project, own):
            yield Finding(
                code="MIG101",
                severity=severity_of("MIG101"),
                message=f"{len(heads)} heads: {', '.join(heads)}",
                lineage=ground.lineage.name,
                migrations=tuple(heads),
                locations=tuple(_migration(ground, member, i).location for i in heads),
                fix="mig rebase, or after the merge mig merge",
            )


def _has_labels(graph: Graph) -> bool:
    return any(m.labels for m in graph.migrations.values())


def _migration(ground: Field, member: Member, i: str) -> Migration:
    return member.migrations.get(i) or ground.graph.migrations[i]


def _is_allowed(project: Project, own: Sequence[Finding]) -> bool:
    return project.config.on_divergence == "allow" and not own


def _find_versions(
    ground: Field, base: str, member: Member, versions: dict[tuple[int, ...], Migration]
) -> Iterator[Finding]:
    newest = max(versions, default=())
    late = ground.lineage.late
    for migration in member.migrations.values():
        other = versions.get(migration.version) if migration.version else None
        if other is not None:
            yield Finding(
                code="MIG107",
                severity=severity_of("MIG107"),
                message=f"{other.path} and {migration.path} have one version",
                lineage=ground.lineage.name,
                migrations=(other.id, migration.id),
                locations=(other.location, migration.location),
                fix="mig rebase",
            )
        if () < migration.version < newest and late != "applied":
            yield Finding(
                code="MIG205",
                severity=severity_of("MIG205"),
                message=f"{migration.id} comes below {versions[newest].id}, which {base} has",
                lineage=ground.lineage.name,
                migrations=(migration.id, versions[newest].id),
                locations=(migration.location, versions[newest].location),
                fix="mig rebase",
            )
