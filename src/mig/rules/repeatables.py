"""Repeatables: can they be put in order (MIG109), and do new migrations get along with them (MIG311)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.findings import Finding, Severity, Verdict
from mig.graph.dag import build_graph
from mig.model import REPEATABLE, Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mig.conflicts.compare import Reason
    from mig.effects.footprint import Operation
    from mig.model import Extra, LineageSnapshot, Migration
    from mig.rules.three_way import Beside, Meets, ThreeWay

_ORDER, _CONFLICT = "MIG109", "MIG311"
_UNKNOWN = {"warn": Severity.WARNING, "block": Severity.ERROR, "allow": Severity.NOTE}
_SHOWN = 100
_CHANGES = frozenset({"create", "drop", "alter", "write"})
_OF_A_VIEW = frozenset({"view", "relation", "type", "shape", "grants"})


def find_repeatable_problems(three: ThreeWay) -> Iterator[Finding]:
    """What is wrong with the repeatables of the merge, and what new migrations do to older ones."""
    beside = three.beside
    if beside is None:
        return
    final = _repeatables(three.merged, beside.dialect)
    yield from _find_unknown_needs(three, final)
    needs = beside.needs(final.values())
    _, circle = _order(needs)
    if circle:
        yield _circle(three, [final[name] for name in circle])
    elif three.is_sound():
        yield from _find_conflicts(three, beside, final, needs)


def _repeatables(snapshot: LineageSnapshot, dialect: str) -> dict[str, Extra]:
    return {
        one.name: one
        for one in snapshot.extras
        if one.role == REPEATABLE and (not one.dialects or dialect in one.dialects)
    }


def _order(needs: Mapping[str, frozenset[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from mig.conflicts.needs import order_by_needs  # few projects have repeatables

    return order_by_needs(needs)


def _find_unknown_needs(three: ThreeWay, final: Mapping[str, Extra]) -> Iterator[Finding]:
    known = {one.name for one in three.merged.extras if one.role == REPEATABLE}
    for one in final.values():
        for need in one.needs:
            if need not in known:
                import difflib

                near = difflib.get_close_matches(need, sorted(known - {one.name}), n=1)
                yield Finding(
                    code=_ORDER,
                    severity=severity_of(_ORDER),
                    message=f"{one.name} needs {need}, and there is no such repeatable",
                    lineage=three.lineage,
                    locations=(one.location,),
                    fix=f"did you mean {near[0]}?" if near else "",
                )


def _circle(three: ThreeWay, extras: Sequence[Extra]) -> Finding:
    return Finding(
        code=_ORDER,
        severity=severity_of(_ORDER),
        message=f"repeatables need one another in a circle: {' -> '.join(one.name for one in extras)}",
        lineage=three.lineage,
        locations=tuple(one.location for one in extras[:-1]),
        fix="take one need out, or declare in one of them which comes first: -- mig:needs NAME",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """Databases that have run the repeatables of a snapshot, and which migrations are new to them."""

    snapshot: LineageSnapshot
    new: frozenset[str]
    known: frozenset[tuple[str, str]] = frozenset()
    """Repeatables, by name and checksum, that were looked at with these migrations already."""


def _find_conflicts(
    three: ThreeWay, beside: Beside, final: Mapping[str, Extra], needs: Mapping[str, frozenset[str]]
) -> Iterator[Finding]:
    common = frozenset((one.name, one.checksum) for one in three.merge_base.extras)
    pasts = (
        _Past(snapshot=three.merge_base, new=three.ours),
        _Past(snapshot=three.base, new=three.ours, known=common),
        _Past(snapshot=three.head, new=three.theirs, known=common),
    )
    for past in pasts if three.has_base else ():
        before = _repeatables(past.snapshot, beside.dialect)
        wanted = {name: one for name, one in before.items() if (name, one.checksum) not in past.known}
        if not wanted or not past.new:
            continue
        chain, circle = _order(beside.needs(before.values()))
        if circle:
            continue
        again = _run_again(before, final, needs)
        heads = build_graph(past.snapshot.migrations).heads()
        meets = beside.compare(three.merged.migrations, heads, [before[name] for name in chain])
        for name in sorted(wanted):
            for migration_id in sorted(past.new):
                found = _judge(three, meets, wanted[name], migration_id, runs_again=name in again)
                if found is not None:
                    yield found


def _run_again(
    before: Mapping[str, Extra], final: Mapping[str, Extra], needs: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """The repeatables that the next run of everything runs, or that are gone."""
    from mig.conflicts.needs import with_dependents

    changed = {name for name, one in final.items() if before.get(name, one).checksum != one.checksum}
    fresh = final.keys() - before.keys()
    return frozenset(with_dependents(changed | fresh, needs)) | (before.keys() - final.keys())


def _judge(
    three: ThreeWay, meets: Meets, extra: Extra, migration_id: str, *, runs_again: bool
) -> Finding | None:
    found = meets.verdict(extra, migration_id)
    if found.verdict is Verdict.COMMUTE:
        return None
    reasons = list(found.reasons)
    if runs_again:
        reasons = [one for one in reasons if not _is_undone(one, meets.operations(migration_id))]
        if found.reasons and not reasons:
            return None
    reasons.sort(key=lambda one: one.verdict is not Verdict.CONFLICT)
    verdict = reasons[0].verdict if reasons else Verdict.UNKNOWN
    severity = _severity(three, verdict, runs_again=runs_again)
    pair = extra, three.graph.migrations[migration_id]
    return _finding(three, pair, reasons[0] if reasons else None, severity, runs_again=runs_again)


def _severity(three: ThreeWay, verdict: Verdict, *, runs_again: bool) -> Severity:
    if verdict is Verdict.CONFLICT:
        return Severity.WARNING if runs_again else severity_of(_CONFLICT)
    usual = _UNKNOWN[three.unknown]
    return Severity.WARNING if runs_again and usual is Severity.ERROR else usual


def _is_undone(reason: Reason, operations: Sequence[Operation]) -> bool:
    """Whether the migration has by then dropped the views that the repeatable's statement made or changed.

    The repeatable makes them again, or never; with IF EXISTS the drop works on a fresh database too.
    """
    one, other = reason.operations
    if one.opaque or reason.verdict is not Verdict.CONFLICT:
        return False
    at = next((n for n, each in enumerate(operations) if each == other), -1)
    dropped = {name for each in operations[: at + 1] for name in _dropped(each)}
    changed = {_thing(effect.resource) for effect in one.effects if effect.access.value in _CHANGES}
    return bool(changed) and changed <= dropped


def _dropped(operation: Operation) -> Iterator[str]:
    if not operation.opaque and not operation.is_conditional:
        for effect in operation.effects:
            if effect.kind == "view" and effect.access.value == "drop" and effect.aspect == "if":
                yield effect.name


def _thing(resource: str) -> str:
    """What a resource is or belongs to, where it goes with a view that is dropped."""
    kind, _, name = resource.partition(":")
    if kind == "comment":
        kind, _, name = name.partition(":")
    return name if kind in _OF_A_VIEW else resource


def _finding(
    three: ThreeWay,
    pair: tuple[Extra, Migration],
    reason: Reason | None,
    severity: Severity,
    *,
    runs_again: bool,
) -> Finding:
    from mig.rules.pairs import find_ignore, place

    extra, migration = pair
    name = f"repeatable:{extra.name}"
    message = f"{name} and {migration.id} are not proved to commute"
    then = ""
    if reason is not None:
        message = _named(reason.message, name, three.side(migration.id) or migration.id)
        then = _named(reason.witness, name, migration.id)
    ignored = find_ignore(_CONFLICT, migration) or _ignored(extra)
    if ignored:
        severity, message = Severity.NOTE, f"{message} (ignored: {ignored})"
    return Finding(
        code=_CONFLICT,
        severity=severity,
        verdict=reason.verdict if reason else Verdict.UNKNOWN,
        message=f"{message}{_AGAIN}" if runs_again else message,
        lineage=three.lineage,
        migrations=(name, migration.id),
        resources=reason.resources if reason else (),
        locations=(
            _place(extra, reason.operations[0] if reason else None),
            place(three, migration, reason.operations[1] if reason else None),
        ),
        then=then,
        fix=_fix(extra, migration, runs_again=runs_again),
    )


_AGAIN = "; it changes here, and what its old text made is there when the migration comes"


def _fix(extra: Extra, migration: Migration, *, runs_again: bool) -> str:
    drop = f"drop what it makes at the start of {migration.path}, with IF EXISTS"
    if runs_again:
        return drop
    return f"change {extra.path} in the same branch, so that it runs again, and {drop}"


def _ignored(extra: Extra) -> str:
    for directive in extra.directives:
        if directive.name == "ignore" and directive.value.startswith(_CONFLICT):
            return directive.value.partition('"')[2].rstrip('"')
    return ""


def _place(extra: Extra, operation: Operation | None) -> Location:
    line = operation.line if operation else 1
    text = " ".join(operation.text.split())[:_SHOWN] if operation else ""
    return Location(path=extra.path, line=line, text=text)


def _named(sentence: str, one: str, other: str) -> str:
    from mig.conflicts.witness import name_sides

    return name_sides(sentence, one, other)
