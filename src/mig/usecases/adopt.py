"""Writes the first migration from a database that exists already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import RunnerError, SourceError, UsageError
from mig.runner.stamp import StampRequest
from mig.usecases.database import choose_database, open_runner
from mig.usecases.new import new_migration
from mig.usecases.project import DISK

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.model import Snapshot
    from mig.runner.events import Event
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The migration that was written; ``stamped``: the database's history has it."""

    id: str
    path: str
    statements: int
    database: str
    stamped: bool


def make_baseline(
    project: Project,
    request: DatabaseRequest,
    message: str,
    *,
    stamp: bool = True,
    on_event: Callable[[Event], None] | None = None,
) -> Baseline:
    """Write the schema of a database as the first migration, and record it there.

    Args:
        project: whose first migration this is.
        request: the database.
        message: what the migration is called.
        stamp: record it as applied on that database.
        on_event: told of what happens meanwhile.

    Raises:
        UsageError: there are migrations already.
        RunnerError: the schema cannot be read, or there is none.
        SourceError: the file cannot be written.
    """
    _refuse_others(project)
    runner = open_runner(project, request, on_event)
    sql = runner.dump()
    if not sql.strip():
        hint = "mig new makes the first migration of a new database"
        raise RunnerError(f"{runner.database} holds nothing to adopt", hint=hint)
    made = new_migration(project, message, sql=sql.encode("utf-8", "surrogateescape"))
    snapshot = project.snapshot(DISK)
    migration = next(m for m in snapshot.migrations if m.id == made.id)
    dialect = choose_dialect(project, request)
    statements = len(snapshot.script(migration, dialect).up)
    if stamp:
        open_runner(project, request, on_event).stamp(StampRequest(targets=(made.id,)), lambda _: True)
    return Baseline(
        id=made.id, path=made.path, statements=statements, database=runner.database, stamped=stamp
    )


def choose_dialect(project: Project, request: DatabaseRequest) -> str:
    import os

    from mig.runner.dialects import find_dialect

    return find_dialect(choose_database(project, request, os.environ).url).name


def _refuse_others(project: Project) -> None:
    try:
        snapshot = project.snapshot(DISK)
    except SourceError:  # nothing is there yet
        return
    _refuse(snapshot)


def _refuse(snapshot: Snapshot) -> None:
    if snapshot.migrations:
        raise UsageError(
            f"there are migrations already: {snapshot.migrations[0].path}",
            hint="mig stamp records those that a database has; mig stamp --from TOOL takes over a history",
        )
