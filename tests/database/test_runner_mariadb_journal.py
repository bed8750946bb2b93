"""Every path of an interrupted MariaDB migration: killed before, during and after each statement.

Nothing of mig is changed for it: a session of the test holds what the migration needs next, so that the
process stands still in a known moment when it is killed.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pymysql
import pytest

from tests.database.test_runner_mariadb import database, end_sessions
from tests.database.test_runner_processes import start
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from tests.database.test_runner_runs import Target

__all__ = ["database"]
pytestmark = [pytest.mark.mariadb, pytest.mark.slow]

# Each statement of the second migration waits for the table of the first that it names.
FILES = {
    "mig.toml": 'source = "native"\npath = "migrations"\n[databases.default]\n'
    'url = "env:DATABASE_URL"\nlock_timeout = "60s"\n',
    "migrations/1.sql": native(
        A,
        (),
        "CREATE TABLE g1 (id integer);\nCREATE TABLE g2 (id integer);\nCREATE TABLE g3 (id integer);\n"
        "INSERT INTO g2 VALUES (1);",
        "DROP TABLE g3;\nDROP TABLE g2;\nDROP TABLE g1;",
    ),
    "migrations/2.sql": native(
        B,
        A,
        "ALTER TABLE g1 ADD COLUMN c integer;\nUPDATE g2 SET id = id + 1;\nCREATE INDEX ix ON g3 (id);",
        "DROP INDEX ix ON g3;\nUPDATE g2 SET id = id - 1;\nALTER TABLE g1 DROP COLUMN c;",
    ),
}
GATES = {"up": ("g1", "g2", "g3"), "down": ("g3", "g2", "g1")}
ROW = f"SELECT * FROM mig_history WHERE lineage = 'default' AND id = '{B}' FOR UPDATE"


@pytest.fixture
def sandbox(tmp_path: Path, database: Target, monkeypatch: pytest.MonkeyPatch) -> GitSandbox:
    monkeypatch.setenv("DATABASE_URL", database.url)
    repository = GitSandbox(tmp_path / "repository")
    repository.commit("start", FILES)
    repository.mig("up", "+1")
    return repository


@contextmanager
def holding(database: Target, sql: str) -> Iterator[pymysql.Connection[Any]]:
    """A session that has run this in a transaction, and keeps what that has locked."""
    place = urlsplit(database.url)
    connection = pymysql.connect(
        host=place.hostname,
        port=place.port or 3306,
        user=place.username,
        password=place.password or "",
        database=place.path[1:],
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        yield connection


def wait_until(database: Target, words: str) -> None:
    """Until a session of mig stands at a statement that begins so."""
    look = f"SELECT 1 FROM information_schema.processlist WHERE info LIKE '{words}%' AND time_ms > 50"
    deadline = time.monotonic() + 60
    while not database.query(look):
        assert time.monotonic() < deadline, words
        time.sleep(0.02)


def kill(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def gate_of(direction: str, index: int) -> tuple[str, str]:
    """What the statement waits for, and how it begins."""
    table = GATES[direction][index - 1]
    words = {
        "g1": "ALTER TABLE g1",
        "g2": "UPDATE g2",
        "g3": "CREATE INDEX" if direction == "up" else "DROP INDEX",
    }
    return f"SELECT * FROM {table}{' FOR UPDATE' if table == 'g2' else ''}", words[table]


def prepare(sandbox: GitSandbox, direction: str) -> tuple[str, ...]:
    """The command that is going to be killed."""
    if direction == "up":
        return ("up",)
    sandbox.mig("up")
    return ("down", "--allow-data-loss")


def assert_done(database: Target, sandbox: GitSandbox, direction: str) -> None:
    is_up = direction == "up"
    sandbox.mig(*(("up",) if is_up else ("down", A)))
    assert database.query("SELECT id FROM g2") == [(2,) if is_up else (1,)]
    assert len(database.query("SHOW COLUMNS FROM g1")) == 1 + is_up
    assert len(database.query("SHOW INDEX FROM g3")) == is_up
    assert database.query("SELECT id, state FROM mig_history ORDER BY seq")[1:] == (
        [(B, "applied")] if is_up else []
    )
    logged = database.query("SELECT count(*) FROM mig_history_log")
    assert logged == [(0,) if is_up else (1,)]


def settle(sandbox: GitSandbox) -> str:
    """What is said before it is settled."""
    shown = sandbox.mig("repair", expect=1).stdout
    sandbox.mig("repair", "--resume")
    return shown


BOTH = pytest.mark.parametrize("direction", ["up", "down"])
EACH = pytest.mark.parametrize("index", [1, 2, 3])


@BOTH
def test_killed_before_anything_is_written(database: Target, sandbox: GitSandbox, direction: str) -> None:
    command = prepare(sandbox, direction)
    with holding(database, ROW):
        process = start(sandbox, *command)
        wait_until(database, "INSERT INTO" if direction == "up" else "UPDATE `")
        kill(process)
        end_sessions(database, "mig_history")
    sandbox.mig("status")
    assert_done(database, sandbox, direction)


@BOTH
@EACH
def test_killed_in_a_statement_that_does_not_end(
    database: Target, sandbox: GitSandbox, direction: str, index: int
) -> None:
    gate, words = gate_of(direction, index)
    command = prepare(sandbox, direction)
    with holding(database, gate):
        process = start(sandbox, *command)
        wait_until(database, words)
        kill(process)
        end_sessions(database, words)
    shown = settle(sandbox)
    assert f"{index - 1} of 3 statements ran" in shown
    # Rows and journal are one transaction; of the others the database shows it.
    assert ("the database shows" in shown) == (index != 2)
    assert_done(database, sandbox, direction)


@BOTH
@EACH
def test_killed_in_a_statement_that_the_server_goes_on_with(
    database: Target, sandbox: GitSandbox, direction: str, index: int
) -> None:
    gate, words = gate_of(direction, index)
    command = prepare(sandbox, direction)
    with holding(database, gate):
        process = start(sandbox, *command)
        wait_until(database, words)
        kill(process)
    settled = sandbox.mig("repair", "--resume")  # waits for the lock, that is, for the statement
    if index != 2:
        assert f"note: statement {index}: " in settled.stderr
    assert_done(database, sandbox, direction)


@BOTH
@EACH
def test_killed_between_a_statement_and_its_line_in_the_journal(
    database: Target, sandbox: GitSandbox, direction: str, index: int
) -> None:
    gate, words = gate_of(direction, index)
    command = prepare(sandbox, direction)
    with holding(database, gate) as held:
        process = start(sandbox, *command)
        wait_until(database, words)
        with holding(database, ROW):
            held.rollback()
            wait_until(database, "UPDATE `")
            kill(process)
            end_sessions(database, "mig_history")
    shown = settle(sandbox)
    assert f"{index - 1} of 3 statements ran" in shown
    if index != 2:
        assert f"statement {index} may or may not have run" in shown
        assert f"goes on with statement {index + 1}" in shown
    assert_done(database, sandbox, direction)


@BOTH
@EACH
def test_the_connection_is_cut_in_a_statement(
    database: Target, sandbox: GitSandbox, direction: str, index: int
) -> None:
    gate, words = gate_of(direction, index)
    command = prepare(sandbox, direction)
    with holding(database, gate):
        process = start(sandbox, *command)
        wait_until(database, words)
        end_sessions(database, words)
        _, said = process.communicate()
    assert process.returncode == 4
    assert "the connection is gone" in said.splitlines()[-1]
    settle(sandbox)
    assert_done(database, sandbox, direction)
