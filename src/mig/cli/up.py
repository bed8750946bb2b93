"""``mig up``: apply migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mig.cli._run import RunCall, reconcile_options, run_options, show_run

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="up")
@run_options
@reconcile_options
@click.pass_obj
def command(options: Globals, /, **call: Any) -> None:
    """Apply migrations: all that are pending, or up to TARGET.

    TARGET is an id or its beginning, head, heads (when there are several) or +N (the next N).
    """
    from mig.usecases.up import apply_migrations

    show_run(options, "up", apply_migrations, RunCall(**call))
