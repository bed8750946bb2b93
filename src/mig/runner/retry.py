"""Trying again what has not got its locks: when that is safe, and with which pauses."""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING

from mig.errors import StepBusyError
from mig.runner.events import StepRetried

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.runner.events import Event
    from mig.runner.extras import ExtraStep
    from mig.runner.plan import Step

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
# Such a statement is done wholly or not at all, unless it is one that commits in between.
_WHOLE = re.compile(
    r"(?:\s+|--[^\n]*\n|/\*.*?\*/)*(?:create|alter|drop|rename|truncate|insert|update|delete)\b",
    re.IGNORECASE | re.DOTALL,
)
_PIECEMEAL = re.compile(r"\bconcurrently\b", re.IGNORECASE)


def retry(
    step: Step | ExtraStep,
    run: Callable[[], None],
    limit: int,
    notify: Callable[[Event], None],
    blockers: Callable[[], tuple[str, ...]],
) -> None:
    """Run what leaves nothing behind where it has not got its locks, and run it again if it must be.

    Args:
        step: what it is a part of.
        run: raises StepBusyError where another session held what it needs.
        limit: how often it is tried again.
        notify: told each time.
        blockers: who is in the way.

    Raises:
        StepBusyError: it never got its locks.
    """
    for attempt in range(1, limit + 1):
        try:
            return run()
        except StepBusyError as error:
            # Without the spread, two that wait for one another would meet again.
            spread = random.uniform(0.5, 1.5)  # noqa: S311 - no secret
            pause = min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE) * spread
            message, held_by = error.message, blockers()
        notify(
            StepRetried(
                step=step, attempt=attempt, limit=limit, pause=pause, message=message, blockers=held_by
            )
        )
        time.sleep(pause)
    return run()


def is_whole(text: str) -> bool:
    """Whether a statement outside of a transaction that has not got its locks has left nothing behind."""
    return bool(_WHOLE.match(text)) and not _PIECEMEAL.search(text)
