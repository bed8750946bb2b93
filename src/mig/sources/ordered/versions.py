"""Versions as the tools compare them, and the next one above another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

Version = tuple[int, ...]

MAX_DIGITS = 100
"""A version of more digits is none; Python refuses to read numbers of thousands of them."""

_STAMPS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_DASHED = re.compile(r"\d{4}-\d{2}-\d{2}-\d{6}")
_FIRST_YEAR, _LAST_YEAR = 1990, 2200


def parse_version(text: str) -> Version:
    """The version as a key to sort by: its numbers, without zeros at the end, as Flyway compares them.

    ``1.10`` comes after ``1.9``, ``1_34`` is ``1.34``, and ``1.0`` is ``1``.  Empty where the text is none.
    """
    parts = re.split(r"[._/-]", text)
    if not all(part.isascii() and part.isdigit() and len(part) <= MAX_DIGITS for part in parts):
        return ()
    numbers = [int(part) for part in parts]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def next_version(above: str, now: datetime) -> str:
    """A version above another, in the pattern that it shows.

    Args:
        above: the highest version that there is, as it is written: a time stamp gets a new one, a number
            the next number in the same width, a dotted one a higher last part.
        now: the time, for time stamps; one that lies before ``above`` is moved a second beyond it.
    """
    stamp = _stamp_format(above)
    if stamp:
        fresh = f"{now:{stamp}}"
        return fresh if parse_version(fresh) > parse_version(above) else _increment(above)
    return _increment(above)


def _increment(version: str) -> str:
    """The version with its last number one higher, in the same width where it fits."""
    last = re.split(r"[._-]", version)[-1]
    return f"{version.removesuffix(last)}{int(last) + 1:0{len(last)}d}"


def _stamp_format(version: str) -> str:
    """How a version is written that is a time; empty where it is a number."""
    if _DASHED.fullmatch(version):
        return "%Y-%m-%d-%H%M%S"
    stamp = _STAMPS.get(len(version), "") if version.isdigit() else ""
    plausible = stamp and _FIRST_YEAR <= int(version[:4]) <= _LAST_YEAR and 1 <= int(version[4:6]) <= 12
    return stamp if plausible else ""
