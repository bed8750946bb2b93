from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mig.errors import SourceError, UsageError
from mig.model import Lineage, LineageSnapshot
from mig.sources.base import Draft
from mig.sources.native_sql import take_apart
from mig.sources.registry import find_source
from mig.sqltext.split import split
from mig.usecases.compose import Composed, compose, one_line
from mig.usecases.project import open_project

NATIVE = LineageSnapshot(lineage=Lineage(name="default", source="native", paths=("migrations",)))


def composed(message: str, *, up: str = "", ending: str = "", parents: tuple[str, ...] = ()) -> Composed:
    with tempfile.TemporaryDirectory() as folder:
        draft = Draft(
            id="",
            parents=parents,
            message=message,
            created=datetime(2026, 11, 20, 10, 15, tzinfo=UTC),
            up=up,
            ending=ending,
        )
        return compose(open_project(Path(folder)), NATIVE, draft)


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60)


@example('ends with a quote "', ".py")
@example("back\\slash \\N{DASH} \\", ".py")
@example('"""', ".py")
@example("-- not the end */ {curly} %s", ".sql")
@given(TEXTS, st.sampled_from([".sql", ".py"]))
def test_any_message_is_read_back_as_it_was_written(message: str, ending: str) -> None:
    assume(message.split() and not message.strip().startswith("mig:"))
    made = composed(message, ending=ending, parents=("0123456789ab", "ba9876543210"))
    reading = find_source("native").read(made.path, made.change.after)
    assert reading.id == made.id
    assert tuple(reading.parents) == made.parents
    assert reading.description == " ".join(message.split())
    assert {problem[0] for problem in reading.problems} <= {"MIG005"}


LINES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30),
        st.sampled_from(
            [
                "SELECT 1;",
                "SELECT ';';",
                "-- a comment",
                "",
                "  ",
                "/* ; */",
                "$$ ; $$;",
                "INSERT INTO t VALUES ('é');",
            ]
        ),
    ),
    min_size=1,
    max_size=8,
)


@given(LINES)
def test_any_sql_is_read_back_as_it_was_written_or_refused(lines: list[str]) -> None:
    text = "\n".join(lines)
    assume(text.strip())
    try:
        made = composed("a change", up=text)
    except UsageError:
        return
    parts = take_apart(made.change.after.decode())
    assert [section.kind for section in parts.sections] == ["up", "down"]
    assert parts.sections[0].text.strip("\n") == text.strip("\n")
    found, source = split(text, "postgresql"), find_source("native")
    if found.problems:
        with pytest.raises(SourceError):
            source.script(made.path, made.change.after, "postgresql")
        return
    script = source.script(made.path, made.change.after, "postgresql")
    assert [statement.text for statement in script.up] == [one.text for one in found.statements]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("SELECT 1;\n-- mig:down\nDROP TABLE users;", id="second-down"),
        pytest.param("-- mig:up\nSELECT 1;", id="second-up"),
        pytest.param("-- mig:id 0123456789ab\nSELECT 1;", id="id"),
        pytest.param("SELECT 1;\n--mig:parents 0123456789ab", id="parents"),
        pytest.param("-- mig:no-transction\nSELECT 1;", id="unknown"),
    ],
)
def test_sql_that_would_be_read_as_something_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be kept as the up section"):
        composed("a change", up=text)


def test_directives_that_belong_into_a_section_are_kept() -> None:
    text = "-- mig:statement\nCREATE FUNCTION f() AS 'a; b';\n-- mig:end"
    assert text in composed("a change", up=text).change.after.decode()


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param(" \n ", "empty", id="blank"),
        pytest.param("mig:up", "cannot begin with mig:", id="directive"),
        pytest.param("a\x1b[31m", "control characters", id="escape"),
        pytest.param("a\udcff", "control characters", id="not-unicode"),
    ],
)
def test_a_message_that_no_file_can_hold_is_refused(message: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        one_line(message)


def test_a_message_is_put_on_one_line() -> None:
    assert one_line("  Add users.email\n\n  and more\t") == "Add users.email and more"


def test_a_lineage_at_the_root_gets_its_file_there() -> None:
    root = LineageSnapshot(lineage=Lineage(name="default", source="native", paths=("",)))
    draft = Draft(id="", parents=(), message="a", created=datetime(2026, 1, 1, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as folder:
        assert compose(open_project(Path(folder)), root, draft).path == "20260101000000_a.sql"
