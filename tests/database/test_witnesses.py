"""What witnesses say against what real databases do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.matrix.claims import find_claims, find_untrue
from tests.matrix.oracle import open_oracle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.matrix.oracle import Oracle


@pytest.fixture(scope="module")
def oracle(request: pytest.FixtureRequest) -> Iterator[Oracle]:
    database = request.param
    url = "" if database == "sqlite" else request.getfixturevalue(f"{database}_url")
    with open_oracle(database, url) as opened:
        yield opened


@pytest.mark.parametrize(
    ("oracle", "share", "least"),
    [
        pytest.param("sqlite", 1.0, 100, id="sqlite"),
        pytest.param("postgresql", 0.25, 40, id="postgresql", marks=pytest.mark.postgresql),
    ],
    indirect=["oracle"],
)
def test_what_a_witness_says_happens(oracle: Oracle, share: float, least: int) -> None:
    claims = list(find_claims(oracle, each=1, share=share))
    assert len(claims) >= least
    assert [str(claim) for claim in find_untrue(claims)] == []
