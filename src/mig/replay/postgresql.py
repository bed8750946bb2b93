"""Replay on PostgreSQL: each order in a transaction that is rolled back, or in a copy of a template."""

from __future__ import annotations

import atexit
import contextlib
import re
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from mig.errors import RunnerError
from mig.replay.guard import find_reach
from mig.replay.outcome import Failure, Outcome
from mig.replay.postgresql_image import prepare, read_image, read_names, read_sequences, say
from mig.runner.url import safe_url, scrub, secrets_of
from mig.schema.postgresql import read_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mig.replay.postgresql_image import Connection, Names, Sequences
    from mig.schema.image import SchemaImage

_SECONDS = 30.0  # for one statement
_RENEW = 500  # orders, after which what was rolled back makes the catalogue slow
_SCHEME = re.compile(r"\w+(?:\+\w+)?://")
# Ends or binds a transaction, or lasts until its end: what a script does to a transaction that it shares.
_OWN_TRANSACTION = re.compile(
    r"\s*(begin|start|commit|end|rollback|abort|prepare|deallocate|discard|call)\b"
    r"|.*\b(set\s+(local|transaction|constraints)|set_config|on\s+commit|pg_advisory_xact\w*)\b",
    re.IGNORECASE | re.DOTALL,
)
# What a statement says that cannot run in the transaction of others: not in a transaction at all, a new
# value of an enum, a COMMIT in a procedure, deferred triggers that are still to run.
_NEEDS_COPY = frozenset({"25001", "55P04", "2D000", "55006"})
_DEFERRED = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(k.conname)
FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE k.condeferred
"""
_FORGET = "DISCARD SEQUENCES; UNLISTEN *; SELECT pg_advisory_unlock_all()"


class _NeedsCopyError(Exception):
    """A script cannot share a transaction with others."""


class _SoiledError(_NeedsCopyError):
    """A script has ended the transaction that would have been rolled back."""


class PostgresqlReplay:
    """A throwaway database on a server that is otherwise left alone.

    Args:
        url: of any database of the server, for a role that may create databases, best one that is no
            superuser.  Databases are made with names that begin with ``mig_replay_`` and dropped at
            the end, however that comes about; nothing else is touched.
        seconds: after which a statement is cancelled.
        confined: run the scripts under a role that is made for them, owns the throwaway databases and
            may do nothing else on the server, so that nothing in them can reach beyond.

    Raises:
        RunnerError: on entry, if the server cannot be reached, or the role cannot be made.
    """

    dialect = "postgresql"

    def __init__(self, url: str, *, seconds: float = _SECONDS, confined: bool = False) -> None:
        self._url = url
        self._password = secrets.token_hex(16) if confined else ""
        self._secrets = secrets_of(url)
        limit = int(seconds * 1000)
        # Compiling the catalogue's queries takes several times as long as running them.
        self._options = f"-c statement_timeout={limit} -c lock_timeout={limit} -c jit=off"
        self._name = f"mig_replay_{secrets.token_hex(6)}"
        self._base: tuple[str, ...] = ()
        self._held: tuple[str, ...] = ()
        self._names: Names = {}
        self._sequences: Sequences = {}
        self._runs = 0
        self._server: Connection | None = None
        self._session: Connection | None = None

    @property
    def version(self) -> str:
        number = self._server.info.server_version if self._server else 0
        return f"PostgreSQL {number // 10_000}.{number % 10_000}"

    def __enter__(self) -> Self:
        self._server = self._connect("")
        atexit.register(self._remove_at_exit)
        if self._password:
            try:
                self._make_role(self._server)
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
        """Make the base; what failed, or None."""
        self._base = tuple(statements)
        reaches = any(find_reach(text, self.dialect) for text in self._base)
        # A base that makes roles is never committed: it is made again in the transaction of each run.
        self._held = self._base if reaches else ()
        failure = self._rebuild()
        return failure or (self.run((), {}).failure if self._held else None)

    def extend(self, statements: Sequence[str]) -> Failure | None:
        """Add to the base; what failed, or None."""
        if self._held or any(find_reach(text, self.dialect) for text in statements):
            before = len(self._base)
            failure = self.build((*self._base, *statements))
            return replace(failure, statement=max(failure.statement - before, 0)) if failure else None
        self._base += tuple(statements)
        return self._add(statements)

    def schema(self) -> SchemaImage:
        """The schema of the base; what is never committed is made for the time of looking."""
        try:
            with contextlib.closing(self._connect(self._name)) as connection:
                connection.execute("BEGIN")
                for text in self._held:
                    connection.execute(text.encode())
                return read_schema(lambda query: connection.execute(query.encode()).fetchall())
        except psycopg.Error as error:
            raise self._cut_off(error) from None

    def run(
        self, order: Sequence[str], scripts: Mapping[str, Sequence[str]], *, apart: bool = False
    ) -> Outcome:
        """Run scripts, named by ``order``, in one session on the base, and leave the base as it was.

        Everything happens in one transaction that is rolled back, which costs a tenth of copying
        the database; what cannot run in one is run in a copy, where each statement commits.
        """
        texts = [text for name in order for text in scripts[name]]
        try:
            if not apart and not any(_OWN_TRANSACTION.match(text) for text in texts):
                with contextlib.suppress(_NeedsCopyError):
                    return self._run_and_roll_back(order, scripts)
            return self._run_in_copy(order, scripts)
        except psycopg.Error as error:
            self._close_session()
            raise self._cut_off(error) from None

    def _rebuild(self) -> Failure | None:
        self._close_session()
        self._drop(self._name)
        self._make(self._name, "template0")
        return self._add(() if self._held else self._base)

    def _add(self, statements: Sequence[str]) -> Failure | None:
        with contextlib.closing(self._connect(self._name)) as connection:
            failure = _run_apart(connection, "base", statements)
            if failure is None:
                prepare(connection)
                self._sequences = read_sequences(connection)
                self._names = read_names(connection)
        return failure

    def _run_and_roll_back(self, order: Sequence[str], scripts: Mapping[str, Sequence[str]]) -> Outcome:
        self._runs += 1
        if self._runs % _RENEW == 0:
            self._rebuild()
        if self._session is None or self._session.closed:
            self._session = self._connect(self._name)
            prepare(self._session)
        session = self._session
        try:
            session.execute("BEGIN")
            failure = _run_inside(session, "base", self._held) if self._held else None
            if failure is not None:
                return Outcome(order=tuple(order), failure=failure)
            failure = _run_together(session, order, scripts)
            if failure is not None:
                return Outcome(order=tuple(order), failure=failure)
            image = read_image(session, self._names)
        except _SoiledError:
            self._rebuild()
            raise
        finally:
            if not session.closed:
                self._reset(session)
        return Outcome(order=tuple(order), image=image, shared=True)

    def _reset(self, session: Connection) -> None:
        """Take everything back; what was given out by a sequence does not come back by itself."""
        if session.info.transaction_status != TransactionStatus.IDLE:
            session.execute("ROLLBACK")
        session.execute(_FORGET)
        if not self._sequences:
            return
        for (schema, name), (value, called) in _changed(self._sequences, session):
            place = sql.Identifier(schema, name).as_string(session)
            session.execute("SELECT setval(%s::regclass, %s, %s)", (place, value, called))

    def _run_in_copy(self, order: Sequence[str], scripts: Mapping[str, Sequence[str]]) -> Outcome:
        if self._held:
            return Outcome(order=tuple(order), failure=_refusal(self._held))
        copy = f"{self._name}_copy"
        self._close_session()  # a template must have no sessions
        self._drop(copy)
        self._make(copy, self._name)
        try:
            with contextlib.closing(self._connect(copy)) as connection:
                for name in order:
                    failure = _run_script(connection, name, scripts[name])
                    if failure is not None:
                        return Outcome(order=tuple(order), failure=failure)
                prepare(connection)
                connection.execute("BEGIN")
                return Outcome(order=tuple(order), image=read_image(connection, self._names))
        finally:
            self._drop(copy)

    def _connect(self, database: str) -> Connection:
        try:
            given = psycopg.conninfo.conninfo_to_dict(_SCHEME.sub("postgresql://", self._url, count=1))
            if database and self._password:
                given |= {"user": self._name, "password": self._password}
            if database:
                given |= {"dbname": database, "options": f"{given.get('options', '')} {self._options}"}
            conninfo = psycopg.conninfo.make_conninfo("", **given, client_encoding="UTF8")
            return psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
        except psycopg.Error as error:
            said = scrub(say(error), self._secrets)
            hint = "replay needs a server on which it may create and drop databases of its own"
            if database and self._password:
                hint = "replay logs in as a role that it makes, with a password: pg_hba.conf must allow that"
            raise RunnerError(f"{safe_url(self._url)} cannot be reached: {said}", hint=hint) from None

    def _make_role(self, server: Connection) -> None:
        role = sql.Identifier(self._name)
        try:
            server.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(self._password))
            )
            # Whoever is no superuser gives a database only to a role that it is a member of.
            server.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
        except psycopg.Error as error:
            with contextlib.suppress(psycopg.Error):  # it may not have come to be
                server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
            said = scrub(say(error), self._secrets)
            hint = "replay runs scripts under a role of their own: ALTER ROLE ... CREATEDB CREATEROLE"
            raise RunnerError(f"{safe_url(self._url)} lets replay make no role: {said}", hint=hint) from None

    def _close_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _remove_at_exit(self) -> None:
        # With the server gone there is nothing to drop, and nobody to tell.
        with contextlib.suppress(RunnerError):
            self._remove()

    def _remove(self) -> None:
        """Drop what was made; a second connection where the first was cut off in the middle of something."""
        self._close_session()
        if self._server is None:
            return
        if self._server.closed or self._server.info.transaction_status != TransactionStatus.IDLE:
            self._server.close()
            self._server = self._connect("")
        self._drop(f"{self._name}_copy")
        self._drop(self._name)
        if self._password:
            self._execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(self._name)))
        self._server.close()
        self._server = None

    def _make(self, name: str, template: str) -> None:
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
        if self._password:
            make += sql.SQL(" OWNER {}").format(sql.Identifier(self._name))
        self._execute(make)

    def _drop(self, name: str) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        if self._server is None:
            raise AssertionError("the replay is not entered")
        try:
            self._server.execute(statement)
        except psycopg.Error as error:
            raise self._cut_off(error) from None

    def _cut_off(self, error: psycopg.Error) -> RunnerError:
        said = scrub(say(error), self._secrets)
        hint = "replay needs a server that stays up, and a role that may create and drop databases of its own"
        return RunnerError(f"{safe_url(self._url)} cut replay off: {said}", hint=hint)


def _run_together(
    session: Connection, order: Sequence[str], scripts: Mapping[str, Sequence[str]]
) -> Failure | None:
    begun = session.execute("SELECT pg_current_xact_id()").fetchone()
    for name in order:
        failure = _run_inside(session, name, scripts[name]) or _settle(session, name, scripts[name])
        if failure is not None:
            return failure
    if session.execute("SELECT pg_current_xact_id()").fetchone() != begun:
        raise _SoiledError
    return None


def _run_script(connection: Connection, name: str, statements: Sequence[str]) -> Failure | None:
    """Run a script in a transaction of its own, as runners do, or by statements where it cannot be in one."""
    if any(_OWN_TRANSACTION.match(text) for text in statements):
        return _run_apart(connection, name, statements)
    connection.execute("BEGIN")
    try:
        failure = _run_inside(connection, name, statements, undone=False)
    except _NeedsCopyError:
        connection.execute("ROLLBACK")
        return _run_apart(connection, name, statements)
    if failure is not None:
        return failure
    message = _commit(connection, "COMMIT")
    return _failed_commit(name, statements, message) if message else None


def _run_inside(
    session: Connection, name: str, statements: Sequence[str], *, undone: bool = True
) -> Failure | None:
    for number, text in enumerate(statements):
        reach = find_reach(text, "postgresql", undone=undone)
        if reach:
            return Failure(script=name, statement=number, text=text, message=reach)
        try:
            session.execute(text.encode())
        except psycopg.Error as error:
            if error.sqlstate in _NEEDS_COPY:
                raise _NeedsCopyError from error
            return Failure(script=name, statement=number, text=text, message=say(error))
        if session.info.transaction_status != TransactionStatus.INTRANS:
            raise _SoiledError
    return None


def _settle(session: Connection, name: str, statements: Sequence[str]) -> Failure | None:
    """Check what a commit would check, and defer again what was deferred."""
    deferred = [str(row[0]) for row in session.execute(_DEFERRED)]
    if not deferred:
        return None
    try:
        session.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.Error as error:
        return _failed_commit(name, statements, say(error))
    session.execute(f"SET CONSTRAINTS {', '.join(deferred)} DEFERRED".encode())
    return None


def _run_apart(connection: Connection, name: str, statements: Sequence[str]) -> Failure | None:
    for number, text in enumerate(statements):
        message = find_reach(text, "postgresql") or _commit(connection, text)
        if message:
            return Failure(script=name, statement=number, text=text, message=message)
    if connection.info.transaction_status == TransactionStatus.IDLE:
        return None
    message = _commit(connection, "COMMIT")
    return _failed_commit(name, statements, message) if message else None


def _failed_commit(name: str, statements: Sequence[str], message: str) -> Failure:
    return Failure(script=name, statement=len(statements) - 1, text=statements[-1], message=message)


def _commit(connection: Connection, text: str) -> str:
    try:
        connection.execute(text.encode())
    except psycopg.Error as error:
        return say(error)
    return ""


def _refusal(held: Sequence[str]) -> Failure:
    """Why nothing can be committed after a base that must not be."""
    reasons = [(at, text, find_reach(text, "postgresql")) for at, text in enumerate(held)]
    number, text, message = next(reason for reason in reasons if reason[2])
    return Failure(script="base", statement=number, text=text, message=message)


def _changed(known: Sequences, session: Connection) -> Iterable[tuple[tuple[str, str], tuple[int, bool]]]:
    now = read_sequences(session)
    return [(name, state) for name, state in known.items() if now.get(name) != state]
