"""Executes plans step by step and tells what happens; one transaction a step where that is possible."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from mig.errors import MigError, RunnerError, StepBusyError, StepFailedError
from mig.runner.dialects import Settings, StatementError
from mig.runner.events import Noted, StatementDone, StepDone, StepFailed, StepStarted
from mig.runner.history import APPLIED, FAILED, RUNNING, Record, now_text
from mig.runner.plan import Direction
from mig.runner.retry import is_whole, retry
from mig.runner.url import scrub
from mig.sqltext.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mig.model import Statement
    from mig.runner.dialects import Dialect, Session
    from mig.runner.events import Event
    from mig.runner.history import History
    from mig.runner.plan import Step
    from mig.runner.repeatables import Repeatables
    from mig.runner.waiting import Waiting
    from mig.runner.watch import Watch
    from mig.runner.work import Work


class HistoryMovedError(MigError):
    """Another runner has changed the history since the plan was made; plan again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The history as a runner knows it: the session's version, and the ids in order of application."""

    version: int
    ids: tuple[str, ...]

    def after(self, step: Step) -> Seen:
        if step.direction is Direction.UP:
            return Seen(version=self.version, ids=(*self.ids, step.id))
        return Seen(version=self.version, ids=tuple(i for i in self.ids if i != step.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where and by whom a migration is applied; goes into the history."""

    lineage: str
    by: str
    process: str
    git_commit: str = ""
    git_branch: str = ""
    tool_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """Executes steps in one session; ``root`` is the folder that paths are relative to.

    ``variables`` are the values that plans in this session are made with, ``secrets`` what is never shown.
    """

    session: Session
    dialect: Dialect
    history: History
    origin: Origin
    waiting: Waiting
    notify: Callable[[Event], None]
    repeatables: Repeatables
    watch: Watch | None = None
    settings: Settings = field(default_factory=Settings)
    root: str = ""
    secrets: tuple[str, ...] = ()
    variables: Variables = field(default_factory=Variables)
    allow_batch_loss: bool = False

    def create_history(self) -> None:
        """Make the history's tables, in a transaction of their own, where they do not exist."""
        made = self.history.make()
        if not made:
            return
        self.session.begin(self.waiting)
        try:
            self.session.commit(made)
        finally:
            self.session.rollback()

    def run(self, step: Step, seen: Seen) -> None:
        """Execute one step.

        Args:
            step: a step with its work.
            seen: the history that the plan was made for.

        Raises:
            HistoryMovedError: the history is another one now.
            StepFailedError: the database refused.
        """
        work = _work_of(step)
        self.session.renew(self.waiting)
        self.notify(StepStarted(step=step))
        began = time.monotonic()
        if work.is_python:
            # SQLAlchemy looks around on first use, which must not be in the transaction.
            self.session.sqlalchemy()
        with self._watched(step):
            if self.is_atomic(work):
                run = partial(self._run_in_transaction, step, work, seen, began)
                self._retry(step, run) if not work.is_python else run()
            else:
                self._run_journalled(step, work, seen, began)
        self.notify(StepDone(step=step, duration_ms=_since(began)))

    @contextmanager
    def _watched(self, step: Step) -> Iterator[None]:
        """While a step runs, look whether it waits; say who is in the way where it has not got its locks."""
        if self.watch is not None:
            self.watch.begin(step)
        try:
            yield
        except StepBusyError as error:
            message = "; ".join((error.message, *(f"in the way was {one}" for one in self.blockers())))
            self.notify(StepFailed(step=step, message=message))
            raise StepFailedError(message, hint=error.hint) from None
        finally:
            if self.watch is not None:
                self.watch.end()

    def _retry(self, step: Step, run: Callable[[], None]) -> None:
        """Run what leaves nothing behind when it has not got its locks, several times if it must be."""
        retry(step, run, self.settings.lock_retries, self.notify, self.blockers)

    def blockers(self) -> tuple[str, ...]:
        """The sessions that are in the way right now, where the server tells."""
        return self.watch.blockers() if self.watch is not None else ()

    def _limit(self, step: Step) -> None:
        """Set the time-outs that a migration declares, once the session has those of the database."""
        declared = {d.name: d.value for d in step.migration.directives} if step.migration else {}
        if declared.keys() & {"lock-timeout", "statement-timeout"}:
            lock = declared.get("lock-timeout", self.settings.lock_timeout)
            statement = declared.get("statement-timeout", self.settings.statement_timeout)
            self.session.limit(lock, statement)

    def is_atomic(self, work: Work) -> bool:
        """Whether a migration and its row in the history can be one transaction."""
        if not work.transactional or self.dialect.transactional_ddl:
            return work.transactional
        if work.is_python or not all(self.dialect.joins_transaction(s.text) for s in work.statements):
            return False
        return not work.statements or self.session.all_roll_back()

    def record(self, step: Step, work: Work, **values: object) -> Record:
        """What the history keeps of a step up."""
        if step.migration is None:
            raise RunnerError(
                f"{step.id} is not in the repository", hint="check out the branch that has its file"
            )
        known: dict[str, object] = {
            "id": step.id,
            "lineage": self.origin.lineage,
            "parents": step.migration.parents,
            "description": step.migration.description,
            "checksum": step.migration.checksum,
            "down": work.down,
            "applied_by": self.origin.by,
            "git_commit": self.origin.git_commit,
            "git_branch": self.origin.git_branch,
            "tool_version": self.origin.tool_version,
        }
        if "applied_at" not in values:
            known["applied_at"] = now_text()
        return Record(**{**known, **values})  # type: ignore[arg-type]  # the names are Record's

    def _run_in_transaction(self, step: Step, work: Work, seen: Seen, began: float) -> None:
        self.session.begin(self.waiting)
        try:
            self._compare(seen)
            self._limit(step)
            self._run_work(step, work)
            if not self.session.in_transaction():
                raise self._failed(step, StatementError("the migration ended its own transaction"), None)
            self._finish(step, work, began)
        finally:
            self.session.rollback()

    def _finish(self, step: Step, work: Work, began: float) -> None:
        sql = self.history.sql
        if step.direction is Direction.UP:
            last = self.history.insert(self.record(step, work, duration_ms=_since(began)))
        else:
            last = sql.revert(self.origin.lineage, step.id, self.origin.by)
        try:
            self.session.commit(last)
        except StatementError as error:  # deferred constraints are checked here
            raise self._failed(step, error, None) from None

    def _run_work(self, step: Step, work: Work) -> None:
        if work.is_python:
            self._run_python(step, work)
            return
        for index, statement in enumerate(work.statements, 1):
            self._run_statement(step, statement)
            self.notify(StatementDone(step=step, index=index, count=len(work.statements)))

    def _run_statement(self, step: Step, statement: Statement) -> None:
        try:
            self.session.execute(statement.text)
        except StatementError as error:
            raise self._failed(step, error, statement) from None

    def _run_python(self, step: Step, work: Work) -> None:
        from mig.runner.python import PythonFailedError, run_python

        try:
            run_python(
                self.session.sqlalchemy(),
                work.text,
                self._file(step),
                step,
                self.root,
                allow_loss=self.allow_batch_loss,
            )
        except PythonFailedError as error:
            raise self._failed(step, error.error, None, line=error.line) from None

    def _run_journalled(self, step: Step, work: Work, seen: Seen, began: float) -> None:
        """Outside of a transaction: the history says before and after each statement where things stand."""
        sql, lineage = self.history.sql, self.origin.lineage
        self.session.begin(self.waiting)
        try:
            self._compare(seen)
            if step.direction is Direction.UP:
                self.session.commit(
                    self.history.insert(
                        self.record(step, work, state=RUNNING, applied_by=self.origin.process)
                    )
                )
            else:
                self.session.commit(sql.update(lineage, step.id, state=RUNNING, statement=0))
        finally:
            self.session.rollback()
        self._go_on(step, work, began)

    def resume(
        self,
        step: Step,
        work: Work,
        first: int,
        done: Callable[[Statement], str],
        before: Sequence[Statement],
    ) -> None:
        """Go on with a step outside of a transaction, whose row the history has.

        Args:
            step: the step.
            work: what it executes.
            first: the statement to go on with, from 1.
            done: why a statement need not run; empty: it must.
            before: statements that set the session up as it was.

        Raises:
            StepFailedError: the database refused.
        """
        self.notify(StepStarted(step=step))
        began = time.monotonic()
        if work.is_python:
            self.session.sqlalchemy()
        with self._watched(step):
            self._go_on(step, work, began, first, done, before)
        self.notify(StepDone(step=step, duration_ms=_since(began)))

    def _go_on(
        self,
        step: Step,
        work: Work,
        began: float,
        first: int = 1,
        done: Callable[[Statement], str] = lambda _: "",
        before: Sequence[Statement] = (),
    ) -> None:
        self.session.reset()
        self._limit(step)
        try:
            for statement in before:
                self._run_statement(step, statement)
            self._run_each(step, work, first, done)
        except StepFailedError:
            self.session.rollback()
            self._journal(step, state=FAILED)
            raise
        finally:
            self.session.rollback()
        self._settle(step, work, began)

    def _run_each(self, step: Step, work: Work, first: int, done: Callable[[Statement], str]) -> None:
        if work.is_python and first == 1:
            self._journal(step, statement=-1)
            self._run_python_apart(step, work)
        for index, statement in enumerate(() if work.is_python else work.statements, 1):
            if index < first:
                continue
            if why := done(statement):
                self._journal(step, statement=index)
                self.notify(Noted(message=f"statement {index} need not run: {why}"))
                continue
            if not self.session.in_transaction() and self.joins_journal(statement):
                self._retry(step, partial(self._run_with_journal, step, statement, index))
            else:
                self._journal(step, statement=-index)
                run = partial(self._run_statement, step, statement)
                self._retry(step, run) if self._can_retry(statement) else run()
                self._journal(step, statement=index)
            self.notify(StatementDone(step=step, index=index, count=len(work.statements)))
        if self.session.in_transaction():
            raise self._failed(step, StatementError("the migration left a transaction open"), None)

    def _can_retry(self, statement: Statement) -> bool:
        """Whether a statement that has not got its locks has certainly left nothing behind."""
        return is_whole(statement.text) and not self.session.in_transaction()

    def joins_journal(self, statement: Statement) -> bool:
        """Whether a statement and its line in the journal can be one transaction of their own."""
        return self.dialect.joins_transaction(statement.text) and self.session.all_roll_back()

    def _run_with_journal(self, step: Step, statement: Statement, index: int) -> None:
        try:
            self._control(step, self.dialect.begin)
            self._run_statement(step, statement)
            self._journal(step, statement=index)
            self._control(step, "COMMIT")
        except StepBusyError:
            self.session.rollback()
            raise
        except StepFailedError:
            self.session.rollback()
            self._journal(step, state=FAILED, statement=-index)
            raise

    def _control(self, step: Step, sql: str) -> None:
        try:
            self.session.execute(sql)
        except StatementError as error:
            raise self._failed(step, error, None) from None

    def _run_python_apart(self, step: Step, work: Work) -> None:
        """Python where DDL commits by itself, or outside of a transaction.

        In a transaction, it can be told at the end whether something has committed.
        """
        if not work.transactional:
            self._run_python(step, work)
            return
        self._control(step, self.dialect.begin)
        try:
            self._run_python(step, work)
            self._journal(step, statement=1)
            if self.session.in_transaction():
                self._control(step, "COMMIT")
        except StepFailedError:
            if self.session.in_transaction():
                self.session.rollback()
                self._journal(step, state=FAILED, statement=0)
            raise

    def _settle(self, step: Step, work: Work, began: float) -> None:
        sql, lineage = self.history.sql, self.origin.lineage
        if step.direction is Direction.DOWN:
            last = sql.update(lineage, step.id, state=APPLIED) + sql.revert(lineage, step.id, self.origin.by)
        else:
            done: dict[str, str | int] = {
                "state": APPLIED,
                "statement": 1 if work.is_python else len(work.statements),
                "applied_by": self.origin.by,
            }
            last = sql.update(lineage, step.id, **done, duration_ms=_since(began))
        self.session.reset()
        self.session.begin(self.waiting)
        try:
            self.session.commit(last)
        finally:
            self.session.rollback()

    def _journal(self, step: Step, **values: str | int) -> None:
        """Write down how far a migration is; in a transaction of its own, that becomes true with the rest."""
        try:
            joins = self.session.in_transaction()
            self.session.execute(self.history.sql.update(self.origin.lineage, step.id, **values))
            if not joins and self.session.in_transaction():  # the migration has switched autocommit off
                self.session.execute("COMMIT")
        except StatementError as error:
            if values.get("state") != FAILED:  # nothing is gained by hiding the statement's own error
                raise self._failed(step, error, None) from None

    def _compare(self, seen: Seen) -> None:
        if self.session.version() != seen.version and self.history.ids() != seen.ids:
            raise HistoryMovedError("another runner has changed the history")

    def _failed(
        self, step: Step, error: StatementError, statement: Statement | None, *, line: int = 0
    ) -> StepFailedError:
        place = _place(step, statement, error.offset, line)
        message = scrub(f"{step.id} failed{place}: {error.message}", self.secrets)
        if error.busy:
            return StepBusyError(message, hint=self._what_now(step, error))
        self.notify(StepFailed(step=step, message=message))
        return StepFailedError(message, hint=self._what_now(step, error))

    def _what_now(self, step: Step, error: StatementError) -> str:
        if error.lost:
            return "the connection is gone: mig status says what the database has, then run the command again"
        if error.busy and self.is_atomic(_work_of(step)):
            return "nothing of it stays; end what is in the way, or raise lock_timeout, and run it again"
        if self.is_atomic(_work_of(step)):
            return f"nothing of {step.id} stays in the database; mend it and run the command again"
        return f"{step.id} ran outside of a transaction, so what ran stays: mig status says how far it came"

    def _file(self, step: Step) -> str:
        import os

        return os.path.join(self.root, step.path) if step.path else f"<stored down of {step.id}>"


def _work_of(step: Step) -> Work:
    if step.work is None:
        raise RunnerError(f"{step.id} was planned and never read", hint="make the plan with Runner.plan")
    return step.work


def _place(step: Step, statement: Statement | None, offset: int, line: int) -> str:
    if statement is not None and statement.line:
        line = statement.line + statement.text.count("\n", 0, max(offset, 0))
    if step.path and not (step.work and step.work.stored):
        return f" at {step.path}:{line}" if line else f" at {step.path}"
    return " in its stored down"


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
