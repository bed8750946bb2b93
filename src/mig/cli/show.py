"""``mig show``: one migration in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="show")
@click.argument("migration", metavar="ID")
@click.option("--at", default="worktree", metavar="REF", help="worktree (default), index, or a Git ref.")
@click.pass_obj
def command(options: Globals, *, migration: str, at: str) -> None:
    """Show one migration: where it stands, and what its up and down do.

    ID is an id or its beginning, as long as no other id begins so.
    """
    from mig.cli._show import screen, write_json, write_lines
    from mig.usecases.read import show_migration

    where = screen(options)
    shown = show_migration(options.project(), migration, at)
    if where.is_json:
        from mig.report.json import show_value

        write_json(show_value(shown))
        return
    from mig.report.show import render_show

    write_lines(render_show(shown, named=shown.migration.lineage != "default"), where)
