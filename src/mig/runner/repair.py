"""Settles a migration that was interrupted: finishes it, undoes it, or records what a person did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.runner.events import Noted
from mig.runner.evidence import find_evidence, is_gone_with_session, is_of_session
from mig.runner.history import APPLIED, IN_PART, RUNNING
from mig.runner.plan import Direction, Plan, Step
from mig.runner.status import find_interrupted
from mig.runner.work import load_work

if TYPE_CHECKING:
    from mig.model import Statement
    from mig.runner.execute import Executor
    from mig.runner.history import Applied
    from mig.runner.status import Interrupted
    from mig.runner.work import Scripts, Work


class Way(Enum):
    """What is to become of an interrupted migration."""

    RESUME = "resume"
    REVERT = "revert"
    MARK_APPLIED = "mark-applied"
    MARK_REVERTED = "mark-reverted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What a person has decided.

    ``start`` is the statement to go on with, from 1, where the database does not show it; 0: find out.
    ``allow_changed`` takes the file as it is now, although it has changed.
    """

    way: Way
    start: int = 0
    allow_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """The migration that was settled, and whether it is applied now; ``id`` empty: there was none."""

    database: str
    id: str = ""
    applied: bool = False


class Mender:
    """Settles one row of the history in a session that holds the lock."""

    def __init__(self, executor: Executor, scripts: Scripts, row: Applied, repair: Repair) -> None:
        self._executor = executor
        self._scripts = scripts
        self._row = row
        self._repair = repair

    def run(self) -> bool:
        """Settle it; whether the migration is applied now.

        Raises:
            RunnerError: what is to be done cannot be told, or cannot be done; nothing was touched.
            StepFailedError: the database refused a statement.
        """
        match self._repair.way:
            case Way.MARK_APPLIED:
                return self._mark(applied=True)
            case Way.MARK_REVERTED:
                return self._mark(applied=False)
            case Way.RESUME:
                return self._resume()
            case Way.REVERT:
                return self._put_back() if self._row.is_being_reverted else self._revert()

    def _resume(self) -> bool:
        step = self._load(Direction.DOWN if self._row.is_being_reverted else Direction.UP)
        work = _work(step)
        where = self._look(step)
        first = self._first(where, 1 if work.is_python else len(work.statements))
        before = self._setup(work, first)
        in_part = self._row.duration_ms == IN_PART
        if in_part:
            self._require_evidence(step, first)
        self._claim(statement=first - 1, **self._as_changed(step))
        self._clean_up(where, first)
        done = self._why_done if in_part else lambda _: ""
        self._executor.resume(step, work, first, done, before)
        return step.direction is Direction.UP

    def _revert(self) -> bool:
        where = self._where_up()
        done = self._repair.start - 1 if self._repair.start else where.known
        if done == 0:
            self._claim()
            self._clean_up(where, 1)
            return self._mark(applied=False)
        step = self._load(Direction.DOWN)
        is_whole = done is not None and done == (where.count or 1)
        if not is_whole:
            self._require_evidence(step, 1)
        self._claim(statement=0, duration_ms=0 if is_whole else IN_PART)
        self._clean_up(where, where.index)
        self._executor.resume(step, _work(step), 1, (lambda _: "") if is_whole else self._why_done, ())
        return False

    def _put_back(self) -> bool:
        """Undo a revert, which can be done where nothing of it has run."""
        where = self._look(self._load(Direction.DOWN))
        if where.known != 0 or self._row.duration_ms == IN_PART:
            ran = f"{where.done} of {where.count or 1}" if where.known is not None else "some"
            raise RunnerError(
                f"{ran} statements of the down of {self._row.id} have run, and what they took away is gone",
                hint="mig repair --resume finishes the revert; mig up applies it again then",
            )
        return self._mark(applied=True)

    def _mark(self, *, applied: bool) -> bool:
        sql, row, origin = self._executor.history.sql, self._row, self._executor.origin
        last = sql.update(
            row.lineage, row.id, state=APPLIED, statement=abs(row.statement), applied_by=origin.by
        )
        if applied and (row.duration_ms or IN_PART) == IN_PART:
            last += sql.update(row.lineage, row.id, duration_ms=0)
        if not applied:
            last += sql.revert(row.lineage, row.id, origin.by)
        self._write(last)
        return applied

    def _as_changed(self, step: Step) -> dict[str, str | int | None]:
        """What the history has to keep of a file that is taken although it has changed."""
        if step.direction is Direction.DOWN or step.migration is None:
            return {}
        return {"checksum": step.migration.checksum, "down": _work(step).down}

    def _claim(self, **values: str | int | None) -> None:
        """Say that this process is at work on it."""
        sql, process = self._executor.history.sql, self._executor.origin.process
        self._write(sql.update(self._row.lineage, self._row.id, state=RUNNING, applied_by=process, **values))

    def _write(self, sql: str) -> None:
        executor = self._executor
        executor.session.reset()
        executor.session.begin(executor.waiting)
        try:
            now = {row.id: row for row in executor.history.rows()}.get(self._row.id)
            mine = now is not None and now.applied_by == executor.origin.process
            if now != self._row and not mine:
                raise RunnerError(
                    f"another process has changed what the history says of {self._row.id}",
                    hint="mig status shows how the database stands now",
                )
            executor.session.commit(sql)
        finally:
            executor.session.rollback()

    def _load(self, direction: Direction) -> Step:
        row = self._row
        migration = self._scripts.prepared.graph().migrations.get(row.id)
        if direction is Direction.UP and migration is None:
            raise RunnerError(
                f"the file of {row.id} is not checked out here",
                hint="check out the branch that has it; or finish it by hand, then mig repair --mark-applied",
            )
        if direction is Direction.UP and migration and migration.checksum != row.checksum:
            self._refuse_changed(migration.path)
        step = Step(id=row.id, direction=direction, migration=migration, applied=row)
        executor = self._executor
        plan = load_work(
            Plan(steps=(step,)),
            self._scripts,
            executor.history.down_of,
            allow_changed=self._repair.allow_changed,
        )
        return plan.steps[0]

    def _refuse_changed(self, path: str) -> None:
        if not self._repair.allow_changed:
            raise RunnerError(
                f"{path} has changed since {self._row.id} was begun (MIG401)",
                hint="restore it; or pass --allow-changed if the statements that have run are the same in it",
            )

    def _where_up(self) -> Interrupted:
        """How far it came; without the file, only what the journal says."""
        migration = self._scripts.prepared.graph().migrations.get(self._row.id)
        if migration is None or migration.checksum != self._row.checksum:
            return find_interrupted(self._row, (), migration.path if migration else "")
        return self._look(self._load(Direction.UP))

    def _look(self, step: Step) -> Interrupted:
        """How far it came, as the journal and the database show it."""
        work = _work(step)
        where = find_interrupted(self._row, () if work.is_python else work.statements, step.path)
        if where.statement is None:
            return where
        session = self._executor.session
        session.reset()
        for statement in work.statements[: where.index - 1]:
            if is_of_session(statement):
                session.execute(statement.text)
        found = where.with_evidence(find_evidence(where.statement, session, self._executor.dialect.name))
        if found.evidence and found.evidence.why:
            self._note(f"statement {found.index}: {found.evidence.why}")
        return found

    def _first(self, where: Interrupted, count: int) -> int:
        start = self._repair.start
        if start:
            if not where.done < start <= count + 1:
                ran = f"{where.done} of {count} statements of {where.id} have run"
                raise RunnerError(
                    f"{ran}, so it cannot go on from {start}",
                    hint=f"--from takes {where.done + 1} to {count + 1}",
                )
            return start
        if where.known is None:
            index = max(where.index, 1)
            what = f"statement {index} of {where.id}" if where.count else where.id
            raise RunnerError(
                f"nothing shows whether {what} has run",
                hint=f"look at the database, then mig repair --resume --from {index} (it has not) "
                f"or --from {index + 1} (it has)",
            )
        return where.known + 1

    def _setup(self, work: Work, first: int) -> tuple[Statement, ...]:
        """What a new session has to be told before it goes on."""
        earlier = () if work.is_python else work.statements[: first - 1]
        for index, statement in enumerate(earlier, 1):
            if is_gone_with_session(statement):
                raise RunnerError(
                    f"statement {index} of {self._row.id} left something in its session that is gone with it",
                    hint="do the rest by hand, then mig repair --mark-applied; or mig repair --revert",
                )
        return tuple(statement for statement in earlier if is_of_session(statement))

    def _require_evidence(self, step: Step, first: int) -> None:
        """Stop before anything is undone of which it cannot be told whether it was done."""
        work = _work(step)
        for index, statement in enumerate(work.statements, 1):
            if index >= first and not work.is_python:
                self._why_done(statement)
        if work.is_python:
            raise RunnerError(
                f"{self._row.id} has run in part, and what its down would undo cannot be told",
                hint=_BY_HAND,
            )

    def _why_done(self, statement: Statement) -> str:
        found = find_evidence(statement, self._executor.session, self._executor.dialect.name)
        if found.ran is None and not found.again:
            shown = " ".join(statement.text.split())
            shown = shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "..."
            raise RunnerError(
                f"{self._row.id} has run in part, and nothing shows whether its down has to run: {shown}",
                hint=_BY_HAND,
            )
        return found.why if found.ran else ""

    def _clean_up(self, where: Interrupted, first: int) -> None:
        if where.evidence and where.evidence.cleanup and first == where.index:
            self._note(f"runs {where.evidence.cleanup}")
            self._executor.session.reset()
            self._executor.session.execute(where.evidence.cleanup)

    def _note(self, text: str) -> None:
        self._executor.notify(Noted(message=text))


_LONGEST = 80
_BY_HAND = (
    "mig repair --resume finishes it, and mig down reverts it then; or undo it by hand, then "
    "mig repair --mark-reverted"
)


def _work(step: Step) -> Work:
    if step.work is None:
        raise AssertionError("load_work gives every step its work")
    return step.work
