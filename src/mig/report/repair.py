"""A migration that was interrupted: how far it came, and the ways to settle it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.report.escape import indented, printable
from mig.report.json import render

if TYPE_CHECKING:
    from mig.runner.repair import Repaired
    from mig.runner.status import Interrupted, Status

_WAY = 29


def render_unsettled(status: Status) -> str:
    """What ``mig repair`` says before anything was decided."""
    lines = render_interrupted(status.failed) if status.failed else ["nothing is interrupted"]
    return "\n".join(lines) + "\n"


def unsettled_json(status: Status) -> str:
    return render(
        {
            "database": status.database,
            "failed": interrupted_value(status.failed) if status.failed else None,
        }
    )


def render_repaired(repaired: Repaired) -> str:
    if not repaired.id:
        return "nothing is interrupted\n"
    return f"settled: {repaired.id} is {'applied' if repaired.applied else 'not applied'}\n"


def repaired_json(repaired: Repaired) -> str:
    return render(
        {"database": repaired.database, "settled": repaired.id or None, "applied": repaired.applied}
    )


def render_interrupted(failed: Interrupted) -> list[str]:
    """What was interrupted, how far it came, and the ways to settle it."""
    where = (
        f"{failed.path}:{failed.statement.line}"
        if failed.statement and failed.statement.line
        else failed.path
    )
    doing = "apply" if failed.direction == "up" else "revert"
    lines = [f"failed    {failed.id}  {where}  to {doing} it was {_how(failed)}"]
    if failed.statement:
        lines.append(printable(indented(failed.statement.text)))
    if failed.evidence and failed.evidence.why:
        lines.append(f"          the database shows: {printable(failed.evidence.why)}")
    return [*lines, *(f"          {way.ljust(_WAY)}{what}".rstrip() for way, what in _ways(failed))]


def _ways(failed: Interrupted) -> list[tuple[str, str]]:
    ways = []
    if failed.known is None:
        first = max(failed.index, 1)
        look = f"look at the database first: {first + 1} if that statement has run"
        ways.append((f"mig repair --resume --from {first}", look))
    else:
        cleanup = failed.evidence.cleanup if failed.evidence else ""
        does = f"runs {cleanup}, then goes on" if cleanup else "goes on"
        ways.append(("mig repair --resume", f"{does} with statement {failed.known + 1}"))
    if failed.direction == "up" or failed.known == 0:
        ways.append(("mig repair --revert", "undoes what has run, where that can be told"))
    return [
        *ways,
        ("mig repair --mark-applied", "runs nothing: all of it is there, by your own hand"),
        ("mig repair --mark-reverted", "runs nothing: nothing of it is there any more"),
    ]


def _how(failed: Interrupted) -> str:
    of = f" of {failed.count}" if failed.count else ""
    ran = f"{failed.done}{of} statements ran"
    if failed.state == "running":
        began = f"interrupted, or is at work right now ({printable(failed.process)}): {ran}"
    else:
        began = f"refused by the database: {ran}"
    if not failed.index:
        return began
    may = "failed" if failed.certain else "may or may not have run"
    return f"{began}, statement {failed.index} {may}"


def interrupted_value(failed: Interrupted) -> dict[str, object]:
    return {
        "id": failed.id,
        "direction": failed.direction,
        "state": failed.state,
        "path": failed.path,
        "statement": failed.index,
        "done": failed.done,
        "count": failed.count,
        "certain": failed.certain,
        "line": failed.statement.line if failed.statement else 0,
        "text": failed.statement.text if failed.statement else "",
        "known": failed.known,
        "evidence": failed.evidence.why if failed.evidence else "",
    }
