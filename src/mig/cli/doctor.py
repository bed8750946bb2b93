"""``mig doctor``: what mig makes of this repository, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mig.cli._options import Globals


@click.command(name="doctor")
@click.pass_obj
def command(options: Globals) -> None:
    """Say what was recognised here, why, and how to say otherwise."""
    from mig.cli._show import screen, write_json, write_lines
    from mig.report.doctor import render_diagnosis
    from mig.usecases.doctor import diagnose

    where = screen(options)
    found = diagnose(options.project())
    if where.is_json:
        from dataclasses import asdict

        write_json(asdict(found))
        return
    write_lines(render_diagnosis(found), where)
