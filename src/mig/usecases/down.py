"""Reverts migrations of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.usecases.database import naming_refs, open_runner

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.runner import Outcome
    from mig.runner.events import Event
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.project import Project


def revert_migrations(
    project: Project, request: DatabaseRequest, target: str, on_event: Callable[[Event], None]
) -> Outcome:
    """Revert down to a target (see ``Runner.down``); at a ref, by default what that ref does not have."""
    with naming_refs(project, "down", target):
        return open_runner(project, request, on_event).down(target)
