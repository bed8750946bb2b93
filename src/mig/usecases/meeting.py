"""Finds which migrations of many may have to do with one another, by the words that they have in common."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Terms(NamedTuple):
    """What one migration is found by, and what it looks for; ``is_wide``: it has to do with every other."""

    offers: frozenset[str]
    asks: frozenset[str]
    is_wide: bool


def find_meeting(
    chosen: Iterable[str], pool: Iterable[str], terms: Callable[[str], Terms]
) -> dict[str, frozenset[str]]:
    """For each of the chosen migrations, those of the pool that it may have to do with."""
    wanted, everybody = tuple(chosen), frozenset(pool)
    known = {one: terms(one) for one in everybody.union(wanted)}
    offered: dict[str, list[str]] = defaultdict(list)
    wide: list[str] = []
    for one in everybody:
        found = known[one]
        if found.is_wide:
            wide.append(one)
        for term in found.offers:
            offered[term].append(one)
    meeting = {}
    for one in wanted:
        found = known[one]
        met = everybody if found.is_wide else frozenset(wide).union(*(offered.get(t, ()) for t in found.asks))
        meeting[one] = met - {one}
    return meeting
