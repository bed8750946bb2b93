"""Records migrations as applied without running them, also from another tool's history."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from mig.errors import UsageError
from mig.sources.base import MAX_FILE_BYTES
from mig.usecases.database import open_runner
from mig.usecases.project import DISK

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.model import Migration
    from mig.runner.events import Event
    from mig.runner.stamp import Stamp, StampRequest
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.project import Project


def stamp_database(
    project: Project,
    request: DatabaseRequest,
    wanted: StampRequest,
    confirm: Callable[[Stamp], bool],
    on_event: Callable[[Event], None] | None = None,
) -> Stamp:
    """Record migrations as applied, or take such records away.

    Args:
        project: whose migrations.
        request: which database.
        wanted: what to record or to remove.
        confirm: told what will be done; False: nothing is.
        on_event: told of what happens meanwhile.

    Raises:
        UsageError: the request says nothing, or two things at once.
        MigError: as ``Runner.stamp`` does.
    """
    if wanted.remove and (wanted.tool or not wanted.targets):
        raise UsageError("--remove needs the ids that are to go", hint="mig stamp --remove ID ...")
    if bool(wanted.tool) == bool(wanted.targets) and not wanted.remove:
        hint = "mig stamp heads; mig stamp ID; mig stamp --from alembic"
        raise UsageError("say what to record: targets, or --from another tool", hint=hint)
    if wanted.table and not wanted.tool:
        raise UsageError(
            "--table names a table of another tool", hint="mig stamp --from alembic --table NAME"
        )

    def checksum_of(migration: Migration, tool: str) -> int | None:
        if tool != "flyway":
            return None
        content = next(iter(project.tree(DISK).read((migration.path,), MAX_FILE_BYTES)))
        return None if content.data is None else flyway_checksum(content.data)

    runner = open_runner(project, request, on_event)
    return runner.stamp(replace(wanted, checksum_of=checksum_of), confirm)


def flyway_checksum(data: bytes) -> int:
    """The CRC-32 that Flyway keeps of a script: of its lines without their ends, as a signed number."""
    text = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found = zlib.crc32(text.replace(b"\n", b""))
    return found - (1 << 32) if found >= 1 << 31 else found
