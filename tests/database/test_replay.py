from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mig.errors import RunnerError
from mig.replay.mariadb import MariadbReplay
from mig.replay.postgresql import PostgresqlReplay
from tests.database.replaying import BASE, leftovers, open_replay, replay, statements

if TYPE_CHECKING:
    from tests.servers.fixtures import Database

ROOT = Path(__file__).parents[2]
SERVERS = [
    pytest.param("postgresql", marks=pytest.mark.postgresql, id="postgresql"),
    pytest.param("mariadb", marks=pytest.mark.mariadb, id="mariadb"),
]
DATABASES = [pytest.param("sqlite", id="sqlite"), *SERVERS]
SLEEP = {"postgresql": "SELECT pg_sleep(60)", "mariadb": "SELECT sleep(60)"}
INTERRUPTED = """
import sys
from mig.replay.mariadb import MariadbReplay
from mig.replay.postgresql import PostgresqlReplay
kind, url, statement = sys.argv[1:]
with (PostgresqlReplay if kind == "postgresql" else MariadbReplay)(url) as replay:
    replay.build(["CREATE TABLE t (id int)"])
    print("ready", flush=True)
    replay.run(("a",), {"a": [statement]})
"""


@pytest.fixture
def url(database: str, request: pytest.FixtureRequest) -> str:
    if database == "sqlite":
        return ""
    found: str = request.getfixturevalue(f"{database}_url")
    return found


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(
            "ALTER TABLE users ADD COLUMN age integer", "ALTER TABLE users ADD COLUMN city text", id="columns"
        ),
        pytest.param("CREATE INDEX i1 ON users (email)", "CREATE INDEX i2 ON users (name)", id="indexes"),
        pytest.param("CREATE TABLE a (x integer)", "CREATE TABLE b (x integer)", id="tables"),
        pytest.param(
            "INSERT INTO users VALUES (7, 'x', 'y')",
            "INSERT INTO teams VALUES (7, 'x')",
            id="rows of two tables",
        ),
        pytest.param(
            "ALTER TABLE users ADD COLUMN at timestamp DEFAULT '2020-01-01 00:00:00'",
            "UPDATE teams SET title = CURRENT_TIMESTAMP",
            id="a clock",
        ),
    ],
)
def test_pairs_that_commute(database: str, url: str, a: str, b: str) -> None:
    found = replay(database, url, a, b)
    assert (found.verdict, found.kinds) == ("commute", ())


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize(
    ("a", "b", "kinds"),
    [
        pytest.param(
            "ALTER TABLE users RENAME COLUMN email TO mail",
            "CREATE INDEX i ON users (email)",
            {"fails"},
            id="rename and index",
        ),
        pytest.param(
            "CREATE TABLE a (x integer)", "CREATE TABLE a (y integer)", {"fails both"}, id="one name"
        ),
        pytest.param(
            "CREATE TABLE IF NOT EXISTS a (x integer)",
            "CREATE TABLE IF NOT EXISTS a (y integer)",
            {"schema"},
            id="if not exists",
        ),
        pytest.param(
            "UPDATE users SET name = email",
            "UPDATE users SET email = 'z' WHERE id = 1",
            {"rows"},
            id="updates",
        ),
        pytest.param(
            "INSERT INTO users (id, email) VALUES (3, 'c')",
            "UPDATE users SET name = 'x'",
            {"rows"},
            id="insert",
        ),
    ],
)
def test_pairs_that_conflict(database: str, url: str, a: str, b: str, kinds: set[str]) -> None:
    found = replay(database, url, a, b)
    assert found.verdict == "conflict"
    assert set(found.kinds) == kinds


@pytest.mark.parametrize("database", DATABASES)
def test_a_failing_order_names_the_script_and_the_statement(database: str, url: str) -> None:
    a = "CREATE TABLE other (x integer); ALTER TABLE users RENAME COLUMN email TO mail"
    found = replay(database, url, a, "CREATE TABLE mine (x integer); CREATE INDEX i ON users (email)")
    first, second = found.orders
    assert first.failure is not None
    assert (first.order, first.failure.script, first.failure.statement) == (("a", "b"), "b", 1)
    assert first.failure.text == "CREATE INDEX i ON users (email)"
    assert "email" in first.failure.message
    assert second.failure is None


@pytest.mark.parametrize("database", DATABASES)
def test_a_script_that_fails_by_itself_makes_the_pair_invalid(database: str, url: str) -> None:
    found = replay(database, url, "DROP TABLE nowhere", "CREATE TABLE a (x integer)")
    assert (found.verdict, found.orders) == ("invalid", ())
    assert found.alone[0].failure is not None


@pytest.mark.parametrize("database", DATABASES)
def test_a_base_that_fails_is_told(database: str, url: str) -> None:
    with open_replay(database, url) as opened:
        failure = opened.build(["CREATE TABLE a (x integer)", "DROP TABLE nowhere"])
    assert failure is not None
    assert (failure.script, failure.statement) == ("base", 1)


@pytest.mark.parametrize("database", DATABASES)
def test_runs_leave_the_base_as_it_was(database: str, url: str) -> None:
    scripts = {"a": ["INSERT INTO users (id) VALUES (9)", "DROP TABLE teams"]}
    with open_replay(database, url) as opened:
        opened.build(statements(BASE, database))
        before = opened.run((), {}).image
        opened.run(("a",), scripts)
        assert opened.run((), {}).image == before


@pytest.mark.parametrize(
    ("database", "view"),
    [pytest.param("sqlite", "view:mine", id="sqlite"), pytest.param("mariadb", "view:mine", id="mariadb")],
)
def test_a_view_over_what_the_other_drops_is_dead(
    database: str, view: str, request: pytest.FixtureRequest
) -> None:
    url = "" if database == "sqlite" else request.getfixturevalue("mariadb_url")
    found = replay(database, url, "CREATE VIEW mine AS SELECT title FROM teams", "DROP TABLE teams")
    assert found.verdict == "conflict"
    assert view in found.dead or found.orders[1].failure is not None


@pytest.mark.parametrize(
    ("database", "function"),
    [
        pytest.param(
            "postgresql",
            "CREATE FUNCTION n() RETURNS bigint LANGUAGE plpgsql AS"
            " $$ BEGIN RETURN (SELECT count(title) FROM teams); END $$",
            marks=pytest.mark.postgresql,
            id="postgresql",
        ),
        pytest.param(
            "mariadb",
            "CREATE FUNCTION n() RETURNS bigint READS SQL DATA RETURN (SELECT count(title) FROM teams)",
            marks=pytest.mark.mariadb,
            id="mariadb",
        ),
    ],
)
def test_a_function_over_what_the_other_renames_is_dead(database: str, url: str, function: str) -> None:
    found = replay(database, url, function, "ALTER TABLE teams RENAME COLUMN title TO label")
    assert (found.verdict, found.kinds) == ("conflict", ("dead",))
    assert next(iter(found.dead)).startswith("function:")


@pytest.mark.parametrize("database", DATABASES)
def test_a_trigger_over_what_the_other_drops_is_dead(database: str, url: str) -> None:
    body = "INSERT INTO teams (id, title) VALUES (NEW.id, 'new')"
    trigger = {
        "sqlite": f"CREATE TRIGGER t AFTER INSERT ON users BEGIN {body}; END",
        "mariadb": f"CREATE TRIGGER t AFTER INSERT ON users FOR EACH ROW {body}",
        "postgresql": f"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {body}; RETURN NULL; END $$;"
        " CREATE TRIGGER t AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()",
    }[database]
    found = replay(database, url, trigger, "DROP TABLE teams")
    assert (found.verdict, found.kinds) == ("conflict", ("dead",))


@pytest.mark.parametrize("database", DATABASES)
def test_a_setting_that_leaks_is_seen_by_what_follows(database: str, url: str) -> None:
    setting = {
        "sqlite": "PRAGMA legacy_alter_table = ON",
        "postgresql": "CREATE SCHEMA app; SET search_path = app",
        "mariadb": "SET auto_increment_offset = 3",
    }[database]
    other = {
        "sqlite": "PRAGMA legacy_alter_table = OFF",
        "postgresql": "CREATE TABLE a (x integer)",
        "mariadb": "SET auto_increment_offset = 2",
    }[database]
    found = replay(database, url, setting, other)
    assert found.kinds == (("schema",) if database == "postgresql" else ("setting",))


@pytest.mark.parametrize("database", SERVERS)
def test_nothing_is_left_on_the_server(database: str, url: str) -> None:
    before = leftovers(database, url)
    with open_replay(database, url) as opened:
        opened.build(statements(BASE, database))
        assert len(leftovers(database, url)) > len(before)
    assert leftovers(database, url) == before


@pytest.mark.parametrize("database", SERVERS)
def test_nothing_is_left_after_an_exception(database: str, url: str) -> None:
    before = leftovers(database, url)
    with pytest.raises(KeyError), open_replay(database, url) as opened:
        opened.run(("a",), {})
    assert leftovers(database, url) == before


@pytest.mark.parametrize("database", SERVERS)
def test_nothing_is_left_after_an_interrupt(database: str, url: str) -> None:
    before = leftovers(database, url)
    command = [sys.executable, "-c", INTERRUPTED, database, url, SLEEP[database]]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode != 0
    assert b"KeyboardInterrupt" in said
    assert leftovers(database, url) == before


@pytest.mark.parametrize("database", DATABASES)
def test_a_statement_without_end_is_stopped(database: str, url: str) -> None:
    endless = SLEEP.get(
        database, "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    )
    with open_replay(database, url, seconds=1) as opened:
        opened.build(["CREATE TABLE t (id integer)"])
        failure = opened.run(("a",), {"a": [endless]}).failure
        assert failure is not None
        assert opened.run(("a",), {"a": ["DROP TABLE t"]}).failure is None


@pytest.mark.parametrize("database", SERVERS)
def test_another_database_of_the_server_is_out_of_reach(
    database: str, url: str, request: pytest.FixtureRequest
) -> None:
    other: Database = request.getfixturevalue(f"{database}_database")
    with open_replay(database, url) as opened:
        opened.build(statements(BASE, database))
        for statement in (f"DROP DATABASE {other.name}", f"CREATE TABLE {other.name}.t (id int)"):
            assert opened.run(("a",), {"a": [statement]}).failure is not None


@pytest.mark.parametrize(
    ("database", "url"),
    [
        pytest.param(
            "postgresql",
            "postgresql://mig:geheim@127.0.0.1:1/x",
            marks=pytest.mark.postgresql,
            id="postgresql",
        ),
        pytest.param("mariadb", "mysql://mig:geheim@127.0.0.1:1/x", marks=pytest.mark.mariadb, id="mariadb"),
    ],
)
def test_a_server_out_of_reach_is_told_without_its_password(database: str, url: str) -> None:
    with pytest.raises(RunnerError) as raised, open_replay(database, url):
        pass
    assert "127.0.0.1" in raised.value.message
    assert "geheim" not in f"{raised.value.message} {raised.value.hint}"


def test_sqlite_opens_no_file(tmp_path: Path) -> None:
    for statement in (f"ATTACH '{tmp_path}/a.db' AS a", f"VACUUM INTO '{tmp_path}/b.db'"):
        found = replay("sqlite", "", statement, "CREATE TABLE a (x integer)")
        assert found.verdict == "invalid"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("a", "b", "base", "verdict"),
    [
        pytest.param(
            "CREATE INDEX CONCURRENTLY i ON users (email)",
            "CREATE INDEX CONCURRENTLY j ON users (name)",
            "",
            "commute",
            id="statements that need to be outside a transaction",
        ),
        pytest.param(
            "ALTER TYPE mood ADD VALUE 'sad'; INSERT INTO days VALUES ('sad')",
            "CREATE TABLE a (x integer)",
            "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE days (m mood);",
            "commute",
            id="a new value of an enum that is used",
        ),
        pytest.param(
            "BEGIN; CREATE TABLE a (x integer); COMMIT",
            "CREATE TABLE a (y integer)",
            "",
            "conflict",
            id="a script that commits",
        ),
        pytest.param(
            "DO $$ BEGIN INSERT INTO users (id) VALUES (50); COMMIT; END $$",
            "CREATE TABLE a (y integer)",
            "",
            "commute",
            id="a block that commits",
        ),
        pytest.param(
            "INSERT INTO members VALUES (1)",
            "ALTER TABLE members ADD COLUMN x integer",
            "CREATE TABLE members (user_id integer REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED);",
            "commute",
            id="deferred constraints",
        ),
        pytest.param(
            "CREATE ROLE mig_replay_role",
            "CREATE TABLE a (x integer)",
            "",
            "commute",
            id="a role, rolled back",
        ),
        pytest.param(
            "GRANT SELECT ON users TO mig_replay_role",
            "CREATE TABLE a (x integer)",
            "CREATE ROLE mig_replay_role;",
            "commute",
            id="a role in the base",
        ),
        pytest.param(
            "SET ROLE pg_monitor; SET statement_timeout = 100",
            "COMMENT ON TABLE users IS 'x'",
            "",
            "conflict",
            id="a role that may not do what follows",
        ),
        pytest.param(
            "SET datestyle = 'German'; SET bytea_output = 'escape'; SET statement_timeout = 100",
            "CREATE TABLE a (x date DEFAULT '2020-02-01')",
            "",
            "commute",
            id="settings of the session",
        ),
        pytest.param(
            "SELECT nextval('s')",
            "INSERT INTO users (id) VALUES (nextval('s'))",
            "CREATE SEQUENCE s START 100;",
            "conflict",
            id="a sequence",
        ),
    ],
)
@pytest.mark.postgresql
def test_postgresql_transactions(postgresql_url: str, a: str, b: str, base: str, verdict: str) -> None:
    assert replay("postgresql", postgresql_url, a, b, BASE + base).verdict == verdict


@pytest.mark.parametrize("database", SERVERS)
def test_what_compares_with_the_clock_is_seen(database: str, url: str) -> None:
    base = "CREATE TABLE stamped (id integer, at timestamp DEFAULT CURRENT_TIMESTAMP)"
    a, b = "INSERT INTO stamped (id) VALUES (1)", "DELETE FROM stamped WHERE at < CURRENT_TIMESTAMP"
    assert replay(database, url, a, b, base).kinds == ("rows",)


@pytest.mark.postgresql
def test_what_a_sequence_gave_out_is_taken_back(postgresql_url: str) -> None:
    script = {"a": ["INSERT INTO t DEFAULT VALUES"]}
    with PostgresqlReplay(postgresql_url) as opened:
        opened.build(["CREATE TABLE t (id serial)"])
        first = opened.run(("a",), script)
        assert opened.run(("a",), script).image == first.image


@pytest.mark.mariadb
def test_a_definer_of_another_account_is_left_out(mariadb_url: str) -> None:
    view = "CREATE DEFINER = `nobody`@`nowhere` SQL SECURITY DEFINER VIEW mine AS SELECT title FROM teams"
    found = replay("mariadb", mariadb_url, view, "CREATE TABLE a (x integer)")
    assert found.verdict == "commute"


@pytest.mark.mariadb
def test_scripts_run_under_an_account_of_their_own(mariadb_url: str) -> None:
    with MariadbReplay(mariadb_url) as opened:
        opened.build(["CREATE TABLE t (who varchar(80))"])
        rows = opened.run(("a",), {"a": ["INSERT INTO t VALUES (current_user())"]}).image.rows["t"]
    assert rows[0][0][1].startswith("'mig_replay_")
