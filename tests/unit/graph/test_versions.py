from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mig.graph.versions import is_stamp, next_version, parse_version, renumber

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
        ("20260506070809", "20260506070810"),
        ("20261231235959", "20270101000000"),
        ("202612312359", "202701010000"),
        ("2026.01.01", "2026.05.06"),
        ("20260101_0101", "20260506_0708"),
        ("2026-01-01-000000-0003", "2026-05-06-070809-0000"),
        ("1600000000", "1778051289"),
        ("1600000000123", "1778051289000"),
        ("2026010203", "2026010204"),
        ("20261399", "20261400"),
        ("2026.1.23", "2026.1.24"),
        ("58/17", "58/18"),
        ("12345678", "12345679"),
    ],
)
def test_the_next_version_is_written_like_the_last(above: str, fresh: str) -> None:
    assert next_version(above, NOW) == fresh


@pytest.mark.parametrize(
    ("ours", "published", "wanted"),
    [
        pytest.param(["0004"], ["0003", "0005"], ["0006"], id="below"),
        pytest.param(["0004"], ["0003"], ["0004"], id="above-already"),
        pytest.param(["0004", "0006"], ["0005"], ["0006", "0007"], id="makes-room"),
        pytest.param(["0004", "0009"], ["0005"], ["0006", "0009"], id="fits-below"),
        pytest.param(["0004", "0004"], [], ["0004", "0005"], id="twice-among-ours"),
        pytest.param(["1_5"], ["1.9", "1.10"], ["1.11"], id="as-theirs-write-it"),
        pytest.param(
            ["20260101000000", "20260102000000"],
            ["20260103000000"],
            ["20260506070809", "20260506070810"],
            id="stamps",
        ),
    ],
)
def test_ours_get_versions_above_theirs_in_their_order(
    ours: list[str], published: list[str], wanted: list[str]
) -> None:
    assert list(renumber(ours, published, NOW)) == wanted
    assert list(renumber(wanted, published, NOW)) == wanted


@pytest.mark.parametrize(
    ("version", "is_time"), [("0007", False), ("1.10", False), ("20260101", True), ("1600000000", True)]
)
def test_a_time_is_told_from_a_number(version: str, is_time: bool) -> None:
    assert is_stamp(version) is is_time


@given(st.from_regex(r"[0-9]{1,20}([._][0-9]{1,5}){0,3}", fullmatch=True))
def test_the_next_version_is_above(above: str) -> None:
    assert parse_version(next_version(above, NOW)) > parse_version(above)
