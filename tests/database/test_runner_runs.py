"""Runs on real databases: up, down, redo, status, what is stored and what is refused."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from mig.errors import RunnerError, StepFailedError
from mig.runner import Options, Runner
from tests.repositories import native
from tests.unit.runner.snapshots import A, B, C, Recorder, shop, snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mig.runner.events import Event
    from mig.runner.status import Status

KINDS = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", marks=pytest.mark.postgresql, id="postgresql"),
    pytest.param("mariadb", marks=pytest.mark.mariadb, id="mariadb"),
]
TRANSACTIONAL = KINDS[:2]
"""Where a migration with DDL is one transaction."""


class Target:
    """An empty database of one kind, and questions to it that do not go through the runner."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.is_mariadb = url.startswith("mariadb")

    def runner(self, files: Mapping[str, str], options: Options | None = None, **values: str) -> Runner:
        return Runner(self.url, snapshot(files, **values), options=options)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        if self.is_sqlite:
            connection = sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None)
            try:
                return connection.execute(sql).fetchall()
            finally:
                connection.close()
        if self.is_mariadb:
            return self._query_mariadb(sql)
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as server:
            cursor = server.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def _query_mariadb(self, sql: str) -> list[tuple[object, ...]]:
        import pymysql

        place = urlsplit(self.url)
        with pymysql.connect(
            host=place.hostname,
            port=place.port or 3306,
            user=place.username,
            password=place.password or "",
            database=place.path[1:],
            autocommit=True,
            charset="utf8mb4",
        ) as server:
            cursor = server.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []

    def all_tables(self) -> list[str]:
        if self.is_sqlite:
            rows = self.query("SELECT name FROM sqlite_master WHERE type = 'table'")
        elif self.is_mariadb:
            rows = self.query("SHOW TABLES")
        else:
            rows = self.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return sorted(str(row[0]) for row in rows)

    def tables(self) -> list[str]:
        """The tables that are not mig's own."""
        return [name for name in self.all_tables() if not name.startswith("mig_")]

    def text(self, value: str) -> str:
        """A text as SQL."""
        return "'" + value.replace("'", "''").replace("\\", "\\\\" if self.is_mariadb else "\\") + "'"


def target(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    """An empty database of a kind."""
    if kind == "sqlite":
        return Target(f"sqlite:///{tmp_path / 'shop.db'}")
    url = request.getfixturevalue(f"{kind}_database").plain_url
    return Target(url.replace("mysql://", "mariadb://"))


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    return target(request.param, request, tmp_path)


@pytest.fixture
def server(postgresql_database: object) -> Target:
    return Target(postgresql_database.plain_url)  # type: ignore[attr-defined]


def brief(status: Status) -> tuple[list[str], list[str]]:
    return [row.id for row in status.applied], [migration.id for migration in status.pending]


def test_up_applies_everything_once_in_order(database: Target) -> None:
    runner = database.runner(shop())
    assert brief(runner.status()) == ([], [A, B, C])
    assert [step.id for step in runner.up().steps] == [A, B, C]
    assert database.tables() == ["orders", "users"]
    assert brief(runner.status()) == ([A, B, C], [])
    again = runner.up()
    assert (again.steps, again.heads) == ((), (C,))
    assert database.query("SELECT id, email FROM users") == [(1, None)]


def test_status_of_a_new_database_changes_nothing(database: Target) -> None:
    database.runner(shop()).status()
    assert database.all_tables() == []


def test_status_does_not_create_a_file(tmp_path: Path) -> None:
    Target(f"sqlite:///{tmp_path / 'none.db'}").runner(shop()).status()
    assert list(tmp_path.iterdir()) == []


def test_plan_and_script_do_nothing(database: Target) -> None:
    runner = database.runner(shop())
    assert [step.id for step in runner.plan().steps] == [A, B, C]
    assert "CREATE TABLE users" in runner.script()
    assert database.tables() == []


def test_down_redo_and_up_go_round(database: Target) -> None:
    runner = database.runner(shop())
    runner.up()
    assert [step.id for step in runner.down().steps] == [C]
    assert [step.id for step in runner.redo().steps] == [B, B]
    assert [step.id for step in runner.down("base").steps] == [B, A]
    assert database.tables() == []
    assert brief(runner.status()) == ([], [A, B, C])
    runner.up("+2")
    assert brief(runner.status()) == ([A, B], [C])


def test_reverted_migrations_go_to_the_log(database: Target) -> None:
    runner = database.runner(shop())
    runner.up()
    runner.down("-2")
    log = database.query("SELECT id, state FROM mig_history_log ORDER BY seq")
    assert log == [(B, "applied"), (C, "applied")]
    assert database.query("SELECT id FROM mig_history") == [(A,)]


def test_the_history_says_who_applied_what_and_from_where(database: Target) -> None:
    options = Options(git_commit="1a2b3c4", git_branch="feature/é")
    database.runner(shop(), options).up("+2")
    rows = database.query(
        "SELECT seq, id, lineage, parents, description, state, git_commit, git_branch, down"
        " FROM mig_history ORDER BY seq"
    )
    assert rows == [
        (1, A, "default", "", "create users", "applied", "1a2b3c4", "feature/é", '["DROP TABLE users"]'),
        (
            2,
            B,
            "default",
            A,
            "",
            "applied",
            "1a2b3c4",
            "feature/é",
            '["ALTER TABLE users DROP COLUMN email"]',
        ),
    ]
    row = database.runner(shop()).status().applied[0]
    assert row.applied_at.endswith("Z")
    assert "@" in row.applied_by
    assert row.duration_ms is not None


def test_events_tell_what_happens(database: Target) -> None:
    recorder = Recorder()
    Runner(database.url, snapshot(shop()), on_event=recorder).up("+1")
    assert recorder.names() == ["PlanMade", "StepStarted", "StatementDone", "StatementDone", "StepDone"]


@pytest.mark.postgresql
def test_a_migration_may_choose_how_its_transaction_is_isolated(server: Target) -> None:
    text = (
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n"
        "CREATE TABLE one AS SELECT current_setting('transaction_isolation') AS level;"
    )
    server.runner({"migrations/1.sql": native(A, (), text)}).up()
    assert server.query("SELECT level FROM one") == [("serializable",)]


@pytest.mark.parametrize("database", TRANSACTIONAL, indirect=True)
def test_a_failure_in_the_middle_leaves_nothing_of_the_migration(database: Target) -> None:
    files = shop()
    files["migrations/3_orders.sql"] = native(
        C,
        B,
        "CREATE TABLE orders (id integer);\nINSERT INTO users VALUES (2, 'x');\n\n"
        "INSERT INTO\n nowhere VALUES (1);",
    )
    runner = database.runner(files)
    with pytest.raises(StepFailedError) as caught:
        runner.up()
    line = 8 if database.is_sqlite else 9  # PostgreSQL says where in the statement
    assert f"{C} failed at migrations/3_orders.sql:{line}: " in caught.value.message
    assert "nowhere" in caught.value.message
    assert "nothing of" in caught.value.hint
    assert database.tables() == ["users"]
    assert database.query("SELECT count(*) FROM users") == [(1,)]
    status = runner.status()
    assert (brief(status), status.failed) == (([A, B], [C]), None)


@pytest.mark.parametrize("database", TRANSACTIONAL, indirect=True)
def test_a_failed_revert_leaves_the_migration_applied(database: Target) -> None:
    files = shop()
    files["migrations/3_orders.sql"] = native(
        C, B, "CREATE TABLE orders (id integer);", "DROP TABLE orders;\nDROP TABLE nowhere;"
    )
    runner = database.runner(files)
    runner.up()
    with pytest.raises(StepFailedError, match="nowhere"):
        runner.down()
    assert "orders" in database.tables()
    assert brief(runner.status()) == ([A, B, C], [])


@pytest.mark.parametrize("statement", ["COMMIT", "/* x */ -- y\nbegin", "ROLLBACK", "END"])
def test_a_statement_that_ends_the_transaction_is_refused_before_anything_runs(
    database: Target, statement: str
) -> None:
    files = shop() | {"migrations/4.sql": native("d" * 12, C, f"SELECT 1;\n{statement};")}
    with pytest.raises(RunnerError, match=r"migrations/4.sql:\d+: .* would end mig's transaction"):
        database.runner(files).up()
    assert database.tables() == []


@pytest.mark.parametrize("database", TRANSACTIONAL, indirect=True)
def test_savepoints_are_allowed(database: Target) -> None:
    up = "CREATE TABLE t (id integer);\nSAVEPOINT s;\nINSERT INTO t VALUES (1);\n"
    up += "ROLLBACK TO SAVEPOINT s;\nRELEASE s;"
    database.runner({"migrations/1.sql": native(A, (), up)}).up()
    assert database.query("SELECT count(*) FROM t") == [(0,)]


def test_the_stored_down_is_used_when_the_file_is_gone(database: Target) -> None:
    files = shop()
    database.runner(files).up()
    del files["migrations/3_orders.sql"]
    runner = database.runner(files)
    assert runner.status().unknown == (C,)
    (step,) = runner.plan("-1", "down").steps
    assert step.work is not None
    assert step.work.stored
    assert runner.up().steps == ()
    runner.down()
    assert database.tables() == ["users"]


def test_the_stored_down_is_used_when_the_file_has_changed(database: Target) -> None:
    files = shop()
    database.runner(files).up()
    files["migrations/3_orders.sql"] = native(C, B, "CREATE TABLE bills (id integer);", "DROP TABLE bills;")
    runner = database.runner(files)
    assert runner.status().changed == (C,)
    runner.redo()
    assert database.tables() == ["bills", "users"]
    assert runner.status().changed == ()


def test_an_edited_migration_stops_up_until_it_is_allowed(database: Target) -> None:
    files = shop()
    database.runner(files).up("+1")
    files["migrations/1_users.sql"] = native(A, (), "CREATE TABLE users (id bigint);", "DROP TABLE users;")
    with pytest.raises(RunnerError, match=rf"{A} \(migrations/1_users.sql\) differs .* \(MIG401\)"):
        database.runner(files).up()
    assert brief(database.runner(files).status()) == ([A], [B, C])
    database.runner(files, Options(allow_changed=True)).up()
    assert database.tables() == ["orders", "users"]


def test_an_irreversible_migration_is_refused_before_anything_is_touched(database: Target) -> None:
    files = shop()
    files["migrations/2_email.sql"] = native(B, A, "ALTER TABLE users ADD COLUMN email text;", None)
    runner = database.runner(files)
    runner.up()
    with pytest.raises(RunnerError, match=rf"{B} has no down"):
        runner.down("base")
    assert database.tables() == ["orders", "users"]


def test_a_migration_that_another_branch_applied_does_not_block(database: Target) -> None:
    mine, theirs = shop(), shop()
    theirs["migrations/3_other.sql"] = native(D2, B, "CREATE TABLE other (id integer);", "DROP TABLE other;")
    del theirs["migrations/3_orders.sql"]
    database.runner(theirs).up()
    database.runner(mine).up()
    assert database.tables() == ["orders", "other", "users"]
    assert database.runner(mine).status().unknown == (D2,)
    assert [step.id for step in database.runner(mine).down(B).steps] == [C, D2]


D2 = "dddd00000000"


def test_two_lineages_share_a_database(database: Target) -> None:
    other = {"migrations/1.sql": native(A, (), "CREATE TABLE bills (id integer);", "DROP TABLE bills;")}
    database.runner(shop()).up()
    billing = database.runner(other, name="billing")
    assert [step.id for step in billing.up().steps] == [A]
    billing.down("base")
    assert database.tables() == ["orders", "users"]
    assert brief(database.runner(shop()).status()) == ([A, B, C], [])


AWKWARD = """it's a "quoted" \\' back\\\\slash : :name %s %% $1 {x} é 日本 -- no comment"""


def test_statements_run_as_they_are_written(database: Target) -> None:
    value = database.text(AWKWARD)
    up = f"CREATE TABLE t (x text);\nINSERT INTO t VALUES ({value});"
    files = {"migrations/1.sql": native(A, (), up, f"DELETE FROM t WHERE x = {value};", description=AWKWARD)}
    database.runner(files).up()
    assert database.query("SELECT x FROM t") == [(AWKWARD,)]
    assert database.query("SELECT down FROM mig_history") == [
        (json.dumps([f"DELETE FROM t WHERE x = {value}"], ensure_ascii=False),)
    ]
    database.runner({}).down()
    assert database.query("SELECT count(*) FROM t") == [(0,)]


def test_a_history_of_a_newer_mig_is_left_alone(database: Target) -> None:
    database.runner(shop()).up("+1")
    database.query("UPDATE mig_history SET layout = 2")
    with pytest.raises(RunnerError, match="written by a newer mig"):
        database.runner(shop()).up()
    database.query("UPDATE mig_history SET layout = 1")
    database.query("ALTER TABLE mig_history ADD COLUMN mood text")
    with pytest.raises(RunnerError, match=r"written by a newer mig \(column mood\)"):
        database.runner(shop()).status()


def test_a_history_that_lacks_a_column_is_left_alone(database: Target) -> None:
    database.query("CREATE TABLE mig_history (id text)")
    with pytest.raises(RunnerError, match="no column applied_at, applied_by"):
        database.runner(shop()).up()


def test_several_heads_are_all_applied_when_they_are_named(database: Target) -> None:
    files = shop() | {"migrations/4.sql": native(D2, B, "CREATE TABLE other (id integer);")}
    runner = database.runner(files)
    with pytest.raises(RunnerError, match="2 heads"):
        runner.up()
    assert sorted(runner.up("heads").heads) == sorted((C, D2))


@pytest.mark.postgresql
def test_session_settings_of_one_migration_do_not_reach_the_next(server: Target) -> None:
    files = {
        "migrations/1.sql": native(
            A, (), "CREATE SCHEMA other;\nSET search_path = other;\nSET ROLE pg_monitor;"
        ),
        "migrations/2.sql": native(B, A, "CREATE TABLE here (id integer);"),
    }
    server.runner(files).up()
    assert server.tables() == ["here"]
    assert server.query("SELECT count(*) FROM public.mig_history") == [(2,)]


@pytest.mark.postgresql
def test_deferred_constraints_fail_the_step(server: Target) -> None:
    up = (
        "CREATE TABLE p (id integer PRIMARY KEY);\n"
        "CREATE TABLE c (p integer REFERENCES p DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO c VALUES (7);"
    )
    runner = server.runner({"migrations/1.sql": native(A, (), up)})
    with pytest.raises(StepFailedError, match="violates foreign key constraint"):
        runner.up()
    assert server.tables() == []


@pytest.mark.postgresql
def test_timeouts_are_set(server: Target) -> None:
    up = "CREATE TABLE t AS SELECT current_setting('lock_timeout') l, current_setting('statement_timeout') s;"
    options = Options()
    options = replace(
        options, settings=replace(options.settings, lock_timeout="7s", statement_timeout="9min")
    )
    server.runner({"migrations/1.sql": native(A, (), up)}, options).up()
    assert server.query("SELECT l, s FROM t") == [("7s", "9min")]


@pytest.mark.postgresql
def test_the_history_is_not_made_twice_when_the_search_path_changes(server: Target) -> None:
    server.runner(shop()).up()
    server.query("CREATE SCHEMA postgres")
    with pytest.raises(RunnerError, match="the history is in schema public, but new tables go to postgres"):
        Runner(server.url + "?options=-csearch_path%3Dpostgres,public", snapshot(shop())).up()


@pytest.mark.parametrize("database", TRANSACTIONAL, indirect=True)
def test_an_interrupt_leaves_nothing(database: Target) -> None:
    def interrupt(event: Event) -> None:
        if type(event).__name__ == "StatementDone":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Runner(database.url, snapshot(shop()), on_event=interrupt).up()
    assert database.tables() == []
    assert brief(database.runner(shop()).status()) == ([], [A, B, C])
