"""What the commands with ``--replay`` share: the option, its progress, and how it is interrupted."""

from __future__ import annotations

import re
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mig.cli._options import Globals
    from mig.usecases.project import Project
    from mig.usecases.replaying import Replaying

# Any: click's decorators take a function of any shape and give a command.
_Function = TypeVar("_Function", bound="Callable[..., Any]")

_URL = re.compile(r"env:|[A-Za-z][A-Za-z0-9+.-]*://")
_ENDS = [signal.Signals[name] for name in ("SIGTERM", "SIGHUP") if name in signal.Signals.__members__]
"""What ends a command early besides Ctrl-C; Windows has no SIGHUP."""


class ReplayCommand(click.Command):
    """A command whose ``--replay`` takes the next argument for its URL only where that looks like one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _joined(args))


def replay_option(function: _Function) -> _Function:
    """The option ``--replay [URL]`` of a ``ReplayCommand``: None where it is not given."""
    return click.option(
        "--replay",
        "url",
        metavar="[URL]",
        help="Run both orders on a throwaway database: SQLite in memory, or on the server of this URL"
        " (else of MIG_REPLAY_URL).",
    )(function)


@contextmanager
def replaying(project: Project, url: str | None, options: Globals) -> Iterator[Replaying | None]:
    """A throwaway database for the time of a command; None where none is asked for.

    An interrupt, a signal to end, or a closed terminal drops the database and says what was done so far.

    Raises:
        MigError: as ``Replaying`` does.
    """
    if url is None:
        yield None
        return
    from mig.report.replay import ReplayReporter
    from mig.usecases.replaying import Replaying

    bar = sys.stderr.isatty() and not options.quiet and options.format not in ("text", "json")
    reporter = ReplayReporter(sys.stderr, bar=bar, color=options.color)
    before = {sign: signal.signal(sign, _interrupt) for sign in _ENDS}
    try:
        with Replaying(project, url, reporter.on_progress) as opened:
            yield opened
    except KeyboardInterrupt:
        reporter.close()
        print(reporter.so_far(), file=sys.stderr)
        raise
    finally:
        reporter.close()
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _interrupt(_signal: int, _frame: object) -> None:
    """End like Ctrl-C does, so that what was made is dropped."""
    raise KeyboardInterrupt


def _joined(args: list[str]) -> list[str]:
    found: list[str] = []
    rest = iter(args)
    for arg in rest:
        if arg == "--":
            found.append(arg)
            found.extend(rest)
        elif found and found[-1] == "--replay=" and _URL.match(arg):
            found[-1] += arg
        else:
            found.append("--replay=" if arg == "--replay" else arg)
    return found
