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
) -> Callable[[str], frozenset[str]]:
    """A function that gives for one of the chosen those of the pool that it may have to do with.

    If one has to do with another, so has that one with it.  Nothing is kept: together they can be many.
    """
    everybody = frozenset(pool)
    known = {one: terms(one) for one in everybody.union(chosen)}
    offered: dict[str, list[str]] = defaultdict(list)
    for one in everybody:
        for term in known[one].offers:
            offered[term].append(one)
    wide = frozenset(one for one in everybody if known[one].is_wide)

    def find(one: str) -> frozenset[str]:
        asked = known[one]
        met = everybody if asked.is_wide else wide.union(*(offered.get(term, ()) for term in asked.asks))
        return met - {one}

    return find
