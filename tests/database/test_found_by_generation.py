"""Pairs that generated scripts have shown to be called commuting though they do not, or had come close to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.database.proving import MARKS, Prover
from tests.database.replaying import open_replay

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = {
    "sqlite": """
CREATE TABLE orgs (id INTEGER PRIMARY KEY, name TEXT, code TEXT);
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, note TEXT, org_id INTEGER REFERENCES orgs (id));
CREATE TABLE tags (name TEXT, code INTEGER);
CREATE VIEW all_tags AS SELECT * FROM tags;
CREATE VIEW nested AS SELECT name FROM all_tags;
CREATE VIEW totals AS SELECT org_id, count(*) AS n FROM users GROUP BY org_id;
CREATE TRIGGER tags_clean AFTER DELETE ON tags BEGIN DELETE FROM orgs WHERE name = OLD.name; END;
CREATE TRIGGER users_log AFTER UPDATE OF note ON users BEGIN INSERT INTO tags (name) VALUES (NEW.name); END;
INSERT INTO orgs VALUES (1, 'red', 'a'), (2, 'beta', NULL);
INSERT INTO users VALUES (1, 'ann', 'x', 1), (2, 'bob', 'y', 2);
INSERT INTO tags VALUES ('red', 1), ('blue', 2);
""",
    "postgresql": """
CREATE SEQUENCE tickets;
CREATE TYPE mood AS ENUM ('sad', 'ok', '7');
CREATE TABLE orgs (id integer PRIMARY KEY, name text, code text);
CREATE TABLE users (id integer PRIMARY KEY, name text, note text, org_id integer REFERENCES orgs (id));
CREATE TABLE tags (name text, code integer);
CREATE FUNCTION clean() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN DELETE FROM orgs WHERE name = OLD.name; RETURN NULL; END $$;
CREATE TRIGGER tags_clean AFTER DELETE ON tags FOR EACH ROW EXECUTE FUNCTION clean();
INSERT INTO orgs VALUES (3, 'red', 'a'), (4, 'beta', NULL);
INSERT INTO users VALUES (1, 'ann', 'x', 4), (2, 'bob', 'y', 4);
INSERT INTO tags VALUES ('red', 1), ('blue', 2);
""",
}
MISSING_COLUMN = (
    "CREATE TRIGGER noted AFTER INSERT ON users BEGIN DELETE FROM orgs WHERE note = NEW.name; END"
)
PAIRS = {
    "a trigger that is there already, on a table that is dropped": (
        "sqlite",
        "CREATE TRIGGER IF NOT EXISTS users_log AFTER INSERT ON orgs BEGIN DELETE FROM tags; END",
        "DROP TABLE orgs",
        "conflict",
    ),
    "a copy of a view over a table that is dropped": (
        "sqlite",
        "CREATE TABLE copied AS SELECT * FROM all_tags",
        "DROP TABLE tags",
        "conflict",
    ),
    "a view over a view over a table that is dropped": (
        "sqlite",
        "CREATE VIEW third AS SELECT name FROM nested",
        "DROP TABLE tags",
        "conflict",
    ),
    "a trigger on a view over a table that is dropped": (
        "sqlite",
        "CREATE TRIGGER noted INSTEAD OF INSERT ON nested BEGIN INSERT INTO orgs (id) VALUES (NEW.name); END",
        "DROP TABLE tags",
        "conflict",
    ),
    "a trigger that names a column that its view has not got, and any rename": (
        "sqlite",
        "CREATE TRIGGER noted INSTEAD OF INSERT ON totals BEGIN INSERT INTO orgs (id) VALUES (NEW.name); END",
        "ALTER TABLE tags RENAME COLUMN code TO number",
        "conflict",
    ),
    "a trigger that names what only the table that it is on has, and any rename": (
        "sqlite",
        MISSING_COLUMN,
        "ALTER TABLE tags RENAME COLUMN code TO number",
        "conflict",
    ),
    "a trigger that names the columns of its view, and any rename": (
        "sqlite",
        "CREATE TRIGGER noted INSTEAD OF INSERT ON totals BEGIN INSERT INTO orgs (id) VALUES (NEW.n); END",
        "ALTER TABLE orgs RENAME COLUMN code TO number",
        "commute",
    ),
    "a new trigger that fires one that the other side breaks": (
        "sqlite",
        "CREATE TRIGGER noted AFTER INSERT ON users BEGIN DELETE FROM tags WHERE name = NEW.name; END",
        "DROP TABLE orgs",
        "conflict",
    ),
    "a copy of a view of which a column is renamed below": (
        "sqlite",
        "CREATE TABLE copied AS SELECT * FROM totals",
        "ALTER TABLE users RENAME COLUMN org_id TO org",
        "conflict",
    ),
    "a delete that fires a trigger that looks at the row, in SQLite": (
        "sqlite",
        "DELETE FROM tags",
        "UPDATE tags SET name = 'other'",
        "conflict",
    ),
    "a delete that fires a trigger that looks at the row": (
        "postgresql",
        "DELETE FROM tags",
        "UPDATE tags SET name = 'other'",
        "conflict",
    ),
    "a delete that fires a trigger that looks at another column of the row": (
        "postgresql",
        "DELETE FROM tags",
        "UPDATE tags SET code = 9",
        "commute",
    ),
    "two columns that draw from one sequence": (
        "postgresql",
        "ALTER TABLE users ADD COLUMN a integer DEFAULT nextval('tickets')",
        "ALTER TABLE users ADD COLUMN b integer DEFAULT nextval('tickets')",
        "conflict",
    ),
    "a column that draws from a sequence of which the steps change": (
        "postgresql",
        "ALTER TABLE users ADD COLUMN a integer DEFAULT nextval('tickets')",
        "ALTER SEQUENCE tickets INCREMENT BY 4",
        "conflict",
    ),
    "a table that inherits a check that is not validated": (
        "postgresql",
        "CREATE TABLE others (x text) INHERITS (tags)",
        "ALTER TABLE tags ADD CONSTRAINT k CHECK (code > 0) NOT VALID",
        "conflict",
    ),
    "a check that is not validated and an update of a row that breaks it": (
        "postgresql",
        "ALTER TABLE tags ADD CONSTRAINT k CHECK (code > 1) NOT VALID",
        "UPDATE tags SET name = 'x'",
        "conflict",
    ),
    "a check that is not validated and a row that breaks it": (
        "postgresql",
        "ALTER TABLE tags ADD CONSTRAINT k CHECK (code > 1) NOT VALID",
        "INSERT INTO tags (code) VALUES (0)",
        "conflict",
    ),
    "a key that is not validated and a row that breaks it": (
        "postgresql",
        "ALTER TABLE tags ADD CONSTRAINT k FOREIGN KEY (code) REFERENCES orgs (id) NOT VALID",
        "INSERT INTO tags (code) VALUES (9)",
        "conflict",
    ),
    "a key that is not validated and another column": (
        "postgresql",
        "ALTER TABLE tags ADD CONSTRAINT k FOREIGN KEY (code) REFERENCES orgs (id) NOT VALID",
        "UPDATE tags SET name = 'x'",
        "commute",
    ),
    "a table that inherits a check": (
        "postgresql",
        "CREATE TABLE others (x text) INHERITS (tags)",
        "ALTER TABLE tags ADD CONSTRAINT k CHECK (code > 0)",
        "commute",
    ),
    "labels after and before one": (
        "postgresql",
        "ALTER TYPE mood ADD VALUE 'mad' AFTER 'ok'",
        "ALTER TYPE mood ADD VALUE 'glad' BEFORE 'ok'",
        "commute",
    ),
    "labels that go into one gap": (
        "postgresql",
        "ALTER TYPE mood ADD VALUE 'mad' AFTER 'sad'",
        "ALTER TYPE mood ADD VALUE 'glad' BEFORE 'ok'",
        "commute",
    ),
    "two labels in the last place, of which one says before": (
        "postgresql",
        "ALTER TYPE mood ADD VALUE 'mad before noon'",
        "ALTER TYPE mood ADD VALUE 'glad'",
        "conflict",
    ),
    "a rename of rows that another side leaves without their parents": (
        "sqlite",
        "ALTER TABLE users RENAME TO people",
        "DELETE FROM orgs",
        "commute",
    ),
}


@pytest.fixture(scope="module")
def prover(request: pytest.FixtureRequest) -> Iterator[Prover]:
    url = "" if request.param == "sqlite" else request.getfixturevalue(f"{request.param}_url")
    with open_replay(request.param, url) as opened:
        yield Prover(database=request.param, replay=opened)


@pytest.mark.parametrize(
    ("prover", "a", "b", "verdict"),
    [
        pytest.param(database, a, b, verdict, marks=MARKS[database], id=name)
        for name, (database, a, b, verdict) in PAIRS.items()
    ],
    indirect=["prover"],
)
def test_the_rules_and_the_database_say_the_same(prover: Prover, a: str, b: str, verdict: str) -> None:
    assert prover.prove(a, b, BASE[prover.database]) == (verdict, verdict)
