"""Lines of styled text, and how they are fitted into a terminal of some width."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from mig.report.escape import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WHOLE = frozenset(("command", "id", "path"))
"""Styles of text that is never broken, because people copy it."""


class Span(NamedTuple):
    """A piece of a line; ``style`` is a key of ``terminal.STYLES`` or empty.

    Made by ``span``, which takes control characters out.
    """

    text: str
    style: str = ""


Line = tuple[Span, ...]


def span(text: str, style: str = "") -> Span:
    """A piece of a line with nothing in it that a terminal would obey."""
    return Span(one_line(text), style)


def plain(lines: Iterable[Line]) -> str:
    """The lines as text without styles, each with a newline; no trailing space."""
    return "".join("".join(piece.text for piece in line).rstrip(" ") + "\n" for line in lines)


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(_cells_of(character) for character in text)


def width_of(line: Iterable[Span]) -> int:
    return sum(cells(piece.text) for piece in line)


def clip(line: Line, width: int | None) -> Line:
    """The line cut off where it would not fit, with ``...`` at its end."""
    if width is None or width_of(line) <= width:
        return line
    room, kept = max(width - 3, 0), []
    for piece in line:
        cut = _first_cells(piece.text, room)
        kept.append(Span(cut, piece.style))
        room -= cells(cut)
        if cut != piece.text:
            break
    return (*kept, Span("..."[:width]))


def pad(text: str, width: int) -> str:
    """The text with spaces up to a width."""
    return text + " " * (width - cells(text))


def fit(line: Line, width: int | None, indent: int = 0) -> Iterator[Line]:
    """The line in as many as it needs, broken at spaces only; all but the first are indented.

    What cannot be broken and is wider than the terminal stands on a line of its own.
    """
    if width is None or width_of(line) <= width:
        yield line
        return
    row: list[Span] = []
    used, empty = 0, True
    for gap, word in _words(line):
        size = width_of(word)
        if not empty and used + cells(gap.text) + size > width:
            yield _merged(row)
            row, used = [Span(" " * indent)], indent
        else:
            row.append(gap)
            used += cells(gap.text)
        row.extend(word)
        used, empty = used + size, False
    yield _merged(row)


def _words(line: Line) -> Iterator[tuple[Span, list[Span]]]:
    """What stands between spaces, each with the space before it."""
    gap, word = Span(""), list[Span]()
    for piece in line:
        for part in [piece.text] if piece.style in WHOLE else re.findall(r" +|[^ ]+", piece.text):
            if part.isspace():
                if word:
                    yield gap, word
                    gap, word = Span(part), []
                else:
                    gap = Span(gap.text + part)
            else:
                word.append(Span(part, piece.style))
    if word:
        yield gap, word


def _merged(row: Iterable[Span]) -> Line:
    """Neighbours of one style made one again, so that a terminal is told less often."""
    merged: list[Span] = []
    for piece in row:
        if merged and (piece.style == merged[-1].style or piece.text.isspace()):
            merged[-1] = Span(merged[-1].text + piece.text, merged[-1].style)
        else:
            merged.append(piece)
    return tuple(merged)


def _cells_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _first_cells(text: str, room: int) -> str:
    if text.isascii():
        return text[:room]
    for end, character in enumerate(text):
        room -= _cells_of(character)
        if room < 0:
            return text[:end]
    return text
