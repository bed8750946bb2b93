"""Databases that have only the second of two migrations which a merge migration puts in order."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from mig.errors import RunnerError, StepFailedError
from mig.runner import Options, Runner
from tests.database.test_runner_runs import TRANSACTIONAL, Target, brief, database
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C, D, snapshot

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["database"]

X = "1" * 12
USERS = "CREATE TABLE users (id integer PRIMARY KEY, email text);"
INDEX = "CREATE INDEX ix_email ON users (email);"
RENAME = "ALTER TABLE users RENAME COLUMN email TO mail;"
RENAME_BACK = "ALTER TABLE users RENAME COLUMN mail TO email;"


def branches() -> dict[str, str]:
    """An index and, named as if it came before, a rename of the column, which do not commute."""
    return {
        "migrations/1_users.sql": native(A, (), USERS, "DROP TABLE users;"),
        "migrations/2_rename.sql": native(C, A, RENAME, RENAME_BACK),
        "migrations/3_phone.sql": native(X, A, "CREATE TABLE phones (id integer);", "DROP TABLE phones;"),
        "migrations/4_index.sql": native(B, X, INDEX, "DROP INDEX ix_email;"),
    }


def merged() -> dict[str, str]:
    """The same with the merge migration that puts the index before the rename."""
    join = native(D, (B, C), header=f"-- mig:order {B} {C}")
    return branches() | {"migrations/5_join.sql": join}


def went_the_other_way(target: Target) -> Runner:
    """A runner for all of it, on a database that has the rename and not the index."""
    target.runner(branches()).up(C)
    return target.runner(merged())


def deciding(target: Target, **decided: tuple[str, ...]) -> Runner:
    return Runner(target.url, snapshot(merged()), options=Options(**decided))  # type: ignore[arg-type]


def test_a_fresh_database_gets_the_declared_order(database: Target) -> None:
    assert [step.id for step in database.runner(merged()).up().steps] == [A, X, B, C, D]


def test_a_database_that_has_the_first_only_goes_on(database: Target) -> None:
    database.runner(branches()).up(B)
    runner = database.runner(merged())
    assert runner.status().unreconciled == ()
    assert [step.id for step in runner.up().steps] == [C, D]


def test_a_database_that_has_the_second_only_is_refused_and_untouched(database: Target) -> None:
    runner = went_the_other_way(database)
    for act in (runner.up, lambda: runner.up(X), runner.plan, runner.script):
        with pytest.raises(RunnerError, match=f"needs reconciliation: .*5_join.sql puts {B} before {C}"):
            act()
    assert brief(runner.status())[0] == [A, C]
    (found,) = runner.status().unreconciled
    assert (found.first, found.second, found.missing) == (B, C, tuple(sorted((X, B))))


def test_redoing_the_second_reconciles(database: Target) -> None:
    runner = went_the_other_way(database)
    assert [(step.id, step.direction.value) for step in runner.redo(C).steps] == [
        (C, "down"),
        (X, "up"),
        (B, "up"),
        (C, "up"),
    ]
    assert runner.status().unreconciled == ()
    assert [step.id for step in runner.up().steps] == [D]


@pytest.mark.parametrize("database", TRANSACTIONAL, indirect=True)  # DROP INDEX names no table there
def test_what_a_person_has_done_by_hand_is_recorded_and_not_run(database: Target) -> None:
    went_the_other_way(database)
    database.query("CREATE INDEX ix_email ON users (mail)")
    runner = deciding(database, apply_late=(X,), mark_applied=(B[:4],))
    assert "CREATE INDEX" not in runner.script()
    assert [(step.id, step.recorded) for step in runner.up().steps] == [(X, False), (B, True), (D, False)]
    assert brief(runner.status()) == ([A, C, X, B, D], [])
    assert runner.up().steps == ()
    assert "phones" in database.tables()
    # It is applied as any other is: it can be reverted, in the order that is declared.
    assert [step.id for step in database.runner(merged()).down("base").steps] == [D, C, B, X, A]


def test_what_is_run_late_and_fails_leaves_nothing(database: Target) -> None:
    went_the_other_way(database)
    with pytest.raises(StepFailedError, match="email"):
        deciding(database, apply_late=(X, B)).up()
    assert brief(database.runner(merged()).status())[0] == [A, C, X]


def test_only_what_comes_too_late_can_be_recorded(database: Target) -> None:
    runner = deciding(database, mark_applied=(A,))
    with pytest.raises(RunnerError, match=f"{A} does not come too late"):
        runner.up()
    assert database.tables() == []


def test_the_commands_refuse_show_and_reconcile(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    settings = 'source = "native"\n[databases.default]\nurl = "sqlite:///dev.db"\n'
    repo.commit("branches", branches() | {"mig.toml": settings})
    repo.mig("up", C)
    repo.commit("merged", merged())
    refused = repo.mig("up", expect=3).stderr.splitlines()
    said = f"needs reconciliation: migrations/5_join.sql puts {B} before {C}, but this database has only {C}"
    assert refused[0] == f"mig: {said}"
    assert refused[-1].startswith(f"mig redo {C} reverts it")
    shown = repo.mig("status").stdout
    assert f"\n{said}\n" in shown
    assert shown.endswith("2 applied, 3 pending, 1 to reconcile\n")
    value: dict[str, Any] = json.loads(repo.mig("status", "--format", "json").stdout)
    assert value["unreconciled"] == [
        {"first": B, "second": C, "path": "migrations/5_join.sql", "missing": sorted((X, B))}
    ]
    sqlite3.connect(repo.path / "dev.db").execute("CREATE INDEX ix_email ON users (mail)").connection.close()
    done = repo.mig("up", "--apply-late", X, "--mark-applied", B).stdout
    assert f"applied {B}  (recorded, not run)" in done
    assert repo.mig("status").stdout.endswith("5 applied, 0 pending\n")
