"""Which database a command means, and the runner for it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mig.config import Database, resolve_url
from mig.errors import ConfigError, GraphError
from mig.runner import Options, Runner
from mig.runner.dialects import Settings
from mig.runner.url import from_folder
from mig.usecases.advice import ProjectAdvisor
from mig.usecases.project import DISK
from mig.usecases.variables import read_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mig.model import Snapshot
    from mig.runner.events import Event
    from mig.runner.plan import Plan
    from mig.usecases.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseRequest:
    """What the user said about the database.

    ``url`` goes before ``database``, which is a name in the configuration (empty: ``default``).
    A relative SQLite file is looked for from ``start`` where ``url`` names it, and from the folder
    of the configuration where that does.  ``at`` is the Git ref that the migrations are read from; empty:
    the disk.  ``ask`` asks a person whether a plan may run that is not shown to be safe or loses
    rows; with ``ask_before_reverts``, also one that reverts anything.
    """

    url: str = ""
    database: str = ""
    start: Path = Path()
    lock_wait: float = 60.0
    allow_changed: bool = False
    apply_late: tuple[str, ...] = ()
    mark_applied: tuple[str, ...] = ()
    at: str = ""
    allow_unsafe: bool = False
    allow_data_loss: bool = False
    allow_batch_loss: bool = False
    ask_before_reverts: bool = False
    ask: Callable[[Plan], bool | None] | None = None


def open_runner(
    project: Project, request: DatabaseRequest, on_event: Callable[[Event], None] | None = None
) -> Runner:
    """A runner for the migrations on disk, or at a ref; else Git is asked only for what the history records.

    Raises:
        ConfigError: no database is given, or none of that name.
        GitError: there is no such ref.
    """
    chosen = choose_database(project, request, os.environ)
    snapshot = project.snapshot(request.at or DISK)
    options = read_options(project, request, chosen, snapshot)
    return Runner(chosen.url, snapshot, lineage=project.only, options=options, on_event=on_event)


def read_options(project: Project, request: DatabaseRequest, chosen: Database, snapshot: Snapshot) -> Options:
    """How a runner works with a database of the configuration, as the user asked."""
    at, repo = request.at, project.repo
    return Options(
        root=str(project.root),
        at=at,
        git_commit=snapshot.commit,
        git_branch=at or (repo.branch() if repo else ""),
        lock_wait=request.lock_wait,
        allow_changed=request.allow_changed,
        apply_late=request.apply_late,
        mark_applied=request.mark_applied,
        advisor=ProjectAdvisor(project=project, at=at, ask=request.ask),
        allow_unsafe=request.allow_unsafe,
        allow_data_loss=request.allow_data_loss,
        allow_batch_loss=request.allow_batch_loss,
        fingerprint=chosen.fingerprint,
        ask_before_reverts=request.ask_before_reverts,
        variables=read_variables(project, snapshot, chosen, os.environ),
        settings=Settings(
            lock_timeout=chosen.lock_timeout,
            statement_timeout=chosen.statement_timeout,
            lock_retries=chosen.lock_retries,
        ),
    )


def plan_run(project: Project, request: DatabaseRequest, direction: str, target: str) -> tuple[str, Plan]:
    """The database's name for people, and what ``up``, ``down`` or ``redo`` would do."""
    runner = open_runner(project, request)
    with naming_refs(project, direction, target):
        return runner.database, runner.plan(target, direction)


def script_run(
    project: Project,
    request: DatabaseRequest,
    direction: str,
    target: str,
    *,
    on_event: Callable[[Event], None] | None = None,
    idempotent: bool = False,
) -> str:
    """What ``up``, ``down`` or ``redo`` would do, as a script."""
    with naming_refs(project, direction, target):
        return open_runner(project, request, on_event).script(target, direction, idempotent=idempotent)


@contextmanager
def naming_refs(project: Project, direction: str, target: str) -> Iterator[None]:
    """Say how a Git ref is given, where one was meant by a target that is no migration."""
    try:
        yield
    except GraphError as error:
        is_ref = repr(target) in error.message and project.repo is not None and project.repo.find(target)
        hint = f"{target} is a Git ref: mig {direction} --at {target}" if is_ref else error.hint
        raise GraphError(error.message, hint=hint) from None


def choose_database(project: Project, request: DatabaseRequest, environment: Mapping[str, str]) -> Database:
    """The database that is meant, with its real URL.

    Raises:
        ConfigError: none is given, or none of that name; the message says what to write.
    """
    config = project.config
    known = config.databases.get(request.database or "default")
    if request.database and known is None:
        names = ", ".join(sorted(config.databases))
        missing = f"add [tool.mig.databases.{request.database}] with url"
        hint = f"the configuration has {names}" if names else missing
        raise ConfigError(f"no database {request.database!r} is configured", hint=hint)
    if request.url:
        url = from_folder(resolve_url(request.url, environment), str(request.start))
        return Database(url=url) if known is None else _with_url(known, url)
    if known is None:
        hint = 'pass --url, or configure [tool.mig.databases.default] url = "env:DATABASE_URL"'
        raise ConfigError("no database is configured and no --url was given", hint=hint)
    folder = (project.root / config.file).parent
    return _with_url(known, from_folder(resolve_url(known.url, environment), str(folder)))


def _with_url(database: Database, url: str) -> Database:
    return replace(database, url=url)
