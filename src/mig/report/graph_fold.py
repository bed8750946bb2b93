"""Long stretches of a DAG taken together, so that what matters fits on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

FEWEST = 6
"""Fewer nodes than these are drawn one by one."""


class Folded(NamedTuple):
    """A DAG of groups: the nodes of each, in linear order, and the groups that it begins from."""

    groups: tuple[tuple[int, ...], ...]
    parents: tuple[tuple[int, ...], ...]
    group_of: tuple[int, ...]


def unfolded(parents: Sequence[Sequence[int]]) -> Folded:
    """Every node by itself."""
    return _folded(parents, [(node,) for node in range(len(parents))])


def cut(parents: Sequence[Sequence[int]], kept: Collection[int], most: int) -> Folded:
    """All but the last ``most`` nodes as one group, with those of ``kept`` outside of it."""
    end = max(len(parents) - most, 0)
    end = min([end, *kept])
    older = (tuple(range(end)),) if end > 1 else tuple((node,) for node in range(end))
    return _folded(parents, [*older, *((node,) for node in range(end, len(parents)))])


def fold(parents: Sequence[Sequence[int]], kept: Collection[int]) -> Folded:
    """The DAG with its long stretches as one group each.

    A stretch begins and ends with a node that is ordered with all others, or is a line without branches;
    so whatever was ordered before is ordered still, and nothing else is.

    Args:
        parents: for each node, in linear order, those that it begins from; each comes before it.
        kept: nodes that stay by themselves.
    """
    keep = frozenset(kept)
    spans = _between_waists(parents, keep)
    inside = {node for first, last in spans for node in range(first, last + 1)}
    lines = _lines(parents, keep | inside)
    taken = inside.union(*lines)
    groups = [tuple(range(first, last + 1)) for first, last in spans]
    groups += [tuple(line) for line in lines]
    groups += [(node,) for node in range(len(parents)) if node not in taken]
    return _folded(parents, groups)


def _between_waists(parents: Sequence[Sequence[int]], keep: frozenset[int]) -> list[tuple[int, int]]:
    """Runs without a kept node whose first and last are ordered with all others."""
    found: list[tuple[int, int]] = []
    first = last = -1
    for node, is_waist in enumerate([*_waists(parents), False]):
        if node in keep or node == len(parents):
            if first >= 0 and last - first + 1 >= FEWEST:
                found.append((first, last))
            first = -1
        elif is_waist:
            first = node if first < 0 else first
            last = node
    return found


def _waists(parents: Sequence[Sequence[int]]) -> list[bool]:
    """For each node whether it is ordered with all others.

    No edge passes it, no line has ended before it, and none begins after it.
    """
    size = len(parents)
    furthest = [0] * size
    for node, before in enumerate(parents):
        for parent in before:
            furthest[parent] = max(furthest[parent], node)
    last_root = max((node for node, before in enumerate(parents) if not before), default=0)
    found, reach, is_ended = [], 0, False
    for node in range(size):
        found.append(reach <= node and not is_ended and node >= last_root)
        reach = max(reach, furthest[node])
        is_ended = is_ended or not furthest[node]
    return found


def _lines(parents: Sequence[Sequence[int]], keep: Collection[int]) -> list[list[int]]:
    """Nodes one after the other, each with one parent and one child."""
    children = [0] * len(parents)
    for before in parents:
        for parent in before:
            children[parent] += 1
    plain = [
        node not in keep and children[node] == 1 and len(before) == 1 for node, before in enumerate(parents)
    ]
    line_of: dict[int, list[int]] = {}
    lines: list[list[int]] = []
    for node, before in enumerate(parents):
        if not plain[node]:
            continue
        line = line_of.get(before[0])
        if line is None:
            line = []
            lines.append(line)
        line.append(node)
        line_of[node] = line
    return [line for line in lines if len(line) >= FEWEST]


def _folded(parents: Sequence[Sequence[int]], groups: list[tuple[int, ...]]) -> Folded:
    groups.sort(key=lambda group: group[-1])
    group_of = [0] * len(parents)
    for number, group in enumerate(groups):
        for node in group:
            group_of[node] = number
    outside = tuple(
        tuple(sorted({group_of[p] for node in group for p in parents[node]} - {number}))
        for number, group in enumerate(groups)
    )
    return Folded(tuple(groups), outside, tuple(group_of))
