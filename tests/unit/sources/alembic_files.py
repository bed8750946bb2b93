"""Builds Alembic migrations and script directories for tests."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory

from mig.sources.alembic import AlembicSource
from mig.tree import DirectoryTree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mig.model import Lineage, Migration
    from mig.tree import Tree

SOURCE = AlembicSource()

TEXT = '''"""{message}

Revision ID: {id}
Revises: {revises}
Create Date: 2026-01-02 03:04:05

"""
from alembic import op
import sqlalchemy as sa

revision = {id!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {depends!r}


def upgrade():
    op.execute("select 1")


def downgrade():
    op.execute("select 2")
'''


def scalar(items: Sequence[str]) -> object:
    return tuple(items) if len(items) > 1 else (items[0] if items else None)


def migration_text(
    own: str,
    parents: Sequence[str] = (),
    *,
    labels: Sequence[str] = (),
    depends: Sequence[str] = (),
    message: str = "",
) -> bytes:
    return TEXT.format(
        message=message or f"Migration {own}",
        id=own,
        revises=", ".join(parents),
        down=scalar(parents),
        labels=scalar(labels),
        depends=scalar(depends),
    ).encode()


def write_project(root: Path, files: dict[str, bytes]) -> DirectoryTree:
    base = {"alembic.ini": b"[alembic]\nscript_location = migrations\n", "migrations/env.py": b""}
    for path, data in (base | files).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return DirectoryTree(root)


def read_lineage(tree: Tree, lineage: Lineage) -> tuple[Migration, ...]:
    """The migrations of a lineage; none of its files may have a problem."""
    paths = [path for path in tree.entries(lineage.paths) if SOURCE.is_candidate(lineage, path)]
    found = []
    for path, _, data, _ in tree.read(paths, 1 << 22):
        reading = SOURCE.read(path, data or b"")
        assert reading.problems == ()
        if reading.id:
            found.append(reading.migration(lineage.name, path))
    return SOURCE.resolve(lineage, found)


def heads(migrations: Sequence[Migration]) -> list[str]:
    parents = {parent for migration in migrations for parent in migration.parents}
    return sorted({migration.id for migration in migrations} - parents)


def alembic_directory(
    script: Path, locations: Sequence[Path] = (), *, nested: bool = False
) -> ScriptDirectory:
    """The script directory as Alembic itself loads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        directory = ScriptDirectory(
            str(script), version_locations=[str(one) for one in locations], recursive_version_locations=nested
        )
        directory.get_heads()
    return directory
