"""What tests of replay share: a replay on each database, and a look at what is on its server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from mig.replay.mariadb import MariadbReplay
from mig.replay.pair import replay_pair
from mig.replay.postgresql import PostgresqlReplay
from mig.replay.sqlite import SqliteReplay
from mig.sqltext.split import split

if TYPE_CHECKING:
    from mig.replay.pair import PairOutcome, Replay

BASE = """
CREATE TABLE users (id integer PRIMARY KEY, email varchar(60), name varchar(40));
CREATE TABLE teams (id integer PRIMARY KEY, title varchar(40));
CREATE VIEW names AS SELECT id, name FROM users;
INSERT INTO users VALUES (1, 'a@x.org', 'ann'), (2, 'b@x.org', NULL);
"""


def open_replay(database: str, url: str, seconds: float = 30) -> Replay:
    if database == "sqlite":
        return SqliteReplay(seconds=seconds)
    kind = PostgresqlReplay if database == "postgresql" else MariadbReplay
    return kind(url, seconds=seconds)


def statements(text: str, database: str) -> list[str]:
    return [statement.text for statement in split(text, database).statements]


def replay(database: str, url: str, a: str, b: str, base: str = BASE) -> PairOutcome:
    with open_replay(database, url) as opened:
        assert opened.build(statements(base, database)) is None
        return replay_pair(opened, statements(a, database), statements(b, database))


def query(url: str, text: str) -> list[str]:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        return sorted(str(row[0]) for row in connection.exec_driver_sql(text))


def leftovers(database: str, url: str) -> list[str]:
    """The databases and accounts that replay has made and not dropped."""
    if database == "postgresql":
        return query(url, "SELECT datname FROM pg_database WHERE datname LIKE 'mig\\_replay\\_%%'")
    return query(
        url,
        "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'mig\\_replay\\_%%'"
        " UNION ALL SELECT user FROM mysql.user WHERE user LIKE 'mig\\_replay\\_%%'",
    )
