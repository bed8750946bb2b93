"""``mig check``: the three-way check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="check")
@click.option("--staged", is_flag=True, help="Check what is staged instead of the working tree.")
@click.option("--head", default="", help="Check this ref instead of the working tree.")
@click.option("--base", default="", help="The branch that it will be merged into.")
@click.option("--all", "everything", is_flag=True, help="Look at every unordered pair in history.")
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@click.option("--fail-on", type=click.Choice(("error", "warning")), default="error", show_default=True)
@click.pass_context
def command(
    ctx: click.Context, *, staged: bool, head: str, base: str, everything: bool, strict: bool, fail_on: str
) -> None:
    """Check this branch against the one it will be merged into."""
    from mig.cli._show import show_check
    from mig.findings import Severity
    from mig.usecases.check import check_project

    if staged and head:
        raise click.UsageError("--staged and --head exclude each other")
    options: Globals = ctx.obj
    project, threshold = options.project(), Severity.WARNING if strict else Severity(fail_on)
    at = head or ("index" if staged else "worktree")
    result = check_project(project, head=at, base=base or None, everything=everything)
    show_check(result, options, repo=project.repo, fail_on=threshold)
    ctx.exit(0 if result.ok(threshold) else 1)
