"""Targets of ``mig up`` and ``down``: Git refs, lineages, and what is said about one that is not there."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.database.test_runner_commands import SETTINGS
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C, D, shop

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = '''"""Fill in."""
id = "{id}"
parents = ("{parent}",)


def up(op):
    {imports}
    op.execute("CREATE TABLE filled (id integer)")


def down(op):
    op.execute("DROP TABLE filled")
'''


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    """The tag v1 has the first two of three migrations."""
    sandbox = GitSandbox(tmp_path / "repository")
    files = shop() | {"mig.toml": SETTINGS}
    last = files.pop("migrations/3_orders.sql")
    sandbox.commit("v1", files)
    sandbox.git("tag", "v1")
    sandbox.commit("orders", {"migrations/3_orders.sql": last})
    return sandbox


def rows(repo: GitSandbox, columns: str) -> list[tuple[str, ...]]:
    connection = sqlite3.connect(repo.path / "dev.db")
    try:
        return connection.execute(f"SELECT {columns} FROM mig_history ORDER BY seq").fetchall()
    finally:
        connection.close()


def test_a_ref_is_applied_without_a_checkout_and_recorded(repo: GitSandbox) -> None:
    commit = repo.git("rev-parse", "v1")
    assert f"the database is at {B}" in repo.mig("up", "--at", "v1").stdout
    assert rows(repo, "id, git_commit, git_branch") == [(A, commit, "v1"), (B, commit, "v1")]
    assert "2 applied, 0 pending" in repo.mig("status", "--at", "v1").stdout
    assert "2 applied, 1 pending" in repo.mig("status").stdout


def test_down_to_a_ref_reverts_what_it_does_not_have(repo: GitSandbox) -> None:
    repo.mig("up")
    assert "1 unknown" in repo.mig("status", "--at", "v1").stdout
    planned = json.loads(repo.mig("down", "--at", "v1", "--dry-run", "--format", "json").stdout)
    assert [(step["id"], step["stored"]) for step in planned["steps"]] == [(C, True)]
    repo.mig("down", "--at", "v1")
    assert rows(repo, "id") == [(A,), (B,)]
    assert "nothing to revert" in repo.mig("down", "--at", "v1").stdout
    assert "1 reverted" in repo.mig("down", "-1", "--at", "v1").stdout


def test_an_edited_file_counts_at_a_ref_as_it_was_there(repo: GitSandbox) -> None:
    repo.write("migrations/1_users.sql", native(A, (), "CREATE TABLE people (id integer);", ""))
    repo.mig("up", "--at", "HEAD")
    assert "differs from what was applied" in repo.mig("up", expect=3).stderr


def test_a_python_migration_of_a_ref_runs_as_it_was_there(repo: GitSandbox) -> None:
    repo.commit("fill", {"migrations/4.py": PYTHON.format(id=D, parent=C, imports="import json")})
    repo.git("rm", "--quiet", "migrations/4.py")
    repo.commit("gone")
    assert f"the database is at {D}" in repo.mig("up", "--at", "HEAD~1").stdout


def test_a_python_migration_of_a_ref_that_imports_the_project_is_refused(repo: GitSandbox) -> None:
    files = {
        "migrations/4.py": PYTHON.format(id=D, parent=C, imports="from shop import models"),
        "shop/models.py": "",
    }
    repo.commit("fill", files)
    refused = repo.mig("up", "--at", "HEAD", expect=3).stderr
    assert "migrations/4.py at HEAD imports shop" in refused
    assert "git worktree add DIR HEAD" in refused
    assert "0 applied" in repo.mig("status").stdout
    assert f"the database is at {D}" in repo.mig("up").stdout


def test_a_ref_that_is_not_there_is_said(repo: GitSandbox) -> None:
    assert "no commit 'v9'" in repo.mig("up", "--at", "v9", expect=3).stderr


@pytest.mark.parametrize(
    ("target", "said"),
    [
        pytest.param("2_email", f"the nearest: {B} (2_email.sql)", id="file"),
        pytest.param("orders", f"the nearest: {C} (3_orders.sql)", id="slug"),
        pytest.param("create", f"the nearest: {A} (1_users.sql)", id="description"),
        pytest.param("aaaaaaaabaaa", f"the nearest: {A} (1_users.sql)", id="typing-error"),
        pytest.param("v1", "v1 is a Git ref: mig up --at v1", id="ref"),
    ],
)
def test_an_unknown_target_names_what_may_have_been_meant(repo: GitSandbox, target: str, said: str) -> None:
    assert said in repo.mig("up", target, expect=3).stderr


def test_what_is_applied_and_not_here_is_among_the_nearest(repo: GitSandbox) -> None:
    repo.mig("up")
    repo.checkout("v1")
    assert f"the nearest: {C}" in repo.mig("down", "cccccccccccd", expect=3).stderr
    repo.mig("down", "unknown")
    assert rows(repo, "id") == [(A,), (B,)]


def test_the_head_of_a_lineage_is_reached_by_its_name(repo: GitSandbox) -> None:
    lineages = (
        '[[lineage]]\nname = "shop"\npath = "migrations"\n[[lineage]]\nname = "billing"\npath = "billing"\n'
    )
    repo.write(
        "mig.toml", SETTINGS.partition("path")[0] + lineages + SETTINGS[SETTINGS.index("[databases") :]
    )
    repo.write("billing/1.sql", native(D, (), "CREATE TABLE bills (id integer);"))
    assert "several lineages: billing, shop" in repo.mig("up", "head", expect=2).stderr
    assert f"the database is at {D}" in repo.mig("--lineage", "billing", "up", "head").stdout
    assert f"the database is at {C}" in repo.mig("--lineage", "shop", "up", "heads").stdout
