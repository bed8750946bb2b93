"""The names of Django's migrations: the number in front, and those that Django gives to merges."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_NUMBER = re.compile(r"\d+")
_SQUASHED = re.compile(r".*_squashed_(\d+)")
_LONGEST = 47


def number_of(name: str) -> int | None:
    """The number in a name, of a squash the last one that it replaces.

    As ``MigrationAutodetector.parse_number`` in ``django.db.migrations.autodetector``.
    """
    squashed = _SQUASHED.match(name)
    if squashed:
        return int(squashed[1])
    found = _NUMBER.match(name)
    return int(found[0]) if found else None


def renumbered(name: str, number: int) -> str:
    """The name with another number in front, in the same width where it fits; one without a number stays."""
    found = _NUMBER.match(name)
    return f"{number:0{len(found[0])}d}{name[found.end() :]}" if found else name


def merge_name(names: Iterable[str], created: datetime, wanted: str = "") -> str:
    """The name that ``makemigrations --merge`` gives, where ``wanted`` is its option ``--name``."""
    leaves = sorted(names)
    numbers = [number for name in leaves if (number := number_of(name)) is not None]
    first = f"{max(numbers, default=1) + 1:04d}"
    joined = "_".join(leaves)
    ending = joined if len(joined) <= _LONGEST else f"{created:%Y%m%d_%H%M}"
    return f"{first}_{wanted}" if wanted else f"{first}_merge_{ending}"
