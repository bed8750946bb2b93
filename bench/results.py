"""What the samples say: medians, ratios, and which of the targets are met."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import scenario as cases
import sides

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from measure import Sample

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One case at one size; seconds, and bytes of the largest process in any run."""

    case: str
    median: float
    fastest: float
    slowest: float
    peak: int
    found: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that was promised, what came out, and whether that is enough."""

    promise: str
    measured: str
    met: bool


def summarise(case: str, samples: Sequence[Sample]) -> Row:
    seconds = [sample.seconds for sample in samples]
    return Row(
        case=case,
        median=statistics.median(seconds),
        fastest=min(seconds),
        slowest=max(seconds),
        peak=max(sample.peak for sample in samples),
        found=samples[-1].found,
    )


def render_table(rows: Sequence[Row]) -> str:
    """One size as a Markdown table, which reads well on a terminal too."""
    floor = _median(rows, cases.FLOOR)
    alembic = next((row.median for row in rows if row.case == cases.ALEMBIC), 0.0)
    lines = [("", "median", "min - max", "x floor", "alembic takes", "peak", "found")]
    lines += [
        (
            row.case,
            _milliseconds(row.median),
            f"{_milliseconds(row.fastest)} - {_milliseconds(row.slowest)}",
            f"{row.median / floor:.1f}",
            f"{alembic / row.median:.1f} x" if alembic else "",
            f"{row.peak / MEGABYTE:.0f} MB",
            "" if row.found is None else str(row.found),
        )
        for row in rows
    ]
    return render_markdown(lines)


def render_markdown(lines: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table with a first column of text; the others are set to the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    texts = [
        [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        for line in lines
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [texts[0], rule, *texts[1:]])


def find_targets(tables: Mapping[int, Sequence[Row]]) -> list[Target]:
    """The targets of this project for the largest size that was measured."""
    size = max(tables)
    rows = {row.case: row for row in tables[size]}
    floor, alembic = rows[cases.FLOOR].median, rows[cases.ALEMBIC].median
    warm, cold = rows[cases.CHECK].median, rows[cases.CHECK_COLD].median
    starts = max(rows[name].median for name in (cases.VERSION, cases.IDLE_HOOK)) / floor
    slowest = max(rows[name].median for name in (cases.CHECK, cases.CHECK_STAGED, cases.CHECK_DIVERGING))
    peak = max(row.peak for row in rows.values() if row.case not in (cases.ALEMBIC, cases.ALEMBIC_COLD))
    found = [
        Target(
            promise="mig --version and the idle hook: at most 2 x floor",
            measured=f"{starts:.2f} x",
            met=starts <= 2,
        ),
        Target(
            promise=f"mig check, warm, one new migration of {size:,}: at most 0.4 s",
            measured=f"{warm:.3f} s ({slowest:.3f} s diverging or staged)",
            met=slowest <= 0.4,
        ),
        Target(
            promise="the same: at least 5 x faster than alembic heads",
            measured=f"{alembic / slowest:.1f} x",
            met=alembic >= 5 * slowest,
        ),
        Target(
            promise="mig check, cold: faster than alembic heads",
            measured=f"{alembic / cold:.1f} x",
            met=cold < alembic,
        ),
        Target(
            promise="peak memory under 250 MB",
            measured=f"{peak / MEGABYTE:.0f} MB",
            met=peak < 250 * MEGABYTE,
        ),
    ]
    return [*found, *_find_growth(tables)]


def find_side_targets(rows: Sequence[Row]) -> list[Target]:
    """The targets about many new migrations on both sides, and about one comparison."""
    many = _median(rows, sides.CHECK_SIDES)
    one = (_median(rows, sides.COMPARE_MANY) - _median(rows, sides.COMPARE_ONE)) / sides.NEW
    return [
        Target(
            promise=f"mig check, {sides.NEW} new migrations against {sides.NEW}, cold: at most 1.5 s",
            measured=f"{many:.2f} s",
            met=many <= 1.5,
        ),
        Target(
            promise="compare of two migrations, after the start: at most 20 ms",
            measured=f"{one * 1000:.1f} ms",
            met=one <= 0.020,
        ),
    ]


def _find_growth(tables: Mapping[int, Sequence[Row]]) -> list[Target]:
    """Whether the time above the floor grows no faster than the number of migrations."""
    if len(tables) < 2:
        return []
    small, large = sorted(tables)[-2:]
    factor = large / small
    found = []
    for case, words in ((cases.CHECK_COLD, "cold check"), (cases.CHECK_ALL, "check --all")):
        above = [_median(tables[n], case) - _median(tables[n], cases.FLOOR) for n in (small, large)]
        growth = above[1] / above[0]
        found.append(
            Target(
                promise=f"{words} above the floor, {small:,} to {large:,} ({factor:.0f} x): grows linearly",
                measured=f"{growth:.1f} x",
                met=growth <= factor * 1.1,
            )
        )
    return found


def _median(rows: Sequence[Row], case: str) -> float:
    return next(row.median for row in rows if row.case == case)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"
