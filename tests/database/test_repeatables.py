"""Repeatables and callbacks, run on real databases."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mig.errors import GraphError, RunnerError, StepFailedError
from mig.runner import Options, Runner
from mig.runner.events import ExtraDone, StepRetried
from mig.runner.extras import RepeatableState
from tests.database.test_runner_retries import holding, retried, runner
from tests.database.test_runner_runs import KINDS, TRANSACTIONAL, Target, target
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C, Recorder, shop, snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mig.runner.events import Event

FOLDER = "migrations/repeatable"
VIEW = "DROP VIEW IF EXISTS names;\nCREATE VIEW names AS SELECT id, email FROM users;\n"
ABOVE = "DROP VIEW IF EXISTS above;\nCREATE VIEW above AS SELECT id FROM names;\n"


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    return target(request.param, request, tmp_path)


def repeated(target: Target, files: Mapping[str, str], to: str = "") -> list[str]:
    return [step.name for step in target.runner(files).up(to).repeated]


def states(target: Target, files: Mapping[str, str]) -> dict[str, str]:
    return {one.name: one.state.value for one in target.runner(files).status().repeatables}


def views(target: Target) -> list[str]:
    query = "SELECT viewname FROM pg_views WHERE schemaname = 'public'"
    if target.is_sqlite:
        query = "SELECT name FROM sqlite_master WHERE type = 'view'"
    if target.is_mariadb:
        query = "SELECT table_name FROM information_schema.views WHERE table_schema = database()"
    return sorted(str(row[0]) for row in target.query(query))


def test_a_repeatable_runs_after_the_migrations_and_again_only_when_its_text_changes(
    database: Target,
) -> None:
    files = shop() | {f"{FOLDER}/names.sql": VIEW}
    assert states(database, files) == {"names": "pending"}
    assert repeated(database, files) == ["names"]
    assert views(database) == ["names"]
    assert states(database, files) == {"names": "current"}
    assert repeated(database, files) == []
    # White space at the ends of lines is no change.
    assert repeated(database, files | {f"{FOLDER}/names.sql": VIEW.replace(";\n", ";  \r\n")}) == []
    changed = files | {f"{FOLDER}/names.sql": VIEW.replace("id, email", "id")}
    assert states(database, changed) == {"names": "pending"}
    assert repeated(database, changed) == ["names"]
    assert len(database.query("SELECT name FROM mig_repeatables")) == 1


def test_what_names_something_that_another_one_makes_runs_after_it_and_again_with_it(
    database: Target,
) -> None:
    # PostgreSQL drops no view by itself that another one reads.
    view = VIEW if database.is_sqlite else VIEW.replace("names;", "names CASCADE;", 1)
    files = shop() | {f"{FOLDER}/z_names.sql": view, f"{FOLDER}/above.sql": ABOVE}
    assert repeated(database, files) == ["z_names", "above"]
    changed = files | {f"{FOLDER}/z_names.sql": view.replace("id, email", "email, id")}
    plan = database.runner(changed).plan()
    assert [(step.name, step.why) for step in plan.extras.repeatables] == [
        ("z_names", "changed"),
        ("above", "needs z_names"),
    ]
    assert repeated(database, changed) == ["z_names", "above"]


def test_a_declared_need_puts_one_after_another(database: Target) -> None:
    first, second = "INSERT INTO orders (id) VALUES (1);", "INSERT INTO orders (id) VALUES (2);"
    files = shop() | {
        f"{FOLDER}/a.sql": f"-- mig:needs seeds/b\n{second}",
        f"{FOLDER}/seeds/b.sql": first,
    }
    assert repeated(database, files) == ["seeds/b", "a"]
    assert database.query("SELECT id FROM orders") == [(1,), (2,)]
    again = files | {f"{FOLDER}/seeds/b.sql": f"-- once more\n{first}"}
    assert repeated(database, again) == ["seeds/b", "a"]


def test_functions_that_call_one_another_are_a_circle_until_one_file_declares_the_order(
    database: Target,
) -> None:
    one = "CREATE VIEW one AS SELECT * FROM two;"
    two = "CREATE VIEW two AS SELECT 1 AS x UNION SELECT x FROM one;"
    files = shop() | {f"{FOLDER}/one.sql": one, f"{FOLDER}/two.sql": two}
    with pytest.raises(GraphError) as error:
        database.runner(files).up()
    assert error.value.message == (
        "repeatables need one another in a circle: migrations/repeatable/one.sql ->"
        " migrations/repeatable/two.sql -> migrations/repeatable/one.sql (MIG109)"
    )
    # The refusal came before anything was done.
    assert database.tables() == []
    declared = files | {f"{FOLDER}/one.sql": f"-- mig:needs two\n{one}"}
    assert [s.name for s in database.runner(declared).plan().extras.repeatables] == ["two", "one"]


def test_a_need_that_does_not_exist_is_refused_with_file_and_line(database: Target) -> None:
    files = shop() | {f"{FOLDER}/names.sql": f"-- a view\n-- mig:needs nmes\n{VIEW}"}
    with pytest.raises(GraphError, match=r"repeatable/names\.sql:2: needs nmes, and there is no such"):
        database.runner(files).up()


def test_a_partial_target_leaves_them_out_and_says_so(database: Target) -> None:
    files = shop() | {f"{FOLDER}/names.sql": VIEW}
    outcome = database.runner(files).up(B)
    assert (outcome.repeated, outcome.left_out) == ((), ("names",))
    assert database.runner(files).plan("+1").extras.left_out == ()
    assert repeated(database, files, "heads") == ["names"]


def test_one_whose_file_is_gone_is_named_and_nothing_is_dropped(database: Target) -> None:
    repeated(database, shop() | {f"{FOLDER}/names.sql": VIEW})
    assert states(database, shop()) == {"names": "gone"}
    assert database.runner(shop()).up().steps == ()
    assert views(database) == ["names"]


def test_a_revert_makes_all_of_them_run_again(database: Target) -> None:
    # The down takes the view along.
    drop = "DROP VIEW IF EXISTS names;\nALTER TABLE users DROP COLUMN email;"
    files = shop() | {
        "migrations/2_email.sql": native(B, A, "ALTER TABLE users ADD COLUMN email text;", drop),
        f"{FOLDER}/names.sql": VIEW,
    }
    repeated(database, files)
    database.runner(files).down(A)
    assert views(database) == []
    assert states(database, files) == {"names": "pending"}
    assert repeated(database, files) == ["names"]
    outcome = database.runner(files).redo(B)
    assert [step.name for step in outcome.repeated] == ["names"]
    assert views(database) == ["names"]


def test_one_that_fails_leaves_nothing_and_runs_again(database: Target) -> None:
    files = shop() | {f"{FOLDER}/names.sql": f"{VIEW}INSERT INTO nowhere VALUES (1);\n"}
    with pytest.raises(
        StepFailedError, match=r"names failed at migrations/repeatable/names\.sql:3: "
    ) as error:
        database.runner(files).up()
    assert error.value.exit_code == 4
    # MariaDB cannot take a view back.
    assert views(database) == (["names"] if database.is_mariadb else [])
    assert states(database, files) == {"names": "pending"}
    assert len(database.runner(files).status().applied) == 3


def test_one_outside_of_a_transaction_keeps_what_ran_and_runs_again(database: Target) -> None:
    text = f"-- mig:no-transaction\n{VIEW}"
    files = shop() | {f"{FOLDER}/names.sql": f"{text}INSERT INTO nowhere VALUES (1);\n"}
    with pytest.raises(StepFailedError):
        database.runner(files).up()
    assert views(database) == ["names"]
    assert states(database, files) == {"names": "pending"}
    assert repeated(database, files | {f"{FOLDER}/names.sql": text}) == ["names"]
    assert states(database, files | {f"{FOLDER}/names.sql": text}) == {"names": "current"}


def test_one_that_would_end_the_transaction_is_refused(database: Target) -> None:
    files = shop() | {f"{FOLDER}/names.sql": f"{VIEW}COMMIT;\n"}
    with pytest.raises(RunnerError, match=r"repeatable/names\.sql:3: COMMIT would end mig's transaction"):
        database.runner(files).up()
    assert database.tables() == []


def test_one_for_another_database_is_left_alone(database: Target) -> None:
    other = "postgresql" if database.is_sqlite else "sqlite"
    files = shop() | {f"{FOLDER}/names.sql": f"-- mig:dialect {other}\n{VIEW}"}
    assert repeated(database, files) == []
    assert states(database, files) == {}


def test_callbacks_run_around_a_run_and_never_when_nothing_is_to_be_done(database: Target) -> None:
    log = "CREATE TABLE IF NOT EXISTS log (at text);\nINSERT INTO log VALUES ('{}');"
    moments = ["before_up", "after_up", "before_down", "after_down", "before_each", "after_each"]
    files = shop() | {f"migrations/callbacks/{name}.sql": log.format(name) for name in moments}
    files[f"{FOLDER}/names.sql"] = f"{VIEW}{log.format('names')}"

    def logged() -> list[str]:
        found = [str(row[0]) for row in database.query("SELECT at FROM log")]
        database.query("DELETE FROM log")
        return found

    database.runner(files).up()
    each = ["before_each", "after_each"]
    assert logged() == ["before_up", *each * 3, "names", "after_up"]
    database.runner(files).up()
    assert logged() == []
    database.runner(files).redo()
    assert logged() == ["before_down", *each, "after_down", "before_up", *each, "names", "after_up"]
    # A changed repeatable is something to be done.
    files[f"{FOLDER}/names.sql"] += "-- changed\n"
    database.runner(files).up()
    assert logged() == ["before_up", "names", "after_up"]
    assert {str(row[0]) for row in database.query("SELECT id FROM mig_history")} == {A, B, C}


def test_a_callback_that_fails_stops_the_run_with_status_4(database: Target) -> None:
    files = shop() | {"migrations/callbacks/before_each.sql": "SELECT 1;\nINSERT INTO nowhere VALUES (1);"}
    with pytest.raises(
        StepFailedError, match=r"before_each failed at migrations/callbacks/before_each\.sql:2:"
    ):
        database.runner(files).up()
    assert database.tables() == []


def test_every_repeatable_is_told_of(database: Target) -> None:
    recorder = Recorder()
    files = shop() | {f"{FOLDER}/names.sql": VIEW}
    Runner(database.url, snapshot(files), options=Options(git_commit="1a2b3c4"), on_event=recorder).up()
    assert recorder.names()[-2:] == ["ExtraStarted", "ExtraDone"]
    done = recorder.events[-1]
    assert isinstance(done, ExtraDone)
    assert done.step.extra.path == f"{FOLDER}/names.sql"
    assert database.query("SELECT lineage, name, git_commit FROM mig_repeatables") == [
        ("default", "names", "1a2b3c4")
    ]
    (status,) = database.runner(files).status().repeatables
    assert status.state is RepeatableState.CURRENT
    assert status.applied_at.endswith("Z")


@pytest.mark.parametrize("kind", TRANSACTIONAL)
def test_one_that_has_not_got_its_locks_is_tried_again(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database = target(kind, request, tmp_path)
    database.runner(shop() | {f"{FOLDER}/seeds.sql": "SELECT 1;"}).up()
    text = "ALTER TABLE users RENAME TO people;\nALTER TABLE people RENAME TO users;"
    files = shop() | {f"{FOLDER}/seeds.sql": text}
    recorder = Recorder()
    with holding(database) as end:

        def tell(event: Event) -> None:
            recorder(event)
            if isinstance(event, StepRetried):
                end()

        outcome = runner(database, files, tell).up()
    assert [step.name for step in outcome.repeated] == ["seeds"]
    assert [event.step.id for event in retried(recorder)] == ["seeds"]
    with holding(database), pytest.raises(StepFailedError, match="seeds failed at migrations/repeatable"):
        runner(database, files | {f"{FOLDER}/seeds.sql": f"{text}\n-- again"}, tell, retries=0).up()


@pytest.mark.parametrize("kind", KINDS)
def test_runs_that_start_together_all_succeed_and_repeat_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database = target(kind, request, tmp_path)
    repo = GitSandbox(tmp_path / "repo")
    files = shop() | {
        f"{FOLDER}/names.sql": VIEW,
        f"{FOLDER}/seeds.sql": "INSERT INTO orders (id) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM orders);",
    }
    repo.commit("start", {"mig.toml": 'source = "native"\npath = "migrations"\n'} | files)
    command = [sys.executable, "-P", "-m", "mig", "up", "--url", database.url]
    runs = [
        subprocess.Popen(command, cwd=repo.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [run.communicate(timeout=120) for run in runs]
    assert [run.returncode for run in runs] == [0] * 4, said
    assert database.query("SELECT count(*) FROM mig_repeatables") == [(2,)]
    assert database.query("SELECT count(*) FROM orders") == [(1,)]
    times = sum(out.count("repeated seeds") for out, _ in said)
    # SQLite has no lock for a whole run.
    assert times == 1 or (kind == "sqlite" and times >= 1)
