from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mig.report.layout import WHOLE, Line, Span, cells, clip, fit, pad, plain, span, width_of

lines = st.lists(
    st.builds(span, st.text("ab é表", max_size=12), st.sampled_from(["", "dim", "path", "id"])), max_size=6
).map(tuple)


def text_of(line: Line) -> str:
    return "".join(piece.text for piece in line)


@given(lines, st.integers(4, 40), st.integers(0, 3))
def test_a_fitted_line_keeps_every_word_and_breaks_nothing_whole(line: Line, width: int, indent: int) -> None:
    rows = list(fit(line, width, indent))
    assert "".join(map(text_of, rows)).replace(" ", "") == text_of(line).replace(" ", "")
    for piece in line:
        if piece.style in WHOLE and piece.text.strip():
            assert any(piece.text.strip() in text_of(row) for row in rows)


@given(st.lists(st.text("ab", min_size=1, max_size=8), min_size=1), st.integers(12, 40))
def test_a_fitted_line_is_no_wider_than_the_terminal(words: list[str], width: int) -> None:
    rows = list(fit((span(" ".join(words)),), width, 4))
    assert max(map(width_of, rows)) <= width
    assert all(text_of(row).startswith("    ") for row in rows[1:])


def test_a_word_of_several_styles_is_not_broken() -> None:
    line = (span("see "), span("a.sql:1", "path"), span(", then "), span("mig rebase", "command"), span("."))
    assert [text_of(row).strip() for row in fit(line, 13)] == ["see a.sql:1,", "then", "mig rebase."]


def test_without_a_width_nothing_is_broken() -> None:
    line = (span("word " * 100),)
    assert list(fit(line, None)) == [line]


@given(lines, st.integers(3, 40))
def test_a_clipped_line_fits(line: Line, width: int) -> None:
    clipped = clip(line, width)
    assert width_of(clipped) <= width
    if width_of(line) <= width:
        assert clipped == line
    else:
        assert text_of(clipped).endswith("...")


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("é", 1), ("e\u0301", 1), ("表", 2), ("", 0)])
def test_a_text_takes_the_columns_that_a_terminal_gives_it(text: str, columns: int) -> None:
    assert cells(text) == columns
    assert cells(pad(text, 5)) == 5


def test_plain_text_has_no_space_at_the_ends_of_lines() -> None:
    assert plain([(Span("a  "), Span("  ")), ()]) == "a\n\n"
