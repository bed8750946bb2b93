"""What ``mig up --fleet`` and ``mig status --fleet`` share: their options, and how a fleet is shown."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mig.cli._options import Globals
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.fleet import FleetOutcome, FleetRequest

EXIT_INTERRUPTED = 130

# Any: click's decorators take a function of any shape and give a command.
_Function = TypeVar("_Function", bound="Callable[..., Any]")

_OPTIONS = (
    click.option(
        "--fleet",
        default="",
        metavar="TENANTS",
        help='Many databases: a FILE of names and URLs, -, "query:SQL" or "schemas:PATTERN".',
    ),
    click.option(
        "--jobs", type=click.IntRange(min=1), metavar="N", help="Tenants at a time (default 4; of --fleet)."
    ),
    click.option("--scheduler", default="", metavar="ADDRESS", help="Work on a Dask cluster (of --fleet)."),
)
_PACE = (
    click.option(
        "--canary",
        type=click.IntRange(min=0),
        metavar="N",
        help="The first N tenants go first, and none may fail (of --fleet).",
    ),
    click.option("--wave", default="", metavar="N|N%", help="Tenants in each wave (of --fleet)."),
    click.option(
        "--max-failures",
        default="",
        metavar="N|N%",
        help="Begin no more tenants when more than N have failed (default 0; of --fleet).",
    ),
)


def fleet_options(function: _Function) -> _Function:
    """The options of every command that can work on a fleet."""
    for decorate in reversed(_OPTIONS):
        function = decorate(function)
    return function


def pace_options(function: _Function) -> _Function:
    """The options about who goes first, and when to stop."""
    for decorate in reversed(_PACE):
        function = decorate(function)
    return function


def take_fleet(call: dict[str, Any], action: str) -> FleetRequest | None:
    """Take the fleet's options out of those of a call; None: it is about one database.

    Raises:
        UsageError: one of them was given without a fleet.
    """
    names = ("jobs", "scheduler", "canary", "wave", "max_failures")
    given = {name: value for name in names if (value := call.pop(name, None))}
    tenants = call.pop("fleet", "")
    if not tenants:
        if given:
            raise UsageError(f"--{min(given).replace('_', '-')} is for a fleet", hint="add --fleet TENANTS")
        return None
    if call.get("dry_run") or call.get("as_script"):
        hint = "mig status --fleet says what is pending where; --dry-run works on one database"
        raise UsageError("a fleet has no --dry-run and no --sql", hint=hint)
    from mig.fleet.pace import read_amount
    from mig.usecases.fleet import FleetRequest

    wave = read_amount(given["wave"], "--wave") if "wave" in given else None
    if wave is not None and not wave.value:
        raise UsageError("--wave cannot be 0", hint="leave it out for one wave")
    return FleetRequest(
        tenants=tenants,
        action=action,
        target=call.get("target", ""),
        jobs=given.get("jobs", 4),
        canary=given.get("canary", 0),
        wave=wave,
        max_failures=read_amount(given.get("max_failures", "0"), "--max-failures"),
        scheduler=given.get("scheduler", ""),
    )


def show_fleet(options: Globals, request: DatabaseRequest, fleet: FleetRequest) -> int:
    """Run over a fleet, and give the exit status.

    Raises:
        MigError: as the use case does.
    """
    from mig.cli._show import screen
    from mig.report.fleet import FleetJson, FleetText, advice
    from mig.usecases.fleet import run_fleet

    shown = screen(options)
    reporter: FleetJson | FleetText
    if shown.is_json:
        reporter = FleetJson(sys.stdout, fleet.tenants, fleet.action)
    else:
        table = shown.format == "rich" and sys.stdout.isatty() and not options.quiet
        reporter = FleetText(sys.stdout, table=table, color=shown.color, quiet=options.quiet)
    stop = threading.Event()
    try:
        with _interruptible(stop):
            outcome = run_fleet(options.project(), request, fleet, reporter.on_event, stop)
        reporter.finish(outcome, fleet.action)
    finally:
        reporter.close()
    if not outcome.is_complete:
        sys.stdout.flush()
        message, hint = advice(outcome)
        print(f"mig: {message}\n{hint}", file=sys.stderr)
    return status_of(outcome)


def status_of(outcome: FleetOutcome) -> int:
    """The exit status: what is worst of what happened."""
    tally = outcome.tally
    if tally.failed:
        return 4
    if outcome.is_stopped:
        return EXIT_INTERRUPTED
    if tally.unreached:
        return 3
    return 1 if tally.interrupted else 0


@contextmanager
def _interruptible(stop: threading.Event) -> Iterator[None]:
    """The first Ctrl-C lets what is at work end; the second one ends it as a kill would."""

    def interrupt(*_: object) -> None:
        if stop.is_set():
            # Threads that wait for a server cannot be ended; it rolls back when the connection is gone.
            print("mig: ended at once; mig status says what was in the middle", file=sys.stderr, flush=True)
            os._exit(EXIT_INTERRUPTED)
        stop.set()
        print("mig: letting the migrations that are running end, and beginning no others", file=sys.stderr)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
