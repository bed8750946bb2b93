"""How repeatables and callbacks are shown, in plans, results of runs and the state of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.model import REPEATABLE
from mig.runner.extras import RepeatableState
from mig.runner.plan import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mig.runner.extras import Extras, ExtraStep, RepeatableStatus
    from mig.runner.plan import Plan

_GONE = "the file is gone; what it made stays until a migration drops it"


def callbacks_before(plan: Plan) -> tuple[ExtraStep, ...]:
    """The callbacks of a plan that are told of above its steps."""
    return _chosen(plan.extras, [*(f"before_{phase}" for phase in _phases(plan)), *_each(plan, "before")])


def callbacks_after(plan: Plan) -> tuple[ExtraStep, ...]:
    """The callbacks of a plan that are told of below its steps."""
    return _chosen(plan.extras, [*_each(plan, "after"), *(f"after_{phase}" for phase in _phases(plan))])


def title_of(step: ExtraStep) -> str:
    """One line that says what is run, and when or why."""
    if step.extra.role == REPEATABLE:
        return f"repeat {step.name}  {step.path}  ({step.why})"
    each = f"  ({step.name.partition('_')[0]} every migration)" if step.name.endswith("_each") else ""
    return f"callback {step.name}  {step.path}{each}"


def left_out_note(names: Sequence[str]) -> str:
    """What a run that does not go to all heads says of the repeatables."""
    count = f"{len(names)} repeatable{'s' if len(names) > 1 else ''}"
    return f"note: left out, as this is not the whole of it: {count} ({', '.join(names)}); mig up runs them"


def status_rows(found: Sequence[RepeatableStatus]) -> list[tuple[str, str, str, str]]:
    """Rows for the table of ``mig status``: state, name, moment or path, words."""
    rows = []
    for one in found:
        if one.state is RepeatableState.PENDING:
            rows.append(
                (
                    "to run",
                    one.name,
                    one.path,
                    "repeatable, changed since" if one.applied_at else "repeatable, new",
                )
            )
        elif one.state is RepeatableState.GONE:
            rows.append(("gone", one.name, one.applied_at, f"repeatable: {_GONE}"))
        else:
            rows.append(("current", one.name, one.applied_at, "repeatable"))
    return rows


def status_counts(found: Sequence[RepeatableStatus]) -> list[str]:
    """What the last line of ``mig status`` says of repeatables."""
    states = [one.state for one in found]
    pending, gone = states.count(RepeatableState.PENDING), states.count(RepeatableState.GONE)
    counts = [f"{pending} repeatable{'s' if pending > 1 else ''} to run"] if pending else []
    return [*counts, f"{gone} repeatable{'s' if gone > 1 else ''} gone"] if gone else counts


def status_data(found: Sequence[RepeatableStatus]) -> list[dict[str, object]]:
    return [
        {"name": one.name, "state": one.state.value, "path": one.path, "applied_at": one.applied_at}
        for one in found
    ]


def step_data(step: ExtraStep) -> dict[str, object]:
    return {
        "name": step.name,
        "path": step.path,
        **({"why": step.why} if step.extra.role == REPEATABLE else {}),
        "transactional": step.work.transactional,
        "statements": [{"line": one.line, "text": one.text} for one in step.work.statements],
    }


def _phases(plan: Plan) -> list[str]:
    ran = {step.direction for step in plan.steps}
    if plan.extras.repeatables:
        ran.add(Direction.UP)
    return [one.value for one in (Direction.DOWN, Direction.UP) if one in ran]


def _each(plan: Plan, moment: str) -> list[str]:
    return [f"{moment}_each"] if plan.steps else []


def _chosen(extras: Extras, names: Sequence[str]) -> tuple[ExtraStep, ...]:
    return tuple(extras.callbacks[name] for name in names if name in extras.callbacks)
