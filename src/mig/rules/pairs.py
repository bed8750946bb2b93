"""Pairs of migrations that the DAG does not order: do they commute (MIG3xx)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.findings import Finding, Severity, Verdict
from mig.graph.dag import unordered_pairs
from mig.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.rules.three_way import ThreeWay

_SEVERITY = {"warn": Severity.WARNING, "block": Severity.ERROR, "allow": Severity.NOTE}


def find_unordered_pairs(three: ThreeWay) -> Iterator[Finding]:
    """One finding for each unordered pair that one of ours is part of.

    What the migrations mean is not read yet, so nothing is proved and each verdict is ``unknown``.
    Where the graph has holes its order says nothing, and the graph's own findings stand alone.
    """
    if not three.is_sound():
        return
    chosen = three.graph.migrations if three.everything else three.ours
    for one, other in unordered_pairs(three.graph, chosen):
        yield _unknown(three, one, other)


def _unknown(three: ThreeWay, one: str, other: str) -> Finding:
    first, second = three.graph.migrations[one], three.graph.migrations[other]
    return Finding(
        code="MIG300",
        severity=_SEVERITY[three.unknown],
        verdict=Verdict.UNKNOWN,
        message=f"{one} and {other} are not ordered, and it is not proved that they commute",
        lineage=three.lineage,
        migrations=(one, other),
        locations=tuple(
            Location(path=m.path, line=m.line, side=three.side(m.id), text=m.description)
            for m in (first, second)
        ),
        fix="mig rebase",
    )
