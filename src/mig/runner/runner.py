"""The runner: one lineage of a snapshot against one database."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import mig
from mig.errors import RunnerError, SourceError
from mig.graph.linearize import maximal
from mig.model import Snapshot
from mig.runner import identity
from mig.runner.dialects import Settings, StatementError, find_dialect, milliseconds
from mig.runner.dump import dump_schema
from mig.runner.elsewhere import refuse_project_imports
from mig.runner.events import PlanMade
from mig.runner.execute import Executor, HistoryMovedError, Origin, Seen
from mig.runner.expected import keep_as_it_is, keeping, write_image
from mig.runner.extra_plan import ExtraPlanner
from mig.runner.history import APPLIED, LOG_TABLE, RUNNING, TABLE, History
from mig.runner.offline import render_script
from mig.runner.plan import (
    Direction,
    Goal,
    find_changed,
    find_goal,
    make_plan,
    refuse_unsettled,
)
from mig.runner.prepared import Prepared
from mig.runner.reconcile import choose
from mig.runner.repeatables import Repeatables
from mig.runner.run_extras import Progress
from mig.runner.safety import Guard
from mig.runner.stamp import Stamp, StampRequest, execute_stamp, plan_stamp
from mig.runner.status import build_status, find_interrupted
from mig.runner.url import safe_url, secrets_of
from mig.runner.verify import verify_schema
from mig.runner.waiting import Waiting
from mig.runner.watch import Watch, serial
from mig.runner.work import Scripts, load_work
from mig.schema.image import fingerprint
from mig.sqltext.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from mig.graph.dag import Graph
    from mig.model import Statement
    from mig.runner.dialects import Session
    from mig.runner.events import Event
    from mig.runner.extras import ExtraStep
    from mig.runner.history import Applied
    from mig.runner.plan import Plan, Step
    from mig.runner.repair import Repair, Repaired
    from mig.runner.safety import Advisor
    from mig.runner.status import Interrupted, Status
    from mig.runner.verify import Replay, Verified


# How the connection is used that looks whether another one waits.
_BESIDE = Settings(lock_timeout="1s", statement_timeout="2s", read_only=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a runner works.

    ``root`` is the folder that the snapshot's paths are relative to; ``git_commit`` and
    ``git_branch`` are recorded; ``lock_wait`` is in seconds; ``allow_changed`` passes over applied
    migrations whose files were edited.  ``apply_late`` and ``mark_applied`` name migrations that come
    too late for a declared order: to be run all the same, or only recorded.  ``at`` is the Git ref that
    the snapshot was read from, where that is not the disk.  ``advisor`` is asked whether a plan is safe
    for the database; without one nobody is.  ``allow_unsafe`` runs what it doubts, ``allow_data_loss``
    reverts what takes rows along; ``ask_before_reverts`` has it asked whether anything is reverted.
    ``allow_batch_loss`` has batches of Alembic's lose on SQLite what cannot be kept.
    ``variables`` are what stands for ``${name}`` in SQL files; without any, these are run as they are.
    ``fingerprint`` keeps what the schema is after a run, for ``verify``.
    """

    root: str = ""
    at: str = ""
    git_commit: str = ""
    git_branch: str = ""
    lock_wait: float = 60.0
    allow_changed: bool = False
    apply_late: tuple[str, ...] = ()
    mark_applied: tuple[str, ...] = ()
    advisor: Advisor | None = None
    allow_unsafe: bool = False
    allow_data_loss: bool = False
    allow_batch_loss: bool = False
    fingerprint: bool = True
    ask_before_reverts: bool = False
    settings: Settings = field(default_factory=Settings)
    variables: Variables = field(default_factory=Variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run has done.

    ``heads`` are the newest migrations that the database has now.  ``repeated`` are the repeatables that
    were run, ``left_out`` the names of those that wait for a run of everything.
    """

    database: str
    steps: tuple[Step, ...]
    heads: tuple[str, ...]
    duration_ms: int
    repeated: tuple[ExtraStep, ...] = ()
    left_out: tuple[str, ...] = ()


class Runner:
    """Applies and reverts the migrations of one lineage.

    Args:
        url: the database's; no method and no error shows its secrets.
        snapshot: the migrations, with ``read_script``; or prepared, for several databases in a row.
        lineage: its name; may be left out where there is only one.
        options: see ``Options``.
        on_event: told of every event while it happens.
        connect: lends a session for as long as the runner needs one; by default a new one.
    """

    def __init__(
        self,
        url: str,
        snapshot: Snapshot | Prepared,
        *,
        lineage: str = "",
        options: Options | None = None,
        on_event: Callable[[Event], None] | None = None,
        connect: Callable[[str, Settings], AbstractContextManager[Session]] | None = None,
    ) -> None:
        self._url = url
        self._prepared = Prepared(snapshot, lineage) if isinstance(snapshot, Snapshot) else snapshot
        self._options = options or Options()
        self._notify = serial(on_event or (lambda _: None))
        self._guard = Guard(
            lineage=self._prepared.lineage,
            advisor=self._options.advisor,
            allow_unsafe=self._options.allow_unsafe,
            allow_data_loss=self._options.allow_data_loss,
            ask_before_reverts=self._options.ask_before_reverts,
            notify=self._notify,
        )
        self._dialect = find_dialect(url)
        self._open = connect or self._connect_anew

    @property
    def database(self) -> str:
        """The URL as it may be shown."""
        return safe_url(self._url)

    def status(self) -> Status:
        """How the database stands; changes nothing, not even where there is no history yet."""
        with self._connect(read_only=True, variables=self._options.variables.masked()) as executor:
            return self._status(executor)

    def verify(self, replay: Replay | None = None) -> Verified:
        """Whether the database is what its history says; changes nothing.

        Args:
            replay: gives the schema that migrations make on a throwaway database, from lineage and id
                of each in the order of application; None: the last run's fingerprint is what is expected.
        """
        with self._connect(read_only=True) as executor:
            return verify_schema(executor, self._status(executor), replay)

    def accept(self) -> str:
        """Take the schema as it is for what is expected from now on; its fingerprint."""
        with self._connect(read_only=False) as executor:
            executor.session.acquire_lock(TABLE, executor.waiting)
            self._settled_rows(executor)
            return fingerprint(write_image(executor))

    def stamp(self, request: StampRequest, confirm: Callable[[Stamp], bool]) -> Stamp:
        """Record migrations as applied without running them, or take such records away.

        Args:
            request: which.
            confirm: told what will be done; False: nothing is.
        """
        graph = self._graph("down" if request.remove else "up")
        with self._connect(read_only=False) as executor:
            executor.session.acquire_lock(TABLE, executor.waiting)
            scripts = self._planner(executor).scripts
            stamp = plan_stamp(executor, graph, scripts, request, self.database)
            if confirm(stamp) and stamp.steps:
                note = f"stamped from {request.tool}" if request.tool else "stamped"
                execute_stamp(executor, stamp, note, fingerprint=self._options.fingerprint)
        return stamp

    def dump(self) -> str:
        """The SQL that makes the database's schema anew, from its own tool; changes nothing.

        Raises:
            RunnerError: mig has a history there already.
        """
        with self._connect(read_only=True) as executor:
            if executor.history.rows():
                message = f"{self.database} has a history of mig's already"
                raise RunnerError(message, hint="mig status shows it; mig verify tells what is not in it")
            return dump_schema(executor, self._url)

    def _status(self, executor: Executor) -> Status:
        graph = self._prepared.graph()
        rows = executor.history.rows()
        unsettled = next((row for row in rows if row.state != APPLIED), None)
        failed = self._interrupted(executor, graph, unsettled) if unsettled else None
        repeatables = self._planner(executor).status(executor.repeatables.rows())
        return replace(build_status(self.database, graph, rows, failed), repeatables=repeatables)

    def plan(self, target: str = "", direction: str = "up") -> Plan:
        """What ``up``, ``down`` or ``redo`` would do, with every statement and no secret; changes nothing."""
        with self._connect(read_only=True, variables=self._options.variables.masked()) as executor:
            return self._plan(executor, direction, target)

    def script(self, target: str = "", direction: str = "up", *, idempotent: bool = False) -> str:
        """What ``up``, ``down`` or ``redo`` would do, as a script that gives the same result.

        Args:
            target: as for these.
            direction: which of these.
            idempotent: the script can be run again, and then does what is left of it.

        Raises:
            RunnerError: a Python migration asks the database something, a secret would be in the script, or
                the server cannot run any statement under a condition.
        """
        with self._connect(read_only=True, variables=self._options.variables.storable()) as executor:
            plan = self._plan(executor, direction, target)
            self._guard.tell(plan)
            return render_script(plan, executor, idempotent=idempotent)

    def up(self, target: str = "") -> Outcome:
        """Apply what is pending: all of it, or up to an id, ``heads``, ``head`` or ``+N``."""
        return self._run("up", target)

    def down(self, target: str = "") -> Outcome:
        """Revert: the newest N (``-N``), all that comes after an id, ``unknown``, or everything (``base``).

        Without a target that is the newest; where the snapshot is a ref's, what the ref does not have.
        """
        return self._run("down", target)

    def redo(self, target: str = "") -> Outcome:
        """Revert the newest migration, or one with all that depends on it, and apply it again."""
        return self._run("redo", target)

    def sync(self) -> Outcome:
        """Revert what the snapshot does not have, or has otherwise, and apply all that it has."""
        return self._run("sync", "")

    def repair(self, repair: Repair) -> Repaired:
        """Settle the migration that was interrupted, if there is one.

        Raises:
            RunnerError: it is at work, or how to go on cannot be told; nothing was touched.
            StepFailedError: the database refused a statement; it is interrupted still.
        """
        from mig.runner.repair import Mender, Repaired

        with self._connect(read_only=False) as executor:
            executor.session.acquire_lock(TABLE, executor.waiting)
            row = next((row for row in executor.history.rows() if row.state != APPLIED), None)
            if row is None:
                return Repaired(database=self.database)
            if row.state == RUNNING and not self._dialect.locks_runs and identity.is_alive(row.applied_by):
                raise RunnerError(
                    f"{row.id} is at work right now: {row.applied_by}", hint="wait for it to end"
                )
            applied = Mender(executor, self._planner(executor).scripts, row, repair).run()
            keep_as_it_is(executor, enabled=self._options.fingerprint)
        return Repaired(database=self.database, id=row.id, applied=applied)

    def _run(self, direction: str, target: str) -> Outcome:
        began = time.monotonic()
        graph = self._graph(direction)
        with self._connect(read_only=False) as executor:
            progress = Progress(executor)
            ids = self._ids_when_there(executor, graph, target, progress) if direction == "up" else None
            if ids is None:
                ids = self._reach(executor, graph, direction, target, progress)
        return Outcome(
            database=self.database,
            steps=tuple(progress.done),
            heads=maximal(graph, [i for i in ids if i in graph]),
            duration_ms=round((time.monotonic() - began) * 1000),
            repeated=tuple(progress.repeated),
            left_out=progress.left_out,
        )

    def _ids_when_there(
        self, executor: Executor, graph: Graph, target: str, progress: Progress
    ) -> tuple[str, ...] | None:
        """What is applied, where ``up`` has nothing to do: that needs no lock and reads the history once."""
        rows = executor.history.rows()
        ids = tuple(row.id for row in rows)
        if any(row.state != APPLIED for row in rows):
            return None
        goal = self._goal(graph, rows, "up", target)
        if not goal.apply.issubset(ids):
            return None
        plan = self._checked_plan(executor, graph, rows, goal)
        if plan.extras.repeatables:
            return None
        self._notify(PlanMade(plan=plan))
        progress.left_out = plan.extras.left_out
        return ids

    def _reach(
        self, executor: Executor, graph: Graph, direction: str, target: str, progress: Progress
    ) -> tuple[str, ...]:
        """Execute what leads to a target, as the only runner; gives the ids that are applied then."""
        executor.session.acquire_lock(TABLE, executor.waiting)
        seen, rows = self._look(executor)
        goal = self._goal(graph, rows, direction, target)
        with keeping(executor, progress, enabled=self._options.fingerprint):
            while (reached := self._advance(executor, graph, goal, seen, rows, progress)) is None:
                goal = _remaining(goal, progress.done)
                seen, rows = self._look(executor)
        return reached.ids

    def _look(self, executor: Executor) -> tuple[Seen, tuple[Applied, ...]]:
        """The history, and the version from before it was read."""
        version = executor.session.version()
        rows = self._settled_rows(executor)
        return Seen(version=version, ids=tuple(row.id for row in rows)), rows

    def _advance(
        self,
        executor: Executor,
        graph: Graph,
        goal: Goal,
        seen: Seen,
        rows: Sequence[Applied],
        progress: Progress,
    ) -> Seen | None:
        """Execute the plan for a goal; None when another runner has come in between."""
        plan = self._checked_plan(executor, graph, rows, goal)
        self._guard.admit(plan)
        self._notify(PlanMade(plan=plan))
        if plan.steps:
            executor.create_history()
        for step in plan.steps:
            progress.before(plan.extras, step)
            try:
                executor.run(step, seen)
            except HistoryMovedError:
                return None
            progress.after(plan.extras)
            progress.done.append(step)
            seen = seen.after(step)
        progress.finish(plan.extras)
        return seen

    def _plan(self, executor: Executor, direction: str, target: str) -> Plan:
        rows = executor.history.rows()
        refuse_unsettled(rows)
        graph = self._graph(direction)
        return self._checked_plan(executor, graph, rows, self._goal(graph, rows, direction, target))

    def _goal(self, graph: Graph, rows: Sequence[Applied], direction: str, target: str) -> Goal:
        if direction == "down" and not target and self._options.at:
            target = "unknown"
        return find_goal(graph, rows, direction, target)

    def _checked_plan(self, executor: Executor, graph: Graph, rows: Sequence[Applied], goal: Goal) -> Plan:
        if goal.apply and not self._options.allow_changed:
            self._refuse_changed(graph, [row for row in rows if row.id not in goal.revert])
        decided = choose(graph, self._options.apply_late, self._options.mark_applied)
        plan = make_plan(graph, rows, goal, decided)
        allow = self._options.allow_changed
        planner = self._planner(executor)
        plan = load_work(plan, planner.scripts, executor.history.down_of, allow_changed=allow)
        if self._options.at:
            refuse_project_imports(plan, self._options.root, self._options.at)
        left = [row for row in rows if row.id not in goal.revert]
        plan = self._guard.look(plan, graph, left, decided, executor)
        return planner.plan(plan, executor.repeatables, [row.id for row in rows], repeats=goal.repeats)

    def _planner(self, executor: Executor) -> ExtraPlanner:
        scripts = Scripts(prepared=self._prepared, dialect=self._dialect.name, variables=executor.variables)
        return ExtraPlanner(lineage=self._prepared.lineage, scripts=scripts)

    def _graph(self, direction: str) -> Graph:
        """A graph that can be applied; what is only reverted needs no sound one."""
        return self._prepared.graph() if direction == "down" else self._prepared.sound_graph()

    def _refuse_changed(self, graph: Graph, rows: Sequence[Applied]) -> None:
        changed = find_changed(graph, rows)
        if changed:
            shown = ", ".join(f"{i} ({graph.migrations[i].path})" for i in changed[:3])
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
            raise RunnerError(
                f"{shown}{more} differs from what was applied to this database (MIG401)",
                hint="restore the file and put the change into a new migration, or pass --allow-changed",
            )

    def _settled_rows(self, executor: Executor) -> tuple[Applied, ...]:
        """The history, once no living process applies a migration outside of a transaction."""
        rows = executor.history.rows()

        def is_settled() -> bool:
            nonlocal rows
            rows = executor.history.rows()
            return not any(row.state == RUNNING and identity.is_alive(row.applied_by) for row in rows)

        if any(row.state == RUNNING for row in rows) and not self._dialect.locks_runs:
            executor.waiting.until(is_settled, lambda: next(r.applied_by for r in rows if r.state == RUNNING))
        refuse_unsettled(rows)
        return rows

    def _interrupted(self, executor: Executor, graph: Graph, row: Applied) -> Interrupted:
        from mig.runner.evidence import find_evidence, is_of_session

        migration = graph.migrations.get(row.id)
        statements: tuple[Statement, ...] = ()
        if migration is not None and migration.checksum == row.checksum:
            try:
                script = self._planner(executor).scripts.read(migration)
                if script.language != "python":
                    statements = (script.down or ()) if row.is_being_reverted else script.up
            except SourceError:  # the status is told without the statement's text
                statements = ()
        found = find_interrupted(row, statements, migration.path if migration else "")
        # What an earlier statement has set can change where names lead; a status sets nothing.
        if found.statement is None or any(map(is_of_session, statements[: found.index - 1])):
            return found
        return found.with_evidence(find_evidence(found.statement, executor.session, self._dialect.name))

    @contextmanager
    def _connect(self, *, read_only: bool, variables: Variables | None = None) -> Iterator[Executor]:
        settings = replace(self._options.settings, read_only=read_only)
        with self._open(self._url, settings) as session:
            executor = self._executor(session, variables or self._options.variables)
            try:
                yield executor
            except StatementError as error:  # not in a migration: those are failed steps
                hint = f"mig must be able to create, read and write {TABLE} and {LOG_TABLE} there"
                raise RunnerError(f"{self.database}: {error.message}", hint=hint) from None
            finally:
                if executor.watch is not None:
                    executor.watch.close()

    def _watch(self, session: Session, secrets: tuple[str, ...]) -> Watch:
        wait = milliseconds(self._options.settings.lock_timeout) / 2000
        return Watch(
            session,
            self._dialect,
            lambda: self._dialect.connect(self._url, _BESIDE),
            self._notify,
            after=min(1.0, wait or 1.0),
            secrets=secrets,
        )

    def _connect_anew(self, url: str, settings: Settings) -> AbstractContextManager[Session]:
        return closing(self._dialect.connect(url, settings))

    def _executor(self, session: Session, variables: Variables) -> Executor:
        options = self._options
        origin = Origin(
            lineage=self._prepared.name,
            by=identity.person(),
            process=identity.process(),
            git_commit=options.git_commit,
            git_branch=options.git_branch,
            tool_version=mig.__version__,
        )
        secrets = (*options.variables.hidden, *secrets_of(self._url))
        return Executor(
            watch=self._watch(session, secrets),
            settings=options.settings,
            session=session,
            dialect=self._dialect,
            history=History(session, self._dialect, self._prepared.name),
            origin=origin,
            waiting=Waiting(limit=options.lock_wait, notify=self._notify),
            notify=self._notify,
            root=options.root,
            secrets=secrets,
            repeatables=Repeatables(session, self._dialect, origin.lineage),
            variables=variables,
            allow_batch_loss=options.allow_batch_loss,
        )


def _remaining(goal: Goal, done: Sequence[Step]) -> Goal:
    """The goal without what this run has reverted; it may be applied again by now."""
    return replace(goal, revert=goal.revert - {step.id for step in done if step.direction is Direction.DOWN})
