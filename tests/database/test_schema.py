from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from mig.schema import mariadb, postgresql, sqlite
from mig.schema.image import find_differences, fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mig.schema.image import SchemaImage
    from tests.servers.fixtures import Database

OWN = "CREATE TABLE mig_history (seq integer PRIMARY KEY, id varchar(20) UNIQUE)"


def read_postgresql(database: Database, *statements: str) -> SchemaImage:
    import psycopg

    with psycopg.connect(database.url.replace("+psycopg", "")) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        connection.commit()
        found = postgresql.read_schema(lambda query: connection.execute(query.encode()).fetchall())
        connection.rollback()
    return found


def read_mariadb(database: Database, *statements: str) -> SchemaImage:
    import pymysql
    from sqlalchemy import make_url

    url = make_url(database.url)
    connection = pymysql.connect(
        host=url.host or "",
        port=url.port or 3306,
        user=url.username,
        password=url.password or "",
        database=url.database,
    )

    def ask(queries: Sequence[str]) -> list[mariadb.Answer]:
        answers = []
        for query in queries:
            with connection.cursor() as cursor:
                cursor.execute(query)
                answers.append(mariadb.Answer(rows=tuple(cursor.fetchall())))
        return answers

    try:
        ask(statements)
        return mariadb.read_schema(ask)
    finally:
        connection.close()


def read_sqlite(file: Path, *statements: str) -> SchemaImage:
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        for statement in statements:
            connection.execute(statement)
        return sqlite.read_schema(lambda query: connection.execute(query).fetchall())
    finally:
        connection.close()


def differences(expected: SchemaImage, found: SchemaImage) -> dict[str, tuple[str | None, str | None]]:
    return {one.object: (one.expected, one.found) for one in find_differences(expected, found)}


@pytest.mark.postgresql
def test_postgresql_shows_what_was_changed_by_hand_object_by_object(postgresql_database: Database) -> None:
    before = read_postgresql(
        postgresql_database,
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE TABLE users (id serial PRIMARY KEY, email varchar(80) NOT NULL DEFAULT '', mood mood)",
        "CREATE INDEX ix_email ON users (email)",
        "CREATE VIEW mails AS SELECT id FROM users",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    )
    after = read_postgresql(
        postgresql_database,
        "ALTER TABLE users ALTER email TYPE text, ALTER email DROP NOT NULL, ADD CHECK (email <> 'x')",
        "DROP INDEX ix_email",
        "CREATE INDEX ix_email ON users (lower(email))",
        "ALTER TYPE mood ADD VALUE 'glad'",
        "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "CREATE OR REPLACE VIEW mails AS SELECT id FROM users WHERE id > 1",
        "CREATE TABLE scratch (id serial PRIMARY KEY)",
        "GRANT SELECT ON users TO public",
    )
    found = differences(before, after)
    assert set(found) == {
        "column:public.users.email",
        "constraint:public.users.users_email_check",
        "function:public.one()",
        "index:public.users.ix_email",
        "rights:table:public.users",
        "table:public.scratch",
        "type:public.mood",
        "view:public.mails",
    }
    assert found["column:public.users.email"] == (
        "character varying(80) NOT NULL DEFAULT ''::character varying",
        "text DEFAULT ''::character varying",
    )
    assert found["type:public.mood"] == ("enum sad, ok", "enum sad, ok, glad")
    assert after.server.startswith("PostgreSQL ")


@pytest.mark.postgresql
def test_postgresql_leaves_out_migs_own_tables_and_schemas_with_a_history_of_their_own(
    postgresql_database: Database,
) -> None:
    before = read_postgresql(postgresql_database, "CREATE TABLE t (id int)")
    after = read_postgresql(
        postgresql_database,
        OWN,
        "CREATE SCHEMA tenant",
        OWN.replace("mig_history", "tenant.mig_history"),
        "CREATE TABLE tenant.t (id serial PRIMARY KEY)",
        "COMMENT ON TABLE tenant.t IS 'theirs'",
        "CREATE FUNCTION tenant.one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "INSERT INTO t VALUES (1)",
    )
    assert differences(before, after) == {}
    assert fingerprint(before) == fingerprint(after)


@pytest.mark.mariadb
def test_mariadb_shows_what_was_changed_by_hand_and_no_row_that_was_added(mariadb_database: Database) -> None:
    before = read_mariadb(
        mariadb_database,
        "CREATE TABLE users (id int AUTO_INCREMENT PRIMARY KEY, email varchar(80) NOT NULL)",
        "CREATE INDEX ix_email ON users (email)",
        "CREATE VIEW mails AS SELECT id FROM users",
        "CREATE TRIGGER low BEFORE INSERT ON users FOR EACH ROW SET NEW.email = lower(NEW.email)",
    )
    after = read_mariadb(
        mariadb_database,
        OWN,
        "INSERT INTO users (email) VALUES ('a'), ('b')",
        "ALTER TABLE users MODIFY email text, DROP KEY ix_email, ADD KEY ix_email (email(3))",
        "ALTER TABLE users ADD CONSTRAINT short CHECK (length(email) < 9)",
        "CREATE OR REPLACE VIEW mails AS SELECT email FROM users",
        "DROP TRIGGER low",
    )
    found = differences(before, after)
    assert set(found) == {
        "column:users.email",
        "constraint:users.short",
        "index:users.ix_email",
        "trigger:low",
        "view:mails",
    }
    assert found["column:users.email"] == ("varchar(80) NOT NULL", "text DEFAULT NULL")
    assert found["index:users.ix_email"] == ("KEY `ix_email` (`email`)", "KEY `ix_email` (`email`(3))")
    assert after.server.startswith(("MariaDB ", "MySQL "))


def test_sqlite_shows_what_was_changed_by_hand_object_by_object(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    before = read_sqlite(
        file,
        'CREATE TABLE users (id INTEGER PRIMARY KEY, "email" TEXT COLLATE NOCASE, CHECK (id > 0))',
        "CREATE INDEX ix_email ON users (email)",
        "CREATE VIEW mails AS SELECT id FROM users",
    )
    after = read_sqlite(
        file,
        OWN,
        "ALTER TABLE users ADD COLUMN name TEXT DEFAULT 'x'",
        "DROP INDEX ix_email",
        "CREATE INDEX ix_email ON users (lower(email))",
        "DROP VIEW mails",
        "CREATE TABLE scratch (id INTEGER)",
    )
    assert differences(before, after) == {
        "column:users.name": (None, "TEXT DEFAULT 'x'"),
        "index:users.ix_email": (
            "CREATE INDEX ix_email ON users (email)",
            "CREATE INDEX ix_email ON users (lower(email))",
        ),
        "table:scratch": (None, ""),
        "view:mails": ("CREATE VIEW mails AS SELECT id FROM users", None),
    }
    assert before.objects["column:users.email"] == "TEXT COLLATE NOCASE"


def test_the_order_of_columns_and_needless_quotes_count_for_nothing_in_sqlite(tmp_path: Path) -> None:
    one = read_sqlite(tmp_path / "one.db", "CREATE TABLE t (a INTEGER, b  TEXT -- hm\n NOT NULL)")
    other = read_sqlite(tmp_path / "other.db", 'CREATE TABLE t ("b" TEXT NOT NULL, `a` INTEGER)')
    assert fingerprint(one) == fingerprint(other)
