"""``--json``: what a run tells, one object a line, as the page about it says."""

from __future__ import annotations

import json
import re
import sqlite3
from io import StringIO
from typing import TYPE_CHECKING, Any, get_args

import pytest

from mig.errors import RunnerError
from mig.report.events import EventStream, event_value
from mig.runner import Outcome
from mig.runner.events import (
    Event,
    ExtraDone,
    ExtraFailed,
    ExtraStarted,
    LockWaiting,
    Noted,
    StepFailed,
    StepRetried,
    StepRunning,
)
from tests.database.test_runner_commands import SETTINGS
from tests.database.test_runner_runs import Target
from tests.docs.pages import section
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C, D, Recorder, shop

if TYPE_CHECKING:
    from pathlib import Path

ALWAYS = {"version", "event", "elapsed_ms"}


def documented() -> dict[str, set[str]]:
    """The keys of each event on the page."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", section("docs/reference/runner.md", "Events"), re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", keys)) for name, keys in rows}


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    sandbox = GitSandbox(tmp_path / "repository")
    sandbox.commit("shop", shop() | {"mig.toml": SETTINGS})
    return sandbox


def lines(repo: GitSandbox, *args: str, expect: int = 0) -> list[dict[str, Any]]:
    """The events of a run, each with the keys that the page names."""
    found = [json.loads(line) for line in repo.mig(*args, "--json", expect=expect).stdout.splitlines()]
    for event in found:
        assert set(event) == ALWAYS | documented()[event["event"]]
        assert event["version"] == 1
    return found


def test_a_run_is_told_line_by_line_with_the_result_at_the_end(repo: GitSandbox) -> None:
    events = lines(repo, "up", B)
    names = [event["event"] for event in events]
    assert names == [
        "plan_made",
        *("step_started", "statement_done", "statement_done", "step_done"),
        *("step_started", "statement_done", "step_done"),
        "done",
    ]
    assert [step["id"] for step in events[0]["steps"]] == [A, B]
    assert events[1] | {"elapsed_ms": 0} == {
        "version": 1,
        "event": "step_started",
        "elapsed_ms": 0,
        "id": A,
        "direction": "up",
        "path": "migrations/1_users.sql",
    }
    assert (events[2]["index"], events[2]["count"]) == (1, 2)
    assert (events[-1]["applied"], events[-1]["heads"]) == ([A, B], [B])
    assert [event["elapsed_ms"] for event in events] == sorted(event["elapsed_ms"] for event in events)
    assert lines(repo, "up")[-1]["applied"] == [C]
    assert lines(repo, "redo")[-1]["reverted"] == [C]
    assert [event["event"] for event in lines(repo, "sync")] == ["plan_made", "done"]


def test_a_failure_is_the_last_line(repo: GitSandbox) -> None:
    repo.write("migrations/4.sql", native(D, C, "SELECT * FROM nowhere;"))
    *_, failed, error = lines(repo, "up", expect=4)
    assert (failed["event"], failed["id"]) == ("step_failed", D)
    assert (error["event"], error["status"]) == ("error", 4)
    assert error["message"] == failed["message"]
    assert lines(repo, "up", "zzz", expect=3)[-1]["status"] == 3


def test_what_would_be_asked_is_told_and_refused(repo: GitSandbox) -> None:
    repo.mig("up")
    told, error = lines(repo, "down", "base", expect=3)
    assert (told["event"], told["allowed"]) == ("plan_doubted", False)
    assert [loss["table"] for loss in told["losses"]] == ["users"]
    assert "--allow-data-loss" in error["hint"]


def test_waiting_for_another_runner_is_told(repo: GitSandbox) -> None:
    repo.mig("up", A)
    other = sqlite3.connect(repo.path / "dev.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    events = lines(repo, "up", "--lock-wait", "0.5", expect=3)
    other.close()
    assert "lock_waiting" in [event["event"] for event in events]
    assert events[-1]["event"] == "error"


def test_a_dry_run_and_a_script_are_no_runs(repo: GitSandbox) -> None:
    assert "--dry-run --format json" in repo.mig("up", "--json", "--dry-run", expect=2).stderr
    assert "--dry-run --format json" in repo.mig("up", "--json", "--sql", expect=2).stderr


def test_every_event_has_its_row_on_the_page(tmp_path: Path) -> None:
    recorder = Recorder()
    target = Target(f"sqlite:///{tmp_path / 'shop.db'}")
    runner = target.runner(shop())
    step = runner.plan().steps[0]
    extra = type("Extra", (), {"name": "views", "path": "repeatable/views.sql"})()
    recorder.events += [
        LockWaiting(holder="ada", waited=1.5),
        StepRunning(step=step, seconds=1.5, progress="building, 40 %", blockers=("session 1",)),
        StepRetried(step=step, attempt=1, limit=3, pause=0.5, message="locked", blockers=()),
        StepFailed(step=step, message="no"),
        ExtraStarted(step=extra),
        ExtraDone(step=extra, duration_ms=1),
        ExtraFailed(step=extra, message="no"),
        Noted(message="so"),
    ]
    told = dict(map(event_value, recorder.events))
    assert all(set(values) == documented()[name] for name, values in told.items())
    written = StringIO()
    EventStream(written).fail(RunnerError("no", hint="yes"))
    EventStream(written).finish(Outcome(database="d", steps=(), heads=(), duration_ms=1))
    for line in map(json.loads, written.getvalue().splitlines()):
        assert set(line) == ALWAYS | documented()[line["event"]]
    names = {re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower() for kind in get_args(Event)}
    assert names | {"done", "error"} == set(documented())
