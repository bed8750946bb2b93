"""MariaDB and MySQL: DDL that commits by itself, named locks, sessions that are renewed; through PyMySQL."""

# ruff: noqa: S608 - the names are constants here, and every value is quoted

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.runner.dialects import ColumnTypes, ScriptStyle, StatementError, milliseconds
from mig.runner.dialects.mariadb_url import connect, lock_name
from mig.runner.url import safe_url, scrub, secrets_of

if TYPE_CHECKING:
    import pymysql
    import sqlalchemy as sa

    from mig.runner.dialects import Settings
    from mig.runner.waiting import Waiting

_IN_TRANSACTION = 1  # SERVER_STATUS_IN_TRANS of the protocol
_LOST = frozenset({0, 1053, 1927, 2006, 2013, 2014, 2055})
_FOREVER = 31_536_000  # seconds; the most that lock_wait_timeout takes
_COMMENTS = r"(?:\s+|--[ \t][^\n]*(?:\n|\Z)|\#[^\n]*(?:\n|\Z)|/\*(?!M?!).*?\*/)*"
_ROWS_ONLY = re.compile(
    _COMMENTS + r"(?:(?:INSERT|UPDATE|DELETE|REPLACE|SELECT|WITH)\b"
    r"|SET\s+(?:@\w+\s*:?=|NAMES\b|(?:SESSION\s+|@@(?:SESSION\.)?)?"
    r"(?:foreign_key_checks|unique_checks|sql_mode|time_zone|character_set_\w+|collation_\w+)\s*=)[^,;]*\Z)",
    re.IGNORECASE | re.DOTALL,
)
# What leaves nothing in the session that the next migration could notice.
_LEAVES_NOTHING = re.compile(
    _COMMENTS + r"(?:INSERT|UPDATE|DELETE|REPLACE|ALTER|DROP|TRUNCATE|RENAME|ANALYZE|OPTIMIZE|GRANT|REVOKE"
    r"|START\s+TRANSACTION|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|CREATE(?!\s+(?:OR\s+REPLACE\s+)?TEMPORARY))\b"
    r"(?!.*(?::=|@\w))",
    re.IGNORECASE | re.DOTALL,
)
_MAY_CHANGE_ENGINES = re.compile(r"engine|\b(?:CALL|EXECUTE)\b|/\*M?!", re.IGNORECASE)
_OTHER_ENGINES = """
SELECT 1 FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND coalesce(engine, '') <> 'InnoDB'
  AND table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') LIMIT 1
"""
_HOLDER = """
SELECT p.id, p.user, p.host, p.command, p.time, coalesce(left(p.info, 200), '')
FROM information_schema.processlist p WHERE p.id = IS_USED_LOCK({lock})
"""
_PROGRAM = """
SELECT attr_value FROM performance_schema.session_connect_attrs
WHERE attr_name = 'program_name' AND processlist_id = {id}
"""
_PARTS = {"table": 1, "view": 1, "trigger": 1, "column": 2, "index": 2, "constraint": 2}
_OF_TABLE = "table_schema = {schema} AND lower(table_name) = {0}"
_HAS = {
    "table": f"SELECT 1 FROM information_schema.tables WHERE {_OF_TABLE} AND table_type <> 'VIEW'",
    "view": f"SELECT 1 FROM information_schema.tables WHERE {_OF_TABLE} AND table_type = 'VIEW'",
    "trigger": "SELECT 1 FROM information_schema.triggers"
    " WHERE trigger_schema = {schema} AND lower(trigger_name) = {0}",
    "column": f"SELECT 1 FROM information_schema.columns WHERE {_OF_TABLE} AND lower(column_name) = {{1}}",
    "index": f"SELECT 1 FROM information_schema.statistics WHERE {_OF_TABLE} AND lower(index_name) = {{1}}",
    "constraint": f"SELECT 1 FROM information_schema.table_constraints WHERE {_OF_TABLE}"
    " AND lower(constraint_name) = {1}",
}
# A lock was waited for too long, or two waited for one another.
_BUSY = frozenset({1205, 1213})
# Which of them holds a table's definition is told only by a plugin: so all that are in a transaction.
_BLOCKING = """
SELECT p.id, p.user, 'in a transaction', p.host, lower(p.command), p.time, p.info
FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
WHERE p.id <> {number} ORDER BY t.trx_started
"""
_COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = {schema} AND table_name = {table} ORDER BY ordinal_position
"""


class MariadbDialect:
    """``name`` is the word of the URL, by which files choose their sections: mariadb or mysql."""

    blocking = _BLOCKING
    progress = ""
    transactional_ddl = False
    locks_runs = True
    types = ColumnTypes(key="varchar(190)", text="longtext", number="bigint", moment="datetime(3)")
    table_options = " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
    begin = "START TRANSACTION"
    now = "utc_timestamp(3)"
    script = ScriptStyle(
        run_with="mariadb --binary-mode --default-character-set=utf8mb4 DATABASE < FILE",
        reset="SET NAMES utf8mb4; SET SESSION sql_mode = DEFAULT, foreign_key_checks = DEFAULT, "
        "unique_checks = DEFAULT, autocommit = 1, time_zone = '+00:00';",
        delimiters=True,
    )

    def __init__(self, name: str) -> None:
        self.name = name

    def connect(self, url: str, settings: Settings) -> MariadbSession:
        session = MariadbSession(url, settings)
        session.start()
        return session

    def literal(self, value: str | int | None) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, int):
            return str(value)
        if value.isascii() and value.isprintable() and "\\" not in value:
            return "'" + value.replace("'", "''") + "'"
        # Right whatever sql_mode says of backslashes, and whatever the client's character set is.
        return f"CONVERT(x'{value.encode().hex()}' USING utf8mb4)"

    def moment(self, text: str) -> str:
        return f"'{text.removesuffix('Z')}'"

    def joins_transaction(self, text: str) -> bool:
        return bool(_ROWS_ONLY.match(text))


class MariadbSession:
    """A connection in autocommit mode, with one statement at a time and no files of the client's.

    What a migration sets for its session cannot be listed here, let alone taken back.  So after one
    that may have set something the next gets a new connection, which has to take the lock again.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        self._url = url
        self._settings = settings
        self._secrets = secrets_of(url)
        self._database = ""
        self._lock = ""
        self._is_mariadb = False
        self._is_dirty = False
        self._is_stale = False
        self._all_roll_back: bool | None = None
        self._renewals = 0
        self._bound: sa.Connection | None = None
        self._connection: pymysql.Connection[pymysql.cursors.Cursor] = connect(url, self._secrets)

    def start(self) -> None:
        """Set the session up and learn where its tables go."""
        found = self.query("SELECT database(), version()")[0]
        if not found[0]:
            self.close()
            hint = "name it at the end of the URL: mysql://USER@HOST/DATABASE"
            raise RunnerError(f"{safe_url(self._url)} names no database", hint=hint)
        self._database = str(found[0])
        self._is_mariadb = "mariadb" in str(found[1]).lower()
        for statement in _limits(self._settings, is_mariadb=self._is_mariadb):
            self.execute(statement)
        self._is_dirty = False

    def execute(self, sql: str) -> None:
        self._is_dirty = self._is_dirty or not _LEAVES_NOTHING.match(sql)
        if _MAY_CHANGE_ENGINES.search(sql):
            self._all_roll_back = None
        self.query(sql)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        import pymysql

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql)
                rows = cursor.fetchall() if cursor.description else ()
                while cursor.nextset():  # a procedure gives several
                    pass
        except (pymysql.Error, OSError) as error:
            self._is_stale = True
            raise self._refused(error, sql) from None
        return [tuple(_aware(value) for value in row) for row in rows]

    def _refused(self, error: Exception, sql: str) -> StatementError:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        # Some hold a piece of the statement, with its line breaks, before what they say in the end.
        said = " ".join(str(error.args[-1] if error.args else error).split()) or type(error).__name__
        lost = number in _LOST or not self._connection.open
        line = re.search(r" at line (\d+)\Z", said)
        return StatementError(
            scrub("the server closed the connection" if lost and not number else said, self._secrets),
            offset=_line_start(sql, int(line[1])) if line else -1,
            lost=lost,
            busy=number in _BUSY,
        )

    def begin(self, waiting: Waiting) -> None:
        self._require_lock()
        self.query("START TRANSACTION")

    def commit(self, last: str) -> None:
        for statement in last.split(";\n"):  # no literal holds a line break
            if statement.strip():
                self.query(statement)
        self.query("COMMIT")

    def rollback(self) -> None:
        # A connection that is gone has nothing left to be rolled back.
        with contextlib.suppress(StatementError):
            if self._connection.open and self.in_transaction():
                self.query("ROLLBACK")
        if self._bound is not None and self._connection.open:
            self._bound.rollback()

    def in_transaction(self) -> bool:
        if self._is_stale and self._connection.open:
            # An error's answer does not say whether it has ended the transaction, as a deadlock does.
            self.query("DO 0")
            self._is_stale = False
        status = int(getattr(self._connection, "server_status", 0))
        return self._connection.open and bool(status & _IN_TRANSACTION)

    def reset(self) -> None:
        """As much as mig's own statements need; ``renew`` does the rest."""
        if self._is_dirty:
            self.query("UNLOCK TABLES")
            self.query("SET SESSION autocommit = 1")
            self.query("SET SESSION TRANSACTION READ WRITE")

    def renew(self, waiting: Waiting) -> None:
        if not self._is_dirty:
            return
        self.close()
        self._connection = connect(self._url, self._secrets)
        self._bound = None
        self._renewals += 1
        self.start()
        if self._lock:
            self._take_lock(waiting)

    def acquire_lock(self, name: str, waiting: Waiting) -> None:
        self._lock = f"'{lock_name(self._database, name)}'"
        self._take_lock(waiting)

    def _take_lock(self, waiting: Waiting) -> None:
        waiting.until(lambda: self.query(f"SELECT GET_LOCK({self._lock}, 0)") == [(1,)], self._holder)

    def _require_lock(self) -> None:
        if self._lock and self.query(f"SELECT IS_USED_LOCK({self._lock}) = connection_id()") != [(1,)]:
            hint = "let no migration call RELEASE_LOCK or RELEASE_ALL_LOCKS; then run the command again"
            raise RunnerError("the lock that keeps other runners out was lost", hint=hint)

    def _holder(self) -> str:
        rows = self.query(_HOLDER.format(lock=self._lock))
        if not rows:
            return "it has just ended, or this account may not see it (GRANT PROCESS)"
        number, user, host, command, seconds, statement = rows[0]
        name = "a session"
        with contextlib.suppress(StatementError):  # the performance schema may be off, or out of bounds
            name = str(next(iter(self.query(_PROGRAM.format(id=number))), ("a session",))[0])
        doing = f"{str(command).lower()} for {seconds} s"
        shown = f": {' '.join(str(statement).split())}" if statement else ""
        return f"{name}, user {user}, host {host}, server connection {number}, {doing}{shown}"

    def columns(self, table: str) -> tuple[str, ...]:
        sql = _COLUMNS.format(schema=_quoted_text(self._database), table=_quoted_text(table))
        return tuple(str(row[0]) for row in self.query(sql))

    def read(self, table: str, query: str) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
        names = self.columns(table)
        return names, self.query(query) if names else []

    def qualify(self, name: str) -> str:
        return "`" + self._database.replace("`", "``") + "`." + name

    def version(self) -> int:
        return self._renewals

    def all_roll_back(self) -> bool:
        if self._all_roll_back is None:
            self._all_roll_back = not self.query(_OTHER_ENGINES)
        return self._all_roll_back

    def number(self) -> int:
        return int(self._connection.thread_id())  # type: ignore[no-untyped-call]  # no query: it may be busy

    def limit(self, lock: str, statement: str) -> None:
        settings = replace(self._settings, lock_timeout=lock, statement_timeout=statement)
        for one in _limits(settings, is_mariadb=self._is_mariadb):
            self.query(one)
        self._is_dirty = True

    def sqlalchemy(self) -> sa.Connection:
        if self._bound is None:
            from mig.runner.binding import bind

            self._bound = bind("mysql+pymysql://", self._connection, self.in_transaction)
        self._is_dirty = True
        self._all_roll_back = None
        return self._bound

    def has(self, kind: str, name: tuple[str, ...]) -> bool | None:
        if (
            kind not in _HAS
            or len(name) not in (_PARTS[kind], _PARTS[kind] + 1)
            or not self._has_atomic_ddl()
        ):
            return None
        schema, *rest = name if len(name) > _PARTS[kind] else (self._database, *name)
        texts = [_quoted_text(part) for part in rest]
        return bool(self.query(_HAS[kind].format(*texts, schema=_quoted_text(schema))))

    def _has_atomic_ddl(self) -> bool:
        """Whether a statement cut off in the middle has run wholly or not at all."""
        said = str(self.query("SELECT version()")[0][0])
        found = re.match(r"(\d+)\.(\d+)", said)
        version = (int(found[1]), int(found[2])) if found else (0, 0)
        return version >= ((10, 6) if "mariadb" in said.lower() else (8, 0))

    def leftover(self, index: tuple[str, ...]) -> str:
        return ""

    def close(self) -> None:
        if self._connection.open:
            self._connection.close()


def mariadb() -> MariadbDialect:
    return MariadbDialect("mariadb")


def mysql() -> MariadbDialect:
    return MariadbDialect("mysql")


def _limits(settings: Settings, *, is_mariadb: bool) -> list[str]:
    wait = -(-milliseconds(settings.lock_timeout) // 1000) or _FOREVER
    limit = milliseconds(settings.statement_timeout)
    return [
        "SET SESSION time_zone = '+00:00'",
        f"SET SESSION lock_wait_timeout = {wait}",
        f"SET SESSION innodb_lock_wait_timeout = {wait}",
        f"SET SESSION max_statement_time = {limit / 1000:.3f}"
        if is_mariadb
        else f"SET SESSION max_execution_time = {limit}",
    ]


def _quoted_text(text: str) -> str:
    return f"CONVERT(x'{text.encode().hex()}' USING utf8mb4)"


def _aware(value: object) -> object:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _line_start(sql: str, line: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = sql.find("\n", start) + 1
    return start
