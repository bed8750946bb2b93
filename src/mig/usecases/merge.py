"""Writes the merge migration for the heads that a working tree holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from mig.errors import GitError, SourceError, UsageError
from mig.findings import Verdict
from mig.graph.dag import Graph, build_graph
from mig.graph.reparent import heads_by_labels, newly_joined
from mig.model import LineageSnapshot
from mig.rules.pairs import NO_ORDER, find_unordered_pairs, order_of
from mig.rules.three_way import ThreeWay
from mig.sources.base import Draft
from mig.sources.registry import source_of
from mig.usecases.check import Meanings, compare_sides, find_sides
from mig.usecases.compose import compose
from mig.usecases.load import snapshot_of
from mig.usecases.orders import Order, assign_orders, choose_orders, find_orders, with_orders
from mig.usecases.project import WORKTREE
from mig.usecases.settled import refuse_bare, refuse_broken_graph, refuse_unmerged, refuse_unreadable
from mig.usecases.write import Change, write_changes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mig.findings import Finding
    from mig.usecases.compose import Composed
    from mig.usecases.project import Project


class _Merge(NamedTuple):
    """A merge migration that is to be written; one head only where it joins none and orders."""

    snapshot: LineageSnapshot
    graph: Graph
    heads: tuple[str, ...]
    order: tuple[Order, ...]


class _Pair(NamedTuple):
    """A pair that the graph leaves unordered, and the order that would settle it if it can be declared."""

    finding: Finding
    order: Order
    can_declare: bool


Groups = dict[str, list[tuple[str, ...]]]
"""The heads to join, by lineage; each group gets a merge migration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeResult:
    """What ``mig merge`` did, or would do, or why it did not.

    ``heads`` are those of the working tree afterwards, by lineage.  ``blocking`` are the pairs
    that keep the heads from being joined: then nothing was written, and ``proposed`` are orders that
    would settle them.  ``unproved`` are those that the merge migration leaves unordered without proof.
    ``elsewhere`` are heads that the base has and the working tree has not.
    """

    written: tuple[Composed, ...]
    heads: dict[str, tuple[str, ...]]
    blocking: tuple[Finding, ...] = ()
    proposed: tuple[Order, ...] = ()
    unproved: tuple[Finding, ...] = ()
    elsewhere: tuple[str, ...] = ()
    base_ref: str = ""
    dry_run: bool = False

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(change for one in self.written for change in (one.change, *one.beside))


def merge_heads(
    project: Project,
    *,
    ids: Sequence[str] = (),
    order: Sequence[Order] = (),
    message: str = "",
    dry_run: bool = False,
    add: bool = False,
) -> MergeResult:
    """Write one merge migration for each group of heads that should be one.

    Args:
        project: where to work.
        ids: the heads to join; empty: all, but for those that branch labels keep apart.
        order: pairs of ids, or beginnings of ids, of which the first is to come before the second.
        message: what the migration says of itself; empty: it names what it joins.
        dry_run: decide everything and write nothing.
        add: stage what was written.

    Raises:
        UsageError: the ids are no heads, or fewer than two; an order cannot be declared; or the tool orders
            migrations by version, so that there is nothing to join.
        SourceError, GraphError, GitError: the heads cannot be told, or a file cannot be written.
    """
    snapshots = _read(project)
    graphs = {one.lineage.name: build_graph(one.migrations) for one in snapshots}
    merges = _merges(snapshots, graphs, _groups(graphs, ids), order)
    pairs = [pair for one in merges for pair in _joined_pairs(project, one)]
    blocking = [pair for pair in pairs if _blocks(pair.finding, project)]
    if blocking or not merges:
        return _unchanged(project, graphs, blocking)
    written = _compose_all(project, merges, message)
    result = MergeResult(
        written=written,
        heads={name: _heads_after(graph, name, written) for name, graph in graphs.items()},
        unproved=_unproved(project, pairs),
        dry_run=dry_run,
    )
    if not dry_run:
        write_changes(project, result.changes, add=add)
    return result


def _read(project: Project) -> list[LineageSnapshot]:
    """The lineages of the working tree whose heads can be joined."""
    refuse_bare(project)
    tree = project.tree()
    found = project.lineages(tree)
    lineages = tuple(one for one in found if not one.late)
    if not lineages:
        raise UsageError(
            f"{found[0].source} orders migrations by version, and has no heads that could be merged",
            hint="mig rebase gives ours new versions, above theirs",
        )
    refuse_unmerged(project, lineages)
    read = project.read(tree, lineages)
    project.save()
    snapshots = [snapshot_of(read[lineage.name]) for lineage in lineages]
    for snapshot in snapshots:
        refuse_unreadable(snapshot)
    return snapshots


def _unproved(project: Project, pairs: Sequence[_Pair]) -> tuple[Finding, ...]:
    if project.config.unknown == "allow":
        return ()
    return tuple(pair.finding for pair in pairs if pair.finding.verdict is Verdict.UNKNOWN)


def name_merge(heads: Sequence[str]) -> str:
    """What a merge migration says of itself when nobody gave it a message."""
    if len(heads) > 3:
        return f"Merge {len(heads)} heads"
    return f"Merge {', '.join(heads[:-1])} and {heads[-1]}"


def _merges(
    snapshots: Sequence[LineageSnapshot], graphs: dict[str, Graph], groups: Groups, order: Sequence[Order]
) -> list[_Merge]:
    """The merge migrations that are to be written."""
    for snapshot in snapshots:
        if order or snapshot.lineage.name in groups:
            refuse_broken_graph(graphs[snapshot.lineage.name], snapshot)
    orders = find_orders(graphs, order)
    _refuse_orders(snapshots, orders)
    found = []
    for snapshot in snapshots:
        name = snapshot.lineage.name
        assigned = assign_orders(graphs[name], groups.get(name, ()), orders.get(name, ()))
        found += [_Merge(snapshot, graphs[name], heads, each) for heads, each in sorted(assigned.items())]
    return found


def _refuse_orders(snapshots: Sequence[LineageSnapshot], orders: Mapping[str, Sequence[Order]]) -> None:
    for snapshot in snapshots:
        source = source_of(snapshot.lineage)
        if orders.get(snapshot.lineage.name) and not source.declares_order:
            raise UsageError(
                f"{source.name} knows no order of two migrations but their dependencies",
                hint=f"mig rebase where one is not published; else {NO_ORDER}",
            )


def _compose_all(project: Project, merges: Sequence[_Merge], message: str) -> tuple[Composed, ...]:
    created = datetime.now(UTC).replace(microsecond=0)
    return tuple(
        compose(
            project,
            one.snapshot,
            # A second apart, so that two of one message get different names.
            Draft(
                id="",
                parents=one.heads,
                message=message or _message(one),
                created=created + timedelta(seconds=at),
                order=one.order,
                is_named=bool(message),
            ),
        )
        for at, one in enumerate(merges)
    )


def _message(merge: _Merge) -> str:
    if len(merge.heads) > 1:
        return name_merge(merge.heads)
    first, second = merge.order[0]
    more = f" and {len(merge.order) - 1} more" if len(merge.order) > 1 else ""
    return f"Order {first} before {second}{more}"


def _groups(graphs: dict[str, Graph], ids: Sequence[str]) -> Groups:
    """The heads to join, by lineage; several groups where branch labels keep them apart."""
    if ids:
        name, heads = _find_heads(graphs, ids)
        return {name: [heads]}
    groups = {
        name: [g for g in heads_by_labels(graph).values() if len(g) > 1] for name, graph in graphs.items()
    }
    return {name: sorted(found) for name, found in groups.items() if found}


def _find_heads(graphs: dict[str, Graph], ids: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    heads = {head: name for name, graph in graphs.items() for head in graph.heads()}
    chosen: dict[str, str] = {}
    for wanted in ids:
        fitting = [wanted] if wanted in heads else [head for head in heads if head.startswith(wanted)]
        if len(fitting) != 1:
            said = "is no head" if not fitting else "is the beginning of several heads"
            raise UsageError(f"{wanted} {said}", hint=f"the heads are {', '.join(sorted(heads)) or 'none'}")
        chosen[fitting[0]] = heads[fitting[0]]
    if len(chosen) < 2:
        raise UsageError(
            "a merge migration joins two heads or more", hint="name them all, or none: mig merge"
        )
    apps = {(name, graphs[name].migrations[head].app) for head, name in chosen.items()}
    if len(apps) > 1:
        what = "lineages" if len(set(chosen.values())) > 1 else "apps"
        raise UsageError(
            f"{' and '.join(sorted(chosen))} belong to different {what}",
            hint=f"merge the heads of one {what[:-1]}",
        )
    return next(iter(chosen.values())), tuple(sorted(chosen))


def _joined_pairs(project: Project, merge: _Merge) -> list[_Pair]:
    """The unordered pairs that a merge migration would bring together and leave as they are."""
    snapshot, joined = merge.snapshot, newly_joined(merge.graph, merge.heads)
    common = LineageSnapshot(
        lineage=snapshot.lineage, migrations=tuple(m for m in snapshot.migrations if m.id not in joined)
    )
    merged = replace(snapshot, migrations=with_orders(snapshot.migrations, merge.order))
    three = ThreeWay(
        head=snapshot,
        base=common,
        merge_base=common,
        merged=merged,
        head_ref="the working tree",
        base_ref="what the heads have in common",
        has_base=True,
        unknown=project.config.unknown,
        declares_order=source_of(snapshot.lineage).declares_order,
        meaning=Meanings(project, snapshot.lineage, (project.tree(WORKTREE),)),
    )
    families = [merge.graph.ancestors(head) | {head} for head in merge.heads]
    orders = {(pair.one, pair.other): order_of(three, pair) for pair in three.pairs}
    # Pairs behind one head were settled when that head came to be, and pairs beyond are not joined here.
    return [
        _Pair(found, orders[found.migrations[0], found.migrations[1]], three.declares_order)
        for found in find_unordered_pairs(three)
        if joined.issuperset(found.migrations)
        and not any(family.issuperset(found.migrations) for family in families)
    ]


def _blocks(pair: Finding, project: Project) -> bool:
    unproved = pair.verdict is Verdict.UNKNOWN and project.config.unknown == "block"
    return unproved or pair.verdict is Verdict.CONFLICT


def _unchanged(project: Project, graphs: dict[str, Graph], blocking: Sequence[_Pair]) -> MergeResult:
    heads = {name: graph.heads() for name, graph in graphs.items()}
    if not blocking:
        base_ref, elsewhere = _heads_elsewhere(project)
        return MergeResult(written=(), heads=heads, base_ref=base_ref, elsewhere=elsewhere)
    published = _published(project)
    # Where one side is not published, a rebase orders the pair and no merge migration is needed.
    alike = [pair for pair in blocking if len({i in published for i in pair.order}) == 1]
    settled = [pair for pair in alike if pair.can_declare]
    return MergeResult(
        written=(),
        heads=heads,
        blocking=tuple(
            replace(pair.finding, fix=_fix(pair, published) if pair in alike else "mig rebase")
            for pair in blocking
        ),
        proposed=tuple(
            order
            for name, graph in graphs.items()
            for order in choose_orders(graph, (p.order for p in settled if p.finding.lineage == name))
        ),
    )


def _fix(pair: _Pair, published: frozenset[str]) -> str:
    """What orders a pair of which both are published, or neither is."""
    if pair.can_declare:
        return f"mig merge --order {','.join(pair.order)}"
    if published.isdisjoint(pair.order):
        return "mig rebase"
    return NO_ORDER


def _published(project: Project) -> frozenset[str]:
    """The ids that the base branch has; none where there is no base."""
    if project.repo is None:
        return frozenset()
    try:
        base = find_sides(project).base
        return frozenset(m.id for m in project.snapshot(base.id).migrations) if base else frozenset()
    except (GitError, SourceError):
        # This is advice; that the base cannot be read says mig check.
        return frozenset()


def _heads_elsewhere(project: Project) -> tuple[str, tuple[str, ...]]:
    """Heads of the base that are not here yet, so that whoever expected two is told where the other is."""
    if project.repo is None:
        return "", ()
    try:
        sides = find_sides(project)
        threes = compare_sides(project, sides) if sides.base else ()
    except GitError:
        # This is advice; that the base cannot be compared with says mig check.
        return "", ()
    found = {
        head
        for three in threes
        if not three.head.lineage.late
        for head in build_graph(three.base.migrations).heads()
        if head in three.theirs
    }
    return sides.base.ref if sides.base else "", tuple(sorted(found))


def _heads_after(graph: Graph, lineage: str, written: Sequence[Composed]) -> tuple[str, ...]:
    new = [one for one in written if one.lineage == lineage]
    joined = {parent for one in new for parent in one.parents}
    return tuple(sorted({*graph.heads(), *(one.id for one in new)} - joined))
