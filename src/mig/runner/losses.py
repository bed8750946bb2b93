"""What is lost where migrations are reverted: the rows of tables and the values of columns, counted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.runner.dialects import StatementError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MOST = 1_000_000
"""So many rows of a table are looked at, and no more."""
_PART = re.compile(r'"((?:[^"]|"")*)"|([^".]+)')


class Takes(Enum):
    """What a statement takes away."""

    TABLE = "table"
    COLUMN = "column"
    ROWS = "rows"
    COPIED = "copied"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat:
    """What a statement of a down takes away, by the names that hold before anything is reverted.

    ``COPIED`` is a table that another one takes the place of, ``UNREAD`` a statement of which it is not
    known; ``why`` says more.  ``if_exists``: the statement minds nothing that is not there.
    """

    id: str
    takes: Takes
    table: str = ""
    column: str = ""
    why: str = ""
    line: int = 0
    if_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A threat, and how much is there: ``rows`` is None where it is not known, and a least where ``more``."""

    threat: Threat
    rows: int | None = None
    more: bool = False
    problem: str = ""

    @property
    def message(self) -> str:
        """What is lost, for people."""
        threat = self.threat
        what = f"{threat.table}.{threat.column}" if threat.column else threat.table
        match threat.takes:
            case Takes.UNREAD:
                return f"what it takes away is not known: {threat.why}"
            case Takes.COLUMN:
                return f"drops column {what}, which holds {self._counted('value')}"
            case Takes.TABLE:
                return f"drops table {what}, which holds {self._counted('row')}"
            case Takes.ROWS:
                return f"deletes all rows of {what}, which holds {self._counted('row')}"
            case Takes.COPIED:
                return f"puts another table in the place of {what}, which holds {self._counted('row')}"

    def _counted(self, unit: str) -> str:
        if self.rows is None:
            return f"nobody knows how much ({self.problem})"
        most = self.more and self.rows >= MOST
        least = "more than " if most else "at least " if self.more else ""
        return f"{least}{MOST if most else self.rows:,} {unit}{'' if self.rows == 1 else 's'}"


def count_losses(
    threats: Iterable[Threat], query: Callable[[str], list[tuple[object, ...]]], quote: str
) -> tuple[Loss, ...]:
    """The threats to what is there; tables and columns that hold nothing are left out.

    Args:
        threats: what is taken away.
        query: asks the database.
        quote: what it quotes names with.
    """
    found = []
    for threat in threats:
        loss = Loss(threat=threat) if threat.takes is Takes.UNREAD else _count(threat, query, quote)
        if loss is not None:
            found.append(loss)
    return tuple(found)


def _count(threat: Threat, query: Callable[[str], list[tuple[object, ...]]], quote: str) -> Loss | None:
    table, column = quoted(threat.table, quote), quoted(threat.column, quote) or "1"
    looked_at = f"SELECT {column} AS held FROM {table} LIMIT {MOST + 1}"  # noqa: S608 - both are quoted
    try:
        held, seen = query(f"SELECT count(held), count(*) FROM ({looked_at}) AS counted")[0]  # noqa: S608
    except StatementError as error:
        return None if threat.if_exists else Loss(threat=threat, problem=error.message)
    rows, more = int(str(held)), int(str(seen)) > MOST
    return Loss(threat=threat, rows=rows, more=more) if rows or more else None


def quoted(name: str, quote: str) -> str:
    """A name as effects have it, for this database."""
    parts = (inside.replace('""', '"') or plain for inside, plain in _PART.findall(name))
    return ".".join(f"{quote}{part.replace(quote, quote * 2)}{quote}" for part in parts)


def refuse_losses(losses: Sequence[Loss]) -> RunnerError:
    """The error for a plan that loses rows, and that nobody has confirmed."""
    more = f", and {len(losses) - 1} more" if len(losses) > 1 else ""
    return RunnerError(
        f"reverting {losses[0].threat.id} {losses[0].message}{more}; nothing was touched",
        hint="keep what is needed elsewhere, then pass --allow-data-loss",
    )
