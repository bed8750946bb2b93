"""``mig compare`` on real repositories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import mig
from mig.findings import Verdict
from tests.functional.checks import X, Y, files, start
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

BASE, INDEX, RENAME, PHONE = "a" * 12, "b" * 12, "c" * 12, "d" * 12


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    sandbox = GitSandbox(tmp_path / "shop")
    sandbox.commit(
        "migrations",
        {
            "migrations/20260101000000_users.sql": native(
                BASE, up="CREATE TABLE users (id integer PRIMARY KEY, email text);"
            ),
            "migrations/20260102000000_index.sql": native(
                INDEX, (BASE,), up="CREATE INDEX ix ON users (email);"
            ),
            "migrations/20260103000000_rename.sql": native(
                RENAME, (BASE,), up="ALTER TABLE users RENAME COLUMN email TO mail;"
            ),
            "migrations/20260104000000_phone.sql": native(
                PHONE, (BASE,), up="ALTER TABLE users ADD COLUMN phone text;"
            ),
        },
    )
    return sandbox


def test_a_conflict_is_explained_with_both_statements_and_the_schedule(repo: GitSandbox) -> None:
    result = repo.mig("compare", "bbb", "migrations/20260103000000_rename.sql", expect=1)
    assert result.stdout.startswith(f"conflict: {INDEX} and {RENAME}")
    assert "MIG302" in result.stdout
    assert "CREATE INDEX ix ON users (email)" in result.stdout
    assert "ALTER TABLE users RENAME COLUMN email TO mail" in result.stdout
    assert "then" in result.stdout


def test_two_that_commute_give_success(repo: GitSandbox) -> None:
    result = repo.mig("compare", INDEX, PHONE)
    assert result.stdout == f"commute: {INDEX} and {PHONE}: both orders give the same schema and rows\n"


def test_json_has_the_shape_of_the_contract(repo: GitSandbox) -> None:
    value = json.loads(repo.mig("compare", INDEX, RENAME, "--format", "json", expect=1).stdout)
    assert (value["verdict"], value["replayed"]) == ("conflict", None)
    (reason,) = value["reasons"]
    assert reason["code"] == "MIG302"
    assert reason["resources"] == ["column:users.email"]
    assert reason["operations"] == [
        "CREATE INDEX ix ON users (email)",
        "ALTER TABLE users RENAME COLUMN email TO mail",
    ]


def test_an_order_of_the_graph_is_told(repo: GitSandbox) -> None:
    assert f"{BASE} comes before {INDEX}" in repo.mig("compare", INDEX, BASE, expect=1).stdout


@pytest.mark.parametrize(
    ("names", "status", "message"),
    [
        pytest.param((INDEX, "eee"), 3, "no migration has the id 'eee'", id="unknown"),
        pytest.param((INDEX, "bbb"), 2, "are the same migration", id="the same"),
    ],
)
def test_what_cannot_be_compared_is_said(
    repo: GitSandbox, names: tuple[str, str], status: int, message: str
) -> None:
    assert message in repo.mig("compare", *names, expect=status).stderr


def test_scripts_are_compared_from_python() -> None:
    base = "CREATE TABLE users (id int, email text); CREATE INDEX ix ON users (email)"
    found = mig.compare("DROP INDEX ix", "ALTER TABLE users DROP COLUMN email", base=base)
    assert found.verdict is Verdict.CONFLICT
    assert mig.compare("ALTER TABLE users ADD a int", "ALTER TABLE users ADD b int", base=base).verdict is (
        Verdict.COMMUTE
    )
    assert mig.compare("DO $$ BEGIN EXECUTE x; END $$", "SELECT 1", base=base).verdict is Verdict.UNKNOWN


def test_what_a_verdict_takes_for_granted_is_shown(repo: GitSandbox) -> None:
    unread = "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || 'a' || '_log ()'; END $$;"
    path = "migrations/20260101000000_users.sql"
    repo.write(path, repo.read(path).replace("-- mig:up\n", f"-- mig:up\n{unread}\n"))
    printed = repo.mig("compare", INDEX, PHONE).stdout.splitlines()
    assert printed[0].startswith("commute: ")
    assert printed[1] == (
        "note: if these earlier statements, which cannot be read, touch only what they name:"
    )
    assert "EXECUTE" in printed[2]
    [assumption] = json.loads(repo.mig("--format", "json", "compare", INDEX, PHONE).stdout)["assumptions"]
    assert assumption["operation"] == unread.removesuffix(";")
    assert assumption["message"]
    assert "note:" not in repo.mig("compare", INDEX, RENAME, expect=1).stdout


def test_one_of_ours_is_compared_with_one_that_only_the_base_has(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("ours", files(x="a"))
    repo.checkout("main")
    repo.commit("theirs", files(y="a"))
    repo.checkout("feature")
    assert repo.mig("compare", X, Y).stdout.startswith(f"commute: {X} and {Y}: ")
    missing = repo.mig("compare", X, "fff", expect=3)
    assert "no migration has the id 'fff'" in missing.stderr
