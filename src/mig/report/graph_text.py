"""Draws a DAG as lanes of text, one row for each migration, as ``git log --graph`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mig.report.layout import Span
from mig.report.terminal import LANES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_SLASH = "\N{BOX DRAWINGS LIGHT DIAGONAL UPPER RIGHT TO LOWER LEFT}"
_UNICODE = str.maketrans({"*": "●", "|": "│", "/": _SLASH, "\\": "╲"})


class Row(NamedTuple):
    """One row of the drawing; ``id`` is the migration that stands in it, or empty.

    Lane ``k`` stands in column ``2k``; a lane that moves stands between two columns.  ``tints``
    gives each lane its colour, ``bridge`` that of the underscores.
    """

    id: str
    text: str
    tints: tuple[int, ...]
    bridge: int = 0

    def spans(self, *, unicode: bool) -> Iterator[Span]:
        """The row in colours; glyphs of box drawing where the terminal has them."""
        for column, glyph in enumerate(self.text):
            if glyph == " ":
                yield Span(glyph)
            else:
                tint = self.bridge if glyph == "_" else self.tints[(column + 1) // 2]
                yield Span(glyph.translate(_UNICODE) if unicode else glyph, f"lane{tint}")


def draw(order: Iterable[str], parents: Mapping[str, Sequence[str]]) -> Iterator[Row]:
    """The rows of the drawing, from the top.

    Args:
        order: the ids from top to bottom, each before its parents.
        parents: for each id, the ids that it is connected to; all of them are in ``order``.
    """
    lanes = _Lanes()
    for node in order:
        yield from lanes.place(node)
        yield from lanes.follow(node, tuple(dict.fromkeys(parents[node])))


class _Lanes:
    """The lanes between two rows: what id each one leads down to, and its colour."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.tints: list[int] = []
        self.started = 0
        self.ended = -1

    def place(self, node: str) -> Iterator[Row]:
        """The row with the node; a lane of its own where none leads to it."""
        if node not in self.ids:
            if self.ended == len(self.ids):
                # A head right below a root would look like its parent.
                yield Row("", ("| " * self.ended).rstrip(), tuple(self.tints))
            self._insert(len(self.ids), node)
        at = self.ids.index(node)
        text = "| " * at + "*" + " |" * (len(self.ids) - at - 1)
        self.ended = -1
        yield Row(node, text, tuple(self.tints))

    def follow(self, node: str, parents: tuple[str, ...]) -> Iterator[Row]:
        """The rows from a node to its parents: lanes begin, lanes that lead to one id join."""
        at = self.ids.index(node)
        if not parents:
            yield from self._end(at)
            return
        self.ids[at] = parents[0]
        for parent in reversed(parents[1:]):
            self._insert(at + 1, parent)
            text = "| " * at + "|" + "\\" + " \\" * (len(self.ids) - at - 2)
            yield Row("", text, tuple(self.tints))
        for parent in parents:
            if self.ids.count(parent) > 1:
                yield self._join(parent)

    def _insert(self, at: int, node: str) -> None:
        self.ids.insert(at, node)
        self.tints.insert(at, self.started % LANES)
        self.started += 1

    def _join(self, parent: str) -> Row:
        """The right one of two lanes that lead to the same id joins the left one."""
        left = self.ids.index(parent)
        right = self.ids.index(parent, left + 1)
        text = "| " * left + "|" + "_|" * (right - left - 1) + "/" + " /" * (len(self.ids) - right - 1)
        row = Row("", text, tuple(self.tints), self.tints[right])
        del self.ids[right], self.tints[right]
        return row

    def _end(self, at: int) -> Iterator[Row]:
        """A root's lane ends; those on its right close the gap."""
        behind = len(self.ids) - at - 1
        if behind:
            yield Row("", "| " * at + " /" * behind, tuple(self.tints))
        else:
            self.ended = at
        del self.ids[at], self.tints[at]
