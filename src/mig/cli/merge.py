"""``mig merge``: the merge migration for the current heads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mig.cli._options import Globals


def _pairs(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    found = [tuple(part.strip() for part in value.split(",")) for value in values]
    wrong = [value for value, pair in zip(values, found, strict=True) if len(pair) != 2 or not all(pair)]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is not two ids with a comma between them")
    return tuple((pair[0], pair[1]) for pair in found)


@click.command(name="merge")
@click.argument("ids", nargs=-1)
@click.option(
    "--order",
    multiple=True,
    metavar="ID,ID",
    callback=_pairs,
    help="Declare that the first comes before the second.",
)
@click.option("-m", "--message", default="", help="What the merge migration says of itself.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--add", is_flag=True, help="Stage what was written (git add).")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    ids: tuple[str, ...],
    order: tuple[tuple[str, str], ...],
    message: str,
    dry_run: bool,
    add: bool,
) -> None:
    """Make the merge migration for the heads that are checked out, or for those named.

    It joins heads and orders only what --order names, so it is refused where two others conflict.
    """
    from mig.cli._lines import show
    from mig.cli._show import screen
    from mig.report.changes import merge_lines, merge_value, merge_way_out, unproved_warning
    from mig.usecases.merge import merge_heads

    options: Globals = ctx.obj
    where = screen(options)
    result = merge_heads(options.project(), ids=ids, order=order, message=message, dry_run=dry_run, add=add)
    show(options, where, merge_lines(result), merge_value(result))
    sys.stderr.write(unproved_warning(result))
    if result.blocking:
        sys.stderr.write(merge_way_out(result))
        ctx.exit(1)
