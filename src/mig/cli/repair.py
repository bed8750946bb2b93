"""``mig repair``: settles a migration that was interrupted in the middle."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mig.cli._run import database_options, lock_wait_option

if TYPE_CHECKING:
    from mig.cli._options import Globals
    from mig.usecases.database import DatabaseRequest


@click.command(name="repair")
@click.option("--resume", "ways", flag_value="resume", multiple=True, help="Go on where it stopped.")
@click.option("--revert", "ways", flag_value="revert", multiple=True, help="Undo what has run.")
@click.option(
    "--mark-applied",
    "ways",
    flag_value="mark-applied",
    multiple=True,
    help="Record it as applied; run nothing.",
)
@click.option(
    "--mark-reverted",
    "ways",
    flag_value="mark-reverted",
    multiple=True,
    help="Record it as not applied; run nothing.",
)
@click.option(
    "--from",
    "start",
    type=click.IntRange(min=1),
    metavar="N",
    help="The statement to go on with, where the database does not show it.",
)
@click.option("--allow-changed", is_flag=True, help="Take the file as it is, although it has changed.")
@lock_wait_option
@database_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    ways: tuple[str, ...],
    start: int | None,
    allow_changed: bool,
    lock_wait: float,
    url: str,
    database: str,
) -> None:
    """Settle a migration that was interrupted in the middle (MIG404).

    Without an option it changes nothing: it shows how far the migration came and the ways to go on, and
    the exit status is 1, or 0 where nothing is interrupted.
    """
    from mig.errors import UsageError
    from mig.usecases.database import DatabaseRequest

    options: Globals = ctx.obj
    if len(ways) > 1:
        raise UsageError(
            f"--{ways[0]} and --{ways[1]} cannot be taken together", hint="mig repair shows the ways"
        )
    if start and ways not in (("resume",), ("revert",)):
        raise UsageError("--from needs --resume or --revert", hint="mig repair shows the ways")
    request = DatabaseRequest(url=url, database=database, start=options.directory, lock_wait=lock_wait)
    if ways:
        _repair(options, request, ways[0], start or 0, allow_changed=allow_changed)
    else:
        ctx.exit(_show(options, request))


def _show(options: Globals, request: DatabaseRequest) -> int:
    from mig.cli._show import screen
    from mig.report.repair import render_unsettled, unsettled_json
    from mig.usecases.status import read_status

    as_json = screen(options).is_json
    status = read_status(options.project(), request)
    click.echo(unsettled_json(status) if as_json else render_unsettled(status), nl=False)
    return 1 if status.failed else 0


def _repair(options: Globals, request: DatabaseRequest, way: str, start: int, *, allow_changed: bool) -> None:
    from mig.cli._show import screen
    from mig.report.repair import render_repaired, repaired_json
    from mig.report.run import RunReporter
    from mig.runner.repair import Repair, Way
    from mig.usecases.repair import repair_database

    as_json = screen(options).is_json
    reporter = RunReporter(sys.stdout, sys.stderr, bar=False, color=options.color, quiet=True)
    repair = Repair(way=Way(way), start=start, allow_changed=allow_changed)
    try:
        repaired = repair_database(options.project(), request, repair, reporter.on_event)
    finally:
        reporter.close()
    click.echo(repaired_json(repaired) if as_json else render_repaired(repaired), nl=False)
