"""``mig merge``: the merge migration for the current heads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="merge")
@click.argument("ids", nargs=-1)
@click.option("-m", "--message", default="", help="What the merge migration says of itself.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--add", is_flag=True, help="Stage what was written (git add).")
@click.pass_context
def command(ctx: click.Context, *, ids: tuple[str, ...], message: str, dry_run: bool, add: bool) -> None:
    """Make the merge migration for the heads that are checked out, or for those named.

    It joins heads and orders nothing, so it is refused where two of the migrations conflict.
    """
    from mig.cli._lines import show
    from mig.cli._show import screen
    from mig.report.changes import merge_lines, merge_value, unproved_warning
    from mig.usecases.merge import merge_heads

    options: Globals = ctx.obj
    where = screen(options)
    result = merge_heads(options.project(), ids=ids, message=message, dry_run=dry_run, add=add)
    show(options, where, merge_lines(result), merge_value(result))
    sys.stderr.write(unproved_warning(result))
    if result.blocking:
        sys.stderr.write("mig rebase puts one side after the other; mig check shows each pair\n")
        ctx.exit(1)
