"""What a replay does to a verdict: where it confirms it, overturns it, or leaves it as it was.

What fails or differs on a real database does so: ``conflict`` always counts.  That nothing differs counts
less, as a throwaway database has only the rows that migrations insert: it settles what is about the
schema, and what is about rows only where there were some.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.conflicts.compare import Reason
from mig.conflicts.rule import ALTERED, CREATED, DROPPED, RENAMED, REPLAYED
from mig.conflicts.witness import ONE, OTHER
from mig.effects.footprint import Operation
from mig.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mig.findings import Replayed
    from mig.usecases.replay import ReplayedPair

_ABOUT_SCHEMA = frozenset({CREATED, RENAMED, DROPPED, ALTERED})
_ROWS = frozenset({"rows", "values", "sequence"})
_CHANGES_ROWS = re.compile(r"\b(?:insert|update|delete|merge|replace|copy|truncate|execute)\b", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_SHOWN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The verdict after a replay, why, and what people have to know of that; empty: nothing."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    remark: str = ""


def settle_verdict(verdict: Verdict, reasons: tuple[Reason, ...], found: ReplayedPair) -> Settled:
    """The verdict on a pair, from what reading it and what replaying it showed.

    Args:
        verdict: what reading the two showed.
        reasons: why.
        found: what replaying them showed.
    """
    shown = found.shown
    match shown.verdict:
        case Verdict.UNKNOWN:
            return Settled(verdict=verdict, reasons=reasons, remark=f"not replayed: {shown.problem}")
        case Verdict.CONFLICT:
            return _differs(verdict, reasons, found)
        case Verdict.COMMUTE:
            return _is_alike(verdict, reasons, found)


def tell(shown: Replayed) -> str:
    """What happened in the two orders, in one sentence; empty where nothing was run."""
    failed = [(order, order.failed) for order in shown.orders if order.failed]
    if failed:
        order, failure = failed[0]
        first = next((i for i in order.order if i != failure.migration), order.order[0])
        both = "whichever comes second fails: " if len(failed) > 1 else ""
        place = f"{failure.migration}, line {failure.line}"
        return f"{both}a database that already has {first} fails at {place}: {failure.message}"
    if not shown.orders:
        return ""
    one, other = shown.orders[0].order
    for difference in (*shown.schema, *shown.rows):
        return (
            f"{difference.resource} {_after(difference.first)} after {one} before {other},"
            f" and {_after(difference.second)} the other way round"
        )
    return "; ".join(f"after both, {name} no longer works: {said}" for name, said in shown.dead[:1])


def _differs(verdict: Verdict, reasons: tuple[Reason, ...], found: ReplayedPair) -> Settled:
    shown = found.shown
    if verdict is Verdict.CONFLICT:
        # What has happened is better than what was foreseen.
        first = replace(reasons[0], witness=tell(shown), fails_after=_fails_after(found))
        remark = f"replay on {shown.database} confirms it"
        return Settled(verdict=verdict, reasons=(first, *reasons[1:]), remark=remark)
    remark = ""
    if verdict is Verdict.COMMUTE:
        remark = "reading them had shown that they commute: that is a bug in mig, please report it with both"
    reason = Reason(
        code=REPLAYED,
        verdict=Verdict.CONFLICT,
        message=f"replay on {shown.database} gives different results for {found.one} and {found.other}"
        f" in the two orders ({', '.join(shown.kinds)})",
        resources=tuple(
            sorted({d.resource for d in (*shown.schema, *shown.rows)} | {n for n, _ in shown.dead})
        ),
        operations=_operations(reasons, found),
        witness=tell(shown),
        fails_after=_fails_after(found),
    )
    return Settled(verdict=Verdict.CONFLICT, reasons=(reason, *reasons), remark=remark)


def _fails_after(found: ReplayedPair) -> str:
    """The side that must not come first, as a witness names it; empty where both orders are alike in this."""
    failed = [order.order[0] for order in found.shown.orders if order.failed]
    if len(failed) != 1:
        return ""
    return ONE if failed[0] == found.one else OTHER


def _is_alike(verdict: Verdict, reasons: tuple[Reason, ...], found: ReplayedPair) -> Settled:
    database = found.shown.database
    same = f"replay on {database} gives the same schema and rows in both orders"
    if verdict is Verdict.COMMUTE:
        return Settled(verdict=verdict, reasons=reasons)
    if verdict is Verdict.CONFLICT:
        against = [reason for reason in reasons if reason.verdict is Verdict.CONFLICT]
        if all(reason.code in _ABOUT_SCHEMA and not _is_about_rows(reason) for reason in against):
            return Settled(
                verdict=Verdict.COMMUTE,
                reasons=reasons,
                remark=f"{same}, which overturns {against[0].code}, as that is about the schema alone",
            )
        remark = f"{same}, but it had only the rows that migrations insert: others may tell the orders apart"
        return Settled(verdict=verdict, reasons=reasons, remark=remark)
    unseen = sorted({table for reason in reasons for table in _find_empty(reason, found.empty)})
    if unseen:
        remark = f"{same}, but without rows in {', '.join(unseen)}, on which it may depend"
        return Settled(verdict=verdict, reasons=reasons, remark=remark)
    return Settled(
        verdict=Verdict.COMMUTE,
        reasons=reasons,
        remark=f"{same}, with no other rows than those that migrations insert",
    )


def _is_about_rows(reason: Reason) -> bool:
    return any(_touches_rows(operation) for operation in reason.operations)


def _touches_rows(operation: Operation) -> bool:
    if any(effect.kind in _ROWS for effect in operation.effects):
        return True
    return bool(operation.opaque and _CHANGES_ROWS.search(operation.text))


def _find_empty(reason: Reason, empty: frozenset[str]) -> Iterator[str]:
    """The tables without rows that a reason about rows speaks of."""
    if not _is_about_rows(reason):
        return
    words = {word for operation in reason.operations for word in _WORD.findall(operation.text.lower())}
    for name in empty:
        if name.rpartition(".")[2].strip('"`') in words:
            yield name


def _operations(reasons: Sequence[Reason], found: ReplayedPair) -> tuple[Operation, Operation]:
    """One statement of each side: that which failed, else what reading them held against the pair."""
    places = {
        order.failed.migration: Operation(
            kind="statement", text=order.failed.statement, line=order.failed.line
        )
        for order in found.shown.orders
        if order.failed
    }
    known = reasons[0].operations if reasons else (None, None)
    nothing = Operation(kind="migration", text="", line=0)
    one, other = (
        places.get(i) or operation or nothing
        for i, operation in zip((found.one, found.other), known, strict=True)
    )
    return one, other


def _after(value: str) -> str:
    shown = " ".join(value.split())
    return f"is {shown[:_SHOWN]}" if shown else "is not there"
