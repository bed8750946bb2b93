"""The state of a database against the migrations, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.report.escape import flat, printable
from mig.report.extras import status_counts, status_data, status_rows
from mig.report.json import render
from mig.report.repair import interrupted_value, render_interrupted
from mig.runner.reconcile import said_of, way_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mig.graph.order import Unreconciled
    from mig.runner.status import Status

_RECENT = 10
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


def render_status(status: Status, *, color: bool, everything: bool) -> str:
    """The state of a database, one line for each migration; ids and paths are never broken."""
    shown = status.applied if everything else status.applied[-_RECENT:]
    rows = [(_state(status, row.id), row.id, row.applied_at, flat(row.description)) for row in shown]
    rows += [("pending", m.id, m.path, flat(m.description)) for m in status.pending]
    # What is wrong is shown however long ago it was applied.
    hidden = {row.id for row in status.applied} - {row.id for row in shown}
    wrong = [
        (_state(status, row.id), row.id, row.applied_at, flat(row.description)) for row in status.applied
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
            "failed": interrupted_value(status.failed) if status.failed else None,
            "unreconciled": [
                {"first": one.first, "second": one.second, "path": one.path, "missing": list(one.missing)}
                for one in status.unreconciled
            ],
            "repeatables": status_data(status.repeatables),
        }
    )


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


def _unreconciled(one: Unreconciled) -> list[str]:
    return [f"needs reconciliation: {printable(said_of(one))}", f"          {printable(way_out(one))}"]


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
