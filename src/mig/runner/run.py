"""One run: from what a database has to a goal, step by step, whatever others do meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.runner import identity
from mig.runner.events import PlanMade
from mig.runner.execute import HistoryMovedError, Seen
from mig.runner.expected import keeping
from mig.runner.history import APPLIED, RUNNING, TABLE
from mig.runner.plan import Direction, refuse_unsettled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mig.graph.dag import Graph
    from mig.runner.events import Event
    from mig.runner.execute import Executor
    from mig.runner.history import Applied
    from mig.runner.plan import Goal, Step
    from mig.runner.planner import Planner
    from mig.runner.run_extras import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run in one session; ``fingerprint`` keeps what the schema is after it."""

    executor: Executor
    planner: Planner
    progress: Progress
    notify: Callable[[Event], None]
    fingerprint: bool

    def find_ids_when_there(self, graph: Graph, target: str) -> tuple[str, ...] | None:
        """What is applied, where ``up`` has nothing to do: that needs no lock and reads the history once."""
        rows = self.executor.history.rows()
        ids = tuple(row.id for row in rows)
        if any(row.state != APPLIED for row in rows):
            return None
        goal = self.planner.goal(graph, rows, "up", target)
        if not goal.apply.issubset(ids):
            return None
        plan = self.planner.checked(self.executor, graph, rows, goal)
        if plan.extras.repeatables:
            return None
        self.notify(PlanMade(plan=plan))
        self.progress.left_out = plan.extras.left_out
        return ids

    def reach(self, graph: Graph, direction: str, target: str) -> tuple[str, ...]:
        """Execute what leads to a target, as the only runner; gives the ids that are applied then."""
        self.executor.session.acquire_lock(TABLE, self.executor.waiting)
        seen, rows = self._look()
        goal = self.planner.goal(graph, rows, direction, target)
        with keeping(self.executor, self.progress, enabled=self.fingerprint):
            while (reached := self._advance(graph, goal, seen, rows)) is None:
                goal = _remaining(goal, self.progress.done)
                seen, rows = self._look()
        return reached.ids

    def _look(self) -> tuple[Seen, tuple[Applied, ...]]:
        """The history, and the version from before it was read."""
        version = self.executor.session.version()
        rows = settled_rows(self.executor)
        return Seen(version=version, ids=tuple(row.id for row in rows)), rows

    def _advance(
        self,
        graph: Graph,
        goal: Goal,
        seen: Seen,
        rows: Sequence[Applied],
    ) -> Seen | None:
        """Execute the plan for a goal; None when another runner has come in between."""
        plan = self.planner.checked(self.executor, graph, rows, goal)
        self.planner.guard.admit(plan)
        self.notify(PlanMade(plan=plan))
        if plan.steps:
            self.executor.create_history()
        for step in plan.steps:
            self.progress.before(plan.extras, step)
            try:
                self.executor.run(step, seen)
            except HistoryMovedError:
                return None
            self.progress.after(plan.extras)
            self.progress.done.append(step)
            seen = seen.after(step)
        self.progress.finish(plan.extras)
        return seen


def settled_rows(executor: Executor) -> tuple[Applied, ...]:
    """The history, once no living process applies a migration outside of a transaction."""
    rows = executor.history.rows()

    def is_settled() -> bool:
        nonlocal rows
        rows = executor.history.rows()
        return not any(row.state == RUNNING and identity.is_alive(row.applied_by) for row in rows)

    if any(row.state == RUNNING for row in rows) and not executor.dialect.locks_runs:
        executor.waiting.until(is_settled, lambda: next(r.applied_by for r in rows if r.state == RUNNING))
    refuse_unsettled(rows)
    return rows


def _remaining(goal: Goal, done: Sequence[Step]) -> Goal:
    """The goal without what this run has reverted; it may be applied again by now."""
    return replace(goal, revert=goal.revert - {step.id for step in done if step.direction is Direction.DOWN})
