# ruff: noqa: E501 - migrations and fragments read best as they are written
from __future__ import annotations

import textwrap

import pytest

from mig.effects.footprint import Access, Operation
from mig.sources.pysyntax import Module, parse
from mig.sources.python_operations import read_operations

PREAMBLE = """
import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql
"""


def module_of(text: str) -> Module:
    module = parse(text.encode())
    assert isinstance(module, Module)
    return module


def read(body: str, *, before: str = "", dialect: str = "postgresql") -> tuple[Operation, ...]:
    """The operations of an ``upgrade`` with this body."""
    text = f"{PREAMBLE}\n{textwrap.dedent(before)}\ndef upgrade():\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
    return read_operations(module_of(text), "upgrade", dialect)


def changes(operations: tuple[Operation, ...]) -> list[str]:
    """What is created, dropped, altered and written, without what goes along with it."""
    wanted = ("table:", "column:", "index:", "constraint:", "rows:", "type:mood")
    return [
        f"{effect.access.value} {effect.resource}"
        for operation in operations
        for effect in operation.effects
        if effect.access not in {Access.NEED, Access.READ} and effect.resource.startswith(wanted)
    ]


def opaque(operations: tuple[Operation, ...]) -> list[str]:
    return [operation.opaque for operation in operations if operation.opaque]


def has(operations: tuple[Operation, ...], access: Access, resource: str) -> bool:
    return any(e.access is access and e.resource == resource for o in operations for e in o.effects)


def test_lines_are_those_of_the_calls() -> None:
    text = 'from alembic import op\n\ndef upgrade():\n    op.drop_table("a")\n    op.execute(\n        "DROP TABLE b; DROP TABLE c"\n    )\n'
    operations = read_operations(module_of(text), "upgrade", "postgresql")

    assert [(o.line, o.column) for o in operations] == [(4, 5), (5, 5), (5, 5)]
    assert operations[0].text == 'op.drop_table("a")'


def test_what_may_not_run_or_may_fail_is_conditional() -> None:
    found = read(
        """
        op.drop_table("a")
        if context.get_x_argument():
            op.drop_table("b")
        try:
            op.drop_table("c")
        except Exception:
            pass
        with contextlib.suppress(Exception):
            op.drop_table("d")
        op.drop_table("e")
        op.execute("DO $$ BEGIN DROP TABLE f; END $$")
        if context.get_x_argument():
            return
        op.drop_table("g")
        """,
        before="import contextlib",
    )
    conditional = {e.name: o.is_conditional for o in found for e in o.effects if e.kind == "table"}
    assert conditional == {"a": False, "b": True, "c": True, "d": True, "e": False, "f": True, "g": True}


def test_a_native_migration_is_handed_its_operations() -> None:
    text = 'import sqlalchemy as sa\ndef up(o):\n    o.add_column("t", sa.Column("x", sa.Integer()))\n'

    assert changes(read_operations(module_of(text), "up", "sqlite"))[:1] == ["create column:t.x"]


def test_a_file_without_the_function_does_nothing() -> None:
    assert read_operations(module_of("x = 1\n"), "upgrade", "postgresql") == ()


@pytest.mark.parametrize(
    ("before", "body"),
    [
        pytest.param("", 'for t in ["a", "b"]:\n    op.drop_table(t)', id="list"),
        pytest.param(
            "TABLES = ('a', 'b')", "for t in TABLES:\n    op.drop_table(t)", id="constant of the module"
        ),
        pytest.param(
            "", 'for t, n in {"a": 1, "b": 2}.items():\n    op.drop_table(t)', id="items of a dictionary"
        ),
        pytest.param("", 'for t, _ in zip(("a", "b"), range(2)):\n    op.drop_table(t)', id="zip and range"),
        pytest.param(
            "", 'for i, t in enumerate(["a", "b"]):\n    op.drop_table(f"{t}")', id="enumerate and f-string"
        ),
        pytest.param("", 'for i in range(2):\n    op.drop_table("ab"[i])', id="element of a range"),
        pytest.param("def drop(t):\n    op.drop_table(t)", 'drop("a")\ndrop(t="b")', id="helper"),
        pytest.param(
            "def each():\n    yield 'a'\n    yield 'b'",
            "for t in each():\n    op.drop_table(t)",
            id="generator",
        ),
        pytest.param(
            "", 'op.execute("DROP TABLE %s" % "a")\nop.execute("DROP TABLE {}".format("b"))', id="formatted"
        ),
        pytest.param("", 'op.execute("; ".join(f"DROP TABLE {t}" for t in ("a", "b")))', id="joined"),
        pytest.param(
            "from textwrap import dedent",
            'op.execute(dedent("""\n  DROP TABLE a;\n  DROP TABLE b;\n"""))',
            id="dedent",
        ),
        pytest.param(
            "", 'op.get_bind().execute(sa.text("DROP TABLE a"))\nop.drop_table("b")', id="connection"
        ),
        pytest.param(
            "",
            'op.get_bind().exec_driver_sql("DROP TABLE a")\nwith op.get_context().autocommit_block():\n    op.drop_table("b")',
            id="driver and autocommit",
        ),
        pytest.param(
            "",
            'if context.is_offline_mode():\n    raise Exception("no")\nop.drop_table("a")\nop.drop_table("b")',
            id="online",
        ),
        pytest.param(
            "", 'try:\n    op.drop_table("a")\nexcept Exception:\n    raise\nop.drop_table("b")', id="try"
        ),
        pytest.param(
            "",
            'rows = op.get_bind().execute(sa.text("SELECT 1")).scalar()\nif rows:\n    op.drop_table("a")\nelse:\n    op.drop_table("b")',
            id="both ways",
        ),
    ],
)
def test_what_literals_tell_is_followed(before: str, body: str) -> None:
    operations = read(body, before=before)

    assert opaque(operations) == []
    assert changes(operations) == ["drop table:a", "drop table:b"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param("op.drop_table(name())", "calls name", id="unknown call as a name"),
        pytest.param("name(op)", "name", id="unknown function with op"),
        pytest.param(
            "from shop.migrate import rebuild\nrebuild()",
            "calls shop.migrate.rebuild",
            id="imported function",
        ),
        pytest.param("import os\nos.system('psql')", "os.system", id="a shell"),
        pytest.param("exec('op.drop_table(1)')", "as it runs", id="exec"),
        pytest.param(
            "import os\nop.execute(os.environ['X'])", "the SQL is not known", id="SQL from the environment"
        ),
        pytest.param(
            "import os\nop.execute(f\"DROP TABLE {os.environ['X']}\")", "put together", id="part of SQL"
        ),
        pytest.param("op.execute(open('x.sql').read())", "the SQL is not known", id="SQL from a file"),
        pytest.param("op.no_such_operation('t')", "no_such_operation", id="unknown operation"),
        pytest.param("op.create_table('t', column())", "a column is not known", id="unknown column"),
        pytest.param(
            "import os\nfor n in os.listdir('.'):\n    op.drop_column('t', n)",
            "the name of the column",
            id="loop",
        ),
        pytest.param("def again(n):\n    again(n + 1)\nagain(1)", "too many levels", id="recursion"),
        pytest.param(
            "for i in range(100_000):\n    op.drop_table('t')", "more than can be followed", id="long loop"
        ),
        pytest.param("sa.MetaData().create_all(op.get_bind())", "create_all", id="create all"),
        pytest.param(
            "c = {'server_default': '1'}\nop.add_column('t', sa.Column(**get()))", "arguments", id="unpacked"
        ),
    ],
)
def test_what_is_dynamic_is_opaque_with_its_reason(body: str, why: str) -> None:
    reasons = opaque(read(body))

    assert any(why in reason for reason in reasons), reasons


def test_what_stands_around_something_opaque_is_read() -> None:
    operations = read('op.drop_table("a")\nmystery()\nop.drop_table("b")')

    assert changes(operations) == ["drop table:a", "drop table:b"]
    assert [o.line for o in operations if o.opaque] == [9]


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        pytest.param("postgresql", ["drop table:a"], id="postgresql"),
        pytest.param("sqlite", ["drop table:b"], id="sqlite"),
    ],
)
def test_a_condition_on_the_dialect_is_decided(dialect: str, expected: list[str]) -> None:
    body = 'if op.get_bind().dialect.name == "postgresql":\n    op.drop_table("a")\nelse:\n    op.drop_table("b")'

    assert changes(read(body, dialect=dialect)) == expected


def test_mariadb_answers_to_either_name() -> None:
    body = 'if op.get_bind().dialect.name == "mysql":\n    op.drop_table("a")\nelse:\n    op.drop_table("b")'

    assert changes(read(body, dialect="mariadb")) == ["drop table:a", "drop table:b"]


def test_a_condition_on_a_column_is_a_look_at_it() -> None:
    body = """
        columns = [c["name"] for c in sa.inspect(op.get_bind()).get_columns("t")]
        if "x" in columns:
            op.execute("UPDATE t SET y = 1")
    """
    operations = read(body)

    assert opaque(operations) == []
    assert has(operations, Access.READ, "column:t.x")
    assert has(operations, Access.WRITE, "values:t.y")


def test_a_guarded_creation_is_a_creation_if_not_exists() -> None:
    body = 'if not sa.inspect(op.get_bind()).has_table("t"):\n    op.create_table("t", sa.Column("x", sa.Integer()))'
    operations = read(body)

    created = [e for o in operations for e in o.effects if e.access is Access.CREATE]
    assert {e.aspect for e in created} == {"if"}
    assert not has(operations, Access.READ, "table:t")


def test_a_guard_on_another_thing_softens_nothing() -> None:
    body = 'if not sa.inspect(op.get_bind()).has_table("t"):\n    op.create_table("u", sa.Column("x", sa.Integer()))'
    operations = read(body)

    assert has(operations, Access.READ, "table:t")
    assert {e.aspect for o in operations for e in o.effects if e.resource == "table:u"} == {""}


def test_names_from_the_inspector_used_in_bulk_look_at_everything() -> None:
    body = """
        found = {c["name"]: c for c in sa.inspect(op.get_bind()).get_columns("t")}
        if "x" in found:
            op.drop_table("a")
    """
    assert has(read(body), Access.NEED, "shape:t")


def test_rows_are_written_to_their_columns() -> None:
    body = """
        t = sa.table("t", sa.column("a"), sa.column("b"), schema="s")
        op.bulk_insert(t, [{"a": 1, "b": value} for value in (1, 2)])
        op.get_bind().execute(t.update().where(t.c.a == sa.select(u.c.id).where(u.c.n == 3)).values(b=4))
    """
    operations = read(body, before='u = sa.table("u", sa.column("id"), sa.column("n"))')

    assert opaque(operations) == []
    assert has(operations, Access.WRITE, "values:s.t.b")
    assert has(operations, Access.READ, "values:u.n")
    assert has(operations, Access.READ, "values:s.t.a")


def test_values_that_are_not_known_never_look_alike() -> None:
    body = (
        'import uuid\nt = sa.table("t", sa.column("a"))\nop.execute(t.update().values(a=str(uuid.uuid4())))'
    )
    one, other = read(body), read(f"{body}\n# another file")
    details = [e.detail for o in (*one, *other) for e in o.effects if e.resource == "values:t.a"]

    assert len(set(details)) == len(details) == 2


def test_rows_gathered_in_a_loop_over_data_are_written() -> None:
    body = """
        found = defaultdict(list)
        for row in op.get_bind().execute(sa.text("SELECT id, n FROM t")):
            found[row.id].append(row.n)
        for key, values in found.items():
            op.get_bind().execute(sa.text("UPDATE u SET n = :n WHERE id = :id"), {"n": values[0], "id": key})
    """
    operations = read(body, before="from collections import defaultdict")

    assert opaque(operations) == []
    assert has(operations, Access.WRITE, "values:u.n")


def test_unpacked_arguments_leave_parameters_unknown() -> None:
    before = """
        def drop(table=None):
            if table is None:
                op.drop_table("none")
            else:
                op.drop_table(table)
    """
    operations = read("import json\ndrop(**json.loads('{}'))", before=before)

    assert "drop table:none" in changes(operations)
    assert opaque(operations) != []


def test_a_session_writes_its_objects() -> None:
    before = """
        class User(Base):
            __tablename__ = "users"
            id = sa.Column(sa.Integer, primary_key=True)
            email = sa.Column("mail", sa.String)
    """
    body = """
        session = sa.orm.Session(bind=op.get_bind())
        for user in session.query(User).filter(User.email == None):
            user.email = "x"
        session.add(User(email="y"))
        session.query(User).filter_by(id=3).delete()
        session.commit()
    """
    operations = read(
        body,
        before=f"from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n{textwrap.dedent(before)}",
    )

    assert opaque(operations) == []
    assert has(operations, Access.READ, "values:users.mail")
    written = {(e.resource, e.aspect) for o in operations for e in o.effects if e.access is Access.WRITE}
    assert {
        ("values:users.mail", "update"),
        ("values:users.mail", "insert"),
        ("rows:users", "delete"),
    } <= written


def test_batch_mode_copies_the_table_in_sqlite_only() -> None:
    body = 'with op.batch_alter_table("t") as batch:\n    batch.drop_column("x")'

    assert changes(read(body, dialect="postgresql")) == ["drop column:t.x"]
    assert "drop table:t" in changes(read(body, dialect="sqlite"))


def test_batch_mode_that_must_not_copy_does_not() -> None:
    body = 'with op.batch_alter_table("t", recreate="never") as batch:\n    batch.drop_column("x")'

    assert changes(read(body, dialect="sqlite")) == ["drop column:t.x"]


def test_a_type_created_where_it_is_missing_is_created_if_not_exists() -> None:
    operations = read('postgresql.ENUM("a", name="mood").create(op.get_bind(), checkfirst=True)')

    assert [(e.resource, e.aspect) for o in operations for e in o.effects if e.resource == "type:mood"] == [
        ("type:mood", "if")
    ]


def test_a_helper_of_the_project_is_followed_where_its_file_is_at_hand() -> None:
    helpers = module_of("from alembic import op\n\ndef drop(name):\n    op.drop_table(name)\n")
    text = 'from shop.helpers import drop\ndef upgrade():\n    drop("a")\n'

    def find_module(path: str) -> Module | None:
        return helpers if path == "shop.helpers" else None

    operations = read_operations(module_of(text), "upgrade", "postgresql", find_module)
    assert changes(operations) == ["drop table:a"]
    assert [o.line for o in operations] == [3]


def test_calls_that_the_project_calls_harmless_are_none() -> None:
    text = 'def upgrade(op, tester):\n    op.drop_table("a")\n    tester.populate("a", tester.Kind.Text)\n'

    assert opaque(read_operations(module_of(text), "upgrade", "postgresql")) != []
    assert (
        opaque(read_operations(module_of(text), "upgrade", "postgresql", None, frozenset({"tester"}))) == []
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            'x = "a"\ntry:\n    risky\n    x = "b"\nexcept Exception:\n    pass\nop.drop_table(x)',
            id="after a try",
        ),
        pytest.param(
            'x = "a"\ndef f():\n    nonlocal x\n    x = "b"\nif op.get_bind().scalar(sa.text("SELECT 1")):\n    f()\nop.drop_table(x)',
            id="after a doubtful nonlocal",
        ),
        pytest.param(
            'x = "a"\nfor row in op.get_bind().execute(sa.text("SELECT 1")):\n    x = "b"\nop.drop_table(x)',
            id="after a loop",
        ),
        pytest.param(
            't = sa.Table("a", sa.MetaData())\nt.name = "b"\nop.execute(t.delete())', id="after a change"
        ),
        pytest.param(
            "x = ['a']\nif op.get_bind().scalar(sa.text('SELECT 1')):\n    x[0] = 'b'\nop.drop_table(x[0])",
            id="after a doubtful change",
        ),
        pytest.param("import subprocess\nsubprocess.Popen(['psql'])", id="another program"),
    ],
)
def test_what_may_have_changed_is_not_taken_as_known(body: str) -> None:
    assert opaque(read(body)) != []


def test_elements_after_one_that_may_be_missing_are_still_met() -> None:
    body = """
        names = []
        if op.get_bind().scalar(sa.text("SELECT 1")):
            names.append("a")
        names.append("b")
        for name in names:
            op.drop_table(name)
            return
    """
    assert changes(read(body)) == ["drop table:a", "drop table:b"]


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        pytest.param("UPDATE t SET a = '{}'", False, id="in a string"),
        pytest.param("UPDATE \"user\" SET a = '{}'", False, id="in a string beside a quoted name"),
        pytest.param("UPDATE t SET a = 1 {}", True, id="anywhere"),
        pytest.param('UPDATE "{}" SET a = 1', True, id="in a name"),
        pytest.param("DO $$ BEGIN EXECUTE '{}'; END $$", True, id="in a block"),
    ],
)
def test_a_hole_in_sql_is_data_only_inside_of_a_string(text: str, is_open: bool) -> None:
    operations = read(f"import uuid\nop.execute({text!r}.format(uuid.uuid4()))")

    assert bool(opaque(operations)) is is_open


def test_a_name_of_the_module_that_a_function_sets_is_known() -> None:
    before = "table = None\ndef choose():\n    global table\n    table = 'a'\n"

    assert changes(read("choose()\nop.drop_table(table)", before=before)) == ["drop table:a"]
