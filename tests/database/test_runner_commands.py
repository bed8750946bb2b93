"""``mig up``, ``down``, ``redo`` and ``status`` as users run them, on SQLite."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C, shop

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = 'source = "native"\npath = "migrations"\n[databases.default]\nurl = "sqlite:///dev.db"\n'


@pytest.fixture
def sandbox(tmp_path: Path) -> GitSandbox:
    repository = GitSandbox(tmp_path / "repository")
    repository.commit("shop", shop() | {"mig.toml": SETTINGS})
    return repository


def test_a_day_with_the_runner(sandbox: GitSandbox) -> None:
    assert "0 applied, 3 pending" in sandbox.mig("status").stdout
    up = sandbox.mig("up").stdout.splitlines()
    assert up[0].startswith(f"applied {A}  create users  ")
    assert up[-1].startswith("3 applied in ")
    assert up[-1].endswith(f": the database is at {C}")
    assert sandbox.mig("up").stdout == f"nothing to apply: the database is at {C}\n"
    assert sandbox.mig("down", "-2").stdout.splitlines()[0].startswith(f"reverted {C}  ")
    assert "1 reverted, 1 applied" in sandbox.mig("redo", "--allow-data-loss").stdout
    assert "1 applied, 2 pending" in sandbox.mig("status").stdout
    assert "nothing is applied" in sandbox.mig("down", "base", "--allow-data-loss").stdout


def test_status_json_has_exactly_the_keys_that_are_promised(sandbox: GitSandbox) -> None:
    sandbox.mig("up", "+2")
    assert json.loads(sandbox.mig("status", "--format", "json").stdout) == {
        "database": f"sqlite:///{sandbox.path / 'dev.db'}",
        "applied": [A, B],
        "pending": [C],
        "unknown": [],
        "changed": [],
        "failed": None,
        "unreconciled": [],
        "repeatables": [],
    }


def test_status_names_what_is_unknown_and_changed(sandbox: GitSandbox) -> None:
    sandbox.mig("up")
    (sandbox.path / "migrations/3_orders.sql").unlink()
    sandbox.write("migrations/1_users.sql", native(A, (), "CREATE TABLE people (id integer);", ""))
    shown = sandbox.mig("status").stdout
    lines = {
        line.split()[1]: line.split()[0]
        for line in shown.splitlines()
        if line.split()[0] in ("changed", "unknown", "applied")
    }
    assert lines == {A: "changed", B: "applied", C: "unknown"}
    assert shown.endswith("3 applied, 0 pending, 1 unknown (MIG402), 1 changed (MIG401)\n")
    refused = sandbox.mig("up", expect=3).stderr
    assert "MIG401" in refused
    assert "--allow-changed" in refused.splitlines()[-1]


def test_json_of_a_run_and_of_a_dry_run(sandbox: GitSandbox) -> None:
    planned = json.loads(sandbox.mig("up", "--dry-run", "--format", "json").stdout)
    assert [step["id"] for step in planned["steps"]] == [A, B, C]
    assert planned["steps"][0]["statements"][0] == {
        "line": 5,
        "text": "CREATE TABLE users (id integer PRIMARY KEY)",
    }
    done = json.loads(sandbox.mig("up", "--format", "json").stdout)
    assert (done["applied"], done["reverted"], done["heads"]) == ([A, B, C], [], [C])


def test_a_dry_run_shows_every_statement_and_does_nothing(sandbox: GitSandbox) -> None:
    shown = sandbox.mig("up", "--dry-run").stdout
    assert (
        f"apply {A}  migrations/1_users.sql  create users\n    CREATE TABLE users (id integer PRIMARY KEY);\n"
        in shown
    )
    assert shown.endswith("dry run: 3 steps, nothing was done\n")
    assert not (sandbox.path / "dev.db").exists()


def test_a_script_is_all_that_is_printed(sandbox: GitSandbox) -> None:
    script = sandbox.mig("up", "--sql").stdout
    connection = sqlite3.connect(sandbox.path / "dev.db")
    connection.executescript(script)
    connection.close()
    assert sandbox.mig("up").stdout == f"nothing to apply: the database is at {C}\n"


def test_a_failed_step_has_its_own_exit_status(sandbox: GitSandbox) -> None:
    sandbox.write("migrations/4.sql", native("d" * 12, C, "SELECT 1;\nSELECT * FROM nowhere;"))
    result = sandbox.mig("up", expect=4)
    assert result.stderr.startswith(f"mig: {'d' * 12} failed at migrations/4.sql:6: no such table: nowhere\n")
    assert "nothing of" in result.stderr.splitlines()[-1]


def test_the_status_of_an_interrupted_migration_is_not_0(sandbox: GitSandbox) -> None:
    text = native("d" * 12, C, "SELECT 1;\nSELECT * FROM nowhere;").replace(
        "-- mig:up", "-- mig:no-transaction\n-- mig:up"
    )
    sandbox.write("migrations/4.sql", text)
    sandbox.mig("up", expect=4)
    assert sandbox.mig("status", expect=1).stdout.count("d" * 12) >= 1


def test_a_relative_file_is_in_the_folder_of_the_configuration(sandbox: GitSandbox) -> None:
    sandbox.mig("up", cwd="migrations")
    assert (sandbox.path / "dev.db").exists()


def test_a_relative_file_of_the_command_line_is_in_the_working_folder(sandbox: GitSandbox) -> None:
    sandbox.mig("up", "--url", "sqlite:///other.db", cwd="migrations")
    assert (sandbox.path / "migrations" / "other.db").exists()
    sandbox.mig("-C", "migrations", "status", "--url", "sqlite:///other.db")
    assert not (sandbox.path / "other.db").exists()


def test_without_a_database_it_says_what_to_write(sandbox: GitSandbox) -> None:
    sandbox.write("mig.toml", 'source = "native"\npath = "migrations"\n')
    result = sandbox.mig("up", expect=2)
    assert "no database is configured" in result.stderr
    assert "--url" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        pytest.param(("up", "--database", "prod"), 2, "no database 'prod' is configured", id="database"),
        pytest.param(("up", "--url", "env:NOT_SET"), 2, "NOT_SET", id="environment"),
        pytest.param(("up", "zzz"), 3, "no migration has the id 'zzz'", id="target"),
        pytest.param(("up", "--lock-wait", "-1"), 2, "--lock-wait", id="lock-wait"),
        pytest.param(("down", "--bogus"), 3, "--bogus", id="option"),
        pytest.param(("up", "--format", "github"), 2, "'github' is not one of", id="format-of-up"),
        pytest.param(("status", "--format", "github"), 2, "'github' is not one of", id="format-of-status"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_status(
    sandbox: GitSandbox, arguments: tuple[str, ...], status: int, message: str
) -> None:
    assert message in sandbox.mig(*arguments, expect=status).stderr


def test_it_works_without_git(tmp_path: Path) -> None:
    sandbox = GitSandbox.at(tmp_path / "image")
    for path, text in (shop() | {"mig.toml": SETTINGS}).items():
        sandbox.write(path, text)
    assert sandbox.mig("up").stdout.endswith(f"the database is at {C}\n")
    (row,) = sqlite3.connect(sandbox.path / "dev.db").execute(
        "SELECT DISTINCT git_commit, git_branch FROM mig_history"
    )
    assert row == ("", "")


def test_commit_and_branch_are_recorded(sandbox: GitSandbox) -> None:
    sandbox.mig("up")
    connection = sqlite3.connect(sandbox.path / "dev.db")
    assert connection.execute("SELECT DISTINCT git_commit, git_branch FROM mig_history").fetchall() == [
        (sandbox.head, "main")
    ]
    connection.close()


@pytest.mark.parametrize("before", [[], ["up"]], ids=["sql", "nothing-to-do"])
def test_a_run_of_sql_imports_nothing_heavy(sandbox: GitSandbox, before: list[str]) -> None:
    if before:
        sandbox.mig(*before)
    code = (
        "import sys; from mig.cli import main; status = main(['up']);"
        "heavy = {'alembic', 'sqlalchemy', 'networkx', 'rich', 'sqlglot'};"
        "print(sorted(heavy & sys.modules.keys())); sys.exit(status)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=sandbox.path, capture_output=True, encoding="utf-8", check=True
    )
    assert result.stdout.splitlines()[-1] == "[]"
