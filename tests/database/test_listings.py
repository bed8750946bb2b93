"""Python migrations that look at the keys and indexes of one table: which changes show in what they see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from mig.conflicts.closure import build_schema
from mig.conflicts.compare import compare_footprints
from mig.effects.footprint import Footprint
from mig.findings import Verdict
from mig.sources.python_operations import read_file
from tests.database.replaying import statements
from tests.matrix.score import read_footprint

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from mig.conflicts.compare import Comparison
    from tests.servers.fixtures import Database

BASE = """
CREATE TABLE regions (id INTEGER PRIMARY KEY, code INTEGER UNIQUE);
CREATE TABLE users (
  id INTEGER PRIMARY KEY, email VARCHAR(30), region INTEGER REFERENCES regions (id),
  CHECK (id > 0), UNIQUE (email)
);
CREATE TABLE logs (id INTEGER PRIMARY KEY, what VARCHAR(30));
CREATE INDEX ix_users_region ON users (region);
CREATE INDEX ix_logs_what ON logs (what);
"""
LISTINGS = ("get_foreign_keys", "get_pk_constraint", "get_indexes", "get_unique_constraints")
CHANGES = (
    "CREATE TABLE added (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES users (id))",
    "ALTER TABLE logs ADD COLUMN who INTEGER",
    "ALTER TABLE regions RENAME TO areas",
    "ALTER TABLE regions RENAME COLUMN id TO number",
    "ALTER TABLE users RENAME COLUMN email TO mail",
    "CREATE INDEX ix_users_email ON users (email)",
    "CREATE UNIQUE INDEX ix_logs_two ON logs (what, id)",
    "DROP INDEX ix_users_region",
    "DROP INDEX ix_logs_what",
    "DROP TABLE logs",
    "CREATE VIEW seen AS SELECT id FROM users",
    "INSERT INTO logs VALUES (1, 'x')",
)
ONLY_POSTGRESQL = (
    "DROP TABLE regions CASCADE",
    "ALTER TABLE regions DROP COLUMN id CASCADE",
    "ALTER TABLE users ADD CONSTRAINT again FOREIGN KEY (id) REFERENCES regions (code)",
    "ALTER TABLE logs ADD CONSTRAINT far FOREIGN KEY (id) REFERENCES users (id)",
    "ALTER TABLE users ALTER COLUMN email TYPE text",
)


def judge(listing: str, change: str, dialect: str) -> Comparison:
    text = (
        "import sqlalchemy as sa\nfrom alembic import op\n\ndef upgrade():\n"
        f"    seen = sa.inspect(op.get_bind()).{listing}('users')\n"
        "    for one in seen:\n        pass\n"
    )
    look = Footprint(operations=read_file(text.encode(), "upgrade", dialect))
    schema = build_schema([read_footprint(statements(BASE, dialect), dialect)], dialect)
    return compare_footprints(look, read_footprint(statements(change, dialect), dialect), schema, dialect)


def list_users(connection: Connection, listing: str) -> str:
    return str(sorted(map(str, _items(getattr(sa.inspect(connection), listing)("users")))))


def _items(found: object) -> list[object]:
    return list(found) if isinstance(found, list) else [found]


def shows(connection: Connection, listing: str, change: str) -> bool:
    """Whether a change shows in the list; the database is left as it was."""
    with connection.begin_nested() as point:
        before = list_users(connection, listing)
        connection.exec_driver_sql(change)
        after = list_users(connection, listing)
        point.rollback()
    return before != after


def hold(connection: Connection, changes: tuple[str, ...], dialect: str) -> dict[Verdict, int]:
    counts = dict.fromkeys(Verdict, 0)
    for statement in filter(str.strip, BASE.split(";")):
        connection.exec_driver_sql(statement)
    for listing in LISTINGS:
        for change in changes:
            verdict = judge(listing, change, dialect).verdict
            assert not (verdict is Verdict.COMMUTE and shows(connection, listing, change)), (listing, change)
            assert verdict is not Verdict.CONFLICT
            counts[verdict] += 1
    return counts


def test_what_shows_in_a_list_of_sqlite_is_not_said_to_commute() -> None:
    engine = sa.create_engine("sqlite://")

    @sa.event.listens_for(engine, "connect")
    def _(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]

    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        counts = hold(connection, CHANGES, "sqlite")
    engine.dispose()
    assert counts[Verdict.COMMUTE] >= 4 * len(LISTINGS)


@pytest.mark.postgresql
def test_what_shows_in_a_list_of_postgresql_is_not_said_to_commute(postgresql_database: Database) -> None:
    engine = sa.create_engine(postgresql_database.url)
    with engine.connect() as connection:
        counts = hold(connection, (*CHANGES, *ONLY_POSTGRESQL), "postgresql")
    engine.dispose()
    assert counts[Verdict.COMMUTE] >= 4 * len(LISTINGS)
    assert counts[Verdict.UNKNOWN] >= 4 * len(LISTINGS)
