"""What every command shares: the global options, and how a command opens the project."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mig.usecases.project import Project

FORMATS = ("rich", "text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html")
_COMMON_FORMATS = FORMATS[:3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Globals:
    """The global options as the user gave them; ``format`` None: chosen by the command."""

    directory: Path = Path()
    elsewhere: bool = False
    config: Path | None = None
    lineage: str = ""
    format: str | None = None
    color: bool = True
    quiet: bool = False
    verbosity: int = 0

    def project(self) -> Project:
        """The project of the folder that the command works in."""
        from mig.usecases.project import open_project

        return open_project(
            self.directory, config_file=self.config, lineage=self.lineage, elsewhere=self.elsewhere
        )


def accept_globals(command: click.Command) -> None:
    """Let a command, and those below it, take the global options too: users write them at the end.

    A command's own options come first where a name is taken.  Its help lists only ``--format``.
    """
    taken = {name for param in command.params for name in param.opts}
    for option in global_options(_COMMON_FORMATS):
        if not taken & {*option.opts}:
            option.hidden = option.name != "format"
            command.params.append(option)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            accept_globals(below)


def global_options(formats: Sequence[str] = FORMATS) -> list[click.Option]:
    """The global options, made anew, with the formats that a command has."""
    folder = click.Path(path_type=Path, exists=True, file_okay=False)
    path = click.Path(path_type=Path)
    return [
        _option("-C", "directory", type=folder, metavar="DIR", help="Work in this folder.", changes=_work_in),
        _option("--config", type=path, metavar="FILE", help="Use this configuration file."),
        _option("--lineage", metavar="NAME", help="Look at this lineage only."),
        _option("--format", type=click.Choice(formats), help="How to print the result."),
        _option(
            "--no-color",
            is_flag=True,
            help="Print without colours (so does NO_COLOR).",
            changes=_without_color,
        ),
        _option("-q", "--quiet", is_flag=True, help="Print only what is wrong."),
        _option("-v", "--verbose", "verbosity", count=True, help="Print more."),
    ]


def _option(
    *names: str, changes: Callable[[Globals, object], Globals] | None = None, **settings: Any
) -> click.Option:
    """An option that changes the context's ``Globals`` instead of becoming an argument."""

    def apply(ctx: click.Context, param: click.Parameter, value: object) -> None:
        current = ctx.obj or Globals(color=not os.environ.get("NO_COLOR"))
        if not value:
            ctx.obj = current
        elif changes is not None:
            ctx.obj = changes(current, value)
        else:
            ctx.obj = replace(current, **{str(param.name): value})

    return click.Option(names, expose_value=False, callback=apply, **settings)


def _work_in(current: Globals, value: object) -> Globals:
    return replace(current, directory=current.directory / str(value), elsewhere=True)


def _without_color(current: Globals, _: object) -> Globals:
    return replace(current, color=False)
