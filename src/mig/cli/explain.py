"""``mig explain``: what a code means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mig.catalogue import Code
    from mig.cli._options import Globals


@click.command(name="explain")
@click.argument("code", default="")
@click.pass_obj
def command(options: Globals, *, code: str) -> None:
    """Explain a code such as MIG101 (mig101 and 101 do too); without one, list all codes."""
    from mig.catalogue import all_codes
    from mig.cli._show import screen, write_json, write_lines
    from mig.report import explain

    where = screen(options)
    codes = (_find(code),) if code else all_codes()
    if where.is_json:
        values = [explain.code_value(one) for one in codes]
        write_json(values[0] if code else {"codes": values})
    else:
        render = (
            explain.render_code(codes[0], width=where.width)
            if code
            else explain.render_codes(codes, width=where.width)
        )
        write_lines(render, where)


def _find(text: str) -> Code:
    """The code that the user means.

    Raises:
        UsageError: there is none; the nearest is named.
    """
    from mig.catalogue import all_codes, find_code
    from mig.errors import UsageError

    wanted = text.strip().upper().removeprefix("MIG").removeprefix("-")
    found = find_code(f"MIG{wanted}") or next(
        (c for c in all_codes() if c.slug == text.strip().lower()), None
    )
    if found is None:
        import difflib

        known = [one.code for one in all_codes()]
        near = difflib.get_close_matches(f"MIG{wanted}", known, n=1, cutoff=0.6)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"there is no code {text!r}{meant}", hint="mig explain lists all codes")
    return found
