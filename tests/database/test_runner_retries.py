"""Locks that a step does not get: it is tried again where that is safe; then it is said who holds them."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from mig.errors import StepFailedError
from mig.runner import Options, Runner
from mig.runner.dialects import Settings
from mig.runner.events import StepRetried, StepRunning
from tests.database.test_runner_runs import KINDS, Target, brief, database
from tests.repositories import native
from tests.unit.runner.snapshots import A, B, C, D, Recorder, shop, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mig.runner.events import Event

__all__ = ["database"]


@contextmanager
def holding(target: Target) -> Iterator[Callable[[], None]]:
    """Another session in the middle of a transaction that wrote to users; gives what ends it."""
    statement = "UPDATE users SET id = 1"
    if target.is_sqlite:
        other = sqlite3.connect(target.url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN")
        other.execute("SELECT * FROM users").fetchall()
        end, close = other.commit, other.close
    else:
        session = target.runner({})._opening.dialect.connect(target.url, Settings())
        session.execute("BEGIN")
        session.execute(statement)
        end, close = session.rollback, session.close
    try:
        yield end
    finally:
        close()


def runner(
    target: Target,
    files: Mapping[str, str],
    told: Callable[[Event], None],
    lock: str = "400ms",
    retries: int = 3,
) -> Runner:
    settings = Settings(lock_timeout=lock, lock_retries=retries)
    return Runner(target.url, snapshot(files), options=Options(settings=settings), on_event=told)


def retried(recorder: Recorder) -> list[StepRetried]:
    return [event for event in recorder.events if isinstance(event, StepRetried)]


def waiting_time(target: Target) -> str:
    """MariaDB counts in whole seconds."""
    return "400ms" if target.is_sqlite or target.url.startswith("postgresql") else "1s"


def test_a_step_that_waits_for_a_lock_is_tried_again_until_it_gets_it(database: Target) -> None:
    database.runner(shop()).up(A)
    recorder = Recorder()
    with holding(database) as end:

        def tell(event: Event) -> None:
            recorder(event)
            if isinstance(event, StepRetried) and event.attempt == 2:
                end()

        outcome = runner(database, shop(), tell, waiting_time(database)).up()
    assert [step.id for step in outcome.steps] == [B, C]
    events = retried(recorder)
    assert [(event.step.id, event.attempt, event.limit) for event in events] == [(B, 1, 3), (B, 2, 3)]
    assert all(0.2 < event.pause < 2 for event in events)
    assert "StepFailed" not in recorder.names()
    assert brief(database.runner(shop()).status()) == ([A, B, C], [])


def test_a_step_that_never_gets_its_lock_says_who_was_in_the_way(database: Target) -> None:
    database.runner(shop()).up(A)
    recorder = Recorder()
    with holding(database), pytest.raises(StepFailedError) as caught:
        runner(database, shop(), recorder, waiting_time(database), retries=1).up()
    assert f"{B} failed at migrations/2_email.sql" in caught.value.message
    assert len(retried(recorder)) == 1
    assert recorder.names()[-1] == "StepFailed"
    if not database.is_sqlite:
        assert "; in the way was session " in caught.value.message
    assert [row.id for row in database.runner(shop()).status().applied] == [A]


@pytest.mark.postgresql
def test_the_statement_in_the_way_is_shown_without_secrets(postgresql_database: object) -> None:
    target = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]
    target.runner(shop()).up(A)
    recorder = Recorder()
    with holding(target), pytest.raises(StepFailedError, match="UPDATE users SET id = 1") as caught:
        runner(target, shop(), recorder, retries=1).up()
    assert "idle in transaction" in caught.value.message
    seen = [event for event in recorder.events if isinstance(event, StepRunning)]
    assert seen
    assert seen[-1].blockers[0].endswith("UPDATE users SET id = 1")


def test_nothing_is_tried_again_where_that_is_switched_off(database: Target) -> None:
    database.runner(shop()).up(A)
    recorder = Recorder()
    with holding(database), pytest.raises(StepFailedError):
        runner(database, shop(), recorder, waiting_time(database), retries=0).up()
    assert retried(recorder) == []


# What keeps a statement of SQLite's from being written keeps out the journal, too.
@pytest.mark.parametrize("database", [kind for kind in KINDS if kind.id != "sqlite"], indirect=True)
def test_outside_of_a_transaction_the_one_statement_is_tried_again(database: Target) -> None:
    table = "CREATE TABLE logs (id integer);\nALTER TABLE users ADD COLUMN name text;"
    files = shop() | {"migrations/4.sql": native(D, C, table, header="-- mig:no-transaction")}
    database.runner(files).up(C)
    recorder = Recorder()
    with holding(database) as end:

        def tell(event: Event) -> None:
            recorder(event)
            if isinstance(event, StepRetried):
                end()

        runner(database, files, tell, waiting_time(database)).up()
    assert len(retried(recorder)) == 1
    assert database.runner(files).status().failed is None
    assert "logs" in database.tables()


@pytest.mark.postgresql
def test_an_index_that_is_built_concurrently_is_not_tried_again(postgresql_database: object) -> None:
    target = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]
    index = native(D, C, "CREATE INDEX CONCURRENTLY i ON users (id);", header="-- mig:no-transaction")
    files = shop() | {"migrations/4.sql": index}
    target.runner(files).up(C)
    recorder = Recorder()
    with holding(target), pytest.raises(StepFailedError):
        runner(target, files, recorder).up()
    assert retried(recorder) == []
    assert target.runner(files).status().failed is not None


def test_a_migration_can_have_time_outs_of_its_own(database: Target) -> None:
    short = native(
        B,
        A,
        "ALTER TABLE users ADD COLUMN email text;",
        header=f"-- mig:lock-timeout {waiting_time(database)}",
    )
    files = shop() | {"migrations/2_email.sql": short}
    database.runner(files).up(A)
    began = time.monotonic()
    with holding(database), pytest.raises(StepFailedError):
        runner(database, files, Recorder(), "60s", retries=0).up()
    assert time.monotonic() - began < 20


@pytest.mark.postgresql
def test_a_statement_timeout_of_its_own_holds_for_that_migration_only(postgresql_database: object) -> None:
    target = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]
    files = {
        "migrations/1.sql": native(A, (), "SELECT 1;", header="-- mig:statement-timeout 200ms"),
        "migrations/2.sql": native(B, A, "SELECT pg_sleep(0.5);"),
        "migrations/3.sql": native(C, B, "SELECT pg_sleep(5);", header="-- mig:statement-timeout 200ms"),
    }
    with pytest.raises(StepFailedError, match="statement timeout"):
        target.runner(files).up()
    assert [row.id for row in target.runner(files).status().applied] == [A, B]


@pytest.mark.postgresql
def test_two_that_wait_for_one_another_both_get_through(postgresql_database: object) -> None:
    target = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]
    files = {
        "migrations/1.sql": native(A, (), "CREATE TABLE a (i int);\nCREATE TABLE b (i int);"),
        "migrations/2.sql": native(
            B, A, "LOCK TABLE a;\nSELECT pg_sleep(1);\nALTER TABLE b ADD COLUMN x integer;"
        ),
    }
    target.runner(files).up(A)

    def clash() -> None:
        import psycopg

        with psycopg.connect(target.url, autocommit=True) as other:
            other.execute("SET deadlock_timeout = '60s'")
            other.execute("BEGIN")
            other.execute("LOCK TABLE b")
            time.sleep(0.5)
            other.execute("LOCK TABLE a")
            other.execute("COMMIT")

    recorder = Recorder()
    thread = threading.Thread(target=clash)
    thread.start()
    runner(target, files, recorder, "30s").up()
    thread.join()
    assert "deadlock detected" in retried(recorder)[0].message


@pytest.mark.postgresql
def test_a_long_index_says_how_far_the_server_is(postgresql_database: object) -> None:
    target = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]
    rows = "CREATE TABLE rows AS SELECT md5(i::text) AS t FROM generate_series(1, 200000) i;"
    slow = """
    CREATE FUNCTION slow(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN IF $1 < '0002' THEN PERFORM pg_sleep(0.3); END IF; RETURN $1; END $$;
    """
    target.query(rows)
    target.query(slow)
    files = {"migrations/1.sql": native(A, (), "CREATE INDEX i ON rows (slow(t));")}
    recorder = Recorder()
    runner(target, files, recorder).up()
    told = [event for event in recorder.events if isinstance(event, StepRunning)]
    assert told
    assert told[0].seconds >= 0.2
    assert any(event.progress.startswith("building index") and "%" in event.progress for event in told), told
    assert not any(event.blockers for event in told)
