from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functional.hooked import PATHS, A, B, C, git, migration, shop
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

BAD = native(B, "eeeeeeeeeeee", "CREATE TABLE carts (id INTEGER);", "DROP TABLE carts;")
PATH = PATHS[B]


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    repo = shop(tmp_path / "shop")
    repo.branch("feature")
    return repo


def test_a_good_migration_is_committed_in_silence(repo: GitSandbox) -> None:
    repo.add(migration(B, A))
    assert git(repo, "commit", "--quiet", "-m", "Add carts") == ""


def test_a_bad_migration_stops_the_commit_and_the_last_line_says_what_to_do(repo: GitSandbox) -> None:
    repo.add({PATH: BAD})
    output = git(repo, "commit", "-m", "Add carts", expect=1)
    assert "MIG102" in output
    assert f"{PATH}:" in output
    assert output.splitlines()[-1].startswith("mig: stopped; mend the above and git add it")
    assert repo.git("log", "--format=%s") == "Start"


@pytest.mark.parametrize(
    ("options", "env"),
    [
        pytest.param(["--no-verify"], {}, id="--no-verify"),
        pytest.param([], {"MIG_SKIP": "1"}, id="MIG_SKIP=1"),
    ],
)
def test_the_check_can_be_left_out(repo: GitSandbox, options: list[str], env: dict[str, str]) -> None:
    repo.add({PATH: BAD})
    git(repo, "commit", *options, "-m", "Add carts", env=env)
    assert repo.git("log", "-1", "--format=%s") == "Add carts"


def test_what_is_staged_counts_and_not_what_lies_on_the_disk(repo: GitSandbox) -> None:
    repo.add(migration(B, A))
    repo.write(PATH, BAD)
    git(repo, "commit", "-m", "Add carts")
    repo.add({PATH: BAD})
    repo.write(PATH, migration(B, A)[PATH])
    assert "MIG102" in git(repo, "commit", "-m", "Change carts", expect=1)


def test_commit_all_is_checked_with_the_index_that_git_makes_for_it(repo: GitSandbox) -> None:
    repo.commit("Add carts", migration(B, A))
    repo.write(PATH, BAD)
    assert "MIG102" in git(repo, "commit", "-a", "-m", "Change carts", expect=1)
    repo.write(PATH, migration(B, A)[PATH] + "-- more\n")
    git(repo, "commit", "-a", "-m", "Change carts")


def test_commit_of_one_path_leaves_out_what_else_is_staged(repo: GitSandbox) -> None:
    repo.add({PATH: BAD, **migration(C, A)})
    repo.write("README", "Changed\n")
    git(repo, "commit", "-m", "Text", "README")
    git(repo, "commit", "-m", "Add orders", PATHS[C])
    assert "MIG102" in git(repo, "commit", "-m", "Add carts", PATH, expect=1)
    assert repo.git("status", "--short") == f"A  {PATH}"


def test_amend_is_checked(repo: GitSandbox) -> None:
    repo.add(migration(B, A))
    git(repo, "commit", "-m", "Add carts")
    repo.add({PATH: BAD})
    assert "MIG102" in git(repo, "commit", "--amend", "--no-edit", expect=1)


def test_the_first_commit_of_a_repository_is_checked(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "new")
    repo.mig("hooks", "install")
    repo.add({PATH: BAD})
    assert "MIG102" in git(repo, "commit", "-m", "Start", expect=1)
    repo.git("rm", "--quiet", "--cached", PATH)
    repo.add(migration(A))
    git(repo, "commit", "-m", "Start")


def test_a_repository_without_migrations_is_left_in_peace(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "other")
    repo.mig("hooks", "install")
    repo.add({"schema.sql": "CREATE TABLE t (id INTEGER);\n", "app.py": "import os\n", "setup.ini": "[a]\n"})
    assert git(repo, "commit", "--quiet", "-m", "Start") == ""


def test_removing_every_migration_is_stopped(repo: GitSandbox) -> None:
    repo.git("rm", "--quiet", "-r", "migrations")
    assert "MIG202" in git(repo, "commit", "-m", "Remove", expect=1)
    git(repo, "commit", "-m", "Remove", env={"MIG_SKIP": "1"})


def test_removing_every_migration_is_stopped_where_nothing_is_published(repo: GitSandbox) -> None:
    repo.git("branch", "--quiet", "-D", "main")
    repo.git("rm", "--quiet", "-r", "migrations")
    output = git(repo, "commit", "-m", "Remove", expect=1)
    assert "HEAD has migrations, and no more are recognised in what is staged" in output


def test_renaming_a_migration_out_of_the_folder_is_seen(repo: GitSandbox) -> None:
    repo.commit("Add carts and orders", {**migration(B, A), **migration(C, B)})
    repo.git("mv", PATH, "kept.txt")
    assert "MIG102" in git(repo, "commit", "-m", "Move", expect=1)


def test_an_edit_of_a_published_migration_is_stopped(repo: GitSandbox) -> None:
    repo.add({PATHS[A]: native(A, (), "CREATE TABLE people (id INTEGER);", "DROP TABLE people;")})
    assert "MIG201" in git(repo, "commit", "-m", "Edit", expect=1)


def test_a_base_that_is_missing_stops_the_commit_with_the_remedy(repo: GitSandbox) -> None:
    repo.commit("Configure", {"mig.toml": 'base = "origin/main"\n'})
    repo.add(migration(B, A))
    output = git(repo, "commit", "-m", "Add carts", expect=1)
    assert "the base 'origin/main', which mig.toml sets, does not exist" in output
    assert "git fetch origin" in output


def test_line_ends_of_windows_and_names_beyond_ascii_are_read(tmp_path: Path) -> None:
    repo = shop(tmp_path / "Läden & Söhne")
    repo.branch("ü")
    repo.add({"migrations/20260102000000_gr ö ße.sql": BAD.replace("\n", "\r\n")})
    output = git(repo, "commit", "-m", "Größe", expect=1)
    assert "MIG102" in output
    assert "20260102000000_gr ö ße.sql" in output


def test_a_commit_made_from_a_subfolder_is_checked(repo: GitSandbox) -> None:
    repo.add({PATH: BAD, "docs/a.txt": "a"})
    assert "MIG102" in git(repo, "-C", "docs", "commit", "-m", "Add carts", expect=1)


def test_git_dir_and_index_file_that_are_set_are_followed(repo: GitSandbox, tmp_path: Path) -> None:
    env = {
        "GIT_DIR": str(repo.path / ".git"),
        "GIT_WORK_TREE": str(repo.path),
        "GIT_INDEX_FILE": str(tmp_path / "other"),
    }
    git(repo, "read-tree", "HEAD", env=env)
    repo.write(PATH, BAD)
    git(repo, "add", PATH, env=env)
    assert "MIG102" in git(repo, "commit", "-m", "Add carts", expect=1, env=env)
    repo.write("README", "Changed\n")
    git(repo, "commit", "-a", "-m", "With the usual index")


def test_a_worktree_beside_a_bare_repository_is_checked(repo: GitSandbox, tmp_path: Path) -> None:
    git(repo, "clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    bare = GitSandbox.at(tmp_path / "bare.git")
    bare.mig("hooks", "install")
    bare.git("worktree", "add", "--quiet", str(tmp_path / "a tree"), "feature")
    tree = GitSandbox.at(tmp_path / "a tree")
    tree.add({PATH: BAD})
    assert "MIG102" in git(tree, "commit", "-m", "Add carts", expect=1)


def test_a_linked_worktree_is_checked(repo: GitSandbox, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "tree"))
    tree = GitSandbox.at(tmp_path / "tree")
    tree.add({PATH: BAD})
    assert "MIG102" in git(tree, "commit", "-m", "Add carts", expect=1)
    assert "pre-commit        installed" in tree.mig("hooks", "status").stdout


def test_a_submodule_is_checked_for_itself(repo: GitSandbox, tmp_path: Path) -> None:
    outer = GitSandbox(tmp_path / "outer")
    outer.git("submodule", "--quiet", "add", str(repo.path), "sub")
    sub = GitSandbox.at(outer.path / "sub")
    sub.mig("hooks", "install")
    sub.git("checkout", "--quiet", "-b", "theirs")
    sub.add({PATH: BAD})
    assert "MIG102" in git(sub, "commit", "-m", "Add carts", expect=1)
    assert (outer.path / ".git/modules/sub/hooks/pre-commit").exists()
    assert git(outer, "commit", "--quiet", "-m", "Outer") == ""


def test_a_cherry_pick_that_is_concluded_by_hand_is_checked_without_a_question(repo: GitSandbox) -> None:
    repo.commit("Other text and carts", {"README": "Feature\n", PATH: BAD})
    picked = repo.head
    repo.checkout("main")
    repo.commit("Text", {"README": "Main\n"})
    git(repo, "cherry-pick", picked, expect=1)
    repo.add({"README": "Both\n"})
    assert "MIG102" in git(repo, "cherry-pick", "--continue", expect=1)
