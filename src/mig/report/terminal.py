"""Prints styled lines in colour, through rich."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mig.report.layout import Line

STYLES = {
    "": "",
    "command": "bold green",
    "dim": "dim",
    "error": "bold red",
    "good": "bold green",
    "id": "yellow",
    "label": "dim",
    "note": "bold blue",
    "ours": "cyan",
    "path": "",
    "strong": "bold",
    "theirs": "magenta",
    "warning": "bold yellow",
    **{
        f"lane{number}": colour
        for number, colour in enumerate(("red", "green", "blue", "magenta", "cyan", "yellow"))
    },
}
LANES = 6
"""How many colours there are for the lanes of a drawing."""


def print_lines(lines: Iterable[Line], stream: TextIO) -> None:
    """Print in colour, whatever the stream is; the lines are broken already."""
    from rich.console import Console  # 60 ms: only where colours are wanted
    from rich.text import Text

    console = Console(file=stream, force_terminal=True, highlight=False, markup=False, emoji=False)
    for line in lines:
        text = Text(no_wrap=True, end="\n")
        for piece in line:
            text.append(piece.text, STYLES[piece.style])
        console.print(text, soft_wrap=True)
