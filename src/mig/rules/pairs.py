"""Pairs of migrations that the DAG does not order: do they commute (MIG3xx)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.findings import IGNORED, Finding, Severity, Verdict
from mig.graph.unordered import unordered_pairs
from mig.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.conflicts.compare import Comparison, Reason
    from mig.effects.footprint import Operation
    from mig.findings import Replayed
    from mig.model import Directive, Migration
    from mig.rules.three_way import ThreeWay

_UNKNOWN = {"warn": Severity.WARNING, "block": Severity.ERROR, "allow": Severity.NOTE}
_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPair:
    """Two unordered migrations and what is known of them.

    ``declared`` is the reason that a file gives.  ``is_assumed`` says that they commute if earlier
    statements, which cannot be read, touch nothing of theirs without naming it.
    ``replayed`` is what a real database showed, and ``remark`` what people have to know of that.
    """

    one: str
    other: str
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    declared: str = ""
    is_assumed: bool = False
    replayed: Replayed | None = None
    remark: str = ""


def judge_pairs(three: ThreeWay) -> tuple[JudgedPair, ...]:
    """The verdict on each unordered pair that one of ours is part of.

    Where the graph has holes its order says nothing, and the graph's own findings stand alone.
    """
    if not three.is_sound():
        return ()
    chosen = three.graph.migrations if three.everything else three.ours
    pairs = tuple(unordered_pairs(three.graph, chosen))
    if pairs and three.meaning is not None:
        three.meaning.prepare(three.graph, {i for pair in pairs for i in pair})
    return tuple(judge(three, one, other) for one, other in pairs)


NO_ORDER = "say in a migration after both what must hold in the end"
"""What to do about two published ones that clash, where no merge migration can put them in order."""


def find_unordered_pairs(three: ThreeWay) -> Iterator[Finding]:
    """One finding for each unordered pair that is not shown to commute, or only by a declaration."""
    for pair in three.pairs:
        if pair.verdict is not Verdict.COMMUTE:
            yield finding_of(three, pair)
        elif pair.declared:
            yield _note(three, pair, f"are declared to commute: {pair.declared}")
        elif pair.remark:
            yield _note(three, pair, "are not shown to commute by reading them")


def judge(three: ThreeWay, one: str, other: str) -> JudgedPair:
    """What reading says of two unordered migrations."""
    if three.meaning is None:
        return JudgedPair(one=one, other=other, verdict=Verdict.UNKNOWN)
    found: Comparison = three.meaning.compare(three.graph, one, other)
    declared = _find_declaration(three, one, other) if found.verdict is Verdict.UNKNOWN else ""
    verdict = Verdict.COMMUTE if declared else found.verdict
    return JudgedPair(
        one=one,
        other=other,
        verdict=verdict,
        reasons=found.reasons,
        declared=declared,
        is_assumed=found.verdict is Verdict.COMMUTE and bool(found.assumptions),
    )


def _find_declaration(three: ThreeWay, one: str, other: str) -> str:
    for mine, named in ((one, other), (other, one)):
        for directive in three.graph.migrations[mine].directives:
            if directive.name == "commutes-with" and directive.value.partition(" ")[0] == named:
                return _quoted(directive)
    return ""


def finding_of(three: ThreeWay, pair: JudgedPair) -> Finding:
    """What is reported of a pair that is not shown to commute."""
    first, second = three.graph.migrations[pair.one], three.graph.migrations[pair.other]
    reason = pair.reasons[0] if pair.reasons else None
    code = _code(three, pair)
    severity = _UNKNOWN[three.unknown] if pair.verdict is Verdict.UNKNOWN else severity_of(code)
    message = f"{_message(three, pair, reason)}{_remark(pair)}"
    ignored = find_ignore(code, first, second)
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
            place(three, first, reason.operations[0] if reason else None),
            place(three, second, reason.operations[1] if reason else None),
        ),
        then=_named(reason.witness, pair.one, pair.other) if reason else "",
        fix=_fix(three, pair, reason),
        replayed=pair.replayed,
        suppressed=IGNORED if ignored else "",
    )


def _code(three: ThreeWay, pair: JudgedPair) -> str:
    if _has_landed_twice(three, pair):
        return "MIG108"
    return pair.reasons[0].code if pair.reasons else "MIG300"


def _has_landed_twice(three: ThreeWay, pair: JudgedPair) -> bool:
    """Whether the two are one migration, which came to both sides under different ids."""
    first, second = three.graph.migrations[pair.one], three.graph.migrations[pair.other]
    one, other = _ours_first(three, pair)
    is_across = one in three.ours and other in three.theirs
    return bool(first.checksum) and first.checksum == second.checksum and is_across


def _describe_twin(three: ThreeWay, pair: JudgedPair) -> str:
    ours, theirs = _ours_first(three, pair)
    return f"{ours} is {theirs} under another id: both do the same, and {three.base_ref} has one"


def _fix_twin(three: ThreeWay, pair: JudgedPair) -> str:
    ours, theirs = _ours_first(three, pair)
    children = [i for i in three.graph.after[ours] if ours in three.graph.migrations[i].parents]
    named = f", and name {theirs} as the parent of {', '.join(children)}" if children else ""
    return f"delete {three.graph.migrations[ours].path}{'' if three.head.lineage.late else named}"


def _ours_first(three: ThreeWay, pair: JudgedPair) -> tuple[str, str]:
    return (pair.one, pair.other) if pair.one in three.ours else (pair.other, pair.one)


def _note(three: ThreeWay, pair: JudgedPair, message: str) -> Finding:
    """A pair that commutes, though not by what reading it has shown."""
    first, second = three.graph.migrations[pair.one], three.graph.migrations[pair.other]
    return Finding(
        code="MIG300",
        severity=Severity.NOTE,
        verdict=Verdict.COMMUTE,
        message=f"{pair.one} and {pair.other} {message}{_remark(pair)}",
        lineage=three.lineage,
        migrations=(pair.one, pair.other),
        locations=(place(three, first, None), place(three, second, None)),
        replayed=pair.replayed,
    )


def _remark(pair: JudgedPair) -> str:
    return f" ({pair.remark})" if pair.remark else ""


def _message(three: ThreeWay, pair: JudgedPair, reason: Reason | None) -> str:
    if _has_landed_twice(three, pair):
        return _describe_twin(three, pair)
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


def order_of(three: ThreeWay, pair: JudgedPair) -> tuple[str, str]:
    """The order of a pair in which nothing is known to fail; else the one that a fresh database has now."""
    from mig.conflicts.witness import ONE, OTHER

    for reason in pair.reasons:
        if reason.fails_after == ONE:
            return pair.other, pair.one
        if reason.fails_after == OTHER:
            return pair.one, pair.other
    first, second = sorted((pair.one, pair.other), key=lambda i: (three.graph.migrations[i].path, i))
    return first, second


def is_ignored(three: ThreeWay, pair: JudgedPair) -> bool:
    """Whether a file says that this finding is to be passed over."""
    code = _code(three, pair)
    return bool(find_ignore(code, three.graph.migrations[pair.one], three.graph.migrations[pair.other]))


def fix_of(three: ThreeWay, pair: JudgedPair) -> str:
    """What to do about a pair that does not commute, or is not known to."""
    return _fix(three, pair, pair.reasons[0] if pair.reasons else None)


def _fix(three: ThreeWay, pair: JudgedPair, reason: Reason | None) -> str:
    if _has_landed_twice(three, pair):
        return _fix_twin(three, pair)
    if reason is not None and reason.is_identical:
        return f"drop it from {pair.one}: {pair.other} does the same"
    if pair.one in three.ours and pair.other in three.theirs:
        return _fix_ours(three, pair, reason)
    # A rebase puts what is not published after what is; of two of a kind only a declaration orders them.
    published = {i not in three.ours for i in (pair.one, pair.other)}
    if len(published) == 2 or (pair.verdict is Verdict.UNKNOWN and published == {False}):
        return "mig rebase"
    if not three.declares_order:
        return NO_ORDER if published == {True} else "mig rebase"
    return f"mig merge --order {','.join(order_of(three, pair))}"


def _fix_ours(three: ThreeWay, pair: JudgedPair, reason: Reason | None) -> str:
    """What puts one of ours after one of theirs."""
    if _has_later_version(three, pair):
        return f"git merge {three.base_ref}, after which ours comes last; mig check says what is left to do"
    if reason is not None and reason.new_name and three.rewrites_names and not three.head.lineage.late:
        return f"mig rebase --rewrite, which puts ours after theirs, with {reason.new_name} in it"
    return "mig rebase"


def _has_later_version(three: ThreeWay, pair: JudgedPair) -> bool:
    """Whether new versions would change nothing: ours are above theirs already."""
    ours, theirs = (three.graph.migrations[i] for i in (pair.one, pair.other))
    return bool(three.head.lineage.late) and ours.version > theirs.version > ()


def place(three: ThreeWay, migration: Migration, operation: Operation | None) -> Location:
    """Where an operation stands, or the migration where there is none, with its text for people."""
    line = operation.line if operation else migration.line
    text = " ".join(operation.text.split())[:_SHOWN] if operation else migration.description
    return Location(path=migration.path, line=line, side=three.side(migration.id), text=text)


def find_ignore(code: str, *migrations: Migration) -> str:
    """The reason that one of the migrations gives for not minding a finding; empty: none does."""
    for migration in migrations:
        for directive in migration.directives:
            if directive.name == "ignore" and directive.value.startswith(code):
                return _quoted(directive)
    return ""


def _quoted(directive: Directive) -> str:
    """The reason that a directive gives between quotes."""
    return directive.value.partition('"')[2].rstrip('"')
