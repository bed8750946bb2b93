"""``mig repair``: every state that an interrupted migration can be in, and every way out of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mig.errors import RunnerError, StepFailedError
from mig.report.status import render_status
from mig.runner import Runner
from mig.runner.repair import Repair, Way
from tests.database.test_runner_journal import Killed, free, run_until
from tests.database.test_runner_processes import SETTINGS
from tests.database.test_runner_python import CREATE, python
from tests.database.test_runner_runs import KINDS, Target, brief, target
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, Recorder, snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mig.runner.repair import Repaired

UP = (
    "CREATE TABLE one (id integer);\nINSERT INTO one VALUES (1);\n"
    "ALTER TABLE one ADD COLUMN more integer;\nCREATE TABLE two (id integer);"
)
DOWN = "DROP TABLE two;\nALTER TABLE one DROP COLUMN more;\nDROP TABLE one;"
FILES = {"migrations/1.sql": free(UP, DOWN)}


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    return target(request.param, request, tmp_path)


@pytest.fixture
def server(postgresql_database: object) -> Target:
    return Target(postgresql_database.plain_url)  # type: ignore[attr-defined]


def repair(
    database: Target,
    way: Way,
    files: Mapping[str, str] = FILES,
    start: int = 0,
    *,
    allow_changed: bool = False,
) -> Repaired:
    runner = Runner(database.url, snapshot(files))
    return runner.repair(Repair(way=way, start=start, allow_changed=allow_changed))


def assert_applied(database: Target, files: Mapping[str, str] = FILES) -> None:
    assert database.tables() == ["one", "two"]
    assert database.query("SELECT * FROM one") == [(1, None)]
    status = database.runner(files).status()
    assert (brief(status), status.failed, status.changed) == (([A], []), None, ())
    assert database.query("SELECT state FROM mig_history") == [("applied",)]
    database.runner(files).down()
    assert database.tables() == []


def assert_reverted(database: Target, files: Mapping[str, str] = FILES) -> None:
    assert database.tables() == []
    status = database.runner(files).status()
    assert (brief(status), status.failed) == (([], [A]), None)
    database.runner(files).up()
    assert database.query("SELECT * FROM one") == [(1, None)]


def stop_up(database: Target, done: int) -> None:
    """Leave the migration after so many statements, as a process that was killed there does."""
    run_until(database, FILES, "StatementDone", done)


def doubt(database: Target, index: int) -> None:
    """Take the journal back to the moment before a statement, as if it had been killed in it."""
    database.query(f"UPDATE mig_history SET statement = {-index}")


@pytest.mark.parametrize("done", [1, 2, 3, 4])
def test_what_was_stopped_between_two_statements_goes_on(database: Target, done: int) -> None:
    stop_up(database, done)
    assert repair(database, Way.RESUME).applied
    assert_applied(database)


@pytest.mark.parametrize("done", [1, 2, 3, 4])
def test_what_was_stopped_between_two_statements_is_undone(database: Target, done: int) -> None:
    stop_up(database, done)
    assert not repair(database, Way.REVERT).applied
    assert_reverted(database)
    assert database.query("SELECT id, state FROM mig_history_log") == [(A, "applied")]


@pytest.mark.parametrize("index", [1, 3, 4])
@pytest.mark.parametrize("ran", [True, False], ids=["ran", "not-run"])
@pytest.mark.parametrize("way", [Way.RESUME, Way.REVERT], ids=["resume", "revert"])
def test_the_database_shows_whether_a_statement_has_run(
    database: Target, index: int, ran: bool, way: Way
) -> None:
    if ran:
        stop_up(database, index)
    elif index > 1:
        stop_up(database, index - 1)
    else:
        stop_up(database, 1)
        database.query("DROP TABLE one")
    doubt(database, index)
    failed = database.runner(FILES).status().failed
    assert failed is not None
    assert (failed.certain, failed.known) == (False, index if ran else index - 1)
    repair(database, way)
    (assert_applied if way is Way.RESUME else assert_reverted)(database)


def test_rows_show_nothing_so_a_person_says_where_to_go_on(database: Target) -> None:
    stop_up(database, 2)
    doubt(database, 2)
    with pytest.raises(RunnerError, match=r"nothing shows whether statement 2 of a+ has run") as caught:
        repair(database, Way.RESUME)
    assert "--from 2 (it has not) or --from 3 (it has)" in caught.value.hint
    assert "mig repair --resume --from 2" in render_status(
        database.runner(FILES).status(), color=False, everything=False
    )
    for start in (1, 6):
        with pytest.raises(RunnerError, match=f"cannot go on from {start}"):
            repair(database, Way.RESUME, start=start)
    repair(database, Way.RESUME, start=3)
    assert_applied(database)


def test_rows_need_not_be_shown_where_the_down_can_be_decided(database: Target) -> None:
    stop_up(database, 2)
    doubt(database, 2)
    repair(database, Way.REVERT)
    assert_reverted(database)


def test_a_down_of_rows_is_not_run_for_half_a_migration(database: Target) -> None:
    files = {"migrations/1.sql": free(UP, f"DELETE FROM one;\n{DOWN}")}
    run_until(database, files, "StatementDone", 2)
    with pytest.raises(RunnerError, match="nothing shows whether its down has to run: DELETE FROM one"):
        repair(database, Way.REVERT, files)
    assert database.tables() == ["one"]
    repair(database, Way.RESUME, files)
    assert_applied(database, files)


def test_a_down_of_rows_is_run_for_a_whole_migration(database: Target) -> None:
    files = {"migrations/1.sql": free(UP, f"DELETE FROM one;\n{DOWN}")}
    run_until(database, files, "StatementDone", 4)
    repair(database, Way.REVERT, files)
    assert_reverted(database, files)


@pytest.mark.parametrize("way", [Way.RESUME, Way.REVERT], ids=["resume", "revert"])
def test_a_refused_statement_can_be_tried_again_or_undone(database: Target, way: Way) -> None:
    database.query("CREATE TABLE two (id integer)")
    with pytest.raises(StepFailedError, match="two"):
        database.runner(FILES).up()
    with pytest.raises(StepFailedError, match="two"):
        repair(database, Way.RESUME)
    failed = database.runner(FILES).status().failed
    assert failed is not None
    assert (failed.state, failed.done, failed.certain) == ("failed", 3, True)
    database.query("DROP TABLE two")
    repair(database, way)
    (assert_applied if way is Way.RESUME else assert_reverted)(database)


def test_what_a_person_has_finished_or_undone_is_recorded(database: Target) -> None:
    stop_up(database, 3)
    database.query("CREATE TABLE two (id integer)")
    assert repair(database, Way.MARK_APPLIED).applied
    status = database.runner(FILES).status()
    assert (brief(status), status.failed) == (([A], []), None)
    run_until(database, FILES, "StatementDone", 1, "down")
    database.query("DROP TABLE one")
    assert not repair(database, Way.MARK_REVERTED).applied
    assert_reverted(database)


@pytest.mark.parametrize("done", [1, 2, 3])
def test_an_interrupted_revert_goes_on(database: Target, done: int) -> None:
    database.runner(FILES).up()
    run_until(database, FILES, "StatementDone", done, "down")
    with pytest.raises(RunnerError, match=f"{done} of 3 statements of the down of {A} have run"):
        repair(database, Way.REVERT)
    assert not repair(database, Way.RESUME).applied
    assert_reverted(database)


def test_a_revert_of_which_nothing_has_run_is_put_back(database: Target) -> None:
    database.runner(FILES).up()
    run_until(database, FILES, "StatementDone", 1, "down")
    database.query("CREATE TABLE two (id integer)")
    doubt(database, 1)
    assert repair(database, Way.REVERT).applied
    assert_applied(database)


@pytest.mark.parametrize("ran", [True, False], ids=["ran", "not-run"])
def test_the_database_shows_whether_a_statement_of_a_revert_has_run(database: Target, ran: bool) -> None:
    database.runner(FILES).up()
    run_until(database, FILES, "StatementDone", 2, "down")
    if not ran:
        database.query("ALTER TABLE one ADD COLUMN more integer")
    doubt(database, 2)
    repair(database, Way.RESUME)
    assert_reverted(database)


def test_undoing_half_a_migration_can_be_interrupted_too(database: Target) -> None:
    stop_up(database, 3)

    def stop(event: object) -> None:
        if type(event).__name__ == "StatementDone":
            raise Killed

    runner = Runner(database.url, snapshot(FILES), on_event=stop)
    with pytest.raises(Killed):
        runner.repair(Repair(way=Way.REVERT))
    failed = database.runner(FILES).status().failed
    assert failed is not None
    assert (failed.direction, failed.known) == ("down", 2)
    with pytest.raises(RunnerError, match="what they took away is gone"):
        repair(database, Way.REVERT)
    repair(database, Way.RESUME)
    assert_reverted(database)


def test_nothing_is_run_from_a_file_that_has_changed_unless_it_is_said(database: Target) -> None:
    stop_up(database, 3)
    mended = {
        "migrations/1.sql": free(f"{UP}\nCREATE TABLE three (id integer);", f"DROP TABLE three;\n{DOWN}")
    }
    with pytest.raises(RunnerError, match=r"migrations/1.sql has changed since a+ was begun") as caught:
        repair(database, Way.RESUME, mended)
    assert "--allow-changed" in caught.value.hint
    repair(database, Way.RESUME, mended, allow_changed=True)
    assert database.tables() == ["one", "three", "two"]
    assert database.runner(mended).status().changed == ()
    database.runner(mended).down()
    assert database.tables() == []


def test_without_the_file_it_cannot_go_on_but_be_undone_from_the_stored_down(database: Target) -> None:
    stop_up(database, 3)
    with pytest.raises(RunnerError, match=r"the file of a+ is not checked out here"):
        repair(database, Way.RESUME, {})
    assert not repair(database, Way.REVERT, {}).applied
    assert_reverted(database)


def test_what_was_set_for_the_session_is_set_again(database: Target) -> None:
    if database.is_sqlite:
        setting = "PRAGMA case_sensitive_like = ON;"
        look = "CREATE TABLE two AS SELECT 'a' LIKE 'A' x;"
    elif database.is_mariadb:
        setting = "SET sql_mode = 'ANSI_QUOTES';"
        look = 'CREATE TABLE "two" AS SELECT 0 x;'
    else:
        setting = "SET search_path = pg_temp;\nSET search_path = public;\nSET lock_timeout = 0;"
        look = "CREATE TABLE two AS SELECT current_setting('lock_timeout')::integer x;"
    files = {"migrations/1.sql": free(f"{setting}\nCREATE TABLE one (id integer);\n{look}")}
    run_until(database, files, "StatementDone", setting.count("\n") + 2)
    recorder = Recorder()
    Runner(database.url, snapshot(files), on_event=recorder).repair(Repair(way=Way.RESUME))
    assert database.query("SELECT x FROM two") == [(0,)]


def test_what_is_gone_with_the_session_stops_it(database: Target) -> None:
    up = "CREATE TEMPORARY TABLE passing (id integer);\nCREATE TABLE one (id integer);"
    up += "\nCREATE TABLE two (id integer);"
    files = {"migrations/1.sql": free(up)}
    run_until(database, files, "StatementDone", 2)
    with pytest.raises(RunnerError, match=r"statement 1 of a+ left something in its session"):
        repair(database, Way.RESUME, files)


def test_nothing_is_settled_where_nothing_is_interrupted(database: Target) -> None:
    assert repair(database, Way.RESUME).id == ""
    database.runner(FILES).up()
    assert repair(database, Way.MARK_REVERTED).id == ""
    assert_applied(database)


def test_python_is_run_again_only_when_a_person_says_so(database: Target) -> None:
    files = {"migrations/1.py": python(f'{CREATE}\nraise ValueError("x")', 'op.drop_table("users")')}
    broken = {
        "migrations/1.py": files["migrations/1.py"].replace(
            "import sqlalchemy", "# mig:no-transaction\nimport sqlalchemy"
        )
    }
    with pytest.raises(StepFailedError):
        database.runner(broken).up()
    with pytest.raises(RunnerError, match=r"nothing shows whether a+ has run"):
        repair(database, Way.RESUME, broken)
    with pytest.raises(RunnerError, match="has run in part"):
        repair(database, Way.REVERT, broken)
    database.query("DROP TABLE users")
    mended = {"migrations/1.py": broken["migrations/1.py"].replace('raise ValueError("x")', "pass")}
    assert repair(database, Way.RESUME, mended, start=1, allow_changed=True).applied
    assert database.tables() == ["users"]
    database.runner(mended).down()
    assert database.tables() == []


def test_the_command_shows_where_it_stands_and_settles_it(database: Target, tmp_path: Path) -> None:
    sandbox = GitSandbox(tmp_path / "repository")
    sandbox.commit("start", FILES | SETTINGS | {"migrations/2.sql": native(B, A, "SELECT 1;")})
    assert sandbox.mig("repair", "--url", database.url).stdout == "nothing is interrupted\n"
    stop_up(database, 2)
    database.query("UPDATE mig_history SET applied_by = 'ada@elsewhere pid 1'")
    refused = sandbox.mig("up", "--url", database.url, expect=3)
    assert "mig repair" in refused.stderr.splitlines()[-1]
    shown = sandbox.mig("repair", "--url", database.url, expect=1).stdout
    assert "2 of 4 statements ran" in shown
    for way in ("--resume", "--revert", "--mark-applied", "--mark-reverted"):
        assert f"mig repair {way}" in shown
    data = json.loads(sandbox.mig("repair", "--url", database.url, "--format", "json", expect=1).stdout)
    assert (data["failed"]["id"], data["failed"]["known"]) == (A, 2)
    assert "cannot be taken together" in sandbox.mig("repair", "--resume", "--revert", expect=2).stderr
    assert "--from needs" in sandbox.mig("repair", "--from", "2", expect=2).stderr
    settled = sandbox.mig("repair", "--url", database.url, "--resume", "--format", "json").stdout
    assert json.loads(settled)["settled"] == A
    assert "1 applied in" in sandbox.mig("up", "--url", database.url).stdout


@pytest.mark.postgresql
def test_an_invalid_index_is_named_and_dropped_before_it_is_made_again(
    server: Target, tmp_path: Path
) -> None:
    server.query("CREATE TABLE t (x integer)")
    server.query("INSERT INTO t VALUES (1), (1)")
    files = {"migrations/1.sql": free("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (x);", "DROP INDEX ix;")}
    with pytest.raises(StepFailedError, match="could not create unique index"):
        server.runner(files).up()
    shown = render_status(server.runner(files).status(), color=False, everything=False)
    assert "index ix is there and invalid" in shown
    assert 'runs DROP INDEX CONCURRENTLY IF EXISTS "ix"' in shown
    server.query("DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)")
    recorder = Recorder()
    Runner(server.url, snapshot(files), on_event=recorder).repair(Repair(way=Way.RESUME))
    assert any("DROP INDEX CONCURRENTLY" in getattr(event, "message", "") for event in recorder.events)
    assert server.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix'::regclass") == [(True,)]
    assert brief(server.runner(files).status()) == ([A], [])


@pytest.mark.postgresql
def test_an_invalid_index_is_removed_when_its_migration_is_undone(server: Target) -> None:
    server.query("CREATE TABLE t (x integer)")
    server.query("INSERT INTO t VALUES (1), (1)")
    up = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix ON t (x);"
    files = {"migrations/1.sql": free(up, "DROP INDEX CONCURRENTLY ix;")}
    with pytest.raises(StepFailedError):
        server.runner(files).up()
    repair(server, Way.REVERT, files)
    assert server.query("SELECT 1 FROM pg_class WHERE relname = 'ix'") == []
    assert brief(server.runner(files).status()) == ([], [A])
