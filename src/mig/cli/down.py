"""``mig down``: revert migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mig.cli._run import RunCall, revert_options, run_options, show_run

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="down", context_settings={"ignore_unknown_options": True})
@run_options
@revert_options
@click.pass_obj
def command(options: Globals, /, **call: Any) -> None:
    """Revert migrations: the newest, or back to TARGET.

    TARGET is -N (the newest N), an id or its beginning (it stays, what comes after it goes) or base
    (everything goes). Without one it is -1.
    """
    from mig.usecases.down import revert_migrations

    show_run(options, "down", revert_migrations, RunCall(**call))
