"""``mig check``: the three-way check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mig.cli._replay import ReplayCommand, replay_option, replaying

if TYPE_CHECKING:
    from mig.cli._options import Globals


def find_wanted(values: tuple[str, ...]) -> dict[str, str | None]:
    """The environments that ``--deployed`` names."""
    if not values:
        return {}
    from mig.usecases.deployed import read_wanted

    return read_wanted(values)


@click.command(name="check", cls=ReplayCommand)
@click.option("--staged", is_flag=True, help="Check what is staged instead of the working tree.")
@click.option("--head", default="", help="Check this ref instead of the working tree.")
@click.option("--base", default="", help="The branch that it will be merged into.")
@click.option("--all", "everything", is_flag=True, help="Look at every unordered pair in history.")
@click.option(
    "--deployed",
    multiple=True,
    metavar="NAME[=ID,...]",
    help="Say whether what remains is safe on this environment: ids, a ref, or a configured database.",
)
@replay_option
@click.option("--strict", is_flag=True, help="Fail on warnings, and on pairs that are unknown.")
@click.option("--fail-on", type=click.Choice(("error", "warning")), default="error", show_default=True)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    staged: bool,
    head: str,
    base: str,
    everything: bool,
    deployed: tuple[str, ...],
    url: str | None,
    strict: bool,
    fail_on: str,
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
    with replaying(project, url, options) as opened:
        result = check_project(
            project,
            head=at,
            base=base or None,
            everything=everything,
            deployed=find_wanted(deployed),
            strict=strict,
            replaying=opened,
        )
    show_check(result, options, repo=project.repo, fail_on=threshold)
    ctx.exit(0 if result.ok(threshold) else 1)
