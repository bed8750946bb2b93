"""The verdict on two migrations, operation by operation."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import GraphError, UsageError
from mig.graph.dag import build_graph
from mig.usecases.project import WORKTREE

if TYPE_CHECKING:
    from pathlib import Path

    from mig.conflicts.compare import Comparison
    from mig.graph.dag import Graph
    from mig.model import Migration, Snapshot
    from mig.usecases.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two migrations and the verdict on them.

    ``order`` says which one the DAG puts first, where it does: then both orders can never happen.
    """

    one: Migration
    other: Migration
    comparison: Comparison
    order: tuple[str, str] | None = None


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
    project: Project, one: str, other: str, *, at: str = WORKTREE, start: Path
) -> Compared:
    """The verdict on two migrations of a snapshot, on top of all that comes before either.

    Args:
        project: where to look.
        one: an id, the beginning of one, or a file's path.
        other: the same.
        at: the tree that holds them.
        start: the folder that paths are relative to.

    Raises:
        GraphError: there is no such migration, or several.
        UsageError: both are the same one, or they belong to different lineages.
    """
    from mig.usecases.meaning import Meaning

    snapshot = project.snapshot(at)
    found = [_find(snapshot, project.root, start, wanted) for wanted in (one, other)]
    first, second = found
    if first.id == second.id:
        raise UsageError(f"{one} and {other} are the same migration", hint="name two: mig compare A B")
    if first.lineage != second.lineage:
        raise UsageError(
            f"{first.id} and {second.id} belong to different lineages", hint="compare two of one lineage"
        )
    lineage = next(each for each in snapshot.lineages if each.lineage.name == first.lineage)
    graph = build_graph(lineage.migrations)
    meaning = Meaning(graph, lineage.lineage, project.config.sql_dialect, (project.tree(at),))
    return Compared(
        one=first,
        other=second,
        comparison=meaning.compare(first.id, second.id),
        order=_order(graph, first.id, second.id),
    )


def _find(snapshot: Snapshot, root: Path, start: Path, wanted: str) -> Migration:
    path = os.path.relpath(os.path.join(start.resolve(), wanted), root.resolve()).replace(os.sep, "/")
    for migration in snapshot.migrations:
        if migration.path == path:
            return migration
    graph = build_graph(snapshot.migrations)
    try:
        return graph.migrations[graph.find(wanted)]
    except GraphError as error:
        raise GraphError(error.message, hint="mig log lists the migrations") from None


def _order(graph: Graph, one: str, other: str) -> tuple[str, str] | None:
    if one in graph.ancestors(other):
        return one, other
    return (other, one) if other in graph.ancestors(one) else None
