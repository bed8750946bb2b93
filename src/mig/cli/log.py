"""``mig log``: the migrations in linear order, or drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="log")
@click.option("--graph", is_flag=True, help="Draw the graph.")
@click.option("--at", default="worktree", metavar="REF", help="worktree (default), index, or a Git ref.")
@click.option("-n", "--max-count", "most", type=click.IntRange(min=0), metavar="N", help="Show the newest N.")
@click.option("--reverse", is_flag=True, help="Show the oldest first: the order in which they are applied.")
@click.option("--ascii", "ascii_", is_flag=True, help="Draw with plain ASCII.")
@click.pass_obj
def command(options: Globals, *, graph: bool, at: str, most: int | None, reverse: bool, ascii_: bool) -> None:
    """List the migrations in linear order, the newest first (as git log does), or draw them.

    The linear order is the one in which mig up applies them; JSON has the oldest first, always.
    """
    from mig.cli._show import screen, tell_if_empty, write_json, write_lines
    from mig.report.log import LogStyle, newest, render_log
    from mig.usecases.read import order_migrations, read_operations

    if graph and reverse:
        raise click.UsageError("--graph and --reverse exclude each other")
    where = screen(options)
    project = options.project()
    snapshot = project.snapshot(at)
    ordered = order_migrations(snapshot)
    if where.is_json:
        from mig.report.json import log_value

        shown = [m for found in ordered.values() for m in newest(found, most)]
        write_json(log_value(shown, read_operations(project, at, shown)))
        return
    style = LogStyle(
        graph=graph,
        reverse=reverse,
        most=most,
        width=where.width,
        unicode=where.unicode and not ascii_,
        verbose=options.verbosity > 0,
    )
    write_lines(render_log(ordered, style), where)
    tell_if_empty(snapshot, options)
