"""What an operation leaves unnamed may get the name of a convention that is written elsewhere."""

from __future__ import annotations

import textwrap

import pytest

from mig.conflicts.closure import build_schema
from mig.conflicts.compare import compare_footprints
from mig.effects.footprint import Footprint
from mig.effects.sql import read_sql
from mig.findings import Verdict
from mig.sources.python.conventions import look_for_conventions
from mig.sources.python_operations import read_file

BASE = """
CREATE TABLE u (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int);
CREATE TABLE w (id int PRIMARY KEY, a int)
"""
START = "import sqlalchemy as sa\nfrom alembic import op\n\ndef upgrade():\n"
UNIQUE = 'op.create_unique_constraint(None, "t", ["a"])'
FOREIGN = 'op.create_foreign_key(None, "t", "u", ["a"], ["id"])'
CHECK = 'op.create_check_constraint("positive", "t", "a > 0")'
ADDED = 'op.add_column("t", sa.Column("x", sa.Integer(), unique=True))'
MADE = 'op.create_table("n", sa.Column("id", sa.Integer()), sa.UniqueConstraint("id"))'


def read(body: str, dialect: str) -> Footprint:
    data = (START + textwrap.indent(textwrap.dedent(body), "    ")).encode()
    return Footprint(operations=read_file(data, "upgrade", dialect))


def judge(one: str, other: str, dialect: str) -> Verdict:
    base = Footprint(operations=read_sql(BASE, dialect))
    schema = build_schema([base], dialect, is_complete=True)
    found = {
        compare_footprints(read(a, dialect), read(b, dialect), schema, dialect).verdict
        for a, b in ((one, other), (other, one))
    }
    (verdict,) = found
    return verdict


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(UNIQUE, 'op.create_unique_constraint("uq_t_a", "t", ["b"])', id="made by name"),
        pytest.param(UNIQUE, 'op.drop_constraint("uq_t_a", "t")', id="dropped by name"),
        pytest.param(
            UNIQUE, 'op.execute("ALTER TABLE t RENAME CONSTRAINT old TO uq_t_a")', id="renamed to the name"
        ),
        pytest.param(ADDED, 'op.create_unique_constraint("uq_t_x", "t", ["b"])', id="of a column"),
        pytest.param(FOREIGN, 'op.create_foreign_key("fk_t_a_u", "t", "u", ["b"], ["id"])', id="a key"),
        pytest.param(
            CHECK, 'op.execute("ALTER TABLE t ADD CONSTRAINT ck_t_positive CHECK (b > 0)")', id="a check"
        ),
        pytest.param(MADE, 'op.create_index("uq_n_id", "w", ["a"])', id="of a table, as an index"),
        pytest.param(
            'op.create_unique_constraint(None, "t", ["a", "b"])',
            'op.create_unique_constraint(None, "t", ["a", "c"])',
            id="two of one first column",
        ),
        pytest.param(
            'with op.batch_alter_table("t") as batch:\n    batch.create_unique_constraint(None, ["a"])',
            'op.create_unique_constraint("uq_t_a", "t", ["b"])',
            id="in a batch",
        ),
    ],
)
def test_a_name_that_a_convention_may_give_is_not_known_to_be_free(one: str, other: str) -> None:
    assert judge(one, other, "postgresql") is Verdict.UNKNOWN


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb", "sqlite"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(UNIQUE, 'op.create_unique_constraint(None, "t", ["b"])', id="keys on two columns"),
        pytest.param(UNIQUE, 'op.create_unique_constraint("uq_t_b", "t", ["b"])', id="another name"),
        pytest.param(UNIQUE, 'op.create_unique_constraint(None, "w", ["a"])', id="another table"),
        pytest.param(CHECK, 'op.create_check_constraint("small", "t", "b < 9")', id="two checks"),
        pytest.param(MADE, MADE.replace('"n"', '"m"'), id="two tables"),
        pytest.param(
            'op.execute("ALTER TABLE t ADD UNIQUE (a)")',
            'op.create_unique_constraint("uq_t_a", "t", ["b"])',
            id="SQL asks no convention",
        ),
    ],
)
def test_other_names_raise_no_alarm(one: str, other: str, dialect: str) -> None:
    assert judge(one, other, dialect) is Verdict.COMMUTE


@pytest.mark.parametrize(
    ("sql", "dialect", "resources"),
    [
        pytest.param(
            'ALTER TABLE s.t ADD FOREIGN KEY ("B b") REFERENCES s.u (c)',
            "postgresql",
            ['constraint:s.t."fk_t_B b_u"'],
            id="schemas and quotes",
        ),
        pytest.param(
            "ALTER TABLE t ADD UNIQUE (a)", "mariadb", ["constraint:t.uq_t_a", "index:t.uq_t_a"], id="mariadb"
        ),
        pytest.param(
            "CREATE TABLE s.t (a int PRIMARY KEY)",
            "postgresql",
            ["constraint:s.t.pk_t", "relation:s.pk_t"],
            id="a primary key",
        ),
        pytest.param("ALTER TABLE t ADD CHECK (a > 0)", "postgresql", [], id="a check without a name"),
        pytest.param("ALTER TABLE t ADD CONSTRAINT k UNIQUE (a)", "postgresql", [], id="a name"),
    ],
)
def test_names_are_those_of_the_usual_convention(sql: str, dialect: str, resources: list[str]) -> None:
    (operation,) = read_sql(sql, dialect)
    assert [e.resource for e in look_for_conventions(operation.effects, dialect)] == resources
