"""What the commands say of databases that they cannot use, or that were altered; and what they never say."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C, shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.fixtures import Database

SETTINGS = 'source = "native"\npath = "migrations"\n[databases.default]\nurl = "env:SHOP"\n'
PASSWORD = "s3cr3t-Tiger/7@x"
QUOTED = "s3cr3t-Tiger%2F7%40x"
COMMANDS = (
    ("up",),
    ("status",),
    ("verify",),
    ("verify", "--accept", "--yes"),
    ("verify", "--replay"),
    ("verify", "--format", "json"),
    ("stamp", "heads", "--yes"),
    ("stamp", "--from", "alembic"),
    ("stamp", "--remove", C, "--yes"),
    ("baseline",),
)


def make(tmp_path: Path, files: dict[str, str] | None = None) -> GitSandbox:
    sandbox = GitSandbox(tmp_path / "repository")
    sandbox.commit("shop", (shop() if files is None else files) | {"mig.toml": SETTINGS})
    return sandbox


def with_login(url: str, user: str, password: str, **changes: str) -> str:
    parts = urlsplit(url)
    host = f"{parts.hostname}:{changes.get('port', parts.port)}"
    return parts._replace(
        netloc=f"{user}:{password}@{host}", path=f"/{changes.get('database', parts.path[1:])}"
    ).geturl()


@contextlib.contextmanager
def account(database: Database, *grants: str) -> Iterator[str]:
    """A URL with an account of its own, whose password nothing may show."""
    import psycopg

    name = f"{database.name}_ada"
    with psycopg.connect(database.plain_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
        try:
            for grant in grants:
                connection.execute(grant.format(name).encode())
            yield with_login(database.plain_url, name, QUOTED)
        finally:
            connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


def refuse_secrets(text: str) -> None:
    for secret in (PASSWORD, QUOTED, "s3cr3t", "Tiger"):
        assert secret not in text, text


@pytest.mark.postgresql
def test_no_command_shows_or_keeps_the_password(tmp_path: Path, postgresql_database: Database) -> None:
    import psycopg

    sandbox = make(tmp_path)
    other = GitSandbox(tmp_path / "other")
    other.commit("start", {"mig.toml": SETTINGS})
    with account(postgresql_database, "GRANT ALL ON SCHEMA public TO {}") as url:
        said = []
        for repository in (other, sandbox):  # what is adopted first, then a whole life
            for command in (*COMMANDS, ("up",), ("verify", "-v"), ("down",), ("verify",)):
                for env in ({"SHOP": url}, {"SHOP": url, "MIG_REPLAY_URL": url}):
                    result = repository.mig(*command, env=env, expect=None)
                    assert result.returncode in {0, 1, 2, 3, 4}, (command, result.stderr)
                    said.append(result.stdout + result.stderr)
        refuse_secrets("".join(said))
        with psycopg.connect(postgresql_database.plain_url) as connection:
            for table in ("mig_history", "mig_history_log", "mig_schema"):
                rows = connection.execute(f"SELECT t::text FROM {table} t".encode()).fetchall()
                refuse_secrets(str(rows))
    for file in sandbox.path.rglob("*"):
        if file.is_file() and ".git/" not in str(file):
            refuse_secrets(file.read_text("utf-8", "replace"))


@pytest.mark.postgresql
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_wrong_password_is_told_with_what_to_do_and_without_it(
    tmp_path: Path, postgresql_database: Database, command: tuple[str, ...]
) -> None:
    url = with_login(postgresql_database.plain_url, "postgres", QUOTED)
    sandbox = make(tmp_path, {} if command[0] == "baseline" else None)
    shown = sandbox.mig(*command, env={"SHOP": url, "MIG_REPLAY_URL": url}, expect=3)
    assert "password authentication failed" in shown.stderr
    assert "PGPASSWORD" in shown.stderr.splitlines()[-1]
    refuse_secrets(shown.stdout + shown.stderr)


@pytest.mark.postgresql
def test_an_account_that_may_only_read_verifies_and_is_told_what_it_may_not(
    tmp_path: Path, postgresql_database: Database
) -> None:
    sandbox = make(tmp_path)
    sandbox.mig("up", env={"SHOP": postgresql_database.plain_url})
    reads = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}"
    with account(postgresql_database, reads) as url:
        sandbox.mig("verify", env={"SHOP": url}, expect=1)  # the right to read is a difference itself
        for command in (("verify", "--accept", "--yes"), ("stamp", "--remove", C, "--yes")):
            refused = sandbox.mig(*command, env={"SHOP": url}, expect=3).stderr
            assert "permission denied" in refused
            assert "mig must be able to create, read and write" in refused.splitlines()[-1]
            refuse_secrets(refused)


def test_a_file_that_may_only_be_read_verifies(tmp_path: Path) -> None:
    sandbox = make(tmp_path)
    sandbox.mig("up", env={"SHOP": f"sqlite:///{tmp_path}/shop.db"})
    url = {"SHOP": f"sqlite:///file:{tmp_path}/shop.db?mode=ro&uri=true"}
    sandbox.mig("verify", env=url)
    refused = sandbox.mig("verify", "--accept", "--yes", env=url, expect=3).stderr
    assert "readonly database" in refused


@pytest.mark.postgresql
def test_a_database_that_is_not_utf_8_is_read_all_the_same(
    tmp_path: Path, postgresql_database: Database
) -> None:
    import psycopg

    sandbox = make(tmp_path)
    with other_encoding(postgresql_database, "LATIN1") as url:
        sandbox.mig("up", env={"SHOP": url})
        with psycopg.connect(url, autocommit=True, client_encoding="LATIN1") as there:
            there.execute("COMMENT ON TABLE users IS 'caf\xe9'")
        shown = sandbox.mig("verify", env={"SHOP": url}, expect=1).stdout
        assert "comment public.users (table) was added outside of mig\n  found     caf\xe9\n" in shown
        sandbox.mig("verify", "--accept", "--yes", env={"SHOP": url})
        sandbox.mig("verify", env={"SHOP": url})


@pytest.mark.postgresql
def test_bytes_that_are_no_text_are_told_and_everything_else_is_checked(
    tmp_path: Path, postgresql_database: Database
) -> None:
    import psycopg

    sandbox = make(tmp_path)
    with other_encoding(postgresql_database, "SQL_ASCII") as url:
        sandbox.mig("up", "+1", env={"SHOP": url})
        with psycopg.connect(url, autocommit=True, client_encoding="LATIN1") as there:
            there.execute("COMMENT ON TABLE users IS 'caf\xe9'")
        done = sandbox.mig("up", env={"SHOP": url})
        assert done.stdout.count("applied") == 3
        assert "note: no fingerprint of the schema is kept: invalid byte sequence" in done.stderr
        refused = sandbox.mig("verify", env={"SHOP": url}, expect=3).stderr
        assert "there is no fingerprint for what is applied now" in refused
        refused = sandbox.mig("verify", "--accept", "--yes", env={"SHOP": url}, expect=3).stderr
        assert "invalid byte sequence" in refused
        sandbox.mig("down", env={"SHOP": url})
        sandbox.mig("down", env={"SHOP": url})
        refused = sandbox.mig("verify", env={"SHOP": url}, expect=3).stderr
        assert "the schema cannot be read: invalid byte sequence" in refused


@contextlib.contextmanager
def other_encoding(database: Database, encoding: str) -> Iterator[str]:
    import psycopg

    name = f"{database.name}_{encoding.lower()}"
    with psycopg.connect(database.plain_url, autocommit=True) as connection:
        template = "TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        connection.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' {template}".encode())
        try:
            yield urlsplit(database.plain_url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name}".encode())


def change(file: Path, *statements: str) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_a_clock_that_went_backwards_changes_nothing(tmp_path: Path) -> None:
    sandbox, env = make(tmp_path), {"SHOP": f"sqlite:///{tmp_path}/shop.db"}
    sandbox.mig("up", "+2", env=env)
    change(tmp_path / "shop.db", "UPDATE mig_history SET applied_at = '2099-01-01T00:00:00.000Z'")
    change(tmp_path / "shop.db", "UPDATE mig_schema SET taken_at = '2099-01-01T00:00:00.000Z'")
    sandbox.mig("verify", env=env)
    sandbox.mig("up", env=env)
    sandbox.mig("verify", env=env)
    assert f"reverted {C}" in sandbox.mig("down", env=env).stdout


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE mig_history SET state = 'maybe'", id="state"),
        pytest.param("UPDATE mig_history SET statement = 'x'", id="statement"),
        pytest.param("UPDATE mig_history SET duration_ms = 'x'", id="duration"),
        pytest.param("UPDATE mig_history SET layout = 'x'", id="layout"),
        pytest.param("UPDATE mig_history SET layout = 99", id="newer"),
        pytest.param("UPDATE mig_history SET parents = ',,', checksum = ''", id="parents"),
        pytest.param("UPDATE mig_history SET id = '../../etc', description = char(27)", id="id"),
        pytest.param("UPDATE mig_schema SET layout = 'x'", id="schema-layout"),
        pytest.param("UPDATE mig_schema SET image = 'AAAA'", id="schema-image"),
        pytest.param("UPDATE mig_schema SET image = x'00ff'", id="schema-blob"),
        pytest.param("ALTER TABLE mig_schema RENAME COLUMN server TO x", id="schema-column"),
        pytest.param("ALTER TABLE mig_history RENAME COLUMN seq TO x", id="history-column"),
    ],
)
@pytest.mark.parametrize("command", [("verify",), ("stamp", "heads", "--yes"), ("status",)], ids=" ".join)
def test_tables_that_were_altered_by_hand_give_no_traceback(
    tmp_path: Path, statement: str, command: tuple[str, ...]
) -> None:
    sandbox, env = make(tmp_path), {"SHOP": f"sqlite:///{tmp_path}/shop.db"}
    sandbox.mig("up", "+1", env=env)
    change(tmp_path / "shop.db", statement)
    shown = sandbox.mig(*command, env=env, expect=None)
    assert shown.returncode in {0, 1, 3}, shown.stderr
    assert "\x1b" not in shown.stdout + shown.stderr
    if shown.returncode == 3:
        assert len(shown.stderr.splitlines()) == 2, shown.stderr


def test_two_lineages_that_make_one_table_are_told_by_the_database(tmp_path: Path) -> None:
    lineages = "".join(f'[[lineage]]\nname = "{name}"\npath = "{name}"\nsource = "native"\n' for name in "ab")
    sandbox = GitSandbox(tmp_path / "repository")
    files = {
        "a/1.sql": native(A, (), "CREATE TABLE users (id integer);", "DROP TABLE users;"),
        "b/1.sql": native(B, (), "CREATE TABLE users (id integer);", "DROP TABLE users;"),
        "mig.toml": f'[databases.default]\nurl = "env:SHOP"\n{lineages}',
    }
    sandbox.commit("two", files)
    env = {"SHOP": f"sqlite:///{tmp_path}/shop.db"}
    sandbox.mig("up", "--lineage", "a", env=env)
    assert "table users already exists" in sandbox.mig("up", "--lineage", "b", env=env, expect=4).stderr
    sandbox.mig("verify", "--lineage", "a", env=env)
    assert "there are several lineages: a, b" in sandbox.mig("verify", env=env, expect=2).stderr
    assert "several lineages" in sandbox.mig("stamp", "heads", env=env, expect=2).stderr


def test_a_missing_driver_is_named_with_how_to_get_it(tmp_path: Path) -> None:
    sandbox = make(tmp_path)
    sandbox.write("psycopg.py", "raise ImportError")
    path = os.pathsep.join([str(sandbox.path), os.environ.get("PYTHONPATH", "")])
    env = {"SHOP": "postgresql://ada@127.0.0.1:1/shop", "PYTHONPATH": path}
    for command in (("verify",), ("stamp", "heads")):
        refused = sandbox.mig(*command, env=env, expect=3).stderr
        assert "psycopg 3) is not installed" in refused
        assert "pip install 'mig-db[postgresql]'" in refused
