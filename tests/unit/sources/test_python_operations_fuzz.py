# ruff: noqa: E501, SIM905 - migrations and fragments read best as they are written
from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mig.sources.pysyntax import Module, parse
from mig.sources.python_operations import read_operations

if TYPE_CHECKING:
    from mig.effects.footprint import Operation

ATOMS = st.sampled_from(
    """
    op sa bind t row x y None True 0 1 -3 "a" "t" 'x{}' "%s" [] {} () (1,2) ["a","b"] {"a":1} op.get_bind() sa.text("SELECT_1")
    sa.table("t",sa.column("a")) t.c.a sa.inspect(bind) sa.Column("a",sa.Integer()) sa.func.now() helper __name__ Model
    Model.id {"a","b"} b"x" 1.5 lambda:x sa.inspect(bind).get_columns("t") sa.select(t) missing sa.Enum("a",name="e")
    """.split()
)
METHODS = st.sampled_from(
    """
    execute create_table add_column drop_column alter_column create_index drop_index create_foreign_key bulk_insert f
    get_bind get_context batch_alter_table append items format join where values update insert select query all first
    create drop c name split get pop setdefault label in_ filter get_table_names run_async create_check_constraint
    """.split()
)


def expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{}.{}({}, {})".format, inner, METHODS, inner, inner),
        st.builds("{}.{}({})".format, inner, METHODS, inner),
        st.builds("op.{}({}, {})".format, METHODS, inner, inner),
        st.builds("op.{}({}, {}, **{})".format, METHODS, inner, inner, inner),
        st.builds("{}.{}".format, inner, METHODS),
        st.builds("({} + {})".format, inner, inner),
        st.builds("({} % {})".format, inner, inner),
        st.builds("({} == {})".format, inner, inner),
        st.builds("({} in {})".format, inner, inner),
        st.builds("({} * {})".format, inner, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("{}[{}:]".format, inner, inner),
        st.builds("[{} for x in {} if {}]".format, inner, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
        st.builds("[*{}, {}]".format, inner, inner),
        st.builds("helper({}, *{})".format, inner, inner),
        st.builds("sa.Column({}, {}, index=True)".format, inner, inner),
        st.builds("sa.select({}).where({})".format, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("sorted({}, key={})".format, inner, inner),
        st.builds("sa.ForeignKeyConstraint({}, {}, deferrable={})".format, inner, inner, inner),
        st.builds("map({}, {})".format, inner, inner),
    )


EXPRESSIONS = st.recursive(ATOMS, expressions, max_leaves=12)


def block(lines: list[str]) -> str:
    return textwrap.indent("\n".join(lines) or "pass", "    ")


def statements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, max_size=3).map(block)
    return st.one_of(
        st.builds("if {}:\n{}\nelse:\n{}".format, EXPRESSIONS, body, body),
        st.builds("for x, y in {}:\n{}".format, EXPRESSIONS, body),
        st.builds("for x in {}:\n{}\n    break".format, EXPRESSIONS, body),
        st.builds("while {}:\n{}".format, EXPRESSIONS, body),
        st.builds("with {} as t:\n{}".format, EXPRESSIONS, body),
        st.builds("try:\n{}\nexcept E as y:\n{}\nfinally:\n{}".format, body, body, body),
        st.builds("def helper(x, *y, **t):\n{}\n    return x".format, body),
        st.builds(
            "class Model(sa.Base):\n    __tablename__ = 't'\n    id = {}\n{}".format, EXPRESSIONS, body
        ),
        st.builds(
            "match {}:\n    case [x, *y]:\n{}".format,
            EXPRESSIONS,
            body.map(lambda b: textwrap.indent(b, "    ")),
        ),
    )


SIMPLE = st.one_of(
    EXPRESSIONS,
    st.builds("x = {}".format, EXPRESSIONS),
    st.builds("x, *y = {}".format, EXPRESSIONS),
    st.builds("x += {}".format, EXPRESSIONS),
    st.builds("x[{}] = {}".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("x.a = {}".format, EXPRESSIONS),
    st.builds("del x[{}]".format, EXPRESSIONS),
    st.builds("return {}".format, EXPRESSIONS),
    st.builds("yield {}".format, EXPRESSIONS),
    st.builds("raise {}".format, EXPRESSIONS),
    st.just("global x"),
    st.just("from a import *"),
)
STATEMENTS = st.recursive(SIMPLE, statements, max_leaves=10)


def follow(text: str, dialect: str) -> tuple[Operation, ...]:
    module = parse(text.encode())
    return read_operations(module, "upgrade", dialect) if isinstance(module, Module) else ()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STATEMENTS, min_size=1, max_size=5), st.sampled_from(("postgresql", "mariadb", "sqlite")))
def test_no_module_of_fragments_raises(lines: list[str], dialect: str) -> None:
    start = "import sqlalchemy as sa\nfrom alembic import op\n\ndef upgrade():\n    bind = op.get_bind()\n    t = x = y = row = []\n"

    for operation in follow(start + block(lines), dialect):
        assert operation.line >= 1
        assert operation.effects or operation.opaque or operation.kind


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("x = 'a'\nfor i in range(60):\n    x = x + x\nop.execute(x)", id="a doubling text"),
        pytest.param(
            "x = ['a']\nfor i in range(60):\n    x = x + x\nop.create_index('i', 't', x)",
            id="a doubling list",
        ),
        pytest.param(
            "x = ['a']\nfor i in range(60):\n    x = [x, x]\nop.execute(x == x)",
            id="a list that holds itself twice",
        ),
        pytest.param(
            "x = ('a',)\nfor i in range(60):\n    x = (x, x)\nd = {x: 1}\nop.execute(f'{x in d}')",
            id="a tuple likewise",
        ),
        pytest.param(
            "x = sa.column('a')\nfor i in range(60):\n    x = x + x\nop.execute(sa.select(x))",
            id="an expression likewise",
        ),
        pytest.param(
            "x = sa.column('a')\nfor i in range(3000):\n    x = x.c\nop.execute(sa.select(x))",
            id="a long chain",
        ),
        pytest.param("x = 'a' * 10**9\nop.execute(x * 10**9)", id="a product"),
        pytest.param(
            "x = '%9999999999d' % 1\nop.execute('{:>9999999999}'.format(x).ljust(10**10))", id="a width"
        ),
        pytest.param("x = 10\nfor i in range(1000):\n    x = x * x\nop.execute(str(x))", id="a large number"),
        pytest.param(
            "for a in range(2000):\n    for b in range(2000):\n        for c in range(2000):\n            x = 1",
            id="loops in loops",
        ),
        pytest.param(
            "def f(x):\n    f(x + 'a')\n    f(x + 'b')\n    f(x + 'c')\nf('')", id="a tree of calls"
        ),
        pytest.param(
            "x = []\nx.append(x)\nop.execute(x)\nop.drop_table(x[0])\nprint(x == x, str(x), x in x)",
            id="a list within itself",
        ),
        pytest.param(
            "x = {}\nx['a'] = x\nop.execute(f'{x}')\nop.bulk_insert(sa.table('t'), [x])",
            id="a dictionary within itself",
        ),
        pytest.param("x = " + "(" * 80 + "1" + ")" * 80 + "\nx = " + "-" * 500 + "1", id="nesting"),
        pytest.param("x = " + " + ".join(["'a'"] * 5000) + "\nop.execute(x)", id="a long sum"),
        pytest.param(
            "\n".join(f"{'if' if i == 0 else 'elif'} x == {i}:\n    pass" for i in range(300)),
            id="a long elif",
        ),
        pytest.param(
            "import itertools\nx = itertools.product(*[range(100)] * 10)\nfor y in x:\n    op.drop_table('t')",
            id="a product of ranges",
        ),
        pytest.param("op.execute('SELECT 1;' * 100000)", id="very many statements"),
        pytest.param("class A:\n    pass\nA.b = A\nclass A(A):\n    pass\nA().x().y", id="classes"),
    ],
)
def test_what_grows_without_end_is_given_up(body: str) -> None:
    start = "import sqlalchemy as sa\nfrom alembic import op\n\ndef upgrade():\n    x = None\n"

    assert len(follow(start + textwrap.indent(body, "    "), "postgresql")) <= 6_000
