"""``mig verify``: whether a database is what its history and the migrations say."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mig.cli._confirm import confirm
from mig.cli._replay import ReplayCommand
from mig.cli._run import database_options

if TYPE_CHECKING:
    from mig.cli._options import Globals
    from mig.cli._show import Screen
    from mig.usecases.verify import VerifyResult


@click.command(name="verify", cls=ReplayCommand)
@click.option(
    "--replay",
    "replay_url",
    metavar="[URL]",
    help="Expect what the migrations make on a throwaway database: SQLite in memory, or on the server"
    " of this URL (else of MIG_REPLAY_URL).",
)
@click.option("--accept", is_flag=True, help="Take the schema as it is for what is expected from now on.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_options
@click.pass_context
def command(
    ctx: click.Context, *, replay_url: str | None, accept: bool, yes: bool, url: str, database: str
) -> None:
    """Check that the database is what its history says: checksums, and what was changed by hand.

    The exit status is 1 where anything was found, and 3 where the schema could not be compared.
    """
    from mig.cli._show import screen
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.verify import accept_schema, verify_database

    options: Globals = ctx.obj
    where = screen(options)
    project = options.project()
    request = DatabaseRequest(url=url, database=database, start=options.directory)
    result = verify_database(project, request, replay_url)
    if accept:
        _show(result, options, where, advise=False)
        confirm(["Take this schema for what is expected from now on?"], yes=yes)
        digest = accept_schema(project, request)
        print(f"this schema is expected from now on: fingerprint {digest[:12]}", file=sys.stderr)
        return
    _show(result, options, where)
    ctx.exit(1 if result.findings else 3 if result.verified.problem else 0)


def _show(result: VerifyResult, options: Globals, where: Screen, *, advise: bool = True) -> None:
    from mig.cli._show import write_json, write_lines
    from mig.report.escape import printable
    from mig.report.verify import next_step, render_verify, verify_value

    if where.is_json:
        write_json(verify_value(result))
    else:
        write_lines(render_verify(result, quiet=options.quiet), where)
    sys.stdout.flush()
    if not advise:
        return
    if result.verified.problem:
        print(f"mig: {printable(result.verified.problem)}", file=sys.stderr)
        print(printable(result.verified.hint), file=sys.stderr)
    elif result.findings:
        print(printable(next_step(result)), file=sys.stderr)
