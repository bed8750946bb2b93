from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functional.hooked import PATHS, TABLES, A, B, C, D, git, migration, shop
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

STOPPED = "mig: push stopped; mend the above and commit, or push it as it is: git push --no-verify"


@pytest.fixture
def remote(tmp_path: Path) -> GitSandbox:
    return GitSandbox(tmp_path / "remote.git", bare=True)


@pytest.fixture
def repo(tmp_path: Path, remote: GitSandbox) -> GitSandbox:
    repo = shop(tmp_path / "shop")
    repo.git("remote", "add", "origin", str(remote.path))
    git(repo, "push", "--quiet", "-u", "origin", "main")
    return repo


def pushed(remote: GitSandbox, ref: str) -> str:
    return remote.git("rev-parse", "--verify", "--quiet", ref, expect=None)


def bad() -> dict[str, str]:
    return {PATHS[B]: native(B, "eeeeeeeeeeee", "CREATE TABLE carts (id INTEGER);", "DROP TABLE carts;")}


def test_a_good_branch_is_pushed(repo: GitSandbox, remote: GitSandbox) -> None:
    repo.branch("feature")
    repo.commit("Add carts", migration(B, A))
    assert "mig" not in git(repo, "push", "--quiet", "origin", "feature")
    assert pushed(remote, "feature") == repo.head


def test_a_bad_branch_is_not_pushed_and_the_last_line_says_what_to_do(
    repo: GitSandbox, remote: GitSandbox
) -> None:
    repo.branch("feature")
    repo.commit("Add carts", bad())
    output = git(repo, "push", "origin", "feature", expect=1)
    assert "MIG102" in output
    assert STOPPED in output.splitlines()
    assert pushed(remote, "feature") == ""
    git(repo, "push", "--quiet", "--no-verify", "origin", "feature")


def test_the_pushed_commit_is_checked_and_not_what_is_checked_out(repo: GitSandbox) -> None:
    repo.branch("feature")
    repo.commit("Add carts", bad())
    repo.checkout("main")
    repo.write(PATHS[C], migration(C, A)[PATHS[C]])
    assert "MIG102" in git(repo, "push", "origin", "feature", expect=1)
    git(repo, "push", "--quiet", "origin", "main")


def test_what_is_pushed_to_the_base_is_checked_against_what_the_remote_has(
    repo: GitSandbox, remote: GitSandbox
) -> None:
    edited = native(A, (), "CREATE TABLE people (id INTEGER);", f"DROP TABLE {TABLES[A]};")
    repo.commit("Edit", {PATHS[A]: edited})
    assert "MIG201" in git(repo, "push", "origin", "main", expect=1)
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.commit("Add carts", migration(B, A))
    git(repo, "push", "--quiet", "origin", "main")
    assert pushed(remote, "main") == repo.head


def test_a_forced_push_that_takes_a_published_migration_away_is_stopped(repo: GitSandbox) -> None:
    repo.commit("Add carts", migration(B, A))
    git(repo, "push", "--quiet", "origin", "main")
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    output = git(repo, "push", "--force", "origin", "main", expect=1)
    assert f"mig: refs/heads/main at origin has {B} ({PATHS[B]}), which the push takes away\n" in output
    assert STOPPED in output


def test_divergence_from_the_remotes_branch_stops_the_push(repo: GitSandbox) -> None:
    repo.branch("feature")
    repo.commit("Add carts", migration(B, A))
    repo.checkout("main")
    repo.commit("Add orders", migration(C, A))
    git(repo, "push", "--quiet", "origin", "main")
    output = git(repo, "push", "origin", "feature", expect=1)
    assert f"2 heads: {B} (ours), {C} (origin/main)" in output
    assert "feature against origin/main" in output


def test_one_bad_ref_of_several_stops_the_push(repo: GitSandbox, remote: GitSandbox) -> None:
    repo.branch("good")
    repo.commit("Add orders", migration(C, A))
    repo.branch("bad", "main")
    repo.commit("Add carts", bad())
    assert "MIG102" in git(repo, "push", "origin", "good", "bad", expect=1)
    assert pushed(remote, "good") == ""


def test_deletions_and_tags_are_passed_over(repo: GitSandbox, remote: GitSandbox) -> None:
    repo.branch("feature")
    repo.commit("Add carts", bad())
    repo.git("push", "--quiet", "--no-verify", "origin", "feature")
    repo.git("tag", "v1")
    git(repo, "push", "--quiet", "origin", "v1")
    git(repo, "push", "--quiet", "origin", "--delete", "feature")
    assert pushed(remote, "refs/heads/feature") == ""


def test_nothing_to_push_is_no_problem(repo: GitSandbox) -> None:
    assert "Everything up-to-date" in git(repo, "push", "origin", "main")


def test_a_remote_that_is_given_as_a_url_is_checked(repo: GitSandbox, tmp_path: Path) -> None:
    repo.branch("feature")
    repo.commit("Add carts", bad())
    other = GitSandbox(tmp_path / "another remote.git", bare=True)
    assert "MIG102" in git(repo, "push", str(other.path), "feature", expect=1)


def test_a_ref_that_the_remote_has_and_this_clone_has_not_is_checked_all_the_same(
    repo: GitSandbox, tmp_path: Path
) -> None:
    other = GitSandbox.clone(str(tmp_path / "remote.git"), tmp_path / "other")
    other.branch("feature")
    other.commit("Text", {"README": "Other\n"})
    other.git("push", "--quiet", "origin", "feature")
    repo.branch("feature")
    repo.commit("Add carts", bad())
    assert "MIG102" in git(repo, "push", "--force", "origin", "feature", expect=1)


def test_a_push_from_a_detached_head_is_checked(repo: GitSandbox) -> None:
    repo.git("checkout", "--quiet", "--detach")
    repo.commit("Add carts", bad())
    assert "MIG102" in git(repo, "push", "origin", "HEAD:refs/heads/new", expect=1)


def test_a_push_without_migrations_is_not_looked_at(tmp_path: Path, remote: GitSandbox) -> None:
    repo = GitSandbox(tmp_path / "plain")
    repo.mig("hooks", "install")
    repo.commit("Start", {"a.sql": "SELECT 1;\n"})
    assert "mig" not in git(repo, "push", "--quiet", str(remote.path), "main")


def test_the_pre_commit_framework_tells_in_variables(repo: GitSandbox) -> None:
    repo.branch("feature")
    repo.commit("Add prices", {PATHS[D]: native(D, "eeeeeeeeeeee")})
    env = {
        "PRE_COMMIT_REMOTE_NAME": "origin",
        "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/feature",
        "PRE_COMMIT_TO_REF": repo.head,
        "PRE_COMMIT_REMOTE_BRANCH": "refs/heads/feature",
        "PRE_COMMIT_FROM_REF": repo.git("rev-parse", "main"),
    }
    assert "MIG102" in repo.mig("hooks", "run", "pre-push", env=env, expect=1).stdout
