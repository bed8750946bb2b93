"""``mig heads``: what nobody has continued yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="heads")
@click.option("--at", default="worktree", metavar="REF", help="worktree (default), index, or a Git ref.")
@click.pass_obj
def command(options: Globals, *, at: str) -> None:
    """Show the heads of each lineage: the migrations that no other one continues."""
    from mig.cli._show import screen, tell_if_empty, write_json, write_lines
    from mig.usecases.read import find_heads

    where = screen(options)
    snapshot = options.project().snapshot(at)
    heads = find_heads(snapshot)
    if where.is_json:
        from mig.report.json import heads_value

        write_json(heads_value(heads))
        return
    from mig.report.log import render_heads

    write_lines(render_heads(heads, width=where.width), where)
    tell_if_empty(snapshot, options)
