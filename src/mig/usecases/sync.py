"""Moves the development database to the checked-out branch: reverts what is not on it, applies what is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mig.errors import ConfigError, MigError, RunnerError
from mig.usecases.database import DatabaseRequest, choose_database, open_runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mig.runner import Outcome
    from mig.runner.events import Event
    from mig.runner.plan import Plan
    from mig.usecases.project import Project

_HERE = frozenset({"", "localhost", "127.0.0.1", "::1"})


def sync_database(
    project: Project, request: DatabaseRequest, target: str, on_event: Callable[[Event], None]
) -> Outcome:
    """Revert what the branch does not have, or has otherwise, and apply all that it has.

    Args:
        project: where the migrations are.
        request: which database, and what may be done.
        target: empty; the branch is the target.
        on_event: told of every event.

    Raises:
        RunnerError: the configuration protects the database, or a migration cannot be reverted.
    """
    del target
    refuse_protected(project, request)
    return open_runner(project, request, on_event).sync()


def refuse_protected(project: Project, request: DatabaseRequest) -> None:
    """See that the database is not one that the configuration protects, by name or by URL.

    Raises:
        RunnerError: it is.
    """
    chosen = choose_database(project, request, os.environ)
    is_protected = chosen.url in _protected_urls(project) if request.url else chosen.protected
    if is_protected:
        raise RunnerError(
            f"{project.config.file} protects this database, and mig sync is for development databases",
            hint="mig up applies what is pending; --database NAME or --url names another database",
        )


def find_offer(project: Project) -> Plan | None:
    """What a sync of the default database would do after a checkout; None where none is to be offered.

    It is offered where the configuration says ``sync = true``, and where it does not say, for a database that
    exists on this machine.  A database that cannot be reached or planned for is left alone.
    """
    configured = project.config.databases.get("default")
    if configured is None or configured.protected or configured.sync is False:
        return None
    try:
        chosen = choose_database(project, DatabaseRequest(), os.environ)
        if configured.sync or _is_local(chosen.url):
            plan = open_runner(project, DatabaseRequest()).plan("", "sync")
            return plan if plan.steps else None
    except MigError:
        return None
    return None


def _is_local(url: str) -> bool:
    if url.startswith("sqlite"):
        return os.path.exists(url.partition(":///")[2].partition("?")[0])
    try:
        return (urlsplit(url).hostname or "") in _HERE
    except ValueError:
        return False


def _protected_urls(project: Project) -> Iterator[str]:
    for name, database in project.config.databases.items():
        if database.protected:
            try:
                yield choose_database(project, DatabaseRequest(database=name), os.environ).url
            except ConfigError:  # its environment variable is not set, so nobody means it
                continue
