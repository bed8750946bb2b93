"""How a command prints its result: in which format, how wide, with which colours."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import UsageError
from mig.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mig.cli._options import Globals
    from mig.git.repo import Repo
    from mig.model import Snapshot
    from mig.report.layout import Line
    from mig.usecases.check import CheckResult


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
    *,
    repo: Repo | None = None,
    fail_on: Severity = Severity.ERROR,
    advise: bool = True,
) -> None:
    """Print what a check found; where it failed, what to do next goes to standard error.

    Args:
        result: what was found.
        options: how to print it.
        repo: the repository, asked for the branch's name where people read the report.
        fail_on: the severity from which on the check has failed.
        advise: say what to do next; a hook says it itself, since Git goes on or stops by it.
    """
    where = screen(options, ("rich", "text", "json", "github"))
    if where.is_json:
        from mig.report.json import check_value

        write_json(check_value(result, fail_on=fail_on))
    elif where.format == "github":
        from mig.report.github import render_check

        lines = render_check(result, quiet=options.quiet, verbose=options.verbosity > 0)
        write("".join(f"{line}\n" for line in lines))
    else:
        _write_for_people(result, options, where, repo=repo, fail_on=fail_on)
    if advise and not result.ok(fail_on):
        from mig.report.escape import one_line
        from mig.report.words import next_step

        sys.stdout.flush()
        print(one_line(next_step(result)), file=sys.stderr)


def _write_for_people(
    result: CheckResult, options: Globals, where: Screen, *, repo: Repo | None, fail_on: Severity
) -> None:
    from mig.report.text import render_check

    branch = repo.branch() if repo and result.head.ref in ("worktree", "index") else ""
    lines = render_check(
        result,
        branch=branch,
        fail_on=fail_on,
        width=where.width,
        quiet=options.quiet,
        verbose=options.verbosity > 0,
    )
    write_lines(lines, where)
