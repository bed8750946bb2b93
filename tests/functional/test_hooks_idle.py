"""What a hook costs when it has nothing to say: one question to Git, and nothing imported for the answer."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.functional.hooked import A, B, C, migration, shop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repositories import GitSandbox

_LIST = """
import sys
from mig.cli import main
before = set(sys.modules)
status = main(["hooks", "run", *sys.argv[1:]])
print(status, *sorted(set(sys.modules) - before))
"""
# The command, the question to Git, and what subprocess is made of.
_ALLOWED = {
    "_posixsubprocess", "_struct", "_winapi", "fcntl", "msvcrt", "select", "selectors", "signal", "struct",
    "subprocess",
    "mig.cli._hook", "mig.cli.hooks", "mig.git", "mig.git.process", "mig.git.staged", "mig.usecases",
    "mig.usecases.relevance",
}  # fmt: skip


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    repo = shop(tmp_path / "shop")
    repo.add({"README": "Changed\n", "app/models.txt": "x\n", "app.css": "x\n"})
    return repo


def imported(repo: GitSandbox, *args: str, data: str = "") -> set[str]:
    result = subprocess.run(
        [sys.executable, "-P", "-c", _LIST, *args],
        cwd=repo.path,
        input=data,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    status, *modules = result.stdout.split()
    assert status == "0", result.stdout + result.stderr
    return set(modules)


@pytest.mark.parametrize("name", ["pre-commit", "pre-merge-commit"])
def test_nothing_heavy_is_imported_when_nothing_staged_is_a_migration(repo: GitSandbox, name: str) -> None:
    assert imported(repo, name) <= _ALLOWED


def test_the_same_after_a_checkout_a_merge_and_a_rewrite(repo: GitSandbox) -> None:
    before = repo.head
    repo.commit("Text")
    repo.git("update-ref", "ORIG_HEAD", before)
    assert imported(repo, "post-checkout", before, repo.head, "1") <= _ALLOWED
    assert imported(repo, "post-merge", "0") <= _ALLOWED
    assert imported(repo, "post-rewrite", "amend", data=f"{before} {repo.head}\n") <= _ALLOWED
    line = f"refs/heads/main {repo.head} refs/heads/main {before}\n"
    assert imported(repo, "pre-push", "origin", "url", data=line) <= _ALLOWED


def test_the_same_for_python_that_is_no_migration(repo: GitSandbox) -> None:
    repo.add({"app/models.py": "x = 1\n"})
    assert imported(repo, "pre-commit") <= _ALLOWED


def test_a_migration_is_looked_at(repo: GitSandbox) -> None:
    repo.add({**migration(B, A), **migration(C, B)})
    assert "mig.usecases.check" in imported(repo, "pre-commit")


def test_git_is_asked_once(repo: GitSandbox, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    repo.mig("hooks", "run", "pre-commit", env={"GIT_TRACE2": str(trace)})
    commands = [line for line in trace.read_text().splitlines() if " cmd_name " in line]
    assert len(commands) == 1
    assert commands[0].split(" cmd_name ")[1].startswith("diff-index")
