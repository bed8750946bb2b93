"""What is certain of a history: what a later migration asks of it in vain, and when nothing is said."""

from __future__ import annotations

import sqlite3

import pytest

from mig.conflicts.ledger import Ledger, find_misses
from mig.effects.footprint import Footprint
from tests.matrix.corpus import read_corpus
from tests.unit.conflicts.migrations import read

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text);"
RENAME = "ALTER TABLE users RENAME COLUMN email TO mail;"
INDEX = "CREATE INDEX ix ON users (email);"


def misses(*migrations: str, dialect: str = "postgresql", unordered: str = "") -> list[str]:
    """What the last of some migrations misses; ``unordered`` names two that the DAG does not order."""
    history = [(str(n), read(text, dialect)) for n, text in enumerate(migrations)]
    last = history[-1][0]
    found = find_misses(history, {last}, dialect, lambda a, b: a < b and a + b != unordered)
    return [f"{'taken' if m.is_taken else m.event.target or 'dropped'} {m.effect.resource}" for _, m in found]


@pytest.mark.parametrize(
    ("migrations", "found"),
    [
        pytest.param((RENAME, INDEX), ["column:users.mail column:users.email"], id="renamed column"),
        pytest.param(("DROP TABLE users;", INDEX), ["dropped relation:users"], id="dropped table"),
        pytest.param(
            ("ALTER TABLE users RENAME TO people;", INDEX),
            ["relation:people relation:users"],
            id="renamed table",
        ),
        pytest.param(
            (RENAME, "ALTER TABLE users RENAME mail TO address;", INDEX),
            ["column:users.address column:users.email"],
            id="a chain leads to the last name",
        ),
        pytest.param(
            (RENAME, "ALTER TABLE users RENAME TO people;", "UPDATE people SET email = '';"),
            ["column:people.mail column:people.email"],
            id="column of a table that was renamed later",
        ),
        pytest.param((INDEX, INDEX), ["taken relation:ix"], id="index twice"),
        pytest.param(
            ("ALTER TABLE users ADD COLUMN fax text;", "ALTER TABLE users ADD COLUMN fax text;"),
            ["taken column:users.fax"],
            id="column twice",
        ),
        pytest.param((INDEX, "DROP INDEX ix;", "DROP INDEX ix;"), ["dropped relation:ix"], id="drop twice"),
        pytest.param(
            (INDEX, "ALTER TABLE users DROP COLUMN email;", "DROP INDEX ix;"),
            ["dropped relation:ix"],
            id="an index goes with its column",
        ),
        pytest.param(
            ("DROP TABLE IF EXISTS users;", "ALTER TABLE users ADD x int;"),
            ["dropped relation:users"],
            id="if exists leaves nothing behind",
        ),
    ],
)
def test_what_an_ancestor_took_away_or_made_is_missed(migrations: tuple[str, ...], found: list[str]) -> None:
    assert misses(USERS, *migrations) == found


@pytest.mark.parametrize(
    "migrations",
    [
        pytest.param((RENAME, "ALTER TABLE users ADD COLUMN email text;", INDEX), id="made again"),
        pytest.param(
            (
                "ALTER TABLE users RENAME TO people;",
                "CREATE VIEW users AS SELECT * FROM people;",
                "INSERT INTO users (email) VALUES ('a');",
            ),
            id="a view took the place",
        ),
        pytest.param((RENAME, "CALL mend();", INDEX), id="unread in between"),
        pytest.param(("DO $$ BEGIN DROP TABLE users; END $$;", INDEX), id="in a block"),
        pytest.param((INDEX, "DROP INDEX IF EXISTS ix;", "DROP INDEX IF EXISTS ix;"), id="if exists"),
        pytest.param((INDEX, "CREATE INDEX IF NOT EXISTS ix ON users (email);"), id="if not exists"),
        pytest.param(("DROP TABLE users;", USERS, INDEX), id="the table made again"),
        pytest.param((INDEX, "DROP TABLE users;", USERS, INDEX), id="the index went with its table"),
        pytest.param(("SET search_path TO app;\nDROP TABLE users;", INDEX), id="elsewhere"),
        pytest.param((RENAME, "SET search_path TO app;\n" + INDEX), id="ours elsewhere"),
        pytest.param(
            ("CREATE TEMP TABLE t (i int);\nDROP TABLE t;", "CREATE TEMP TABLE t (i int);"), id="temporary"
        ),
        pytest.param(("ALTER TABLE other DROP COLUMN email;", INDEX), id="another table"),
        pytest.param(("DROP INDEX nobody_knows;", INDEX), id="unknown to the history"),
        pytest.param(
            (
                "CREATE TABLE u (id int, email text);\nDROP TABLE users;\nALTER TABLE u RENAME TO users;",
                INDEX,
            ),
            id="rebuilt",
        ),
        pytest.param(
            (RENAME, "CREATE FUNCTION f() RETURNS text AS $$ SELECT email FROM users $$ LANGUAGE sql;"),
            id="the body of a function",
        ),
    ],
)
def test_nothing_is_said_where_it_is_not_certain(migrations: tuple[str, ...]) -> None:
    assert misses(USERS, *migrations) == []


def test_of_two_ancestors_in_no_order_nothing_is_certain() -> None:
    drop = "ALTER TABLE users DROP COLUMN email;"
    add = "ALTER TABLE users ADD COLUMN email text;"
    assert misses(USERS, drop, add, add) == ["taken column:users.email"]
    assert misses(USERS, drop, add, add, unordered="12") == []
    assert misses(USERS, drop, INDEX) == ["dropped column:users.email"]
    assert misses(USERS, drop, INDEX, unordered="12") == []


def test_a_migration_that_misses_something_in_sqlite_fails_there() -> None:
    """Pairs of the matrix one after the other: whoever is said to fail does, or makes what cannot work."""
    corpus = read_corpus("sqlite")
    read_all = {
        name: Footprint(operations=tuple(o for text in texts for o in read(text, "sqlite").operations))
        for name, texts in {**corpus.operations, "": (*corpus.base, *corpus.rows)}.items()
    }
    memory = _run(corpus.base + corpus.rows)
    assert memory is not None
    image = memory.serialize()
    names = sorted(corpus.operations)
    said = 0
    for first in (name for name in names if name.startswith(("rename", "drop_column_users", "drop_table"))):
        ledger = Ledger("sqlite", lambda *_: True)
        assert ledger.enter("base", read_all[""]) == ()
        if _run(corpus.operations[first], image) is None:
            continue
        for second in names[::25]:
            ledger = Ledger("sqlite", lambda *_: True)
            ledger.enter("base", read_all[""])
            ledger.enter("first", read_all[first])
            found = ledger.enter("second", read_all[second])
            late = {miss.effect.aspect for miss in found} & {"view", "trigger", "foreign-key"}
            if found and not late:
                said += 1
                assert _run(corpus.operations[first] + corpus.operations[second], image) is None, found
    assert said > 3


def _run(statements: tuple[str, ...], image: bytes = b"") -> sqlite3.Connection | None:
    """A database after these statements; None where one fails."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    if image:
        made.deserialize(image)
    try:
        for statement in statements:
            made.execute(statement)
    except sqlite3.Error:
        return None
    return made


def test_a_statement_may_put_a_key_in_the_place_of_the_one_that_it_drops() -> None:
    swap = "ALTER TABLE users DROP CONSTRAINT users_pkey, ADD CONSTRAINT users_pkey PRIMARY KEY (id, email);"
    assert misses(USERS, swap) == []
    assert misses(USERS, "ALTER TABLE users DROP CONSTRAINT users_pkey;", swap) == [
        "dropped constraint:users.users_pkey"
    ]


SWAP = """
CREATE TYPE mood_new AS ENUM ('ok', 'glad');
ALTER TABLE people ALTER COLUMN feeling TYPE mood_new USING (feeling::text::mood_new);
ALTER TYPE mood RENAME TO mood_old;
ALTER TYPE mood_new RENAME TO mood;
DROP TYPE mood_old;
"""


def test_a_column_stays_when_the_type_that_it_had_goes() -> None:
    start = "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE people (id int, feeling mood);"
    assert misses(start, SWAP, "CREATE VIEW v AS SELECT p.feeling FROM people p;") == []
    assert misses(
        start, SWAP, "DROP TYPE mood CASCADE;", "CREATE VIEW v AS SELECT p.feeling FROM people p;"
    ) == ["dropped column:people.feeling"]
