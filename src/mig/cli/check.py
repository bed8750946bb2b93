"""``mig check``: the three-way check."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from mig.cli._formats import Output, output_of, refuse_two
from mig.cli._options import FORMATS
from mig.cli._replay import ReplayCommand, replay_option, replaying
from mig.errors import UsageError

if TYPE_CHECKING:
    from mig.cli._options import Globals
    from mig.report.formats import View
    from mig.usecases.check import CheckResult
    from mig.usecases.ci import Change
    from mig.usecases.project import Project


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
@click.option("--write-baseline", is_flag=True, help="Put what is found now into the baseline, and pass.")
@click.option(
    "--format",
    "outputs",
    type=output_of,
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=f"How to print the result, or write it into a file; can be repeated: {', '.join(FORMATS)}.",
)
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
    write_baseline: bool,
    outputs: tuple[Output, ...],
) -> None:
    """Check this branch against the one it will be merged into.

    In CI the base and the head of the pull request are found by themselves.
    """
    from mig.cli._show import show_check
    from mig.findings import Severity
    from mig.report.formats import View
    from mig.usecases.check import check_project
    from mig.usecases.ci import find_base, find_change, find_head

    if staged and head:
        raise click.UsageError("--staged and --head exclude each other")
    refuse_two(outputs)
    options: Globals = ctx.obj
    project = options.project()
    change = find_change(os.environ) if project.repo else None
    if change is not None:
        base = base or find_base(project.git, change)
        head = head or ("" if staged else find_head(project.git, change))
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
    if write_baseline:
        _write_baseline(project, result)
        return
    view = View(
        branch=_branch(project, at, change),
        fail_on=Severity.WARNING if strict else Severity(fail_on),
        quiet=options.quiet,
        verbose=options.verbosity > 0,
    )
    show_check(result, options, view, outputs)
    _append_summary(result, view, (options.format, *(output.format for output in outputs)))
    ctx.exit(0 if result.ok(view.fail_on) else 1)


def _branch(project: Project, at: str, change: Change | None) -> str:
    """The branch that is checked, for people."""
    if at in ("worktree", "index"):
        return project.repo.branch() if project.repo else ""
    return change.branch if change and change.head == at else ""


def _append_summary(result: CheckResult, view: View, formats: tuple[str | None, ...]) -> None:
    """Put the report for people on the page of a run of GitHub Actions, beside the annotations."""
    path = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if not path or "github" not in formats:
        return
    from mig.report.formats import render

    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(render("markdown", result, view))
    except OSError as error:
        raise UsageError(
            f"the step summary {path} cannot be written: {error.strerror}", hint="unset GITHUB_STEP_SUMMARY"
        ) from None


def _write_baseline(project: Project, result: CheckResult) -> None:
    from mig.usecases.baseline import DEFAULT_FILE, find_lasting, render_baseline

    path = project.config.baseline or DEFAULT_FILE
    Output(format="json", path=str(project.root / path)).write(render_baseline(result.findings))
    number = len(find_lasting(result.findings))
    click.echo(f"{path}: {number} findings; commit it, and mig check passes over them from now on")
