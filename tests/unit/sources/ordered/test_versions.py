from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mig.sources.ordered.versions import next_version, parse_version

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lower", "higher"),
    [("1.9", "1.10"), ("1_34", "1.35"), ("7", "7.1"), ("0009", "10"), ("20260101", "20260101000000")],
)
def test_versions_are_compared_number_by_number(lower: str, higher: str) -> None:
    assert parse_version(lower) < parse_version(higher)


@pytest.mark.parametrize(("one", "same"), [("1.0", "1"), ("1_34", "1.34"), ("007", "7"), ("0", "000")])
def test_zeros_in_front_and_at_the_end_do_not_count(one: str, same: str) -> None:
    assert parse_version(one) == parse_version(same)


@pytest.mark.parametrize("text", ["", "1.", "x", "1.x", "\u0663", "9" * 101])
def test_what_is_no_version_is_none(text: str) -> None:
    assert parse_version(text) == ()


@pytest.mark.parametrize(
    ("above", "fresh"),
    [
        ("0009", "0010"),
        ("99", "100"),
        ("1.9", "1.10"),
        ("1_09", "1_10"),
        ("20260101000000", "20260506070809"),
        ("20270101000000", "20270101000001"),
        ("2026-01-01-000000", "2026-05-06-070809"),
        ("20260101", "20260506"),
        ("12345678", "12345679"),
    ],
)
def test_the_next_version_is_written_like_the_last(above: str, fresh: str) -> None:
    assert next_version(above, NOW) == fresh


@given(st.from_regex(r"[0-9]{1,20}([._][0-9]{1,5}){0,3}", fullmatch=True))
def test_the_next_version_is_above(above: str) -> None:
    assert parse_version(next_version(above, NOW)) > parse_version(above)
