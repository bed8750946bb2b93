"""``mig check --format``: several at once, into files; the baseline; what does not count is counted."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.functional.checks import A, B, C, check, file_of, files, start
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def clashing(tmp_path: Path) -> GitSandbox:
    """A feature that indexes a column which its base renames."""
    repo = GitSandbox(tmp_path / "shop")
    users = native(A, (), "CREATE TABLE users (id int, email text);", "DROP TABLE users;")
    repo.commit("start", {file_of(A): users})
    repo.git("branch", "-M", "main")
    repo.branch("feature")
    repo.commit("ours", {file_of(B): native(B, A, "CREATE INDEX ix ON users (email);", "DROP INDEX ix;")})
    repo.checkout("main")
    rename = native(
        C, A, "ALTER TABLE users RENAME COLUMN email TO mail;", None, header="-- mig:irreversible"
    )
    repo.commit("theirs", {file_of(C): rename})
    repo.checkout("feature")
    return repo


def test_one_check_is_written_in_several_formats_at_once(clashing: GitSandbox, tmp_path: Path) -> None:
    sarif, xml = tmp_path / "o.sarif", tmp_path / "o.xml"
    done = clashing.mig(
        "check", "--format", f"sarif={sarif}", "--format", f"junit={xml}", "--format", "github", expect=1
    )
    assert done.stdout.startswith("::error file=migrations/")
    assert json.loads(sarif.read_text())["runs"][0]["results"][0]["ruleId"] == "MIG302"
    assert xml.read_text().startswith("<?xml")


def test_a_file_alone_prints_nothing_but_what_to_do_next(clashing: GitSandbox, tmp_path: Path) -> None:
    done = clashing.mig("check", "--format", f"markdown={tmp_path / 'o.md'}", expect=1)
    assert done.stdout == ""
    assert done.stderr.startswith("next: mig rebase --rewrite")
    assert (tmp_path / "o.md").read_text().startswith("<!-- mig:check -->")


def test_a_file_may_be_a_link_or_a_pipe_that_somebody_has_made(clashing: GitSandbox, tmp_path: Path) -> None:
    target = tmp_path / "target.json"
    os.symlink(target, tmp_path / "link.json")
    clashing.mig("check", "--format", f"json={tmp_path / 'link.json'}", expect=1)
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads(target.read_text())["ok"] is False


@pytest.mark.parametrize(
    ("formats", "said"),
    [
        pytest.param(["serif"], "there is no format 'serif'; did you mean sarif?", id="unknown"),
        pytest.param(["json="], "'json=' names no file", id="no file"),
        pytest.param(["rich=x"], "'rich=x' names no file", id="rich"),
        pytest.param(["json", "sarif"], "two formats go to standard output", id="two"),
        pytest.param(["json=x", "sarif=./x"], "two formats go to x", id="one file"),
        pytest.param(["json=no/such/folder/x"], "no/such/folder/x cannot be written", id="no folder"),
    ],
)
def test_formats_that_cannot_be_are_refused(formats: list[str], said: str, clashing: GitSandbox) -> None:
    options = [part for name in formats for part in ("--format", name)]
    done = clashing.mig("check", *options, expect=2)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_a_baseline_passes_over_what_was_there_and_stops_what_is_new(clashing: GitSandbox) -> None:
    done = clashing.mig("check", "--write-baseline")
    assert done.stdout == (
        "mig-baseline.json: 2 findings; commit it, and mig check passes over them from now on\n"
    )
    shown = clashing.mig("check")
    assert "2 in the baseline" in shown.stdout
    assert {one.suppressed for one in check(clashing).findings} == {"baseline"}
    second = native("d" * 12, A, "ALTER TABLE users DROP COLUMN email;", None, header="-- mig:irreversible")
    clashing.commit("more", {file_of("d" * 12): second})
    assert "2 in the baseline" not in clashing.mig("check", expect=1).stdout
    new = [one for one in check(clashing).findings if not one.suppressed]
    assert all("d" * 12 in one.migrations for one in new)


def test_a_baseline_is_read_from_the_tree_that_is_checked(clashing: GitSandbox) -> None:
    clashing.mig("check", "--write-baseline")
    assert not check(clashing, head="HEAD").ok()
    clashing.add({"mig-baseline.json": clashing.read("mig-baseline.json")})
    assert check(clashing, head="index").ok()
    clashing.commit("baseline")
    assert check(clashing, head="HEAD").ok()


def test_a_baseline_written_again_keeps_what_it_passes_over_and_drops_what_is_gone(
    clashing: GitSandbox,
) -> None:
    clashing.mig("check", "--write-baseline")
    before = clashing.read("mig-baseline.json")
    clashing.mig("check", "--write-baseline")
    assert clashing.read("mig-baseline.json") == before
    (clashing.path / file_of(B)).unlink()
    clashing.mig("check", "--write-baseline")
    assert json.loads(clashing.read("mig-baseline.json"))["findings"] == []


def test_a_baseline_lies_where_the_configuration_says(clashing: GitSandbox) -> None:
    clashing.write("mig.toml", 'source = "native"\npath = "migrations"\nbaseline = "ci/known.json"\n')
    done = clashing.mig("check", expect=2)
    assert done.stderr.splitlines() == [
        "mig: the baseline ci/known.json is not in worktree",
        "mig check --write-baseline writes it; then commit it",
    ]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 2, "findings": []}', "[" * 100_000])
def test_a_file_that_is_no_baseline_is_an_error(text: str, clashing: GitSandbox) -> None:
    clashing.write("mig-baseline.json", text)
    done = clashing.mig("check", expect=2)
    assert done.stderr.startswith("mig: mig-baseline.json ")
    assert len(done.stderr.splitlines()) == 2


def test_what_a_file_ignores_with_a_reason_is_counted(clashing: GitSandbox) -> None:
    text = clashing.read(file_of(B)).replace(
        "-- mig:up", '-- mig:ignore MIG302 "agreed in review"\n\n-- mig:up'
    )
    clashing.commit("ignore", {file_of(B): text})
    assert "1 ignored with a reason" in clashing.mig("check", expect=1).stdout
    told = json.loads(clashing.mig("check", "--format", "json", expect=1).stdout)
    assert [one["suppressed"] for one in told["findings"]] == ["", "ignored"]


def test_a_check_that_finds_nothing_asks_for_no_baseline(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    repo.write("mig-baseline.json", "no baseline")
    repo.commit("ours", files(b="a"))
    assert repo.mig("check").stdout.startswith("ok: ")
