"""Which throwaway database a dialect is replayed on, and which URLs are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mig.config import dialect_of_url
from mig.errors import RunnerError, UsageError
from mig.runner.url import safe_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mig.replay.pair import Growing

VARIABLE = "MIG_REPLAY_URL"
"""The environment variable that names the server where ``--replay`` is given without a URL."""

_EXAMPLES = {
    "postgresql": "postgresql://USER@HOST/postgres",
    "mariadb": "mariadb://USER@HOST",
    "mysql": "mysql://USER@HOST",
}
_PORTS = {"postgresql": 5432, "mysql": 3306}
_MEMORY = frozenset({"", "sqlite://", "sqlite:///:memory:"})
_LOCAL = frozenset({"", "127.0.0.1", "::1"})


def open_replay(
    dialect: str, url: str, environment: Mapping[str, str], *, configured: Iterable[str] = ()
) -> Growing:
    """A replay for SQL of a dialect, not entered yet.

    Args:
        dialect: ``postgresql``, ``sqlite``, ``mysql`` or ``mariadb``.
        url: of the server; empty: SQLite in memory, else what ``MIG_REPLAY_URL`` holds.  ``env:NAME`` is
            what that variable holds.
        environment: the process's environment.
        configured: the URLs of the databases that migrations are applied to, none of which is taken.

    Raises:
        UsageError: there is no URL, it is of another kind of database, or of a configured one.
        RunnerError: the driver is not installed.
    """
    if dialect == "sqlite":
        return _open_sqlite(url)
    found = _find_url(dialect, url, environment)
    kind = dialect_of_url(found)
    if _family(kind) != _family(dialect):
        raise UsageError(
            f"the migrations are {dialect}'s, and {safe_url(found)} is not such a database",
            hint=f"pass --replay {_EXAMPLES[dialect]}, or set dialect in [tool.mig]",
        )
    if any(_place(found) == _place(one) for one in configured if dialect_of_url(one)):
        raise UsageError(
            f"{safe_url(found)} is a configured database, which replay does not take",
            hint=f"name a server for tests, where replay makes databases of its own: {_EXAMPLES[dialect]}",
        )
    return _open_server(dialect, found)


def _open_sqlite(url: str) -> Growing:
    if url not in _MEMORY:
        raise UsageError(
            f"SQLite is replayed in memory, and not in {safe_url(url)}", hint="pass --replay without a URL"
        )
    from mig.replay.sqlite import SqliteReplay

    return SqliteReplay()


def _find_url(dialect: str, url: str, environment: Mapping[str, str]) -> str:
    name = url.removeprefix("env:") if url.startswith("env:") else VARIABLE
    found = environment.get(name, "") if url.startswith("env:") or not url else url
    if not found:
        raise UsageError(
            f"--replay needs a server for {dialect}, and {name} is not set",
            hint=f"pass --replay {_EXAMPLES[dialect]}, a server for tests, or set {name} to it",
        )
    return found


def _open_server(dialect: str, url: str) -> Growing:
    try:
        if dialect == "postgresql":
            from mig.replay.postgresql import PostgresqlReplay

            return PostgresqlReplay(url, confined=True)
        from mig.replay.mariadb import MariadbReplay
    except ImportError:
        driver, extra = ("psycopg", "postgresql") if dialect == "postgresql" else ("PyMySQL", "mysql")
        raise RunnerError(
            f"replay on {dialect} needs the driver {driver}, which is not installed",
            hint=f"pip install 'mig-db[{extra}]'",
        ) from None
    return MariadbReplay(url, confined=True)


def _family(dialect: str) -> str:
    return "mysql" if dialect == "mariadb" else dialect


def _place(url: str) -> tuple[str, str, int | None, str]:
    """What tells databases apart, whoever logs in and however."""
    family, parts = _family(dialect_of_url(url)), urlsplit(url)
    host = (parts.hostname or "").removeprefix("localhost")
    try:
        port = parts.port
    except ValueError:  # the driver says what is wrong with it
        port = None
    return family, "" if host in _LOCAL else host, port or _PORTS.get(family), parts.path.strip("/")
