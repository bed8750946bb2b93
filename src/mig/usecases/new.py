"""Writes a new migration that continues the current heads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mig.errors import GraphError, SourceError, UsageError
from mig.graph.dag import build_graph
from mig.model import Lineage, LineageSnapshot
from mig.sources.base import MAX_FILE_BYTES, Draft
from mig.sources.registry import source_of
from mig.usecases.compose import Composed, compose
from mig.usecases.load import snapshot_of
from mig.usecases.settled import refuse_bare, refuse_unreadable
from mig.usecases.write import write_changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mig.tree import Tree
    from mig.usecases.project import Project


def new_migration(
    project: Project,
    message: str,
    *,
    parents: Sequence[str] = (),
    python: bool = False,
    sql: bytes | None = None,
) -> Composed:
    """Write a migration and say where it is.

    Args:
        project: where to work; a Git repository is not needed.
        message: what the migration does, in a few words.
        parents: ids, or the beginnings of ids, to continue; empty: the head of the lineage.
        python: write Python where the source knows both.
        sql: what up does; None: it is left to be filled in.

    Raises:
        UsageError: there are several lineages, or the text cannot be kept.
        GraphError: there are several heads, or no such parent.
        SourceError: the heads cannot be told, or the file cannot be written.
    """
    refuse_bare(project)
    if python and sql is not None:
        raise UsageError("SQL text becomes a file of SQL, not of Python", hint="leave --py or --from-sql out")
    tree = project.tree()
    lineage = _one_lineage(project, tree)
    if sql is not None and not source_of(lineage).is_candidate(lineage, f"{lineage.paths[0]}/new.sql"):
        raise UsageError(f"the source {lineage.source} has no SQL files", hint="leave --from-sql out")
    snapshot = snapshot_of(project.reader(lineage).read(tree))
    project.save()
    draft = Draft(
        id="",
        parents=_find_parents(snapshot, parents),
        message=message,
        created=datetime.now(UTC).replace(microsecond=0),
        up=_decode(sql) if sql is not None else "",
        ending=".py" if python else "",
    )
    made = compose(project, snapshot, draft)
    write_changes(project, [made.change])
    return made


def _one_lineage(project: Project, tree: Tree) -> Lineage:
    try:
        lineages = project.lineages(tree)
    except SourceError:
        # Nothing is there yet: this migration is the first one.
        return Lineage(name="default", source="native", paths=("migrations",))
    if len(lineages) > 1:
        names = ", ".join(lineage.name for lineage in lineages)
        raise UsageError(
            f"there are {len(lineages)} lineages: {names}", hint="choose one with --lineage NAME"
        )
    return lineages[0]


def _find_parents(snapshot: LineageSnapshot, wanted: Sequence[str]) -> tuple[str, ...]:
    graph = build_graph(snapshot.migrations)
    if wanted:
        return tuple(dict.fromkeys(graph.find(prefix) for prefix in wanted))
    refuse_unreadable(snapshot)
    heads = graph.heads()
    if len(heads) > 1:
        raise GraphError(
            f"there are {len(heads)} heads to continue: {', '.join(heads)}",
            hint="join them first (mig rebase, or mig merge), or name one: mig new --parent ID",
        )
    return heads


def _decode(sql: bytes) -> str:
    if len(sql) > MAX_FILE_BYTES:
        raise UsageError(
            f"the SQL has {len(sql):,} bytes; mig reads at most {MAX_FILE_BYTES:,}", hint="split it"
        )
    try:
        text = sql.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = sql.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"the SQL is not UTF-8 in line {line}", hint="iconv -f latin1 -t utf-8 converts it"
        ) from None
    if not text.strip():
        raise UsageError("the SQL is empty", hint="leave --from-sql out to fill the migration in by hand")
    return text.replace("\r\n", "\n").replace("\r", "\n")
