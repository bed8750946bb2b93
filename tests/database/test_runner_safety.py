"""Before anything runs: is what is pending safe after what this database has already?"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.database.test_runner_commands import SETTINGS
from tests.database.test_runner_orders import INDEX, RENAME, RENAME_BACK, USERS, X
from tests.functional.terminals import run_at_terminal
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C

if TYPE_CHECKING:
    from pathlib import Path

START = {"mig.toml": SETTINGS, "migrations/1_users.sql": native(A, (), USERS, "DROP TABLE users;")}
RENAMED = {"migrations/2_rename.sql": native(C, A, RENAME, RENAME_BACK)}
INDEXED = {"migrations/3_index.sql": native(B, A, INDEX, "DROP INDEX ix_email;")}
PHONES = {"migrations/4_phones.sql": native(X, A, "CREATE TABLE phones (id integer);", "DROP TABLE phones;")}
OPAQUE = "FROBNICATE users;"


def shop(path: Path, *parts: dict[str, str]) -> GitSandbox:
    """A repository in which each part is committed, and applied to the database, one after the other."""
    repo = GitSandbox(path / "repository")
    repo.commit("start", START)
    repo.mig("up")
    for part in parts[:-1]:
        repo.commit("more", part)
        repo.mig("up", "heads")
    repo.commit("last", parts[-1])
    return repo


@pytest.fixture
def clashing(tmp_path: Path) -> GitSandbox:
    """The database has the rename, and the index on the old name came with the last merge."""
    return shop(tmp_path, RENAMED, INDEXED)


def test_what_does_not_commute_with_what_is_applied_is_refused(clashing: GitSandbox) -> None:
    refused = clashing.mig("up", "heads", expect=3)
    assert f"  conflict  {B} after {C}  migrations/3_index.sql:5\n            after {C}, " in refused.stderr
    assert "users.email" in refused.stderr
    assert f"mig: not shown to be safe for this database (MIG309): {B} after {C}" in refused.stderr
    assert f"mig redo {C}" in refused.stderr.splitlines()[-1]
    assert "--allow-unsafe" in refused.stderr.splitlines()[-1]
    assert "2 applied, 1 pending" in clashing.mig("status").stdout


def test_a_dry_run_names_the_pair(clashing: GitSandbox) -> None:
    assert f"  conflict  {B} after {C}" in clashing.mig("up", "heads", "--dry-run").stdout
    planned = json.loads(clashing.mig("up", "heads", "--dry-run", "--format", "json").stdout)
    (doubt,) = planned["doubts"]
    assert (doubt["pending"], doubt["applied"], doubt["verdict"]) == (B, C, "conflict")


def test_allow_unsafe_runs_it_all_the_same(clashing: GitSandbox) -> None:
    failed = clashing.mig("up", "heads", "--allow-unsafe", expect=4).stderr
    assert f"  conflict  {B} after {C}" in failed
    assert f"{B} failed at" in failed


@pytest.mark.parametrize(("answer", "status"), [("n", 3), ("y", 4)])
def test_at_a_terminal_a_person_decides(clashing: GitSandbox, answer: str, status: int) -> None:
    command = [sys.executable, "-P", "-m", "mig", "up", "heads"]
    ended, shown = run_at_terminal(command, clashing.path, [answer], "y/n? ", {"CI": ""})
    assert f"conflict  {B} after {C}" in shown
    assert ended == status


def test_the_order_of_a_fresh_database_is_safe_though_they_do_not_commute(tmp_path: Path) -> None:
    values = "UPDATE users SET email = 'a';", "UPDATE users SET email = 'b';"
    first = {"migrations/2.sql": native(B, A, values[0])}
    second = {"migrations/3.sql": native(C, A, values[1])}
    assert f"applied {C}" in shop(tmp_path / "same", first, second).mig("up", "heads").stdout
    refused = shop(tmp_path / "other", second, first).mig("up", "heads", expect=3).stderr
    assert f"  conflict  {B} after {C}" in refused


def test_what_commutes_is_applied_without_a_word(tmp_path: Path) -> None:
    done = shop(tmp_path, RENAMED, PHONES).mig("up", "heads")
    assert f"applied {X}" in done.stdout
    assert done.stderr == ""


def test_what_cannot_be_read_is_refused_until_it_is_declared_or_allowed(tmp_path: Path) -> None:
    repo = shop(tmp_path, RENAMED, {"migrations/1_opaque.sql": native(B, A, OPAQUE)})
    assert f"  unknown   {B} after {C}" in repo.mig("up", "heads", expect=3).stderr
    repo.write("mig.toml", 'unknown = "allow"\n' + SETTINGS)
    assert "syntax error" in repo.mig("up", "heads", expect=4).stderr
    repo.write("mig.toml", SETTINGS)
    declared = native(B, A, OPAQUE, header=f'-- mig:commutes-with {C} "it reads the log only"')
    repo.write("migrations/1_opaque.sql", declared)
    assert "syntax error" in repo.mig("up", "heads", expect=4).stderr


def test_what_is_gone_is_read_from_the_branch_that_has_it(tmp_path: Path) -> None:
    repo = shop(tmp_path, PHONES)
    repo.git("branch", "index", "HEAD~1")
    repo.branch("rename", "HEAD~1")
    repo.commit("rename", RENAMED)
    repo.mig("up")
    repo.checkout("main")
    assert f"applied {X}" in repo.mig("up").stdout
    repo.checkout("index")
    repo.commit("index", INDEXED)
    assert f"  conflict  {B} after {C}" in repo.mig("up", expect=3).stderr


def test_what_is_gone_and_was_never_committed_is_unknown(tmp_path: Path) -> None:
    repo = shop(tmp_path, {})
    repo.write("migrations/2_rename.sql", RENAMED["migrations/2_rename.sql"])
    repo.mig("up")
    (repo.path / "migrations/2_rename.sql").unlink()
    repo.commit("phones", PHONES)
    refused = repo.mig("up", expect=3).stderr
    assert f"  unknown   {X} after {C}  migrations/4_phones.sql\n" in refused
    assert "neither here nor in Git" in refused
    assert "mig down unknown" in refused.splitlines()[-1]
    repo.mig("down", "unknown")
    assert f"applied {X}" in repo.mig("up").stdout


def test_old_files_may_be_deleted(tmp_path: Path) -> None:
    repo = shop(
        tmp_path, RENAMED, {"migrations/4_phones.sql": PHONES["migrations/4_phones.sql"].replace(A, C)}
    )
    repo.mig("up")
    for path in ("1_users.sql", "2_rename.sql"):
        (repo.path / "migrations" / path).unlink()
    first = PHONES["migrations/4_phones.sql"].replace(f"-- mig:parents {A}\n", "")
    repo.write("migrations/4_phones.sql", first)
    repo.write("migrations/5.sql", native(B, X, "CREATE TABLE bills (id integer);"))
    shutil.rmtree(repo.path / ".git")  # a deploy image has none to look them up in
    done = repo.mig("up")
    assert f"applied {B}" in done.stdout
    assert done.stderr == ""


def test_what_comes_before_what_was_applied_without_it_is_refused(tmp_path: Path) -> None:
    repo = shop(tmp_path, PHONES)
    repo.mig("up")
    connection = sqlite3.connect(repo.path / "dev.db", isolation_level=None)
    connection.execute("DELETE FROM mig_history WHERE id = ?", (A,))
    connection.close()
    refused = repo.mig("up", expect=3).stderr
    assert f"  unknown   {A} after {X}" in refused
    assert "the graph puts it before that one" in refused


def rebased(path: Path, one: str, other: str) -> GitSandbox:
    """The database has B alone, which now comes after C, and after it by the names of the files, too."""
    repo = shop(path, {"migrations/3.sql": native(B, A, one)})
    repo.mig("up")
    repo.write("migrations/3.sql", native(B, C, one))
    repo.write("migrations/2.sql", native(C, A, other))
    return repo


def test_what_was_rebased_after_it_was_applied_is_compared_as_it_was(tmp_path: Path) -> None:
    done = rebased(tmp_path / "same", "CREATE TABLE phones (id integer);", RENAME).mig("up")
    assert f"applied {C}" in done.stdout
    assert done.stderr == f"note: {C} comes before {B}, which this database already has\n"
    values = "UPDATE users SET email = 'a';", "UPDATE users SET email = 'b';"
    assert f"  conflict  {C} after {B}" in rebased(tmp_path / "other", *values).mig("up", expect=3).stderr


def test_numbered_files_of_another_branch_are_compared_as_they_arrived(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repository")
    files = {
        "db/migrations/000001_users.up.sql": "CREATE TABLE users (id integer, email text);",
        "db/migrations/000003_phones.up.sql": "CREATE TABLE phones (id integer);",
        "mig.toml": 'dialect = "sqlite"\n[databases.default]\nurl = "sqlite:///dev.db"\n',
    }
    repo.commit("start", files)
    repo.mig("up")
    repo.commit("logs", {"db/migrations/000002_logs.up.sql": "CREATE TABLE logs (id integer);"})
    assert "applied" in repo.mig("up").stdout
    repo.commit("rename", {"db/migrations/000005_rename.up.sql": "ALTER TABLE phones RENAME TO numbers;"})
    repo.mig("up")
    repo.commit("number", {"db/migrations/000004_number.up.sql": "ALTER TABLE phones ADD COLUMN nr text;"})
    assert "  conflict  " in repo.mig("up", expect=3).stderr


def test_a_database_that_is_merely_behind_costs_no_import_of_the_analyser(tmp_path: Path) -> None:
    repo = shop(tmp_path, RENAMED)
    script = (
        "import sys; from mig.cli import main; status = main(['up']);"
        "names = ('mig.conflicts', 'mig.effects', 'networkx');"
        "print([name for name in sys.modules if name.startswith(names)]);"
        "sys.exit(status)"
    )
    ended = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=repo.path, capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == "[]"
