from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.database.proving import MARKS, Prover
from tests.database.replaying import open_replay
from tests.matrix.named import BASES, PAIRS

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def prover(request: pytest.FixtureRequest) -> Iterator[Prover]:
    url = "" if request.param == "sqlite" else request.getfixturevalue(f"{request.param}_url")
    with open_replay(request.param, url) as opened:
        yield Prover(database=request.param, replay=opened)


@pytest.mark.parametrize(
    ("prover", "a", "b", "verdict"),
    [
        pytest.param(database, a, b, verdict, marks=MARKS[database], id=name)
        for name, (database, a, b, verdict) in PAIRS.items()
    ],
    indirect=["prover"],
)
def test_the_rules_and_the_database_say_the_same(prover: Prover, a: str, b: str, verdict: str) -> None:
    said, real = prover.prove(a, b, BASES[prover.database])
    assert said == verdict
    assert verdict in {real, "unknown"}
