"""Scripts between two PRAGMA foreign_keys, in both orders, however sessions and transactions are."""

from __future__ import annotations

import itertools
import sqlite3

import pytest

from mig import compare
from mig.findings import Verdict

BASE = """
CREATE TABLE parents (id INTEGER PRIMARY KEY);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents ON DELETE CASCADE);
CREATE TABLE other (id INTEGER PRIMARY KEY);
INSERT INTO parents VALUES (1), (2);
INSERT INTO children VALUES (1, 1), (2, 2);
"""
BODIES = (
    "INSERT INTO children VALUES (7, 70)",
    "UPDATE children SET parent = 80 WHERE id = 2",
    "DELETE FROM parents WHERE id = 1",
    "ALTER TABLE other ADD COLUMN x",
    "CREATE TABLE copied (id INTEGER); INSERT INTO copied SELECT id FROM children",
    "CREATE TABLE added (id INTEGER REFERENCES parents)",
)
SESSIONS = tuple(itertools.product(("ON", "OFF"), ("none", "each", "all", "legacy")))


def wrapped(body: str) -> str:
    return f"PRAGMA foreign_keys=OFF; {body}; PRAGMA foreign_keys=ON"


def run(scripts: tuple[str, ...], keys: str, transactions: str) -> tuple[list[str], str]:
    """What is in the database afterwards, and what the session is left with; or what failed."""
    with sqlite3.connect(
        ":memory:", isolation_level="DEFERRED" if transactions == "legacy" else None
    ) as database:
        database.executescript(BASE)
        database.execute(f"PRAGMA foreign_keys={keys}")
        try:
            if transactions == "all":
                database.execute("BEGIN")
            for script in scripts:
                if transactions == "each":
                    database.execute("BEGIN")
                for statement in script.split(";"):
                    database.execute(statement)
                if transactions == "each":
                    database.execute("COMMIT")
            database.commit()
        except sqlite3.Error as error:
            return [str(error)], ""
        lines = [line for line in database.iterdump() if not line.startswith(("BEGIN", "COMMIT"))]
        return sorted(lines), str(database.execute("PRAGMA foreign_keys").fetchone())


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(BODIES, 2)))
def test_what_commutes_does_so_in_every_kind_of_session(one: str, other: str) -> None:
    scripts = (wrapped(one), wrapped(other))
    said = compare(*scripts, dialect="sqlite", base=BASE).verdict
    same = all(run(scripts, *session) == run(scripts[::-1], *session) for session in SESSIONS)
    assert said is not Verdict.COMMUTE or same


def test_keys_that_are_off_while_each_of_two_runs_do_not_part_them() -> None:
    scripts = (wrapped(BODIES[0]), wrapped(BODIES[3]))
    assert compare(*scripts, dialect="sqlite", base=BASE).verdict is Verdict.COMMUTE


def test_what_a_cascade_would_delete_counts_as_the_transaction_may_pass_the_pragma_over() -> None:
    scripts = (wrapped(BODIES[2]), wrapped(BODIES[4]))
    assert run(scripts, "ON", "all") != run(scripts[::-1], "ON", "all")
    assert compare(*scripts, dialect="sqlite", base=BASE).verdict is Verdict.CONFLICT
