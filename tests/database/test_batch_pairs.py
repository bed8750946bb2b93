"""Alembic's batch mode beside other migrations of one table: what mig says, and both orders on SQLite."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from mig.conflicts.closure import build_schema
from mig.conflicts.compare import compare_footprints
from mig.effects.footprint import Footprint
from mig.effects.sql import read_sql
from mig.sources.python_operations import read_file

BASE = """
CREATE TABLE orgs (id INTEGER PRIMARY KEY);
CREATE TABLE users (
  id INTEGER NOT NULL PRIMARY KEY, email VARCHAR(80), name TEXT DEFAULT 'x', org INTEGER REFERENCES orgs (id)
);
CREATE INDEX ix_org ON users (org);
"""


def batch(*calls: str, how: str = "") -> str:
    return f'with op.batch_alter_table("users"{how}) as b:\n' + "".join(f"    b.{call}\n" for call in calls)


def add(column: str) -> str:
    return batch(f"add_column(sa.Column({column}))")


def run_sql(text: str) -> str:
    return f"op.execute({text!r})"


COPYING = {
    "null": batch('alter_column("email", nullable=False)'),
    "type": batch('alter_column("name", type_=sa.String(50))'),
    "default": batch('alter_column("name", server_default="y")'),
    "drop column": batch('drop_column("name")'),
    "rename column": batch('alter_column("email", new_column_name="mail")'),
    "add with a key": add(
        '"boss", sa.Integer(), sa.ForeignKey("orgs.id", name="fk_boss", ondelete="CASCADE")'
    ),
    "add with a time": add(
        '"at", sa.DateTime(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False'
    ),
    "unique": batch('create_unique_constraint("uq_email", ["email"])'),
}
OTHERS = {
    "add": add('"age", sa.Integer(), server_default="0", nullable=False'),
    "add number": add('"price", sa.Numeric(4, 2)'),
    "add json": add('"j", sa.JSON(), server_default="[]", nullable=False'),
    "add plain": 'op.add_column("users", sa.Column("z", sa.String()))',
    "index": 'op.create_index("ix_email", "users", ["email"], unique=True)',
    "drop index": batch('drop_index("ix_org")'),
    "trigger": run_sql("CREATE TRIGGER tr AFTER INSERT ON users BEGIN SELECT 1; END"),
    "view": run_sql("CREATE VIEW v AS SELECT id FROM users"),
    "check": run_sql("ALTER TABLE users ADD COLUMN z INTEGER CHECK (z > 1)"),
    "type of its own": run_sql("ALTER TABLE users ADD COLUMN z TIMESTAMPTZ"),
    "short type": run_sql("ALTER TABLE users ADD COLUMN z INT"),
    "expression": 'op.create_index("ix_low", "users", [sa.text("lower(email)")])',
    "backwards": 'op.create_index("ix_back", "users", [sa.text("org DESC")])',
    "another table": batch('alter_column("id", nullable=False)').replace('"users"', '"orgs"'),
}
KEPT = {"add", "add json", "add plain", "drop index"}


def run(*bodies: str) -> object:
    """The schema after some migrations, or the error that the first of them that fails ends with."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for statement in BASE.split(";"):
            connection.exec_driver_sql(statement)
        op = Operations(MigrationContext.configure(connection))
        for body in bodies:
            try:
                exec(body, {"op": op, "sa": sa})  # noqa: S102 - migrations of this file
            except (sa.exc.SQLAlchemyError, KeyError, ValueError) as error:
                return f"{type(error).__name__}: {error}"
        return [
            look(connection, *row)
            for row in connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2")
        ]


def look(connection: sa.Connection, kind: str, name: str, text: str) -> object:
    if kind != "table":
        return kind, name, text

    def rows(pragma: str) -> list[Any]:
        return sorted((tuple(row[1:]) for row in connection.exec_driver_sql(pragma)), key=str)

    shown = (rows(f"PRAGMA {what}('{name}')") for what in ("table_xinfo", "foreign_key_list", "index_list"))
    return kind, name, *shown, "CHECK" in text


def read(body: str) -> Footprint:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    text = f"from alembic import op\nimport sqlalchemy as sa\n\n\ndef upgrade():\n{lines}"
    return Footprint(operations=read_file(text.encode(), "upgrade", "sqlite"))


def say(a: str, b: str) -> str:
    schema = build_schema([Footprint(operations=tuple(read_sql(BASE, "sqlite")))], "sqlite")
    return compare_footprints(read(a), read(b), schema, "sqlite").verdict.value


@pytest.mark.parametrize("name", COPYING)
def test_what_is_said_to_commute_with_a_copy_does_in_both_orders(name: str) -> None:
    one = COPYING[name]
    kept = set()
    for other, body in {**COPYING, **OTHERS}.items():
        if other != name and say(one, body) == "commute":
            assert isinstance(run(one, body), list), other
            assert run(one, body) == run(body, one), other
            kept.add(other)
    assert kept >= KEPT


def test_two_copies_of_one_table_commute_as_their_columns_do() -> None:
    pairs = [p for p in itertools.combinations(COPYING, 2) if say(*(COPYING[one] for one in p)) == "commute"]
    assert ("null", "default") in pairs
    assert ("null", "add with a key") in pairs
    assert ("drop column", "add with a time") in pairs
    assert ("type", "drop column") not in pairs
    assert ("null", "rename column") not in pairs


def test_a_copy_that_is_made_of_what_the_migration_says_loses_what_others_add() -> None:
    told = 'sa.Table("users", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("name", sa.Text))'
    one = batch('alter_column("name", nullable=False)', how=f", copy_from={told}")
    other = OTHERS["add plain"]
    assert run(one, other) != run(other, one)
    assert say(one, other) == "conflict"
