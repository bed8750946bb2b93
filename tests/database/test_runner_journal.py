"""Migrations outside of a transaction: what the journal says, and what is refused afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.errors import RunnerError, StepFailedError
from mig.report.status import render_status, status_json
from mig.runner import Runner
from tests.database.test_runner_runs import KINDS, TRANSACTIONAL, Target, brief, target
from tests.repositories import native
from tests.unit.runner.snapshots import A, B, snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from mig.runner.events import Event


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    return target(request.param, request, tmp_path)


def free(up: str, down: str | None = "", id: str = A, parents: str | tuple[str, ...] = ()) -> str:
    return native(id, parents, up, down, header="-- mig:no-transaction")


THREE = free(
    "CREATE TABLE one (id integer);\nCREATE TABLE two (id integer);\nCREATE TABLE three (id integer);",
    "DROP TABLE three;\nDROP TABLE two;\nDROP TABLE one;",
)


class Killed(BaseException):
    """Stands for the end of the process: nothing of the runner catches it."""


def run_until(
    database: Target, files: dict[str, str], event_name: str, count: int, direction: str = "up"
) -> None:
    seen = 0

    def stop(event: Event) -> None:
        nonlocal seen
        seen += type(event).__name__ == event_name
        if seen == count:
            raise Killed

    runner = Runner(database.url, snapshot(files), on_event=stop)
    with pytest.raises(Killed):
        runner.up() if direction == "up" else runner.down()


def test_statements_that_need_no_transaction_run(database: Target) -> None:
    server = "" if database.is_mariadb else "CONCURRENTLY"
    statement = "VACUUM;" if database.is_sqlite else f"CREATE INDEX {server} ix ON one (id);"
    files = {"migrations/1.sql": free(f"CREATE TABLE one (id integer);\n{statement}", "DROP TABLE one;")}
    runner = database.runner(files)
    runner.up()
    assert database.query("SELECT state, statement FROM mig_history") == [("applied", 2)]
    assert runner.status().failed is None
    runner.down()
    assert database.tables() == []
    assert brief(runner.status()) == ([], [A])


def test_a_refused_statement_is_named_and_nothing_more_is_done(database: Target) -> None:
    text = free("CREATE TABLE one (id integer);\nDROP TABLE nowhere;\nCREATE TABLE three (id integer);")
    files = {"migrations/1.sql": text, "migrations/2.sql": native(B, A, "CREATE TABLE later (id integer);")}
    runner = database.runner(files)
    with pytest.raises(StepFailedError, match=r"failed at migrations/1.sql:6: .*nowhere") as caught:
        runner.up()
    assert "mig status" in caught.value.hint
    failed = runner.status().failed
    assert failed is not None
    assert (failed.state, failed.direction, failed.index, failed.done, failed.count) == (
        "failed",
        "up",
        2,
        1,
        3,
    )
    assert failed.certain
    assert failed.statement is not None
    assert failed.statement.text.strip() == "DROP TABLE nowhere"
    for act in (runner.up, runner.down, runner.redo, runner.plan):
        with pytest.raises(RunnerError, match="MIG404"):
            act()
    assert database.tables() == ["one"]


@pytest.mark.parametrize(
    ("count", "left"),
    [
        pytest.param(1, ["one"], id="after-the-first"),
        pytest.param(2, ["one", "two"], id="after-the-second"),
        pytest.param(3, ["one", "three", "two"], id="after-the-last"),
    ],
)
def test_between_two_statements_the_status_is_certain(database: Target, count: int, left: list[str]) -> None:
    files = {"migrations/1.sql": THREE}
    run_until(database, files, "StatementDone", count)
    assert database.tables() == left
    failed = database.runner(files).status().failed
    assert failed is not None
    assert (failed.state, failed.index, failed.done, failed.certain) == ("running", 0, count, True)


def test_before_anything_is_written_nothing_has_happened(database: Target) -> None:
    files = {"migrations/1.sql": THREE}
    run_until(database, files, "StepStarted", 1)
    status = database.runner(files).status()
    assert (brief(status), status.failed) == (([], [A]), None)


def test_a_statement_that_was_begun_may_or_may_not_have_run(database: Target) -> None:
    files = {"migrations/1.sql": THREE}
    run_until(database, files, "StatementDone", 1)
    database.query("UPDATE mig_history SET statement = -2, applied_by = 'ada@elsewhere pid 1'")
    runner = database.runner(files)
    status = runner.status()
    assert status.failed is not None
    assert (status.failed.index, status.failed.done, status.failed.certain) == (2, 1, False)
    text = render_status(status, color=False, everything=False)
    assert "1 of 3 statements ran, statement 2 may or may not have run" in text
    assert "migrations/1.sql:6" in text
    assert "CREATE TABLE two" in text
    assert '"certain": false' in status_json(status)
    with pytest.raises(RunnerError, match="MIG404"):
        runner.up()


def test_an_interrupted_revert_is_told_apart(database: Target) -> None:
    files = {"migrations/1.sql": THREE}
    database.runner(files).up()
    run_until(database, files, "StatementDone", 2, "down")
    failed = database.runner(files).status().failed
    assert failed is not None
    assert (failed.direction, failed.done, failed.certain) == ("down", 2, True)
    assert database.tables() == ["one"]


@pytest.mark.parametrize("database", TRANSACTIONAL, indirect=True)
def test_a_transaction_that_the_migration_leaves_open_is_an_error(database: Target) -> None:
    runner = database.runner({"migrations/1.sql": free("BEGIN;\nCREATE TABLE one (id integer);")})
    with pytest.raises(StepFailedError, match="left a transaction open"):
        runner.up()
    assert database.tables() == []
    failed = runner.status().failed
    assert failed is not None
    assert failed.state == "failed"


def test_a_transaction_of_the_migrations_own_is_allowed(database: Target) -> None:
    up = "BEGIN;\nCREATE TABLE one (id integer);\nCOMMIT;\nCREATE TABLE two (id integer);"
    database.runner({"migrations/1.sql": free(up)}).up()
    assert database.tables() == ["one", "two"]
