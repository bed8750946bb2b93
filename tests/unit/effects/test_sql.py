"""Any text gives operations: read ones with their details, and opaque ones that say what was not read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mig.effects.cursor import MAX_DEPTH
from mig.effects.footprint import Access, Operation
from mig.effects.sql import read_sql, read_statement, read_statements
from mig.effects.tokens import MAX_TOKENS
from mig.model import Statement
from tests.matrix.corpus import DATABASES, read_corpus
from tests.unit.effects.reading import read_only_operation, write_line

DIALECTS = (*DATABASES, "mysql", "oracle")


def detail_of(sql: str, resource: str, access: Access, dialect: str = "postgresql") -> str:
    effects = read_only_operation(sql, dialect).effects
    (detail,) = {e.detail for e in effects if (e.resource, e.access) == (resource, access)}
    return detail


def test_lines_are_those_of_the_file() -> None:
    operations = read_sql("DROP TABLE a;\n\nDROP TABLE b;", "sqlite", first_line=7)
    assert [(operation.line, operation.kind) for operation in operations] == [
        (7, "drop table"),
        (9, "drop table"),
    ]


def test_several_actions_are_named_for_people() -> None:
    operation = read_only_operation("ALTER TABLE t ADD a int, DROP b", "postgresql")
    assert operation.kind == "add column, drop column"


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        pytest.param("FROBNICATE t", "statement frobnicate", id="unknown statement"),
        pytest.param("CREATE GIZMO g", "CREATE gizmo", id="unknown kind"),
        pytest.param("ALTER TABLE t ADD a int, TWIST b", "ALTER TABLE: action twist", id="unknown action"),
        pytest.param("CALL p()", "CALL runs what is not written here", id="call"),
        pytest.param("SELECT prune(1)", "calls prune", id="function with side effects"),
        pytest.param("DO $$ BEGIN EXECUTE 'DROP TABLE t'; END $$", "block with dynamic SQL", id="dynamic"),
        pytest.param("DO $$ BEGIN PERFORM f(); END $$", "block with code that runs", id="block"),
        pytest.param(
            "UPDATE pg_enum SET enumlabel = 'x'",
            "writes to pg_enum, which is the database's own",
            id="catalogue",
        ),
        pytest.param("SELECT (1", "a parenthesis that is never closed", id="open parenthesis"),
    ],
)
def test_what_cannot_be_read_is_opaque_and_says_why(sql: str, reason: str) -> None:
    assert read_only_operation(sql, "postgresql").opaque == reason


def test_an_unknown_action_leaves_the_others_known() -> None:
    operation = read_only_operation("ALTER TABLE t ADD a int, TWIST b, DROP COLUMN c", "postgresql")
    lines = {write_line(effect) for effect in operation.effects}
    assert {"create column:t.a", "drop column:t.c"} <= lines


def test_a_block_that_runs_code_still_has_the_effects_of_its_statements() -> None:
    block = "DO $$ BEGIN IF f() THEN ALTER TABLE t DROP COLUMN a; END IF; END $$"
    operation = read_only_operation(block, "postgresql")
    assert operation.opaque
    assert "drop column:t.a" in {write_line(effect) for effect in operation.effects}


def test_text_that_cannot_be_split_is_opaque() -> None:
    assert read_sql("SELECT 'open", "sqlite")[-1].opaque == "unterminated quoted string"


def test_inserted_literals_stand_one_a_line() -> None:
    sql = "INSERT INTO t (a, b) VALUES (1, now()), (-2, 'x'), (NULL, 1 + 1)"
    assert detail_of(sql, "values:t.a", Access.WRITE) == "1\n-2\nnull"
    assert detail_of(sql, "values:t.b", Access.WRITE) == "volatile\n'x'\nexpression"


@pytest.mark.parametrize(
    ("sql", "detail"),
    [
        pytest.param("INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING", "ignore", id="do nothing"),
        pytest.param("INSERT OR IGNORE INTO t (a) VALUES (1)", "ignore", id="or ignore"),
        pytest.param("INSERT INTO t (a) SELECT 1 FROM u JOIN v ON u.a = v.a", "", id="ON of a join"),
        pytest.param(
            "INSERT INTO t (a) SELECT 1 FROM u WHERE true ON CONFLICT (a) DO UPDATE SET b = 1",
            "upsert",
            id="upsert",
        ),
    ],
)
def test_what_becomes_of_a_row_that_is_there(sql: str, detail: str) -> None:
    assert detail_of(sql, "rows:t", Access.WRITE, "sqlite") == detail


def test_quotes_and_case_that_change_nothing_give_equal_definitions() -> None:
    plain = detail_of("CREATE INDEX i ON t (a, b)", "index:i", Access.CREATE)
    assert detail_of('create  index I on t ("a",B) -- x', "index:i", Access.CREATE) == plain


def test_the_order_of_columns_is_not_in_a_definition() -> None:
    here = detail_of("ALTER TABLE t ADD a int FIRST", "column:t.a", Access.CREATE, "mariadb")
    assert here == detail_of("ALTER TABLE t ADD a int AFTER b", "column:t.a", Access.CREATE, "mariadb")


def test_definitions_that_are_long_differ_by_their_digest() -> None:
    texts = [f"CREATE VIEW v AS SELECT {'a, ' * 300} {last} FROM t" for last in ("b", "c")]
    one, other = (detail_of(text, "view:v", Access.CREATE) for text in texts)
    assert one != other
    assert len(one) < 120


def test_a_name_that_is_taken_within_the_statement_gets_a_number() -> None:
    operation = read_only_operation("CREATE TABLE t (a int CHECK (a > 1) CHECK (a < 9))", "postgresql")
    names = [e.name for e in operation.effects if e.kind == "constraint"]
    assert names == ["t.t_a_check", "t.t_a_check1"]


def test_dialects_go_by_other_names_too() -> None:
    statement = Statement(text="CREATE TABLE public.t (a int)", line=1)
    assert read_statement(statement, "postgres").effects == read_statement(statement, "postgresql").effects


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("SELECT " + "(" * 3000 + "1" + ")" * 3000, id="parentheses"),
        pytest.param("WITH x AS (" * 300 + "SELECT 1" + ") SELECT 1" * 300, id="queries in queries"),
        pytest.param("EXPLAIN ANALYZE " * 5000 + "SELECT 1", id="explain"),
        pytest.param("SELECT (" + "f(" * 500 + "1" + ")" * 500 + ")", id="calls"),
    ],
)
def test_deep_nesting_is_opaque_and_no_crash(text: str, dialect: str) -> None:
    assert read_statement(Statement(text=text, line=1), dialect).opaque


def test_nesting_up_to_the_limit_is_read() -> None:
    depth = MAX_DEPTH - 1
    operation = read_only_operation(f"SELECT {'(' * depth}a{')' * depth} FROM t", "postgresql")
    assert not operation.opaque
    assert "need column:t.a query" in {write_line(effect) for effect in operation.effects}


def test_a_statement_without_end_is_read_up_to_the_limit() -> None:
    text = "INSERT INTO t (a) VALUES " + ", ".join(["(1)"] * (MAX_TOKENS // 3))
    operation = read_statement(Statement(text=text, line=1), "postgresql")
    assert "longer than" in operation.opaque
    assert "write rows:t insert" in {write_line(effect) for effect in operation.effects}


def test_names_times_tables_do_not_explode() -> None:
    names, tables = (", ".join(f"{letter}{n}" for n in range(2000)) for letter in "ct")
    operation = read_statement(Statement(text=f"SELECT {names} FROM {tables}", line=1), "postgresql")
    assert operation.opaque == "more than 200000 effects"


def assert_whole(operations: tuple[Operation, ...]) -> None:
    for operation in operations:
        assert operation.kind
        assert operation.line >= 1
        for effect in operation.effects:
            assert effect.kind
            assert effect.name or effect.kind in {"catalogue", "session"}


FRAGMENTS = [
    "create",
    "table",
    "alter",
    "add",
    "drop",
    "column",
    "constraint",
    "primary",
    "key",
    "unique",
    "check",
    "(",
    ")",
    "(",
    ")",
    ",",
    ",",
    ";",
    ".",
    ".",
    "*",
    "=",
    "::",
    "'x'",
    '"T"',
    "`b`",
    "[c]",
    "1",
    "-2",
    "$$",
    "$$",
    "t",
    "a",
    "b",
    "c",
    "u",
    "new",
    "old",
    "index",
    "on",
    "view",
    "as",
    "select",
    "from",
    "join",
    "using",
    "where",
    "group",
    "by",
    "order",
    "insert",
    "into",
    "values",
    "update",
    "set",
    "delete",
    "returning",
    "conflict",
    "do",
    "nothing",
    "trigger",
    "before",
    "each",
    "row",
    "begin",
    "end",
    "function",
    "returns",
    "language",
    "references",
    "foreign",
    "default",
    "not",
    "null",
    "generated",
    "identity",
    "rename",
    "to",
    "type",
    "enum",
    "value",
    "sequence",
    "policy",
    "grant",
    "comment",
    "is",
    "partition",
    "of",
    "for",
    "with",
    "recursive",
    "union",
    "all",
    "in",
    "exists",
    "case",
    "when",
    "then",
    "if",
    "or",
    "replace",
    "cascade",
    "--",
    "/*",
    "*/",
    "\n",
    "@x",
    ":=",
    "%",
    "{",
    "merge",
    "matched",
    "execute",
    "declare",
    "exclude",
    "like",
    "inherits",
    "nextval",
    "cast",
    "~",
    "'",
    '"',
    "`",
    "\x00",
    "é",
]
WRITTEN = tuple(
    statement
    for database in DATABASES
    for statements in read_corpus(database).operations.values()
    for statement in statements
)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=60), st.sampled_from(DIALECTS))
def test_words_of_sql_in_any_order_give_operations(words: list[str], dialect: str) -> None:
    assert_whole(read_sql(" ".join(words), dialect))
    assert_whole(read_statements([Statement(text=" ".join(words), line=1)], dialect))


@given(st.text(max_size=200), st.sampled_from(DIALECTS))
def test_any_text_gives_operations(text: str, dialect: str) -> None:
    assert_whole(read_statements([Statement(text=text, line=1)], dialect))


@settings(max_examples=300)
@given(
    st.sampled_from(WRITTEN),
    st.sampled_from(WRITTEN),
    st.floats(min_value=0, max_value=1),
    st.floats(min_value=0, max_value=1),
    st.sampled_from(DIALECTS),
)
def test_statements_cut_and_joined_anywhere_give_operations(
    one: str, other: str, cut: float, joint: float, dialect: str
) -> None:
    text = one[: int(len(one) * cut)] + other[int(len(other) * joint) :]
    assert_whole(read_statements([Statement(text=text, line=1)], dialect))
