"""What tests of verdicts share: one pair, as the rules judge it and as it goes in both orders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from mig.conflicts.closure import build_schema
from mig.conflicts.compare import compare_footprints
from mig.replay.pair import replay_pair
from tests.database.replaying import statements
from tests.matrix.score import read_footprint

if TYPE_CHECKING:
    from mig.replay.pair import Replay

MARKS = {"sqlite": (), "postgresql": (pytest.mark.postgresql,), "mariadb": (pytest.mark.mariadb,)}


@dataclass(kw_only=True)
class Prover:
    """Judges pairs on one throwaway database; a base that stays the same is built once."""

    database: str
    replay: Replay
    built: str | None = field(default=None)

    def prove(self, a: str, b: str, base: str) -> tuple[str, str]:
        """The verdict of the rules, and that of the database, which fails here where a side does alone."""
        if self.built != base:
            assert self.replay.build(statements(base, self.database)) is None
            self.built = base
        first, second = statements(a, self.database), statements(b, self.database)
        real = replay_pair(self.replay, first, second)
        failures = [outcome.failure.message for outcome in real.alone if outcome.failure]
        assert failures == [], "a pair is proved only if each side works by itself"
        schema = build_schema([read_footprint(statements(base, self.database), self.database)], self.database)
        one, other = read_footprint(first, self.database), read_footprint(second, self.database)
        return compare_footprints(one, other, schema, self.database).verdict.value, real.verdict
