"""Reverting what takes rows along: it is counted, said and asked."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from mig.runner import Options
from mig.runner.losses import MOST, Takes, Threat, count_losses
from mig.usecases.advice import ProjectAdvisor
from mig.usecases.project import open_project
from tests.database.test_runner_commands import SETTINGS
from tests.database.test_runner_runs import Target, database
from tests.functional.terminals import run_at_terminal
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C, D, shop

if TYPE_CHECKING:
    from pathlib import Path

    from mig.runner.losses import Loss

__all__ = ["database"]

FILLED = "INSERT INTO orders VALUES (1, 'a'), (2, NULL), (3, 'c');"
PYTHON = f'''"""Notes."""
id = "{D}"
parents = ("{C}",)


def up(op):
    op.execute("CREATE TABLE notes (id integer)")
    op.execute("INSERT INTO notes VALUES (1), (2)")


def down(op):
    op.drop_table("notes")
'''


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    sandbox = GitSandbox(tmp_path / "repository")
    sandbox.commit("shop", shop() | {"mig.toml": SETTINGS})
    sandbox.mig("up")
    return sandbox


def losses(target: Target, tmp_path: Path, files: dict[str, str], down: str = "base") -> tuple[Loss, ...]:
    """What would be lost if these files were applied and then reverted."""
    target.runner(files).up()
    advisor = ProjectAdvisor(project=open_project(tmp_path))
    return target.runner(files, Options(advisor=advisor)).plan(down, "down").losses


def said(found: tuple[Loss, ...]) -> list[tuple[str, str]]:
    return [(loss.threat.id, loss.message) for loss in found]


def test_rows_and_values_are_counted(database: Target, tmp_path: Path) -> None:
    files = shop() | {
        "migrations/4.sql": native(
            D, C, f"ALTER TABLE orders ADD COLUMN x integer;\n{FILLED.replace(')', ', 5)')}", "SELECT 1;"
        ),
        "migrations/5.sql": native("e" * 12, D, "SELECT 1;", "ALTER TABLE orders DROP COLUMN note;"),
        "migrations/6.sql": native("f" * 12, "e" * 12, "SELECT 1;", "DELETE FROM orders;"),
    }
    found = losses(database, tmp_path, files, "-2")
    assert said(found) == [
        ("f" * 12, "deletes all rows of orders, which holds 3 rows"),
        ("e" * 12, "drops column orders.note, which holds 2 values"),
    ]
    assert said(losses(database, tmp_path, files)) == [
        (C, "drops table orders, which holds 3 rows"),
        (A, "drops table users, which holds 1 row"),
    ]


def test_names_are_followed_to_what_they_are_called_now(database: Target, tmp_path: Path) -> None:
    quote = "`" if database.url.startswith(("mariadb", "mysql")) else '"'
    odd, text = f"{quote}odd orders{quote}", f"{quote}some text{quote}"
    up = f"ALTER TABLE orders RENAME TO {odd};\nALTER TABLE {odd} RENAME COLUMN note TO {text};"
    down = f"ALTER TABLE {odd} RENAME COLUMN {text} TO note;\nALTER TABLE {odd} RENAME TO orders;"
    files = shop() | {"migrations/4.sql": native(D, C, f"{FILLED}\n{up}", down)}
    ((id, message),) = said(losses(database, tmp_path, files, B))
    assert id == C
    assert message == 'drops table "odd orders", which holds 3 rows'


def test_what_is_empty_is_no_loss(database: Target, tmp_path: Path) -> None:
    assert said(losses(database, tmp_path, shop(), "-2")) == []


def test_a_python_down_is_read_too(database: Target, tmp_path: Path) -> None:
    found = losses(database, tmp_path, shop() | {"migrations/4.py": PYTHON}, "-1")
    assert said(found) == [(D, "drops table notes, which holds 2 rows")]


def test_what_cannot_be_read_or_counted_is_said(database: Target, tmp_path: Path) -> None:
    files = shop() | {"migrations/4.sql": native(D, C, "SELECT 1;", "FROBNICATE orders;\nDROP TABLE none;")}
    unread, uncounted = said(losses(database, tmp_path, files, "-1"))
    assert unread[1].startswith("what it takes away is not known: ")
    assert "FROBNICATE orders" in unread[1]
    assert "nobody knows how much" in uncounted[1]


def test_no_more_than_a_million_rows_are_counted() -> None:
    threat = Threat(id=A, takes=Takes.TABLE, table="users")
    (many,) = count_losses([threat], lambda _: [(MOST + 1, MOST + 1)], '"')
    assert many.message == "drops table users, which holds more than 1,000,000 rows"
    column = Threat(id=A, takes=Takes.COLUMN, table="users", column="email")
    (some,) = count_losses([column], lambda _: [(7, MOST + 1)], '"')
    assert some.message == "drops column users.email, which holds at least 7 values"


def test_without_a_terminal_it_is_refused_and_nothing_is_touched(repo: GitSandbox) -> None:
    refused = repo.mig("down", "base", expect=3).stderr
    assert f"  {A}  drops table users, which holds 1 row\n" in refused
    assert refused.splitlines()[-1].endswith("--allow-data-loss")
    assert "3 applied" in repo.mig("status").stdout
    planned = json.loads(repo.mig("down", "base", "--dry-run", "--format", "json").stdout)
    assert [(loss["table"], loss["rows"], loss["more"]) for loss in planned["losses"]] == [
        ("users", 1, False)
    ]
    assert "drops table users" in repo.mig("down", "base", "--dry-run").stdout
    assert "nothing is applied" in repo.mig("down", "base", "--allow-data-loss").stdout


@pytest.mark.parametrize(("answer", "status"), [("n", 3), ("y", 0)])
def test_at_a_terminal_a_person_decides(repo: GitSandbox, answer: str, status: int) -> None:
    command = [sys.executable, "-P", "-m", "mig", "redo", A]
    ended, shown = run_at_terminal(command, repo.path, [answer], "y/n? ", {"CI": ""})
    assert "drops table users, which holds 1 row" in shown
    assert ended == status


def test_a_table_that_a_copy_takes_the_place_of_is_said(tmp_path: Path) -> None:
    target = Target(f"sqlite:///{tmp_path / 'shop.db'}")
    rebuild = (
        "CREATE TABLE copy (id integer);\nINSERT INTO copy SELECT id FROM orders;\n"
        "DROP TABLE orders;\nALTER TABLE copy RENAME TO orders;"
    )
    files = shop() | {"migrations/4.sql": native(D, C, FILLED, rebuild)}
    found = losses(target, tmp_path, files, "-1")
    assert said(found) == [(D, "puts another table in the place of orders, which holds 3 rows")]
