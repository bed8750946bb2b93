"""Scripts for SQLite that run wholly between ``PRAGMA foreign_keys=A`` and ``PRAGMA foreign_keys=B``.

What is between runs under A, and another such script leaves the same value behind, so their order does not
change under which value either runs.  That holds in a transaction too, in which SQLite passes the PRAGMA
over (https://sqlite.org/pragma.html#pragma_foreign_keys): where the one script leaves a transaction open
that it began after its own first line, the value stays A, and where one was open before, nobody changes it.
As keys may be enforced then, what they do to rows is followed all the same.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mig.effects.footprint import Access

if TYPE_CHECKING:
    from mig.effects.footprint import Effect, Footprint, Operation

SETTING = "setting:foreign_keys"
_VALUE = re.compile(r"(?:=|\()\s*'?(\w+)")
_ON, _OFF = frozenset({"1", "on", "true", "yes"}), frozenset({"0", "off", "false", "no"})


def find_wrapping(footprint: Footprint) -> str:
    """The two values between which all of a script runs, in words; empty where it is not wrapped."""
    setting = [(at, o) for at, o in enumerate(footprint.operations) if _set_value(o)]
    if [at for at, _ in setting] != [0, len(footprint.operations) - 1]:
        return ""
    (_, first), (_, last) = setting
    if first.is_conditional or last.is_conditional:
        return ""
    return f"foreign_keys {_set_value(first)} while it runs, {_set_value(last)} afterwards"


def without_wrapping(effects: tuple[Effect, ...], wrapping: str, *, is_last: bool) -> tuple[Effect, ...]:
    """The effects of one operation of a wrapped script, as they concern others.

    Others meet what is left behind, and nothing of the script depends on what they left.
    """
    sets = any(e.resource == SETTING and e.access is Access.WRITE for e in effects)
    kept = []
    for effect in effects:
        if effect.resource != SETTING and not (sets and effect.kind == "session"):
            kept.append(effect)
        elif is_last and effect.access is Access.WRITE:
            kept.append(replace(effect, detail=wrapping))
    return tuple(kept)


def _set_value(operation: Operation) -> str:
    """``on`` or ``off`` where an operation sets foreign_keys and nothing else."""
    written = [e for e in operation.effects if e.resource == SETTING and e.access is Access.WRITE]
    found = _VALUE.search(written[0].detail) if len(written) == 1 and not operation.opaque else None
    value = found[1].lower() if found else ""
    return "on" if value in _ON else "off" if value in _OFF else ""
