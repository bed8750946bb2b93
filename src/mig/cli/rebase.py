"""``mig rebase``: our unpublished migrations after theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="rebase")
@click.option("--onto", default="", metavar="ID", help="The published migration to put ours after.")
@click.option("--base", default="", metavar="REF", help="The branch that is published.")
@click.option("--dry-run", is_flag=True, help="Show the diff, and write nothing.")
@click.option("--add", is_flag=True, help="Stage what was rewritten (git add).")
@click.pass_obj
def command(options: Globals, *, onto: str, base: str, dry_run: bool, add: bool) -> None:
    """Put our unpublished migrations after those of the base.

    Only the parents in the headers of our own files change. No commit of Git is rewritten.
    """
    from mig.cli._lines import show
    from mig.cli._show import screen
    from mig.report.changes import rebase_lines, rebase_value
    from mig.usecases.rebase import rebase_migrations

    where = screen(options)
    result = rebase_migrations(options.project(), onto=onto, base=base or None, dry_run=dry_run, add=add)
    show(options, where, rebase_lines(result), rebase_value(result))
