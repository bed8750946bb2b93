"""``mig up``: apply migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mig.cli._fleet import fleet_options, pace_options, show_fleet, take_fleet
from mig.cli._run import RunCall, reconcile_options, run_options, run_request, show_run
from mig.errors import UsageError

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="up")
@run_options
@reconcile_options
@fleet_options
@pace_options
@click.pass_context
def command(ctx: click.Context, /, **call: Any) -> None:
    """Apply migrations: all that are pending, or up to TARGET.

    TARGET is an id or its beginning, head, heads (when there are several) or +N (the next N).
    """
    from mig.usecases.up import apply_migrations

    options: Globals = ctx.obj
    fleet = take_fleet(call, "up")
    if fleet is None:
        show_run(options, "up", apply_migrations, RunCall(**call))
    elif call["as_events"]:
        raise UsageError(
            "--json tells of one database", hint="mig up --fleet ... --format json sums a fleet up"
        )
    else:
        ctx.exit(show_fleet(options, run_request(options, RunCall(**call)), fleet))
