"""Compares two migrations operation by operation: the verdict, and why."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from mig.conflicts.closure import Closure, Step, close
from mig.conflicts.commute import settle
from mig.conflicts.meeting import WITH_ALL, find_pairs, is_spared
from mig.conflicts.naming import owner
from mig.conflicts.recreated import is_kept_by_copy
from mig.conflicts.rule import NOT_KNOWN, WIDE
from mig.conflicts.settings import depends_on, is_taken_in
from mig.conflicts.witness import (
    ONE,
    OTHER,
    Side,
    describe,
    describe_doubt,
    describe_look,
    describe_wide,
    describe_wide_witness,
    find_witness,
)
from mig.conflicts.wording import said_of_two
from mig.effects.footprint import Access
from mig.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.rule import Rule
    from mig.conflicts.schema import Schema
    from mig.effects.footprint import Effect, Footprint, Operation

_RANK = {Verdict.COMMUTE: 0, Verdict.UNKNOWN: 1, Verdict.CONFLICT: 2}
_SET_AGAIN = frozenset(
    {"type", "null", "default", "options", "logged", "owner", "rls", "enable", "charset", "dangling"}
)
# More pairs of statements than this take longer than anybody waits.
_MOST_PAIRS = 50_000
# What a person understands first: the nearest thing, and what was written rather than what follows from it.
_TELLING = (
    "column",
    "index",
    "constraint",
    "trigger",
    "view",
    "sequence",
    "function",
    "table",
    "type",
    "relation",
)
# A table that both make says more than its columns, a view more than its name.
_TELLING_MADE = ("table", "view", *_TELLING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why two operations do not commute, or why it is not known that they do.

    ``operations`` are one of each side, in the order of the arguments.  ``is_identical`` says that both
    are the same statement, so that one of them can go.  ``fails_after`` is the side that must not come
    first, as the other fails then (``witness.ONE``, ``OTHER``, ``BOTH``, or empty where neither is known
    to fail), and ``failure`` is what it fails with.
    """

    code: str
    verdict: Verdict
    message: str
    resources: tuple[str, ...]
    operations: tuple[Operation, Operation]
    witness: str = ""
    is_identical: bool = False
    fails_after: str = ""
    failure: str = ""
    new_name: str = ""
    """What the second calls the thing that the first uses, where it renames it and nothing is in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The verdict on two migrations, with the reasons for anything but ``commute``, worst first.

    ``assumptions`` are statements of the history before that could not be read: the verdict takes it
    that they made nothing that these migrations touch.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    assumptions: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meeting:
    """Two effects on one resource, and the rule that settles them."""

    one: Effect
    other: Effect
    rule: Rule | None


def compare_footprints(a: Footprint, b: Footprint, schema: Schema, dialect: str) -> Comparison:
    """Whether two migrations leave the same in both orders, on top of a schema."""
    return compare_closures(close(a, schema), close(b, schema), schema, dialect)


def compare_closures(a: Closure, b: Closure, schema: Schema, dialect: str) -> Comparison:
    """The same for migrations that have been closed already."""
    pairs = find_pairs(a.steps, b.steps)
    found = [
        reason
        for one, other in islice(pairs, _MOST_PAIRS)
        if not (dialect == "sqlite" and is_kept_by_copy(one, other, schema))
        and (reason := _compare_steps(one, other, (a.made, b.made), dialect)) is not None
    ]
    if (rest := next(pairs, None)) is not None:
        found.append(_too_many(*rest))
    found.sort(key=lambda reason: -_RANK[reason.verdict])
    verdict = found[0].verdict if found else Verdict.COMMUTE
    return Comparison(verdict=verdict, reasons=tuple(found), assumptions=tuple(schema.opaque))


def _compare_steps(
    one: Step, other: Step, made: tuple[frozenset[str], frozenset[str]], dialect: str
) -> Reason | None:
    """The worst of what two operations do to one another."""
    wide = _find_wide(one, other, dialect)
    meetings = list(_meet(one, other, made, dialect))
    if meetings and _are_twins(one, other):
        meetings = []
    conflicts = [m for m in meetings if m.rule is not None and m.rule.verdict is Verdict.CONFLICT]
    if conflicts:
        return _conflict(one, other, conflicts, made, dialect)
    if wide:
        return _looked_at(one, other, wide) if _is_looked_at(one, other, wide) else _wide(one, other, wide)
    unknown = [m for m in meetings if m.rule is None or m.rule.verdict is Verdict.UNKNOWN]
    if unknown or one.doubt or other.doubt:
        return _unknown(one, other, unknown)
    return None


def _meet(
    one: Step, other: Step, made: tuple[frozenset[str], frozenset[str]], dialect: str
) -> Iterator[_Meeting]:
    for effect in one.effects:
        for against in _candidates(effect, other):
            if _is_internal(effect, against, made[0]) or _is_internal(against, effect, made[1]):
                continue
            if is_spared(effect, against) or is_spared(against, effect):
                continue
            rule = settle(effect, against, dialect)
            if rule is None or rule.verdict is not Verdict.COMMUTE:
                yield _Meeting(one=effect, other=against, rule=rule)


def _candidates(effect: Effect, step: Step) -> Iterator[Effect]:
    """The effects of the other step that this one can meet: on its resource, or on all of a table's."""
    yield from step.exact.get(effect.resource, ())
    if effect.kind in WITH_ALL:
        table = f"{effect.kind}:{owner(effect.name)}"
        if effect.name.endswith("*"):
            yield from (e for e in step.below.get(table, ()) if e.resource != effect.resource)
        else:
            yield from step.exact.get(f"{table}.*", ())


def _is_internal(effect: Effect, against: Effect, made: frozenset[str]) -> bool:
    """Whether a migration uses what it made itself: that the other makes it too is a meeting of its own."""
    return (
        effect.access is not Access.CREATE
        and effect.access is not Access.DROP
        and against.access is Access.CREATE
        and effect.resource in made
    )


def _are_twins(one: Step, other: Step) -> bool:
    """Whether both are the same statement, of which the second does nothing."""
    if set(one.effects) != set(other.effects) or one.doubt:
        return False
    made = [effect for effect in one.effects if effect.access is Access.CREATE]
    is_made_once = bool(made) and all(effect.aspect == "if" for effect in made)
    return all(_is_no_op_again(e) or (e.kind == "names" and is_made_once) for e in one.effects)


def _is_no_op_again(effect: Effect) -> bool:
    if effect.access is Access.CREATE:
        return effect.aspect == "if"
    if effect.access is Access.DROP:
        return effect.aspect == "if" or bool(effect.implicit)
    if effect.access is Access.ALTER and effect.kind in {"type", "table", "column"}:
        return effect.aspect in _SET_AGAIN or "if not exists" in effect.detail
    if effect.access is Access.WRITE:
        # A column that has the type already is left alone, if no expression changes its values.
        return effect.kind == "key" or (effect.aspect == "convert" and " using " not in effect.detail)
    return effect.kind != "names"


def _find_wide(one: Step, other: Step, dialect: str) -> tuple[Effect, bool] | None:
    """What one side does to everything, and whether it is the first side."""
    found = _compare_wide(one, other, dialect)
    if found:
        return found, True
    found = _compare_wide(other, one, dialect)
    return (found, False) if found else None


def _compare_wide(one: Step, other: Step, dialect: str) -> Effect | None:
    """What one side does to the whole session or catalogue, where the other side's statement minds."""
    for effect in one.wide:
        if effect.kind == "setting" and effect.access in {Access.ALTER, Access.WRITE}:
            if depends_on(effect, other.effects, dialect):
                return effect
        elif effect.kind == "session" and not any(e.kind == "setting" for e in one.effects):
            return effect
        elif effect.kind == "catalogue" and effect.access is Access.READ and one.doubt:
            # A loop over the catalogue that cannot be read: what it does there is not known.
            continue
        elif effect.kind == "catalogue" and any(is_taken_in(effect, e, other.effects) for e in other.effects):
            return effect
    return None


def _conflict(
    one: Step,
    other: Step,
    conflicts: list[_Meeting],
    made: tuple[frozenset[str], frozenset[str]],
    dialect: str,
) -> Reason:
    conflicts.sort(key=_how_telling)
    first = conflicts[0]
    if first.rule is None:
        raise AssertionError("a conflict has a rule")
    identical = (
        one.operation.effects == other.operation.effects and one.operation.kind == other.operation.kind
    )
    effects = (first.one, first.other)
    mine, theirs = (
        Side(
            name=name,
            operation=step.operation,
            effect=effect,
            effects=step.effects,
            makes_it=effect.resource in makes,
        )
        for name, step, effect, makes in zip((ONE, OTHER), (one, other), effects, made, strict=True)
    )
    witness = find_witness(mine, theirs, first.rule, dialect)
    return Reason(
        code=first.rule.code,
        verdict=Verdict.CONFLICT,
        message=describe(*effects, first.rule),
        resources=_resources(conflicts),
        operations=(one.operation, other.operation),
        witness=witness.sentence,
        is_identical=identical,
        fails_after=witness.fails_after,
        failure=witness.failure,
        new_name="" if first.one.access is Access.DROP else first.other.renamed_to.partition(":")[2],
    )


def _wide(one: Step, other: Step, wide: tuple[Effect, bool]) -> Reason:
    effect, is_first = wide
    return Reason(
        code=WIDE,
        verdict=Verdict.CONFLICT,
        message=describe_wide(effect, is_first=is_first),
        resources=(effect.resource,),
        operations=(one.operation, other.operation),
        witness=describe_wide_witness(effect, is_first=is_first),
    )


def _is_looked_at(one: Step, other: Step, wide: tuple[Effect, bool]) -> bool:
    """Whether a Python migration only looks at what there is; what it does with that is a step of its own."""
    effect, is_first = wide
    step = one if is_first else other
    return step.operation.kind == "inspect" and effect.access is Access.READ


def _looked_at(one: Step, other: Step, wide: tuple[Effect, bool]) -> Reason:
    effect, is_first = wide
    return Reason(
        code=NOT_KNOWN,
        verdict=Verdict.UNKNOWN,
        message=describe_look(effect, is_first=is_first),
        resources=(effect.resource,),
        operations=(one.operation, other.operation),
    )


def _unknown(one: Step, other: Step, unknown: list[_Meeting]) -> Reason:
    if one.doubt or other.doubt:
        message = describe_doubt(one.doubt or other.doubt, is_first=bool(one.doubt))
    else:
        first = unknown[0]
        clash = said_of_two(first.one, first.other, (ONE, OTHER))
        message = f"{clash}: {first.rule.why if first.rule else 'no rule says whether that commutes'}"
    return Reason(
        code=NOT_KNOWN,
        verdict=Verdict.UNKNOWN,
        message=message,
        resources=_resources(unknown),
        operations=(one.operation, other.operation),
    )


def _too_many(one: Step, other: Step) -> Reason:
    return Reason(
        code=NOT_KNOWN,
        verdict=Verdict.UNKNOWN,
        message=f"more than {_MOST_PAIRS:,} pairs of statements touch one thing; the rest is not compared",
        resources=(),
        operations=(one.operation, other.operation),
    )


def _resources(meetings: Iterable[_Meeting]) -> tuple[str, ...]:
    return tuple(sorted({meeting.one.resource for meeting in meetings}))


def _how_telling(meeting: _Meeting) -> tuple[bool, int, str]:
    kind, accesses = meeting.one.kind, {meeting.one.access, meeting.other.access}
    telling = _TELLING_MADE if accesses == {Access.CREATE} else _TELLING
    place = telling.index(kind) if kind in telling else len(telling)
    return bool(meeting.one.implicit or meeting.other.implicit), place, meeting.one.resource
