from __future__ import annotations

import random
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from tests.matrix.generated import Case, Ground, Tally, write_case
from tests.matrix.grammar import make_base, read_grammar
from tests.matrix.oracle import make_replay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.matrix.grammar import Choose

# `python -m tests.matrix.generated` runs thousands.
_BASES = 3
_EXAMPLES = {"sqlite": 60, "postgresql": 25, "mariadb": 8}


@st.composite
def cases(draw: st.DrawFn, database: str) -> Case:
    """A base and two scripts of one to four statements, which may fail."""

    def choose(options: Sequence[object]) -> object:
        return draw(st.sampled_from(options))

    typed: Choose = choose  # type: ignore[assignment] # a function of any type of options cannot be nested
    base = draw(st.sampled_from(_bases(database)))
    return write_case(read_grammar(database), typed, base)


@cache
def _bases(database: str) -> tuple[tuple[str, ...], ...]:
    """A few, because making one on a server takes longer than running a pair."""
    grammar = read_grammar(database)
    return tuple(make_base(grammar, random.Random(seed).choice) for seed in range(_BASES))  # noqa: S311


@pytest.mark.parametrize(
    "database",
    [
        pytest.param("sqlite", id="sqlite"),
        pytest.param("postgresql", marks=pytest.mark.postgresql, id="postgresql"),
        pytest.param("mariadb", marks=pytest.mark.mariadb, id="mariadb"),
    ],
)
def test_generated_scripts_that_the_rules_call_commuting_commute(
    database: str, request: pytest.FixtureRequest
) -> None:
    url = "" if database == "sqlite" else request.getfixturevalue(f"{database}_url")
    tally = Tally(database=database)
    with ExitStack() as stack:
        grounds: dict[tuple[str, ...], Ground] = {}
        for base in _bases(database):
            replay = stack.enter_context(make_replay(database, url))
            grounds[base] = Ground(database=database, replay=replay)
            grounds[base].build(base)

        @settings(
            max_examples=_EXAMPLES[database],
            derandomize=True,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        )
        @given(case=cases(database))
        def check(case: Case) -> None:
            trial = grounds[case.base].try_case(case)
            assume(trial is not None)
            if trial is not None:
                tally.add(trial)
                event(f"rules: {trial.comparison.verdict.value}, really: {trial.real.verdict}")
                assert not trial.is_false_commute, trial.show()

        check()
    assert tally.commuting > tally.pairs / 4, "too few pairs to find a false commute among"
    assert len(tally.unknown) <= tally.pairs / 10
