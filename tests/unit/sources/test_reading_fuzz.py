# ruff: noqa: E501, SIM905 - fragments read best as they are written
"""Whatever a file holds, reading, splitting and comparing it raises nothing but the project's errors."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from mig.config import load_config
from mig.conflicts.closure import build_schema
from mig.conflicts.compare import compare_footprints
from mig.effects.footprint import Footprint
from mig.effects.sql import read_sql
from mig.errors import MigError
from mig.findings import Verdict
from mig.model import Script
from mig.sources import native_sql
from mig.sources.native import NativeSource
from mig.sources.python_operations import read_file
from mig.sqltext.split import split
from tests.matrix.corpus import DATABASES, read_corpus

if TYPE_CHECKING:
    from collections.abc import Sequence

DIALECTS = (*DATABASES, "mysql", "oracle", "")
MODEST = settings(max_examples=60, deadline=None, derandomize=True)

SCRIPTS = [(each, "; ".join(texts)) for each in DATABASES for texts in read_corpus(each).operations.values()]
PIECES = (
    "' \" ` $$ $a$ /* */ /*! -- # ; ;; // ( ) (( )) [ ] { } , . :: : = \\ \\. @ @@ \0 \n \r \x1a \ufeff \ud800 E' X' "
    "BEGIN END CASE LOOP AS DO DELIMITER COPY FROM stdin CREATE TRIGGER FUNCTION TABLE SELECT UPDATE SET ALTER DROP "
    "CHECK REFERENCES GRANT WITH NOT NULL 9999999999999999999999 1e999 é 🙂 İ"
).split(" ")
DIRECTIVES = (
    "-- mig:id aaaaaaaaaaaa",
    "-- mig:parents aaaaaaaaaaaa, bbbbbbbbbbbb",
    "-- mig:parents ,,",
    "-- mig:up",
    "-- mig:down",
    "-- mig:dialect sqlite",
    "-- mig:statement",
    "-- mig:end",
    "-- mig:no-transaction",
    "-- mig:order aaaaaaaaaaaa bbbbbbbbbbbb",
    "-- mig:touches column:t.a write",
    '-- mig:commutes-with aaaaaaaaaaaa "why"',
    "-- mig:",
    "DELIMITER //",
    "CREATE TABLE t (a int);",
    "SELECT 'open",
)
PYTHON = """id = "aaaaaaaaaaaa"
parents = ["bbbbbbbbbbbb"]

import sqlalchemy as sa
from alembic import op

def up(op):
    table = op.create_table("t", sa.Column("id", sa.Integer(), primary_key=True), sa.UniqueConstraint("id"))
    for name in ("a", "b"):
        op.add_column("t", sa.Column(name, sa.String(10), nullable=False, server_default=f"{name}!"))
    with op.batch_alter_table("t") as batch:
        batch.alter_column("a", new_column_name="c", type_=sa.Text())
        batch.create_foreign_key(None, "u", ["c"], ["id"], ondelete="CASCADE")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("UPDATE t SET a = %s WHERE b IN ('x', 'y')" % (1 + 2,))
    op.bulk_insert(table, [{"id": i, "a": str(i)} for i in range(3)])
"""
CONFIG = """source = "native"
path = "migrations"
dialect = "postgresql"
base = "origin/main"
on_divergence = "block"
unknown = "warn"

[python]
harmless = ["tester"]

[databases.default]
url = "env:DATABASE_URL"
lock_timeout = "5s"
"""


@st.composite
def mutated(draw: st.DrawFn, text: str, pieces: Sequence[str]) -> str:
    """A text with some of its parts cut out, doubled, swapped or replaced by fragments."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        part = draw(
            st.one_of(st.sampled_from(pieces), st.just(""), st.just(text[start:end] * 2), st.text(max_size=5))
        )
        text = text[:start] + part + text[end:]
    return text


SQL = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join),
    st.sampled_from(SCRIPTS).map(lambda each: each[1]),
    st.sampled_from(SCRIPTS).flatmap(lambda each: mutated(each[1], PIECES)),
)


def assert_nothing_lost(text: str, dialect: str) -> None:
    """Every statement stands in the text as it is, in order, and only space and comments between them."""
    found = split(text, dialect)
    at, line = 0, 1
    for statement in found.statements:
        assert statement.line >= line
        place = text.find(statement.text, at)
        assert place >= at, statement.text
        at, line = place + len(statement.text), statement.line
    if not found.problems and not found.statements:
        # What no statement holds is no SQL: to split it again with one after it finds that one alone.
        assert len(split(text + "\n; SELECT 1", dialect).statements) <= 1


@MODEST
@given(SQL, st.sampled_from(DIALECTS))
def test_splitting_keeps_what_there_is(text: str, dialect: str) -> None:
    assert_nothing_lost(text, dialect)


@MODEST
@given(SQL, st.sampled_from(DIALECTS))
def test_any_sql_gives_operations(text: str, dialect: str) -> None:
    for operation in read_sql(text, dialect):
        assert operation.line >= 1
        assert operation.kind
        assert all(
            ":" in effect.resource or effect.kind in {"session", "catalogue"} for effect in operation.effects
        )


@MODEST
@given(st.sampled_from(SCRIPTS), st.data())
def test_what_is_around_a_broken_statement_is_read(script: tuple[str, str], data: st.DataObject) -> None:
    database, text = script
    broken = data.draw(
        st.sampled_from(("CREAT TABLE x (a int)", "ALTER TABLE x TWIST b", "SELECT (1", ") x"))
    )
    clean = read_sql(text, database)
    found = read_sql(f"{broken};\n{text}", database)
    assert found[0].opaque
    assert [o.effects for o in found[1:]] == [o.effects for o in clean]


@MODEST
@given(mutated(PYTHON, PIECES), st.sampled_from(DIALECTS[:4]), st.sampled_from(("up", "upgrade")))
def test_any_python_gives_operations(text: str, dialect: str, function: str) -> None:
    for operation in read_file(text.encode("utf-8", "surrogatepass"), function, dialect):
        assert operation.line >= 1


@MODEST
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.sampled_from(DIRECTIVES), max_size=12).map(lambda lines: "\n".join(lines).encode()),
        mutated("\n".join(DIRECTIVES), (*DIRECTIVES, *PIECES)).map(
            lambda t: t.encode("utf-8", "surrogatepass")
        ),
    ),
    st.sampled_from((".sql", ".py")),
)
def test_any_native_file_gives_a_reading(data: bytes, ending: str) -> None:
    source, path = NativeSource(), f"migrations/a{ending}"
    last = data.count(b"\n") + data.count(b"\r") + 1
    assert all(0 <= int(line) <= last for _, _, line in source.read(path, data).problems)
    assert all(operation.line >= 1 for operation in source.operations(path, data, "sqlite"))
    with suppress(MigError):
        assert isinstance(source.script(path, data, "sqlite"), Script)
    with suppress(MigError):
        native_sql.reparent_sql(path, data, ("cccccccccccc",))


@MODEST
@given(
    mutated(CONFIG, ("[", "]", "=", '"', "\n", "[databases.x]", "true", "[[python]]", "path = 1", *PIECES))
)
def test_any_configuration_is_read_or_refused(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "mig.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
        with suppress(MigError):
            assert load_config(Path(folder), Path(folder)).file == "mig.toml"


@settings(MODEST, max_examples=40)
@given(SQL, SQL, st.sampled_from(SCRIPTS), st.sampled_from(DATABASES))
def test_any_two_scripts_can_be_compared(one: str, other: str, base: tuple[str, str], dialect: str) -> None:
    schema = build_schema([Footprint(operations=read_sql(base[1], dialect))], dialect, is_complete=False)
    first, second = (Footprint(operations=read_sql(text, dialect)) for text in (one, other))
    there, back = (
        compare_footprints(a, b, schema, dialect).verdict for a, b in ((first, second), (second, first))
    )
    assert there is back
    if first.is_opaque and second.operations and any(o.effects for o in second.operations):
        assert there is not Verdict.COMMUTE
