"""The names that Django's schema editor gives to indexes and constraints."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 200


def digest(*parts: str) -> str:
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()[:8]


def index_name(table: str, columns: Sequence[str], suffix: str) -> str:
    """The name of an index or a constraint on columns, in a database whose names may be long."""
    ending = f"{digest(table, *columns)}{suffix}"
    return f"{table}_{'_'.join(columns)}_{ending}"[:_LONGEST]


def shortened(name: str, limit: int = 63) -> str:
    """A name as the database can hold it."""
    return name if len(name) <= limit else f"{name[: limit - 9]}_{digest(name)}"
