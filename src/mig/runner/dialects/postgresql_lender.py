"""Few connections for many schemas of one PostgreSQL database, each used for one schema after the other."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from mig.runner.dialects import StatementError
from mig.runner.dialects.postgresql import PostgresqlDialect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.runner.dialects import Settings
    from mig.runner.dialects.postgresql import PostgresqlSession


class SchemaLender:
    """Lends sessions of one database; there are never more than are lent at one time."""

    def __init__(self) -> None:
        self._idle: list[PostgresqlSession] = []  # append and pop are atomic: threads share it

    @contextmanager
    def lend(self, url: str, settings: Settings) -> Iterator[PostgresqlSession]:
        """A session that is in no other hands."""
        session = self._take(url, settings)
        try:
            yield session
        finally:
            self._put_back(session)

    def _take(self, url: str, settings: Settings) -> PostgresqlSession:
        with suppress(IndexError):  # there is none, or another thread was first
            session = self._idle.pop()
            try:
                session.move(url, settings)
            except StatementError:  # the server has ended it meanwhile
                session.close()
            else:
                return session
        return PostgresqlDialect().connect(url, settings)

    def _put_back(self, session: PostgresqlSession) -> None:
        with suppress(StatementError):
            if session.give_back():
                self._idle.append(session)
                return
        session.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
