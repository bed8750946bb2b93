"""Puts unpublished migrations after those of the base, by rewriting the parents in their headers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.errors import GitError, GraphError, UsageError
from mig.graph.dag import build_graph
from mig.graph.reparent import Parents, branch_labels, heads_by_labels, stack, weak_components, with_parents
from mig.usecases.check import compare_sides, find_sides
from mig.usecases.place import Decided, Rewriting, Rewritten, place_ours
from mig.usecases.rewrite import find_unmet, rewrite_ours
from mig.usecases.settled import refuse_bare, refuse_unmerged, refuse_unreadable
from mig.usecases.write import Change, write_changes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mig.conflicts.ledger import Miss
    from mig.model import Migration
    from mig.rules.three_way import ThreeWay
    from mig.usecases.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class RebaseResult:
    """What ``mig rebase`` did, or would do.

    ``ours`` are the migrations that are not published, by id; ``heads`` those that the merge with
    the base will have, by lineage.  ``elsewhere`` are the new parents that the base has and the
    working tree has not: the branch cannot be applied by itself until it has them.  ``unmet`` is what
    ours ask of their new ancestors in vain, so that the order alone will not do; ``can_rename`` says that
    mig could put new names into their texts, and ``with_names`` that it was to.
    """

    base_ref: str
    ours: tuple[str, ...]
    rewritten: tuple[Rewritten, ...]
    heads: dict[str, tuple[str, ...]]
    elsewhere: tuple[str, ...] = ()
    unmet: tuple[tuple[str, Miss], ...] = ()
    can_rename: bool = True
    with_names: bool = False
    dry_run: bool = False

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(change for one in self.rewritten for change in one.changes)


def rebase_migrations(
    project: Project,
    *,
    onto: str = "",
    base: str | None = None,
    with_names: bool = False,
    dry_run: bool = False,
    add: bool = False,
) -> RebaseResult:
    """Put the migrations that are not on the base after the base's head.

    Args:
        project: where to work.
        onto: a published migration to put them after; empty: the base's head.
        base: the branch that is published; None: as configured, else the remote's default branch.
        with_names: where what comes before ours renamed things that ours use, put the new names into
            ours, and prove before anything is written that nothing is missed then.
        dry_run: decide everything and write nothing.
        add: stage what was rewritten.

    Raises:
        GraphError: the base has several heads, or the graph cannot be told.
        SourceError: a header or a text cannot be rewritten safely, or a file cannot be written.
        GitError: there is no base, or a file is unmerged.
    """
    refuse_bare(project)
    sides = find_sides(project, base=base)
    if sides.base is None:
        raise GitError(
            "there is no branch to rebase onto", hint="name the one that is published: mig rebase --base REF"
        )
    threes = compare_sides(project, sides)
    refuse_unmerged(project, [three.head.lineage for three in threes])
    chosen = _find_onto(threes, onto) if onto else {}
    decided = [_decided(project, three, _decide(three, chosen), with_names=with_names) for three in threes]
    placed = [place_ours(project, sides, each) for each in decided]
    result = _result(sides.base.ref, decided, placed)
    if with_names:
        result = replace(result, with_names=True, unmet=())
    if not dry_run:
        write_changes(project, result.changes, add=add)
    return replace(result, dry_run=dry_run)


def _result(base_ref: str, decided: Sequence[Decided], placed: Sequence[Rewriting]) -> RebaseResult:
    both = list(zip(decided, placed, strict=True))
    return RebaseResult(
        base_ref=base_ref,
        ours=tuple(sorted(i for each in decided for i in each.three.ours)),
        rewritten=tuple(one for each in placed for one in each.rewritten),
        heads={
            each.three.lineage: tuple(sorted(done.ids.get(i, i) for i in each.graph.heads()))
            for each, done in both
        },
        elsewhere=tuple(sorted(i for each in decided for i in _find_elsewhere(each.three, each.parents))),
        unmet=tuple(
            _named_anew(one, done.ids) for each, done in both for one in find_unmet(each.three, each.graph)
        ),
        can_rename=all(each.three.rewrites_names for each in decided),
    )


def _named_anew(unmet: tuple[str, Miss], ids: Mapping[str, str]) -> tuple[str, Miss]:
    """What is asked in vain, with the ids that ours will have."""
    user, miss = unmet
    event = replace(miss.event, migration=ids.get(miss.event.migration, miss.event.migration))
    return ids.get(user, user), replace(miss, event=event)


def _decided(project: Project, three: ThreeWay, parents: Parents, *, with_names: bool) -> Decided:
    graph = with_parents(three.graph, parents)
    texts = rewrite_ours(project, three, graph) if with_names else {}
    return Decided(three=three, parents=parents, graph=graph, texts=texts)


def _decide(three: ThreeWay, onto: dict[str, str]) -> Parents:
    """The new parents in one lineage, by id."""
    if not three.ours or (onto and three.lineage not in onto):
        return {}
    refuse_unreadable(three.head)
    refuse_unreadable(three.base)
    _refuse_renamed(three)
    _refuse_doubtful(three, named=bool(onto))
    if three.head.lineage.late:
        return _after_theirs(three)
    wanted: Parents = {}
    for ours, targets in _groups(three, onto):
        if len(targets) > 1 and not _is_joined(three, targets):
            raise GraphError(
                f"{three.base_ref} has {len(targets)} heads: {', '.join(targets)}",
                hint="choose one: mig rebase --onto ID; or have them joined there first: mig merge",
            )
        if len(targets) < 2:
            wanted.update(stack(three.graph, ours, *targets or ("",)))
    return wanted


def _after_theirs(three: ThreeWay) -> Parents:
    """Where versions say the order: the first of ours comes after the last of theirs."""
    ours, theirs = (
        [m.id for m in three.merged.migrations if m.id in ids] for ids in (three.ours, three.theirs)
    )
    return {ours[0]: (theirs[-1],)} if ours and theirs else {}


def _groups(three: ThreeWay, onto: dict[str, str]) -> list[tuple[frozenset[str], tuple[str, ...]]]:
    """Which of ours go onto which heads of the base.

    Branch labels keep heads apart (Alembic): migrations of a branch go onto the head of this
    branch, and those of a branch that the base does not have stay where they are.  The same holds for the
    apps of Django.  A squash of ours stands where the published ones stand that it replaces.
    """
    published = build_graph(three.base.migrations)
    stands = {old: m.id for m in three.graph.migrations.values() for old in m.replaces}
    targets = {
        labels: tuple(sorted({stands.get(head, head) for head in heads}))
        for labels, heads in heads_by_labels(published).items()
    }
    if three.lineage in onto:
        target = onto[three.lineage]
        targets = {branch_labels(published, target): (stands.get(target, target),)}
    movable = _movable(three)
    groups: dict[frozenset[str], frozenset[str]] = {}
    for component in weak_components(three.graph, movable):
        labels = branch_labels(three.graph, *component)
        groups[labels] = groups.get(labels, frozenset()).union(component)
    if not targets:
        return [(movable, ())]
    return [(groups[labels], targets[labels]) for labels in sorted(groups, key=sorted) if labels in targets]


def _movable(three: ThreeWay) -> frozenset[str]:
    """Ours, but for squashes of what is published: they stand where that stands."""
    published = {m.id for m in three.base.migrations}
    return frozenset(i for i in three.ours if published.isdisjoint(three.graph.migrations[i].replaces))


def _is_joined(three: ThreeWay, targets: Collection[str]) -> bool:
    """Whether ours join the base's heads already, so that there is nothing to choose."""
    above = [head for head in three.graph.heads() if not three.graph.ancestors(head).isdisjoint(targets)]
    return len(above) == 1 and above[0] in three.ours and three.graph.ancestors(above[0]).issuperset(targets)


def _find_onto(threes: Collection[ThreeWay], onto: str) -> dict[str, str]:
    """The published migration that was named, by its lineage."""
    threes = _ordered_by_parents(threes)
    for three in threes:
        if any(i.startswith(onto) for i in three.ours):
            raise GraphError(
                f"{onto} is not on {three.base_ref}, so it is no place to rebase onto",
                hint=f"name a migration that {three.base_ref} has, or leave --onto out",
            )
    known = {m.id: (three, m) for three in threes for m in three.base.migrations}
    found = build_graph(m for _, m in known.values()).find(onto)
    return {known[found][0].lineage: found}


def _ordered_by_parents(threes: Collection[ThreeWay]) -> list[ThreeWay]:
    """The lineages in which a migration can be put after another one."""
    found = [three for three in threes if not three.head.lineage.late]
    if not found:
        raise UsageError(
            "versions say what comes first here, so there is nothing to choose with --onto",
            hint="mig rebase gives ours versions above all that are published",
        )
    return found


def _refuse_renamed(three: ThreeWay) -> None:
    """A published migration that ours has under another name would be put after itself.

    Raises:
        GraphError: there is such a one.
    """
    replaced = {old for m in three.in_head.values() for old in m.replaces}
    gone = (three.in_merge_base.keys() & three.in_base.keys()) - three.in_head.keys() - replaced
    known = {three.in_base[i].checksum: i for i in sorted(gone) if three.in_base[i].checksum}
    for i in sorted(three.ours):
        ours = three.in_head[i]
        if ours.checksum in known:
            published = three.in_base[known[ours.checksum]]
            raise GraphError(
                f"{i} is {published.id} under another name, which {three.base_ref} has published",
                hint=f"git checkout {three.base_ref} -- {published.path}, and remove {ours.path}; "
                "then mig rebase",
            )


def _refuse_doubtful(three: ThreeWay, *, named: bool) -> None:
    """What a rebase could only make worse, it does not touch.

    Raises:
        GraphError: an id of ours stands twice, a published migration was put after one of ours,
            or a parent of ours is nowhere.
    """
    ids = [m.id for m in three.merged.migrations]
    for i in sorted(three.ours) if len(ids) > len(three.graph) else ():
        if ids.count(i) > 1:
            raise GraphError(
                f"two migrations have the id {i}", hint="give one of them another id (mig new makes one)"
            )
    for i in sorted(three.graph.migrations.keys() - three.ours):
        published = three.graph.migrations[i]
        if beneath := sorted(_movable(three).intersection(published.parents)):
            raise GraphError(
                f"{i} is published on {three.base_ref}, and {beneath[0]} was put beneath it",
                hint=f"git checkout {three.base_ref} -- {published.path}, then mig rebase",
            )
    for i, parent in three.graph.missing():
        if i in three.ours and not named and parent in three.graph.migrations[i].parents:
            raise GraphError(
                f"{i} names the parent {parent}, which is neither here nor on {three.base_ref}",
                hint="merge the branch that has it; or replace it by a published one: mig rebase --onto ID",
            )


def _find_elsewhere(three: ThreeWay, parents: Parents) -> set[str]:
    """Published parents of ours that are not in the working tree."""
    ours: dict[str, Migration] = {i: three.graph.migrations[i] for i in three.ours}
    named = {parent for i, m in ours.items() for parent in parents.get(i, m.parents)}
    return {parent for parent in named if parent in three.graph and parent not in three.in_head}
