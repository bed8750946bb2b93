"""Alembic's batch mode on SQLite: what it loses of itself is kept, or the migration is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.errors import StepFailedError
from mig.runner import Options, Runner
from tests.database.test_runner_python import python
from tests.database.test_runner_runs import Target
from tests.repositories import native
from tests.unit.runner.snapshots import A, B, snapshot

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "CREATE TABLE orders (id integer PRIMARY KEY, total numeric, state text, note text);"
NOT_NULL = 'batch.alter_column("state", existing_type=sa.Text, nullable=False)'
LOG = "CREATE TABLE log (x);"


@pytest.fixture
def database(tmp_path: Path) -> Target:
    return Target(f"sqlite:///{tmp_path / 'shop.db'}")


def batch(change: str = NOT_NULL, more: str = "") -> str:
    return f'with op.batch_alter_table("orders"{more}) as batch:\n    {change}'


def run(target: Target, schema: str, body: str, *, head: str = "", **options: bool) -> None:
    files = {
        "migrations/1.sql": native(A, (), schema),
        "migrations/2.py": python(body, id=B, parents=(A,), head=head),
    }
    Runner(target.url, snapshot(files), options=Options(**options)).up()  # type: ignore[arg-type]  # flags


def schema(target: Target) -> dict[str, str]:
    rows = target.query("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'mig_%'")
    return {str(name): " ".join(str(sql).split()) for name, sql in rows}


KEPT = {
    "a trigger": "CREATE TRIGGER g AFTER UPDATE ON orders BEGIN INSERT INTO log VALUES (new.id); END;",
    "an index of an expression": "CREATE INDEX g ON orders (lower(state));",
    "an index of a part": "CREATE UNIQUE INDEX g ON orders (note) WHERE state = 'open';",
    "a view": "CREATE VIEW g AS SELECT id, state FROM orders;",
    "a trigger of another table": (
        "CREATE TRIGGER g AFTER INSERT ON log BEGIN UPDATE orders SET note = 'x' WHERE id = new.x; END;"
    ),
}


@pytest.mark.parametrize("made", KEPT.values(), ids=KEPT)
def test_what_the_copy_does_not_have_is_made_again_as_it_was(database: Target, made: str) -> None:
    run(database, f"{LOG}\n{TABLE}\n{made}", batch())
    assert schema(database)["g"] == " ".join(made.rstrip(";").split())
    assert "state TEXT NOT NULL" in schema(database)["orders"]


def test_views_of_views_and_their_triggers_come_back_in_order(database: Target) -> None:
    made = [
        "CREATE VIEW a AS SELECT id, state FROM orders;",
        "CREATE VIEW b AS SELECT id FROM a;",
        "CREATE TRIGGER g INSTEAD OF INSERT ON b BEGIN INSERT INTO log VALUES (new.id); END;",
        "CREATE VIEW elsewhere AS SELECT x FROM log;",
    ]
    before = "\n".join(made)
    run(database, f"{LOG}\n{TABLE}\n{before}", batch())
    found = schema(database)
    assert [found[name] + ";" for name in ("a", "b", "g", "elsewhere")] == made
    database.query("INSERT INTO b VALUES (7)")
    assert database.query("SELECT x FROM log") == [(7,)]


def test_a_trigger_works_on_the_new_table_and_has_not_fired_for_the_copy(database: Target) -> None:
    trigger = "CREATE TRIGGER g AFTER INSERT ON orders BEGIN INSERT INTO log VALUES (new.id); END;"
    rows = "INSERT INTO orders VALUES (1, 2, 'open', '');"
    run(database, f"{LOG}\n{TABLE}\n{rows}\n{trigger}", batch())
    database.query("INSERT INTO orders VALUES (2, 3, 'open', '')")
    assert database.query("SELECT x FROM log") == [(2,)]


LOST = {
    "AUTOINCREMENT": (
        "CREATE TABLE orders (id integer PRIMARY KEY AUTOINCREMENT, total numeric, state text);",
        NOT_NULL,
        "AUTOINCREMENT",
    ),
    "an unnamed check": (
        "CREATE TABLE orders (id integer PRIMARY KEY, total numeric CHECK (total >= 0), state text);",
        NOT_NULL,
        "CHECK (total >= 0)",
    ),
    "a trigger of a column that goes": (
        f"{LOG}\n{TABLE}\nCREATE TRIGGER g AFTER UPDATE OF note ON orders BEGIN DELETE FROM log; END;",
        'batch.drop_column("note")',
        "trigger g, which names a column that goes",
    ),
    "a view of a column that goes": (
        f"{TABLE}\nCREATE VIEW g AS SELECT note FROM orders;",
        'batch.drop_column("note")',
        "view g, which no longer works: no such column: note",
    ),
}


@pytest.mark.parametrize("head", ["", "# mig:no-transaction"], ids=["transaction", "none"])
@pytest.mark.parametrize(("made", "change", "lost"), LOST.values(), ids=LOST)
def test_what_cannot_be_kept_is_refused_and_nothing_is_left(
    database: Target, made: str, change: str, lost: str, head: str
) -> None:
    with pytest.raises(StepFailedError) as error:
        run(database, made, batch(change), head=head)
    assert f"batch_alter_table of orders would lose {lost}" in error.value.message
    assert "migrations/2.py:" in error.value.message
    assert "--allow-batch-loss" in error.value.message
    wanted = " ".join(next(part for part in made.split(";") if "TABLE orders" in part).split())
    assert schema(database)["orders"] == wanted
    assert ("g" in schema(database)) is (" g " in made)


@pytest.mark.parametrize(("made", "change", "lost"), LOST.values(), ids=LOST)
def test_what_may_be_lost_is_lost(database: Target, made: str, change: str, lost: str) -> None:
    run(database, made, batch(change), allow_batch_loss=True)
    assert len(database.query("SELECT id FROM mig_history")) == 2


def test_what_the_call_says_again_is_not_lost(database: Target) -> None:
    made = (
        "CREATE TABLE orders (id integer PRIMARY KEY AUTOINCREMENT, total numeric CHECK (total >= 0),"
        " state text);\n"
        "INSERT INTO orders VALUES (9, 1, 'x');\nDELETE FROM orders;"
    )
    more = ', table_kwargs={"sqlite_autoincrement": True}, table_args=(sa.CheckConstraint("total >= 0"),)'
    run(database, made, batch(more=more))
    database.query("INSERT INTO orders (total, state) VALUES (1, 'x')")
    # Without its sequence the table would begin at 1 again.
    assert database.query("SELECT id FROM orders") == [(10,)]


def test_what_the_batch_drops_itself_is_not_missed(database: Target) -> None:
    made = (
        "CREATE TABLE orders (id integer PRIMARY KEY, state text CONSTRAINT known CHECK (state <> ''),"
        " note text);\n"
        "CREATE INDEX g ON orders (id) WHERE state <> '';\nCREATE INDEX plain ON orders (note);"
    )
    drops = 'batch.drop_index("g")\n    batch.drop_index("plain")\n    batch.drop_column("note")'
    run(database, made, batch(drops))
    assert sorted(schema(database)) == ["orders"]
    assert "known" in schema(database)["orders"]


def test_a_batch_that_replaces_no_table_is_left_alone(database: Target) -> None:
    made = "CREATE TABLE orders (id integer PRIMARY KEY AUTOINCREMENT, state text CHECK (state <> ''));"
    run(database, made, batch('batch.add_column(sa.Column("phone", sa.Text))'))
    assert "AUTOINCREMENT" in schema(database)["orders"]


def test_an_ordinary_table_is_replaced_as_ever(database: Target) -> None:
    made = (
        "CREATE TABLE users (id integer PRIMARY KEY);\n"
        "CREATE TABLE orders (id integer PRIMARY KEY, state text DEFAULT 'x',"
        " user_id integer REFERENCES users, CONSTRAINT known CHECK (state <> ''), UNIQUE (state, user_id));\n"
        "CREATE INDEX plain ON orders (user_id);"
    )
    run(database, made, batch())
    assert sorted(schema(database)) == ["orders", "plain", "users"]
