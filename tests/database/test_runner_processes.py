"""Real processes: sixteen that start together, ones that are killed, ones that wait."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from mig.errors import RunnerError, StepFailedError
from mig.runner import Options, Runner
from mig.runner.dialects import Session, Settings
from mig.runner.dialects.postgresql import PostgresqlDialect, PostgresqlSession
from mig.runner.waiting import Waiting
from tests.database.test_runner_runs import KINDS, TRANSACTIONAL, Target, brief, target
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C, Recorder, shop, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = {"mig.toml": 'source = "native"\npath = "migrations"\n'}


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    return target(request.param, request, tmp_path)


@pytest.fixture
def sandbox(tmp_path: Path) -> GitSandbox:
    repository = GitSandbox(tmp_path / "repository")
    repository.commit("shop", shop() | SETTINGS)
    return repository


def start(sandbox: GitSandbox, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "mig", *args],
        cwd=sandbox.path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def chain(count: int, sections: str = "") -> dict[str, str]:
    """Migrations in a row, each of which fails when it is applied twice."""
    ids = [f"{number:012x}" for number in range(1, count + 1)]
    return {
        f"migrations/{number:03}.sql": native(
            id,
            ids[number - 1] if number else (),
            f"CREATE TABLE t{number} (id integer);\nINSERT INTO t{number} VALUES ({number});",
            f"DROP TABLE t{number};",
            header=sections,
        )
        for number, id in enumerate(ids)
    }


@pytest.mark.slow
@pytest.mark.parametrize("header", ["", "-- mig:no-transaction"], ids=["transactional", "no-transaction"])
def test_sixteen_that_start_together_apply_everything_once(
    database: Target, tmp_path: Path, header: str
) -> None:
    sandbox = GitSandbox(tmp_path / "repository")
    sandbox.commit("chain", chain(12, header) | SETTINGS)
    processes = [start(sandbox, "up", "--url", database.url) for _ in range(16)]
    outputs = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0] * 16, outputs
    applied = [
        line.split()[1] for out, _ in outputs for line in out.splitlines() if line.startswith("applied ")
    ]
    assert sorted(applied) == [f"{number:012x}" for number in range(1, 13)]
    assert database.query("SELECT count(*), max(seq) FROM mig_history") == [(12, 12)]
    assert len(database.tables()) == 12


# Enough rows that the statement is still running when the signal comes.
SLOW = (
    "CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
    " SELECT i FROM n;"
)


@pytest.mark.slow
@pytest.mark.parametrize("database", TRANSACTIONAL, indirect=True)
@pytest.mark.parametrize("moment", [0.0, 0.1, 0.3])
def test_a_killed_process_leaves_whole_migrations_only(
    database: Target, sandbox: GitSandbox, moment: float
) -> None:
    last = native(
        "d" * 12, C, f"CREATE TABLE d (id integer);\n{SLOW.format(rows=30_000_000)}", "DROP TABLE d;"
    )
    sandbox.commit("slow", {"migrations/4_slow.sql": last})
    process = start(sandbox, "up", "--url", database.url)
    assert process.stdout is not None
    assert [process.stdout.readline().split()[1] for _ in range(3)] == [A, B, C]
    time.sleep(moment)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    wait_for_the_lock(database)
    assert database.tables() == ["orders", "users"]
    sandbox.commit("quick", {"migrations/4_slow.sql": native("d" * 12, C, "CREATE TABLE d (id integer);")})
    sandbox.mig("up", "--url", database.url)
    assert database.tables() == ["d", "orders", "users"]


def wait_for_the_lock(database: Target) -> None:
    """PostgreSQL notices the end of its client only after the statement, so it is told to stop."""
    if not database.is_sqlite:
        database.query(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'mig %'"
        )


@pytest.mark.slow
@pytest.mark.parametrize("database", TRANSACTIONAL, indirect=True)
def test_a_killed_process_without_a_transaction_tells_which_statement(
    database: Target, sandbox: GitSandbox
) -> None:
    text = native(
        "d" * 12,
        C,
        f"CREATE TABLE d (id integer);\n{SLOW.format(rows=30_000_000)}",
        "DROP TABLE d;",
        header="-- mig:no-transaction",
    )
    sandbox.commit("slow", {"migrations/4_slow.sql": text})
    process = start(sandbox, "up", "--url", database.url)
    deadline = time.monotonic() + 60
    while not begun(database):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    wait_for_the_lock(database)
    shown = sandbox.mig("status", "--url", database.url, expect=1).stdout
    # The statement and its line in the journal were one transaction.
    assert "1 of 2 statements ran" in shown
    assert "may or may not" not in shown
    assert "MIG404" in sandbox.mig("up", "--url", database.url, expect=3).stderr


def begun(database: Target) -> bool:
    exists = "SELECT 1 FROM sqlite_master WHERE name = 'd'"
    if not database.is_sqlite:
        exists = "SELECT 1 FROM pg_tables WHERE tablename = 'd'"
    try:
        return bool(database.query(exists)) and database.query(
            "SELECT statement FROM mig_history WHERE seq = 4"
        ) == [(1,)]
    except sqlite3.OperationalError:  # locked for a moment
        return False


@pytest.mark.postgresql
def test_who_waits_is_told_who_holds_the_lock(postgresql_database: object, sandbox: GitSandbox) -> None:
    server = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]
    slow = native("d" * 12, C, "SELECT pg_sleep(60);", "")
    sandbox.commit("slow", {"migrations/4_slow.sql": slow})
    holder = start(sandbox, "up", "--url", server.url)
    assert holder.stdout is not None
    for _ in range(3):
        holder.stdout.readline()
    recorder = Recorder()
    files = snapshot(shop() | {"migrations/4_slow.sql": slow})
    waiting = Runner(server.url, files, options=Options(lock_wait=0.2), on_event=recorder)
    with pytest.raises(
        RunnerError, match=rf"in use by another runner: mig .* pid {holder.pid}, user .*, since "
    ) as caught:
        waiting.up()
    assert "--lock-wait" in caught.value.hint
    assert recorder.names() == ["LockWaiting"]
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    wait_for_the_lock(server)


def until_it_fails(runner: Runner) -> None:
    with contextlib.suppress(StepFailedError):
        runner.up()


@pytest.mark.postgresql
def test_who_has_nothing_to_do_waits_for_nobody(
    postgresql_database: object,
) -> None:
    server = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]
    server.runner(shop()).up()
    files = shop() | {"migrations/4_slow.sql": native("d" * 12, C, "SELECT pg_sleep(60);", "")}
    holder = threading.Thread(target=until_it_fails, args=(server.runner(files),))
    holder.start()
    deadline = time.monotonic() + 60
    while not server.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert server.runner(shop(), Options(lock_wait=0)).up().steps == ()
    with pytest.raises(RunnerError, match="in use by another runner"):
        server.runner(files, Options(lock_wait=0)).up()
    wait_for_the_lock(server)
    holder.join()


def test_a_locked_sqlite_file_is_waited_for_and_then_reported(tmp_path: Path) -> None:
    database = Target(f"sqlite:///{tmp_path / 'shop.db'}")
    database.runner(shop()).up("+1")
    other = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RunnerError, match="in use by another runner: a process that writes to it"):
        database.runner(shop(), Options(lock_wait=0.1)).up()
    other.execute("ROLLBACK")
    other.close()
    database.runner(shop(), Options(lock_wait=0.1)).up()
    assert brief(database.runner(shop()).status()) == ([A, B, C], [])


def test_another_runner_in_between_is_noticed(tmp_path: Path) -> None:
    database = Target(f"sqlite:///{tmp_path / 'shop.db'}")
    recorder = Recorder()

    def interfere(event: object) -> None:
        recorder(event)  # type: ignore[arg-type]  # the test looks at names only
        if recorder.names() == ["PlanMade", "StepStarted", "StatementDone", "StatementDone", "StepDone"]:
            database.runner(shop()).up("+1")

    outcome = Runner(database.url, snapshot(shop()), on_event=interfere).up()
    assert [step.id for step in outcome.steps] == [A, C]
    assert recorder.names().count("PlanMade") == 2
    assert brief(database.runner(shop()).status()) == ([A, B, C], [])


@pytest.mark.postgresql
@pytest.mark.parametrize("way", ["SELECT pg_advisory_unlock_all();", "DISCARD ALL;"])
def test_a_lock_that_a_migration_gives_away_stops_the_run(postgresql_database: object, way: str) -> None:
    server = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]
    files = {
        "migrations/1.sql": native(A, (), way, header="-- mig:no-transaction"),
        "migrations/2.sql": native(B, A, "CREATE TABLE t (id integer);"),
    }
    with pytest.raises(RunnerError, match=r"the lock that keeps other runners out was lost \(it was given"):
        server.runner(files).up()
    assert server.tables() == []


@pytest.mark.postgresql
def test_another_session_of_the_server_in_the_middle_of_a_run_stops_it(postgresql_database: object) -> None:
    """As through a pooler that gives each transaction the session that is free."""
    server = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]
    lent: list[PostgresqlSession] = []

    @contextlib.contextmanager
    def lend(url: str, settings: Settings) -> Iterator[Session]:
        lent.append(PostgresqlDialect().connect(url, settings))
        own = lent[0]._connection
        try:
            yield lent[0]
        finally:
            own.close()
            lent[-1].close()

    def swap(event: object) -> None:
        if type(event).__name__ == "StepDone":
            lent.append(PostgresqlDialect().connect(server.url, Settings()))
            lent[0]._connection, lent[0]._cursor = lent[-1]._connection, lent[-1]._cursor
            lent[0]._may_lose_lock = True  # the pid that a pooler makes up says so

    with pytest.raises(RunnerError, match=r"was lost \(server pid \d+, was \d+\)") as caught:
        Runner(server.url, snapshot(shop()), on_event=swap, connect=lend).up()
    assert "pooler" in caught.value.hint
    assert server.query("SELECT id FROM mig_history") == [(A,)]


@pytest.mark.postgresql
def test_a_session_that_has_the_lock_of_another_runner_is_refused(postgresql_database: object) -> None:
    """As through a pooler that gives two runners one session in turn."""
    server = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]
    with contextlib.closing(PostgresqlDialect().connect(server.url, Settings())) as shared:
        shared.acquire_lock("mig_history", Waiting(limit=1, notify=Recorder()))

        def lend(url: str, settings: Settings) -> contextlib.AbstractContextManager[Session]:
            return contextlib.nullcontext(shared)

        with pytest.raises(RunnerError, match="this session of the server has the lock of another runner"):
            Runner(server.url, snapshot(shop()), connect=lend).up()


@pytest.mark.postgresql
def test_a_lost_connection_leaves_nothing_and_is_said(postgresql_database: object) -> None:
    server = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]

    def cut(event: object) -> None:
        if type(event).__name__ == "StatementDone":
            wait_for_the_lock(server)

    with pytest.raises(StepFailedError, match=f"{A} failed at ") as caught:
        Runner(server.url, snapshot(shop()), on_event=cut).up()
    assert "the connection is gone: mig status" in caught.value.hint
    assert server.tables() == []
    server.runner(shop()).up()
    assert brief(server.runner(shop()).status()) == ([A, B, C], [])


@pytest.mark.postgresql
def test_a_lost_connection_without_a_transaction_is_journalled(postgresql_database: object) -> None:
    server = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]
    text = native(
        A,
        (),
        "CREATE TABLE one (id integer);\nCREATE TABLE two (id integer);",
        header="-- mig:no-transaction",
    )
    files = {"migrations/1.sql": text}

    def cut(event: object) -> None:
        if type(event).__name__ == "StatementDone":
            wait_for_the_lock(server)

    with pytest.raises(StepFailedError, match="failed"):
        Runner(server.url, snapshot(files), on_event=cut).up()
    failed = server.runner(files).status().failed
    assert failed is not None
    assert (failed.state, failed.done, failed.certain) == ("running", 1, True)
