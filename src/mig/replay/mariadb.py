"""Replay on MariaDB or MySQL: each order in a database made anew, since DDL cannot be rolled back there."""

from __future__ import annotations

import atexit
import contextlib
import re
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

import pymysql
from pymysql.constants import CLIENT

from mig.errors import RunnerError
from mig.replay.guard import find_reach
from mig.replay.mariadb_image import query_all, read_image, read_settings, read_views, say
from mig.replay.outcome import Failure, Outcome
from mig.runner.url import safe_url, scrub, secrets_of
from mig.schema.mariadb import read_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mig.replay.mariadb_image import Connection
    from mig.schema.image import SchemaImage

_SECONDS = 30.0  # for one statement
_DEFINER = re.compile(
    r"(\A\s*(?:create|alter)\b[^;']*?)\bdefiner\s*=\s*(?:'[^']*'|`[^`]*`|[\w.]+)(?:\s*@\s*(?:'[^']*'|`[^`]*`|[\w.%]+))?",
    re.IGNORECASE,
)
# Every run has a clock of its own, so that what depends on the clock differs from run to run.
_EPOCH, _SCRIPT_SECONDS, _RUN_SECONDS, _CLOCKS = 1_600_000_000, 60, 3600, 50_000
_DENIED = frozenset({1044, 1142, 1227, 1396})


class MariadbReplay:
    """A throwaway database on a server that is otherwise left alone.

    Args:
        url: of the server, for an account that may create databases.  The one that is made has a name
            that begins with ``mig_replay_``, and is dropped at the end, however that comes about.  Where
            the account may create others, the scripts run under one that has rights on that database
            alone and is dropped with it; nothing else is touched.
        seconds: after which a statement is cancelled.
        confined: go no further where no such account can be made.

    Raises:
        RunnerError: on entry, if the server cannot be reached, or the account cannot be made.
    """

    dialect = "mariadb"

    def __init__(self, url: str, *, seconds: float = _SECONDS, confined: bool = False) -> None:
        self._url = url
        self._confined = confined
        self._seconds = seconds
        self._name = f"mig_replay_{secrets.token_hex(6)}"
        self._account: tuple[str, str, str] | None = None  # user, host, password
        self._base: tuple[str, ...] = ()
        self._views: dict[str, str] = {}
        self._runs = 0
        self._said_version = ""
        self._server: Connection | None = None
        self._tls: dict[str, Any] = {}  # arguments of several types, for the driver
        self._looks: Connection | None = None
        self._open: set[int] = set()  # ids of the scripts' sessions, which the server must not go on with

    @property
    def version(self) -> str:
        found = re.match(r"[\d.]+", self._said_version)
        name = "MariaDB" if "mariadb" in self._said_version.lower() else "MySQL"
        return f"{name} {found[0] if found else ''}".strip()

    def __enter__(self) -> Self:
        self._server = self._connect()
        atexit.register(self._remove_at_exit)
        self._said_version = str(query_all(self._server, ["SELECT version()"])[0].rows[0][0])
        try:
            self._make_account(self._server)
        except RunnerError:
            self._server.close()
            self._server = None
            raise
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()
        atexit.unregister(self._remove_at_exit)

    def build(self, statements: Sequence[str]) -> Failure | None:
        """Keep the base and see that it can be made; what failed, or None."""
        self._base = tuple(statements)
        failure = self.run((), {}).failure
        self._views = {} if failure else read_views(self._reader())
        return failure

    def extend(self, statements: Sequence[str]) -> Failure | None:
        """Add to the base; what failed, or None."""
        before = len(self._base)
        failure = self.build((*self._base, *statements))
        return replace(failure, statement=max(failure.statement - before, 0)) if failure else None

    def schema(self) -> SchemaImage:
        """The schema of the base, in the database that building it has left."""
        return read_schema(lambda queries: query_all(self._reader(), queries))

    def run(
        self, order: Sequence[str], scripts: Mapping[str, Sequence[str]], *, apart: bool = False
    ) -> Outcome:
        """Run scripts, named by ``order``, after the base in a database of their own and in one session."""
        self._runs += 1
        try:
            return self._run_anew(order, scripts)
        except pymysql.MySQLError as error:
            raise self._cut_off(error) from None

    def _run_anew(self, order: Sequence[str], scripts: Mapping[str, Sequence[str]]) -> Outcome:
        failure = self._rebuild()
        if failure is not None:
            return Outcome(order=tuple(order), failure=failure)
        with self._session() as session:
            start = _EPOCH + (1 + self._runs % _CLOCKS) * _RUN_SECONDS
            for at, name in enumerate(order):
                failure = self._run(session, name, scripts[name], clock=start + at * _SCRIPT_SECONDS)
                if failure is not None:
                    return Outcome(order=tuple(order), failure=failure)
            settings = read_settings(session)
        return Outcome(order=tuple(order), image=read_image(self._reader(), settings, self._views))

    def _rebuild(self) -> Failure | None:
        """Make the base anew: all in one go, and statement by statement where something fails."""
        self._execute(
            f"DROP DATABASE IF EXISTS {self._name};\nCREATE DATABASE {self._name} CHARACTER SET utf8mb4"
        )
        reader = self._reader()
        if any(find_reach(text, self.dialect) for text in self._base) or any(
            answer.error
            for answer in query_all(reader, [f"SET timestamp = {_EPOCH}", *map(self._own, self._base)])
        ):
            self._execute(f"DROP DATABASE {self._name};\nCREATE DATABASE {self._name} CHARACTER SET utf8mb4")
            with self._session() as session:
                return self._run(session, "base", self._base, clock=_EPOCH)
        return None

    def _reader(self) -> Connection:
        """A session that looks at what is there, under none of the scripts' settings."""
        if self._looks is None:
            self._looks = self._connect(self._account)
        self._looks.select_db(self._name)
        query_all(
            self._looks,
            [
                f"SET {name} = DEFAULT"
                for name in ("sql_mode", "foreign_key_checks", "check_constraint_checks")
            ],
        )
        return self._looks

    def _run(
        self, session: Connection, name: str, statements: Sequence[str], *, clock: int
    ) -> Failure | None:
        with session.cursor() as cursor:
            cursor.execute(f"SET timestamp = {clock}")
        for number, text in enumerate(statements):
            message = find_reach(text, self.dialect) or self._say_of(session, text)
            if message:
                return Failure(script=name, statement=number, text=text, message=message)
        with session.cursor() as cursor:
            cursor.execute("COMMIT")
        return None

    def _say_of(self, session: Connection, text: str) -> str:
        try:
            with session.cursor() as cursor:
                cursor.execute(self._own(text))
        except pymysql.MySQLError as error:
            return say(error)
        return ""

    def _own(self, text: str) -> str:
        """A statement without its definer: the account of a throwaway database may name no other."""
        return _DEFINER.sub(r"\1", text, count=1) if self._account else text

    @contextlib.contextmanager
    def _session(self) -> Iterator[Connection]:
        session = self._connect(self._account, self._name, client_flag=0)
        number = int(str(query_all(session, ["SELECT connection_id()"])[0].rows[0][0]))
        self._open.add(number)
        yield session
        # Not reached after an error: what is cut off in the middle of a statement is killed at the end.
        session.close()
        self._open.discard(number)

    def _connect(
        self,
        account: tuple[str, str, str] | None = None,
        database: str | None = None,
        client_flag: int = CLIENT.MULTI_STATEMENTS,
    ) -> Connection:
        parts = urlsplit(self._url)
        user, password = (
            (account[0], account[2])
            if account
            else (unquote(parts.username or ""), unquote(parts.password or ""))
        )
        try:
            connection = pymysql.connect(
                host=parts.hostname or "127.0.0.1",
                port=parts.port or 3306,
                user=user,
                password=password,
                database=database,
                charset="utf8mb4",
                autocommit=True,
                connect_timeout=10,
                client_flag=client_flag,
                **self._tls,
                read_timeout=int(self._seconds) + 10,
            )
        except pymysql.MySQLError as error:
            said = scrub(say(error), secrets_of(self._url))
            hint = "replay needs a server on which it may create and drop databases of its own"
            raise RunnerError(f"{safe_url(self._url)} cannot be reached: {said}", hint=hint) from None
        self._tls = self._tls or _tls_of(connection)
        _limit(connection, self._seconds)
        return connection

    def _make_account(self, server: Connection) -> None:
        with server.cursor() as cursor:
            cursor.execute("SELECT current_user()")
            host = str((cursor.fetchone() or ("%",))[0]).rpartition("@")[2]
            account = (self._name, host, secrets.token_hex(16))
            try:
                cursor.execute("CREATE USER %s@%s IDENTIFIED BY %s", account)
                self._account = account
                cursor.execute(f"GRANT ALL ON {self._name}.* TO %s@%s", account[:2])
            except pymysql.MySQLError as error:
                self._drop_account(server)
                if error.args[0] not in _DENIED:
                    raise self._cut_off(error) from None
                if self._confined:
                    hint = (
                        "replay runs scripts under an account of their own: GRANT CREATE USER ON *.*, and ALL"
                    )
                    hint += " ON `mig\\_replay\\_%`.* WITH GRANT OPTION"
                    message = f"{safe_url(self._url)} lets replay make no account: {say(error)}"
                    raise RunnerError(scrub(message, secrets_of(self._url)), hint=hint) from None

    def _drop_account(self, server: Connection) -> None:
        if self._account is not None:
            with server.cursor() as cursor:
                cursor.execute("DROP USER IF EXISTS %s@%s", self._account[:2])
            self._account = None

    def _remove_at_exit(self) -> None:
        # With the server gone there is nothing to drop, and nobody to tell.
        with contextlib.suppress(RunnerError):
            self._remove()

    def _remove(self) -> None:
        """Drop what was made, over a connection of its own: the first may be in the middle of something."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        if self._looks is not None:
            self._looks.close()
            self._looks = None
        server = self._connect()
        with server.cursor() as cursor:
            for session in self._open:
                with contextlib.suppress(pymysql.MySQLError):  # it may have ended by itself
                    cursor.execute(f"KILL {session}")
            cursor.execute(f"DROP DATABASE IF EXISTS {self._name}")
        self._drop_account(server)
        server.close()

    def _execute(self, statement: str) -> None:
        if self._server is None:
            raise AssertionError("the replay is not entered")
        try:
            with self._server.cursor() as cursor:
                cursor.execute(statement)
                while cursor.nextset():
                    pass
        except pymysql.MySQLError as error:
            raise self._cut_off(error) from None

    def _cut_off(self, error: pymysql.MySQLError) -> RunnerError:
        said = scrub(say(error), secrets_of(self._url))
        hint = "replay needs a server that stays up, and an account that may create databases of its own"
        return RunnerError(f"{safe_url(self._url)} cut replay off: {said}", hint=hint)


def _tls_of(connection: Connection) -> dict[str, Any]:
    """How to connect the way a connection is: making a new context each time costs more than a replay."""
    context = getattr(connection, "ctx", None)
    if context is None:
        return {}
    has_tls = getattr(connection, "server_capabilities", 0) & CLIENT.SSL
    return {"ssl": context} if has_tls else {"ssl_disabled": True}


def _limit(connection: Connection, seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_wait_timeout = {max(1, int(seconds))}")
        with contextlib.suppress(pymysql.MySQLError):  # MySQL has no limit but for SELECT
            cursor.execute(f"SET max_statement_time = {seconds}")
