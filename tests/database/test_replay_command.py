"""``--replay`` on real servers: verdicts, what hostile SQL can reach, and what an interrupt leaves behind."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.database.replaying import leftovers, query
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from tests.servers.fixtures import Database

BASE, ONE, OTHER = "a" * 12, "b" * 12, "c" * 12
USERS = "CREATE TABLE users (id integer PRIMARY KEY, email varchar(60));"
SERVERS = [
    pytest.param("postgresql", marks=pytest.mark.postgresql, id="postgresql"),
    pytest.param("mariadb", marks=pytest.mark.mariadb, id="mariadb"),
]
SLEEP = {"postgresql": "SELECT pg_sleep(60);", "mariadb": "DO sleep(60);"}


@pytest.fixture
def other(database: str, request: pytest.FixtureRequest) -> Database:
    """A database on the same server, which nothing that is replayed may touch; its URL is the server's."""
    found: Database = request.getfixturevalue(f"{database}_database")
    return found


def build(path: Path, database: str, one: str, other: str, base: str = USERS) -> GitSandbox:
    repo = GitSandbox(path / "shop")
    files = {
        "mig.toml": f'dialect = "{database}"\n',
        "migrations/20260101000000_base.sql": native(BASE, up=base),
        "migrations/20260102000000_one.sql": native(ONE, (BASE,), up=one),
        "migrations/20260103000000_other.sql": native(OTHER, (BASE,), up=other),
    }
    repo.commit("migrations", files)
    return repo


def compared(repo: GitSandbox, url: str) -> dict[str, Any]:
    said = repo.mig("compare", ONE, OTHER, "--replay", url, "--format", "json", expect=None)
    assert said.returncode in {0, 1}, said.stderr
    value: dict[str, Any] = json.loads(said.stdout)
    return value


@pytest.mark.parametrize("database", SERVERS)
def test_both_orders_are_run_and_nothing_is_left(tmp_path: Path, database: str, other: Database) -> None:
    before = leftovers(database, other.url)
    rename = "ALTER TABLE users RENAME COLUMN email TO mail;"
    repo = build(tmp_path, database, "CREATE INDEX ix ON users (email);", rename)
    value = compared(repo, other.plain_url)
    assert (value["verdict"], value["replayed"]["kinds"]) == ("conflict", ["fails"])
    assert [bool(order["failed"]) for order in value["replayed"]["orders"]] == [False, True]
    repo.write(
        "migrations/20260103000000_other.sql", native(OTHER, (BASE,), up="CREATE TABLE t (i integer);")
    )
    assert compared(repo, other.plain_url)["verdict"] == "commute"
    assert leftovers(database, other.url) == before


@pytest.mark.parametrize(
    ("database", "statement"),
    [
        *(
            pytest.param("postgresql", statement, marks=pytest.mark.postgresql, id=f"postgresql-{name}")
            for name, statement in {
                "create database": "CREATE DATABASE mig_hostile;",
                "drop database": "DROP DATABASE {other};",
                "program": "COPY users FROM PROGRAM 'id';",
                "hidden program": "DO $$ BEGIN EXECUTE 'CO' || 'PY users FROM PROGRAM ''id'''; END $$;",
                "file": "COPY users TO '/tmp/mig_hostile';",
                "large object": "SELECT lo_import('/etc/passwd');",
                "read file": "SELECT pg_read_file('/etc/passwd');",
                "dblink": "CREATE EXTENSION dblink;",
                "role": "DO $$ BEGIN EXECUTE 'CREATE ROLE mig_hostile SUPERUSER'; END $$;",
                "own database": "DO $$ BEGIN EXECUTE 'ALTER DATABASE {other} RENAME TO mig_hostile'; END $$;",
                "psql": "\\c {other}\nDROP TABLE kept;",
                "reset": "RESET SESSION AUTHORIZATION; RESET ROLE; SET ROLE postgres;",
            }.items()
        ),
        *(
            pytest.param("mariadb", statement, marks=pytest.mark.mariadb, id=f"mariadb-{name}")
            for name, statement in {
                "create database": "CREATE DATABASE mig_hostile;",
                "drop database": "DROP DATABASE {other};",
                "use": "USE {other}; DROP TABLE kept;",
                "hidden use": "/*!50000 USE {other} */;",
                "qualified": "DROP TABLE {other}.kept;",
                "hidden": "SET @s = CONCAT('DROP TABLE {other}', '.kept'); PREPARE s FROM @s; EXECUTE s;",
                "outfile": "SELECT 1 INTO OUTFILE '/tmp/mig_hostile';",
                "load data": "LOAD DATA INFILE '/etc/passwd' INTO TABLE users;",
                "load data local": "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE users;",
                "account": "CREATE USER mig_hostile;",
            }.items()
        ),
    ],
)
def test_hostile_sql_reaches_nothing_else(
    tmp_path: Path, database: str, statement: str, other: Database
) -> None:
    kept = "SELECT count(*) FROM kept"
    run(other.url, "CREATE TABLE kept (i integer)")
    before = leftovers(database, other.url)
    statement = statement.replace("{other}", other.name)
    repo = build(tmp_path, database, statement, "CREATE TABLE t (i integer);")
    value = compared(repo, other.plain_url)
    assert value["replayed"]["verdict"] == "unknown"
    assert value["replayed"]["problem"]
    assert query(other.url, kept) == ["0"]
    assert leftovers(database, other.url) == before
    hostile = {
        "postgresql": "SELECT datname FROM pg_database UNION SELECT rolname FROM pg_roles",
        "mariadb": "SELECT schema_name FROM information_schema.schemata UNION SELECT user FROM mysql.user",
    }[database]
    assert "mig_hostile" not in query(other.url, hostile)
    assert not Path("/tmp/mig_hostile").exists()  # noqa: S108 - what the server must not write


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("database", SERVERS)
def test_an_interrupt_drops_what_was_made(
    tmp_path: Path, database: str, other: Database, sign: signal.Signals
) -> None:
    before = leftovers(database, other.url)
    repo = build(tmp_path, database, SLEEP[database], "CREATE TABLE t (i integer);")
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "mig", "check", "--all", "--replay", other.plain_url],
        cwd=repo.path,
        stdout=subprocess.DEVNULL,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    while b"0/1" not in shown or len(leftovers(database, other.url)) == len(before):
        shown += os.read(master, 1000)
    process.send_signal(sign)
    assert process.wait() == 130
    shown += os.read(master, 10_000)
    os.close(master)
    assert b"replayed 0 of 1 pair" in shown
    assert leftovers(database, other.url) == before


@pytest.mark.parametrize("database", SERVERS)
def test_an_account_that_can_make_no_other_is_refused(tmp_path: Path, database: str, other: Database) -> None:
    name = "mig_test_weak"
    make = {
        "postgresql": [f"CREATE ROLE {name} LOGIN CREATEDB PASSWORD 'geheim'"],
        "mariadb": [f"CREATE USER {name}@'%%' IDENTIFIED BY 'geheim'"],
    }[database]
    drop = {"postgresql": f"DROP ROLE {name}", "mariadb": f"DROP USER {name}@'%%'"}[database]
    run(other.url, *make)
    try:
        scheme, _, rest = other.plain_url.partition("://")
        url = f"{scheme}://{name}:geheim@{rest.rpartition('@')[2]}"
        if database == "mariadb":
            url = url.rpartition("/")[0]
        repo = build(tmp_path, database, "CREATE INDEX ix ON users (email);", "CREATE TABLE t (i integer);")
        said = repo.mig("compare", ONE, OTHER, "--replay", url, expect=3)
        assert "geheim" not in said.stderr
        assert "of their own" in said.stderr
    finally:
        run(other.url, drop)


def run(url: str, *statements: str) -> None:
    import sqlalchemy as sa

    with sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
