"""Renders the verdict on two migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.conflicts.witness import name_sides
from mig.findings import Verdict
from mig.report.escape import one_line
from mig.report.replay import replay_lines, replay_value

if TYPE_CHECKING:
    from mig.conflicts.compare import Comparison, Reason
    from mig.usecases.compare import Compared

_MOST = 3
_LONGEST = 100
_MEANS = {
    "commute": "both orders give the same schema and rows",
    "conflict": "the order matters",
    "unknown": "it cannot be told without running them",
}


def render_compared(compared: Compared) -> str:
    """The verdict, then each reason with both statements and the schedule that goes wrong."""
    one, other, verdict = compared.one, compared.other, compared.comparison.verdict.value
    lines = [f"{verdict}: {one.id} and {other.id}: {_MEANS[verdict]}"]
    if compared.order:
        lines.append(
            f"note: {compared.order[0]} comes before {compared.order[1]} in the graph, in every database"
        )
    lines += _assumptions(compared.comparison)
    if compared.replayed:
        lines += replay_lines(compared.replayed)
    if compared.remark:
        lines.append(f"note: {one_line(compared.remark)}")
    for reason in compared.comparison.reasons:
        lines += ["", *_reason(compared, reason)]
    return "\n".join(lines) + "\n"


def compared_value(compared: Compared) -> dict[str, object]:
    """What ``mig compare --format json`` prints."""
    return {
        "migrations": [compared.one.id, compared.other.id],
        **comparison_value(compared.comparison),
        "replayed": replay_value(compared.replayed),
        "remark": compared.remark,
    }


def comparison_value(comparison: Comparison) -> dict[str, object]:
    """A verdict with its reasons, as JSON has it."""
    return {
        "verdict": comparison.verdict.value,
        "reasons": [
            {
                "code": reason.code,
                "verdict": reason.verdict.value,
                "message": reason.message,
                "resources": list(reason.resources),
                "operations": [operation.text for operation in reason.operations],
                "lines": [operation.line for operation in reason.operations],
                "witness": reason.witness,
            }
            for reason in comparison.reasons
        ],
        "assumptions": [
            {"operation": unread.text, "line": unread.line, "message": unread.opaque}
            for unread in comparison.assumptions
        ],
        "replayed": None,
    }


def _assumptions(comparison: Comparison) -> list[str]:
    """What a ``commute`` takes for granted: that earlier statements touch nothing without naming it."""
    unread = comparison.assumptions
    if comparison.verdict is not Verdict.COMMUTE or not unread:
        return []
    shown = [f"  {one_line(operation.text)[:_LONGEST]}  ({operation.opaque})" for operation in unread[:_MOST]]
    more = [f"  ... and {len(unread) - _MOST} more"] if len(unread) > _MOST else []
    return [
        "note: if these earlier statements, which cannot be read, touch only what they name:",
        *shown,
        *more,
    ]


def _reason(compared: Compared, reason: Reason) -> list[str]:
    names = compared.one.id, compared.other.id
    lines = [f"{reason.code} {reason.verdict.value}  {one_line(name_sides(reason.message, *names))}"]
    for migration, operation in zip((compared.one, compared.other), reason.operations, strict=True):
        place = one_line(f"{migration.path}:{operation.line}")
        lines.append(f"  {migration.id}  {place}  {one_line(operation.text)[:200]}")
    if reason.witness:
        lines.append(f"  then  {one_line(name_sides(reason.witness, *names))}")
    return lines
