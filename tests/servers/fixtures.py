"""The fixtures that give a test a database of its own on a real server, or skip it with the reason.

A server is started when the first test asks for it, once for each worker.  ``MIG_TEST_POSTGRESQL_URL``
and ``MIG_TEST_MARIADB_URL`` name servers to use instead; ``MIG_REQUIRE_DATABASES=postgresql,mariadb``
turns the skip into a failure.
"""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.servers import mariadb, postgresql
from tests.servers.process import ServerUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tests.servers.process import Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An empty database; ``url`` is SQLAlchemy's, with the driver, ``plain_url`` the one without."""

    name: str
    url: str
    plain_url: str


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The URL of a PostgreSQL server, as its superuser and in SQLAlchemy's form."""
    with server_url("postgresql", postgresql.find_binaries, postgresql.start_server) as url:
        yield url


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[Database]:
    """A PostgreSQL database of the test's own; what is still connected to it at the end is thrown out."""
    with fresh_database(postgresql_url, "TEMPLATE template0", "WITH (FORCE)") as database:
        yield database


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """The URL of a MariaDB server, as an account with all rights and in SQLAlchemy's form."""
    with server_url("mariadb", mariadb.find_binaries, mariadb.start_server) as url:
        yield url


@pytest.fixture
def mariadb_database(mariadb_url: str) -> Iterator[Database]:
    """A MariaDB database of the test's own."""
    with fresh_database(mariadb_url, "CHARACTER SET utf8mb4") as database:
        yield database


@contextmanager
def server_url(
    kind: str, find: Callable[[], Iterable[Path]], start: Callable[[Path], Server]
) -> Iterator[str]:
    """The URL of a server of this kind: the one that the environment names, or one that is started."""
    given = os.environ.get(f"MIG_TEST_{kind.upper()}_URL")
    if given:
        yield _with_driver(given)
        return
    server = _start_first(kind, find(), start)
    try:
        yield server.url
    finally:
        server.stop()


def _start_first(kind: str, found: Iterable[Path], start: Callable[[Path], Server]) -> Server:
    reasons = [f"no {kind} server: MIG_TEST_{kind.upper()}_URL is not set"]
    for binaries in found:
        try:
            return start(binaries)
        except ServerUnavailableError as error:
            reasons.append(": ".join((str(binaries), str(error), *getattr(error, "__notes__", ()))))
    if len(reasons) == 1:
        reasons.append("no server programs found on the machine")
    return give_up(kind, "; ".join(reasons))


def give_up(kind: str, reason: str) -> NoReturn:
    """Skip what needs this kind of server, or fail where it is required."""
    if kind in os.environ.get("MIG_REQUIRE_DATABASES", "").split(","):
        pytest.fail(f"MIG_REQUIRE_DATABASES names {kind}, but {reason}", pytrace=False)
    pytest.skip(reason)


@contextmanager
def fresh_database(server_url: str, create: str = "", drop: str = "") -> Iterator[Database]:
    """A new database; ``create`` and ``drop`` end the statements that make and remove it."""
    import sqlalchemy as sa

    engine = sa.create_engine(server_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    name = f"mig_test_{secrets.token_hex(6)}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} {create}")
    url = engine.url.set(database=name)
    plain = url.set(drivername=url.get_backend_name())
    try:
        yield Database(
            name=name,
            url=url.render_as_string(hide_password=False),
            plain_url=plain.render_as_string(hide_password=False),
        )
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} {drop}")


def _with_driver(given: str) -> str:
    import sqlalchemy as sa

    drivers = {"mariadb": "mysql+pymysql", "mysql": "mysql+pymysql", "postgres": "postgresql+psycopg"}
    drivers |= {"postgresql": "postgresql+psycopg"}
    scheme, separator, rest = given.partition("://")
    url = sa.make_url(drivers.get(scheme, scheme) + separator + rest)
    return url.render_as_string(hide_password=False)
