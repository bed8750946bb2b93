"""Reverts migrations of a database and applies them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.usecases.database import naming_refs, open_runner

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.runner import Outcome
    from mig.runner.events import Event
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.project import Project


def redo_migrations(
    project: Project, request: DatabaseRequest, target: str, on_event: Callable[[Event], None]
) -> Outcome:
    """Revert the newest migration, or a target, and apply it again (see ``Runner.redo``)."""
    with naming_refs(project, "redo", target):
        return open_runner(project, request, on_event).redo(target)
