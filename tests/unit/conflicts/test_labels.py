from __future__ import annotations

import pytest

from mig.conflicts.labels import labels_meet


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("'a'", "'a'"),
        ("'a'", "'b' before 'a'"),
        ("'b' after 'a'", "'a' if not exists"),
        ("'a' after 'x'", "'a' before 'y' if not exists"),
        ("'a'", "E'b'"),
    ],
)
def test_one_that_names_the_other_or_cannot_be_read_meets_it(one: str, other: str) -> None:
    assert labels_meet(one, other)
    assert labels_meet(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("'a' after 'x'", "'b' before 'x'"), ("'a'", "'A'"), ("'it''s'", "'it' if not exists")],
)
def test_labels_of_their_own_do_not_meet(one: str, other: str) -> None:
    assert not labels_meet(one, other)
