"""SQLite: files, one writer at a time, DDL inside transactions."""

from __future__ import annotations

import os
import re
import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mig.errors import RunnerError
from mig.runner.dialects import ColumnTypes, ScriptStyle, StatementError, milliseconds
from mig.runner.url import safe_url

if TYPE_CHECKING:
    import sqlalchemy as sa

    from mig.runner.dialects import Settings
    from mig.runner.waiting import Waiting

_BUSY = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY"})
_JOINS = re.compile(
    r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
    r"(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH|ALTER|DROP|CREATE(?!\s+TEMP))\b",
    re.IGNORECASE | re.DOTALL,
)
_HAS = "SELECT 1 FROM main.sqlite_master WHERE type = {kind} AND lower(name) = {name}"
_HOLDER = "a process that writes to it (SQLite does not say which)"


class SqliteDialect:
    name = "sqlite"
    blocking = ""
    progress = ""
    transactional_ddl = True
    locks_runs = False
    types = ColumnTypes(key="text", text="text", number="integer", moment="text")
    table_options = ""
    begin = "BEGIN IMMEDIATE"
    now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
    script = ScriptStyle(run_with="sqlite3 -bail DATABASE < FILE")

    def connect(self, url: str, settings: Settings) -> SqliteSession:
        path, is_uri = _file(url)
        if settings.read_only and not is_uri and not os.path.exists(path):
            path = ":memory:"  # looking at a database must not create it
        try:
            # Without isolation_level the module begins no transactions of its own around DDL.
            connection = sqlite3.connect(path, uri=is_uri, isolation_level=None, timeout=0)
            wait = milliseconds(settings.lock_timeout)
            connection.execute(f"PRAGMA busy_timeout = {wait or 2**31 - 1}")
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        except sqlite3.Error as error:
            raise _unreachable(url, error) from None
        return SqliteSession(connection, url)

    def literal(self, value: str | int | None) -> str:
        if value is None:
            return "NULL"
        return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"

    def moment(self, text: str) -> str:
        return self.literal(text)

    def joins_transaction(self, text: str) -> bool:
        return bool(_JOINS.match(text))


class SqliteSession:
    """A connection to one file."""

    def __init__(self, connection: sqlite3.Connection, url: str) -> None:
        self._connection = connection
        self._url = url
        self._bound: sa.Connection | None = None
        self._wait = connection.execute("PRAGMA busy_timeout").fetchone()[0]

    def execute(self, sql: str) -> None:
        try:
            self._connection.execute(sql).close()
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            raise _refused(error) from None

    def query(self, sql: str) -> list[tuple[object, ...]]:
        try:
            return self._connection.execute(sql).fetchall()
        except sqlite3.Error as error:
            raise _refused(error) from None

    def begin(self, waiting: Waiting) -> None:
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            waiting.until(self._try_begin, lambda: _HOLDER)
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {self._wait}")

    def _try_begin(self) -> bool:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "") in _BUSY:
                return False
            raise _unreachable(self._url, error) from None
        return True

    def commit(self, last: str) -> None:
        self.execute_all(last)
        self.execute("COMMIT")

    def execute_all(self, sql: str) -> None:
        """Run what mig itself writes: statements that end with a semicolon and a newline."""
        for statement in sql.split(";\n"):
            if statement.strip():
                self.execute(statement)

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        if self._bound is not None:
            self._bound.rollback()

    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def reset(self) -> None:
        # Rebuilding a table, SQLite's way to alter one, needs foreign keys off; see docs/reference/runner.md.
        self._connection.execute("PRAGMA foreign_keys = OFF")

    def renew(self, waiting: Waiting) -> None:
        """Nothing: every transaction begins anew."""

    def acquire_lock(self, name: str, waiting: Waiting) -> None:
        """Nothing: each transaction excludes other writers."""

    def columns(self, table: str) -> tuple[str, ...]:
        return tuple(str(row[1]) for row in self.query(f"PRAGMA main.table_info({table})"))

    def read(self, table: str, query: str) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
        names = self.columns(table)
        return names, self.query(query) if names else []

    def qualify(self, name: str) -> str:
        return name

    def version(self) -> int:
        return int(str(self.query("PRAGMA data_version")[0][0]))

    def all_roll_back(self) -> bool:
        return True

    def number(self) -> int:
        return 0

    def limit(self, lock: str, statement: str) -> None:
        """SQLite has no limit on how long a statement takes."""
        self._connection.execute(f"PRAGMA busy_timeout = {milliseconds(lock) or 2**31 - 1}")

    def sqlalchemy(self) -> sa.Connection:
        if self._bound is None:
            from mig.runner.binding import bind

            self._bound = bind("sqlite://", self._connection, self.in_transaction)
        return self._bound

    def has(self, kind: str, name: tuple[str, ...]) -> bool | None:
        texts = [SqliteDialect().literal(part) for part in name]
        if kind in ("table", "view", "index", "trigger") and len(name) == 1:
            return bool(self.query(_HAS.format(kind=SqliteDialect().literal(kind), name=texts[0])))
        if kind == "column" and len(name) == 2:
            columns = self.query(f"SELECT lower(name) FROM pragma_table_xinfo({texts[0]})")  # noqa: S608 - quoted
            return (name[1],) in columns
        return None

    def leftover(self, index: tuple[str, ...]) -> str:
        return ""

    def close(self) -> None:
        self._connection.close()


def _file(url: str) -> tuple[str, bool]:
    """The file that a URL names, and whether it is one of SQLite's own ``file:`` URIs."""
    _, _, rest = url.partition("://")
    place, _, query = rest.partition("?")
    path = place.removeprefix("/")
    if path in ("", ":memory:"):
        hint = "name a file: sqlite:///dev.db"
        raise RunnerError("a SQLite database in memory is gone when mig ends", hint=hint)
    options = parse_qs(query)
    if path.startswith("file:") or options.get("uri") == ["true"]:
        return path + ("?" + query if query else ""), True
    return path, False


def _refused(error: Exception) -> StatementError:
    return StatementError(_say(error), busy=getattr(error, "sqlite_errorname", "") in _BUSY)


def _say(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _unreachable(url: str, error: sqlite3.Error) -> RunnerError:
    hints = {
        "SQLITE_CANTOPEN": "the folder must exist and be writable",
        "SQLITE_NOTADB": "the file is no SQLite database; check the URL",
        "SQLITE_READONLY": "mig needs to write to the file and to its folder",
    }
    name = getattr(error, "sqlite_errorname", "")
    hint = hints.get(name, "another process uses the file" if name in _BUSY else "check the URL")
    return RunnerError(f"{safe_url(url)} cannot be used: {_say(error)}", hint=hint)
