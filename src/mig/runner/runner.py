"""The runner: one lineage of a snapshot against one database."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.graph.linearize import maximal
from mig.model import Snapshot
from mig.runner import identity
from mig.runner.dialects import find_dialect
from mig.runner.dump import dump_schema
from mig.runner.expected import keep_as_it_is, write_image
from mig.runner.history import APPLIED, RUNNING, TABLE
from mig.runner.look import read_status
from mig.runner.offline import render_script
from mig.runner.opening import Opening
from mig.runner.options import Options, Outcome
from mig.runner.planner import Planner
from mig.runner.prepared import Prepared
from mig.runner.run import Run, settled_rows
from mig.runner.run_extras import Progress
from mig.runner.safety import Guard
from mig.runner.stamp import Stamp, StampRequest, execute_stamp, plan_stamp
from mig.runner.verify import verify_schema
from mig.runner.watch import serial
from mig.schema.image import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.runner.events import Event
    from mig.runner.opening import Lend
    from mig.runner.plan import Plan
    from mig.runner.repair import Repair, Repaired
    from mig.runner.status import Status
    from mig.runner.verify import Replay, Verified


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
        connect: Lend | None = None,
    ) -> None:
        self._options = options or Options()
        self._notify = serial(on_event or (lambda _: None))
        prepared = Prepared(snapshot, lineage) if isinstance(snapshot, Snapshot) else snapshot
        guard = Guard(
            lineage=prepared.lineage,
            advisor=self._options.advisor,
            allow_unsafe=self._options.allow_unsafe,
            allow_data_loss=self._options.allow_data_loss,
            ask_before_reverts=self._options.ask_before_reverts,
            notify=self._notify,
        )
        self._planner = Planner(prepared=prepared, options=self._options, guard=guard)
        self._opening = Opening(
            url=url,
            lineage=prepared.name,
            dialect=find_dialect(url),
            options=self._options,
            notify=self._notify,
            lend=connect,
        )

    @property
    def database(self) -> str:
        """The URL as it may be shown."""
        return self._opening.database

    def status(self) -> Status:
        """How the database stands; changes nothing, not even where there is no history yet."""
        with self._opening.executor(read_only=True, variables=self._options.variables.masked()) as executor:
            return read_status(executor, self._planner, self.database)

    def verify(self, replay: Replay | None = None) -> Verified:
        """Whether the database is what its history says; changes nothing.

        Args:
            replay: gives the schema that migrations make on a throwaway database, from lineage and id
                of each in the order of application; None: the last run's fingerprint is what is expected.
        """
        with self._opening.executor(read_only=True) as executor:
            return verify_schema(executor, read_status(executor, self._planner, self.database), replay)

    def accept(self) -> str:
        """Take the schema as it is for what is expected from now on; its fingerprint."""
        with self._opening.executor(read_only=False) as executor:
            executor.session.acquire_lock(TABLE, executor.waiting)
            settled_rows(executor)
            return fingerprint(write_image(executor))

    def stamp(self, request: StampRequest, confirm: Callable[[Stamp], bool]) -> Stamp:
        """Record migrations as applied without running them, or take such records away.

        Args:
            request: which.
            confirm: told what will be done; False: nothing is.
        """
        graph = self._planner.graph("down" if request.remove else "up")
        with self._opening.executor(read_only=False) as executor:
            executor.session.acquire_lock(TABLE, executor.waiting)
            scripts = self._planner.extras(executor).scripts
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
        with self._opening.executor(read_only=True) as executor:
            if executor.history.rows():
                message = f"{self.database} has a history of mig's already"
                raise RunnerError(message, hint="mig status shows it; mig verify tells what is not in it")
            return dump_schema(executor, self._opening.url)

    def plan(self, target: str = "", direction: str = "up") -> Plan:
        """What ``up``, ``down`` or ``redo`` would do, with every statement and no secret; changes nothing."""
        with self._opening.executor(read_only=True, variables=self._options.variables.masked()) as executor:
            return self._planner.plan(executor, direction, target)

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
        with self._opening.executor(read_only=True, variables=self._options.variables.storable()) as executor:
            plan = self._planner.plan(executor, direction, target)
            self._planner.guard.tell(plan)
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

        with self._opening.executor(read_only=False) as executor:
            executor.session.acquire_lock(TABLE, executor.waiting)
            row = next((row for row in executor.history.rows() if row.state != APPLIED), None)
            if row is None:
                return Repaired(database=self.database)
            if row.state == RUNNING and not executor.dialect.locks_runs and identity.is_alive(row.applied_by):
                raise RunnerError(
                    f"{row.id} is at work right now: {row.applied_by}", hint="wait for it to end"
                )
            applied = Mender(executor, self._planner.extras(executor).scripts, row, repair).run()
            keep_as_it_is(executor, enabled=self._options.fingerprint)
        return Repaired(database=self.database, id=row.id, applied=applied)

    def _run(self, direction: str, target: str) -> Outcome:
        began = time.monotonic()
        graph = self._planner.graph(direction)
        with self._opening.executor(read_only=False) as executor:
            progress = Progress(executor)
            run = Run(
                executor=executor,
                planner=self._planner,
                progress=progress,
                notify=self._notify,
                fingerprint=self._options.fingerprint,
            )
            ids = run.find_ids_when_there(graph, target) if direction == "up" else None
            if ids is None:
                ids = run.reach(graph, direction, target)
        return Outcome(
            database=self.database,
            steps=tuple(progress.done),
            heads=maximal(graph, [i for i in ids if i in graph]),
            duration_ms=round((time.monotonic() - began) * 1000),
            repeated=tuple(progress.repeated),
            left_out=progress.left_out,
        )
