"""``mig stamp``: record migrations as applied without running them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mig.cli._confirm import confirm
from mig.cli._run import database_options, lock_wait_option

if TYPE_CHECKING:
    from mig.cli._options import Globals
    from mig.runner.events import Event
    from mig.runner.stamp import Stamp


@click.command(name="stamp")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--from", "tool", default="", metavar="TOOL", help="Take over what another tool has applied.")
@click.option("--table", default="", metavar="NAME", help="The other tool's table, if it is another one.")
@click.option("--remove", is_flag=True, help="Take the records of these ids away; nothing is reverted.")
@click.option("--allow-unknown", is_flag=True, help="Leave out what the other tool has and no file here is.")
@click.option("--allow-changed", is_flag=True, help="Pass over the other tool's checksums.")
@click.option("--dry-run", is_flag=True, help="Show what would be recorded and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@lock_wait_option
@database_options
@click.pass_obj
def command(
    options: Globals,
    *,
    targets: tuple[str, ...],
    tool: str,
    table: str,
    remove: bool,
    allow_unknown: bool,
    allow_changed: bool,
    dry_run: bool,
    yes: bool,
    lock_wait: float,
    url: str,
    database: str,
) -> None:
    """Record migrations as applied without running them: a TARGET with all that comes before it.

    TARGET is an id or its beginning, head or heads.  TOOL is alembic, django, flyway, dbmate, goose,
    golang-migrate or prisma.
    """
    from mig.cli._show import screen, write_json, write_lines
    from mig.report.stamp import render_stamp, stamp_value
    from mig.runner.stamp import StampRequest
    from mig.usecases.database import DatabaseRequest
    from mig.usecases.stamp import stamp_database

    where = screen(options)
    request = DatabaseRequest(url=url, database=database, start=options.directory, lock_wait=lock_wait)
    wanted = StampRequest(
        targets=targets,
        remove=remove,
        tool=tool,
        table=table,
        allow_unknown=allow_unknown,
        allow_changed=allow_changed,
    )

    def agree(stamp: Stamp) -> bool:
        if not dry_run and stamp.steps and (remove or stamp.kept):
            from mig.report.layout import plain

            lines = plain(render_stamp(stamp, planned=True)).splitlines()
            confirm([*lines, f"The history of {stamp.database} has rows already."], yes=yes)
        return not dry_run

    stamp = stamp_database(options.project(), request, wanted, agree, _tell)
    if where.is_json:
        write_json(stamp_value(stamp, done=not dry_run))
    elif not options.quiet:
        write_lines(render_stamp(stamp, planned=dry_run), where)


def _tell(event: Event) -> None:
    from mig.report.run import RunReporter

    RunReporter(sys.stdout, sys.stderr, bar=False, color=False, quiet=True).on_event(event)
