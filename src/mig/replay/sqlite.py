"""Replay on SQLite, in memory."""

from __future__ import annotations

import re
import sqlite3
import time
from typing import TYPE_CHECKING, Self

from mig.replay.guard import find_reach
from mig.replay.outcome import Failure, Outcome
from mig.replay.sqlite_image import read_image
from mig.schema.sqlite import read_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mig.schema.image import SchemaImage

_SECONDS = 30.0  # for one script
_INSTRUCTIONS = 100_000  # of SQLite's virtual machine, between two looks at the clock
_STOPPED = "interrupted"  # what SQLite says when that look ends a statement
# It changes nothing that an image shows, and SQLite needs to attach a file for it.
_VACUUM = re.compile(r"\s*vacuum(\s+main)?\s*;?\s*", re.IGNORECASE)


class SqliteReplay:
    """A base schema in memory, and any number of orders run on copies of it.

    Args:
        seconds: after which a script is stopped.
    """

    dialect = "sqlite"

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._base: sqlite3.Connection | None = None

    @property
    def version(self) -> str:
        return f"SQLite {sqlite3.sqlite_version}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._base is not None:
            self._base.close()
            self._base = None

    def build(self, statements: Sequence[str]) -> Failure | None:
        """Make the base; what failed, or None."""
        self.__exit__()
        self._base = _connect()
        return self._run(self._base, "base", statements)

    def extend(self, statements: Sequence[str]) -> Failure | None:
        """Add to the base; what failed, or None."""
        return self.build(statements) if self._base is None else self._run(self._base, "base", statements)

    def schema(self) -> SchemaImage:
        """The schema of the base."""
        base = self._base or _connect()
        return read_schema(lambda query: base.execute(query).fetchall())

    def run(
        self, order: Sequence[str], scripts: Mapping[str, Sequence[str]], *, apart: bool = False
    ) -> Outcome:
        """Run scripts, named by ``order``, on a copy of the base; each statement commits by itself."""
        connection = _connect()
        try:
            if self._base is not None:
                self._base.backup(connection)
            for name in order:
                failure = self._run(connection, name, scripts[name])
                if failure is not None:
                    return Outcome(order=tuple(order), failure=failure)
            return Outcome(order=tuple(order), image=read_image(connection))
        finally:
            connection.close()

    def _run(self, connection: sqlite3.Connection, name: str, statements: Sequence[str]) -> Failure | None:
        end = time.monotonic() + self._seconds
        connection.set_progress_handler(lambda: time.monotonic() > end, _INSTRUCTIONS)
        for number, text in enumerate(statements):
            if _VACUUM.fullmatch(text):
                continue
            message = find_reach(text, self.dialect) or _execute(connection, text)
            if message == _STOPPED and time.monotonic() <= end:
                # The module drops what is raised while it looks at the clock: it was Ctrl-C.
                raise KeyboardInterrupt
            if message:
                return Failure(script=name, statement=number, text=text, message=message)
        if connection.in_transaction:
            message = _execute(connection, "COMMIT")
            if message:
                return Failure(
                    script=name, statement=len(statements) - 1, text=statements[-1], message=message
                )
        connection.set_progress_handler(None, 0)
        return None


def _execute(connection: sqlite3.Connection, text: str) -> str:
    """What the database says against a statement, or nothing."""
    try:
        connection.execute(text).fetchall()
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        return str(error)
    return ""


def _connect() -> sqlite3.Connection:
    # Without isolation_level the module begins no transactions of its own around DDL.
    connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=0)
    # No file is opened beside the database, whatever a script says.
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    return connection
