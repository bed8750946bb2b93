"""How a fleet is gone through: how many at a time, who goes first, and when to stop."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_AMOUNT = re.compile(r"(\d+)(%?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """So many tenants, or so many of a hundred."""

    value: int
    is_share: bool = False

    def floor(self, total: int | None) -> int:
        """The number, a share rounded down.

        Raises:
            UsageError: it is a share, and nobody knows of how many.
        """
        return math.floor(self._exact(total))

    def ceiling(self, total: int | None) -> int:
        """The number, a share rounded up."""
        return math.ceil(self._exact(total))

    def _exact(self, total: int | None) -> float:
        if not self.is_share:
            return self.value
        if total is None:
            hint = "give a number, or the tenants as a file"
            raise UsageError(
                f"{self.value}% of what comes from standard input cannot be known before", hint=hint
            )
        return total * self.value / 100


def read_amount(text: str, option: str) -> Amount:
    """``12`` or ``5%``.

    Raises:
        UsageError: it is neither.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or (found[2] and int(found[1]) > 100):
        raise UsageError(f"{option} cannot be {text!r}", hint=f"write {option} 10 or {option} 5%")
    return Amount(value=int(found[1]), is_share=bool(found[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """``jobs`` at a time; ``canary`` of them alone and before all others; then waves.

    One canary that fails ends it; later, more than ``max_failures`` do.  ``wave`` None: all that remain
    are one wave.
    """

    jobs: int = 4
    canary: int = 0
    wave: int | None = None
    max_failures: int = 0

    def waves(self) -> Iterator[tuple[int | None, int]]:
        """The size of each wave (None: no end), and how many may have failed when the next one begins."""
        if self.canary:
            yield self.canary, 0
        while True:
            yield self.wave, self.max_failures
