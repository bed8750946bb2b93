"""Puts unpublished migrations after those of the base, by rewriting the parents in their headers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import GitError, GraphError, SourceError
from mig.graph.dag import Graph, build_graph
from mig.graph.reparent import Parents, branch_labels, heads_by_labels, stack, weak_components, with_parents
from mig.sources.registry import source_of
from mig.usecases.check import compare_sides, find_sides
from mig.usecases.rewrite import find_unmet, rewrite_ours
from mig.usecases.settled import refuse_bare, refuse_unmerged, refuse_unreadable
from mig.usecases.write import Change, read_on_disk, write_changes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mig.conflicts.ledger import Miss
    from mig.conflicts.rewrite import Replacement
    from mig.model import Migration
    from mig.rules.three_way import ThreeWay
    from mig.usecases.project import Project
    from mig.usecases.rewrite import NewText


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """One migration that got other parents, or other names in its text."""

    id: str
    path: str
    parents_before: tuple[str, ...]
    parents: tuple[str, ...]
    change: Change
    replacements: tuple[Replacement, ...] = ()
    """The words of its text that are others now."""
    notes: tuple[str, ...] = ()
    """What a person should look at in the new text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RebaseResult:
    """What ``mig rebase`` did, or would do.

    ``ours`` are the migrations that are not published, by id; ``heads`` those that the merge with
    the base will have, by lineage.  ``elsewhere`` are the new parents that the base has and the
    working tree has not: the branch cannot be applied by itself until it has them.  ``unmet`` is what
    ours ask of their new ancestors in vain, so that the order alone will not do; ``with_names`` says
    that names in their texts were to be rewritten.
    """

    base_ref: str
    ours: tuple[str, ...]
    rewritten: tuple[Rewritten, ...]
    heads: dict[str, tuple[str, ...]]
    elsewhere: tuple[str, ...] = ()
    unmet: tuple[tuple[str, Miss], ...] = ()
    with_names: bool = False
    dry_run: bool = False

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(one.change for one in self.rewritten)


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
    rewritten = tuple(one for each in decided for one in _rewrite_all(project, each))
    if not dry_run:
        write_changes(project, [one.change for one in rewritten], add=add)
    return RebaseResult(
        base_ref=sides.base.ref,
        ours=tuple(sorted(i for three in threes for i in three.ours)),
        rewritten=rewritten,
        heads={each.three.lineage: each.graph.heads() for each in decided},
        elsewhere=tuple(sorted(i for each in decided for i in _find_elsewhere(each.three, each.parents))),
        unmet=()
        if with_names
        else tuple(one for each in decided for one in find_unmet(each.three, each.graph)),
        with_names=with_names,
        dry_run=dry_run,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    """What becomes of one lineage: new parents and new texts by id, and the graph with these parents."""

    three: ThreeWay
    parents: Parents
    graph: Graph
    texts: dict[str, NewText]


def _decided(project: Project, three: ThreeWay, parents: Parents, *, with_names: bool) -> _Decided:
    graph = with_parents(three.graph, parents)
    texts = rewrite_ours(project, three, graph) if with_names else {}
    return _Decided(three=three, parents=parents, graph=graph, texts=texts)


def _rewrite_all(project: Project, decided: _Decided) -> Iterator[Rewritten]:
    for migration_id in sorted(decided.parents.keys() | decided.texts.keys()):
        yield _rewrite(project, decided, migration_id)


def _decide(three: ThreeWay, onto: dict[str, str]) -> Parents:
    """The new parents in one lineage, by id."""
    if not three.ours or (onto and three.lineage not in onto):
        return {}
    refuse_unreadable(three.head)
    refuse_unreadable(three.base)
    _refuse_doubtful(three, named=bool(onto))
    published = build_graph(three.base.migrations)
    wanted: Parents = {}
    for ours, targets in _groups(three, published, onto):
        if len(targets) > 1 and not _is_joined(three, targets):
            raise GraphError(
                f"{three.base_ref} has {len(targets)} heads: {', '.join(targets)}",
                hint="choose one: mig rebase --onto ID; or have them joined there first: mig merge",
            )
        if len(targets) < 2:
            wanted.update(stack(three.graph, ours, *targets or ("",)))
    return wanted


def _groups(
    three: ThreeWay, published: Graph, onto: dict[str, str]
) -> list[tuple[frozenset[str], tuple[str, ...]]]:
    """Which of ours go onto which heads of the base.

    Branch labels keep heads apart (Alembic): migrations of a branch go onto the head of this
    branch, and those of a branch that the base does not have stay where they are.
    """
    targets = heads_by_labels(published)
    if three.lineage in onto:
        target = onto[three.lineage]
        targets = {branch_labels(published, target): (target,)}
    groups: dict[frozenset[str], frozenset[str]] = {}
    for component in weak_components(three.graph, three.ours):
        labels = branch_labels(three.graph, *component)
        groups[labels] = groups.get(labels, frozenset()).union(component)
    if not targets:
        return [(three.ours, ())]
    return [(groups[labels], targets[labels]) for labels in sorted(groups, key=sorted) if labels in targets]


def _is_joined(three: ThreeWay, targets: Collection[str]) -> bool:
    """Whether ours join the base's heads already, so that there is nothing to choose."""
    above = [head for head in three.graph.heads() if not three.graph.ancestors(head).isdisjoint(targets)]
    return len(above) == 1 and above[0] in three.ours and three.graph.ancestors(above[0]).issuperset(targets)


def _find_onto(threes: Collection[ThreeWay], onto: str) -> dict[str, str]:
    """The published migration that was named, by its lineage."""
    for three in threes:
        if any(i.startswith(onto) for i in three.ours):
            raise GraphError(
                f"{onto} is not on {three.base_ref}, so it is no place to rebase onto",
                hint=f"name a migration that {three.base_ref} has, or leave --onto out",
            )
    known = {m.id: (three, m) for three in threes for m in three.base.migrations}
    found = build_graph(m for _, m in known.values()).find(onto)
    return {known[found][0].lineage: found}


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
        if beneath := sorted(three.ours.intersection(published.parents)):
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


def _rewrite(project: Project, decided: _Decided, migration_id: str) -> Rewritten:
    """The file with its new text and parents, read back once before it is believed."""
    three = decided.three
    migration = three.graph.migrations[migration_id]
    source = source_of(three.head.lineage)
    parents = decided.parents.get(migration_id, migration.parents)
    text = decided.texts.get(migration_id)
    before = text.before if text else read_on_disk(project.root, migration.path)
    after = text.after if text else before
    checksum = source.read(migration.path, after).checksum if text else migration.checksum
    if migration_id in decided.parents:
        after = source.reparent(migration.path, after, parents)
    reading = source.read(migration.path, after)
    same = (reading.id, reading.checksum) == (migration.id, checksum)
    if not same or set(reading.parents) != set(parents):
        raise SourceError(
            f"the parents in {migration.path} cannot be rewritten safely",
            hint=f"write them by hand, {', '.join(parents)}; mig check says what else is wrong with the file",
        )
    return Rewritten(
        id=migration_id,
        path=migration.path,
        parents_before=migration.parents,
        parents=parents,
        change=Change(path=migration.path, before=before, after=after),
        replacements=text.replacements if text else (),
        notes=text.notes if text else (),
    )


def _find_elsewhere(three: ThreeWay, parents: Parents) -> set[str]:
    """Published parents of ours that are not in the working tree."""
    ours: dict[str, Migration] = {i: three.graph.migrations[i] for i in three.ours}
    named = {parent for i, m in ours.items() for parent in parents.get(i, m.parents)}
    return {parent for parent in named if parent in three.graph and parent not in three.in_head}
