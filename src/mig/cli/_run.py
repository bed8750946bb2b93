"""What the commands that work on a database share: their options, and how a run is shown."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.cli._options import Globals
    from mig.runner import Outcome
    from mig.runner.events import Event
    from mig.runner.plan import Plan
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.project import Project

    Run = Callable[[Project, DatabaseRequest, str, Callable[[Event], None]], Outcome]

# Any: click's decorators take a function of any shape and give a command.
_Function = TypeVar("_Function", bound="Callable[..., Any]")

lock_wait_option = click.option(
    "--lock-wait",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another runner.",
)
_TARGET = click.argument("target", default="")
_SQL = click.option("--sql", "as_script", is_flag=True, help="Write a script for the database's own client.")
_IDEMPOTENT = click.option("--idempotent", is_flag=True, help="With --sql: a script that can be run twice.")
_CHANGED = click.option(
    "--allow-changed", is_flag=True, help="Pass over applied migrations whose files differ."
)
_COMMON = (
    click.option("--at", default="", metavar="REF", help="Take the migrations from this Git ref."),
    click.option("--json", "as_events", is_flag=True, help="Print every event of the run as a line of JSON."),
    click.option("--dry-run", is_flag=True, help="Show every statement and do nothing."),
    lock_wait_option,
    click.option(
        "--allow-unsafe", is_flag=True, help="Apply what is not shown to be safe after what is applied."
    ),
    click.option(
        "--allow-batch-loss",
        is_flag=True,
        help="Let Alembic's batch mode on SQLite lose what cannot be kept.",
    ),
)
_RECONCILE = (
    click.option(
        "--apply-late",
        multiple=True,
        metavar="ID",
        help="Run this one although a declared order puts it before what is applied.",
    ),
    click.option(
        "--mark-applied",
        multiple=True,
        metavar="ID",
        help="Record this one, which comes too late for a declared order, and do not run it.",
    ),
)
_DATABASE = (
    click.option("--url", default="", help="The database's URL, or env:NAME."),
    click.option("--database", default="", help="The name of a database in the configuration."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCall:
    """The options of one call of ``up``, ``down``, ``redo`` or ``sync``."""

    dry_run: bool
    lock_wait: float
    url: str
    database: str
    target: str = ""
    as_script: bool = False
    as_events: bool = False
    idempotent: bool = False
    allow_changed: bool = False
    apply_late: tuple[str, ...] = ()
    mark_applied: tuple[str, ...] = ()
    at: str = ""
    allow_unsafe: bool = False
    allow_data_loss: bool = False
    allow_batch_loss: bool = False
    ask_before_reverts: bool = False


def database_options(function: _Function) -> _Function:
    """The options of every command that works on a database."""
    return _decorated(function, _DATABASE)


def run_options(function: _Function) -> _Function:
    """The options of ``up``, ``down`` and ``redo``; the command takes what ``RunCall`` holds."""
    return _decorated(function, (_TARGET, *_COMMON, _SQL, _IDEMPOTENT, _CHANGED, *_DATABASE))


def sync_options(function: _Function) -> _Function:
    """The options of ``sync``."""
    yes = click.option("--yes", is_flag=True, help="Revert without asking.")
    return _decorated(function, (*_COMMON, yes, *_DATABASE))


def reconcile_options(function: _Function) -> _Function:
    """The options of ``up`` about declared orders that a database cannot keep any more."""
    return _decorated(function, _RECONCILE)


def revert_options(function: _Function) -> _Function:
    """The option of what reverts."""
    option = click.option("--allow-data-loss", is_flag=True, help="Revert what takes rows along.")
    return option(function)


def show_run(options: Globals, direction: str, run: Run, call: RunCall) -> None:
    """Run one direction, or show what it would do.

    Raises:
        MigError: as the use cases do.
    """
    from mig.cli._show import screen

    if call.idempotent and not call.as_script:
        raise UsageError(
            "--idempotent is about scripts",
            hint=f"mig {direction} --sql --idempotent; a run does nothing twice",
        )
    request = run_request(options, call)
    screen(options)
    if call.as_events and (call.dry_run or call.as_script):
        raise UsageError("--json is about runs", hint=f"mig {direction} --dry-run --format json shows a plan")
    if call.dry_run or call.as_script:
        click.echo(_preview(options, direction, request, call), nl=False)
    else:
        begin = _stream if call.as_events else _run
        begin(options, direction, run, request, call.target)


def run_request(options: Globals, call: RunCall) -> DatabaseRequest:
    """What the call says about the database, for the use cases."""
    from mig.usecases.database import DatabaseRequest

    return DatabaseRequest(
        url=call.url,
        database=call.database,
        start=options.directory,
        lock_wait=call.lock_wait,
        allow_changed=call.allow_changed,
        apply_late=call.apply_late,
        mark_applied=call.mark_applied,
        at=call.at,
        allow_unsafe=call.allow_unsafe,
        allow_data_loss=call.allow_data_loss,
        allow_batch_loss=call.allow_batch_loss,
        ask_before_reverts=call.ask_before_reverts,
        ask=None if call.as_events else _ask,
    )


def _preview(options: Globals, direction: str, request: DatabaseRequest, call: RunCall) -> str:
    from mig.report.plan import plan_json, render_plan
    from mig.report.run import RunReporter
    from mig.usecases.database import plan_run, script_run

    if call.as_script:
        reporter = RunReporter(sys.stdout, sys.stderr, bar=False, color=False, quiet=True)
        return script_run(
            options.project(),
            request,
            direction,
            call.target,
            on_event=reporter.on_event,
            idempotent=call.idempotent,
        )
    database, plan = plan_run(options.project(), request, direction, call.target)
    return plan_json(database, plan) if options.format == "json" else render_plan(plan)


def _stream(options: Globals, _: str, run: Run, request: DatabaseRequest, target: str) -> None:
    from mig.errors import MigError
    from mig.report.events import EventStream

    stream = EventStream(sys.stdout)
    try:
        outcome = run(options.project(), request, target, stream.on_event)
    except MigError as error:
        stream.fail(error)
        raise
    stream.finish(outcome)


def _run(options: Globals, direction: str, run: Run, request: DatabaseRequest, target: str) -> None:
    from mig.report.run import RunReporter, outcome_json, render_outcome

    as_json = options.format == "json"
    reporter = RunReporter(
        sys.stdout,
        sys.stderr,
        bar=sys.stderr.isatty() and options.format != "text",
        color=options.color,
        quiet=options.quiet or as_json,
    )
    try:
        outcome = run(options.project(), request, target, reporter.on_event)
    finally:
        reporter.close()
    if as_json:
        click.echo(outcome_json(outcome), nl=False)
    elif not options.quiet:
        click.echo(render_outcome(outcome, direction), nl=False)


def sync_for_hook(options: Globals) -> None:
    """Sync the default database, after a person has seen what that does and said yes."""
    from mig.usecases.sync import sync_database

    call = RunCall(dry_run=False, lock_wait=5.0, url="", database="")
    show_run(options, "sync", sync_database, call)


def _ask(plan: Plan) -> bool | None:
    """Whether a plan may run whose doubts have been shown; None where nobody is at the terminal."""
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    from mig.cli._prompt import ask

    question = "run it all the same?" if plan.doubts or plan.losses else "go on?"
    answer = ask((f"mig: {question}  [y] yes  [n] no",), {"y": "yes", "n": "no"}, os.environ)
    return None if answer is None else answer == "yes"


def _decorated(function: _Function, decorators: tuple[Callable[[_Function], _Function], ...]) -> _Function:
    for decorate in reversed(decorators):
        function = decorate(function)
    return function
