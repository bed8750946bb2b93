"""How a run over a fleet is shown: a line for each tenant, a live table on a terminal, or JSON."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, TextIO

from mig.fleet.rollout import TenantDone, TenantStarted
from mig.report.escape import one_line, valid_unicode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, RenderableType
    from rich.live import Live

    from mig.fleet.rollout import FleetEvent
    from mig.fleet.work import Result
    from mig.usecases.fleet import FleetOutcome

_SHOWN = 10
"""Rows of the live table, however many tenants are at work."""


class FleetText:
    """A line for each tenant as it ends, and on a terminal a table of those at work below them."""

    def __init__(self, out: TextIO, *, table: bool, color: bool, quiet: bool) -> None:
        self._out = out
        self._quiet = quiet
        self._running: dict[str, float] = {}
        self._count = 0
        self._total: int | None = None
        self._live: Live | None = None
        self._console: Console | None = None
        if table:
            self._open_table(color=color)

    def on_event(self, total: int | None, event: FleetEvent) -> None:
        self._total = total
        match event:
            case TenantStarted():
                self._running[event.name] = time.monotonic()
            case TenantDone():
                self._running.pop(event.result.name, None)
                self._count += 1
                self._show(event.result)

    def finish(self, outcome: FleetOutcome, action: str) -> None:
        """The last lines: how many, what failed, what is left."""
        self.close()
        if not self._quiet:
            print(summary(outcome, action), file=self._out)

    def close(self) -> None:
        """Take the table away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _show(self, result: Result) -> None:
        wrong = bool(result.status) or _is_interrupted(result)
        if self._quiet and not wrong:
            return
        line = tenant_line(result)
        if self._console is not None:
            style = "red" if wrong else "yellow" if result.stopped else None
            self._console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=self._out, flush=True)

    def _open_table(self, *, color: bool) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(file=self._out, no_color=not color)
        self._live = Live(get_renderable=self._table, console=self._console, transient=True)
        self._live.start()

    def _table(self) -> RenderableType:
        """Called by the thread that redraws, so it looks at copies."""
        from rich.table import Table

        now, running = time.monotonic(), list(self._running.items())
        of = f" of {self._total}" if self._total is not None else ""
        table = Table.grid(padding=(0, 2))
        table.add_row(f"{self._count}{of} done", f"{len(running)} at work", style="bold")
        for name, began in running[:_SHOWN]:
            table.add_row(f"  {one_line(name)}", f"{now - began:.0f} s")
        return table


class FleetJson:
    """The JSON of a run, written while it happens: nothing of it is kept."""

    def __init__(self, out: TextIO, fleet: str, action: str) -> None:
        self._out = out
        self._before = _json({"version": 1, "fleet": fleet, "command": action})[:-1] + ', "tenants": ['
        self._is_open = False

    def on_event(self, total: int | None, event: FleetEvent) -> None:
        if isinstance(event, TenantDone):
            self._out.write(f"{self._before}\n  {_json(tenant_value(event.result))}")
            self._out.flush()
            self._before, self._is_open = ",", True

    def finish(self, outcome: FleetOutcome, action: str) -> None:
        tally = outcome.tally
        rest: dict[str, object] = {
            "ok": outcome.is_complete,
            "total": outcome.total,
            "done": tally.done,
            "changed": tally.changed,
            "failed": tally.failed,
            "unreached": tally.unreached,
            "left": outcome.left,
            "stopped": outcome.is_stopped,
            "duration_ms": tally.duration_ms,
        }
        self._out.write(f"{self._before if self._before != ',' else ''}\n], {_json(rest)[1:]}\n")
        self._is_open = False

    def close(self) -> None:
        """End what an error has cut off, so that it can still be read."""
        if self._is_open:
            self._out.write('\n], "ok": false}\n')


def tenant_value(result: Result) -> dict[str, object]:
    """One tenant's entry in the JSON."""
    found = result.found
    value: dict[str, object] = {"name": result.name, "ok": result.status == 0 and not result.stopped}
    if found is None:
        value["applied"] = list(result.applied)
    else:
        value |= {
            "applied": [row.id for row in found.applied],
            "pending": [migration.id for migration in found.pending],
            "unknown": list(found.unknown),
            "changed": list(found.changed),
            "interrupted": found.failed.id if found.failed else None,
        }
    error = result.error or ("stopped before it had everything" if result.stopped else None)
    return {**value, "status": result.status, "error": error, "duration_ms": result.duration_ms}


def tenant_line(result: Result) -> str:
    """What happened to one tenant, on one line."""
    name, took = one_line(result.name), f"{result.duration_ms} ms"
    if result.status:
        word = "failed" if result.status == 4 else "not done"
        done = f" (after {len(result.applied)} applied)" if result.applied else ""
        return f"{name}  {word}{done}: {one_line(result.error)}"
    if result.stopped:
        return f"{name}  stopped, {len(result.applied)} applied  {took}"
    if result.found is not None:
        return f"{name}  {', '.join(_found(result))}"
    applied = len(result.applied)
    return f"{name}  {f'{applied} applied' if applied else 'nothing to apply'}  {took}"


def summary(outcome: FleetOutcome, action: str) -> str:
    tally = outcome.tally
    of = f" of {outcome.total}" if outcome.total is not None else ""
    counts = [f"{tally.done}{of} tenants {'looked at' if action == 'status' else 'done'}"]
    counts += [f"{tally.changed} changed"] if action != "status" else []
    counts += [f"{tally.failed} failed"] if tally.failed else []
    counts += [f"{tally.unreached} not reached or refused"] if tally.unreached else []
    counts += [f"{tally.interrupted} interrupted (MIG404)"] if tally.interrupted else []
    counts += [f"{outcome.left} left"] if outcome.left else []
    counts += ["an unknown number left"] if outcome.left is None else []
    return f"{', '.join(counts)} in {tally.duration_ms / 1000:.1f} s"


def advice(outcome: FleetOutcome) -> tuple[str, str]:
    """What is wrong with an outcome that is not complete, and what to do next; for standard error."""
    tally = outcome.tally
    again = "run the same command again: it does only what is left"
    if outcome.is_stopped:
        return "stopped", again
    wrong = f"{tally.wrong} of the tenants that were begun {'was' if tally.wrong == 1 else 'were'} not done"
    if outcome.left == 0:
        return wrong, f"mend what their lines say, then {again}"
    return f"{wrong}, so no more were begun", f"mend what their lines say, then {again} (or --max-failures N)"


def _found(result: Result) -> Iterator[str]:
    found = result.found
    if found is None:
        return
    yield f"{len(found.applied)} applied"
    yield f"{len(found.pending)} pending"
    if found.unknown:
        yield f"{len(found.unknown)} unknown (MIG402)"
    if found.changed:
        yield f"{len(found.changed)} changed (MIG401)"
    if found.failed:
        yield f"{found.failed.id} interrupted (MIG404)"


def _is_interrupted(result: Result) -> bool:
    return result.found is not None and result.found.failed is not None


def _json(value: dict[str, object]) -> str:
    return valid_unicode(json.dumps(value, ensure_ascii=False)).encode("ascii", "backslashreplace").decode()
