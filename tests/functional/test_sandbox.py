"""The sandbox that the other tests stand on: sealed from the user, and real."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repositories import GitSandbox, native

ROOT = Path(__file__).parents[2]
LEAK = """
import os

def test_inside():
    leaked = {"GIT_DIR", "GITHUB_ACTIONS", "CI", "NO_COLOR", "COLUMNS", "DATABASE_URL", "PGHOST", "MIG_BASE"}
    assert not leaked & set(os.environ)
    assert os.environ["MIG_TEST_KEPT"] == "1"
    assert os.environ["HOME"] != os.environ["MIG_TEST_HOME"]
"""


def test_nothing_of_the_surroundings_reaches_a_test(tmp_path: Path) -> None:
    inner = tmp_path / "test_inner.py"
    inner.write_text(LEAK)
    surroundings = {
        "GIT_DIR": "/elsewhere",
        "GITHUB_ACTIONS": "true",
        "CI": "true",
        "NO_COLOR": "1",
        "COLUMNS": "40",
        "DATABASE_URL": "postgresql://production/",
        "PGHOST": "production",
        "MIG_BASE": "elsewhere",
        "MIG_TEST_KEPT": "1",
        "MIG_TEST_HOME": os.environ["HOME"],
    }
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            ROOT,
            "-p",
            "tests.conftest",
            inner,
        ],
        cwd=ROOT,
        env={**os.environ, **surroundings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in result.stdout, result.stdout + result.stderr


def test_commits_do_not_depend_on_user_clock_or_machine(tmp_path: Path) -> None:
    ids = [GitSandbox(tmp_path / name).commit("first", {"a": "1\n"}) for name in ("one", "two")]
    assert ids[0] == ids[1]
    assert GitSandbox.at(tmp_path / "one").git("branch", "--show-current") == "main"


def test_a_folder_of_a_test_lies_in_no_repository(tmp_path: Path) -> None:
    result = subprocess.run(["git", "rev-parse"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "not a git repository" in result.stderr


def test_branches_diverge_and_merge(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "with space é")
    start = repo.commit("start", {"a": "1\n"})
    repo.branch("side")
    side = repo.commit("side", {"folder/b": b"\xff\r\n"})
    repo.checkout("main")
    main = repo.commit("main", {"c": "3\n"})
    assert repo.git("merge-base", main, side) == start
    repo.merge("side")
    assert repo.git("rev-list", "--parents", "-1", "HEAD").split()[1:] == [main, side]
    assert (repo.path / "folder/b").read_bytes() == b"\xff\r\n"


def test_a_shallow_clone_has_no_more_than_it_was_given(tmp_path: Path) -> None:
    origin = GitSandbox(tmp_path / "origin")
    origin.commit("one", {"a": "1\n"})
    origin.commit("two", {"a": "2\n"})
    clone = GitSandbox.clone(f"file://{origin.path}", tmp_path / "clone", "--depth=1")
    assert clone.git("rev-parse", "--is-shallow-repository") == "true"
    assert clone.git("rev-list", "--count", "HEAD") == "1"


def test_a_git_command_that_fails_shows_what_it_said(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    with pytest.raises(AssertionError, match="not-there"):
        repo.checkout("not-there")


def test_native_text_has_the_parts_in_the_order_of_the_format() -> None:
    text = native(
        "9f31c0a2b7de", ["51d0c3a9e8f2", "77bc02d1a9e0"], "SELECT 1;", None, header="-- mig:irreversible"
    )
    assert text.splitlines() == [
        "-- mig:id 9f31c0a2b7de",
        "-- mig:parents 51d0c3a9e8f2, 77bc02d1a9e0",
        "-- mig:irreversible",
        "",
        "-- mig:up",
        "SELECT 1;",
    ]
