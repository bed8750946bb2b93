"""The databases that mig runs migrations on: what each of them does differently, and their registry."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from mig.config import dialect_of_url
from mig.errors import MigError, RunnerError
from mig.runner.url import safe_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    import sqlalchemy as sa

    from mig.runner.waiting import Waiting

_DIALECTS = {
    "mariadb": ("mig.runner.dialects.mariadb", "mariadb"),
    "mysql": ("mig.runner.dialects.mariadb", "mysql"),
    "postgresql": ("mig.runner.dialects.postgresql", "PostgresqlDialect"),
    "sqlite": ("mig.runner.dialects.sqlite", "SqliteDialect"),
}


class StatementError(MigError):
    """The database refused a statement.

    ``offset`` is the character in the statement that the database points at, or -1; ``lost`` says
    that the connection is gone, ``busy`` that another session held what the statement needs, so that nothing
    of it was done.  The message holds no secret.
    """

    exit_code = 4

    def __init__(self, message: str, *, offset: int = -1, lost: bool = False, busy: bool = False) -> None:
        super().__init__(message)
        self.offset = offset
        self.lost = lost
        self.busy = busy


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a database is to be used; time-outs as in the configuration (``5s``, ``0``: none).

    ``schemas`` is the search path to work with, where the database has one: new tables and the history go
    to the first, which must exist.  ``lock_retries`` is how often a step is tried again that has not got its
    locks.
    """

    lock_timeout: str = "5s"
    statement_timeout: str = "0"
    lock_retries: int = 3
    read_only: bool = False
    schemas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnTypes:
    """How the history's columns are declared: short keys, long texts, whole numbers, moments."""

    key: str
    text: str
    number: str
    moment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptStyle:
    """How scripts for a database's own client are written.

    ``run_with`` is the command; ``reset`` goes before each migration; with ``delimiters`` the client has to
    be told where a statement ends that holds semicolons.
    """

    run_with: str
    reset: str = ""
    delimiters: bool = False


class Session(Protocol):
    """One connection.  Every error of the driver leaves it as ``StatementError`` or ``RunnerError``."""

    def execute(self, sql: str) -> None:
        """Run SQL as it is written."""

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """The rows of a query."""

    def begin(self, waiting: Waiting) -> None:
        """Begin a transaction that may write, waiting for others where the database needs that."""

    def commit(self, last: str) -> None:
        """Run the last SQL of the transaction and commit."""

    def rollback(self) -> None:
        """End the transaction, if there is one, and leave nothing of it; never fails."""

    def in_transaction(self) -> bool: ...

    def reset(self) -> None:
        """Forget what a migration has set for the session, as far as mig's own statements notice it."""

    def renew(self, waiting: Waiting) -> None:
        """Forget it all, before another migration; where that loses the lock, take it again."""

    def acquire_lock(self, name: str, waiting: Waiting) -> None:
        """Become the only runner, where the dialect locks whole runs; released by ``close``."""

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns of a table where this session would create it; none: there is no such table."""

    def read(self, table: str, query: str) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
        """The columns of such a table, and the rows of a query on it, in as few round trips as it takes.

        Without columns there is no such table, and the query was not run.
        """

    def qualify(self, name: str) -> str:
        """The quoted name of a table that stays right whatever a migration does to the session."""

    def version(self) -> int:
        """A number that changes when others may have committed; constant while a lock keeps them out."""

    def all_roll_back(self) -> bool:
        """Whether a rollback takes back the rows of every table of this server."""

    def has(self, kind: str, name: tuple[str, ...]) -> bool | None:
        """Whether there is such a thing (``effects`` say what names look like); None: that cannot be told."""

    def leftover(self, index: tuple[str, ...]) -> str:
        """The statement that removes what a cut off CREATE INDEX has left; empty where it left nothing."""

    def number(self) -> int:
        """What the server calls this session; asked without it, as it may be busy."""

    def limit(self, lock: str, statement: str) -> None:
        """Set the time-outs, as in the configuration, for what runs now."""

    def sqlalchemy(self) -> sa.Connection:
        """This same connection for SQLAlchemy; asked for outside of a transaction."""

    def close(self) -> None: ...


class Dialect(Protocol):
    """The facts of one database.  Adding a database is one module with such a class.

    ``locks_runs``: a lock covers the whole run; without it every transaction excludes other
    runners, and the history is compared at the beginning of each.  ``table_options`` end a CREATE TABLE.
    """

    name: str
    blocking: str
    progress: str
    transactional_ddl: bool
    locks_runs: bool
    types: ColumnTypes
    table_options: str
    begin: str
    now: str
    script: ScriptStyle

    def connect(self, url: str, settings: Settings) -> Session:
        """Open a session.

        Raises:
            RunnerError: the driver is missing, or the database cannot be reached.
        """

    def literal(self, value: str | int | None) -> str:
        """A value as SQL; for scripts, and so that a transaction ends in one round trip."""

    def moment(self, text: str) -> str:
        """A moment, as ``history.now_text`` writes it, as SQL."""

    def joins_transaction(self, text: str) -> bool:
        """Whether a statement surely can share a transaction with others and does not end it."""


def find_dialect(url: str) -> Dialect:
    """The dialect of a URL.

    Raises:
        RunnerError: mig runs no migrations on such a database.
    """
    name = dialect_of_url(url)
    if name in _DIALECTS:
        return named_dialect(name)
    known = ", ".join(sorted(_DIALECTS))
    hint = "write postgresql://USER@HOST/DATABASE, mysql://USER@HOST/DATABASE or sqlite:///FILE"
    raise RunnerError(f"mig runs migrations on {known}, and not on {safe_url(url)}", hint=hint)


def named_dialect(name: str) -> Dialect:
    """The dialect of a name.

    Raises:
        RunnerError: mig runs no migrations on such a database.
    """
    if name not in _DIALECTS:
        known = ", ".join(sorted(_DIALECTS))
        raise RunnerError(f"mig runs no migrations on {name}", hint=f"it does on {known}")
    module, attribute = _DIALECTS[name]
    # What makes a dialect, in a table of dotted names, is beyond the type checker.
    return cast("Dialect", getattr(importlib.import_module(module), attribute)())


def milliseconds(duration: str) -> int:
    """A duration of the configuration (``5s``, ``500ms``, ``2min``, ``1h``; a bare number is ms)."""
    units: Mapping[str, int] = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}
    digits = duration.rstrip("mshin")
    return int(digits) * units.get(duration[len(digits) :], 1)
