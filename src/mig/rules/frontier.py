"""Environments: is what remains safe where some migrations are applied already (MIG309)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mig.catalogue import severity_of
from mig.findings import Finding, Severity, Verdict
from mig.graph.linearize import linearize
from mig.graph.order import find_unreconciled
from mig.graph.unordered import unordered_pairs
from mig.model import Location
from mig.rules.pairs import fix_of, is_ignored, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mig.conflicts.compare import Reason
    from mig.rules.pairs import JudgedPair
    from mig.rules.three_way import ThreeWay

FRESH = "fresh"
"""The name of the environment that has nothing applied."""

_UNKNOWN = {"warn": Severity.WARNING, "block": Severity.ERROR, "allow": Severity.NOTE}
_RANKS = {Verdict.CONFLICT: 0, Verdict.UNKNOWN: 1, Verdict.COMMUTE: 2}

PairKey = frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What an environment has applied; ``interrupted`` is a migration that stopped there in the middle."""

    name: str
    applied: frozenset[str] = frozenset()
    interrupted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What remains for an environment, and whether that is safe there.

    ``pending`` is in the order in which the runner applies it.  Where the verdict is not ``commute``,
    ``message`` says why, ``migration`` and ``location`` name what goes wrong, and ``step``, from 1, when;
    it is None where nothing is applied at all.  ``fails`` tells a step that fails from one that leaves
    another result.  ``bites`` are the pairs that do harm there.
    """

    name: str
    lineage: str
    applied: tuple[str, ...]
    pending: tuple[str, ...]
    verdict: Verdict = Verdict.COMMUTE
    step: int | None = None
    migration: str = ""
    location: Location | None = None
    fails: bool = False
    message: str = ""
    fix: str = ""
    bites: frozenset[PairKey] = frozenset()


class Trouble(NamedTuple):
    """One thing that goes wrong, or may, where an environment applies what remains."""

    verdict: Verdict
    step: int | None
    migration: str
    line: int
    message: str
    fix: str
    fails: bool = False
    pair: PairKey = frozenset()


def judge_environments(three: ThreeWay, environments: Iterable[Environment]) -> tuple[Deployed, ...]:
    """What remains in each environment, a fresh database first, and whether it is safe there.

    An environment applies what remains after what it has.  So of each pair that does not commute it
    meets one order; it is held against the one that a fresh database meets, and against what is known
    to fail.  Where all these orders are the same, so is the result.
    """
    if not three.is_sound() or not three.graph.migrations:
        return ()
    order = linearize(three.graph)
    known: dict[PairKey, JudgedPair] = {frozenset((pair.one, pair.other)): pair for pair in three.pairs}
    named = tuple(environments)
    for one in named:
        remaining = three.graph.migrations.keys() - one.applied
        for pair in unordered_pairs(three.graph, remaining):
            if frozenset(pair) not in known:
                known[frozenset(pair)] = judge(three, *pair)
    doubtful = {
        key: pair
        for key, pair in known.items()
        if pair.verdict is not Verdict.COMMUTE and not is_ignored(three, pair)
    }
    return tuple(_judge(three, one, order, doubtful) for one in (Environment(name=FRESH), *named))


def find_troubles(
    three: ThreeWay, order: Sequence[str], met: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str, Trouble]]:
    """What some pairs do on a database that has one of the two and is to get the other.

    Args:
        three: the merge, in which the two of a pair are unordered.
        order: of a fresh database.
        met: what is to be applied and what is applied already, for each pair.
    """
    position = {i: at for at, i in enumerate(order)}
    for pending, applied in met:
        pair = judge(three, pending, applied)
        if pair.verdict is not Verdict.COMMUTE and not is_ignored(three, pair):
            for trouble in _find_in_pair(three, pair, {pending: 1}, position):
                yield pending, applied, trouble


def find_unsafe(three: ThreeWay, deployed: Iterable[Deployed]) -> Iterator[Finding]:
    """One finding for each environment where what remains is not safe, or not known to be."""
    for one in deployed:
        if one.name == FRESH or one.verdict is Verdict.COMMUTE:
            continue
        unknown = one.verdict is Verdict.UNKNOWN
        yield Finding(
            code="MIG309",
            severity=_UNKNOWN[three.unknown] if unknown else severity_of("MIG309"),
            message=f"{one.name} {said_of(one)}: {one.message}",
            lineage=one.lineage,
            migrations=(one.migration,) if one.migration else (),
            locations=(one.location,) if one.location else (),
            fix=one.fix,
        )


def said_of(one: Deployed) -> str:
    """``is safe``, or how it is not, with the step."""
    if one.verdict is Verdict.COMMUTE:
        return "is safe"
    if one.verdict is Verdict.CONFLICT and one.step is None:
        return "is refused by mig up"
    at = f" at step {one.step} of {len(one.pending)}, {one.migration}" if one.step else ""
    if one.verdict is Verdict.UNKNOWN:
        return f"is not known to be safe{at}"
    return f"{'fails' if one.fails else 'becomes another schema'}{at}"


def _judge(
    three: ThreeWay, environment: Environment, order: Sequence[str], doubtful: Mapping[PairKey, JudgedPair]
) -> Deployed:
    applied = environment.applied
    pending = tuple(i for i in order if i not in applied)
    found = list(_find_troubles(three, environment, order, pending, doubtful)) if pending else []
    found.sort(key=lambda one: (_RANKS[one.verdict], one.step or 0, one.migration, one.message))
    first = found[0] if found else None
    at = three.graph.migrations.get(first.migration) if first else None
    return Deployed(
        name=environment.name,
        lineage=three.lineage,
        applied=tuple(i for i in order if i in applied) + tuple(sorted(applied - set(order))),
        pending=pending,
        verdict=first.verdict if first else Verdict.COMMUTE,
        step=first.step if first else None,
        migration=first.migration if first else "",
        location=Location(path=at.path, line=first.line or at.line, side=three.side(at.id))
        if first and at
        else None,
        fails=bool(first and first.fails),
        message=first.message if first else "",
        fix=first.fix if first else "",
        bites=frozenset(one.pair for one in found if one.pair),
    )


def _find_troubles(
    three: ThreeWay,
    environment: Environment,
    order: Sequence[str],
    pending: Sequence[str],
    doubtful: Mapping[PairKey, JudgedPair],
) -> Iterator[Trouble]:
    step = {i: at for at, i in enumerate(pending, 1)}
    yield from _find_strangers(three, environment)
    late: set[str] = set()
    for each in find_unreconciled(three.graph, environment.applied):
        late.update(each.missing)
        message = (
            f"{each.path} puts {each.first} before {each.second}, and {each.second} alone is applied there"
        )
        fix = f"there: mig redo {each.second}; or look at it, then mig up --mark-applied {each.first}"
        yield Trouble(Verdict.CONFLICT, None, each.first, 0, message, fix)
    for i in sorted(three.graph.ancestors(*environment.applied)):
        if i in step and i not in late:
            message = "it comes before what is applied there already, so no order of the graph was kept"
            yield Trouble(Verdict.UNKNOWN, step[i], i, 0, message, "look at that database: mig status")
    position = {i: at for at, i in enumerate(order)}
    for key, pair in doubtful.items():
        if not key.isdisjoint(step):
            yield from _find_in_pair(three, pair, step, position)


def _find_strangers(three: ThreeWay, environment: Environment) -> Iterator[Trouble]:
    if environment.interrupted:
        message = f"{environment.interrupted} was interrupted there in the middle (MIG404)"
        yield Trouble(
            Verdict.UNKNOWN, None, environment.interrupted, 0, message, "settle it first: mig status"
        )
    strangers = sorted(environment.applied - three.graph.migrations.keys())
    if strangers:
        more = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
        message = f"{strangers[0]}{more} is applied there and not in this merge, so it cannot be compared"
        yield Trouble(Verdict.UNKNOWN, None, "", 0, message, "merge the branch that has it")


def _find_in_pair(
    three: ThreeWay, pair: JudgedPair, step: Mapping[str, int], position: Mapping[str, int]
) -> Iterator[Trouble]:
    """What a pair does in an environment, which has at most one of the two."""
    fresh = sorted((pair.one, pair.other), key=position.__getitem__)
    first, second = sorted(fresh, key=lambda i: step.get(i, 0))
    failing = _find_failing(pair, first)
    if failing is not None:
        message = f"after {first}, {_named(failing.failure, pair)}"
    elif fresh == [first, second] or _fails_only(pair, second):
        # What a fresh database gets, or could not get.
        return
    else:
        message = _differs(pair, first, second)
    reason = failing or (pair.reasons[0] if pair.reasons else None)
    line = reason.operations[0 if second == pair.one else 1].line if reason else 0
    yield Trouble(
        Verdict.CONFLICT if failing else pair.verdict,
        step[second],
        second,
        line,
        message,
        fix_of(three, pair),
        failing is not None,
        frozenset((first, second)),
    )


def _differs(pair: JudgedPair, first: str, second: str) -> str:
    why = f": {_named(pair.reasons[0].message, pair)}" if pair.reasons else ""
    if pair.verdict is Verdict.UNKNOWN:
        return (
            f"it comes after {first} there and before it on a fresh database, and they may not commute{why}"
        )
    return f"it comes after {first} there, and {second} before {first} on a fresh database{why}"


def _find_failing(pair: JudgedPair, first: str) -> Reason | None:
    """The reason for which the other one fails where this one comes first."""
    from mig.conflicts.witness import BOTH, ONE, OTHER  # not needed where every pair commutes

    sides = (ONE if first == pair.one else OTHER, BOTH)
    return next((reason for reason in pair.reasons if reason.fails_after in sides), None)


def _fails_only(pair: JudgedPair, first: str) -> bool:
    """Whether nothing is known against the pair but that it fails where this one comes first."""
    from mig.conflicts.witness import ONE, OTHER

    side = ONE if first == pair.one else OTHER
    return bool(pair.reasons) and all(reason.fails_after == side for reason in pair.reasons)


def _named(sentence: str, pair: JudgedPair) -> str:
    from mig.conflicts.witness import name_sides

    return name_sides(sentence, pair.one, pair.other)
