"""``mig radar``: all open branches against the base and each other."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mig.cli._options import Globals

_FORMATS = ("rich", "text", "json", "markdown")
_MOST_BYTES = 16 * 1024 * 1024


@click.command(name="radar")
@click.argument("refs", nargs=-1)
@click.option("--base", default="", help="The branch that the others will be merged into.")
@click.option("--only", default="", metavar="REF", help="Say only what concerns this branch.")
@click.option("--local", is_flag=True, help="Look at local branches besides those of remotes.")
@click.option(
    "--fail-on",
    type=click.Choice(("never", "conflict", "unknown")),
    default="never",
    show_default=True,
    help="End with status 1 where a branch or a pair of branches is as bad as that.",
)
@click.option("--format", "chosen", type=click.Choice(_FORMATS), help="How to print the result.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    refs: tuple[str, ...],
    base: str,
    only: str,
    local: bool,
    fail_on: str,
    chosen: str | None,
) -> None:
    """Compare all open branches with the base and each other, without a checkout.

    REFS are the branches; without any, all remote branches and heads of pull and merge requests.
    "-" reads them from standard input, one a line.
    """
    from mig.cli._show import screen, write, write_json, write_lines
    from mig.usecases.radar.run import watch

    options: Globals = ctx.obj
    where = screen(replace(options, format=chosen) if chosen else options, _FORMATS)
    found = watch(options.project(), _named(refs), base=base or None, only=only, local=local)
    if where.is_json:
        from mig.report.radar_json import radar_value

        write_json(radar_value(found))
    elif where.format == "markdown":
        from mig.report.radar_markdown import render_radar

        write(render_radar(found, only))
    else:
        from mig.report.radar import radar_lines

        write_lines(radar_lines(found, width=where.width, quiet=options.quiet), where)
    if fail_on != "never":
        from mig.usecases.radar.model import Standing

        least = Standing.ERROR if fail_on == "conflict" else Standing.UNKNOWN
        ctx.exit(1 if found.is_at_least(least) else 0)


def _named(refs: tuple[str, ...]) -> tuple[str, ...] | None:
    """The refs, with those from standard input in the place of ``-``; None where there is no argument."""
    if "-" not in refs:
        return refs or None
    text = sys.stdin.buffer.read(_MOST_BYTES).decode("utf-8", "surrogateescape")
    read = [line.strip() for line in text.splitlines() if line.strip()]
    return tuple(dict.fromkeys(name for ref in refs for name in (read if ref == "-" else [ref])))
