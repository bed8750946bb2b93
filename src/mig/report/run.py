"""A run while it happens, and what it has done: lines and a bar for people, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from mig.model import REPEATABLE
from mig.report.escape import flat, printable
from mig.report.extras import left_out_note
from mig.report.json import render
from mig.report.plan import doubt_lines, loss_lines, render_moves, stored_note
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
from mig.runner.plan import Direction

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from mig.runner import Outcome
    from mig.runner.events import Event
    from mig.runner.plan import Plan

_FEW = 5
"""More steps than this get a progress bar on a terminal, below the line of each."""
_DONE = {Direction.UP: "applied", Direction.DOWN: "reverted"}


class RunReporter:
    """Shows a run while it happens: give ``on_event`` to the runner, and close it at the end."""

    def __init__(self, out: TextIO, err: TextIO, *, bar: bool, color: bool, quiet: bool) -> None:
        self._out = out
        self._err = err
        self._bar = bar
        self._color = color
        self._quiet = quiet
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._total = self._finished = 0

    def on_event(self, event: Event) -> None:
        match event:
            case LockWaiting() | Noted() | StepRetried():
                self._tell(event)
            case PlanDoubted():
                self._show_doubts(event)
            case PlanMade():
                self._begin(event.plan)
            case StepStarted() | StatementDone() | StepRunning():
                self._describe(event)
            case StepDone():
                self._show_done(event)
            case StepFailed():
                self.close()
            case ExtraStarted() | ExtraDone() | ExtraFailed():
                self._show_extra(event)

    def _tell(self, event: LockWaiting | Noted | StepRetried) -> None:
        if isinstance(event, Noted):
            line = f"note: {event.message}"
        elif isinstance(event, StepRetried):
            line = _retried(event)
        else:
            line = f"waiting ({event.waited:.0f} s) for {event.holder}"
        print(printable(line), file=self._err, flush=True)

    def close(self) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _show_doubts(self, event: PlanDoubted) -> None:
        lines = doubt_lines(event.plan) + loss_lines(event.plan)
        lines += render_moves(event.plan) if event.asks_reverts else []
        print("\n".join(lines), file=self._err, flush=True)

    def _begin(self, plan: Plan) -> None:
        doubted = {doubt.pending for doubt in plan.doubts}
        for late, before in [pair for pair in plan.late if pair[0] not in doubted]:
            print(f"note: {late} comes before {before}, which this database already has", file=self._err)
        self._total, self._finished = len(plan.steps), 0
        self.close()
        if self._total > _FEW:
            self._start_bar()

    def _start_bar(self) -> None:
        """Show the bar: at once for many steps, for few when one takes long."""
        if not self._bar or self._quiet or self._progress is not None:
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(file=self._err, no_color=not self._color, force_terminal=True)
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
        )
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task("", total=self._total, completed=self._finished)
        self._progress.start()

    def _describe(self, event: StepStarted | StatementDone | StepRunning) -> None:
        if isinstance(event, StepRunning):
            self._start_bar()
        if self._progress is None or self._task is None:
            return
        shown = f"{event.step.id} {flat(event.step.description)}".rstrip()
        if isinstance(event, StatementDone):
            shown = f"{event.step.id} {event.index}/{event.count} {flat(event.step.description)}"
        elif isinstance(event, StepRunning):
            waits = f", waits for {event.blockers[0]}" if event.blockers else ""
            shown += flat(f"  {event.seconds:.0f} s  {event.progress}".rstrip() + waits)
        self._progress.update(self._task, description=shown)

    def _show_done(self, event: StepDone) -> None:
        self._finished += 1
        if not self._quiet:
            text = f"  {flat(event.step.description)}".rstrip() + stored_note(event.step)
            self._print(f"{_DONE[event.step.direction]} {event.step.id}{text}  {event.duration_ms} ms")
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task)

    def _show_extra(self, event: ExtraStarted | ExtraDone | ExtraFailed) -> None:
        if isinstance(event, ExtraFailed):
            self.close()
        elif isinstance(event, ExtraDone) and not self._quiet and event.step.extra.role == REPEATABLE:
            self._print(f"repeated {event.step.name}  {event.step.path}  {event.duration_ms} ms")

    def _print(self, line: str) -> None:
        if self._progress is not None and self._out.isatty():
            # Through the bar's own console, which puts the line above the bar.
            self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=self._out, flush=True)


def render_outcome(outcome: Outcome, direction: str) -> str:
    """The last line of a run."""
    at = (
        f"the database is at {', '.join(outcome.heads)}"
        if outcome.heads
        else "nothing is applied to the database"
    )
    note = f"{left_out_note(outcome.left_out)}\n" if outcome.left_out else ""
    if not outcome.steps and not outcome.repeated:
        doing = {"up": "apply", "sync": "do"}.get(direction, "revert")
        return f"{note}nothing to {doing}: {at}\n"
    done = [step.direction for step in outcome.steps]
    counts = [f"{n} {_DONE[d]}" for d in (Direction.DOWN, Direction.UP) if (n := done.count(d))]
    counts += [f"{len(outcome.repeated)} repeated"] if outcome.repeated else []
    return f"{note}{', '.join(counts)} in {_seconds(outcome.duration_ms)}: {at}\n"


def outcome_json(outcome: Outcome) -> str:
    return render(outcome_value(outcome))


def outcome_value(outcome: Outcome) -> dict[str, object]:
    """What a run has done, for programs."""
    steps = outcome.steps
    return {
        "database": outcome.database,
        "applied": [step.id for step in steps if step.direction is Direction.UP],
        "reverted": [step.id for step in steps if step.direction is Direction.DOWN],
        "repeated": [step.name for step in outcome.repeated],
        "left_out": list(outcome.left_out),
        "heads": list(outcome.heads),
        "duration_ms": outcome.duration_ms,
    }


def _retried(event: StepRetried) -> str:
    waits = "".join(f"; in the way is {one}" for one in event.blockers)
    again = f"again in {event.pause:.1f} s ({event.attempt} of {event.limit})"
    return flat(f"{event.message}{waits}; {again}")


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"
