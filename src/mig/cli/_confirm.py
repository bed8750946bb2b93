"""Asks before something is done that cannot be taken back by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.errors import RunnerError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


def confirm(lines: Sequence[str], *, yes: bool) -> None:
    """Go on only where somebody has agreed, on the terminal or with ``--yes``.

    Raises:
        UsageError: there is no terminal to ask on.
        RunnerError: the answer was no.
    """
    if yes:
        return
    import os

    from mig.cli._prompt import ask

    answer = ask(lines, {"y": "yes", "n": "no"}, os.environ)
    if answer is None:
        raise UsageError("this is to be confirmed, and there is no terminal to ask on", hint="pass --yes")
    if answer == "no":
        raise RunnerError("nothing was changed, as it was not confirmed", hint="--yes confirms it beforehand")
