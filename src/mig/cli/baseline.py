"""``mig baseline``: write the first migration from a database that exists already."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mig.cli._run import database_options

if TYPE_CHECKING:
    from mig.cli._options import Globals
    from mig.runner.events import Event


@click.command(name="baseline")
@click.argument("message", default="Baseline")
@click.option("--no-stamp", is_flag=True, help="Do not record it as applied on the database.")
@database_options
@click.pass_obj
def command(options: Globals, *, message: str, no_stamp: bool, url: str, database: str) -> None:
    """Write the first migration from the schema of a database, and record it as applied there.

    The SQL is that of the database's own tool: pg_dump, SHOW CREATE, or what SQLite keeps.
    """
    from mig.cli._lines import show
    from mig.cli._show import screen
    from mig.report.layout import span
    from mig.report.words import count
    from mig.usecases.adopt import make_baseline
    from mig.usecases.database import DatabaseRequest

    where = screen(options)
    request = DatabaseRequest(url=url, database=database, start=options.directory)
    made = make_baseline(options.project(), request, message, stamp=not no_stamp, on_event=_tell)
    at = f"recorded as applied on {made.database}" if made.stamped else "recorded nowhere"
    wrote = (span("wrote "), span(made.path, "path"), span(f"  {count(made.statements, 'statement')}"))
    show(options, where, [wrote, (span(made.id, "id"), span(f" is {at}"))], asdict(made))


def _tell(event: Event) -> None:
    from mig.report.run import RunReporter

    RunReporter(sys.stdout, sys.stderr, bar=False, color=False, quiet=True).on_event(event)
