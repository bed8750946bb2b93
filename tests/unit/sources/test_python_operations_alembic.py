# ruff: noqa: E501 - migrations and fragments read best as they are written
"""Holds the reader against Alembic itself: the effects must be those of the SQL that Alembic emits."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from mig.effects.sql import read_sql
from mig.sources.pysyntax import Module, parse
from mig.sources.python_operations import read_operations

if TYPE_CHECKING:
    from mig.effects.footprint import Effect, Operation

ALL = ("postgresql", "mysql", "sqlite")
ALTERING = ("postgresql", "mysql")
PREAMBLE = (
    "import sqlalchemy as sa\nfrom sqlalchemy.dialects import mysql, postgresql\nfrom alembic import op\n"
)

CALLS = {
    "table with every kind of column": (
        """op.create_table(
            "users",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("Email", sa.String(50), unique=True, nullable=False, server_default="x'y", comment="hey"),
            sa.Column("n", sa.Numeric(10, 2), server_default=sa.text("0")),
            sa.Column("t", sa.DateTime(timezone=True), server_default=sa.func.now()),
            sa.Column("b", sa.Boolean, server_default=sa.true(), nullable=False),
            sa.Column("c", sa.Integer, sa.Computed("n + 1")),
            sa.Column("big", sa.BigInteger()), sa.Column("small", sa.SmallInteger()), sa.Column("d", sa.Date()),
            sa.Column("f", sa.Float()), sa.Column("bin", sa.LargeBinary()), sa.Column("txt", sa.Text()),
            sa.Column("u", sa.Unicode(20)), sa.Column("uu", sa.Uuid()), sa.Column("i", sa.Interval()),
            sa.Column("js", sa.JSON()), sa.Column("ti", sa.Time()), sa.Column("ch", sa.CHAR(3)),
            sa.Column("order", sa.VARCHAR(length=3)),
            comment="tbl", schema="app")""",
        ALL,
    ),
    "table with constraints": (
        """op.create_table(
            "t", sa.Column("a", sa.Integer()), sa.Column("b", sa.Integer()), sa.Column("c", sa.String(3)),
            sa.PrimaryKeyConstraint("a", name="pk_t"), sa.UniqueConstraint("b", "c", name="uq"),
            sa.UniqueConstraint("c"), sa.CheckConstraint("b > 0", name="ck"), sa.CheckConstraint("c <> ''"),
            sa.ForeignKeyConstraint(["b"], ["o.id"], name="fk", ondelete="CASCADE", onupdate="SET NULL"),
            sa.ForeignKeyConstraint(["b", "a"], ["s.o.x", "s.o.y"] if False else ["o2.x", "o2.y"]))""",
        ALL,
    ),
    "table with inline keys and indexes": (
        """op.create_table(
            "t", sa.Column("a", sa.Integer(), sa.ForeignKey("x.id", name="fk_a"), primary_key=True),
            sa.Column("b", sa.Integer(), sa.ForeignKey("x.y", deferrable=True, initially="DEFERRED"), index=True),
            sa.Column("c", sa.Integer(), index=True, unique=True), sa.Index("ix_own", "a", "b"))""",
        ALL,
    ),
    "key of two columns": (
        """op.create_table("t", sa.Column("a", sa.Integer, primary_key=True), sa.Column("b", sa.Integer, primary_key=True))""",
        ALL,
    ),
    "key that counts not": (
        """op.create_table("t", sa.Column("a", sa.BigInteger, autoincrement=False, primary_key=True))""",
        ALL,
    ),
    "key named apart": (
        """op.create_table("t", sa.Column("a", sa.BigInteger(), nullable=False), sa.PrimaryKeyConstraint("a"))""",
        ALL,
    ),
    "identity": (
        """op.create_table("t", sa.Column("a", sa.Integer, sa.Identity(always=True), primary_key=True))""",
        ("postgresql",),
    ),
    "enumeration": (
        """op.create_table("t", sa.Column("m", sa.Enum("a", "b", name="mood")), sa.Column("n", sa.Enum("a", "b", name="mood", create_type=False) if False else sa.Integer()))""",
        ALL,
    ),
    "added enumeration": (
        """op.add_column("t", sa.Column("m", sa.Enum("a", "b", name="mood"), nullable=False))""",
        ALL,
    ),
    "arrays and json": (
        """op.create_table("t", sa.Column("a", postgresql.ARRAY(sa.Integer())), sa.Column("b", postgresql.JSONB(astext_type=sa.Text())),
            sa.Column("c", postgresql.UUID(as_uuid=True)), sa.Column("d", postgresql.TIMESTAMP(timezone=True)), sa.Column("e", postgresql.INET()))""",
        ("postgresql",),
    ),
    "types of mysql": (
        """op.create_table("t", sa.Column("a", mysql.INTEGER(unsigned=True)), sa.Column("b", mysql.LONGTEXT()), sa.Column("c", mysql.TINYINT(1)),
            sa.Column("d", sa.Enum("x", "y")), mysql_engine="InnoDB", mysql_charset="utf8mb4")""",
        ("mysql",),
    ),
    "if not exists": ("""op.create_table("t", sa.Column("a", sa.Integer()), if_not_exists=True)""", ALL),
    "drop table": ("""op.drop_table("a", schema="s", if_exists=True)\nop.drop_table("b")""", ALL),
    "rename table": ("""op.rename_table("a", "b", schema="s")\nop.rename_table("c", "d")""", ALL),
    "add column": (
        """op.add_column("t", sa.Column("x", sa.Integer(), nullable=False, server_default="3"), schema="app")""",
        ALL,
    ),
    "add keyed column": (
        """op.add_column("t", sa.Column("x", sa.Integer, sa.ForeignKey("o.id"), unique=True, index=True, comment="c"), schema="app")""",
        ALTERING,
    ),
    "add unique column": ("""op.add_column("t", sa.Column("x", sa.Integer, unique=True))""", ALTERING),
    "add counting column": (
        """op.add_column("t", sa.Column("i", sa.Integer, primary_key=True))""",
        ("postgresql",),
    ),
    "drop column": (
        """op.drop_column("a", "b", schema="s")\nop.drop_column("a", "c", if_exists=True)""",
        ALL,
    ),
    "nullable": ("""op.alter_column("t", "a", nullable=False, existing_type=sa.Integer())""", ALTERING),
    "type": ("""op.alter_column("t", "a", type_=sa.String(10), existing_nullable=False)""", ALTERING),
    "type with using": (
        """op.alter_column("t", "a", type_=sa.Integer(), postgresql_using="a::int")""",
        ("postgresql",),
    ),
    "default": (
        """op.alter_column("t", "a", server_default="x")\nop.alter_column("t", "b", server_default=None)""",
        ALTERING,
    ),
    "computed default": ("""op.alter_column("t", "a", server_default=sa.text("now()"))""", ("postgresql",)),
    "new name": (
        """op.alter_column("t", "a", new_column_name="b", existing_type=sa.Integer(), existing_nullable=False)""",
        ALL,
    ),
    "comment": ("""op.alter_column("t", "a", comment="zz", existing_type=sa.Integer())""", ALTERING),
    "no comment": ("""op.alter_column("t", "a", comment=None)""", ("postgresql",)),
    "identity on": (
        """op.alter_column("t", "a", server_default=sa.Identity(), existing_server_default=None)""",
        ("postgresql",),
    ),
    "everything about a column": (
        """op.alter_column("t", "a", type_=sa.Text(), nullable=True, server_default=sa.text("'q'"), new_column_name="b", comment="c", schema="s")""",
        ALTERING,
    ),
    "index": (
        """op.create_index("ix", "t", ["a", sa.text("lower(b)"), sa.desc("c")], unique=True, if_not_exists=True)
op.create_index(None, "t", ["a", "b"])\nop.create_index(op.f("ix_T"), "T", ["a"], schema="s")""",
        ALL,
    ),
    "index of postgresql": (
        """op.create_index("ix", "t", ["a"], postgresql_where=sa.text("a > 1"), postgresql_using="gin", postgresql_concurrently=True,
            postgresql_include=["z"], postgresql_ops={"a": "text_ops"}, schema="s")
op.drop_index("ix", table_name="t", schema="s", if_exists=True, postgresql_concurrently=True)""",
        ("postgresql",),
    ),
    "index of expressions": (
        """op.create_index("ix", "t", [sa.func.lower(sa.column("a")), sa.column("b").desc()], sqlite_where=sa.text("b > 1"))""",
        ("postgresql", "sqlite"),
    ),
    "index of mysql": (
        """op.create_index("ix", "t", ["a"], mysql_length=10)\nop.create_index("iy", "t", ["a", "b"], mysql_length={"b": 5})""",
        ("mysql",),
    ),
    "drop index": ("""op.drop_index("ix", table_name="t")\nop.drop_index("iy", "t", if_exists=True)""", ALL),
    "unique key": (
        """op.create_unique_constraint("uq", "t", ["a", "b"], schema="s")\nop.create_unique_constraint(None, "t", ["a"])""",
        ALTERING,
    ),
    "foreign key": (
        """op.create_foreign_key("fk", "t", "o", ["a"], ["id"], ondelete="SET NULL", source_schema="s", referent_schema="r")
op.create_foreign_key(None, "t", "o", ["a"], ["id"], deferrable=True, initially="DEFERRED")""",
        ALTERING,
    ),
    "check": (
        """op.create_check_constraint("ck", "t", "a > 1")\nop.create_check_constraint("ck2", "t", sa.column("a") > 1)""",
        ALTERING,
    ),
    "primary key": ("""op.create_primary_key("pk", "t", ["a", "b"])""", ALTERING),
    "exclusion": (
        """op.create_exclude_constraint("ex", "t", ("a", "="), ("b", "&&"), where="a > 1", using="gist")""",
        ("postgresql",),
    ),
    "drop key": (
        """op.drop_constraint("fk", "t", type_="foreignkey")\nop.drop_constraint("uq", "t", type_="unique", schema="s")
op.drop_constraint("ck", "t", type_="check")\nop.drop_constraint("pk", "t", type_="primary")""",
        ALTERING,
    ),
    "comments of tables": ("""op.create_table_comment("t", "c")\nop.drop_table_comment("t")""", ALTERING),
    "rows": (
        """t = sa.table("t", sa.column("a", sa.Integer), sa.column("b", sa.String), schema="s")
op.bulk_insert(t, [{"a": 1, "b": "x"}])""",
        ALL,
    ),
    "rows of a new table": (
        """t = op.create_table("t", sa.Column("a", sa.Integer()), sa.Column("b", sa.String(5)))
op.bulk_insert(t, [{"a": 1, "b": "x"}])""",
        ALL,
    ),
    "changes of rows": (
        """t = sa.table("t", sa.column("a", sa.Integer), sa.column("b", sa.String))
op.execute(t.update().where(t.c.a == 1).values(b="x"))
op.execute(sa.delete(t).where(t.c.b == "y"))
op.execute(t.insert().values(a=3))""",
        ALL,
    ),
    "sequences": (
        """op.execute(sa.schema.CreateSequence(sa.Sequence("sq", schema="s")))\nop.execute(sa.schema.DropSequence(sa.Sequence("sq")))""",
        ("postgresql",),
    ),
    "created type": (
        """postgresql.ENUM("a", "b", name="e", schema="s").create(op.get_bind(), checkfirst=False)
sa.Enum("a", name="e").drop(op.get_bind(), checkfirst=False)""",
        ("postgresql",),
    ),
    "text": (
        """op.execute("UPDATE t SET a = 1 WHERE b IS NULL")\nop.execute(sa.text("DELETE FROM t WHERE a > 3"))
op.execute("CREATE VIEW v AS SELECT a FROM t; GRANT SELECT ON v TO r")""",
        ALL,
    ),
    "batch": (
        """with op.batch_alter_table("t", schema="s") as batch:
    batch.add_column(sa.Column("x", sa.Integer()))
    batch.alter_column("y", nullable=False, existing_type=sa.Integer())
    batch.create_index("ix", ["x"])
    batch.create_foreign_key("fk", "o", ["x"], ["id"])
    batch.create_unique_constraint("uq", ["x"])
    batch.create_check_constraint("ck", "x > 1")
    batch.drop_constraint("q", type_="unique")
    batch.drop_column("z")
    batch.drop_index("iz")""",
        ALTERING,
    ),
    "batch that sqlite need not copy": (
        """with op.batch_alter_table("t") as batch:
    batch.add_column(sa.Column("x", sa.Integer(), server_default="1"))
    batch.create_index("ix", ["x"])""",
        ALL,
    ),
}


def emitted(source: str, dialect: str) -> str:
    """The SQL that Alembic writes for a migration."""
    import sqlalchemy as sa
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from sqlalchemy.dialects import mysql, postgresql

    written = io.StringIO()
    options = {"as_sql": True, "output_buffer": written, "literal_binds": True}
    context = MigrationContext.configure(dialect_name=dialect, opts=options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(source, {"op": Operations(context), "sa": sa, "mysql": mysql, "postgresql": postgresql})  # noqa: S102
    return written.getvalue()


def read(source: str, dialect: str) -> tuple[Operation, ...]:
    body = textwrap.indent(source, "    ")
    module = parse(f"{PREAMBLE}\ndef upgrade():\n{body}\n".encode())
    assert isinstance(module, Module)
    return read_operations(module, "upgrade", dialect)


def comparable(effect: Effect) -> tuple[str, ...]:
    return (
        effect.resource,
        effect.access.value,
        effect.aspect,
        effect.detail,
        effect.renamed_to,
        effect.renamed_from,
    )


def effects_of(operations: tuple[Operation, ...]) -> Counter[frozenset[tuple[str, ...]]]:
    return Counter(
        frozenset(comparable(e) for e in operation.effects if e.aspect != "convention")
        for operation in operations
        if operation.effects
    )


@pytest.mark.parametrize(
    ("source", "dialect"),
    [
        pytest.param(source, dialect, id=f"{name}, {dialect}")
        for name, (source, dialects) in CALLS.items()
        for dialect in dialects
    ],
)
def test_effects_are_those_of_the_sql_that_alembic_emits(source: str, dialect: str) -> None:
    expected = read_sql(emitted(source, dialect), dialect)
    found = read(source, dialect)

    assert [o.opaque for o in found if o.opaque] == [o.opaque for o in expected if o.opaque]
    assert effects_of(found) == effects_of(expected)
