"""The history: the table in the target database that records what was applied."""

# ruff: noqa: S608 - the names are constants here, and the dialect quotes every value

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.runner.dialects import StatementError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mig.runner.dialects import Dialect, Session

TABLE = "mig_history"
LOG_TABLE = "mig_history_log"
LAYOUT = 1
"""Raised when the tables change, so that an older mig leaves them alone."""

APPLIED, RUNNING, FAILED = "applied", "running", "failed"
IN_PART = -1
"""The duration of a migration that had been applied only in part when it began to be reverted."""

_KINDS = {
    "seq": "number not null primary key",
    "id": "key not null",
    "lineage": "key not null",
    "parents": "text not null",
    "description": "text not null",
    "checksum": "text not null",
    "state": "text not null",
    "statement": "number not null",
    "applied_at": "moment not null",
    "applied_by": "text not null",
    "duration_ms": "number",
    "git_commit": "text not null",
    "git_branch": "text not null",
    "tool_version": "text not null",
    "layout": "number not null",
    "down": "text",
}
_COLUMNS = ", ".join(_KINDS)
_READ = tuple(name for name in _KINDS if name != "down")  # the downs can be large and are seldom needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """One row of the history.

    ``statement`` is the index, from 1, of the last statement that was journalled: negative while
    nobody knows whether it has run, positive once it has.  Only migrations outside of a
    transaction are journalled.  ``duration_ms`` is None until the migration has been applied, so
    a row that is ``running`` and has one is being reverted.
    """

    seq: int
    id: str
    lineage: str
    parents: tuple[str, ...]
    description: str
    checksum: str
    state: str
    statement: int
    applied_at: str
    applied_by: str
    duration_ms: int | None
    git_commit: str
    git_branch: str
    tool_version: str

    @property
    def is_being_reverted(self) -> bool:
        return self.state != APPLIED and self.duration_ms is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is written down of a migration; ``applied_at`` empty: the database's clock says."""

    id: str
    lineage: str
    parents: tuple[str, ...]
    description: str
    checksum: str
    down: str | None
    state: str = APPLIED
    statement: int = 0
    applied_at: str = ""
    applied_by: str = ""
    duration_ms: int | None = None
    git_commit: str = ""
    git_branch: str = ""
    tool_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySql:
    """The SQL of the history, each text one or more statements that end with ``;`` and a newline."""

    dialect: Dialect
    table: str
    log: str

    def create(self) -> str:
        columns = ", ".join(self._columns())
        log = ", ".join(
            (
                *self._columns(key=False),
                f"reverted_at {self.dialect.types.moment} not null",
                "reverted_by text",
            )
        )
        unique = "unique (lineage, id)"
        return (
            # The log first: where DDL commits by itself, the history's table says that both are there.
            f"CREATE TABLE IF NOT EXISTS {self.log} ({log}){self.dialect.table_options};\n"
            f"CREATE TABLE IF NOT EXISTS {self.table} ({columns}, {unique}){self.dialect.table_options};\n"
        )

    def insert(self, record: Record, seq: int | None = None) -> str:
        """Write a row; with ``seq`` None the database counts, which takes it longer than all the rest."""
        text = self._text
        row = ", ".join(
            (
                "coalesce(max(seq), 0) + 1" if seq is None else str(seq),
                text(record.id),
                text(record.lineage),
                text(",".join(record.parents)),
                text(record.description),
                text(record.checksum),
                text(record.state),
                text(record.statement),
                self.dialect.moment(record.applied_at) if record.applied_at else self.dialect.now,
                text(record.applied_by),
                text(record.duration_ms),
                text(record.git_commit),
                text(record.git_branch),
                text(record.tool_version),
                str(LAYOUT),
                text(record.down),
            )
        )
        rows = f"SELECT {row} FROM {self.table}" if seq is None else f"VALUES ({row})"
        return f"INSERT INTO {self.table} ({_COLUMNS}) {rows};\n"

    def update(self, lineage: str, migration_id: str, **values: str | int | None) -> str:
        changes = ", ".join(f"{name} = {self._text(value)}" for name, value in values.items())
        return f"UPDATE {self.table} SET {changes} WHERE {self._this(lineage, migration_id)};\n"

    def revert(self, lineage: str, migration_id: str, by: str) -> str:
        """Move a row to the log."""
        names = ", ".join(_KINDS)
        this = self._this(lineage, migration_id)
        return (
            f"INSERT INTO {self.log} ({names}, reverted_at, reverted_by)"
            f" SELECT {names}, {self.dialect.now}, {self._text(by)} FROM {self.table} WHERE {this};\n"
            f"DELETE FROM {self.table} WHERE {this};\n"
        )

    def forget(self, lineage: str, migration_id: str) -> str:
        return f"DELETE FROM {self.table} WHERE {self._this(lineage, migration_id)};\n"

    def _columns(self, *, key: bool = True) -> Iterator[str]:
        types: Mapping[str, str] = {
            name: getattr(self.dialect.types, name) for name in ("key", "text", "number", "moment")
        }
        for name, kind in _KINDS.items():
            word, _, rest = kind.partition(" ")
            yield f"{name} {types[word]} {rest if key else rest.removesuffix(' primary key')}".rstrip()

    def _this(self, lineage: str, migration_id: str) -> str:
        return f"lineage = {self._text(lineage)} AND id = {self._text(migration_id)}"

    def _text(self, value: str | int | None) -> str:
        return self.dialect.literal(value)


class History:
    """The history of one lineage in one database."""

    def __init__(self, session: Session, dialect: Dialect, lineage: str) -> None:
        self._session = session
        self._lineage = lineage
        self._last: int | None = None
        self.sql = HistorySql(dialect=dialect, table=session.qualify(TABLE), log=session.qualify(LOG_TABLE))

    def make(self) -> str:
        """The SQL that makes the tables; nothing where there are some."""
        names, found = self._session.read(TABLE, f"SELECT max(seq) FROM {self.sql.table}")
        if self.sql.dialect.locks_runs:  # nobody else writes a row until this run ends
            self._last = int(str(found[0][0] or 0)) if found else 0
        return "" if names else self.sql.create()

    def insert(self, record: Record) -> str:
        """The SQL that writes a row, after ``make``."""
        if self._last is not None:
            self._last += 1
        return self.sql.insert(record, self._last)

    def exists(self) -> bool:
        return bool(self._session.columns(TABLE))

    def rows(self) -> tuple[Applied, ...]:
        """What was applied, in that order; nothing where there is no history yet.

        Raises:
            RunnerError: the table is one that this mig must not touch.
        """
        where = f"lineage = {self.sql.dialect.literal(self._lineage)}"
        query = f"SELECT {', '.join(_READ)} FROM {self.sql.table} WHERE {where} ORDER BY seq"
        try:
            names, found = self._session.read(TABLE, query)
        except StatementError:
            self._refuse_foreign(self._session.columns(TABLE), LAYOUT)
            raise
        if names:
            self._refuse_foreign(names, max((_number(row[-1], "layout") for row in found), default=LAYOUT))
        return tuple(map(_applied, found))

    def ids(self) -> tuple[str, ...]:
        """The ids of all rows, in the order of application."""
        if not self.exists():
            return ()
        where = f"lineage = {self.sql.dialect.literal(self._lineage)}"
        return tuple(
            str(row[0])
            for row in self._session.query(f"SELECT id FROM {self.sql.table} WHERE {where} ORDER BY seq")
        )

    def down_of(self, migration_id: str) -> str | None:
        """The stored down, as ``mig.runner.work`` writes it."""
        lineage = self.sql.dialect.literal(self._lineage)
        this = f"lineage = {lineage} AND id = {self.sql.dialect.literal(migration_id)}"
        found = self._session.query(f"SELECT down FROM {self.sql.table} WHERE {this}")
        return str(found[0][0]) if found and found[0][0] is not None else None

    def _refuse_foreign(self, names: tuple[str, ...], newest: int) -> None:
        unknown, lacking = sorted(set(names) - set(_KINDS)), sorted(set(_KINDS) - set(names))
        if lacking:
            raise RunnerError(
                f"the table {TABLE} has no column {', '.join(lacking)}; it is not as mig makes it",
                hint="restore the table from a backup, or rename it if it belongs to another program",
            )
        if unknown or newest > LAYOUT:
            shown = f"column {', '.join(unknown)}" if unknown else f"layout {newest}"
            raise RunnerError(
                f"the table {TABLE} was written by a newer mig ({shown})",
                hint="upgrade mig: pip install --upgrade mig-db",
            )


def utc_text(moment: object) -> str:
    """A moment as a driver gives it, as ISO 8601 in UTC."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(moment)


def now_text() -> str:
    return utc_text(datetime.now(UTC))


def _number(value: object, column: str) -> int:
    """A number, which SQLite lets somebody replace by anything."""
    try:
        return int(str(value))
    except ValueError:
        raise RunnerError(
            f"a row of {TABLE} was altered by hand: its {column} is no number",
            hint="restore the table from a backup, or write the number back",
        ) from None


def _applied(row: tuple[object, ...]) -> Applied:
    """A row as ``_READ`` names its columns."""
    seq, migration_id, lineage, parents, description, checksum, state, statement, *rest = row
    applied_at, applied_by, duration, git_commit, git_branch, tool_version, _ = rest
    return Applied(
        seq=_number(seq, "seq"),
        id=str(migration_id),
        lineage=str(lineage),
        parents=tuple(str(parents).split(",")) if parents else (),
        description=str(description),
        checksum=str(checksum),
        state=str(state),
        statement=_number(statement, "statement"),
        applied_at=utc_text(applied_at),
        applied_by=str(applied_by),
        duration_ms=None if duration is None else _number(duration, "duration_ms"),
        git_commit=str(git_commit),
        git_branch=str(git_branch),
        tool_version=str(tool_version),
    )
