"""How a command prints its result: in which format, how wide, with which colours."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.cli._options import FORMATS
from mig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mig.cli._formats import Output
    from mig.cli._options import Globals
    from mig.model import Snapshot
    from mig.report.formats import View
    from mig.report.layout import Line
    from mig.usecases.check import CheckResult

CHECK_FORMATS = FORMATS


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Where the result goes; ``width`` None: to no terminal, so nothing is broken or cut off."""

    format: str
    width: int | None
    color: bool
    unicode: bool

    @property
    def is_json(self) -> bool:
        return self.format == "json"


def screen(options: Globals, formats: Iterable[str] = ("rich", "text", "json")) -> Screen:
    """What the user asked for, else what the place where the result goes can show.

    Raises:
        UsageError: the command has no such format.
    """
    terminal = sys.stdout.isatty()
    chosen = options.format or ("rich" if terminal else "text")
    if chosen not in formats:
        raise UsageError(
            f"this command has no format {chosen!r}", hint=f"--format is one of {', '.join(formats)}"
        )
    rich = chosen == "rich"
    return Screen(
        format=chosen,
        width=shutil.get_terminal_size().columns if rich and terminal else None,
        color=rich and options.color and os.environ.get("TERM") != "dumb",
        unicode=rich and terminal and sys.stdout.encoding.lower().replace("-", "") == "utf8",
    )


def write_lines(lines: Iterable[Line], where: Screen) -> None:
    """Print a report for people to standard output."""
    if where.color:
        from mig.report.terminal import print_lines

        print_lines(lines, sys.stdout)
    else:
        from mig.report.layout import plain

        write(plain(lines))


def write_json(value: object) -> None:
    """Print a result for programs to standard output."""
    from mig.report.json import render

    write(render(value))


def write(text: str) -> None:
    if "·" in text and sys.stdout.encoding.lower() in ("ascii", "us-ascii", "ansi_x3.4-1968"):
        text = text.replace("·", "-")
    sys.stdout.write(text)


def tell_if_empty(snapshot: Snapshot, options: Globals) -> None:
    """Say on standard error why nothing was printed: there is nothing, or nothing that can be read."""
    if options.quiet or snapshot.migrations:
        return
    unread = len({place.path for finding in snapshot.findings for place in finding.locations})
    if unread:
        files = "the only file" if unread == 1 else f"any of the {unread} files"
        print(f"no migration can be read in {files}; mig check says why", file=sys.stderr)
        return
    folders = ", ".join(path or "." for each in snapshot.lineages for path in each.lineage.paths)
    print(f"there are no migrations in {folders} yet; mig new makes the first", file=sys.stderr)


def show_check(
    result: CheckResult,
    options: Globals,
    view: View,
    outputs: Sequence[Output] = (),
    *,
    advise: bool = True,
) -> None:
    """Print what a check found; where it failed, what to do next goes to standard error.

    Args:
        result: what was found.
        options: how to print it.
        view: what of it is to be seen.
        outputs: the formats that are wanted besides, or instead where one of them goes to standard output.
        advise: say what to do next; a hook says it itself, since Git goes on or stops by it.

    Raises:
        UsageError: a file cannot be written.
    """
    for output in outputs:
        if output.path:
            output.write(_rendered(output.format, result, view))
    printed = [output.format for output in outputs if not output.path]
    if printed or not outputs or options.format:
        _print_check(result, replace(options, format=printed[0]) if printed else options, view)
    if advise and not result.ok(view.fail_on):
        from mig.report.escape import one_line
        from mig.report.words import next_step

        sys.stdout.flush()
        print(one_line(next_step(result)), file=sys.stderr)


def _print_check(result: CheckResult, options: Globals, view: View) -> None:
    where = screen(options, CHECK_FORMATS)
    if where.format in ("rich", "text"):
        from mig.report.text import render_check

        write_lines(render_check(result, view, width=where.width), where)
    else:
        write(_rendered(where.format, result, view))


def _rendered(name: str, result: CheckResult, view: View) -> str:
    if name == "text":
        from mig.report.layout import plain
        from mig.report.text import render_check

        return plain(render_check(result, view))
    from mig.report.formats import render

    return render(name, result, view)
