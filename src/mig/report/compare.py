"""Renders the verdict on two migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.conflicts.witness import name_sides
from mig.report.escape import one_line

if TYPE_CHECKING:
    from mig.conflicts.compare import Comparison, Reason
    from mig.usecases.compare import Compared

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
    for reason in compared.comparison.reasons:
        lines += ["", *_reason(compared, reason)]
    return "\n".join(lines) + "\n"


def compared_value(compared: Compared) -> dict[str, object]:
    """What ``mig compare --format json`` prints."""
    return {"migrations": [compared.one.id, compared.other.id], **comparison_value(compared.comparison)}


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
        "replayed": None,
    }


def _reason(compared: Compared, reason: Reason) -> list[str]:
    names = compared.one.id, compared.other.id
    lines = [f"{reason.code} {reason.verdict.value}  {one_line(name_sides(reason.message, *names))}"]
    for migration, operation in zip((compared.one, compared.other), reason.operations, strict=True):
        place = one_line(f"{migration.path}:{operation.line}")
        lines.append(f"  {migration.id}  {place}  {one_line(operation.text)[:200]}")
    if reason.witness:
        lines.append(f"  then  {one_line(name_sides(reason.witness, *names))}")
    return lines
