"""``mig graph``: which trees are drawn, and into what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.functional.checks import A, B, C, file_of
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

ADD = "ALTER TABLE users ADD COLUMN email text;"


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    """Both sides add the same column."""
    sandbox = GitSandbox(tmp_path / "shop")
    sandbox.commit("start", {file_of(A): native(A, (), "CREATE TABLE users (id int);")})
    sandbox.git("branch", "-M", "main")
    sandbox.branch("feature")
    sandbox.commit("ours", {file_of(B): native(B, A, ADD)})
    sandbox.checkout("main")
    sandbox.commit("theirs", {file_of(C): native(C, A, ADD)})
    sandbox.checkout("feature")
    return sandbox


def drawn(repo: GitSandbox, *args: str) -> dict[str, list[dict[str, object]]]:
    value = json.loads(repo.mig("graph", "--format", "json", *args).stdout)
    assert isinstance(value, dict)
    return value


def sides(repo: GitSandbox, *args: str) -> dict[object, object]:
    return {one["id"]: one["side"] for one in drawn(repo, *args)["migrations"]}


def test_the_merge_of_both_sides_is_drawn_with_what_clashes(repo: GitSandbox) -> None:
    assert sides(repo) == {A: "", B: "ours", C: "theirs"}
    [pair] = drawn(repo)["pairs"]
    assert pair["migrations"] == [B, C]
    assert pair["verdict"] == "conflict"


def test_two_branches_are_drawn_without_a_checkout(repo: GitSandbox) -> None:
    assert sides(repo, "--head", "main", "--base", "feature") == {A: "", B: "theirs", C: "ours"}


def test_one_tree_is_drawn_as_it_is(repo: GitSandbox) -> None:
    assert sides(repo, "--at", "main") == {A: "", C: ""}
    assert drawn(repo, "--at", "main")["pairs"] == []


def test_a_folder_without_git_is_drawn_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / file_of(A)).write_text(native(A, (), "CREATE TABLE users (id int);"))
    shown = GitSandbox.at(tmp_path).mig("graph").stdout
    assert shown.startswith("worktree · 1 migration\n\n* " + A)


def test_a_cycle_is_drawn_and_a_broken_file_is_left_out(repo: GitSandbox) -> None:
    repo.write(file_of(A), native(A, B, "CREATE TABLE users (id int);"))
    repo.write("migrations/9_broken.sql", "nothing of mig's")
    assert set(sides(repo)) == {A, B, C}


@pytest.mark.parametrize("name", ["text", "mermaid", "dot", "svg", "html", "json"])
def test_a_file_holds_what_standard_output_would(repo: GitSandbox, name: str, tmp_path: Path) -> None:
    file = tmp_path / "out"
    assert repo.mig("graph", "--format", name, "-o", str(file)).stdout == ""
    assert file.read_text(encoding="utf-8") == repo.mig("graph", "--format", name).stdout


def test_a_check_writes_the_same_page(repo: GitSandbox, tmp_path: Path) -> None:
    file = tmp_path / "check.html"
    repo.mig("check", "--format", f"html={file}", expect=1)
    assert file.read_text(encoding="utf-8") == repo.mig("graph", "--format", "html").stdout


def test_options_that_contradict_each_other_are_refused(repo: GitSandbox) -> None:
    assert "exclude each other" in repo.mig("graph", "--all", "-n", "3", expect=2).stderr
    assert "exclude each other" in repo.mig("graph", "--at", "main", "--base", "main", expect=2).stderr
    refused = repo.mig("graph", "-o", "nowhere/x.svg", "--format", "svg", expect=2)
    assert "nowhere/x.svg cannot be written" in refused.stderr
