from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mig.report.escape import one_line, printable, valid_unicode

ANY = st.text(st.characters(exclude_categories=()))


@given(ANY)
def test_one_line_has_nothing_that_a_terminal_obeys(text: str) -> None:
    escaped = one_line(text)
    assert escaped.isprintable()
    assert one_line(escaped) == escaped


@given(ANY)
def test_printable_keeps_line_ends_and_tabs_only(text: str) -> None:
    escaped = printable(text)
    assert escaped.count("\n") == text.count("\n")
    assert all(c.isprintable() or c in "\n\t" for c in escaped)


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert one_line(text) == printable(text) == valid_unicode(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a\x1b[2Jb", "a\\x1b[2Jb", id="escape"),
        pytest.param("a\nb", "a\\x0ab", id="line-end"),
        pytest.param("\u202etxt", "\\u202etxt", id="right-to-left"),
        pytest.param("un\u00a0mot", "un mot", id="no-break-space"),
        pytest.param("\udcff", "\\xff", id="byte-that-is-not-utf8"),
        pytest.param("\U000e0001", "\\U000e0001", id="tag"),
        pytest.param("größe 表", "größe 表", id="letters"),
    ],
)
def test_a_character_is_shown_by_its_number(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_json_text_has_no_surrogates() -> None:
    assert valid_unicode("a\udcff\n\x1b") == "a\\xff\n\x1b"
