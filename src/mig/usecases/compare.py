"""The verdict on two migrations, operation by operation."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.errors import GitError, GraphError, UsageError
from mig.graph.dag import build_graph
from mig.usecases.project import WORKTREE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mig.conflicts.compare import Comparison
    from mig.findings import Replayed
    from mig.graph.dag import Graph
    from mig.model import LineageSnapshot, Migration
    from mig.tree import Tree
    from mig.usecases.project import Project
    from mig.usecases.replay import ReplayedPair
    from mig.usecases.replaying import Replaying


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two migrations and the verdict on them.

    ``order`` says which one the DAG puts first, where it does: then both orders can never happen.
    ``replayed`` is what a real database showed, and ``remark`` what that does to the verdict.
    """

    one: Migration
    other: Migration
    comparison: Comparison
    order: tuple[str, str] | None = None
    replayed: Replayed | None = None
    remark: str = ""


def compare(up_a: str, up_b: str, dialect: str = "postgresql", base: str = "") -> Comparison:
    """The verdict on two SQL scripts, on top of the schema that a third one makes.

    Args:
        up_a: the statements of one migration.
        up_b: the statements of the other.
        dialect: ``postgresql``, ``sqlite``, ``mysql`` or ``mariadb``.
        base: the statements that both come after; empty: nothing is known of the schema.
    """
    from mig.conflicts.closure import build_schema
    from mig.conflicts.compare import compare_footprints
    from mig.conflicts.proved import only_proved
    from mig.effects.footprint import Footprint
    from mig.effects.sql import read_sql

    first, second, before = (Footprint(operations=read_sql(text, dialect)) for text in (up_a, up_b, base))
    schema = build_schema([before], dialect, is_complete=False)
    return only_proved(compare_footprints(first, second, schema, dialect), dialect)


def compare_migrations(
    project: Project,
    one: str,
    other: str,
    *,
    at: str = WORKTREE,
    start: Path,
    replaying: Replaying | None = None,
) -> Compared:
    """The verdict on two migrations, on top of all that comes before either.

    Args:
        project: where to look.
        one: an id, the beginning of one, or a file's path.
        other: the same.
        at: the tree that holds them; what the working tree has not is looked for on the base as well.
        start: the folder that paths are relative to.
        replaying: a throwaway database that both orders are run on; None: nothing is run.

    Raises:
        GraphError: there is no such migration, or several.
        RunnerError: the server of a replay cannot be reached.
        UsageError: both are the same one, or they belong to different lineages.
    """
    from mig.usecases.meaning import Meaning

    lineages, trees = _gather(project, at, start, (one, other))
    first, second = _find_two(lineages, project.root, start, (one, other))
    lineage = next(each for each in lineages if each.lineage.name == first.lineage)
    graph = build_graph(lineage.migrations)
    dialect, cache = project.dialect_of(lineage.lineage), project.footprints(lineage.lineage)
    meaning = Meaning(graph, lineage.lineage, dialect, trees, project.config.harmless, cache)
    comparison = meaning.compare_exactly(first.id, second.id)
    project.save()
    order = _order(graph, first.id, second.id)
    compared = Compared(one=first, other=second, comparison=comparison, order=order)
    if replaying is None:
        return compared
    if compared.order:
        return replace(compared, remark="not replayed: the graph puts them in order")
    [shown] = replaying.run(graph, lineage.lineage, trees, [(first.id, second.id)])
    return _settle(compared, shown)


def _settle(compared: Compared, found: ReplayedPair) -> Compared:
    from mig.usecases.verdict import settle_verdict

    read = compared.comparison
    settled = settle_verdict(read.verdict, read.reasons, found)
    return replace(
        compared,
        comparison=replace(read, verdict=settled.verdict, reasons=settled.reasons),
        replayed=found.shown,
        remark=settled.remark,
    )


def _gather(
    project: Project, at: str, start: Path, wanted: tuple[str, str]
) -> tuple[tuple[LineageSnapshot, ...], tuple[Tree, ...]]:
    """The lineages of a tree; where they do not hold what is wanted, those of its merge with the base."""
    lineages = project.snapshot(at).lineages
    try:
        for each in wanted:
            _find(lineages, project.root, start, each)
    except GraphError:
        merged = _merge_with_base(project) if at == WORKTREE and project.repo else None
        if merged:
            return merged
    return lineages, (project.tree(at),)


def _merge_with_base(project: Project) -> tuple[tuple[LineageSnapshot, ...], tuple[Tree, ...]] | None:
    """The lineages as a merge with the base will hold them, and the trees of both; None: there is no base."""
    from mig.usecases.check import compare_sides, find_sides

    try:
        sides = find_sides(project)
    except GitError:
        return None
    if sides.base is None:
        return None
    threes = compare_sides(project, sides)
    trees = project.tree(sides.at), project.tree(sides.base.id)
    return tuple(three.merged for three in threes), trees


def _find_two(
    lineages: Sequence[LineageSnapshot], root: Path, start: Path, wanted: tuple[str, str]
) -> tuple[Migration, Migration]:
    one, other = wanted
    first, second = (_find(lineages, root, start, each) for each in wanted)
    if first.id == second.id:
        raise UsageError(f"{one} and {other} are the same migration", hint="name two: mig compare A B")
    if first.lineage != second.lineage:
        raise UsageError(
            f"{first.id} and {second.id} belong to different lineages", hint="compare two of one lineage"
        )
    return first, second


def _find(lineages: Sequence[LineageSnapshot], root: Path, start: Path, wanted: str) -> Migration:
    path = os.path.relpath(os.path.join(start.resolve(), wanted), root.resolve()).replace(os.sep, "/")
    migrations = [migration for each in lineages for migration in each.migrations]
    for migration in migrations:
        if migration.path == path:
            return migration
    graph = build_graph(migrations)
    try:
        return graph.migrations[graph.find(wanted)]
    except GraphError as error:
        raise GraphError(error.message, hint="mig log lists the migrations") from None


def _order(graph: Graph, one: str, other: str) -> tuple[str, str] | None:
    if one in graph.ancestors(other):
        return one, other
    return (other, one) if other in graph.ancestors(one) else None
