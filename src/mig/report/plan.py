"""What a run would do, with every statement, and what is to be asked before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.report.escape import flat, indented, printable
from mig.report.extras import callbacks_after, callbacks_before, left_out_note, step_data, title_of
from mig.report.json import render
from mig.runner.plan import Direction

if TYPE_CHECKING:
    from mig.runner.extras import ExtraStep
    from mig.runner.plan import Plan, Step


def render_plan(plan: Plan) -> str:
    """Every statement with its migration."""
    notes = [
        f"note: {late} comes before {before}, which this database already has" for late, before in plan.late
    ]
    notes += [left_out_note(plan.extras.left_out)] if plan.extras.left_out else []
    doubts = doubt_lines(plan) + loss_lines(plan)
    blocks = [
        *([doubts] if doubts else []),
        *map(_plan_extra, callbacks_before(plan)),
        *map(_plan_step, plan.steps),
        *map(_plan_extra, plan.extras.repeatables),
        *map(_plan_extra, callbacks_after(plan)),
    ]
    if not blocks:
        return "\n".join((*notes, "nothing to do")) + "\n"
    count = len(plan.steps)
    counts = [f"{count} {'step' if count == 1 else 'steps'}"]
    counts += [f"{n} repeatable{'s' if n > 1 else ''}"] if (n := len(plan.extras.repeatables)) else []
    blocks = [notes, *blocks] if notes else blocks
    lines = [line for block in blocks for line in ("", *block)][1:]
    lines += ["", f"dry run: {', '.join(counts)}, nothing was done"]
    return "\n".join(lines) + "\n"


def plan_json(database: str, plan: Plan) -> str:
    return render(plan_value(database, plan))


def plan_value(database: str, plan: Plan) -> dict[str, object]:
    return {
        "database": database,
        "steps": [_step_data(step) for step in plan.steps],
        "doubts": doubt_values(plan),
        "repeatables": [step_data(step) for step in plan.extras.repeatables],
        "callbacks": [step_data(step) for step in (*callbacks_before(plan), *callbacks_after(plan))],
        "left_out": list(plan.extras.left_out),
        "losses": loss_values(plan),
    }


def doubt_values(plan: Plan) -> list[dict[str, object]]:
    """What is not shown to be safe, for programs."""
    return [
        {
            "pending": doubt.pending,
            "applied": doubt.applied,
            "verdict": doubt.verdict.value,
            "message": doubt.message,
            "path": doubt.path,
            "line": doubt.line,
        }
        for doubt in plan.doubts
    ]


def loss_values(plan: Plan) -> list[dict[str, object]]:
    """What is lost, for programs."""
    return [
        {
            "id": loss.threat.id,
            "takes": loss.threat.takes.value,
            "table": loss.threat.table,
            "column": loss.threat.column,
            "rows": loss.rows,
            "more": loss.more,
            "message": loss.message,
        }
        for loss in plan.losses
    ]


def doubt_lines(plan: Plan) -> list[str]:
    """What is not shown to be safe, pair by pair, with the reason."""
    if not plan.doubts:
        return []
    lines = ["not shown to be safe for this database (MIG309):"]
    for doubt in plan.doubts:
        place = f"{doubt.path}:{doubt.line}" if doubt.line else doubt.path
        lines += [
            printable(f"  {doubt.verdict.value:<8}  {doubt.pending} after {doubt.applied}  {place}"),
            printable(f"            {flat(doubt.message)}"),
        ]
    return lines


def loss_lines(plan: Plan) -> list[str]:
    """What is lost, with the migration whose down takes it."""
    if not plan.losses:
        return []
    said = (f"  {loss.threat.id}  {flat(loss.message)}" for loss in plan.losses)
    return ["reverting loses what this database holds:", *map(printable, said)]


def render_moves(plan: Plan) -> list[str]:
    """What a plan reverts and applies, a line each."""
    doing = {Direction.DOWN: "reverts", Direction.UP: "applies"}
    return [
        printable(f"  {doing[step.direction]} {step.id}  {flat(step.description)}".rstrip())
        for step in plan.steps
    ]


def _plan_step(step: Step) -> list[str]:
    work = step.work
    doing = "apply" if step.direction is Direction.UP else "revert"
    title = "  ".join(filter(None, (f"{doing} {step.id}", step.path, flat(step.description))))
    lines = [
        printable(title)
        + stored_note(step)
        + ("" if work is None or work.transactional else "  (no transaction)")
    ]
    if work is not None:
        lines += [printable(indented(statement.text)) for statement in work.statements]
    return lines


def _plan_extra(step: ExtraStep) -> list[str]:
    lines = [printable(title_of(step)) + ("" if step.work.transactional else "  (no transaction)")]
    return lines + [printable(indented(statement.text)) for statement in step.work.statements]


def _step_data(step: Step) -> dict[str, object]:
    work = step.work
    statements = work.statements if work else ()
    return {
        "id": step.id,
        "direction": step.direction.value,
        "path": step.path,
        "description": step.description,
        "transactional": work is None or work.transactional,
        "stored": work is not None and work.stored,
        "recorded": step.recorded,
        "statements": [{"line": statement.line, "text": statement.text} for statement in statements],
    }


def stored_note(step: Step) -> str:
    if step.recorded:
        return "  (recorded, not run)"
    return "  (stored down)" if step.work is not None and step.work.stored else ""
