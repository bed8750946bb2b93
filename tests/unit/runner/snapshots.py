"""Snapshots of native and Alembic files that exist only in memory, for tests of the runner."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mig.findings import Severity
from mig.model import Lineage, Snapshot
from mig.sources.cache import ReadingCache
from mig.sources.registry import find_source
from mig.tree import MemoryTree
from mig.usecases.load import LineageReader, snapshot_of
from tests.repositories import native

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mig.runner.events import Event

A, B, C, D = ("a" * 12, "b" * 12, "c" * 12, "d" * 12)


def snapshot(files: Mapping[str, str], source: str = "native", name: str = "default") -> Snapshot:
    """The snapshot of these files, by path."""
    reader = find_source(source)
    lineage = Lineage(name=name, source=source, paths=("migrations",))
    reading = LineageReader(lineage, ReadingCache(None, source, reader.version))
    tree = MemoryTree({path: text.encode() for path, text in files.items()})
    found = snapshot_of(reading.read(tree))
    assert all(one.severity is not Severity.ERROR for one in found.findings), found.findings
    return Snapshot(ref="disk", lineages=(found,), read_script=partial(reading.script, tree))


def shop() -> dict[str, str]:
    """Three migrations in a row: users, their addresses, orders."""
    return {
        "migrations/1_users.sql": native(
            A,
            (),
            "CREATE TABLE users (id integer PRIMARY KEY);\nINSERT INTO users VALUES (1);",
            "DROP TABLE users;",
            description="create users",
        ),
        "migrations/2_email.sql": native(
            B, A, "ALTER TABLE users ADD COLUMN email text;", "ALTER TABLE users DROP COLUMN email;"
        ),
        "migrations/3_orders.sql": native(
            C, B, "CREATE TABLE orders (id integer, note text);", "DROP TABLE orders;"
        ),
    }


class Recorder:
    """Keeps the events of a run."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]
