from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.functional.hooked import PATHS, A, B, C, D, diverged, git, migration
from tests.functional.terminals import run_at_terminal
from tests.repositories import native

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repositories import GitSandbox

QUESTION = "m/r/a? "


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    return diverged(tmp_path / "shop")


@pytest.fixture
def conflicting(repo: GitSandbox) -> GitSandbox:
    """The same, where the text of README conflicts too, so that git commit concludes the merge."""
    repo.commit("Main's text", {"README": "Main\n"})
    repo.checkout("feature")
    repo.commit("Feature's text", {"README": "Feature\n"})
    repo.checkout("main")
    git(repo, "merge", "feature", expect=1)
    repo.add({"README": "Both\n"})
    return repo


def heads(repo: GitSandbox) -> list[str]:
    found: list[str] = json.loads(repo.mig("heads", "--format", "json").stdout)["heads"]["default"]
    return found


def parents_of(repo: GitSandbox, id: str) -> str:
    return repo.git("show", f"HEAD:{PATHS[id]}").splitlines()[1]


def test_a_merge_of_two_heads_is_stopped_and_the_command_printed(repo: GitSandbox) -> None:
    output = git(repo, "merge", "--no-edit", "feature", expect=1)
    assert f"MIG101 error  2 heads: {B} (ours), {C} (main)" in output
    assert "mig: merge stopped; mig merge --add (or mig rebase --add), then git commit --no-edit\n" in output
    assert QUESTION not in output
    assert repo.git("rev-parse", "MERGE_HEAD") == repo.git("rev-parse", "feature")


@pytest.mark.parametrize("remedy", ["merge", "rebase"])
def test_the_printed_commands_conclude_the_merge(repo: GitSandbox, remedy: str) -> None:
    git(repo, "merge", "--no-edit", "feature", expect=1)
    repo.mig(remedy, "--add")
    git(repo, "commit", "--no-edit")
    assert len(repo.git("log", "-1", "--format=%P").split()) == 2
    assert len(heads(repo)) == 1
    assert repo.git("status", "--short") == ""


def test_a_merge_without_divergence_goes_through(repo: GitSandbox) -> None:
    repo.checkout("feature")
    repo.commit("Rebase", migration(B, C))
    repo.checkout("main")
    output = git(repo, "merge", "--no-edit", "--no-ff", "feature")
    assert "MIG" not in output
    assert f"mig: 1 new migration: {B} (20260102000000_carts.sql)" in output


def test_a_merge_that_drops_what_the_other_side_published_is_stopped(repo: GitSandbox) -> None:
    repo.checkout("feature")
    output = git(repo, "merge", "--no-edit", "--strategy=ours", "main", expect=1)
    assert "MIG202" in output
    assert C in output


def test_a_merge_with_conflicts_is_checked_when_it_is_committed(conflicting: GitSandbox) -> None:
    output = git(conflicting, "commit", "--no-edit", expect=1)
    assert f"2 heads: {B} (ours), {C} (main)" in output
    assert "mig: merge stopped" in output
    conflicting.mig("merge", "--add")
    git(conflicting, "commit", "--no-edit")
    assert len(heads(conflicting)) == 1


def test_a_squash_merge_is_checked_when_it_is_committed(repo: GitSandbox) -> None:
    assert "mig:" not in git(repo, "merge", "--squash", "feature")
    assert f"2 heads: {B} (ours), {C} (main)" in git(repo, "commit", "-m", "Squashed", expect=1)


@pytest.mark.parametrize("answer", ["m", "M", "merge"])
def test_at_a_terminal_the_merge_migration_is_made_and_committed(
    conflicting: GitSandbox, answer: str
) -> None:
    status, shown = run_at_terminal(["git", "commit", "--no-edit"], conflicting.path, [answer], QUESTION)
    assert status == 0, shown
    assert "[m] make the merge migration" in shown
    assert "mig: wrote and staged migrations/" in shown
    (head,) = heads(conflicting)
    assert head not in (B, C)
    assert conflicting.git("status", "--short") == ""


def test_at_a_terminal_ours_is_rebased_and_committed(conflicting: GitSandbox) -> None:
    status, shown = run_at_terminal(["git", "commit", "--no-edit"], conflicting.path, ["r"], QUESTION)
    assert status == 0, shown
    assert f"mig: wrote and staged {PATHS[B]}" in shown
    assert parents_of(conflicting, B) == f"-- mig:parents {C}"
    assert conflicting.git("status", "--short") == ""


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(["a"], id="abort"),
        pytest.param([], id="closed"),
        pytest.param(["?", "", "a"], id="nonsense first"),
    ],
)
def test_at_a_terminal_abort_leaves_everything_as_it_is(conflicting: GitSandbox, answers: list[str]) -> None:
    before = conflicting.git("status", "--short"), conflicting.head
    status, shown = run_at_terminal(["git", "commit", "--no-edit"], conflicting.path, answers, QUESTION)
    assert status == 1
    assert shown.count(QUESTION) == max(len(answers), 1)
    assert (conflicting.git("status", "--short"), conflicting.head) == before


@pytest.mark.parametrize("answer", ["m", "r"])
def test_a_merge_that_git_commits_itself_is_mended_and_waits_for_its_commit(
    repo: GitSandbox, answer: str
) -> None:
    status, shown = run_at_terminal(["git", "merge", "--no-edit", "feature"], repo.path, [answer], QUESTION)
    assert status == 1
    assert "mig: mended; git commit --no-edit concludes the merge" in shown
    git(repo, "commit", "--no-edit")
    assert len(heads(repo)) == 1
    assert len(repo.git("log", "-1", "--format=%P").split()) == 2
    assert repo.git("status", "--short") == ""


def test_the_same_where_another_tool_runs_pre_commit_in_place_of_pre_merge_commit(repo: GitSandbox) -> None:
    hooks = repo.path / ".git/hooks"
    (hooks / "pre-merge-commit").write_bytes((hooks / "pre-commit").read_bytes())
    status, shown = run_at_terminal(["git", "merge", "--no-edit", "feature"], repo.path, ["m"], QUESTION)
    assert status == 1
    assert "mig: mended; git commit --no-edit concludes the merge" in shown


@pytest.mark.parametrize("env", [{"GIT_TERMINAL_PROMPT": "0"}, {"CI": "true"}])
def test_nothing_is_asked_where_the_environment_says_that_nobody_is_there(
    conflicting: GitSandbox, env: dict[str, str]
) -> None:
    status, shown = run_at_terminal(["git", "commit", "--no-edit"], conflicting.path, [], QUESTION, env)
    assert status == 1
    assert QUESTION not in shown
    assert "mig: merge stopped" in shown


def test_nothing_is_asked_outside_a_merge(repo: GitSandbox) -> None:
    repo.branch("other", "main~1")
    repo.add(migration(D, A))
    status, shown = run_at_terminal(["git", "commit", "-m", "Add prices"], repo.path, [], QUESTION)
    assert status == 1
    assert QUESTION not in shown
    assert "mig: commit stopped; mig rebase --add, then commit again" in shown
    repo.mig("rebase", "--add")
    git(repo, "commit", "-m", "Add prices")


def test_a_remedy_that_fails_says_why_and_stops_the_commit(conflicting: GitSandbox) -> None:
    opaque = native(B, A, "DO $$ BEGIN EXECUTE 'x'; END $$;")
    conflicting.add({"mig.toml": 'unknown = "block"\n', PATHS[B]: opaque})
    status, shown = run_at_terminal(["git", "commit", "--no-edit"], conflicting.path, ["m"], QUESTION)
    assert status == 1
    assert "mig: the heads cannot be merged as they are:" in shown
    assert conflicting.git("rev-parse", "MERGE_HEAD") == conflicting.git("rev-parse", "feature")


def test_a_merge_within_a_rebase_asks_nothing(repo: GitSandbox) -> None:
    repo.branch("topic", "feature")
    repo.commit("More", {"other": "x"})
    repo.git("merge", "--no-edit", "--no-verify", "main")
    status, shown = run_at_terminal(
        ["git", "rebase", "--rebase-merges", "--no-ff", "main~1"], repo.path, [], QUESTION
    )
    assert QUESTION not in shown
    assert status in (0, 1)
