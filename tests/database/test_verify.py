"""``mig verify`` as users run it, and the fingerprint that a run keeps."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

import mig
from mig.runner import Options
from mig.runner.events import Noted
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C, Recorder, shop, snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.fixtures import Database

SETTINGS = 'source = "native"\npath = "migrations"\n[databases.default]\nurl = "sqlite:///dev.db"\n'


@pytest.fixture
def sandbox(tmp_path: Path) -> GitSandbox:
    repository = GitSandbox(tmp_path / "repository")
    repository.commit("shop", shop() | {"mig.toml": SETTINGS})
    return repository


def change(sandbox: GitSandbox, *statements: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(sandbox.path / "dev.db", isolation_level=None)
    try:
        return [row for statement in statements for row in connection.execute(statement).fetchall()]
    finally:
        connection.close()


def drift(sandbox: GitSandbox, *options: str, expect: int = 1) -> dict[str, tuple[object, object]]:
    shown = json.loads(sandbox.mig("verify", "--format", "json", *options, expect=expect).stdout)
    found = [one["difference"] for one in shown["findings"] if one["code"] == "MIG403"]
    return {one["object"]: (one["expected"], one["found"]) for one in found}


def test_a_database_that_nobody_touched_is_clean(sandbox: GitSandbox) -> None:
    sandbox.mig("up")
    shown = sandbox.mig("verify")
    assert "3 applied migrations, 0 differences from the schema of " in shown.stdout
    assert shown.stderr == ""


def test_what_was_changed_by_hand_is_told_object_by_object(sandbox: GitSandbox) -> None:
    sandbox.mig("up")
    change(
        sandbox,
        "ALTER TABLE orders ADD COLUMN total integer",
        "CREATE TABLE scratch (id integer)",
        "DROP TABLE users",
    )
    assert drift(sandbox) == {
        "column:orders.total": (None, "integer"),
        "table:scratch": (None, ""),
        "table:users": ("", None),
    }
    shown = sandbox.mig("verify", expect=1)
    assert "MIG403 error  column orders.total was added outside of mig\n  found     integer\n" in shown.stdout
    assert "MIG403 error  table users is missing, with 2 parts\n" in shown.stdout
    assert shown.stderr.endswith("mig explain MIG403 says more\n")


def test_what_was_changed_before_a_run_is_still_told_after_it(sandbox: GitSandbox) -> None:
    sandbox.mig("up", "+2")
    change(sandbox, "CREATE INDEX by_hand ON users (email)")
    sandbox.mig("up")
    assert set(drift(sandbox)) == {"index:users.by_hand"}


def test_rows_and_migs_own_tables_are_no_drift(sandbox: GitSandbox) -> None:
    sandbox.mig("up")
    change(sandbox, "INSERT INTO users (email) VALUES ('a')", "ANALYZE")
    sandbox.mig("verify")


def test_changed_and_unknown_migrations_are_findings(sandbox: GitSandbox) -> None:
    sandbox.mig("up")
    (sandbox.path / "migrations/3_orders.sql").unlink()
    sandbox.write("migrations/1_users.sql", native(A, (), "CREATE TABLE people (id integer);", ""))
    shown = json.loads(sandbox.mig("verify", "--format", "json", expect=1).stdout)
    assert [(one["code"], one["migrations"]) for one in shown["findings"]] == [
        ("MIG401", [A]),
        ("MIG402", [C]),
    ]
    assert shown["findings"][0]["locations"][0]["path"] == "migrations/1_users.sql"


def test_an_interrupted_migration_is_a_finding_and_the_schema_is_not_compared(sandbox: GitSandbox) -> None:
    sandbox.mig("up")
    change(sandbox, f"UPDATE mig_history SET state = 'failed' WHERE id = '{C}'")
    shown = sandbox.mig("verify", expect=1)
    assert f"MIG404 error  {C} was interrupted in the middle" in shown.stdout
    assert "the schema was not compared" in shown.stdout


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        pytest.param(f"DELETE FROM mig_history WHERE id = '{C}'", "for what is applied now", id="history"),
        pytest.param("DELETE FROM mig_schema", "no run has kept a fingerprint", id="none"),
        pytest.param("DROP TABLE mig_schema", "no run has kept a fingerprint", id="no-table"),
        pytest.param("UPDATE mig_schema SET layout = 99", "cannot be read", id="newer"),
        pytest.param("UPDATE mig_schema SET image = 'x'", "cannot be read", id="no-image"),
        pytest.param("UPDATE mig_schema SET fingerprint = 'x'", "cannot be read", id="forged"),
    ],
)
def test_where_there_is_nothing_to_compare_with_the_status_is_3(
    sandbox: GitSandbox, statement: str, said: str
) -> None:
    sandbox.mig("up")
    change(sandbox, statement)
    shown = sandbox.mig("verify", expect=3)
    assert said in shown.stderr
    assert "mig verify --accept" in shown.stderr.splitlines()[-1]
    assert json.loads(sandbox.mig("verify", "--format", "json", expect=3).stdout)["problem"]


def test_an_empty_database_cannot_be_verified(sandbox: GitSandbox) -> None:
    assert "nothing is applied to this database" in sandbox.mig("verify", expect=3).stderr
    assert not (sandbox.path / "dev.db").exists()


def test_accept_takes_the_schema_as_it_is_and_asks_first(sandbox: GitSandbox) -> None:
    sandbox.mig("up")
    change(sandbox, "CREATE INDEX by_hand ON users (email)")
    assert "pass --yes" in sandbox.mig("verify", "--accept", expect=2).stderr
    assert drift(sandbox)
    assert "this schema is expected from now on" in sandbox.mig("verify", "--accept", "--yes").stderr
    sandbox.mig("verify")


def test_replay_expects_what_the_migrations_make(sandbox: GitSandbox) -> None:
    sandbox.mig("up")
    change(sandbox, "CREATE INDEX by_hand ON users (email)")
    sandbox.mig("verify", "--accept", "--yes")
    assert set(drift(sandbox, "--replay")) == {"index:users.by_hand"}
    change(sandbox, "DROP INDEX by_hand", "DROP TABLE mig_schema")
    sandbox.mig("verify", "--replay")


def test_replay_says_what_it_cannot_run(sandbox: GitSandbox) -> None:
    sandbox.mig("up")
    sandbox.write(
        "migrations/4.py", 'id = "dddddddddddd"\nparents = ("cccccccccccc",)\n\n\ndef up(op):\n    pass\n'
    )
    sandbox.mig("up")
    assert "migrations/4.py is Python" in sandbox.mig("verify", "--replay", expect=3).stderr
    sandbox.mig("verify")
    (sandbox.path / "migrations/4.py").unlink()
    assert (
        "dddddddddddd is applied and not in the repository"
        in sandbox.mig("verify", "--replay", expect=1).stderr
    )


def test_no_fingerprint_is_kept_where_the_configuration_says_so(sandbox: GitSandbox) -> None:
    sandbox.write("mig.toml", SETTINGS + "fingerprint = false\n")
    sandbox.mig("up")
    assert change(sandbox, "SELECT name FROM sqlite_master WHERE name = 'mig_schema'") == []
    sandbox.write("mig.toml", SETTINGS + 'fingerprint = "no"\n')
    refused = sandbox.mig("up", expect=2).stderr
    assert "mig.toml:5: fingerprint must be true or false, not a text" in refused


def test_the_fingerprint_is_kept_even_where_a_later_step_fails(sandbox: GitSandbox) -> None:
    sandbox.write("migrations/4.sql", native("d" * 12, C, "CREATE TABLE users (id integer);", ""))
    sandbox.mig("up", expect=4)
    sandbox.mig("verify")


def test_a_run_that_does_nothing_reads_and_keeps_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    runner = mig.Runner(url, snapshot(shop()))
    runner.up()
    before = runner.verify()
    runner.up()
    assert runner.verify().taken_at == before.taken_at


def test_two_lineages_of_one_database_have_one_fingerprint(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    other = {"migrations/1.sql": native(B, (), "CREATE TABLE bills (id integer);", "DROP TABLE bills;")}
    shopping, billing = mig.Runner(url, snapshot(shop())), mig.Runner(url, snapshot(other, name="billing"))
    shopping.up()
    billing.up()
    for runner in (shopping, billing):
        assert runner.verify().ok
        assert not runner.verify().problem
    billing.down("base")
    assert shopping.verify().drift == ()


@pytest.mark.postgresql
def test_postgresql_verifies_in_the_same_words(postgresql_database: Database) -> None:
    import psycopg

    recorder = Recorder()
    files = shop() | {
        "migrations/4.sql": native(
            "d" * 12, C, "CREATE VIEW mails AS SELECT email FROM users;", "DROP VIEW mails;"
        )
    }
    runner = mig.Runner(postgresql_database.plain_url, snapshot(files), on_event=recorder)
    runner.up()
    assert "Noted" not in recorder.names()
    assert runner.verify().ok
    assert runner.verify().problem == ""
    with psycopg.connect(postgresql_database.plain_url, autocommit=True) as connection:
        connection.execute(
            "ALTER TABLE users ALTER email SET DEFAULT 'none'; GRANT SELECT ON orders TO public"
        )
    found = {one.object: (one.expected, one.found) for one in runner.verify().drift}
    assert found.pop("column:public.users.email") == ("text", "text DEFAULT 'none'::text")
    assert list(found) == ["rights:table:public.orders"]
    runner.down("base")
    assert runner.verify().drift == ()


@pytest.mark.postgresql
def test_replay_on_a_server_compares_no_rights(
    postgresql_database: Database, postgresql_url: str, tmp_path: Path
) -> None:
    import psycopg

    sandbox = GitSandbox(tmp_path / "repository")
    settings = SETTINGS.replace("sqlite:///dev.db", "env:SHOP")
    sandbox.commit("shop", shop() | {"mig.toml": settings})
    env = {"SHOP": postgresql_database.plain_url, "MIG_REPLAY_URL": postgresql_url}
    sandbox.mig("up", env=env)
    sandbox.mig("verify", "--replay", env=env)
    with psycopg.connect(postgresql_database.plain_url, autocommit=True) as connection:
        connection.execute("GRANT SELECT ON orders TO public; CREATE INDEX by_hand ON orders (id)")
    shown = json.loads(sandbox.mig("verify", "--replay", "--format", "json", env=env, expect=1).stdout)
    assert [one["difference"]["object"] for one in shown["findings"]] == ["index:public.orders.by_hand"]
    assert shown["against"] == "replay"


@pytest.mark.postgresql
def test_an_account_that_may_make_no_table_is_told_and_the_run_stands(postgresql_database: Database) -> None:
    import psycopg

    files = shop() | {"migrations/2_email.sql": native(B, A, "UPDATE users SET id = 2;", "")}
    del files["migrations/3_orders.sql"]
    known, name = postgresql_database.plain_url, f"{postgresql_database.name}_limited"
    mig.Runner(known, snapshot(files), options=Options(fingerprint=False)).up("+1")
    with psycopg.connect(known, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'tiger-1'")
        try:
            connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
            connection.execute("REVOKE CREATE ON SCHEMA public FROM public")
            recorder = Recorder()
            url = known.replace(known.split("//")[1].split("@")[0], f"{name}:tiger-1")
            done = mig.Runner(url, snapshot(files), on_event=recorder).up()
            assert [step.id for step in done.steps] == [B]
            (note,) = [event for event in recorder.events if isinstance(event, Noted)]
            assert "no fingerprint of the schema is kept: permission denied" in note.message
        finally:
            connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.mark.mariadb
def test_mariadb_verifies_in_the_same_words(mariadb_database: Database) -> None:
    import sqlalchemy as sa

    recorder = Recorder()
    runner = mig.Runner(mariadb_database.plain_url, snapshot(shop()), on_event=recorder)
    runner.up()
    assert "Noted" not in recorder.names()
    assert runner.verify().ok
    assert runner.verify().problem == ""
    engine = sa.create_engine(mariadb_database.url)
    with engine.connect() as connection:
        connection.execute(sa.text("ALTER TABLE orders MODIFY note varchar(9) NOT NULL"))
        connection.execute(sa.text("CREATE VIEW mails AS SELECT email FROM users"))
        connection.execute(sa.text("INSERT INTO users (id) VALUES (9)"))
    engine.dispose()
    found = {one.object: (one.expected, one.found) for one in runner.verify().drift}
    assert found.pop("column:orders.note") == ("text DEFAULT NULL", "varchar(9) NOT NULL")
    assert list(found) == ["view:mails"]
