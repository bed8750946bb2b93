"""``mig hooks``: install, remove, show and run the Git hooks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mig.cli._hook import HOOK_RUNS, run_hook

if TYPE_CHECKING:
    from pathlib import Path

    from mig.cli._options import Globals
    from mig.git.repo import Repo

_NAMES = tuple(HOOK_RUNS)

_which = click.option(
    "--hook",
    "names",
    type=click.Choice(_NAMES),
    multiple=True,
    help="This hook only; can be given several times.",
)


@click.group(name="hooks")
def command() -> None:
    """Install, remove and run the Git hooks."""


@command.command()
@_which
@click.pass_obj
def install(options: Globals, *, names: tuple[str, ...]) -> None:
    """Write the hooks into the folder that Git takes them from.

    A hook that is there already is kept and runs before mig's.
    """
    from mig.git.hooks import install as write
    from mig.report.hook import render_changes

    repo, folder, scope = _place(options)
    changes = write(folder, sys.executable or "", names or _NAMES)
    click.echo(render_changes(changes, repo.root, scope), nl=False)


@command.command()
@_which
@click.pass_obj
def uninstall(options: Globals, *, names: tuple[str, ...]) -> None:
    """Remove mig's hooks, and restore those that were there before."""
    from mig.git.hooks import uninstall as remove
    from mig.report.hook import render_changes

    repo, folder, _ = _place(options)
    click.echo(render_changes(remove(folder, names or _NAMES), repo.root), nl=False)


@command.command()
@click.pass_obj
def status(options: Globals) -> None:
    """Show which hooks are installed."""
    from mig.cli._show import screen
    from mig.git.hooks import find_hooks
    from mig.report.hook import hooks_json, render_hooks

    as_json = screen(options).is_json
    repo, folder, scope = _place(options)
    hooks = find_hooks(folder, sys.executable or "")
    text = hooks_json(hooks, folder) if as_json else render_hooks(hooks, repo.root, scope)
    click.echo(text, nl=False)


@command.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("name", type=click.Choice(_NAMES))
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def run(ctx: click.Context, *, name: str, args: tuple[str, ...]) -> None:
    """Do what a hook does, as Git calls it: with its arguments and its standard input."""
    ctx.exit(run_hook(name, args, ctx.obj))


def _place(options: Globals) -> tuple[Repo, Path, str]:
    """The repository, its folder of hooks, and for whom else that is the folder."""
    import os

    from mig.git.hooks import find_folder, find_scope
    from mig.git.repo import open_repo

    repo = open_repo(options.directory, os.environ, elsewhere=options.elsewhere)
    return repo, find_folder(repo), find_scope(repo)
