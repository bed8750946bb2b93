"""Makes plans for one database: what is to be done, with its work, once nothing speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.runner.elsewhere import refuse_project_imports
from mig.runner.extra_plan import ExtraPlanner
from mig.runner.plan import find_changed, find_goal, make_plan, refuse_unsettled
from mig.runner.reconcile import choose
from mig.runner.work import Scripts, load_work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mig.graph.dag import Graph
    from mig.runner.execute import Executor
    from mig.runner.history import Applied
    from mig.runner.options import Options
    from mig.runner.plan import Goal, Plan
    from mig.runner.prepared import Prepared
    from mig.runner.safety import Guard


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans for the migrations of one lineage."""

    prepared: Prepared
    options: Options
    guard: Guard

    def graph(self, direction: str) -> Graph:
        """A graph that can be applied; what is only reverted needs no sound one."""
        return self.prepared.graph() if direction == "down" else self.prepared.sound_graph()

    def goal(self, graph: Graph, rows: Sequence[Applied], direction: str, target: str) -> Goal:
        """What a direction and a target are to reach."""
        if direction == "down" and not target and self.options.at:
            target = "unknown"
        return find_goal(graph, rows, direction, target)

    def plan(self, executor: Executor, direction: str, target: str) -> Plan:
        """The plan for a target, with every statement; what was interrupted is refused."""
        rows = executor.history.rows()
        refuse_unsettled(rows)
        graph = self.graph(direction)
        return self.checked(executor, graph, rows, self.goal(graph, rows, direction, target))

    def checked(self, executor: Executor, graph: Graph, rows: Sequence[Applied], goal: Goal) -> Plan:
        """The plan for a goal, looked at by the guard, who lets it through or not."""
        if goal.apply and not self.options.allow_changed:
            _refuse_changed(graph, [row for row in rows if row.id not in goal.revert])
        decided = choose(graph, self.options.apply_late, self.options.mark_applied)
        plan = make_plan(graph, rows, goal, decided)
        allow = self.options.allow_changed
        planner = self.extras(executor)
        plan = load_work(plan, planner.scripts, executor.history.down_of, allow_changed=allow)
        if self.options.at:
            refuse_project_imports(plan, self.options.root, self.options.at)
        left = [row for row in rows if row.id not in goal.revert]
        plan = self.guard.look(plan, graph, left, decided, executor)
        return planner.plan(plan, executor.repeatables, [row.id for row in rows], repeats=goal.repeats)

    def extras(self, executor: Executor) -> ExtraPlanner:
        """Plans for repeatables and callbacks; it holds the scripts of the migrations too."""
        scripts = Scripts(prepared=self.prepared, dialect=executor.dialect.name, variables=executor.variables)
        return ExtraPlanner(lineage=self.prepared.lineage, scripts=scripts)


def _refuse_changed(graph: Graph, rows: Sequence[Applied]) -> None:
    changed = find_changed(graph, rows)
    if changed:
        shown = ", ".join(f"{i} ({graph.migrations[i].path})" for i in changed[:3])
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise RunnerError(
            f"{shown}{more} differs from what was applied to this database (MIG401)",
            hint="restore the file and put the change into a new migration, or pass --allow-changed",
        )
