"""``mig sync`` and its offer after a checkout."""

from __future__ import annotations

import sqlite3
import sys
from typing import TYPE_CHECKING

import pytest

from tests.database.test_runner_commands import SETTINGS
from tests.database.test_runner_runs import Target, brief, database
from tests.functional.hooked import git
from tests.functional.terminals import run_at_terminal
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C, D, shop

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["database"]

PHONES = native(D, A, "CREATE TABLE phones (id integer);", "DROP TABLE phones;", description="phones")


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    """Main has A, B and C, the branch phones A and D; the database is at main, and that is checked out."""
    sandbox = GitSandbox(tmp_path / "repository")
    files = shop() | {"mig.toml": SETTINGS}
    rest = {path: files.pop(path) for path in ("migrations/2_email.sql", "migrations/3_orders.sql")}
    sandbox.commit("start", files)
    sandbox.branch("phones")
    sandbox.commit("phones", {"migrations/4_phones.sql": PHONES})
    sandbox.checkout("main")
    sandbox.commit("more", rest)
    sandbox.mig("up")
    return sandbox


def applied(repo: GitSandbox) -> list[str]:
    connection = sqlite3.connect(repo.path / "dev.db")
    try:
        return [row[0] for row in connection.execute("SELECT id FROM mig_history ORDER BY seq")]
    finally:
        connection.close()


def test_what_is_not_on_the_branch_goes_and_what_is_comes(database: Target) -> None:
    files = shop()
    database.runner(files).up()
    other = {"migrations/1_users.sql": files["migrations/1_users.sql"], "migrations/4_phones.sql": PHONES}
    runner = database.runner(other)
    assert [(step.id, step.direction.value) for step in runner.sync().steps] == [
        (C, "down"),
        (B, "down"),
        (D, "up"),
    ]
    assert brief(runner.status())[0] == [A, D]
    assert database.tables() == ["phones", "users"]
    assert runner.sync().steps == ()


def test_what_the_branch_has_otherwise_is_reverted_and_applied_anew(database: Target) -> None:
    files = shop()
    database.runner(files).up()
    edited = native(C, B, "CREATE TABLE orders (id integer, price integer);", "DROP TABLE orders;")
    runner = database.runner(files | {"migrations/3_orders.sql": edited})
    assert [step.id for step in runner.sync().steps] == [C, C]
    database.query("INSERT INTO orders (id, price) VALUES (1, 2)")
    assert runner.status().changed == ()


def test_it_needs_a_yes_where_something_is_reverted(repo: GitSandbox) -> None:
    repo.checkout("phones")
    refused = repo.mig("sync", expect=3).stderr
    assert f"  reverts {C}\n  reverts {B}\n  applies {D}  phones\n" in refused
    assert "--yes" in refused.splitlines()[-1]
    assert "DROP TABLE orders;" in repo.mig("sync", "--dry-run").stdout
    assert applied(repo) == [A, B, C]
    assert "2 reverted, 1 applied" in repo.mig("sync", "--yes").stdout
    assert applied(repo) == [A, D]
    assert "nothing to do" in repo.mig("sync").stdout


def test_it_needs_no_yes_where_nothing_is_reverted(repo: GitSandbox) -> None:
    repo.mig("down")
    assert "1 applied" in repo.mig("sync").stdout
    assert "2 reverted" in repo.mig("sync", "--at", "phones~1", "--yes").stdout


def test_rows_are_lost_only_if_that_is_said(repo: GitSandbox) -> None:
    connection = sqlite3.connect(repo.path / "dev.db", isolation_level=None)
    connection.execute("INSERT INTO orders VALUES (1, 'a')")
    connection.close()
    repo.checkout("phones")
    assert "drops table orders, which holds 1 row" in repo.mig("sync", "--yes", expect=3).stderr
    assert "2 reverted" in repo.mig("sync", "--yes", "--allow-data-loss").stdout


@pytest.mark.parametrize("options", [(), ("--url", "sqlite:///dev.db"), ("--database", "production")])
def test_a_protected_database_is_refused(repo: GitSandbox, options: tuple[str, ...]) -> None:
    text = SETTINGS + 'protected = true\n[databases.production]\nurl = "sqlite:///dev.db"\nprotected = true\n'
    repo.write("mig.toml", text)
    assert "mig.toml protects this database" in repo.mig("sync", *options, expect=3).stderr
    assert "1 applied" in repo.mig("sync", "--at", "phones~1", "--url", "sqlite:///other.db").stdout


def at_checkout(repo: GitSandbox, answer: str, env: dict[str, str] | None = None) -> str:
    repo.mig("hooks", "install")
    command = ["git", "checkout", "--quiet", "phones"]
    status, shown = run_at_terminal(command, repo.path, [answer], "s/n? ", {"CI": "", **(env or {})})
    assert status == 0, shown
    return shown


def test_a_checkout_offers_it_and_does_it(repo: GitSandbox) -> None:
    shown = at_checkout(repo, "s")
    assert f"mig:   reverts {C}" in shown
    assert "2 reverted, 1 applied" in shown
    assert applied(repo) == [A, D]


def test_a_checkout_does_nothing_when_nobody_wants_it(repo: GitSandbox) -> None:
    assert "mig sync" in at_checkout(repo, "n")
    assert applied(repo) == [A, B, C]


@pytest.mark.parametrize(
    ("key", "env"),
    [
        pytest.param("sync = false\n", {}, id="switched-off"),
        pytest.param("protected = true\n", {}, id="protected"),
        pytest.param("", {"CI": "1"}, id="ci"),
    ],
)
def test_a_checkout_offers_nothing_where_it_is_not_wanted(
    repo: GitSandbox, key: str, env: dict[str, str]
) -> None:
    repo.write("mig.toml", SETTINGS + key)
    assert "mig sync" not in at_checkout(repo, "s", env)
    assert applied(repo) == [A, B, C]


def test_a_checkout_without_a_terminal_or_a_database_stays_as_it_was(repo: GitSandbox) -> None:
    repo.mig("hooks", "install")
    assert "mig sync" not in git(repo, "checkout", "phones")
    git(repo, "checkout", "main")
    (repo.path / "dev.db").unlink()
    assert "mig sync" not in at_checkout(repo, "s")
    assert not (repo.path / "dev.db").exists()


def test_at_a_terminal_a_person_decides(repo: GitSandbox) -> None:
    repo.checkout("phones")
    command = [sys.executable, "-P", "-m", "mig", "sync"]
    status, shown = run_at_terminal(command, repo.path, ["y"], "y/n? ", {"CI": ""})
    assert status == 0
    assert "2 reverted, 1 applied" in shown
