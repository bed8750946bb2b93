"""What a run tells while it happens, one JSON object a line."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, TextIO, assert_never

from mig.report.plan import doubt_values, loss_values
from mig.report.run import outcome_value
from mig.runner.events import (
    ExtraDone,
    ExtraFailed,
    ExtraStarted,
    LockWaiting,
    Noted,
    PlanDoubted,
    PlanMade,
    StatementDone,
    StepDone,
    StepFailed,
    StepRetried,
    StepRunning,
    StepStarted,
)
from mig.runner.extras import ExtraStep

if TYPE_CHECKING:
    from mig.errors import MigError
    from mig.runner import Outcome
    from mig.runner.events import Event
    from mig.runner.plan import Step

    Values = dict[str, object]

_STEPS = (StepStarted, StatementDone, StepRunning, StepRetried, StepDone, StepFailed)
_EXTRAS = (ExtraStarted, ExtraDone, ExtraFailed)


class EventStream:
    """Writes events to a stream: give ``on_event`` to the runner, and tell it of the end."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._began = time.monotonic()

    def on_event(self, event: Event) -> None:
        name, values = event_value(event)
        self._write(name, values)

    def finish(self, outcome: Outcome) -> None:
        """The last line of a run that has done what it was to do."""
        self._write("done", outcome_value(outcome))

    def fail(self, error: MigError) -> None:
        """The last line of a run that has not."""
        self._write("error", {"message": error.message, "hint": error.hint, "status": error.exit_code})

    def _write(self, name: str, values: Values) -> None:
        line = {"version": 1, "event": name, "elapsed_ms": _milliseconds(time.monotonic() - self._began)}
        print(json.dumps(line | values, ensure_ascii=False), file=self._out, flush=True)


def event_value(event: Event) -> tuple[str, Values]:
    """The name of an event and what it says."""
    if isinstance(event, _STEPS):
        return _step_event(event)
    if isinstance(event, _EXTRAS):
        return _extra_event(event)
    match event:
        case LockWaiting():
            return "lock_waiting", {"holder": event.holder, "waited_ms": _milliseconds(event.waited)}
        case PlanDoubted():
            doubts, losses = doubt_values(event.plan), loss_values(event.plan)
            return "plan_doubted", {"allowed": event.allowed, "doubts": doubts, "losses": losses}
        case PlanMade():
            return "plan_made", {"steps": [_of(step) for step in event.plan.steps]}
        case Noted():
            return "noted", {"message": event.message}
        case _:
            assert_never(event)


def _step_event(
    event: StepStarted | StatementDone | StepRunning | StepRetried | StepDone | StepFailed,
) -> tuple[str, Values]:
    of = _of(event.step)
    match event:
        case StepStarted():
            return "step_started", of
        case StatementDone():
            return "statement_done", of | {"index": event.index, "count": event.count}
        case StepRunning():
            running = {"duration_ms": _milliseconds(event.seconds), "progress": event.progress}
            return "step_running", of | running | {"blockers": list(event.blockers)}
        case StepRetried():
            again = {"attempt": event.attempt, "limit": event.limit, "pause_ms": _milliseconds(event.pause)}
            return "step_retried", of | again | {"message": event.message, "blockers": list(event.blockers)}
        case StepDone():
            return "step_done", of | {"duration_ms": event.duration_ms}
        case StepFailed():
            return "step_failed", of | {"message": event.message}
        case _:
            assert_never(event)


def _extra_event(event: ExtraStarted | ExtraDone | ExtraFailed) -> tuple[str, Values]:
    of: Values = {"name": event.step.name, "path": event.step.path}
    match event:
        case ExtraStarted():
            return "extra_started", of
        case ExtraDone():
            return "extra_done", of | {"duration_ms": event.duration_ms}
        case ExtraFailed():
            return "extra_failed", of | {"message": event.message}
        case _:
            assert_never(event)


def _of(step: Step | ExtraStep) -> Values:
    # A repeatable or a callback goes in neither direction.
    direction = "" if isinstance(step, ExtraStep) else step.direction.value
    return {"id": step.id, "direction": direction, "path": step.path}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
