"""How the state of the hooks is shown, and what they tell after a merge, a checkout or a rewrite."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mig.report.escape import one_line
from mig.report.json import render
from mig.report.layout import cells, pad

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mig.git.hooks import Hook, HookChange
    from mig.model import Migration
    from mig.usecases.hook import Arrival

_FEW = 3


def render_changes(changes: Sequence[HookChange], root: Path, scope: str = "") -> str:
    """What was done to each hook, as a table."""
    rows = [(change.name, change.done) for change in changes]
    where = _where(changes[0].path.parent, root) if changes else ""
    return f"hooks in {where}\n" + _table(rows) + _shared(scope)


def render_hooks(hooks: Sequence[Hook], root: Path, scope: str = "") -> str:
    """The state of each hook, as a table."""
    rows = [
        (hook.name, hook.state.value + (", with a kept hook before it" if hook.kept else ""))
        for hook in hooks
    ]
    where = _where(hooks[0].path.parent, root) if hooks else ""
    return f"hooks in {where}\n" + _table(rows) + _shared(scope)


def hooks_json(hooks: Sequence[Hook], folder: Path) -> str:
    """The state of each hook, for programs."""
    listed = [
        {
            "name": hook.name,
            "state": hook.state.name.lower(),
            "path": str(hook.path),
            "kept": hook.kept,
        }
        for hook in hooks
    ]
    return render({"version": 1, "folder": str(folder), "hooks": listed})


def render_arrival(arrival: Arrival) -> list[str]:
    """What came, what went and what to do next: at most four lines, none where there is no news."""
    if not arrival.is_news:
        return []
    lines: list[str] = []
    if arrival.added:
        lines.append(f"{_count(arrival.added, 'new ')}: {_list(arrival.added)}")
    if arrival.removed:
        lines.append(f"{_count(arrival.removed)} no longer here: {_list(arrival.removed)}")
    diverged = [head for heads in arrival.diverged.values() for head in heads]
    if diverged:
        named = ", ".join(one_line(head) for head in diverged)
        lines.append(f"{len(diverged)} heads: {named}; mig merge joins them, mig rebase puts ours last")
    elif arrival.removed:
        lines.append("mig status compares the database with this branch")
    else:
        lines.append("mig up applies what the database lacks; mig status shows it")
    return lines


def _count(migrations: Sequence[Migration], kind: str = "") -> str:
    return f"{len(migrations)} {kind}{'migration' if len(migrations) == 1 else 'migrations'}"


def _list(migrations: Sequence[Migration]) -> str:
    named = [f"{one_line(m.id)} ({one_line(m.path.rpartition('/')[2])})" for m in migrations[:_FEW]]
    more = len(migrations) - _FEW
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def _where(folder: Path, root: Path) -> str:
    shown = os.path.relpath(folder, root)
    return one_line(str(folder) if shown.startswith("..") else shown)


def _shared(scope: str) -> str:
    if not scope:
        return ""
    return f"core.hooksPath is set in the {scope} configuration, so other repositories have these hooks too\n"


def _table(rows: Sequence[tuple[str, str]]) -> str:
    width = max((cells(name) for name, _ in rows), default=0)
    return "".join(f"  {pad(name, width)}  {one_line(said)}\n" for name, said in rows)
