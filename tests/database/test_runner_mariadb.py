"""What only MariaDB and MySQL do: DDL that commits, sessions that are renewed, modes that change literals."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from mig.errors import RunnerError, StepFailedError
from mig.runner import Options, Runner
from tests.database.test_runner_journal import Killed, free
from tests.database.test_runner_processes import SETTINGS, start
from tests.database.test_runner_python import python
from tests.database.test_runner_runs import AWKWARD, Target, brief
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C, Recorder, shop, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mig.runner.events import Event

pytestmark = pytest.mark.mariadb


@pytest.fixture
def database(mariadb_database: object) -> Target:
    url = mariadb_database.plain_url  # type: ignore[attr-defined]
    return Target(url.replace("mysql://", "mariadb://"))


@pytest.mark.parametrize("scheme", ["mysql", "mysql+pymysql", "mariadb", "mariadb+pymysql"])
def test_every_way_to_write_the_url_works(database: Target, scheme: str) -> None:
    url = database.url.replace("mariadb", scheme, 1)
    Runner(url, snapshot(shop())).up()
    assert database.tables() == ["orders", "users"]


def stop_after(count: int) -> Callable[[Event], None]:
    seen = 0

    def stop(event: Event) -> None:
        nonlocal seen
        seen += type(event).__name__ == "StatementDone"
        if seen == count:
            raise Killed

    return stop


def test_a_migration_of_rows_alone_is_one_transaction(database: Target) -> None:
    rows = (
        "INSERT INTO users VALUES (2, NULL);\nUPDATE users SET email = 'x';\nDELETE FROM users WHERE id = 1;"
    )
    files = shop() | {"migrations/4.sql": native("d" * 12, C, rows)}
    database.runner(files).up(C)
    with pytest.raises(Killed):
        Runner(database.url, snapshot(files), on_event=stop_after(2)).up()
    assert database.query("SELECT id, email FROM users") == [(1, None)]
    status = database.runner(files).status()
    assert (brief(status), status.failed) == (([A, B, C], ["d" * 12]), None)
    broken = shop() | {"migrations/4.sql": native("d" * 12, C, f"{rows}\nINSERT INTO nowhere VALUES (1);")}
    with pytest.raises(StepFailedError, match="nowhere") as caught:
        database.runner(broken).up()
    assert "nothing of" in caught.value.hint
    assert database.query("SELECT id, email FROM users") == [(1, None)]
    database.runner(files).up()
    assert database.query("SELECT id, email FROM users") == [(2, "x")]


def test_rows_of_a_table_that_cannot_roll_back_are_journalled(database: Target) -> None:
    database.query("CREATE TABLE old (id integer) ENGINE=MyISAM")
    files = {"migrations/1.sql": native(A, (), "INSERT INTO old VALUES (1);\nINSERT INTO old VALUES (2);")}
    with pytest.raises(Killed):
        Runner(database.url, snapshot(files), on_event=stop_after(1)).up()
    failed = database.runner(files).status().failed
    assert failed is not None
    assert (failed.done, failed.certain) == (1, True)


def test_a_statement_of_rows_and_its_line_in_the_journal_are_one_transaction(database: Target) -> None:
    up = "CREATE TABLE t (id integer);\nINSERT INTO t VALUES (1);\nCREATE TABLE u (id integer);"
    files = {"migrations/1.sql": native(A, (), up)}
    with pytest.raises(Killed):
        Runner(database.url, snapshot(files), on_event=stop_after(2)).up()
    assert database.query("SELECT state, statement FROM mig_history") == [("running", 2)]
    assert database.query("SELECT * FROM t") == [(1,)]


def test_a_refused_migration_is_journalled_without_being_asked_to(database: Target) -> None:
    up = "CREATE TABLE t (id integer);\nINSERT INTO t VALUES (1);\nINSERT INTO\nnowhere VALUES (1);"
    files = {"migrations/1.sql": native(A, (), up, "DROP TABLE t;")}
    with pytest.raises(StepFailedError, match=r"failed at migrations/1.sql:6") as caught:
        database.runner(files).up()
    assert "what ran stays" in caught.value.hint
    failed = database.runner(files).status().failed
    assert failed is not None
    assert (failed.state, failed.index, failed.done, failed.certain) == ("failed", 3, 2, True)
    with pytest.raises(RunnerError, match="MIG404"):
        database.runner(files).up()


def test_a_syntax_error_names_its_line(database: Target) -> None:
    files = {"migrations/1.sql": native(A, (), "CREATE TABLE t (\n  id integer,\n  , x integer\n);")}
    with pytest.raises(StepFailedError, match=r"failed at migrations/1.sql:6: You have an error"):
        database.runner(files).up()


SETS = """
SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT';
SET foreign_key_checks = 0;
SET NAMES latin1;
SET time_zone = '+09:00';
SET @mine = 7;
SET autocommit = 0;
CREATE TEMPORARY TABLE passing (id integer);
CREATE DATABASE IF NOT EXISTS mig_test_other;
USE mig_test_other;
"""


def test_what_a_migration_sets_does_not_reach_the_next(database: Target) -> None:
    look = "CREATE TABLE seen AS SELECT @@sql_mode m, @@foreign_key_checks f, @@character_set_client c,"
    look += " @@time_zone z, @mine u, @@autocommit a, database() d;\nCREATE TABLE passing (id integer);"
    files = {
        "migrations/1.sql": native(A, (), SETS, description=AWKWARD),
        "migrations/2.sql": native(B, A, look),
    }
    before = database.query("SELECT @@sql_mode")[0][0]
    try:
        database.runner(files).up()
    finally:
        database.query("DROP DATABASE IF EXISTS mig_test_other")
    name = urlsplit(database.url).path[1:]
    assert database.query("SELECT m, f, c, z, u, a, d FROM seen") == [
        (before, 1, "utf8mb4", "+00:00", None, 1, name)
    ]
    assert database.tables() == ["passing", "seen"]
    assert database.query("SELECT description FROM mig_history WHERE seq = 1") == [(AWKWARD,)]


def test_the_journal_of_a_migration_that_switches_autocommit_off_is_written(database: Target) -> None:
    up = "SET autocommit = 0;\nCREATE TABLE t (id integer);\nINSERT INTO t VALUES (1);\nCOMMIT;"
    files = {"migrations/1.sql": free(up)}
    database.runner(files).up()
    assert database.query("SELECT state, statement FROM mig_history") == [("applied", 4)]
    assert database.query("SELECT id FROM t") == [(1,)]


def test_a_transaction_of_the_migrations_own_is_journalled_with_it(database: Target) -> None:
    up = "CREATE TABLE t (id integer);\nBEGIN;\nINSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\nCOMMIT;"
    files = {"migrations/1.sql": free(up)}
    for stop, left in ((3, []), (4, []), (5, [(1,), (2,)])):
        with pytest.raises(Killed):
            Runner(database.url, snapshot(files), on_event=stop_after(stop)).up()
        assert database.query("SELECT id FROM t") == left
        assert database.query("SELECT statement FROM mig_history") == [(5 if left else -2,)]
        database.query("DROP TABLE t")
        database.query("DELETE FROM mig_history")


def test_a_transaction_that_is_left_open_is_an_error(database: Target) -> None:
    runner = database.runner(
        {"migrations/1.sql": free("CREATE TABLE t (i integer);\nBEGIN;\nINSERT INTO t VALUES (1);")}
    )
    with pytest.raises(StepFailedError, match="left a transaction open"):
        runner.up()
    assert database.query("SELECT count(*) FROM t") == [(0,)]


def test_python_that_changes_rows_alone_leaves_nothing_when_it_fails(database: Target) -> None:
    body = 'op.execute("INSERT INTO users VALUES (9, NULL)")\nraise ValueError("late")'
    files = shop() | {"migrations/4.py": python(body, id="d" * 12, parents=(C,))}
    with pytest.raises(StepFailedError, match="late"):
        database.runner(files).up()
    assert database.query("SELECT id FROM users") == [(1,)]
    failed = database.runner(files).status().failed
    assert failed is not None
    assert (failed.state, failed.done, failed.certain) == ("failed", 0, True)


def test_python_with_ddl_is_uncertain_when_it_fails(database: Target) -> None:
    body = 'op.execute("CREATE TABLE t (id integer)")\nraise ValueError("late")'
    files = {"migrations/1.py": python(body)}
    with pytest.raises(StepFailedError, match="late"):
        database.runner(files).up()
    failed = database.runner(files).status().failed
    assert failed is not None
    assert not failed.certain
    assert database.tables() == ["t"]


def test_several_statements_in_one_text_are_refused_by_the_server(database: Target) -> None:
    text = "-- mig:statement\nCREATE TABLE t (id integer); CREATE TABLE u (id integer)\n-- mig:end"
    with pytest.raises(StepFailedError, match="syntax"):
        database.runner({"migrations/1.sql": native(A, (), text)}).up()
    assert database.tables() == []


def test_no_file_of_the_client_is_sent(database: Target, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("1\n")
    up = f"CREATE TABLE t (id integer);\nLOAD DATA LOCAL INFILE '{tmp_path}/rows.csv' INTO TABLE t;"
    with pytest.raises(StepFailedError, match=r"(?i)local"):
        database.runner({"migrations/1.sql": native(A, (), up)}).up()
    assert database.query("SELECT count(*) FROM t") == [(0,)]


def test_time_outs_are_set(database: Target) -> None:
    up = "CREATE TABLE t AS SELECT @@lock_wait_timeout l, @@innodb_lock_wait_timeout i,"
    up += " @@max_statement_time s;"
    options = Options()
    options = replace(
        options, settings=replace(options.settings, lock_timeout="1500ms", statement_timeout="9min")
    )
    database.runner({"migrations/1.sql": native(A, (), up)}, options).up()
    assert [float(str(value)) for value in database.query("SELECT l, i, s FROM t")[0]] == [2, 2, 540]


def test_who_waits_is_told_who_holds_the_lock(database: Target, tmp_path: Path) -> None:
    sandbox = GitSandbox(tmp_path / "repository")
    sandbox.commit("slow", shop() | SETTINGS | {"migrations/4.sql": native("d" * 12, C, "SELECT sleep(60);")})
    holder = start(sandbox, "up", "--url", database.url)
    assert holder.stdout is not None
    for _ in range(3):
        holder.stdout.readline()
    recorder = Recorder()
    more = shop() | {"migrations/5.sql": native("e" * 12, C, "SELECT 1;")}
    waiting = Runner(database.url, snapshot(more), options=Options(lock_wait=0.2), on_event=recorder)
    with pytest.raises(
        RunnerError, match=r"in use by another runner: .* user \w+, host .*, query for \d+ s: SELECT sleep"
    ) as caught:
        waiting.up()
    assert "--lock-wait" in caught.value.hint
    assert recorder.names() == ["LockWaiting"]
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    end_sessions(database)


def end_sessions(database: Target, words: str = "") -> None:
    """End those whose statement holds these words: the server goes on with it when its client is gone."""
    name = urlsplit(database.url).path[1:]
    mine = f"SELECT id FROM information_schema.processlist WHERE db = '{name}' AND id <> connection_id()"
    if words:
        mine += f" AND info LIKE '%{words}%'"
    for (number,) in database.query(mine):
        database.query(f"KILL {number}")


def test_a_lock_that_a_migration_gives_away_stops_the_run(database: Target) -> None:
    files = {
        "migrations/1.sql": native(A, (), "DO RELEASE_ALL_LOCKS();"),
        "migrations/2.sql": native(B, A, "CREATE TABLE t (id integer);"),
    }
    with pytest.raises(RunnerError, match="the lock that keeps other runners out was lost"):
        database.runner(files).up()
    assert database.tables() == []


def test_a_lost_connection_is_journalled_and_said(database: Target) -> None:
    files = {
        "migrations/1.sql": native(A, (), "CREATE TABLE one (id integer);\nCREATE TABLE two (id integer);")
    }

    def cut(event: Event) -> None:
        if type(event).__name__ == "StatementDone":
            end_sessions(database)

    with pytest.raises(StepFailedError, match=f"{A} failed") as caught:
        Runner(database.url, snapshot(files), on_event=cut).up()
    assert "the connection is gone: mig status" in caught.value.hint
    failed = database.runner(files).status().failed
    assert failed is not None
    assert (failed.state, failed.done, failed.certain) == ("running", 1, True)


def test_moments_are_in_utc_and_of_the_database(database: Target) -> None:
    database.runner(shop()).up("+1")
    ((moment, now),) = database.query("SELECT applied_at, utc_timestamp(3) FROM mig_history")
    assert abs((now - moment).total_seconds()) < 60  # type: ignore[operator]  # datetimes
    applied = database.runner(shop()).status().applied[0].applied_at
    assert applied == f"{moment:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


@pytest.mark.parametrize("mode", ["NO_BACKSLASH_ESCAPES", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES,ANSI_QUOTES"])
def test_the_history_is_right_whatever_the_servers_mode_is(
    database: Target, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "migrations/1.sql": native(
            A, (), "SELECT 1;", f"SELECT '{AWKWARD[3:]}';".replace("\\'", ""), description=AWKWARD
        )
    }
    before = database.query("SELECT @@GLOBAL.sql_mode")[0][0]
    database.query(f"SET GLOBAL sql_mode = '{mode}'")
    try:
        database.runner(files).up()
    finally:
        database.query(f"SET GLOBAL sql_mode = '{before}'")
    assert database.query("SELECT description FROM mig_history") == [(AWKWARD,)]


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        pytest.param(("/mig_test", "/none_"), "Unknown database", "CREATE DATABASE", id="database"),
        pytest.param(("mig:", "nobody:"), "Access denied", "user and password", id="user"),
        pytest.param(("@127.0.0.1:", "@127.0.0.1:1#"), "port is no number", "write mysql://", id="port"),
    ],
)
def test_what_cannot_be_reached_says_why(
    database: Target, change: tuple[str, str], message: str, hint: str
) -> None:
    url = database.url.replace(*change)
    if url == database.url:
        pytest.skip("the server was given, and its account has another name")
    with pytest.raises(RunnerError, match=message) as caught:
        Runner(url, snapshot(shop())).status()
    assert hint in caught.value.hint
    assert (urlsplit(database.url).password or "-") not in caught.value.message + caught.value.hint


def test_a_url_without_a_database_or_with_an_unknown_parameter_is_refused(database: Target) -> None:
    with pytest.raises(RunnerError, match="names no database"):
        Runner(database.url.rpartition("/")[0], snapshot(shop())).status()
    with pytest.raises(RunnerError, match="sslmode is no parameter") as caught:
        Runner(f"{database.url}?sslmode=require", snapshot(shop())).status()
    assert "ssl_ca" in caught.value.hint
