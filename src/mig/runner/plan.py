"""Plans: which migrations to revert and to apply, in which order; pure functions of graph and history."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from mig.errors import GraphError, RunnerError
from mig.findings import Severity
from mig.graph.dag import build_graph
from mig.graph.linearize import has_cycle, linearize
from mig.graph.order import find_wrong_orders
from mig.model import Migration
from mig.runner.extras import Extras
from mig.runner.history import APPLIED
from mig.runner.reconcile import Reconciliation, refuse_unreconciled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mig.graph.dag import Graph
    from mig.model import LineageSnapshot
    from mig.runner.history import Applied
    from mig.runner.losses import Loss
    from mig.runner.safety import Doubt
    from mig.runner.work import Work

_STEPS = re.compile(r"([+-])(\d+)")
_UNDECIDED = Reconciliation()


class Direction(Enum):
    """What a step does with its migration."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One migration and one direction.

    ``migration`` is None where the file is gone, ``applied`` where the history has no row.  A step
    that is to be executed has its ``work``.  One that is ``recorded`` only enters the history.
    """

    id: str
    direction: Direction
    migration: Migration | None = None
    applied: Applied | None = None
    work: Work | None = None
    recorded: bool = False

    @property
    def path(self) -> str:
        return self.migration.path if self.migration else ""

    @property
    def description(self) -> str:
        holder = self.migration or self.applied
        return holder.description if holder else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps in the order of execution, all reverts first.

    ``late`` names pairs of a migration to be applied and one that the DAG puts after it and that
    the database has already.  ``doubts`` are pairs that are not shown to be harmless in this order,
    ``losses`` what the reverts take away that holds something.  ``extras`` are what runs beside the steps.
    """

    steps: tuple[Step, ...] = ()
    late: tuple[tuple[str, str], ...] = ()
    doubts: tuple[Doubt, ...] = ()
    extras: Extras = field(default_factory=Extras)
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a run is to reach: these not applied any more, then these applied.

    ``repeats`` says that repeatables run once everything is applied.
    """

    revert: frozenset[str] = frozenset()
    apply: frozenset[str] = frozenset()
    repeats: bool = True


def sound_graph(lineage: LineageSnapshot) -> Graph:
    """The graph of a lineage that can be applied.

    Raises:
        GraphError: two files have one id, a parent is missing, there is a cycle, or a file has errors.
    """
    graph = build_graph(lineage.migrations)
    hint = "mig check shows everything that is wrong"
    for finding in lineage.findings:
        if finding.severity is Severity.ERROR:
            place = finding.locations[0] if finding.locations else None
            shown = (
                f"{place.path}:{place.line}: " if place and place.line else f"{place.path}: " if place else ""
            )
            raise GraphError(f"{shown}{finding.message} ({finding.code})", hint=hint)
    if len(graph) != len(lineage.migrations):
        twins = [m for m in lineage.migrations if graph.migrations[m.id] is not m]
        other = graph.migrations[twins[0].id].path
        raise GraphError(f"{other} and {twins[0].path} have one id, {twins[0].id} (MIG103)", hint=hint)
    if missing := graph.missing():
        child, parent = missing[0]
        raise GraphError(
            f"{child} names the parent {parent}, which is not checked out here (MIG102)",
            hint="mig check says where it is; git merge the branch that has it",
        )
    for wrong in find_wrong_orders(graph):
        path = graph.migrations[wrong.migration].path
        raise GraphError(
            f"{path} puts {wrong.first} before {wrong.second}, but {wrong.why} (MIG106)", hint=hint
        )
    if has_cycle(graph):
        linearize(graph)
    return graph


def find_goal(graph: Graph, rows: Sequence[Applied], direction: str, target: str) -> Goal:
    """What ``up``, ``down``, ``redo`` or ``sync`` with a target is to reach.

    Raises:
        RunnerError: the target is none for this direction, or there are several heads and none was named.
        GraphError: the target is unknown or ambiguous.
    """
    if direction == "up":
        return Goal(apply=find_wanted(graph, rows, target))
    if direction == "down":
        return Goal(revert=find_unwanted(graph, rows, target or "-1"), repeats=False)
    if direction == "sync":
        return Goal(revert=find_strangers(graph, rows), apply=frozenset(graph.migrations))
    redone = find_redone(graph, rows, target)
    if gone := sorted(redone - graph.migrations.keys()):
        raise RunnerError(
            f"{gone[0]} is not in the repository, so it cannot be applied again", hint="mig down reverts it"
        )
    # What comes before them and is missing goes in with them: so a declared order is made good.
    return Goal(revert=redone, apply=redone | graph.ancestors(*redone) - {row.id for row in rows})


def find_wanted(graph: Graph, rows: Sequence[Applied], target: str) -> frozenset[str]:
    """What a database must have applied to be at a target of ``up``.

    Raises:
        RunnerError: the target is none for ``up``, or there are several heads and none was named.
        GraphError: the target is unknown or ambiguous.
    """
    everything = frozenset(graph.migrations)
    if target == "heads" or not everything:
        return everything
    if target in ("", "head"):
        return everything if len(graph.heads()) == 1 else _refuse_heads(graph)
    counted = _STEPS.fullmatch(target)
    if counted and counted[1] == "+":
        done = {row.id for row in rows}
        return frozenset(_counted(_in_order(graph, everything - done), int(counted[2]), "pending")) | (
            everything & done
        )
    if counted or target == "base":
        raise RunnerError(f"mig up cannot go to {target}", hint=f"mig down {target}")
    chosen = _find(graph, target)
    return graph.ancestors(chosen) | {chosen}


def find_unwanted(graph: Graph, rows: Sequence[Applied], target: str) -> frozenset[str]:
    """What a database must no longer have applied to be at a target of ``down``.

    An id stays applied, and so does what does not depend on it: what comes after it is reverted.
    ``unknown`` is what the repository does not have.

    Raises:
        RunnerError: the target is none for ``down``.
        GraphError: the target is unknown or ambiguous.
    """
    if target == "base":
        return frozenset(row.id for row in rows)
    if target == "unknown":
        return _with_dependents(graph, rows, (row.id for row in rows if row.id not in graph))
    counted = _STEPS.fullmatch(target)
    if counted and counted[1] == "-":
        newest = _counted([row.id for row in reversed(rows)], int(counted[2]), "applied")
        return _with_dependents(graph, rows, newest)
    if counted or target in ("head", "heads"):
        raise RunnerError(f"mig down cannot go to {target}", hint=f"mig up {target}")
    kept = find_applied(graph, rows, target)
    return _with_dependents(graph, rows, (kept,)) - {kept}


def find_strangers(graph: Graph, rows: Sequence[Applied]) -> frozenset[str]:
    """What is applied and is not in the repository, or not as it was applied, with what depends on it."""
    changed = set(find_changed(graph, rows))
    return _with_dependents(graph, rows, (i.id for i in rows if i.id not in graph or i.id in changed))


def find_redone(graph: Graph, rows: Sequence[Applied], target: str) -> frozenset[str]:
    """What is to be reverted and applied again: the newest, or a target, with all that depends on it."""
    if target.startswith("-") or not target:
        return find_unwanted(graph, rows, target or "-1")
    return _with_dependents(graph, rows, (find_applied(graph, rows, target),))


def find_applied(graph: Graph, rows: Sequence[Applied], prefix: str) -> str:
    """The applied migration of an id or its beginning, in the repository or not.

    Raises:
        GraphError: unknown or ambiguous.
        RunnerError: the migration is not applied.
    """
    done = [row.id for row in rows]
    fitting = [i for i in done if i == prefix] or [i for i in done if i.startswith(prefix)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting or not any(i.startswith(prefix) for i in graph.migrations):
        from mig.graph.nearest import not_one  # most targets are found

        hint = "give more of the id" if fitting else "mig status -v lists what is applied"
        raise GraphError(not_one(prefix, fitting, {**_gone(graph, rows), **graph.migrations}), hint=hint)
    known = _find(graph, prefix)
    raise RunnerError(f"{known} is not applied to this database", hint="mig status lists what is")


def make_plan(
    graph: Graph, rows: Sequence[Applied], goal: Goal, decided: Reconciliation = _UNDECIDED
) -> Plan:
    """The steps from what is applied to the goal.

    Raises:
        RunnerError: an order that a merge migration declares can no longer be kept, and nothing was
            decided about it.
    """
    applied = {row.id: row for row in rows}
    reverted = [i for i in _revert_order(graph, rows) if i in goal.revert] if goal.revert else []
    left = frozenset(applied) - goal.revert
    pending = _in_order(graph, goal.apply - left)
    refuse_unreconciled(graph, left, pending, decided)
    downs = (
        Step(id=i, direction=Direction.DOWN, migration=graph.migrations.get(i), applied=applied[i])
        for i in reverted
    )
    ups = (
        Step(id=i, direction=Direction.UP, migration=graph.migrations[i], recorded=i in decided.recorded)
        for i in pending
    )
    return Plan(steps=(*downs, *ups), late=_late(graph, left, pending))


def refuse_unsettled(rows: Iterable[Applied]) -> None:
    """Stop where a migration was interrupted in the middle.

    Raises:
        RunnerError: MIG404.
    """
    for row in rows:
        if row.state != APPLIED:
            doing = "reverted" if row.is_being_reverted else "applied"
            raise RunnerError(
                f"{row.id} was interrupted while it was being {doing} (MIG404)",
                hint="settle it first: mig repair shows how far it came, and the ways to go on",
            )


def find_changed(graph: Graph, rows: Iterable[Applied]) -> tuple[str, ...]:
    """Applied migrations whose file is no longer what was applied, in the order of application."""
    files = graph.migrations
    return tuple(row.id for row in rows if row.id in files and files[row.id].checksum != row.checksum)


def pending_in_order(graph: Graph, rows: Iterable[Applied]) -> tuple[str, ...]:
    """What the repository has and the database has not, in linear order."""
    return tuple(_in_order(graph, graph.migrations.keys() - {row.id for row in rows}))


def _find(graph: Graph, prefix: str) -> str:
    try:
        return graph.find(prefix)
    except GraphError as error:
        hint = "mig log lists the migrations; other targets are heads, +N, -N and base"
        raise GraphError(error.message, hint=hint) from None


def _gone(graph: Graph, rows: Iterable[Applied]) -> dict[str, Migration]:
    """Applied migrations whose files are gone, as far as the history knows them."""
    return {
        row.id: Migration(
            id=row.id, lineage=row.lineage, parents=row.parents, path="", description=row.description
        )
        for row in rows
        if row.id not in graph
    }


def _in_order(graph: Graph, ids: Collection[str]) -> list[str]:
    if len(ids) < 2:  # the usual case needs no networkx
        return sorted(ids)
    return [i for i in linearize(graph) if i in ids]


def _counted(ids: Sequence[str], number: int, kind: str) -> Sequence[str]:
    if not 0 < number <= len(ids):
        raise RunnerError(
            f"{len(ids)} migrations are {kind}, so it cannot be {number}", hint="mig status lists them"
        )
    return ids[:number]


def _refuse_heads(graph: Graph) -> frozenset[str]:
    heads = graph.heads()
    raise RunnerError(
        f"there are {len(heads)} heads: {', '.join(heads)}",
        hint="join them with mig merge; mig up heads applies all of them as they are",
    )


def _late(graph: Graph, left: frozenset[str], pending: Sequence[str]) -> tuple[tuple[str, str], ...]:
    known = left & graph.migrations.keys()
    ahead = graph.ancestors(*known)
    return tuple((i, min(known & graph.descendants(i))) for i in pending if i in ahead)


def _dependents(graph: Graph, rows: Iterable[Applied]) -> Mapping[str, set[str]]:
    """Edges from what comes first to what comes after; for a file that is gone, as it was applied."""
    after = {i: set(later) for i, later in graph.after.items()}
    for row in rows:
        if row.id not in graph:
            for parent in row.parents:
                after.setdefault(parent, set()).add(row.id)
    return after


def _with_dependents(graph: Graph, rows: Sequence[Applied], ids: Iterable[str]) -> frozenset[str]:
    after = _dependents(graph, rows)
    seen = set(ids)
    waiting = deque(seen)
    while waiting:
        fresh = after.get(waiting.popleft(), set()) - seen
        seen |= fresh
        waiting.extend(fresh)
    return frozenset(seen & {row.id for row in rows})


def _revert_order(graph: Graph, rows: Sequence[Applied]) -> list[str]:
    """Reverse order of application, except that what depends on a migration always goes before it."""
    after = _dependents(graph, rows)
    position = {row.id: row.seq for row in rows}
    done: dict[str, None] = {}
    opened: set[str] = set()
    stack = [(row.id, False) for row in rows]
    while stack:
        here, ready = stack.pop()
        if ready:
            done[here] = None
        elif here not in opened:
            opened.add(here)
            later = sorted(after.get(here, ()), key=lambda i: (position.get(i, 0), i))
            stack += [(here, True), *((i, False) for i in later)]
    return [i for i in done if i in position]
