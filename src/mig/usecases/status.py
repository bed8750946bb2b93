"""The database against the migrations on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.usecases.database import open_runner

if TYPE_CHECKING:
    from mig.runner.status import Status
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.project import Project


def read_status(project: Project, request: DatabaseRequest) -> Status:
    """How the database stands; changes nothing."""
    return open_runner(project, request).status()
