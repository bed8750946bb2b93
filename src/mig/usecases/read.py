"""Reading the DAG of one tree: heads, linear order, one migration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import GraphError, SourceError
from mig.graph.dag import build_graph
from mig.sources.base import MAX_FILE_BYTES
from mig.sources.registry import source_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mig.model import Migration, Script, Snapshot, Statement
    from mig.tree import Content
    from mig.usecases.project import Project

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One migration with its neighbours; ``script`` is None where ``problem`` says why."""

    migration: Migration
    children: tuple[str, ...]
    script: Script | None
    problem: str = ""


def find_heads(snapshot: Snapshot) -> dict[str, tuple[Migration, ...]]:
    """The heads of each lineage, by its name."""
    found = {}
    for lineage in snapshot.lineages:
        graph = build_graph(lineage.migrations)
        found[lineage.lineage.name] = tuple(graph.migrations[head] for head in graph.heads())
    return found


def order_migrations(snapshot: Snapshot) -> dict[str, tuple[Migration, ...]]:
    """The migrations of each lineage in linear order, what is applied first first.

    Raises:
        GraphError: the migrations of a lineage form a cycle.
    """
    from mig.graph.linearize import linearize

    ordered = {}
    for lineage in snapshot.lineages:
        graph = build_graph(lineage.migrations)
        ordered[lineage.lineage.name] = tuple(graph.migrations[i] for i in linearize(graph))
    return ordered


def show_migration(project: Project, prefix: str, at: str) -> Shown:
    """The migration whose id begins with a prefix, as one tree holds it.

    Raises:
        GraphError: no id does, or several do.
    """
    snapshot = project.snapshot(at)
    migration = find_migration(snapshot, prefix)
    lineage = next(one for one in snapshot.lineages if one.lineage.name == migration.lineage)
    children = tuple(sorted({m.id for m in lineage.migrations if migration.id in m.parents}))
    try:
        script = snapshot.script(migration, project.dialect_of(lineage.lineage))
    except SourceError as error:
        return Shown(migration=migration, children=children, script=None, problem=error.message)
    return Shown(migration=migration, children=children, script=script)


def find_migration(snapshot: Snapshot, prefix: str) -> Migration:
    """The one migration of a snapshot whose id begins with a prefix.

    Raises:
        GraphError: no id does, or several do, or several lineages have it.
    """
    try:
        found = build_graph(snapshot.migrations).find(prefix)
    except GraphError as error:
        raise GraphError(error.message, hint="mig log lists the migrations with their ids") from None
    owners = {m.lineage: m for m in reversed(snapshot.migrations) if m.id == found}
    if len(owners) > 1:
        names = ", ".join(sorted(owners))
        raise GraphError(
            f"{len(owners)} lineages have a migration {found}: {names}",
            hint="name one: mig --lineage NAME show ID",
        )
    return next(iter(owners.values()))


def read_operations(
    project: Project, at: str, migrations: Sequence[Migration]
) -> tuple[tuple[Statement, ...], ...]:
    """What the up of each migration does; empty where the file cannot be read as a script.

    The files are read in few batches, because each costs Git a process.
    """
    tree = project.tree(at)
    lineages = project.lineages(tree)
    sources = {one.name: source_of(one) for one in lineages}
    dialects = {one.name: project.dialect_of(one) for one in lineages}

    def contents() -> Iterator[Content]:
        for start in range(0, len(migrations), _BATCH):
            yield from tree.read([m.path for m in migrations[start : start + _BATCH]], MAX_FILE_BYTES)

    def operations(migration: Migration, data: bytes | None) -> tuple[Statement, ...]:
        try:
            return (
                sources[migration.lineage].script(migration.path, data, dialects[migration.lineage]).up
                if data is not None
                else ()
            )
        except SourceError:
            return ()

    return tuple(operations(m, content.data) for m, content in zip(migrations, contents(), strict=True))
