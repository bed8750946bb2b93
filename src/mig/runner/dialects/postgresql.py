"""PostgreSQL: DDL inside transactions, advisory locks, schemas and roles; through psycopg 3."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.runner.dialects import ColumnTypes, ScriptStyle, StatementError
from mig.runner.identity import process_name
from mig.runner.url import safe_url, scrub, secrets_of

if TYPE_CHECKING:
    from types import ModuleType

    import psycopg
    import sqlalchemy as sa

    from mig.runner.dialects import Settings
    from mig.runner.waiting import Waiting

_SCHEME = re.compile(r"\w+(?:\+\w+)?://")
_CONNECT_SECONDS = 10
# The role first: a migration may have given up the right to write the history.
_AS_CONNECTED = "RESET SESSION AUTHORIZATION; RESET ROLE; "
_COMMENTS = r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
_JOINS = re.compile(
    _COMMENTS + r"(?:(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|COMMENT|TRUNCATE|GRANT|REVOKE)\b"
    r"|(?:CREATE|DROP)(?!\s+(?:DATABASE|TABLESPACE|SUBSCRIPTION))\b"
    r"|ALTER\s+(?:TABLE|INDEX|VIEW|MATERIALIZED|SEQUENCE|FUNCTION|SCHEMA|DOMAIN|POLICY|TRIGGER)\b)",
    re.IGNORECASE | re.DOTALL,
)
_STANDS_ALONE = re.compile(r"CONCURRENTLY|\bFINALIZE\b|\bTEMP", re.IGNORECASE)
_GIVES_AWAY = re.compile(r"advisory_unlock|\bDISCARD\b", re.IGNORECASE)
_ONE_SESSION = (
    "no migration may unlock it; through a pooler that shares sessions between transactions (PgBouncer), "
    "connect to the server itself; then run the command again"
)
_IS_THE_LOCK = """
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid = {high}::oid AND l.objid = {low}::oid
"""
_HOLDER_OF = "SELECT FROM pg_locks l" + _IS_THE_LOCK
_HOLDER = (
    """
SELECT a.pid, a.usename, a.application_name, coalesce(host(a.client_addr), 'local'),
       to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
"""
    + _IS_THE_LOCK
)
_PARTS = {"table": 1, "view": 1, "index": 1, "type": 1, "column": 2, "constraint": 2, "trigger": 2}
_CLASS = "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
_HAS = {
    "table": _CLASS + " WHERE n.nspname = {schema} AND c.relname = {0} AND c.relkind IN ('r', 'p', 'f')",
    "view": _CLASS + " WHERE n.nspname = {schema} AND c.relname = {0} AND c.relkind IN ('v', 'm')",
    "index": _CLASS + " WHERE n.nspname = {schema} AND c.relname = {0} AND c.relkind IN ('i', 'I')",
    "type": "SELECT 1 FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace"
    " WHERE n.nspname = {schema} AND t.typname = {0}",
    "column": _CLASS + " JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attnum > 0"
    " WHERE n.nspname = {schema} AND c.relname = {0} AND a.attname = {1}",
    "constraint": _CLASS + " JOIN pg_constraint k ON k.conrelid = c.oid"
    " WHERE n.nspname = {schema} AND c.relname = {0} AND k.conname = {1}",
    "trigger": _CLASS + " JOIN pg_trigger g ON g.tgrelid = c.oid"
    " WHERE n.nspname = {schema} AND c.relname = {0} AND g.tgname = {1}",
}
# lock_not_available, deadlock_detected, serialization_failure
_BUSY = frozenset({"55P03", "40P01", "40001"})
_BLOCKING = """
SELECT a.pid, a.usename, coalesce(nullif(a.application_name, ''), 'no name'),
       coalesce(host(a.client_addr), 'local'), a.state,
       round(extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.query_start))), a.query
FROM pg_stat_activity a WHERE a.pid = ANY (pg_blocking_pids({number})) ORDER BY a.xact_start
"""
_PROGRESS = """
SELECT phase || CASE WHEN blocks_total > 0 THEN ', ' || 100 * blocks_done / blocks_total || ' %'
       WHEN tuples_total > 0 THEN ', ' || 100 * tuples_done / tuples_total || ' %' ELSE '' END
FROM pg_stat_progress_create_index WHERE pid = {number}
"""
_COLUMNS = """
SELECT n.nspname, n.nspname = current_schema(), a.attname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relname = '{table}' AND c.relkind IN ('r', 'p') AND n.nspname = ANY (current_schemas(false))
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY n.nspname, a.attnum
"""


class PostgresqlDialect:
    name = "postgresql"
    blocking = _BLOCKING
    progress = _PROGRESS
    transactional_ddl = True
    locks_runs = True
    types = ColumnTypes(key="text", text="text", number="bigint", moment="timestamp with time zone")
    table_options = ""
    begin = "BEGIN"
    now = "clock_timestamp()"
    script = ScriptStyle(run_with="psql -v ON_ERROR_STOP=1 -f FILE")

    def connect(self, url: str, settings: Settings) -> PostgresqlSession:
        psycopg = _driver()
        secrets = secrets_of(url)
        try:
            conninfo = psycopg.conninfo.conninfo_to_dict(_SCHEME.sub("postgresql://", url, count=1))
            conninfo.setdefault("fallback_application_name", process_name())
            if "PGCONNECT_TIMEOUT" not in os.environ:
                conninfo.setdefault("connect_timeout", _CONNECT_SECONDS)
            # Prepared statements would be kept for SQL that runs once.
            connection = psycopg.connect(
                **{**conninfo, "client_encoding": "UTF8"}, autocommit=True, prepare_threshold=None
            )
        except psycopg.Error as error:
            raise _unreachable(url, error, secrets) from None
        session = PostgresqlSession(connection, secrets)
        session.start(url, settings)
        return session

    def literal(self, value: str | int | None) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, int):
            return str(value)
        # E'' reads the same whatever standard_conforming_strings is.
        return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"

    def moment(self, text: str) -> str:
        return self.literal(text)

    def joins_transaction(self, text: str) -> bool:
        return bool(_JOINS.match(text)) and not _STANDS_ALONE.search(text)


class PostgresqlSession:
    """A connection in autocommit mode; transactions are begun and ended by SQL."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]], secrets: tuple[str, ...]) -> None:
        self._connection = connection
        self._cursor = connection.cursor()  # one for all: making one takes a fifth of a statement's time
        self._secrets = secrets
        self._schema = ""
        self._is_chosen = False
        self._is_locked = False
        self._may_lose_lock = False
        self._backend: object = 0
        self._held = ""
        self._bound: sa.Connection | None = None
        self._set = self._reset = ""

    def start(self, url: str, settings: Settings, first: str = "") -> None:
        """Set the session up and learn where its tables go.

        Args:
            url: for messages.
            settings: what is to be set.
            first: SQL that is run before.

        Raises:
            RunnerError: the schema that tables would go to does not exist.
        """
        path = ", ".join(map(_quoted, settings.schemas))
        self._set = (
            f"SET lock_timeout = '{settings.lock_timeout}'; "
            f"SET statement_timeout = '{settings.statement_timeout}'; "
        ) + (f"SET search_path = {path}; " if path else "")
        self._reset = f"{_AS_CONNECTED}RESET ALL; SET client_encoding = 'UTF8'; {self._set}"
        schema = str(self.query(f"{first}{self._set}SELECT current_schema()")[0][0] or "")
        if not schema or schema != (settings.schemas or (schema,))[0]:
            self.close()
            hint = "create the schema, or name another one: ?options=-csearch_path%3DNAME"
            missing = f"no schema {settings.schemas[0]}" if path else "no schema of the search path exists"
            raise RunnerError(f"{missing} in {safe_url(url)}", hint=hint)
        self._schema = schema
        self._is_chosen = bool(path)

    def move(self, url: str, settings: Settings) -> None:
        """Go on with other settings, as a new session would."""
        self.start(url, settings, f"{_AS_CONNECTED}RESET ALL; ")

    def give_back(self) -> bool:
        """Release the lock; False where ``move`` would not make this session as good as a new one."""
        if self._connection.closed or self._bound is not None or self.in_transaction():
            return False
        if self._is_locked:
            self.execute(f"{_AS_CONNECTED}SELECT pg_advisory_unlock_all()")
            self._is_locked = False
        return True

    def execute(self, sql: str) -> None:
        # To look for the lock takes longer than a small migration, so it is not done each time.
        self._may_lose_lock = self._may_lose_lock or bool(_GIVES_AWAY.search(sql))
        self._run(sql)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        cursor = self._run(sql)
        while cursor.nextset():  # of several statements, the last one
            pass
        return cursor.fetchall()

    def _run(self, sql: str) -> psycopg.Cursor[tuple[object, ...]]:
        import psycopg

        try:
            return self._cursor.execute(sql)
        except psycopg.Error as error:
            raise self._refused(error) from None

    def _refused(self, error: psycopg.Error) -> StatementError:
        primary = error.diag.message_primary or str(error).partition("\n")[0]
        detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
        position = error.diag.statement_position
        return StatementError(
            scrub(primary + detail, self._secrets),
            offset=int(position) - 1 if position else -1,
            lost=self._connection.closed,
            busy=error.sqlstate in _BUSY,
        )

    def begin(self, waiting: Waiting) -> None:
        # A session of the server's own is the same one for as long as the connection is.  What asks for it
        # is a query, after which a migration can no longer choose how its transaction is isolated.
        if not self._is_locked or not self._may_lose_lock:
            self._run_whole(f"{self._reset}BEGIN")  # one round trip
            return
        cursor = self._run(f"{self._reset}SELECT pg_backend_pid(), {self._held}; BEGIN")
        while cursor.description is None and cursor.nextset():
            pass
        found = cursor.fetchall()
        if found != [(self._backend, True)]:
            self.rollback()
            now = found[0][0]
            how = f"server pid {now}, was {self._backend}" if now != self._backend else "it was given away"
            raise RunnerError(f"the lock that keeps other runners out was lost ({how})", hint=_ONE_SESSION)

    def commit(self, last: str) -> None:
        self._run_whole(f"{_AS_CONNECTED}{last}COMMIT")

    def _run_whole(self, sql: str) -> None:
        """Run what mig itself writes around a migration.

        libpq alone does it, four times as fast as through a cursor; an interrupt waits until it is done, and
        in the middle of a commit nobody would know what it has left.
        """
        import psycopg

        try:
            result = self._connection.pgconn.exec_(sql.encode())
            if result.status not in (psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK):
                raise psycopg.errors.error_from_result(result, encoding="utf-8")
        except psycopg.Error as error:
            raise self._refused(error) from None

    def rollback(self) -> None:
        if not self._connection.closed and self.in_transaction():
            self._abandon()
        if self._bound is not None and not self._connection.closed:
            self._bound.rollback()

    def _abandon(self) -> None:
        import contextlib

        # A connection that breaks here has nothing left to be rolled back.
        with contextlib.suppress(StatementError):
            self.execute("ROLLBACK")

    def in_transaction(self) -> bool:
        return bool(self._connection.info.transaction_status)

    def reset(self) -> None:
        self.execute(self._reset)

    def renew(self, waiting: Waiting) -> None:
        """Nothing: every transaction begins anew."""

    def acquire_lock(self, name: str, waiting: Waiting) -> None:
        key = _lock_key(self._connection.info.dbname, self._schema, name)
        self._held = f"EXISTS ({_HOLDER_OF.format(**_halves(key))} AND l.pid = pg_backend_pid())"
        self._backend, is_held = self.query(f"SELECT pg_backend_pid(), {self._held}")[0]
        # A pooler makes up the pid that it tells at the beginning.
        self._may_lose_lock = self._backend != self._connection.info.backend_pid
        if is_held:
            raise RunnerError("this session of the server has the lock of another runner", hint=_ONE_SESSION)
        waiting.until(
            lambda: bool(self.query(f"SELECT pg_try_advisory_lock({key})")[0][0]), lambda: self._holder(key)
        )
        self._is_locked = True

    def _holder(self, key: int) -> str:
        rows = self.query(_HOLDER.format(**_halves(key)))
        if not rows:
            return "it has just ended"
        pid, user, application, host, since = rows[0]
        name = application or "a session without a name"
        return f"{name}, user {user}, host {host}, server pid {pid}, since {since} UTC"

    def columns(self, table: str) -> tuple[str, ...]:
        found = self.query(_COLUMNS.format(table=table))
        if found and not self._is_chosen and not any(here for _, here, _ in found):
            raise RunnerError(
                f"the history is in schema {found[0][0]}, but new tables go to {self._schema}",
                hint="say which one is meant: ?options=-csearch_path%3DNAME at the end of the URL",
            )
        return tuple(str(name) for _, here, name in found if here)

    def read(self, table: str, query: str) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
        names = f"SELECT * FROM {self.qualify(table)} LIMIT 0; "  # noqa: S608 - qualified; the catalogue is dear
        try:
            return self._read(names + query)
        except StatementError:
            # Another runner may just have made it.
            return self._read(names + query) if self.columns(table) else ((), [])

    def _read(self, sql: str) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
        cursor = self._run(sql)
        columns = tuple(column.name for column in cursor.description or ())
        cursor.nextset()
        return columns, cursor.fetchall()

    def qualify(self, name: str) -> str:
        return f"{_quoted(self._schema)}.{name}"

    def version(self) -> int:
        return 0

    def all_roll_back(self) -> bool:
        return True

    def number(self) -> int:
        return self._connection.info.backend_pid

    def limit(self, lock: str, statement: str) -> None:
        self.execute(f"SET lock_timeout = '{lock}'; SET statement_timeout = '{statement}'")

    def sqlalchemy(self) -> sa.Connection:
        if self._bound is None:
            from mig.runner.binding import bind

            self._bound = bind("postgresql+psycopg://", self._connection, self.in_transaction)
        return self._bound

    def has(self, kind: str, name: tuple[str, ...]) -> bool | None:
        if kind not in _HAS or len(name) not in (_PARTS[kind], _PARTS[kind] + 1):
            return None
        # An index is made in the schema of its table, and everything else in the first one of the path.
        schema = "ANY (current_schemas(false))" if kind == "index" else "current_schema()"
        texts = [PostgresqlDialect().literal(part) for part in name]
        if len(name) > _PARTS[kind]:
            schema = texts.pop(0)
        return bool(self.query(_HAS[kind].format(*texts, schema=schema)))

    def leftover(self, index: tuple[str, ...]) -> str:
        *schema, name = (part.replace('"', '""') for part in index)
        shown = ".".join(f'"{part}"' for part in (*schema, name))
        where = f"indexrelid = to_regclass({PostgresqlDialect().literal(shown)}) AND NOT indisvalid"
        found = self.query(f"SELECT 1 FROM pg_index WHERE {where}")  # noqa: S608 - quoted
        return f"DROP INDEX CONCURRENTLY IF EXISTS {shown}" if found else ""

    def close(self) -> None:
        self._connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _driver() -> ModuleType:
    try:
        import psycopg
    except ImportError:
        hint = "pip install 'mig-db[postgresql]'"
        raise RunnerError("the driver for PostgreSQL (psycopg 3) is not installed", hint=hint) from None
    return psycopg


def _halves(key: int) -> dict[str, int]:
    return {"high": key >> 32 & 0xFFFFFFFF, "low": key & 0xFFFFFFFF}


def _lock_key(database: str, schema: str, name: str) -> int:
    """A signed 64-bit number for a history table, the same in every process."""
    digest = hashlib.blake2b(f"mig\0{database}\0{schema}\0{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _unreachable(url: str, error: psycopg.Error, secrets: tuple[str, ...]) -> RunnerError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = scrub(lines[0] if lines else type(error).__name__, secrets)
    if "password" in said or "authentication" in said:
        hint = "check user and password; PGPASSWORD and ~/.pgpass are read too"
    elif "does not exist" in said:
        hint = "create it first (createdb NAME), or check the URL"
    else:
        hint = "check that the server runs and that host, port and URL are right"
    return RunnerError(f"{safe_url(url)} cannot be reached: {said}", hint=hint)
