from __future__ import annotations

import io
from dataclasses import replace

import pytest

from mig.model import Migration, Statement
from mig.report.plan import render_plan
from mig.report.run import RunReporter, render_outcome
from mig.report.status import render_status
from mig.runner import Outcome
from mig.runner.events import LockWaiting, PlanMade, StepDone
from mig.runner.history import Applied
from mig.runner.plan import Direction, Plan, Step
from mig.runner.status import Status
from mig.runner.work import Work

ROW = Applied(
    seq=1,
    id="9f31c0a2b7de",
    lineage="default",
    parents=(),
    description="create users",
    checksum="x",
    state="applied",
    statement=0,
    applied_at="2026-01-02T03:04:05.000Z",
    applied_by="ada@host",
    duration_ms=12,
    git_commit="",
    git_branch="",
    tool_version="",
)
PENDING = Migration(
    id="77bc02d1a9e0",
    lineage="default",
    parents=("9f31c0a2b7de",),
    path="a/very/long/path/" + "x" * 200 + ".sql",
    description="add \x1b[31mred",
)
STATUS = Status(database="sqlite:///dev.db", applied=(ROW,), pending=(PENDING,), unknown=(), changed=())


def step(number: int) -> Step:
    migration = replace(PENDING, id=f"{number:012}", path=f"m/{number}.sql", description=f"number {number}")
    work = Work(statements=(Statement(text="SELECT 1", line=3),), transactional=True)
    return Step(id=migration.id, direction=Direction.UP, migration=migration, work=work)


def test_status_is_aligned_and_never_broken() -> None:
    lines = render_status(STATUS, color=False, everything=False).splitlines()
    assert lines[0] == "database  sqlite:///dev.db"
    assert lines[1].startswith("applied  9f31c0a2b7de  2026-01-02T03:04:05.000Z")
    assert lines[2] == f"pending  77bc02d1a9e0  {PENDING.path}  add \\x1b[31mred"
    assert lines[3] == "1 applied, 1 pending"


def test_colours_change_no_text() -> None:
    import re

    plain = render_status(STATUS, color=False, everything=False)
    coloured = render_status(STATUS, color=True, everything=False)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def test_a_long_history_is_shortened_but_nothing_wrong_is_hidden() -> None:
    rows = tuple(replace(ROW, id=f"{number:012}", seq=number) for number in range(40))
    status = replace(STATUS, applied=rows, changed=(rows[3].id,))
    short = render_status(status, color=False, everything=False)
    assert "... 30 applied before these (-v shows them)" in short
    assert rows[3].id in short
    assert rows[4].id not in short
    assert rows[4].id in render_status(status, color=False, everything=True)


def test_a_plan_shows_statements_and_what_comes_late() -> None:
    plan = Plan(steps=(step(1),), late=(("b" * 12, "c" * 12),))
    shown = render_plan(plan)
    assert f"note: {'b' * 12} comes before {'c' * 12}, which this database already has" in shown
    assert "apply 000000000001  m/1.sql  number 1\n    SELECT 1;\n" in shown
    assert shown.endswith("dry run: 1 step, nothing was done\n")


@pytest.mark.parametrize(
    ("steps", "heads", "direction", "text"),
    [
        pytest.param(0, ("a",), "up", "nothing to apply: the database is at a\n", id="nothing"),
        pytest.param(0, (), "down", "nothing to revert: nothing is applied to the database\n", id="empty"),
        pytest.param(2, ("a", "b"), "up", "2 applied in 1.5 s: the database is at a, b\n", id="two"),
    ],
)
def test_the_last_line_of_a_run(steps: int, heads: tuple[str, ...], direction: str, text: str) -> None:
    done = tuple(step(number) for number in range(steps))
    outcome = Outcome(database="sqlite:///dev.db", steps=done, heads=heads, duration_ms=1500)
    assert render_outcome(outcome, direction) == text


def reported(*, bar: bool, quiet: bool, steps: int) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    reporter = RunReporter(out, err, bar=bar, color=False, quiet=quiet)
    plan = Plan(steps=tuple(step(number) for number in range(steps)))
    reporter.on_event(LockWaiting(holder="mig ada@host\x1b", waited=5.0))
    reporter.on_event(PlanMade(plan=plan))
    for one in plan.steps:
        reporter.on_event(StepDone(step=one, duration_ms=3))
    reporter.close()
    return out.getvalue(), err.getvalue()


def test_each_step_has_a_line_where_there_is_no_bar() -> None:
    out, err = reported(bar=False, quiet=False, steps=7)
    assert out.splitlines()[0] == "applied 000000000000  number 0  3 ms"
    assert len(out.splitlines()) == 7
    assert err == "waiting (5 s) for mig ada@host\\x1b\n"


def test_many_steps_get_a_bar_besides_a_line_each() -> None:
    out, err = reported(bar=True, quiet=False, steps=7)
    assert len(out.splitlines()) == 7
    assert "7/7" in err


def test_few_steps_get_no_bar() -> None:
    assert len(reported(bar=True, quiet=False, steps=2)[0].splitlines()) == 2


def test_quiet_shows_no_steps() -> None:
    assert reported(bar=True, quiet=True, steps=7)[0] == ""
