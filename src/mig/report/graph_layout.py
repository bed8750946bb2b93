"""Where each node of a DAG stands: in layers by the longest way from a root, with few crossings.

The steps are those of Sugiyama, Tagawa and Toda (1981): layers, an order in each by barycentres, places.
Equal graphs get equal places, on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDE, NARROW = 300, 36
"""The room of a node and of an edge that passes by, in pixels."""

_SWEEPS = 8
_MOST_BENDS = 60_000
_BROADEST = 400
"""Layers with more nodes than these keep the order that they come in."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Places of nodes and edges.

    ``layers`` counts from the roots, ``xs`` are the centres of the nodes, and ``bends`` those of an edge in
    the layers between its ends, from the parent to the child.
    """

    layers: tuple[int, ...]
    xs: tuple[int, ...]
    bends: dict[tuple[int, int], tuple[int, ...]]

    @property
    def height(self) -> int:
        return max(self.layers, default=-1) + 1

    @property
    def extent(self) -> tuple[int, int]:
        """The leftmost and the rightmost place that is taken."""
        every = [*self.xs, *(x for bends in self.bends.values() for x in bends)]
        return min(every, default=0) - WIDE // 2, max(every, default=0) + WIDE // 2


def lay_out(parents: Sequence[Sequence[int]]) -> Layout:
    """A place for each node.

    Args:
        parents: for each node those that it begins from.  Those that do not come before it in the list are
            part of a cycle, and are passed over.
    """
    forward = [tuple(p for p in before if p < node) for node, before in enumerate(parents)]
    layers: list[int] = []
    for before in forward:
        layers.append(1 + max((layers[p] for p in before), default=-1))
    drawn = _Grid(forward, layers)
    drawn.order()
    xs = drawn.place()
    size = len(parents)
    bends = {edge: tuple(xs[node] for node in chain) for edge, chain in drawn.chains.items() if chain}
    return Layout(tuple(layers), tuple(xs[:size]), bends)


class _Grid:
    """The nodes and, in the layers between, one place for each edge that passes."""

    def __init__(self, parents: Sequence[Sequence[int]], layers: Sequence[int]) -> None:
        self.layers = list(layers)
        self.size = len(parents)
        self.down: list[list[int]] = [[] for _ in parents]
        self.up: list[list[int]] = [[] for _ in parents]
        self.chains: dict[tuple[int, int], list[int]] = {}
        for node, before in enumerate(parents):
            for parent in before:
                self._connect(parent, node)
        self.rows: list[list[int]] = [[] for _ in range(max(layers, default=-1) + 1)]
        for node, layer in enumerate(self.layers):
            self.rows[layer].append(node)

    def _connect(self, parent: int, node: int) -> None:
        between = range(self.layers[parent] + 1, self.layers[node])
        if len(self.layers) + len(between) > self.size + _MOST_BENDS:
            between = range(0)
        chain = []
        last = parent
        for layer in between:
            self.layers.append(layer)
            self.down.append([])
            self.up.append([])
            chain.append(len(self.layers) - 1)
            self._link(last, chain[-1])
            last = chain[-1]
        self._link(last, node)
        self.chains[parent, node] = chain

    def _link(self, below: int, above: int) -> None:
        self.up[below].append(above)
        self.down[above].append(below)

    def order(self) -> None:
        """Put each row into the order of its neighbours' middles, to and fro."""
        if all(len(row) < 2 for row in self.rows):
            return
        at = [0] * len(self.layers)
        for row in self.rows:
            _number(row, at)
        for sweep in range(_SWEEPS):
            upward = sweep % 2 == 0
            for row in self.rows if upward else reversed(self.rows):
                if not 1 < len(row) <= _BROADEST:
                    continue
                links = self.down if upward else self.up
                middle = {node: _mean((at[n] for n in links[node]), at[node]) for node in row}
                row.sort(key=lambda node: (middle[node], at[node]))
                _number(row, at)

    def place(self) -> list[int]:
        """Centres: each near its neighbours, none on top of another."""
        xs = [0.0] * len(self.layers)
        for row in self.rows:
            left = 0.0
            for node in row:
                xs[node] = left + self._half(node)
                left += 2 * self._half(node)
        # The last sweep goes up, so that a line stands straight above what it begins from.
        for sweep in range(_SWEEPS + 1):
            upward = sweep % 2 == 0
            for row in self.rows if upward else reversed(self.rows):
                first, second = (self.down, self.up) if upward else (self.up, self.down)
                wanted = [_mean((xs[n] for n in first[v] or second[v]), xs[v]) for v in row]
                for node, x in zip(row, self._settled(row, wanted), strict=True):
                    xs[node] = x
        return [round(x) for x in xs]

    def _settled(self, row: Sequence[int], wanted: Sequence[float]) -> list[float]:
        """Places as near to those that are wanted as the room allows: the mean of packing both ways."""
        if len(row) == 1:
            return list(wanted)
        gaps = [self._half(a) + self._half(b) for a, b in pairwise(row)]
        right = [wanted[0]]
        for gap, x in zip(gaps, wanted[1:], strict=True):
            right.append(max(x, right[-1] + gap))
        left = [wanted[-1]]
        for gap, x in zip(reversed(gaps), reversed(wanted[:-1]), strict=True):
            left.append(min(x, left[-1] - gap))
        return [(a + b) / 2 for a, b in zip(right, reversed(left), strict=True)]

    def _half(self, node: int) -> float:
        return (WIDE if node < self.size else NARROW) / 2


def _number(row: Sequence[int], at: list[int]) -> None:
    for place, node in enumerate(row):
        at[node] = place


def _mean(values: Iterable[float], otherwise: float) -> float:
    found = list(values)
    return sum(found) / len(found) if found else otherwise
