"""``mig redo``: revert migrations and apply them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mig.cli._run import RunCall, revert_options, run_options, show_run

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="redo", context_settings={"ignore_unknown_options": True})
@run_options
@revert_options
@click.pass_obj
def command(options: Globals, /, **call: Any) -> None:
    """Revert the newest migration and apply it again.

    TARGET is -N (the newest N) or an id or its beginning (with all that depends on it).
    """
    from mig.usecases.redo import redo_migrations

    show_run(options, "redo", redo_migrations, RunCall(**call))
