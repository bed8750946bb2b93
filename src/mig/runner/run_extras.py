"""Executes callbacks around the steps of a run, and repeatables after them."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from mig.errors import StepBusyError, StepFailedError
from mig.model import REPEATABLE
from mig.runner.dialects import StatementError
from mig.runner.events import ExtraDone, ExtraFailed, ExtraStarted
from mig.runner.repeatables import RepeatedRecord
from mig.runner.retry import retry
from mig.runner.url import scrub

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mig.model import Statement
    from mig.runner.execute import Executor
    from mig.runner.extras import Extras, ExtraStep
    from mig.runner.plan import Step


class Progress:
    """What a run has done, and what it has begun beside its steps; stays the same when it plans again.

    ``done`` are the steps, ``repeated`` the repeatables; ``left_out`` are the names of those that a
    run of everything would have run.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._table = executor.repeatables
        self._phase = ""
        self._callbacks: Mapping[str, ExtraStep] = {}
        self.done: list[Step] = []
        self.repeated: list[ExtraStep] = []
        self.left_out: tuple[str, ...] = ()

    def before(self, extras: Extras, step: Step) -> None:
        """What runs before a step."""
        self._enter(extras, step.direction.value)
        self._call(extras, "before_each")

    def after(self, extras: Extras) -> None:
        """What runs after a step."""
        self._call(extras, "after_each")

    def finish(self, extras: Extras) -> None:
        """What runs after the last step."""
        self.left_out = extras.left_out
        if extras.repeatables:
            self._enter(extras, "up")
            self._create_table()
        for step in extras.repeatables:
            self._execute(step)
            self.repeated.append(step)
        self._enter(extras, "")

    def _enter(self, extras: Extras, phase: str) -> None:
        if phase == self._phase:
            return
        if self._phase:
            self._call(extras, f"after_{self._phase}")
        self._phase = phase
        if phase:
            self._call(extras, f"before_{phase}")
        if phase == "down" and self._table.exists():
            self._commit(self._table.expire())

    def _call(self, extras: Extras, moment: str) -> None:
        # A plan that has nothing left to do, as another runner has done it, ends what an earlier one began.
        self._callbacks = extras.callbacks or self._callbacks
        if moment in self._callbacks:
            self._execute(self._callbacks[moment])

    def _create_table(self) -> None:
        if not self._table.exists():
            self._commit(self._table.create())

    def _commit(self, sql: str) -> None:
        session = self._executor.session
        session.begin(self._executor.waiting)
        try:
            session.commit(sql)
        finally:
            session.rollback()

    def _execute(self, step: ExtraStep) -> None:
        self._executor.session.renew(self._executor.waiting)
        self._executor.notify(ExtraStarted(step=step))
        began = time.monotonic()
        executor = self._executor
        try:
            if executor.is_atomic(step.work):
                run = partial(self._run_in_transaction, step, began)
                retry(step, run, executor.settings.lock_retries, executor.notify, executor.blockers)
            else:
                self._run_bare(step, began)
        except StepBusyError as error:
            message = "; ".join((error.message, *(f"in the way was {one}" for one in executor.blockers())))
            executor.notify(ExtraFailed(step=step, message=message))
            raise StepFailedError(message, hint=error.hint) from None
        executor.notify(ExtraDone(step=step, duration_ms=_since(began)))

    def _run_in_transaction(self, step: ExtraStep, began: float) -> None:
        session = self._executor.session
        session.begin(self._executor.waiting)
        try:
            self._run_statements(step)
            try:
                session.commit(self._record(step, began))
            except StatementError as error:  # deferred constraints are checked here
                raise self._failed(step, error, None) from None
        finally:
            session.rollback()

    def _run_bare(self, step: ExtraStep, began: float) -> None:
        """Outside of a transaction; when it stops before its row is written, it will run again."""
        session = self._executor.session
        session.reset()
        try:
            self._run_statements(step)
            if session.in_transaction():
                raise self._failed(step, StatementError("it left a transaction open"), None)
        finally:
            session.rollback()
        session.reset()
        if record := self._record(step, began):
            self._commit(record)

    def _run_statements(self, step: ExtraStep) -> None:
        for statement in step.work.statements:
            try:
                self._executor.session.execute(statement.text)
            except StatementError as error:
                raise self._failed(step, error, statement) from None

    def _record(self, step: ExtraStep, began: float) -> str:
        if step.extra.role != REPEATABLE:
            return ""
        record = record_of(step, self._executor, duration_ms=_since(began))
        return self._table.write(record)

    def _failed(self, step: ExtraStep, error: StatementError, statement: Statement | None) -> StepFailedError:
        line = 0
        if statement is not None:
            line = statement.line + statement.text.count("\n", 0, max(error.offset, 0))
        place = f"{step.path}:{line}" if line else step.path
        message = scrub(f"{step.name} failed at {place}: {error.message}", self._executor.secrets)
        if error.busy:
            return StepBusyError(message, hint="run the command again once the table is free")
        self._executor.notify(ExtraFailed(step=step, message=message))
        return StepFailedError(message, hint=f"mend {step.path} and run the command again")


def record_of(step: ExtraStep, executor: Executor, *, duration_ms: int) -> RepeatedRecord:
    """What is written down of a repeatable."""
    return RepeatedRecord(
        name=step.name,
        checksum=step.checksum,
        applied_by=executor.origin.by,
        duration_ms=duration_ms,
        git_commit=executor.origin.git_commit,
        tool_version=executor.origin.tool_version,
    )


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
