from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mig.errors import SourceError
from mig.sources.base import Reading
from mig.sources.native import NativeSource
from tests.repositories import native

ID, PARENT, OTHER = "9f31c0a2b7de", "51d0c3a9e8f2", "77bc02d1a9e0"
SOURCE = NativeSource()

PYTHON = f'''"""Add a table.

More about it.
"""
import sqlalchemy as sa

id = "{ID}"
parents = ("{PARENT}",)


def up(op):
    op.execute("CREATE TABLE t (i int)")


def down(op):
    op.drop_table("t")
'''


def sql(data: str | bytes) -> Reading:
    return SOURCE.read("migrations/x.sql", data.encode() if isinstance(data, str) else data)


def python(data: str | bytes) -> Reading:
    return SOURCE.read("migrations/x.py", data.encode() if isinstance(data, str) else data)


def found(reading: Reading) -> list[tuple[object, object]]:
    return [(code, line) for code, _, line in reading.problems]


def messages(reading: Reading) -> str:
    return "\n".join(str(message) for _, message, _ in reading.problems)


def good(up: str = "SELECT 1;", header: str = "") -> str:
    return native(ID, PARENT, up, "SELECT 2;", header=header, description="Add a thing.")


def test_a_whole_sql_file_is_read() -> None:
    reading = sql(
        native(
            ID,
            [PARENT, OTHER],
            "SELECT 1;",
            "SELECT 2;",
            header=f"-- mig:no-transaction\n-- mig:order {PARENT} {OTHER}\n-- mig:phase expand",
            description="Join both.\n-- Because.\n--\n-- Not the first paragraph.",
        )
    )
    assert reading.problems == ()
    assert (reading.id, reading.parents, reading.line) == (ID, (PARENT, OTHER), 1)
    assert reading.description == "Join both. Because."
    assert (reading.reversible, reading.transactional) == (True, False)
    migration = reading.migration("default", "migrations/x.sql")
    assert migration.order == ((PARENT, OTHER),)
    assert [(d.name, d.value, d.line) for d in migration.directives] == [
        ("no-transaction", "", 3),
        ("order", f"{PARENT} {OTHER}", 4),
        ("phase", "expand", 5),
    ]


def test_directives_inside_a_section_are_kept_too() -> None:
    reading = sql(good('-- mig:touches column:users.email write\n-- mig:ignore MIG301 "known"\nSELECT 1;'))
    assert reading.problems == ()
    assert [d[0] for d in reading.directives] == ["touches", "ignore"]


def test_a_whole_python_file_is_read() -> None:
    reading = python(PYTHON)
    assert reading.problems == ()
    assert (reading.id, reading.parents, reading.line) == (ID, (PARENT,), 7)
    assert reading.description == "Add a table."
    assert (reading.reversible, reading.transactional) == (True, True)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", [("MIG009", 0)], id="empty"),
        pytest.param(b" \r\n\t\n", [("MIG009", 0)], id="blank"),
        pytest.param(b"\xef\xbb\xbf", [("MIG009", 0)], id="only-a-mark"),
        pytest.param(b"-- mig:id x\n-- caf\xe9\n", [("MIG001", 2)], id="latin-1"),
        pytest.param(good().encode("utf-16"), [("MIG001", 1)], id="utf-16"),
        pytest.param(b"\xef\xbb\xbf" + good().encode(), [("MIG010", 1)], id="mark"),
        pytest.param(good().replace("\n", "\r\n").encode(), [("MIG011", 1)], id="crlf"),
        pytest.param(good().replace("SELECT 1;", "SELECT 1;\r").encode(), [("MIG011", 6)], id="one-cr"),
        pytest.param(
            good("<<<<<<< HEAD\nSELECT 1;\n=======\nSELECT 2;\n>>>>>>> other").encode(),
            [("MIG012", 6)],
            id="conflict",
        ),
        pytest.param(good("/*\n=======\n*/ SELECT 1;").encode(), [], id="a-line-is-no-conflict"),
        pytest.param(b"SELECT 1;\n", [("MIG005", 1), ("MIG002", 1)], id="nothing-of-ours"),
        pytest.param(f"-- mig:id {ID}\nSELECT 1;\n".encode(), [("MIG005", 1)], id="no-up"),
        pytest.param(native(ID, PARENT, "").encode(), [("MIG005", 4)], id="empty-up"),
        pytest.param(
            native(ID, PARENT, "-- nothing\n/* at all */").encode(), [("MIG005", 4)], id="only-comments"
        ),
        pytest.param(native(ID, [PARENT, OTHER], "").encode(), [], id="a-merge-may-be-empty"),
        pytest.param(good("INSERT INTO t VALUES ('it\n);").encode(), [("MIG006", 6)], id="open-quote"),
        pytest.param(good("SELECT $$ x;").encode(), [], id="no-problem-in-every-dialect"),
        pytest.param(good("/* open").encode(), [("MIG006", 6)], id="open-comment"),
    ],
)
def test_bytes_that_are_wrong_are_found_on_their_line(data: bytes, expected: list[tuple[str, int]]) -> None:
    assert found(sql(data)) == expected


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        pytest.param("-- mig:irreversable", "MIG003", "did you mean mig:irreversible?", id="unknown"),
        pytest.param("-- mig:", "MIG003", "unknown directive mig:", id="no-name"),
        pytest.param("--mig:ID x", "MIG003", "unknown directive mig:ID", id="capitals"),
        pytest.param(
            "-- mig:no-transaction please", "MIG003", "mig:no-transaction takes no value", id="nothing"
        ),
        pytest.param(
            "-- mig:irreversible yes", "MIG003", "mig:irreversible takes no value", id="irreversible"
        ),
        pytest.param("-- mig:order 9f31c0a2b7de", "MIG003", "must be written: order FIRST_ID", id="order"),
        pytest.param(f"-- mig:order {ID} {ID}", "MIG003", "must be written: order", id="order-of-one"),
        pytest.param("-- mig:phase later", "MIG003", "phase expand, or phase contract", id="phase"),
        pytest.param("-- mig:touches users", "MIG003", "touches KIND:NAME ACCESS", id="touches"),
        pytest.param("-- mig:touches column:users.email look", "MIG003", "touches KIND", id="access"),
        pytest.param(f"-- mig:commutes-with {ID}", "MIG003", 'commutes-with ID "REASON"', id="commutes"),
        pytest.param("-- mig:ignore MIG301", "MIG003", 'ignore MIG3xx "REASON"', id="ignore"),
        pytest.param("-- mig:statement", "MIG003", "mig:statement belongs inside a section", id="statement"),
        pytest.param("-- mig:dialect sqlite", "MIG003", "mig:dialect belongs inside a section", id="dialect"),
        pytest.param(
            "-- mig:id 000000000000", "MIG004", "mig:id stands in line 1 and again in line 3", id="id"
        ),
        pytest.param("-- mig:parents", "MIG004", "mig:parents stands in line 2 and again", id="parents"),
    ],
)
def test_a_wrong_directive_in_the_header_is_named_with_its_line(line: str, code: str, message: str) -> None:
    reading = sql(good(header=line))
    assert (code, 3) in found(reading)
    assert message in messages(reading)
    assert reading.id == ID
    assert reading.parents == (PARENT,)


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        pytest.param("-- mig:dialect oracle", "MIG003", "must be one of postgresql", id="dialect"),
        pytest.param("-- mig:dialect", "MIG003", "must be one of postgresql", id="no-dialect"),
        pytest.param("-- mig:no-transaction", "MIG003", "belongs above the first section", id="transaction"),
        pytest.param(f"-- mig:parents {OTHER}", "MIG004", "mig:parents stands in line 2", id="parents"),
        pytest.param("-- mig:up", "MIG004", "mig:up stands in line 5 and again in line 6", id="up"),
    ],
)
def test_a_wrong_directive_in_a_section_is_named_with_its_line(line: str, code: str, message: str) -> None:
    reading = sql(good(f"{line}\nSELECT 1;"))
    assert (code, 6) in found(reading)
    assert message in messages(reading)
    assert reading.parents == (PARENT,)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("12345", id="short"),
        pytest.param("9F31C0A2B7DE", id="capitals"),
        pytest.param("9f31c0a2b7de0", id="long"),
        pytest.param("\uff19f31c0a2b7de", id="wide-digit"),
        pytest.param("", id="none"),
    ],
)
def test_an_id_is_12_lower_case_hex_digits(value: str) -> None:
    reading = sql(native(value, PARENT, "SELECT 1;"))
    assert reading.id == ""
    assert ("MIG002", 1) in found(reading)
    assert "12 lower-case hexadecimal digits" in messages(reading)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("x", "not 'x'", id="no-id"),
        pytest.param(f"{PARENT},", "not ''", id="comma"),
        pytest.param(f"{PARENT} {OTHER}", "separated by commas", id="space"),
        pytest.param(f"{PARENT}, {PARENT}", f"names {PARENT} twice", id="twice"),
    ],
)
def test_parents_are_ids_separated_by_commas(value: str, message: str) -> None:
    reading = sql(native(ID, value, "SELECT 1;"))
    assert found(reading) == [("MIG002", 2)]
    assert message in messages(reading)


def test_sections_may_stand_once_for_each_dialect() -> None:
    up = "-- mig:dialect postgresql, sqlite\nSELECT 1;\n-- mig:up\n-- mig:dialect mysql\nSELECT 2;"
    assert found(sql(good(up))) == []
    twice = up.replace("mysql", "sqlite")
    assert found(sql(good(twice))) == [("MIG004", 8)]


def test_the_checksum_counts_up_and_down_and_nothing_else() -> None:
    reading = sql(good())
    same = [
        good().replace("\n", "\r\n"),
        "\ufeff" + good(),
        good().replace("SELECT 1;", "SELECT 1;  \t"),
        good() + "\n\n",
        good(header="-- mig:irreversible"),
        good().replace("Add a thing.", "Add another."),
        good().replace(PARENT, OTHER),
        good().replace("-- mig:up", "--  mig:up"),
    ]
    assert {sql(text).checksum for text in same} == {reading.checksum}
    other = [
        good("SELECT 3;"),
        good().replace("SELECT 2", "SELECT 1"),
        good().replace("SELECT 1;", " SELECT 1;"),
    ]
    assert reading.checksum not in {sql(text).checksum for text in other}


def test_moving_a_statement_from_up_to_down_is_another_checksum() -> None:
    one, other = native(ID, "", "SELECT 1;", ""), native(ID, "", "", "SELECT 1;")
    assert sql(one).checksum != sql(other).checksum


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(good(), True, id="down"),
        pytest.param(native(ID, PARENT, "SELECT 1;", None), False, id="no-down"),
        pytest.param(native(ID, PARENT, "SELECT 1;", "-- nothing"), False, id="empty-down"),
        pytest.param(good(header="-- mig:irreversible"), False, id="declared"),
        pytest.param(native(ID, [PARENT, OTHER], "", None), True, id="empty-merge"),
    ],
)
def test_what_can_be_reverted(text: str, expected: object) -> None:
    assert sql(text).reversible is expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(f'"{ID}"', '"12345"', [("MIG002", 7)], id="id"),
        pytest.param(f'id = "{ID}"', "id = make()", [("MIG002", 7)], id="computed-id"),
        pytest.param(f'id = "{ID}"', "", [("MIG002", 1)], id="no-id"),
        pytest.param(f'("{PARENT}",)', f'"{PARENT}"', [("MIG002", 8)], id="parents-text"),
        pytest.param(f'("{PARENT}",)', f'("{PARENT}", "{PARENT}")', [("MIG002", 8)], id="parents-twice"),
        pytest.param(f'("{PARENT}",)', "(1,)", [("MIG002", 8)], id="parents-number"),
        pytest.param(f'("{PARENT}",)', "find()", [("MIG002", 8)], id="parents-computed"),
        pytest.param("def up(", "def upp(", [("MIG005", 1)], id="no-up"),
        pytest.param("def up(op):", "def up(op:", [("MIG006", 11)], id="syntax"),
        pytest.param(
            "import sqlalchemy", f'id = "{OTHER}"\nimport sqlalchemy', [("MIG004", 8)], id="id-twice"
        ),
        pytest.param("import", "# mig:no-transction\nimport", [("MIG003", 5)], id="unknown"),
        pytest.param("import", "# mig:up\nimport", [("MIG003", 5)], id="sql-only"),
        pytest.param("def up", "<<<<<<< HEAD\ndef up", [("MIG012", 11)], id="conflict"),
    ],
)
def test_a_wrong_python_file_is_named_with_its_line(
    old: str, new: str, expected: list[tuple[str, int]]
) -> None:
    assert found(python(PYTHON.replace(old, new, 1))) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", [("MIG009", 0)], id="empty"),
        pytest.param(b"\xef\xbb\xbf\n", [("MIG009", 0)], id="only-a-mark"),
        pytest.param(PYTHON.encode().replace(b"More", b"M\xe9re"), [("MIG001", 3)], id="latin-1"),
        pytest.param(b"\xef\xbb\xbf" + PYTHON.encode(), [("MIG010", 1)], id="mark"),
        pytest.param(PYTHON.replace("\n", "\r\n").encode(), [("MIG011", 1)], id="crlf"),
        pytest.param(b"(" * 5000, [("MIG006", 1)], id="deep"),
        pytest.param(b"x = " + b"-" * 50_000 + b"1", [("MIG006", 0)], id="deeper"),
        pytest.param(b"a\0b", [("MIG006", 1)], id="nul"),
    ],
)
def test_python_bytes_that_are_wrong_are_found_on_their_line(
    data: bytes, expected: list[tuple[str, int]]
) -> None:
    assert found(python(data)) == expected


def test_the_python_checksum_leaves_docstring_and_header_out() -> None:
    reading = python(PYTHON)
    same = [
        PYTHON.replace("\n", "\r\n"),
        PYTHON.replace("Add a table.", "Make one."),
        PYTHON.replace(f'("{PARENT}",)', f'["{PARENT}", "{OTHER}"]'),
        PYTHON.replace('drop_table("t")', 'drop_table("t")   '),
    ]
    assert {python(text).checksum for text in same} == {reading.checksum}
    assert python(PYTHON.replace("i int", "i text")).checksum != reading.checksum


def test_a_python_down_that_does_nothing_reverts_nothing() -> None:
    assert not python(PYTHON.replace('op.drop_table("t")', "pass")).reversible
    assert not python(PYTHON.replace("def down", "def dwn")).reversible
    empty = PYTHON.replace('op.drop_table("t")', "pass").replace(
        'op.execute("CREATE TABLE t (i int)")', "pass"
    )
    assert python(empty).reversible


def test_a_script_with_an_open_quote_is_refused() -> None:
    with pytest.raises(SourceError, match=r"x\.sql:6: "):
        SOURCE.script("x.sql", good("SELECT 'a;").encode(), "postgresql")


def test_a_hundred_thousand_statements_are_read() -> None:
    reading = sql(good("INSERT INTO t VALUES (1);\n" * 100_000))
    assert (reading.id, reading.problems) == (ID, ())
    script = SOURCE.script("x.sql", good("INSERT INTO t VALUES (1);\n" * 100_000).encode(), "postgresql")
    assert len(script.up) == 100_000
    assert script.up[-1].line == 100_005


# A reader that is only a little simpler needs hours for some of these.
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(good("x" + " " * 1_000_000 + "x;"), id="spaces"),
        pytest.param(good("-- mig:zzz\n" * 100_000), id="unknown-directives"),
        pytest.param(good("-- mig:touches column:a.b write\n" * 100_000), id="directives"),
        pytest.param(native(ID, [PARENT] * 100_000, "SELECT 1;"), id="parents"),
        pytest.param(good(f"-- mig:{'z' * 1_000_000}\n"), id="long-name"),
        pytest.param(good("-- mig:up\nSELECT 1;\n" * 30_000), id="sections"),
        pytest.param("\n" * 1_000_000 + good(), id="lines"),
    ],
)
def test_hostile_text_is_read_in_the_time_of_its_size(data: str) -> None:
    reading = sql(data)
    python_reading = python(data.replace("--", "#"))
    assert len(json.dumps(reading)) < 20_000_000
    assert len(json.dumps(python_reading)) < 20_000_000


def carried(reading: Reading) -> Reading:
    """What a cache gives back: the same, with lists for tuples."""
    return Reading._make(json.loads(json.dumps(reading)))


PIECES = (
    "-- mig:id 9f31c0a2b7de\n",
    "-- mig:parents 51d0c3a9e8f2, 77bc02d1a9e0\n",
    "-- mig:up\n",
    "-- mig:down\n",
    "-- mig:dialect sqlite\n",
    "-- mig:statement\n",
    "-- mig:end\n",
    "-- mig:order 9f31c0a2b7de 51d0c3a9e8f2\n",
    "SELECT 'it;\n",
    "$$",
    "/*",
    "\r",
    "\ufeff",
    "\x85",
    "id = '9f31c0a2b7de'\n",
    "parents = ()\n",
    "parents = ['51d0c3a9e8f2', *x]\n",
    "def up(op): pass\n",
    "# mig:irreversible\n",
    '"""',
    "\0",
)
HOSTILE = st.one_of(
    st.binary(max_size=300),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=12).map(
        lambda pieces: "".join(pieces).encode("utf-8", "surrogatepass")
    ),
)


@given(HOSTILE)
@example(b"-- mig:id 9f31c0a2b7de\n-- mig:up\n\xed\xb2\x80")
def test_any_bytes_give_a_reading_that_json_carries(data: bytes) -> None:
    for path in ("x.sql", "x.py", "X.SQL"):
        reading = SOURCE.read(path, data)
        assert SOURCE.read(path, data) == reading
        assert carried(reading).migration("l", path) == reading.migration("l", path)
        assert all(
            isinstance(code, str) and isinstance(line, int) and line >= 0
            for code, _, line in reading.problems
        )
        assert reading.id or reading.problems
        lines = data.count(b"\n") + data.count(b"\r") + data.count(b"\x0c") + 1
        assert all(int(line) <= lines for _, _, line in reading.problems)


@given(HOSTILE)
def test_what_was_read_without_problem_gives_a_script(data: bytes) -> None:
    for path in ("x.sql", "x.py"):
        reading = SOURCE.read(path, data)
        if reading.id and not reading.problems:
            with contextlib.suppress(SourceError):
                assert (
                    SOURCE.script(path, data, "postgresql").language
                    == {"x.sql": "sql", "x.py": "python"}[path]
                )
