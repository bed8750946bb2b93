"""``mig init``: the configuration, the folder of migrations and, asked, the hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="init")
@click.option("--path", default="", help="The folder of migrations (where none is recognised: migrations).")
@click.option("--hooks", is_flag=True, help="Install the Git hooks too.")
@click.pass_obj
def command(options: Globals, *, path: str, hooks: bool) -> None:
    """Write the configuration and the folder of migrations.

    The configuration goes to the end of pyproject.toml, or to mig.toml where there is none. What is
    there already is never changed, so this can be run again.
    """
    from mig.cli._lines import show
    from mig.cli._show import screen
    from mig.report.changes import init_lines, init_value
    from mig.usecases.init import init_project

    where = screen(options)
    result = init_project(options.project(), options.directory, path=path, hooks=hooks)
    show(options, where, init_lines(result), init_value(result))
