"""Advice for many tenants at once, of whom nobody can be asked; see ``mig.runner.safety.Advisor``."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.findings import Verdict
from mig.runner.safety import Doubt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mig.graph.dag import Graph
    from mig.model import LineageSnapshot
    from mig.runner.history import Applied
    from mig.runner.losses import Threat
    from mig.runner.plan import Plan
    from mig.runner.safety import Advisor, Meeting

_KEPT = 64


class SharedAdvisor:
    """Lets threads ask one advisor, one after the other; tenants that stand alike are looked at once."""

    def __init__(self, advisor: Advisor) -> None:
        self._advisor = advisor
        self._lock = threading.Lock()
        self._known: dict[object, tuple[Doubt, ...]] = {}

    def find_doubts(
        self, lineage: LineageSnapshot, graph: Graph, left: Sequence[Applied], meetings: Sequence[Meeting]
    ) -> tuple[Doubt, ...]:
        met = tuple((one.pending, one.applied.id, one.how) for one in meetings)
        key = (met, tuple((row.id, row.checksum) for row in left))
        with self._lock:
            if key not in self._known:
                if len(self._known) >= _KEPT:
                    self._known.clear()
                self._known[key] = self._advisor.find_doubts(lineage, graph, left, meetings)
            return self._known[key]

    def find_threats(self, plan: Plan, dialect: str) -> tuple[Threat, ...]:
        return self._advisor.find_threats(plan, dialect)

    def confirm(self, plan: Plan) -> bool | None:
        return None


@dataclass(frozen=True, slots=True)
class DistantAdvisor:
    """On a worker there is nothing to compare migrations by, so all that needs a comparison is doubted."""

    def find_doubts(
        self, lineage: LineageSnapshot, graph: Graph, left: Sequence[Applied], meetings: Sequence[Meeting]
    ) -> tuple[Doubt, ...]:
        message = "pairs are not compared on a cluster; mig up on this database alone does it"
        return tuple(
            Doubt(pending=one.pending, applied=one.applied.id, verdict=Verdict.UNKNOWN, message=message)
            for one in meetings
        )

    def find_threats(self, plan: Plan, dialect: str) -> tuple[Threat, ...]:
        return ()  # a fleet reverts nothing

    def confirm(self, plan: Plan) -> bool | None:
        return None
