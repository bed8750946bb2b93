"""``mig sync``: move the development database to the checked-out branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mig.cli._run import RunCall, revert_options, show_run, sync_options

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="sync")
@sync_options
@revert_options
@click.pass_obj
def command(options: Globals, /, *, yes: bool, **call: Any) -> None:
    """Move the development database to the checked-out branch.

    What is applied and not on the branch is reverted, with the down that was stored when it was applied;
    what the branch has is applied.
    """
    from mig.usecases.sync import sync_database

    show_run(options, "sync", sync_database, RunCall(ask_before_reverts=not yes, **call))
