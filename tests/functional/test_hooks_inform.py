from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functional.hooked import PATHS, A, B, C, D, diverged, git, migration, shop
from tests.repositories import GitSandbox

if TYPE_CHECKING:
    from pathlib import Path

NEXT = "mig: mig up applies what the database lacks; mig status shows it"
COMPARE = "mig: mig status compares the database with this branch"


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    repo = shop(tmp_path / "shop")
    repo.branch("feature")
    repo.commit("Add carts", migration(B, A))
    repo.git("checkout", "--quiet", "main")
    return repo


def said(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("mig:")]


def test_a_merge_tells_what_is_new_and_what_is_next(repo: GitSandbox) -> None:
    assert said(git(repo, "merge", "feature")) == [
        f"mig: 1 new migration: {B} (20260102000000_carts.sql)",
        NEXT,
    ]


def test_a_pull_tells_it_too(repo: GitSandbox, tmp_path: Path) -> None:
    clone = GitSandbox.clone(repo, tmp_path / "clone")
    clone.mig("hooks", "install")
    repo.git("merge", "--quiet", "feature")
    assert said(git(clone, "pull", "--quiet"))[-1] == NEXT


def test_many_new_migrations_are_counted_and_the_first_named(repo: GitSandbox) -> None:
    repo.checkout("feature")
    repo.commit(
        "More",
        {
            f"migrations/2026020{i}000000_more.sql": f"-- mig:id {i:012x}\n-- mig:parents {i - 1 or B:012x}\n"
            if i > 1
            else f"-- mig:id {i:012x}\n-- mig:parents {B}\n"
            for i in range(1, 6)
        },
    )
    output = git(repo, "checkout", "main")
    assert said(output)[0].startswith(
        "mig: 6 migrations no longer here: bbbbbbbbbbbb (20260102000000_carts.sql), "
    )
    assert said(output)[0].endswith(" and 3 more")


def test_a_checkout_tells_what_came_and_went(repo: GitSandbox) -> None:
    repo.branch("other", "main")
    repo.commit("Add orders", migration(C, A))
    assert said(git(repo, "checkout", "feature")) == [
        f"mig: 1 new migration: {B} (20260102000000_carts.sql)",
        f"mig: 1 migration no longer here: {C} (20260103000000_orders.sql)",
        COMPARE,
    ]


def test_a_checkout_of_a_file_says_nothing(repo: GitSandbox) -> None:
    assert said(git(repo, "checkout", "feature", "--", PATHS[B])) == []


def test_changes_that_are_not_about_migrations_are_passed_over(repo: GitSandbox) -> None:
    repo.branch("text")
    repo.commit("Text", {"README": "Changed\n", "app.py": "x = 1\n"})
    assert said(git(repo, "checkout", "main")) == []
    assert said(git(repo, "merge", "text")) == []


def test_a_checkout_of_two_heads_names_them(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "shop")
    repo.git("checkout", "--quiet", "-b", "both")
    repo.git("merge", "--quiet", "--no-verify", "--no-edit", "feature")
    repo.checkout("main")
    heads = f"mig: 2 heads: {B}, {C}; mig merge joins them, mig rebase puts ours last"
    assert heads in said(git(repo, "checkout", "both"))


def test_a_rebase_tells_that_it_made_two_heads(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "shop")
    repo.checkout("feature")
    output = git(repo, "rebase", "main")
    assert said(output) == [
        f"mig: 1 new migration: {C} (20260103000000_orders.sql)",
        f"mig: 2 heads: {B}, {C}; mig merge joins them, mig rebase puts ours last",
    ]


def test_pull_with_rebase_tells_it_once(tmp_path: Path) -> None:
    origin = diverged(tmp_path / "origin")
    clone = GitSandbox.clone(origin, tmp_path / "clone", "--branch", "feature")
    clone.git("branch", "--quiet", "--set-upstream-to", "origin/main")
    clone.commit("Text", {"README": "Mine\n"})
    clone.mig("hooks", "install")
    assert len(said(git(clone, "pull", "--rebase"))) == 2


def test_an_amend_tells_what_it_added(repo: GitSandbox) -> None:
    repo.checkout("feature")
    repo.add(migration(C, B))
    assert said(git(repo, "commit", "--amend", "--no-edit"))[0] == (
        f"mig: 1 new migration: {C} (20260103000000_orders.sql)"
    )
    repo.add({"README": "Changed\n"})
    assert said(git(repo, "commit", "--amend", "--no-edit")) == []


def test_a_new_worktree_and_a_cherry_pick_say_nothing(repo: GitSandbox, tmp_path: Path) -> None:
    assert said(git(repo, "worktree", "add", str(tmp_path / "tree"), "feature")) == []
    assert said(git(repo, "cherry-pick", "feature")) == []


@pytest.mark.parametrize("command", [["checkout", "broken"], ["merge", "broken"]], ids=" ".join)
def test_an_error_is_one_line_and_the_command_succeeds(repo: GitSandbox, command: list[str]) -> None:
    repo.branch("broken", "feature")
    repo.commit("Break", {"mig.toml": 'sourc = "native"\n'})
    repo.checkout("main")
    assert said(git(repo, *command)) == ["mig: mig.toml:1: unknown key 'sourc'; did you mean source?"]
    assert (repo.path / "mig.toml").exists()


def test_mig_skip_silences_what_informs(repo: GitSandbox) -> None:
    assert said(git(repo, "merge", "feature", env={"MIG_SKIP": "1"})) == []


def test_names_with_control_characters_do_not_reach_the_terminal(repo: GitSandbox) -> None:
    repo.branch("hostile")
    repo.commit(
        "Add",
        {"migrations/20260109000000_\x1b[31mred.sql": f"-- mig:id {D}\n-- mig:parents {A}\n\n-- mig:up\n"},
    )
    output = git(repo, "checkout", "main")
    assert "\x1b" not in "".join(said(output))
    assert "\\x1b[31mred.sql" in output


@pytest.mark.parametrize(
    ("name", "variables", "told"),
    [
        pytest.param(
            "post-checkout",
            {"FROM_REF": "main~1", "TO_REF": "feature", "CHECKOUT_TYPE": "1"},
            2,
            id="checkout",
        ),
        pytest.param(
            "post-checkout", {"FROM_REF": "main", "TO_REF": "feature", "CHECKOUT_TYPE": "0"}, 0, id="a file"
        ),
        pytest.param("post-merge", {"IS_SQUASH_MERGE": "0"}, 2, id="merge"),
        pytest.param("post-merge", {"IS_SQUASH_MERGE": "1"}, 0, id="squash"),
        pytest.param("post-rewrite", {"REWRITE_COMMAND": "rebase"}, 2, id="rebase"),
        pytest.param("post-rewrite", {"REWRITE_COMMAND": "amend"}, 2, id="amend"),
    ],
)
def test_the_pre_commit_framework_tells_in_variables(
    repo: GitSandbox, name: str, variables: dict[str, str], told: int
) -> None:
    repo.git("merge", "--quiet", "feature", env={"MIG_SKIP": "1"})
    env = {f"PRE_COMMIT_{key}": value for key, value in variables.items()}
    assert len(said(repo.mig("hooks", "run", name, env=env).stderr)) == told
