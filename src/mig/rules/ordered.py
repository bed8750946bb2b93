"""Migrations that ask of their ancestors what is no longer there, or is there already (MIG308)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.findings import IGNORED, Finding, Severity, Verdict
from mig.rules.pairs import find_ignore, place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.conflicts.ledger import Miss
    from mig.model import Location
    from mig.rules.three_way import ThreeWay

_CODE = "MIG308"


def find_ordered_problems(three: ThreeWay) -> Iterator[Finding]:
    """One finding for each operation of ours that fails, for certain, after what comes before it.

    Only ours are looked at, and what an order that ours declare puts after something else, with the part of
    their history that speaks of the same things; or, asked for everything, all migrations.
    """
    chosen = frozenset(three.graph.migrations) if three.everything else three.ours | _find_moved(three)
    if three.meaning is None or not chosen or not three.is_sound():
        return
    if three.head.lineage.late and three.theirs:
        # Versions order what was written side by side: these are pairs until both are in one branch.
        return
    for migration_id, miss in three.meaning.misses(three.graph, chosen):
        yield _finding(three, migration_id, miss)


def _turn_round(three: ThreeWay, migration_id: str, ancestor: str) -> str:
    """What to do about what is published: where ours declare the order, the other way round may work."""
    declared = any((ancestor, migration_id) in three.graph.migrations[i].order for i in three.ours)
    return f"declare the other order: -- mig:order {migration_id} {ancestor}" if declared else ""


def _find_moved(three: ThreeWay) -> frozenset[str]:
    """What comes later than it did because one of ours says so (``mig:order``)."""
    seconds = {second for i in three.ours for _, second in three.graph.migrations[i].order}
    waiting = [i for i in seconds if i in three.graph]
    found: set[str] = set()
    while waiting:
        i = waiting.pop()
        if i not in found:
            found.add(i)
            waiting.extend(three.graph.after[i])
    return frozenset(found)


def _finding(three: ThreeWay, migration_id: str, miss: Miss) -> Finding:
    from mig.conflicts.missed import describe_failure, describe_miss  # not needed where nothing fails

    migration, ancestor = (three.graph.migrations[i] for i in (migration_id, miss.event.migration))
    severity = severity_of(_CODE)
    message = describe_miss(miss, three.side(migration_id) or migration_id)
    ignored = find_ignore(_CODE, migration)
    if ignored:
        severity, message = Severity.NOTE, f"{message} (ignored: {ignored})"
    places: tuple[Location, ...] = (place(three, migration, miss.operation),)
    if ancestor is not migration:
        places += (place(three, ancestor, miss.event.operation),)
    return Finding(
        code=_CODE,
        severity=severity,
        verdict=Verdict.CONFLICT,
        message=message,
        lineage=three.lineage,
        migrations=(migration_id, ancestor.id),
        resources=(miss.effect.resource,),
        locations=places,
        then=describe_failure(miss, migration_id, three.dialect),
        fix=_fix(three, miss, migration_id)
        if migration_id in three.ours
        else _turn_round(three, migration_id, ancestor.id),
        suppressed=IGNORED if ignored else "",
    )


def _fix(three: ThreeWay, miss: Miss, migration_id: str) -> str:
    if miss.is_taken:
        return f"take it out of {migration_id}, or give it another name"
    if miss.event.target and (not three.rewrites_names or miss.event.migration in three.ours):
        return f"use the new name in {migration_id}: {miss.event.target.partition(':')[2]}"
    if miss.event.target:
        return "mig rebase --rewrite"
    return f"take it out of {migration_id}, or make again there what it needs"
