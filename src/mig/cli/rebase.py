"""``mig rebase``: our unpublished migrations after theirs."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="rebase")
@click.option("--onto", default="", metavar="ID", help="The published migration to put ours after.")
@click.option("--base", default="", metavar="REF", help="The branch that is published.")
@click.option("--rewrite", is_flag=True, help="Put new names of what was renamed before them into ours.")
@click.option("--yes", is_flag=True, help="Write the new names without asking at the terminal.")
@click.option("--dry-run", is_flag=True, help="Show the diff, and write nothing.")
@click.option("--add", is_flag=True, help="Stage what was rewritten (git add).")
@click.pass_obj
def command(
    options: Globals, *, onto: str, base: str, rewrite: bool, yes: bool, dry_run: bool, add: bool
) -> None:
    """Put our unpublished migrations after those of the base.

    Only the parents in the headers of our own files change, for Django also their numbers, and where
    versions say the order, the versions in their names; with --rewrite also the names of what migrations
    before them renamed. No commit of Git is rewritten.
    """
    from mig.cli._lines import show
    from mig.cli._show import screen
    from mig.report.changes import done_lines, rebase_lines, rebase_value
    from mig.usecases.rebase import rebase_migrations

    where = screen(options)
    run = partial(
        rebase_migrations, options.project(), onto=onto, base=base or None, with_names=rewrite, add=add
    )
    result = run(dry_run=True) if dry_run or (rewrite and not yes and _is_watched(options)) else run()
    show(options, where, rebase_lines(result), rebase_value(result))
    if not dry_run and result.dry_run and result.rewritten and _is_wanted():
        result = run()
        show(options, where, done_lines(result), rebase_value(result))


def _is_watched(options: Globals) -> bool:
    """Whether a person sees the diff before anything is written, and can say no."""
    return sys.stdout.isatty() and options.format != "json"


def _is_wanted() -> bool:
    from mig.cli._prompt import ask

    answer = ask(["write this?"], {"y": "yes", "n": "no"}, os.environ)
    return answer != "no"
