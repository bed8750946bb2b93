"""``mig compare``: the verdict on two migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mig.cli._replay import ReplayCommand, replay_option, replaying

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="compare", cls=ReplayCommand)
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.option("--at", default="worktree", show_default=True, metavar="REF", help="The tree that holds them.")
@replay_option
@click.pass_context
def command(ctx: click.Context, *, one: str, other: str, at: str, url: str | None) -> None:
    """Say whether two migrations commute, and why not.

    A and B are ids, beginnings of ids, or files.  The exit status is 0 where they commute, else 1.
    """
    from mig.cli._show import screen, write, write_json
    from mig.findings import Verdict
    from mig.report.compare import compared_value, render_compared
    from mig.usecases.compare import compare_migrations

    options: Globals = ctx.obj
    where, project = screen(options), options.project()
    with replaying(project, url, options) as opened:
        found = compare_migrations(project, one, other, at=at, start=options.directory, replaying=opened)
    if where.is_json:
        write_json(compared_value(found))
    else:
        write(render_compared(found))
    ctx.exit(0 if found.comparison.verdict is Verdict.COMMUTE else 1)
