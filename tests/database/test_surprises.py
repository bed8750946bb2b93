"""Pairs that surprise, and pairs that must not alarm, on the bases of the named pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.database.proving import MARKS, Prover
from tests.database.replaying import open_replay
from tests.matrix.named import BASES

if TYPE_CHECKING:
    from collections.abc import Iterator

SURPRISES = {
    "postgresql": [
        ("CREATE VIEW v AS SELECT * FROM logs", "ALTER TABLE logs ADD COLUMN x text"),
        ("CREATE TABLE c AS SELECT * FROM logs", "ALTER TABLE logs ADD COLUMN x text"),
        ("CREATE TABLE c (LIKE logs INCLUDING ALL)", "CREATE INDEX i ON logs (who)"),
        ("INSERT INTO fish VALUES (9, 'x')", "ALTER TABLE fish DROP COLUMN name"),
        ("CREATE VIEW v AS SELECT * FROM animals NATURAL JOIN fish", "ALTER TABLE fish DROP COLUMN name"),
        ("ALTER TABLE logs ADD CHECK (id < 100 + who)", "ALTER TABLE logs ADD CHECK (id < 200 + who)"),
        ("CREATE INDEX ON logs (who)", "CREATE TABLE logs_who_idx (x integer)"),
        ("CREATE TABLE t (id serial)", "CREATE SEQUENCE t_id_seq"),
        (
            f"ALTER TABLE logs ADD COLUMN c{'x' * 62} integer UNIQUE",
            f"CREATE TABLE logs_c{'x' * 53}_key (x integer)",
        ),
        (
            "ALTER TABLE users ALTER COLUMN feeling SET DEFAULT 'sad'",
            "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
        ),
        ("CREATE TABLE t (m mood DEFAULT 'sad')", "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'"),
        ("DELETE FROM app.parts", "INSERT INTO app.uses VALUES (1)"),
        ("CREATE TABLE t (x integer)", "CREATE VIEW t AS SELECT 1 AS x"),
        ("ALTER TYPE mood ADD VALUE 'x'", "ALTER TYPE mood ADD VALUE 'y'"),
        ("ALTER TYPE mood ADD VALUE 'x' BEFORE 'sad'", "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'"),
        ("ALTER TABLE users DROP COLUMN age CASCADE", "DROP INDEX ix_users_two"),
        ("DROP TABLE users CASCADE", "ALTER VIEW user_names RENAME TO called"),
        ("ALTER TABLE users DROP CONSTRAINT users_pkey", "CREATE TABLE t (u integer REFERENCES users)"),
        (
            "ALTER TABLE users DROP CONSTRAINT users_pkey",
            "CREATE VIEW v AS SELECT id, name FROM users GROUP BY id",
        ),
        ("ALTER TABLE logs SET SCHEMA app", "CREATE INDEX i ON logs (who)"),
        ("SET search_path = app, public", "CREATE TABLE t (x integer)"),
        ("GRANT SELECT ON ALL TABLES IN SCHEMA public TO pg_monitor", "CREATE TABLE t (x integer)"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor", "CREATE TABLE t (x integer)"),
        ("ALTER TABLE logs ALTER COLUMN who SET DEFAULT 5", "INSERT INTO logs (what) VALUES ('x')"),
        ("UPDATE logs SET who = 3", "INSERT INTO logs (id, what) VALUES (9, 'x')"),
        ("UPDATE users SET age = code", "UPDATE users SET code = code + 10"),
        ("UPDATE users SET name = 'x'", "DROP TRIGGER users_log ON users"),
        ("REFRESH MATERIALIZED VIEW saved", "INSERT INTO users (id, code) VALUES (9, 9)"),
        ("SELECT setval('logs_id_seq', 50)", "INSERT INTO logs (what) VALUES ('x')"),
        ("ALTER TABLE users ADD CHECK (age > 10)", "UPDATE users SET age = 5"),
        ("ALTER TABLE codes ALTER COLUMN code TYPE varchar(3)", "INSERT INTO codes VALUES ('long')"),
        (
            (
                "CREATE FUNCTION f() RETURNS bigint LANGUAGE plpgsql AS"
                " $$ BEGIN RETURN (SELECT count(what) FROM logs); END $$"
            ),
            "ALTER TABLE logs RENAME COLUMN what TO kind",
        ),
        ("CREATE TABLE IF NOT EXISTS t (x integer)", "CREATE TABLE IF NOT EXISTS t (y integer)"),
        ("ALTER TABLE users ADD COLUMN x integer", "ALTER TABLE users ADD COLUMN x integer"),
    ],
    "sqlite": [
        (
            (
                "CREATE TABLE new_logs (id INTEGER PRIMARY KEY, what TEXT);"
                " INSERT INTO new_logs SELECT id, what FROM logs;"
                " DROP TABLE logs; ALTER TABLE new_logs RENAME TO logs"
            ),
            "ALTER TABLE logs ADD COLUMN x TEXT",
        ),
        (
            (
                "CREATE TABLE new_more (id INTEGER PRIMARY KEY, what TEXT);"
                " INSERT INTO new_more SELECT id, what FROM more;"
                " DROP VIEW joined; DROP TABLE more; ALTER TABLE new_more RENAME TO more"
            ),
            "CREATE INDEX i ON more (what)",
        ),
        ("DROP TABLE more", "ALTER TABLE users RENAME COLUMN age TO years"),
        ("CREATE TABLE t (x INTEGER)", "CREATE VIEW t AS SELECT 1 AS x"),
        ("INSERT INTO users (name) VALUES ('x')", "INSERT INTO users (name) VALUES ('y')"),
        ("INSERT INTO more VALUES (1, 'x')", "ALTER TABLE more ADD COLUMN y TEXT"),
        ("CREATE TABLE c AS SELECT * FROM users", "ALTER TABLE users ADD COLUMN x TEXT"),
        ("UPDATE users SET name = age", "UPDATE users SET age = 1"),
        ("DROP TRIGGER users_insert", "INSERT INTO users (id, name) VALUES (9, 'x')"),
    ],
}
QUIET = {
    "postgresql": [
        ("ALTER TABLE users ADD COLUMN x text", "ALTER TABLE users ADD COLUMN y text"),
        ("CREATE INDEX i ON users (name)", "CREATE INDEX j ON users (age)"),
        (
            "ALTER TABLE logs ADD CONSTRAINT a FOREIGN KEY (who) REFERENCES users (id)",
            "ALTER TABLE fish ADD CONSTRAINT b FOREIGN KEY (id) REFERENCES users (code) NOT VALID",
        ),
        (
            "ALTER TABLE users ADD CONSTRAINT a CHECK (age > 1)",
            "ALTER TABLE users ADD CONSTRAINT b CHECK (age < 99)",
        ),
        ("CREATE POLICY a ON users USING (true)", "CREATE POLICY b ON users USING (id > 0)"),
        ("CREATE TABLE a (x integer)", "CREATE TABLE b (x integer)"),
        ("INSERT INTO fish VALUES (9, 'x')", "INSERT INTO codes VALUES ('z')"),
        ("COMMENT ON COLUMN users.name IS 'x'", "COMMENT ON COLUMN users.age IS 'y'"),
        ("CREATE TABLE IF NOT EXISTS t (x integer)", "CREATE TABLE IF NOT EXISTS t (x integer)"),
        ("CREATE OR REPLACE VIEW v AS SELECT 1 AS x", "CREATE OR REPLACE VIEW v AS SELECT 1 AS x"),
    ],
    "sqlite": [
        ("ALTER TABLE users ADD COLUMN x TEXT", "ALTER TABLE users ADD COLUMN y TEXT"),
        ("CREATE INDEX i ON users (name)", "CREATE INDEX j ON users (age)"),
        ("CREATE TABLE a (x INTEGER)", "CREATE TABLE b (x INTEGER)"),
        ("INSERT INTO more VALUES (9, 'x')", "INSERT INTO other VALUES (9, 'y')"),
        ("CREATE INDEX IF NOT EXISTS i ON users (name)", "CREATE INDEX IF NOT EXISTS i ON users (name)"),
    ],
}


@pytest.fixture(scope="module")
def prover(request: pytest.FixtureRequest) -> Iterator[Prover]:
    url = "" if request.param == "sqlite" else request.getfixturevalue(f"{request.param}_url")
    with open_replay(request.param, url) as opened:
        yield Prover(database=request.param, replay=opened)


@pytest.mark.parametrize(
    ("prover", "a", "b", "verdict"),
    [
        pytest.param(database, a, b, verdict, marks=MARKS[database])
        for verdict, pairs in (("conflict", SURPRISES), ("commute", QUIET))
        for database, listed in pairs.items()
        for a, b in listed
    ],
    indirect=["prover"],
)
def test_the_rules_and_the_database_say_the_same(prover: Prover, a: str, b: str, verdict: str) -> None:
    assert prover.prove(a, b, BASES[prover.database]) == (verdict, verdict)
