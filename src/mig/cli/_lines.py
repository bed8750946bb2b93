"""How commands that write migrations print: lines for people, or one JSON value."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mig.cli._options import Globals
    from mig.report.layout import Line


def show(options: Globals, lines: Iterable[Line], value: dict[str, object]) -> None:
    """Print a result in the format that was asked for; in colour on a terminal only."""
    if options.format == "json":
        from mig.report.json import render

        sys.stdout.write(render(value))
        return
    if options.quiet:
        return
    if (options.format == "rich" or (options.format is None and sys.stdout.isatty())) and options.color:
        from mig.report.terminal import print_lines

        print_lines(lines, sys.stdout)
        return
    from mig.report.layout import plain

    sys.stdout.write(plain(lines))
