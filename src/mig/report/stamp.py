"""What ``mig stamp`` does, for people and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.report.layout import span
from mig.report.words import count
from mig.runner.plan import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.report.layout import Line
    from mig.runner.plan import Step
    from mig.runner.stamp import Stamp

_MOST = 20


def render_stamp(stamp: Stamp, *, planned: bool) -> Iterator[Line]:
    """Which migrations, and where the database is then; ``planned``: nothing has been done yet."""
    for step in stamp.steps[:_MOST]:
        yield (span(f"{_word(step, planned=planned)} "), span(step.id, "id"), span(f"  {step.description}"))
    if len(stamp.steps) > _MOST:
        yield (span(f"... and {len(stamp.steps) - _MOST:,} more"),)
    if stamp.left_out:
        yield (
            span(
                f"left out: {count(len(stamp.left_out), 'migration')} of apps that are not in the repository"
            ),
        )
    if stamp.unknown:
        yield (span(f"left out, as no migration here is it: {', '.join(stamp.unknown)}"),)
    if not planned:
        yield (span(_summary(stamp), "strong"),)


def stamp_value(stamp: Stamp, *, done: bool) -> dict[str, object]:
    return {
        "database": stamp.database,
        "done": done,
        "recorded": [step.id for step in stamp.steps if step.direction is Direction.UP],
        "removed": [step.id for step in stamp.steps if step.direction is Direction.DOWN],
        "already": list(stamp.already),
        "unknown": list(stamp.unknown),
        "left_out": list(stamp.left_out),
        "heads": list(stamp.heads),
    }


def _word(step: Step, *, planned: bool) -> str:
    if step.direction is Direction.UP:
        return "record" if planned else "recorded"
    return "remove" if planned else "removed"


def _summary(stamp: Stamp) -> str:
    at = f"the database is at {', '.join(stamp.heads)}" if stamp.heads else "nothing is recorded as applied"
    before = f", {len(stamp.already):,} were recorded before" if stamp.already else ""
    if not stamp.steps:
        return f"nothing to record{before}: {at}"
    return f"{len(stamp.steps):,} {_word(stamp.steps[0], planned=False)}, nothing was run{before}: {at}"
