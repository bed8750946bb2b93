"""``mig status``: the database against the checked-out migrations."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mig.cli._fleet import fleet_options, show_fleet, take_fleet
from mig.cli._run import database_options

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="status")
@database_options
@click.option("--at", default="", metavar="REF", help="Take the migrations from this Git ref.")
@fleet_options
@click.pass_context
def command(ctx: click.Context, /, *, url: str, database: str, at: str, **call: Any) -> None:
    """Compare the database with the checked-out migrations; changes nothing.

    The exit status is 1 where a migration was interrupted and must be settled first, else 0.
    """
    from mig.cli._show import screen
    from mig.report.status import render_status, status_json
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.status import read_status

    options: Globals = ctx.obj
    as_json = screen(options).is_json
    request = DatabaseRequest(url=url, database=database, start=options.directory, at=at)
    if fleet := take_fleet(call, "status"):
        ctx.exit(show_fleet(options, request, fleet))
    status = read_status(options.project(), request)
    color = options.color and options.format != "text" and (sys.stdout.isatty() or options.format == "rich")
    text = (
        status_json(status)
        if as_json
        else render_status(status, color=color, everything=options.verbosity > 0)
    )
    click.echo(text, nl=False, color=color)
    ctx.exit(1 if status.failed else 0)
