"""Applies migrations to a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.usecases.database import naming_refs, open_runner

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.runner import Outcome
    from mig.runner.events import Event
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.project import Project


def apply_migrations(
    project: Project, request: DatabaseRequest, target: str, on_event: Callable[[Event], None]
) -> Outcome:
    """Apply what is pending, up to a target (see ``Runner.up``)."""
    with naming_refs(project, "up", target):
        return open_runner(project, request, on_event).up(target)
