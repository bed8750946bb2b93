"""``mig rebase --rewrite``: ours with the names that theirs gave, on real repositories and databases."""

from __future__ import annotations

import json
import sqlite3
import sys
from typing import TYPE_CHECKING

import pytest

from tests.functional.checks import A, B, X, Y, check, codes, file_of, one
from tests.functional.terminals import run_at_terminal
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text);"
RENAME = "ALTER TABLE users RENAME COLUMN email TO mail;"
INDEX = "CREATE INDEX ix_email ON users (email); -- the email"
DROP = "DROP INDEX ix_email;"
SETTINGS = 'source = "native"\npath = "migrations"\ndialect = "sqlite"\n'


def diverged(path: Path, ours: dict[str, str | bytes], theirs: str = RENAME) -> GitSandbox:
    """``feature``, checked out, has ours after the users, and ``main`` theirs."""
    repo = GitSandbox(path)
    repo.commit("start", {"mig.toml": SETTINGS, file_of(A): native(A, (), USERS)})
    repo.branch("feature")
    repo.commit("ours", ours)
    repo.checkout("main")
    repo.commit("theirs", {file_of(Y): native(Y, A, theirs)})
    repo.checkout("feature")
    return repo


def applied(repo: GitSandbox) -> sqlite3.Connection:
    """A database with all migrations, applied by mig after the merge with main."""
    repo.git("add", "-A")
    repo.git("commit", "-qm", "ours")
    repo.merge("main")
    repo.mig("up", "--url", "sqlite:///db.sqlite")
    return sqlite3.connect(repo.path / "db.sqlite")


def test_ours_gets_the_new_name_and_both_work_on_a_database(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo", {file_of(X): native(X, A, INDEX, DROP)})
    before = repo.read(file_of(X))
    done = repo.mig("rebase", "--rewrite")
    wanted = before.replace(f"mig:parents {A}", f"mig:parents {Y}").replace("(email)", "(mail)")
    assert repo.read(file_of(X)) == wanted
    assert "\n-CREATE INDEX ix_email ON users (email); -- the email\n" in done.stdout
    assert "\n+CREATE INDEX ix_email ON users (mail); -- the email\n" in done.stdout
    assert set(codes(check(repo))) <= {"MIG102"}
    again = repo.mig("rebase", "--rewrite")
    assert again.stdout.startswith("nothing to rebase")
    assert repo.read(file_of(X)) == wanted
    found = applied(repo).execute("SELECT sql FROM sqlite_master WHERE name = 'ix_email'").fetchall()
    assert found == [("CREATE INDEX ix_email ON users (mail)",)]
    repo.mig("down", "-1", "--url", "sqlite:///db.sqlite")


def test_files_that_versions_order_get_the_new_name_too(tmp_path: Path) -> None:
    folder = "db/migration"
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("start", {f"{folder}/V1__start.sql": "CREATE TABLE users (id int, email text);\n"})
    repo.branch("feature")
    repo.commit("ours", {f"{folder}/V2__index.sql": "-- the email\nCREATE INDEX ix ON users (email);\n"})
    repo.checkout("main")
    repo.commit("theirs", {f"{folder}/V2__mail.sql": "ALTER TABLE users RENAME COLUMN email TO mail;\n"})
    repo.checkout("feature")
    plain = repo.mig("rebase")
    assert "next  mig rebase --rewrite  puts the new names into ours" in plain.stdout
    repo.git("commit", "--quiet", "-m", "renumbered")
    assert one(check(repo), "MIG302").fix.startswith("git merge main")
    repo.git("merge", "--quiet", "--no-edit", "main")
    assert one(check(repo), "MIG308").fix == "mig rebase --rewrite"
    repo.mig("rebase", "--rewrite")
    assert repo.read(f"{folder}/V3__index.sql") == "-- the email\nCREATE INDEX ix ON users (mail);\n"
    assert check(repo).findings == ()


def test_after_a_plain_rebase_the_names_can_still_be_put_in(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo", {file_of(X): native(X, A, INDEX, DROP)})
    plain = repo.mig("rebase")
    assert f"note  {X} indexes users.email, which {Y} renamed to users.mail before\n" in plain.stdout
    assert "next  mig rebase --rewrite  puts the new names into ours" in plain.stdout
    ordered = repo.read(file_of(X))
    assert "MIG308" in codes(check(repo))
    done = repo.mig("rebase", "--rewrite")
    assert f"  {X}  1 name replaced  {file_of(X)}\n" in done.stdout
    assert repo.read(file_of(X)) == ordered.replace("(email)", "(mail)")
    assert "MIG308" not in codes(check(repo))


def test_a_dry_run_shows_a_diff_that_git_can_apply(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo", {file_of(X): native(X, A, INDEX, DROP)})
    value = json.loads(repo.mig("rebase", "--rewrite", "--dry-run", "--format", "json").stdout)
    [one] = value["rewritten"]
    assert one["replaced"] == [{"line": 5, "old": "email", "new": "mail"}]
    assert repo.git("status", "--porcelain") == ""
    repo.write("../rewrite.diff", value["diff"])
    repo.git("apply", "../rewrite.diff")
    assert "(mail)" in repo.read(file_of(X))


def test_a_chain_of_ours_follows_tables_and_columns_to_their_last_names(tmp_path: Path) -> None:
    theirs = f"{RENAME}\nALTER TABLE users RENAME TO people;\nALTER TABLE people RENAME mail TO address;"
    ours: dict[str, str | bytes] = {
        file_of(X): native(
            X, A, "ALTER TABLE users ADD COLUMN fax text;", "ALTER TABLE users DROP COLUMN fax;"
        ),
        file_of(B): native(
            B, X, "INSERT INTO users (id, email, fax) VALUES (1, 'email', 'users');", "SELECT 1;"
        ),
    }
    repo = diverged(tmp_path / "repo", ours, theirs)
    repo.mig("rebase", "--rewrite")
    assert "INSERT INTO people (id, address, fax) VALUES (1, 'email', 'users');" in repo.read(file_of(B))
    assert "ALTER TABLE people DROP COLUMN fax;" in repo.read(file_of(X))
    assert applied(repo).execute("SELECT address, fax FROM people").fetchall() == [("email", "users")]


def test_python_and_windows_line_ends_keep_every_other_byte(tmp_path: Path) -> None:
    path = file_of(X, ".py")
    text = (
        f'"""Index the email."""\r\nid = "{X}"\r\nparents = ("{A}",)\r\n\r\n\r\ndef up(op):\r\n'
        "    op.create_index('ix_email', \"users\", ['email'])  # email\r\n"
        "\r\n\r\ndef down(op):\r\n    op.drop_index('ix_email')\r\n"
    )
    repo = diverged(tmp_path / "repo", {path: text.encode()})
    repo.mig("rebase", "--rewrite")
    wanted = text.replace(f'("{A}",)', f'("{Y}",)').replace("['email']", "['mail']")
    assert (repo.path / path).read_bytes() == wanted.encode()
    applied(repo)


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        pytest.param(INDEX, "ALTER TABLE users DROP COLUMN email;", "dropped", id="dropped"),
        pytest.param(
            "CREATE VIEW v AS WITH x AS (SELECT email FROM users) SELECT x.email FROM x;",
            RENAME,
            "what email means here cannot be told",
            id="not certain",
        ),
    ],
)
def test_what_cannot_be_rewritten_is_named_with_its_line_and_nothing_is_written(
    tmp_path: Path, ours: str, theirs: str, said: str
) -> None:
    repo = diverged(tmp_path / "repo", {file_of(X): native(X, A, ours)}, theirs)
    refused = repo.mig("rebase", "--rewrite", expect=3)
    assert f"{file_of(X)}:5: " in refused.stderr
    assert said in refused.stderr
    assert repo.git("status", "--porcelain") == ""


@pytest.mark.parametrize(("answer", "is_written"), [("y", True), ("n", False)])
def test_at_a_terminal_the_diff_is_shown_and_a_person_asked(
    tmp_path: Path, answer: str, is_written: bool
) -> None:
    repo = diverged(tmp_path / "repo", {file_of(X): native(X, A, INDEX, DROP)})
    status, shown = run_at_terminal(
        [sys.executable, "-P", "-m", "mig", "rebase", "--rewrite"], repo.path, [answer], "y/n? "
    )
    assert status == 0
    assert "+CREATE INDEX ix_email ON users (mail)" in shown
    assert ("(mail)" in repo.read(file_of(X))) is is_written


def test_it_works_in_the_middle_of_a_merge(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo", {file_of(X): native(X, A, INDEX, DROP)})
    repo.git("merge", "--no-commit", "--no-ff", "main")
    repo.mig("rebase", "--rewrite", "--add")
    assert "(mail)" in repo.git("show", f":{file_of(X)}")
    repo.git("commit", "-qm", "merged")
    assert codes(check(repo)) == []
