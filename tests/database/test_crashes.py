"""A few random kills of ``mig up`` and ``mig down``; ``python -m tests.crash`` does as many as one wants."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.crash import Crash, fresh_target, place_of
from tests.database.test_runner_runs import KINDS

if TYPE_CHECKING:
    from pathlib import Path

TRIALS = 3  # of two kills each
_MAKE = {
    "mariadb": ("CHARACTER SET utf8mb4", ""),
    "postgresql": ("TEMPLATE template0", "WITH (FORCE)"),
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_after_a_kill_at_any_moment_everything_gets_well(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if kind == "sqlite":
        with place_of(kind, tmp_path) as fresh:
            crash = Crash(kind, tmp_path, fresh)
            for trial in range(TRIALS):
                crash.run(random.Random(trial))  # noqa: S311 - no secret
    else:
        url = request.getfixturevalue(f"{kind}_url")
        crash = Crash(kind, tmp_path, lambda: fresh_target(url, *_MAKE[kind]))
        for trial in range(TRIALS):
            crash.run(random.Random(trial))  # noqa: S311 - no secret
