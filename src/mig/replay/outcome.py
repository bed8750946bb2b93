"""What came of running scripts in one order, and how the images that two orders left differ."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Cells: TypeAlias = tuple[tuple[str, str], ...]

_LONGEST_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The statement that failed: which script (``base``, or the caller's name), which of its statements."""

    script: str
    statement: int
    text: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A database as it reports itself, independent of the order of objects and columns.

    ``objects`` maps a resource (``column:users.email``) to its definition, ``rows`` a table or view
    to its rows, each as cells ``(column, value)``; all of it is sorted.  ``dead`` maps an object that
    no longer works (a view that cannot be selected from) to what the database says.
    """

    objects: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, tuple[Cells, ...]] = field(default_factory=dict)
    dead: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One order: what failed, or the image that it left.

    ``shared`` says that the scripts ran in one transaction, so that all of them saw one ``now()``.
    """

    order: tuple[str, ...]
    failure: Failure | None = None
    image: Image = field(default_factory=Image)
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing in which two images differ; empty: it is not there."""

    resource: str
    first: str
    second: str

    @property
    def kind(self) -> str:
        """``rows``, ``setting`` or ``schema``."""
        kind = self.resource.partition(":")[0]
        return kind if kind in {"rows", "setting"} else "schema"


def sorted_rows(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> tuple[Cells, ...]:
    """Rows as an image holds them, whatever the order of rows and columns."""
    order = sorted(range(len(columns)), key=lambda at: columns[at])
    named = [(columns[at], at) for at in order]
    return tuple(sorted(tuple((name, repr(row[at])) for name, at in named) for row in rows))


def find_differences(
    first: Image, second: Image, unstable: frozenset[tuple[str, str]] = frozenset()
) -> tuple[Difference, ...]:
    """Where two images differ, by resource; cells of ``unstable`` (table, column) do not count."""
    found = [
        Difference(resource=name, first=first.objects.get(name, ""), second=second.objects.get(name, ""))
        for name in sorted(first.objects.keys() | second.objects.keys())
        if first.objects.get(name) != second.objects.get(name)
    ]
    for table in sorted(first.rows.keys() | second.rows.keys()):
        one, other = first.rows.get(table, ()), second.rows.get(table, ())
        if one == other:
            continue
        one, other = _without(table, one, unstable), _without(table, other, unstable)
        if one != other:
            found.append(
                Difference(resource=f"rows:{table}", first=_alone(one, other), second=_alone(other, one))
            )
    return tuple(found)


def find_unstable(first: Image, second: Image) -> frozenset[tuple[str, str]]:
    """The columns, as (table, column), in which two runs of one order differ: clocks, random numbers."""
    return frozenset(
        (table, column)
        for table in first.rows.keys() & second.rows.keys()
        if first.rows[table] != second.rows[table]
        for column in _differing(first.rows[table], second.rows[table])
    )


def _differing(first: tuple[Cells, ...], second: tuple[Cells, ...]) -> set[str]:
    one, other = _by_column(first), _by_column(second)
    return {column for column in one.keys() | other.keys() if one.get(column) != other.get(column)}


def _by_column(rows: tuple[Cells, ...]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for row in rows:
        for column, value in row:
            found.setdefault(column, Counter())[value] += 1
    return found


def _without(table: str, rows: tuple[Cells, ...], unstable: frozenset[tuple[str, str]]) -> tuple[Cells, ...]:
    if not unstable:
        return rows
    return tuple(sorted(tuple(cell for cell in row if (table, cell[0]) not in unstable) for row in rows))


def _alone(rows: tuple[Cells, ...], others: tuple[Cells, ...]) -> str:
    """The rows that the other side has not got, at most three."""
    alone = sorted((Counter(rows) - Counter(others)).elements())
    shown = "; ".join(", ".join(f"{name}={value}" for name, value in row) for row in alone[:_LONGEST_SHOWN])
    return shown + (f"; and {len(alone) - _LONGEST_SHOWN} more" if len(alone) > _LONGEST_SHOWN else "")
