"""Versions as the tools compare them, and those that come next above another."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Version = tuple[int, ...]

MAX_DIGITS = 100
"""A version of more digits is none; Python refuses to read numbers of thousands of them."""

_SEPARATOR = re.compile(r"[._/-]")
# By the number of digits: how the time is written, and what is the next one.
_STAMPS = {
    8: ("%Y%m%d", timedelta(days=1)),
    12: ("%Y%m%d%H%M", timedelta(minutes=1)),
    14: ("%Y%m%d%H%M%S", timedelta(seconds=1)),
}
# Where separators may stand in a time: between its parts.
_JOINTS = frozenset({4, 6, 8, 10, 12})
# Diesel writes a counter behind the time.
_COUNTED = re.compile(r"(\d{4}-\d{2}-\d{2}-\d{6})(-\d+)")
_FIRST_YEAR, _LAST_YEAR = 1990, 2200
# Seconds, or milliseconds, since 1970 are told from other numbers by being of this century's past.
_EPOCHS = {10: 1, 13: 1000}
_FIRST_SECOND = 1_000_000_000


class _Stamp(NamedTuple):
    """A version that is a time, how its digits write it, and the smallest step."""

    at: datetime
    form: str
    step: timedelta


def parse_version(text: str) -> Version:
    """The version as a key to sort by: its numbers, without zeros at the end, as Flyway compares them.

    ``1.10`` comes after ``1.9``, ``1_34`` is ``1.34``, and ``1.0`` is ``1``.  Empty where the text is none.
    """
    parts = _SEPARATOR.split(text)
    if not all(part.isascii() and part.isdigit() and len(part) <= MAX_DIGITS for part in parts):
        return ()
    numbers = [int(part) for part in parts]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def renumber(ours: Sequence[str], published: Iterable[str], now: datetime) -> tuple[str, ...]:
    """The versions of ours, each above those of the published ones and of the one before it.

    Those that are already so stay as they are.

    Args:
        ours: versions as they are written, in the order in which they are to come.
        published: the others, as they are written.
        now: the time, for time stamps.
    """
    top = max(published, key=parse_version, default="")
    found: list[str] = []
    for version in ours:
        is_late = bool(top) and parse_version(version) <= parse_version(top)
        top = next_version(top, now) if is_late else version
        found.append(top)
    return tuple(found)


def next_version(above: str, now: datetime) -> str:
    """A version above another, in the pattern that it shows.

    Args:
        above: the highest version that there is, as it is written: a time stamp gets a new one, a number
            the next number in the same width, a dotted one a higher last part.
        now: the time, for time stamps; one that lies before ``above`` is moved a step beyond it.
    """
    counted = _COUNTED.fullmatch(above)
    if counted and (fresh := _next_stamp(counted[1], now)):
        return f"{fresh}-{'0' * (len(counted[2]) - 1)}"
    return _next_stamp(above, now) or _next_epoch(above, now) or _increment(above)


def is_stamp(version: str) -> bool:
    """Whether a version is a time, so that what comes next depends on when it is asked for."""
    now = datetime.now(UTC)
    return bool(_COUNTED.fullmatch(version) or _read_stamp(version) or _next_epoch(version, now))


def _increment(version: str) -> str:
    """The version with its last number one higher, in the same width where it fits."""
    last = _SEPARATOR.split(version)[-1]
    return f"{version.removesuffix(last)}{int(last) + 1:0{len(last)}d}"


def _next_stamp(version: str, now: datetime) -> str:
    """A later time, with the separators where this one has them; empty where it is no time."""
    stamp = _read_stamp(version)
    if stamp is None:
        return ""
    present = datetime.strptime(f"{now:{stamp.form}}", stamp.form)  # noqa: DTZ007 - no zone, as in the names
    digits = iter(f"{max(present, stamp.at + stamp.step):{stamp.form}}")
    return "".join(next(digits) if sign.isdigit() else sign for sign in version)


def _read_stamp(version: str) -> _Stamp | None:
    parts = _SEPARATOR.split(version)
    digits = "".join(parts)
    joints = {sum(map(len, parts[:at])) for at in range(1, len(parts))}
    form, step = _STAMPS.get(len(digits), ("", timedelta()))
    if not form or not digits.isdigit() or not joints <= _JOINTS:
        return None
    try:
        at = datetime.strptime(digits, form)  # noqa: DTZ007 - no zone, as in the names
    except ValueError:
        return None
    return _Stamp(at, form, step) if _FIRST_YEAR <= at.year <= _LAST_YEAR else None


def _next_epoch(version: str, now: datetime) -> str:
    """A later count of seconds or milliseconds since 1970; empty where the version is none."""
    factor = _EPOCHS.get(len(version), 0)
    if not factor or not version.isdigit():
        return ""
    found, present = int(version), int(now.timestamp() * factor)
    is_past = _FIRST_SECOND * factor <= found <= present
    return str(max(present, found + 1)) if is_past else ""
