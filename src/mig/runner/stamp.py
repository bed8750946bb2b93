"""Records migrations as applied without running them, and takes such records away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.graph.linearize import linearize, maximal
from mig.runner.expected import look_for_drift, telling, write_image
from mig.runner.foreign import find_applied as find_foreign
from mig.runner.foreign import read_foreign
from mig.runner.plan import Direction, Plan, Step, find_applied, find_wanted, refuse_unsettled
from mig.runner.work import load_work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mig.graph.dag import Graph
    from mig.model import Migration
    from mig.runner.execute import Executor
    from mig.runner.foreign import Foreign
    from mig.runner.history import Applied
    from mig.runner.work import Scripts

_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class StampRequest:
    """What is to be recorded, or removed from the history.

    ``targets`` are as for ``up``, each with all that comes before it; for ``remove`` they are ids.  ``tool``
    is another tool whose ``table`` says what is applied; ``allow_unknown`` goes on where it names versions
    that are not here, ``allow_changed`` where a checksum of its own shows another text.  ``checksum_of``
    computes that for a migration's file, where it can.
    """

    targets: tuple[str, ...] = ()
    remove: bool = False
    tool: str = ""
    table: str = ""
    allow_unknown: bool = False
    allow_changed: bool = False
    checksum_of: Callable[[Migration, str], int | None] = lambda _migration, _tool: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What is recorded or removed.

    ``steps`` are in the order of recording; ``already`` were recorded before; ``unknown`` are the versions of
    another tool that no migration here has, ``left_out`` those of apps that are not in the repository.
    ``kept`` counts what the history held before.
    """

    database: str
    steps: tuple[Step, ...]
    already: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    kept: int = 0


def plan_stamp(
    executor: Executor, graph: Graph, scripts: Scripts, request: StampRequest, database: str
) -> Stamp:
    """What a request comes to on this database; changes nothing.

    Raises:
        GraphError, RunnerError: a target is unknown, something applied would lack what it depends on,
            or the other tool's table does not fit.
    """
    rows = executor.history.rows()
    refuse_unsettled(rows)
    if request.remove:
        return _plan_removal(graph, rows, request, database)
    ids, unknown, left_out = _wanted(executor, graph, rows, request)
    done = {row.id for row in rows}
    steps = tuple(
        Step(id=i, direction=Direction.UP, migration=graph.migrations[i], recorded=True)
        for i in (linearize(graph) if ids - done else ())
        if i in ids - done
    )
    plan = load_work(Plan(steps=steps), scripts, executor.history.down_of, allow_changed=True)
    left = [*(i for i in done if i in graph), *(step.id for step in steps)]
    return Stamp(
        database=database,
        steps=plan.steps,
        already=tuple(row.id for row in rows if row.id in ids),
        unknown=unknown,
        left_out=left_out,
        heads=maximal(graph, left),
        kept=len(rows),
    )


def execute_stamp(executor: Executor, stamp: Stamp, note: str, *, fingerprint: bool) -> None:
    """Write a stamp into the history, all of it or nothing.

    Args:
        executor: of the only runner, where the dialect locks whole runs.
        stamp: as ``plan_stamp`` has made it.
        note: what the history says beside the version of mig.
        fingerprint: keep what the schema is now for what is expected.

    Raises:
        RunnerError: another runner has changed the history in between.
    """
    executor.create_history()
    drifted = None
    if fingerprint:
        with telling(executor):
            drifted = look_for_drift(executor)
    sql, origin = executor.history.sql, executor.origin
    version = f"{origin.tool_version} ({note})"
    executor.session.begin(executor.waiting)
    try:
        now = {row.id for row in executor.history.rows()}
        if any((step.id in now) == (step.direction is Direction.UP) for step in stamp.steps):
            raise RunnerError(
                "another runner has changed the history meanwhile", hint="run the command again"
            )
        parts = []
        for step in stamp.steps:
            if step.direction is Direction.DOWN:
                parts.append(sql.revert(origin.lineage, step.id, origin.by))
            elif step.work is not None:
                record = executor.record(step, step.work, duration_ms=0)
                parts.append(sql.insert(replace(record, tool_version=version)))
        executor.session.commit("".join(parts))
    finally:
        executor.session.rollback()
    if fingerprint:
        with telling(executor):
            write_image(executor, drifted)


def _plan_removal(graph: Graph, rows: Sequence[Applied], request: StampRequest, database: str) -> Stamp:
    gone = {find_applied(graph, rows, target) for target in request.targets}
    left = [row for row in rows if row.id not in gone]
    for row in left:
        known = graph.migrations.get(row.id)
        lacking = sorted(gone.intersection((*known.parents, *known.requires) if known else row.parents))
        if lacking:
            raise RunnerError(
                f"{row.id} is applied and comes after {lacking[0]}",
                hint=f"name it too: mig stamp --remove {lacking[0]} {row.id}",
            )
    return Stamp(
        database=database,
        steps=tuple(
            Step(id=row.id, direction=Direction.DOWN, migration=graph.migrations.get(row.id), applied=row)
            for row in reversed(rows)
            if row.id in gone
        ),
        heads=maximal(graph, [row.id for row in left if row.id in graph]),
        kept=len(rows),
    )


def _wanted(
    executor: Executor, graph: Graph, rows: Sequence[Applied], request: StampRequest
) -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    """The ids to record, and the versions of another tool that are not here."""
    if not request.tool:
        chosen = [find_wanted(graph, rows, target) for target in request.targets or ("",)]
        return frozenset().union(*chosen), (), ()
    foreign = read_foreign(executor.session, request.tool, request.table)
    _refuse_failed(foreign)
    found = find_foreign(graph, foreign)
    if found.unknown and not request.allow_unknown:
        shown = ", ".join(found.unknown[:_MOST])
        more = f" and {len(found.unknown) - _MOST} more" if len(found.unknown) > _MOST else ""
        raise RunnerError(
            f"{foreign.table} has {shown}{more}, which no migration here is",
            hint="check out the branch that has them, or leave them out with --allow-unknown",
        )
    if not request.allow_changed:
        _refuse_changed(graph, foreign, request)
    return found.ids, found.unknown, found.left_out


def _refuse_failed(foreign: Foreign) -> None:
    if foreign.failed:
        raise RunnerError(
            f"{foreign.table} says that {foreign.failed[0]} failed, so nobody knows what it left",
            hint=f"mend it and its row with {foreign.tool} first",
        )


def _refuse_changed(graph: Graph, foreign: Foreign, request: StampRequest) -> None:
    """Stop where a file is not what the other tool applied, as far as its checksum tells."""
    for version, checksum in foreign.checksums.items():
        one = find_foreign(graph, replace(foreign, versions=(version,), baseline=""))
        for migration_id in one.ids:
            migration = graph.migrations[migration_id]
            here = request.checksum_of(migration, foreign.tool)
            if here is not None and here != checksum:
                message = (
                    f"{migration.path} is not what {foreign.tool} applied: checksum {here}, not {checksum}"
                )
                raise RunnerError(message, hint="restore the file, or pass --allow-changed")
