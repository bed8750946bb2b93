"""Shows a replay: how far it is, what happened in both orders, and in what these differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from mig.report.escape import one_line
from mig.report.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress, TaskID

    from mig.findings import Replayed, ReplayedDifference, ReplayedOrder
    from mig.usecases.replaying import ReplayProgress

_MOST = 20
_LONGEST = 160
_KINDS = {
    "dead": "something no longer works after both",
    "fails": "one order fails",
    "fails both": "whichever comes second fails",
    "rows": "the rows differ",
    "schema": "the schemas differ",
    "setting": "the settings differ",
}


class ReplayReporter:
    """A bar on a terminal, nothing in a pipe; and what was done so far, for who interrupts."""

    def __init__(self, stream: TextIO, *, bar: bool, color: bool) -> None:
        self._stream = stream
        self._wanted = bar
        self._color = color
        self._bar: tuple[Progress, TaskID] | None = None
        self._last: ReplayProgress | None = None

    def on_progress(self, progress: ReplayProgress) -> None:
        """Show how far it is."""
        self._last = progress
        if not self._wanted:
            return
        if self._bar is None:
            self._bar = self._start()
        shown, task = self._bar
        shown.update(task, total=progress.total, completed=progress.done, counts=_counts(progress))
        if progress.done == progress.total:
            self.close()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar[0].stop()
            self._bar = None

    def so_far(self) -> str:
        """What was done before somebody interrupted."""
        last = self._last
        if last is None:
            return "mig: nothing was replayed yet"
        done = f"mig: replayed {last.done:,} of {count(last.total, 'pair')}"
        return f"{done}: {_counts(last)}" if last.done else done

    def _start(self) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(file=self._stream, no_color=not self._color, highlight=False)
        progress = Progress(
            TextColumn("replay"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        progress.start()
        return progress, progress.add_task("", counts="")


def replay_lines(replayed: Replayed) -> Iterator[str]:
    """Both orders' outcomes, then who has what."""
    yield f"replay: {replayed.verdict.value} on {one_line(replayed.database)}: {_said(replayed)}"
    for order in replayed.orders:
        yield from _order(order)
    differences = (*replayed.schema, *replayed.rows)
    for difference in differences[:_MOST]:
        yield from _difference(difference, replayed.orders[0].order)
    if len(differences) > _MOST:
        yield f"  ... and {len(differences) - _MOST:,} more differences (--format json lists all)"
    for name, message in replayed.dead[:_MOST]:
        yield f"  dead  {one_line(name)}: {one_line(message)}"


def replay_value(replayed: Replayed | None) -> dict[str, object] | None:
    """A replay as JSON has it."""
    if replayed is None:
        return None
    return {
        "database": replayed.database,
        "verdict": replayed.verdict.value,
        "problem": replayed.problem,
        "kinds": list(replayed.kinds),
        "orders": [_order_value(order) for order in replayed.orders],
        "schema": [_difference_value(difference) for difference in replayed.schema],
        "rows": [_difference_value(difference) for difference in replayed.rows],
        "dead": [{"resource": name, "message": message} for name, message in replayed.dead],
    }


def _said(replayed: Replayed) -> str:
    if replayed.problem:
        return one_line(replayed.problem)
    if not replayed.kinds:
        return "both orders give the same schema and rows"
    return ", ".join(_KINDS[kind] for kind in replayed.kinds)


def _order(order: ReplayedOrder) -> Iterator[str]:
    first, second = order.order
    if order.failed is None:
        yield f"  {first} then {second}  succeeds"
        return
    failed = order.failed
    yield f"  {first} then {second}  fails at {failed.migration}: {one_line(failed.message)}"
    yield f"    {one_line(f'{failed.path}:{failed.line}')}  {one_line(failed.statement)[:_LONGEST]}"


def _difference(difference: ReplayedDifference, order: tuple[str, str]) -> Iterator[str]:
    yield f"  {one_line(difference.resource)}"
    for migration, value in zip(order, (difference.first, difference.second), strict=True):
        yield f"    {migration} first  {one_line(value)[:_LONGEST] or '(not there)'}"


def _order_value(order: ReplayedOrder) -> dict[str, object]:
    failed = order.failed
    return {
        "order": list(order.order),
        "failed": {
            "migration": failed.migration,
            "path": failed.path,
            "line": failed.line,
            "statement": failed.statement,
            "message": failed.message,
        }
        if failed
        else None,
    }


def _difference_value(difference: ReplayedDifference) -> dict[str, str]:
    return {"resource": difference.resource, "first": difference.first, "second": difference.second}


def _counts(progress: ReplayProgress) -> str:
    found = (
        (progress.commute, "commute"),
        (progress.conflict, "conflict"),
        (progress.failed, "could not be run"),
    )
    return ", ".join(f"{number:,} {word}" for number, word in found if number)
