"""``mig new``: a migration that continues the current heads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

import click

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="new")
@click.argument("message")
@click.option(
    "--parent", "parents", multiple=True, metavar="ID", help="Continue this migration, not the head."
)
@click.option("--py", "python", is_flag=True, help="Write Python instead of SQL.")
@click.option("--from-sql", "sql", type=click.File("rb"), help="Take up from this file (-: standard input).")
@click.pass_obj
def command(
    options: Globals, *, message: str, parents: tuple[str, ...], python: bool, sql: BinaryIO | None
) -> None:
    """Make a migration that continues the current heads, and print its path.

    With several heads there is no saying which one to continue: join them first, or name one.
    """
    from mig.cli._lines import show
    from mig.cli._show import screen
    from mig.report.changes import new_value
    from mig.report.layout import span
    from mig.usecases.new import new_migration

    where, project = screen(options), options.project()
    made = new_migration(project, message, parents=parents, python=python, sql=sql.read() if sql else None)
    # Relative to where the user is, so that an editor can open it: vi "$(mig new 'message')".
    show(options, where, [(span(os.path.relpath(project.root / made.path), "path"),)], new_value(made))
