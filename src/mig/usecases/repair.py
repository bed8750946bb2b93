"""Settles a migration that was interrupted in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.usecases.database import open_runner

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.runner.events import Event
    from mig.runner.repair import Repair, Repaired
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.project import Project


def repair_database(
    project: Project, request: DatabaseRequest, repair: Repair, on_event: Callable[[Event], None]
) -> Repaired:
    """Settle what is interrupted (see ``Runner.repair``)."""
    return open_runner(project, request, on_event).repair(repair)
