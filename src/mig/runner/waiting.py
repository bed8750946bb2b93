"""Waiting for another runner: polling with growing pauses, telling who holds things up."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.runner.events import LockWaiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.runner.events import Event

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5
_TELL_EVERY = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How long to wait for others, in seconds, and whom to tell."""

    limit: float
    notify: Callable[[Event], None]

    def until(self, attempt: Callable[[], bool], holder: Callable[[], str]) -> None:
        """Try until it works.

        Raises:
            RunnerError: it did not in time; the message names the holder.
        """
        began = time.monotonic()
        told = began - _TELL_EVERY
        pause = _FIRST_PAUSE
        while not attempt():
            now = time.monotonic()
            if now - began >= self.limit:
                raise RunnerError(
                    f"the database is in use by another runner: {holder()}",
                    hint="wait for it to end, or give it longer with --lock-wait SECONDS",
                )
            if now - told >= _TELL_EVERY:
                self.notify(LockWaiting(holder=holder(), waited=now - began))
                told = now
            # Without the spread, runners that were started together would try together for ever.
            time.sleep(min(pause * random.uniform(0.5, 1.0), self.limit - (now - began)))  # noqa: S311 - no secret
            pause = min(pause * 1.5, _LONGEST_PAUSE)
