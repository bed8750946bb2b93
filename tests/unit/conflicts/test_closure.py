"""What the database does without being told."""

from __future__ import annotations

import pytest

from mig.conflicts.closure import build_schema, close
from mig.conflicts.ledger import Ledger
from mig.effects.footprint import Footprint
from mig.findings import Verdict
from mig.sources.python_operations import read_file
from tests.unit.conflicts.migrations import compare_sql, read

_SQLITE = """
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT);
CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT);
CREATE TABLE plain (a INTEGER, b INTEGER);
CREATE VIEW names AS SELECT name FROM users;
CREATE TRIGGER users_log AFTER UPDATE OF email ON users BEGIN INSERT INTO log (what) VALUES (NEW.email); END;
"""
_POSTGRESQL = """
CREATE TABLE users (id serial PRIMARY KEY, email text, name text);
CREATE TABLE posts (
  id integer PRIMARY KEY, user_id integer REFERENCES users (id) ON DELETE CASCADE, body text
);
CREATE TABLE log (id integer PRIMARY KEY, what text);
CREATE INDEX ix_users_email ON users (email);
CREATE VIEW emails AS SELECT email FROM users;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO log (id, what) VALUES (NEW.id, NEW.body); RETURN NEW; END $$;
CREATE TRIGGER posts_note AFTER INSERT ON posts FOR EACH ROW EXECUTE FUNCTION note();
CREATE TABLE animals (id integer, name text);
CREATE TABLE dogs (breed text) INHERITS (animals);
"""
_MARIADB = """
CREATE TABLE orgs (id int PRIMARY KEY, name varchar(20));
CREATE TABLE users (id int AUTO_INCREMENT PRIMARY KEY, org_id int, boss_id int, name varchar(20));
CREATE VIEW names AS SELECT name FROM users;
"""


_BATCH = b"""
def upgrade():
    with op.batch_alter_table("posts") as batch:
        batch.alter_column("body", nullable=False)
"""
_KEYS_IN_SQLITE = """
CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE posts (id INTEGER PRIMARY KEY, body TEXT, user_id INTEGER REFERENCES users ON DELETE CASCADE);
CREATE INDEX ix_posts_body ON posts (body);
"""


def test_a_table_that_batch_mode_copies_keeps_its_keys_and_indexes() -> None:
    batch = Footprint(operations=read_file(b"from alembic import op\n" + _BATCH, "upgrade", "sqlite"))
    assert [operation.kind for operation in batch.operations][-3:] == ["batch"] * 3
    before, after = (
        build_schema(each, "sqlite")
        for each in ([read(_KEYS_IN_SQLITE, "sqlite")], [read(_KEYS_IN_SQLITE, "sqlite"), batch])
    )
    assert {t.resource for t in before.things.values()} == {t.resource for t in after.things.values()}
    ledger = Ledger("sqlite", lambda _one, _other: True)
    ledger.enter("a", read(_KEYS_IN_SQLITE, "sqlite"))
    ledger.enter("b", batch)
    assert ledger.enter("c", read("DROP INDEX ix_posts_body", "sqlite")) == ()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(
            "ALTER TABLE users DROP COLUMN email CASCADE", "DROP INDEX ix_users_email", id="index of column"
        ),
        pytest.param("DROP TABLE users CASCADE", "DROP VIEW emails", id="view of table"),
        pytest.param(
            "DROP TABLE users CASCADE",
            "ALTER TABLE posts DROP CONSTRAINT posts_user_id_fkey",
            id="foreign key of table",
        ),
        pytest.param(
            "DELETE FROM users WHERE id = 1", "INSERT INTO log SELECT id, body FROM posts", id="cascade"
        ),
        pytest.param(
            "INSERT INTO posts (id, user_id) VALUES (1, 1)", "DELETE FROM users", id="parent is looked up"
        ),
        pytest.param("INSERT INTO posts (id, user_id) VALUES (1, 1)", "DELETE FROM log", id="trigger writes"),
        pytest.param(
            "INSERT INTO posts (id) VALUES (1)", "DROP TRIGGER posts_note ON posts", id="trigger goes"
        ),
        pytest.param(
            "INSERT INTO users (email) VALUES ('a')", "INSERT INTO users (email) VALUES ('b')", id="serial"
        ),
        pytest.param("INSERT INTO log SELECT 1, email FROM emails", "DELETE FROM users", id="through a view"),
        pytest.param(
            "INSERT INTO users (id) VALUES (9)",
            "ALTER TABLE users ALTER COLUMN name SET DEFAULT 'x'",
            id="default of a left-out column",
        ),
        pytest.param(
            "ALTER TABLE animals ADD COLUMN legs integer",
            "ALTER TABLE dogs ADD COLUMN legs integer",
            id="inherited",
        ),
        pytest.param(
            "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE",
            "CREATE TABLE pets (owner integer REFERENCES users (id))",
            id="key of a foreign key",
        ),
        pytest.param(
            "ALTER TABLE log RENAME TO events", "INSERT INTO posts (id) VALUES (1)", id="body keeps the name"
        ),
        pytest.param(
            "ALTER TABLE users RENAME TO people; UPDATE people SET email = ''",
            "INSERT INTO log SELECT 1, email FROM emails",
            id="identity through a rename",
        ),
    ],
)
def test_implicit_effects_are_seen_in_postgresql(a: str, b: str) -> None:
    assert compare_sql(a, b, base=_POSTGRESQL).verdict is Verdict.CONFLICT


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(
            "DROP TABLE users", "ALTER TABLE plain RENAME COLUMN a TO z", id="broken view stops renames"
        ),
        pytest.param("DROP TABLE log", "UPDATE users SET email = ''", id="broken trigger"),
        pytest.param(
            "UPDATE users SET email = ''",
            "INSERT INTO log (what) VALUES ('x')",
            id="keys of a trigger's rows",
        ),
        pytest.param(
            "INSERT INTO plain VALUES (1, 2)",
            "CREATE TABLE p (a INTEGER); INSERT INTO p SELECT a FROM plain; DROP TABLE plain;"
            "ALTER TABLE p RENAME TO plain",
            id="rebuild",
        ),
    ],
)
def test_implicit_effects_are_seen_in_sqlite(a: str, b: str) -> None:
    assert compare_sql(a, b, base=_SQLITE, dialect="sqlite").verdict is Verdict.CONFLICT


def test_dropping_what_nothing_needs_stops_no_rename_in_sqlite() -> None:
    found = compare_sql(
        "DROP TABLE plain", "ALTER TABLE log RENAME COLUMN what TO that", base=_SQLITE, dialect="sqlite"
    )
    assert found.verdict is Verdict.COMMUTE, found.reasons


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(
            "ALTER TABLE users ADD CONSTRAINT fk1 FOREIGN KEY (org_id) REFERENCES orgs (id)",
            "ALTER TABLE users ADD CONSTRAINT fk2 FOREIGN KEY (org_id) REFERENCES orgs (id)",
            id="hidden index of a foreign key",
        ),
        pytest.param(
            "ALTER TABLE users ADD CONSTRAINT fk1 FOREIGN KEY (org_id) REFERENCES orgs (id)",
            "CREATE TABLE t (x int, CONSTRAINT fk1 FOREIGN KEY (x) REFERENCES orgs (id))",
            id="global names of foreign keys",
        ),
        pytest.param(
            "INSERT INTO users (name) VALUES ('a')", "INSERT INTO users (id) VALUES (9)", id="counter"
        ),
        pytest.param(
            "ALTER TABLE users AUTO_INCREMENT = 100",
            "INSERT INTO users (name) VALUES ('a')",
            id="set counter",
        ),
        pytest.param(
            "ALTER TABLE orgs ENGINE = MyISAM",
            "ALTER TABLE users ADD CONSTRAINT fk1 FOREIGN KEY (org_id) REFERENCES orgs (id)",
            id="engine beside a foreign key",
        ),
        pytest.param("CREATE TABLE t LIKE users", "CREATE INDEX ix_name ON users (name)", id="like"),
        pytest.param(
            "ALTER TABLE users RENAME COLUMN name TO full_name",
            "INSERT INTO orgs SELECT 1, name FROM names",
            id="view dies",
        ),
    ],
)
def test_implicit_effects_are_seen_in_mariadb(a: str, b: str) -> None:
    assert compare_sql(a, b, base=_MARIADB, dialect="mariadb").verdict is Verdict.CONFLICT


def test_two_foreign_keys_on_different_columns_commute_in_mariadb() -> None:
    found = compare_sql(
        "ALTER TABLE users ADD CONSTRAINT fk1 FOREIGN KEY (org_id) REFERENCES orgs (id)",
        "ALTER TABLE users ADD CONSTRAINT fk2 FOREIGN KEY (boss_id) REFERENCES users (id)",
        base=_MARIADB,
        dialect="mariadb",
    )
    assert found.verdict is Verdict.COMMUTE, found.reasons


def test_closing_leaves_the_schema_as_it_was() -> None:
    schema = build_schema([read(_POSTGRESQL, "postgresql")], "postgresql")
    before = schema.things.join()
    close(read("DROP TABLE users CASCADE; ALTER TABLE log RENAME TO l", "postgresql"), schema)
    assert schema.things.join() == before


def test_the_schema_follows_renames_and_drops() -> None:
    text = "ALTER TABLE users RENAME TO people; ALTER TABLE people DROP COLUMN email CASCADE"
    schema = build_schema([read(_POSTGRESQL + text, "postgresql")], "postgresql")
    assert "column:people.name" in schema
    assert "view:emails" not in schema
    assert "index:ix_users_email" not in schema
    assert [column.name for column in schema.parts("people", "column")] == ["people.id", "people.name"]


def test_an_effect_that_follows_says_why() -> None:
    schema = build_schema([read(_POSTGRESQL, "postgresql")], "postgresql")
    closure = close(read("ALTER TABLE users DROP COLUMN email CASCADE", "postgresql"), schema)
    reasons = {e.resource: e.implicit for e in closure.steps[0].effects}
    assert reasons["index:ix_users_email"] == "it is on column:users.email"
    assert reasons["view:emails"] == "it needs column:users.email, and goes by CASCADE"


def test_a_trigger_that_cannot_be_read_makes_writes_of_its_table_unknown() -> None:
    base = _POSTGRESQL.replace("INSERT INTO log (id, what) VALUES (NEW.id, NEW.body)", "EXECUTE NEW.body")
    found = compare_sql("INSERT INTO posts (id) VALUES (1)", "CREATE TABLE t (x integer)", base=base)
    assert found.verdict is Verdict.UNKNOWN
    assert "posts_note" in found.reasons[0].message


def test_a_dropped_schema_takes_what_is_in_it_and_nothing_else() -> None:
    base = (
        _POSTGRESQL
        + "CREATE SCHEMA old; CREATE TABLE old.t (x integer); CREATE VIEW seen AS SELECT x FROM old.t;"
    )
    drop = "DROP SCHEMA old CASCADE"
    assert compare_sql(drop, "ALTER TABLE old.t ADD COLUMN y integer", base=base).verdict is Verdict.CONFLICT
    assert compare_sql(drop, "DROP VIEW seen", base=base).verdict is Verdict.CONFLICT
    assert compare_sql(drop, "ALTER TABLE log ADD COLUMN y integer", base=base).verdict is Verdict.COMMUTE


def test_a_trigger_dropped_if_it_exists_is_not_found_on_a_renamed_table() -> None:
    drop = "DROP TRIGGER IF EXISTS posts_note ON posts"
    found = compare_sql(drop, "ALTER TABLE posts RENAME TO articles", base=_POSTGRESQL)
    assert (found.verdict, found.reasons[0].code) == (Verdict.CONFLICT, "MIG302")
    assert compare_sql(drop, "DROP TABLE posts", base=_POSTGRESQL).verdict is Verdict.COMMUTE


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        pytest.param("INSERT INTO people (id, mood) VALUES (1, 'sad')", Verdict.CONFLICT, id="insert"),
        pytest.param(
            "CREATE VIEW v AS SELECT id FROM people WHERE mood = 'sad'", Verdict.CONFLICT, id="view"
        ),
        pytest.param("ALTER TABLE people ALTER mood SET DEFAULT 'sad'", Verdict.CONFLICT, id="default"),
        pytest.param("ALTER TABLE people ADD COLUMN was mood", Verdict.COMMUTE, id="column without a value"),
        pytest.param("UPDATE people SET id = 2 WHERE id = 1", Verdict.COMMUTE, id="other column"),
    ],
)
def test_a_renamed_label_meets_whoever_may_name_it(statement: str, verdict: Verdict) -> None:
    base = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE people (id integer PRIMARY KEY, mood mood);"
    rename = "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'"
    assert compare_sql(rename, statement, base=base).verdict is verdict
