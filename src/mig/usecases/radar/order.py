"""In which order branches can be merged, from who has to come before whom."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from mig.findings import Verdict
from mig.usecases.radar.model import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mig.usecases.radar.model import Clash


def find_merge_order(
    refs: Sequence[str], clashes: Iterable[Clash], below: Mapping[str, Sequence[str]]
) -> tuple[Step, ...]:
    """All branches in an order in which as few as possible have to be rewritten.

    Where several could be next it is the one that stands first in ``refs``.  Where each of some waits for
    another one, the first of those that wait for the fewest goes on, and those it should have waited for are
    rewritten, or it is.

    Args:
        refs: the branches, those first that should be merged first.
        clashes: which of them clash.
        below: for each branch those that it holds, which come before it in any case.
    """
    wanted = [one for one in clashes if one.verdict is Verdict.CONFLICT]
    earlier = {ref: {one for one in below.get(ref, ()) if one in refs} for ref in refs}
    preferred: dict[str, set[str]] = {ref: set() for ref in refs}
    for clash in wanted:
        if clash.first:
            later = next(ref for ref in clash.branches if ref != clash.first)
            preferred[later].add(clash.first)
    order = _arrange(refs, earlier, preferred)
    place = {ref: at for at, ref in enumerate(order)}
    steps = []
    for ref in order:
        after, rewritten = set(earlier[ref]), set[str]()
        for clash in wanted:
            if ref in clash.branches:
                other = next(one for one in clash.branches if one != ref)
                if place[other] < place[ref]:
                    (after if clash.first == other else rewritten).add(other)
        steps.append(
            Step(ref=ref, after=tuple(sorted(after - rewritten)), rewritten_for=tuple(sorted(rewritten)))
        )
    return tuple(steps)


def _arrange(
    refs: Sequence[str], earlier: Mapping[str, set[str]], preferred: Mapping[str, set[str]]
) -> list[str]:
    rank = {ref: at for at, ref in enumerate(refs)}
    strict = {ref: set(earlier[ref]) for ref in refs}
    waiting = {ref: strict[ref] | preferred[ref] for ref in refs}
    later: dict[str, list[str]] = {ref: [] for ref in refs}
    for ref, others in waiting.items():
        for other in others:
            later[other].append(ref)
    ready = [(rank[ref], ref) for ref in refs if not waiting[ref]]
    heapq.heapify(ready)
    order: list[str] = []
    rest = set(refs)
    while rest:
        if ready:
            _, ref = heapq.heappop(ready)
            if ref not in rest:
                continue
        else:
            # What a branch holds comes before it whatever else is wished; commits know no circles.
            free = [one for one in rest if not strict[one] & rest] or sorted(rest)
            ref = min(free, key=lambda one: (len(waiting[one] & rest), rank[one]))
        order.append(ref)
        rest.discard(ref)
        for other in later[ref]:
            waiting[other].discard(ref)
            if not waiting[other]:
                heapq.heappush(ready, (rank[other], other))
    return order
