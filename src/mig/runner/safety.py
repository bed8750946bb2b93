"""What a plan may do harm by: orders that are not shown to be safe for this database, and rows that go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from mig.errors import RunnerError
from mig.runner.events import PlanDoubted
from mig.runner.losses import count_losses, refuse_losses
from mig.runner.plan import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from mig.findings import Verdict
    from mig.graph.dag import Graph
    from mig.model import LineageSnapshot
    from mig.runner.events import Event
    from mig.runner.execute import Executor
    from mig.runner.history import Applied
    from mig.runner.losses import Threat
    from mig.runner.plan import Plan
    from mig.runner.reconcile import Reconciliation


class Meets(Enum):
    """How a migration that is applied stands to one that is to be applied after it."""

    UNORDERED = "unordered"
    LATE = "late"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A migration to be applied, and one that the database has and that the graph does not put before it.

    ``how``: the graph orders the two not at all, or the other way round; the file of the applied one is
    gone, or is no longer what was applied.
    """

    pending: str
    applied: Applied
    how: Meets


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A meeting that is not shown to be harmless: ``verdict`` and, in ``message``, why, with a witness.

    ``is_gone``: the applied one is not in the repository.
    """

    pending: str
    applied: str
    verdict: Verdict
    message: str
    path: str = ""
    line: int = 0
    is_gone: bool = False


class Advisor(Protocol):
    """Who knows what migrations do; the runner itself does not read them."""

    def find_doubts(
        self, lineage: LineageSnapshot, graph: Graph, left: Sequence[Applied], meetings: Sequence[Meeting]
    ) -> tuple[Doubt, ...]:
        """Which meetings are not shown to be harmless.

        Args:
            lineage: the migrations.
            graph: of these.
            left: what stays applied.
            meetings: those of the plan.
        """

    def find_threats(self, plan: Plan, dialect: str) -> tuple[Threat, ...]:
        """What the downs of a plan take away, whatever is there."""

    def confirm(self, plan: Plan) -> bool | None:
        """Whether a person wants a plan with doubts or losses all the same; None: nobody can be asked."""


def find_meetings(
    graph: Graph, left: Sequence[Applied], pending: Collection[str]
) -> tuple[tuple[str, Applied], ...]:
    """What is to be applied with each applied one that the graph does not put before it.

    Where a database is merely behind there is none, and that is found out without looking at pairs.
    """
    done = {row.id for row in left}
    chosen = frozenset(pending)
    # What comes after another pending one has all before it that comes before that one.
    firsts = [i for i in pending if chosen.isdisjoint(graph.before[i])]
    if not done or all(done <= graph.ancestors(i) for i in firsts):
        return ()
    found = []
    gone = {row.id: row.parents for row in left if row.id not in graph}
    parents = {row.id: row.parents for row in left}
    for i in pending:
        before = graph.ancestors(i)
        removed = _removed_behind(before, parents, gone)
        found += [(i, row) for row in left if row.id not in before and row.id not in removed]
    return tuple(found)


def _removed_behind(
    before: Collection[str], parents: Mapping[str, Sequence[str]], gone: Mapping[str, Sequence[str]]
) -> frozenset[str]:
    """What came before some migrations when they were applied, and has left the repository since."""
    waiting = [one for i in before for one in parents.get(i, ()) if one in gone]
    seen: set[str] = set()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += [parent for parent in gone[one] if parent in gone]
    return frozenset(seen)


def classify(graph: Graph, pairs: Sequence[tuple[str, Applied]]) -> tuple[Meeting, ...]:
    """How the two of each pair stand to each other."""
    after = {i: graph.descendants(i) for i in {i for i, _ in pairs}}
    return tuple(Meeting(pending=i, applied=row, how=_how(graph, after[i], row)) for i, row in pairs)


def _how(graph: Graph, after: Collection[str], row: Applied) -> Meets:
    if row.id not in graph:
        return Meets.GONE
    if graph.migrations[row.id].checksum != row.checksum:
        return Meets.CHANGED
    return Meets.LATE if row.id in after else Meets.UNORDERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Looks at each plan that is made, and lets it run or refuses it; see ``Options``."""

    lineage: LineageSnapshot
    advisor: Advisor | None
    allow_unsafe: bool
    allow_data_loss: bool
    ask_before_reverts: bool
    notify: Callable[[Event], None]

    def look(
        self,
        plan: Plan,
        graph: Graph,
        left: Sequence[Applied],
        decided: Reconciliation,
        executor: Executor,
    ) -> Plan:
        """The plan with what is not shown to be safe, and what it loses.

        Args:
            plan: what is to be done.
            graph: of the migrations.
            left: what stays applied.
            decided: what a person has decided about already.
            executor: counts what is there.
        """
        if self.advisor is None:
            return plan
        if any(step.direction is Direction.DOWN for step in plan.steps):
            name = executor.dialect.name
            threats = self.advisor.find_threats(plan, name)
            quote = "`" if name in ("mariadb", "mysql") else '"'
            plan = replace(plan, losses=count_losses(threats, executor.session.query, quote))
        settled = decided.late | decided.recorded
        ups = (step.id for step in plan.steps if step.direction is Direction.UP)
        pairs = find_meetings(graph, left, [i for i in ups if i not in settled])
        if not pairs:
            return plan
        doubts = self.advisor.find_doubts(self.lineage, graph, left, classify(graph, pairs))
        doubts = tuple(replace(one, is_gone=one.applied not in graph) for one in doubts)
        return replace(plan, doubts=doubts)

    def tell(self, plan: Plan) -> None:
        """Tell what is known against a plan that somebody else will run."""
        if plan.doubts or plan.losses:
            self.notify(PlanDoubted(plan=plan, allowed=True))

    def admit(self, plan: Plan) -> None:
        """Let a plan run.

        Raises:
            RunnerError: it is not shown to be safe, or loses rows, and nobody wants it all the same.
        """
        reverts = self.ask_before_reverts and any(s.direction is Direction.DOWN for s in plan.steps)
        if self.advisor is None or not (plan.doubts or plan.losses or reverts):
            return
        is_unsafe = bool(plan.doubts) and not self.allow_unsafe
        is_lossy = bool(plan.losses) and not self.allow_data_loss
        allowed = not (is_unsafe or is_lossy or reverts)
        self.notify(PlanDoubted(plan=plan, allowed=allowed, asks_reverts=reverts))
        if not allowed and not self.advisor.confirm(plan):
            if is_unsafe:
                raise refuse_doubts(plan)
            raise refuse_losses(plan.losses) if is_lossy else _refuse_reverts(plan)


def _refuse_reverts(plan: Plan) -> RunnerError:
    reverted = [step.id for step in plan.steps if step.direction is Direction.DOWN]
    more = f" and {len(reverted) - 1} more" if len(reverted) > 1 else ""
    return RunnerError(
        f"{reverted[0]}{more} would be reverted, and nobody has said yes; nothing was touched",
        hint="--dry-run shows every statement; --yes reverts without asking",
    )


def refuse_doubts(plan: Plan) -> RunnerError:
    """The error for a plan that is not shown to be safe, and that nobody has confirmed."""
    first = plan.doubts[0]
    more = f", and {len(plan.doubts) - 1} more pairs" if len(plan.doubts) > 1 else ""
    if first.is_gone:
        way = "mig down unknown (or mig sync) reverts what is not in the repository"
    else:
        way = f"mig redo {first.applied} applies both in the order of a fresh database"
    return RunnerError(
        f"not shown to be safe for this database (MIG309): {first.pending} after {first.applied},"
        f" which it has already{more}; nothing was touched",
        hint=f"{way}; or look at the pairs with mig compare and pass --allow-unsafe",
    )
