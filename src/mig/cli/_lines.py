"""How commands that write files print: lines for people, or one JSON value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.cli._show import write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mig.cli._options import Globals
    from mig.cli._show import Screen
    from mig.report.layout import Line


def show(options: Globals, where: Screen, lines: Iterable[Line], value: object) -> None:
    """Print a result; nothing for people who asked for quiet.

    ``where`` is found out before anything is written to disk, so that a format that does not exist
    stops the command before it did anything.
    """
    if where.is_json:
        write_json(value)
    elif not options.quiet:
        write_lines(lines, where)
