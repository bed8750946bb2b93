"""Pairs of migrations that the DAG does not order: do they commute (MIG3xx)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.findings import Finding, Severity, Verdict
from mig.graph.dag import unordered_pairs
from mig.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.conflicts.compare import Comparison, Reason
    from mig.effects.footprint import Operation
    from mig.model import Directive, Migration
    from mig.rules.three_way import ThreeWay

_UNKNOWN = {"warn": Severity.WARNING, "block": Severity.ERROR, "allow": Severity.NOTE}
_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPair:
    """Two unordered migrations and what is known of them; ``declared`` is the reason that a file gives."""

    one: str
    other: str
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    declared: str = ""


def judge_pairs(three: ThreeWay) -> tuple[JudgedPair, ...]:
    """The verdict on each unordered pair that one of ours is part of.

    Where the graph has holes its order says nothing, and the graph's own findings stand alone.
    """
    if not three.is_sound():
        return ()
    chosen = three.graph.migrations if three.everything else three.ours
    return tuple(_judge(three, one, other) for one, other in unordered_pairs(three.graph, chosen))


def find_unordered_pairs(three: ThreeWay) -> Iterator[Finding]:
    """One finding for each unordered pair that is not shown to commute, or only by a declaration."""
    for pair in three.pairs:
        if pair.declared:
            yield _declared(three, pair)
        elif pair.verdict is not Verdict.COMMUTE:
            yield _finding(three, pair)


def _judge(three: ThreeWay, one: str, other: str) -> JudgedPair:
    if three.compare is None:
        return JudgedPair(one=one, other=other, verdict=Verdict.UNKNOWN)
    found: Comparison = three.compare(three.graph, one, other)
    declared = _find_declaration(three, one, other) if found.verdict is Verdict.UNKNOWN else ""
    verdict = Verdict.COMMUTE if declared else found.verdict
    return JudgedPair(one=one, other=other, verdict=verdict, reasons=found.reasons, declared=declared)


def _find_declaration(three: ThreeWay, one: str, other: str) -> str:
    for mine, named in ((one, other), (other, one)):
        for directive in three.graph.migrations[mine].directives:
            if directive.name == "commutes-with" and directive.value.startswith(named):
                return _quoted(directive)
    return ""


def _finding(three: ThreeWay, pair: JudgedPair) -> Finding:
    first, second = three.graph.migrations[pair.one], three.graph.migrations[pair.other]
    reason = pair.reasons[0] if pair.reasons else None
    code = reason.code if reason else "MIG300"
    severity = _UNKNOWN[three.unknown] if pair.verdict is Verdict.UNKNOWN else severity_of(code)
    message = _message(three, pair, reason)
    ignored = _find_ignore(code, first, second)
    if ignored:
        severity, message = Severity.NOTE, f"{message} (ignored: {ignored})"
    return Finding(
        code=code,
        severity=severity,
        verdict=pair.verdict,
        message=message,
        lineage=three.lineage,
        migrations=(pair.one, pair.other),
        resources=tuple(sorted({name for each in pair.reasons for name in each.resources})),
        locations=(
            _place(three, first, reason.operations[0] if reason else None),
            _place(three, second, reason.operations[1] if reason else None),
        ),
        then=_named(reason.witness, pair.one, pair.other) if reason else "",
        fix=_fix(three, pair, reason),
    )


def _declared(three: ThreeWay, pair: JudgedPair) -> Finding:
    first, second = three.graph.migrations[pair.one], three.graph.migrations[pair.other]
    return Finding(
        code="MIG300",
        severity=Severity.NOTE,
        verdict=Verdict.COMMUTE,
        message=f"{pair.one} and {pair.other} are declared to commute: {pair.declared}",
        lineage=three.lineage,
        migrations=(pair.one, pair.other),
        locations=(_place(three, first, None), _place(three, second, None)),
    )


def _message(three: ThreeWay, pair: JudgedPair, reason: Reason | None) -> str:
    if reason is None:
        return f"{pair.one} and {pair.other} are not ordered, and it is not proved that they commute"
    more = len({(each.code, each.resources) for each in pair.reasons}) - 1
    names = [three.side(i) or i for i in (pair.one, pair.other)]
    if names[0] == names[1]:
        names = [pair.one, pair.other]
    said = _named(reason.message, *names)
    return f"{said} (and {more} more)" if more else said


def _named(sentence: str, one: str, other: str) -> str:
    from mig.conflicts.witness import name_sides  # not needed where nothing is unordered

    return name_sides(sentence, one, other)


def _fix(three: ThreeWay, pair: JudgedPair, reason: Reason | None) -> str:
    if reason is not None and reason.is_identical:
        return f"drop it from {pair.one}: {pair.other} does the same"
    if pair.one in three.ours:
        return "mig rebase"
    return f"order them in a merge migration: -- mig:order {pair.other} {pair.one}"


def _place(three: ThreeWay, migration: Migration, operation: Operation | None) -> Location:
    line = operation.line if operation else migration.line
    text = " ".join(operation.text.split())[:_SHOWN] if operation else migration.description
    return Location(path=migration.path, line=line, side=three.side(migration.id), text=text)


def _find_ignore(code: str, *migrations: Migration) -> str:
    for migration in migrations:
        for directive in migration.directives:
            if directive.name == "ignore" and directive.value.startswith(code):
                return _quoted(directive)
    return ""


def _quoted(directive: Directive) -> str:
    """The reason that a directive gives between quotes."""
    return directive.value.partition('"')[2].rstrip('"')
