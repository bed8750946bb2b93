"""``mig status``: the database against the checked-out migrations."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mig.cli._run import database_options

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="status")
@database_options
@click.pass_obj
def command(options: Globals, *, url: str, database: str) -> None:
    """Compare the database with the checked-out migrations; changes nothing."""
    from mig.report.run import render_status, status_json
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.status import read_status

    request = DatabaseRequest(url=url, database=database, start=options.directory)
    status = read_status(options.project(), request)
    if options.format == "json":
        click.echo(status_json(status), nl=False)
        return
    color = options.color and options.format != "text" and (sys.stdout.isatty() or options.format == "rich")
    click.echo(render_status(status, color=color, everything=options.verbosity > 0), nl=False, color=color)
