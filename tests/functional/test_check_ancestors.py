"""Migrations whose ancestors took away what they use: MIG308, on real Git repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.findings import Severity, Verdict
from mig.usecases.check import check_project
from mig.usecases.project import open_project
from tests.functional.checks import A, B, X, Y, check, codes, file_of, one
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text);"
INDEX = "CREATE INDEX ix_email ON users (email);"
RENAME = "ALTER TABLE users RENAME COLUMN email TO mail;"


def ordered(path: Path, ours: str, theirs: str = RENAME, *, header: str = "") -> GitSandbox:
    """``main`` holds theirs after the users, and ``feature``, checked out, has ours after theirs."""
    repo = GitSandbox(path)
    repo.commit("start", {file_of(A): native(A, (), USERS)})
    repo.commit("theirs", {file_of(Y): native(Y, A, theirs)})
    repo.branch("feature")
    repo.commit("ours", {file_of(X): native(X, Y, ours, header=header)})
    return repo


def test_a_plain_rebase_leaves_a_use_of_the_old_name_and_check_says_so(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("start", {file_of(A): native(A, (), USERS)})
    repo.branch("feature")
    repo.commit("ours", {file_of(X): native(X, A, INDEX)})
    repo.checkout("main")
    repo.commit("theirs", {file_of(Y): native(Y, A, RENAME)})
    repo.checkout("feature")
    assert "MIG308" not in codes(check(repo))
    repo.mig("rebase")
    found = one(check(repo), "MIG308")
    assert (found.severity, found.verdict, found.migrations) == (Severity.ERROR, Verdict.CONFLICT, (X, Y))
    assert found.message == f"ours indexes users.email, which {Y} renamed to users.mail before"
    assert found.then == f"{X} fails at create index, line 5: no column users.email"
    assert found.fix == "mig rebase --rewrite"
    assert [(p.path, p.line, p.side) for p in found.locations] == [
        (file_of(X), 5, "ours"),
        (file_of(Y), 5, "theirs"),
    ]
    shown = repo.mig("check", expect=1).stdout
    assert "MIG308" in shown
    assert f"  then    {found.then}\n  fix     mig rebase --rewrite\n" in shown


@pytest.mark.parametrize(
    ("ours", "theirs", "message", "fix"),
    [
        pytest.param(
            INDEX,
            "ALTER TABLE users DROP COLUMN email;",
            f"ours indexes users.email, which {Y} dropped before",
            f"take it out of {X}, or make again there what it needs",
            id="dropped",
        ),
        pytest.param(
            INDEX,
            "CREATE INDEX ix_email ON users (id);",
            f"ours creates ix_email, which {Y} created before",
            f"take it out of {X}, or give it another name",
            id="taken",
        ),
        pytest.param(
            "INSERT INTO users (id) VALUES (1);",
            "ALTER TABLE users RENAME TO people;",
            f"ours uses users, which {Y} renamed to people before",
            "mig rebase --rewrite",
            id="renamed table",
        ),
    ],
)
def test_what_happened_is_said_with_the_way_out(
    tmp_path: Path, ours: str, theirs: str, message: str, fix: str
) -> None:
    found = one(check(ordered(tmp_path / "repo", ours, theirs)), "MIG308")
    assert (found.message, found.fix) == (message, fix)


def test_published_ones_are_looked_at_when_everything_is(tmp_path: Path) -> None:
    repo = ordered(tmp_path / "repo", INDEX)
    repo.checkout("main")
    repo.merge("feature")
    project = open_project(repo.path)
    assert codes(check_project(project)) == []
    found = one(check_project(project, everything=True), "MIG308")
    assert found.migrations == (X, Y)
    assert found.fix == ""


def test_a_reason_in_the_file_makes_it_a_note(tmp_path: Path) -> None:
    repo = ordered(tmp_path / "repo", INDEX, header='-- mig:ignore MIG308 "a trigger makes it"')
    found = one(check(repo), "MIG308")
    assert found.severity is Severity.NOTE
    assert found.message.endswith("(ignored: a trigger makes it)")
    repo.mig("check")


def test_python_migrations_are_looked_at_too_but_for_what_may_not_run(tmp_path: Path) -> None:
    call = '    op.drop_column("users", "email")\n'
    head = f'id = "{X}"\nparents = ("{Y}",)\n\n\ndef up(op):\n'
    repo = ordered(tmp_path / "repo", INDEX)
    repo.git("rm", "-q", file_of(X))
    path = file_of(X, ".py")
    repo.commit("python", {path: head + call})
    assert one(check(repo), "MIG308").message.startswith("ours drops users.email")
    branch = f"    try:\n    {call}    except Exception:\n        pass\n"
    repo.commit("guarded", {path: head + branch})
    assert codes(check(repo)) == []


def test_what_a_merge_migration_of_ours_uses_is_looked_at(tmp_path: Path) -> None:
    repo = ordered(tmp_path / "repo", "CREATE TABLE t (i int);")
    repo.commit("side", {file_of(B): native(B, A, "CREATE TABLE s (i int);")})
    repo.commit("join", {file_of("4" * 12): native("4" * 12, (X, B), INDEX)})
    assert one(check(repo), "MIG308").migrations == ("4" * 12, Y)
