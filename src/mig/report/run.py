"""How plans, runs and the state of a database are shown: text for people, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from mig.model import REPEATABLE
from mig.report.extras import (
    callbacks_after,
    callbacks_before,
    left_out_note,
    status_counts,
    status_data,
    status_rows,
    step_data,
    title_of,
)
from mig.report.json import render
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
from mig.runner.reconcile import said_of, way_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.progress import Progress, TaskID

    from mig.graph.order import Unreconciled
    from mig.runner import Outcome
    from mig.runner.events import Event
    from mig.runner.extras import ExtraStep
    from mig.runner.plan import Plan, Step
    from mig.runner.repair import Repaired
    from mig.runner.status import Interrupted, Status

_FEW = 5
"""More steps than this get a progress bar on a terminal, below the line of each."""
_RECENT = 10
_WAY = 29
_DONE = {Direction.UP: "applied", Direction.DOWN: "reverted"}
_STYLES = {
    "changed": "red",
    "current": "green",
    "failed": "bold red",
    "gone": "magenta",
    "pending": "yellow",
    "reverted": "yellow",
    "to run": "yellow",
    "unknown": "magenta",
}


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
        lines = _doubts(event.plan) + _losses(event.plan)
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
        shown = f"{event.step.id} {_one_line(event.step.description)}".rstrip()
        if isinstance(event, StatementDone):
            shown = f"{event.step.id} {event.index}/{event.count} {_one_line(event.step.description)}"
        elif isinstance(event, StepRunning):
            waits = f", waits for {event.blockers[0]}" if event.blockers else ""
            shown += _one_line(f"  {event.seconds:.0f} s  {event.progress}".rstrip() + waits)
        self._progress.update(self._task, description=shown)

    def _show_done(self, event: StepDone) -> None:
        self._finished += 1
        if not self._quiet:
            text = f"  {_one_line(event.step.description)}".rstrip() + _stored(event.step)
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


def render_plan(plan: Plan) -> str:
    """Every statement with its migration."""
    notes = [
        f"note: {late} comes before {before}, which this database already has" for late, before in plan.late
    ]
    notes += [left_out_note(plan.extras.left_out)] if plan.extras.left_out else []
    doubts = _doubts(plan) + _losses(plan)
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


def render_status(status: Status, *, color: bool, everything: bool) -> str:
    """The state of a database, one line for each migration; ids and paths are never broken."""
    shown = status.applied if everything else status.applied[-_RECENT:]
    rows = [(_state(status, row.id), row.id, row.applied_at, _one_line(row.description)) for row in shown]
    rows += [("pending", m.id, m.path, _one_line(m.description)) for m in status.pending]
    # What is wrong is shown however long ago it was applied.
    hidden = {row.id for row in status.applied} - {row.id for row in shown}
    wrong = [
        (_state(status, row.id), row.id, row.applied_at, _one_line(row.description)) for row in status.applied
    ]
    rows = [row for row in wrong if row[1] in hidden and row[0] != "applied"] + rows
    lines = [[("", f"database  {printable(status.database)}")]]
    if status.failed:
        lines += [[("bold red", line)] for line in render_interrupted(status.failed)]
    lines += [[("yellow", line)] for one in status.unreconciled for line in _unreconciled(one)]
    lines += [[("dim", f"... {len(hidden)} applied before these (-v shows them)")]] if hidden else []
    lines += _aligned([*rows, *status_rows(status.repeatables)])
    lines.append([("bold", _summary(status))])
    return _styled(lines, color=color)


def status_json(status: Status) -> str:
    return render(
        {
            "database": status.database,
            "applied": [row.id for row in status.applied],
            "pending": [migration.id for migration in status.pending],
            "unknown": list(status.unknown),
            "changed": list(status.changed),
            "failed": _failed_data(status.failed) if status.failed else None,
            "unreconciled": [
                {"first": one.first, "second": one.second, "path": one.path, "missing": list(one.missing)}
                for one in status.unreconciled
            ],
            "repeatables": status_data(status.repeatables),
        }
    )


def render_unsettled(status: Status) -> str:
    """What ``mig repair`` says before anything was decided."""
    lines = render_interrupted(status.failed) if status.failed else ["nothing is interrupted"]
    return "\n".join(lines) + "\n"


def unsettled_json(status: Status) -> str:
    return render(
        {
            "database": status.database,
            "failed": _failed_data(status.failed) if status.failed else None,
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


def printable(text: str) -> str:
    """The text without the control characters that a terminal would act on."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def _doubts(plan: Plan) -> list[str]:
    """What is not shown to be safe, pair by pair, with the reason."""
    if not plan.doubts:
        return []
    lines = ["not shown to be safe for this database (MIG309):"]
    for doubt in plan.doubts:
        place = f"{doubt.path}:{doubt.line}" if doubt.line else doubt.path
        lines += [
            printable(f"  {doubt.verdict.value:<8}  {doubt.pending} after {doubt.applied}  {place}"),
            printable(f"            {_one_line(doubt.message)}"),
        ]
    return lines


def _retried(event: StepRetried) -> str:
    waits = "".join(f"; in the way is {one}" for one in event.blockers)
    again = f"again in {event.pause:.1f} s ({event.attempt} of {event.limit})"
    return _one_line(f"{event.message}{waits}; {again}")


def render_moves(plan: Plan) -> list[str]:
    """What a plan reverts and applies, a line each."""
    doing = {Direction.DOWN: "reverts", Direction.UP: "applies"}
    return [
        printable(f"  {doing[step.direction]} {step.id}  {_one_line(step.description)}".rstrip())
        for step in plan.steps
    ]


def _losses(plan: Plan) -> list[str]:
    """What is lost, with the migration whose down takes it."""
    if not plan.losses:
        return []
    said = (f"  {loss.threat.id}  {_one_line(loss.message)}" for loss in plan.losses)
    return ["reverting loses what this database holds:", *map(printable, said)]


def _plan_step(step: Step) -> list[str]:
    work = step.work
    doing = "apply" if step.direction is Direction.UP else "revert"
    title = "  ".join(filter(None, (f"{doing} {step.id}", step.path, _one_line(step.description))))
    lines = [
        printable(title)
        + _stored(step)
        + ("" if work is None or work.transactional else "  (no transaction)")
    ]
    if work is not None:
        lines += [printable(_indented(statement.text)) for statement in work.statements]
    return lines


def _plan_extra(step: ExtraStep) -> list[str]:
    lines = [printable(title_of(step)) + ("" if step.work.transactional else "  (no transaction)")]
    return lines + [printable(_indented(statement.text)) for statement in step.work.statements]


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


def _stored(step: Step) -> str:
    if step.recorded:
        return "  (recorded, not run)"
    return "  (stored down)" if step.work is not None and step.work.stored else ""


def _state(status: Status, migration_id: str) -> str:
    if migration_id in status.changed:
        return "changed"
    return "unknown" if migration_id in status.unknown else "applied"


def _summary(status: Status) -> str:
    counts = [f"{len(status.applied)} applied", f"{len(status.pending)} pending"]
    counts += [f"{len(status.unknown)} unknown (MIG402)"] if status.unknown else []
    counts += [f"{len(status.changed)} changed (MIG401)"] if status.changed else []
    counts += ["1 interrupted (MIG404)"] if status.failed else []
    counts += [f"{len(status.unreconciled)} to reconcile"] if status.unreconciled else []
    return ", ".join([*counts, *status_counts(status.repeatables)])


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
        lines.append(printable(_indented(failed.statement.text)))
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


def _unreconciled(one: Unreconciled) -> list[str]:
    return [f"needs reconciliation: {printable(said_of(one))}", f"          {printable(way_out(one))}"]


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


def _failed_data(failed: Interrupted) -> dict[str, object]:
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


def _aligned(rows: Sequence[tuple[str, str, str, str]]) -> list[list[tuple[str, str]]]:
    """Rows as styled pieces; every column but the last is as wide as its widest cell."""
    cells = [tuple(printable(cell) for cell in row) for row in rows]
    widths = [max((len(row[i]) for row in cells), default=0) for i in range(3)]
    lines = []
    for state, id, when_or_path, description in cells:
        rest = f"  {when_or_path.ljust(widths[2])}  {description}".rstrip()
        style = _STYLES.get(state, "green")
        lines.append([(style, state.ljust(widths[0])), ("bold", f"  {id.ljust(widths[1])}"), ("", rest)])
    return lines


def _styled(lines: Iterable[Sequence[tuple[str, str]]], *, color: bool) -> str:
    if not color:
        return "".join("".join(text for _, text in line).rstrip() + "\n" for line in lines)
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    stream = StringIO()
    console = Console(file=stream, force_terminal=True, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*((text, style) for style, text in line)), soft_wrap=True)
    return stream.getvalue()


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in f"{text};".splitlines())


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"
