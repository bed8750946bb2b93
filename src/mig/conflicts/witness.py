"""The sentences of a conflict: what clashes, and the schedule that goes wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.conflicts.table import CREATED, DATA, DROPPED, RENAMED, SCHEMA_DATA
from mig.effects.footprint import Access

if TYPE_CHECKING:
    from mig.conflicts.table import Rule
    from mig.effects.footprint import Effect, Operation

_NEEDS = {
    "index": "indexes",
    "view": "shows in a view",
    "foreign-key": "references",
    "check": "checks",
    "key": "makes a key of",
    "trigger": "uses in a trigger",
    "function": "uses in a function",
    "policy": "uses in a policy",
    "generated": "computes from",
    "default": "takes a default from",
    "table": "changes",
    "query": "uses",
    "sequence": "counts for",
    "grant": "grants on",
    "comment": "comments on",
}
_READS = {"exists": "looks up", "validate": "checks", "query": "reads", "default": "takes the default of"}


ONE, OTHER = "one", "the other"
"""How a sentence calls the two sides; ``name_sides`` puts names in their place."""


def name_sides(sentence: str, one: str, other: str) -> str:
    """A sentence of this module with the names that a person knows the two sides by."""
    return _SIDES.sub(lambda side: other if side[0] == OTHER else one, sentence)


def describe(one: Effect, other: Effect, rule: Rule) -> str:
    """``one indexes users.email, which the other renames to users.mail: the old name is gone``."""
    first, second = _verb(one), _verb(other)
    too = " too" if first == second else ""
    renamed = f" {_new_name(one)}" if one.renamed_to else ""
    after = f" {_new_name(other)}" if other.renamed_to else ""
    return f"{ONE} {first} {_shown(one)}{renamed}, which {OTHER} {second}{after}{too}: {rule.why}"


def _shown(effect: Effect) -> str:
    kind = "" if effect.kind in {"column", "relation"} else f"{effect.kind} "
    name = f"{kind}{effect.name}"
    return f"{name} ({effect.implicit})" if effect.implicit else name


def _verb(effect: Effect) -> str:
    match effect.access:
        case Access.CREATE:
            return "creates"
        case Access.DROP:
            return "renames" if effect.renamed_to else "drops"
        case Access.ALTER:
            return f"alters ({effect.aspect})" if effect.aspect else "alters"
        case Access.NEED:
            return _NEEDS.get(effect.aspect, "needs")
        case Access.READ:
            return _READS.get(effect.aspect, "reads")
        case Access.WRITE:
            return f"writes ({effect.aspect})" if effect.aspect else "writes"


def _new_name(effect: Effect) -> str:
    return f"to {effect.renamed_to.partition(':')[2]}"


def describe_witness(first: Operation, second: Operation, one: Effect, other: Effect, rule: Rule) -> str:
    """The shortest schedule that goes wrong, in one sentence."""
    places = _place(ONE, first), _place(OTHER, second)
    if rule.code in {RENAMED, DROPPED}:
        is_first = one.access is Access.DROP
        gone, user = places if is_first else places[::-1]
        effect = one if is_first else other
        return (
            f"a database that already has {gone} fails at {user}, or loses what it made: {_missing(effect)}"
        )
    if rule.code == CREATED and one.access is other.access is Access.CREATE:
        return f"a database that already has {places[0]} fails at {places[1]}: {_shown(one)} exists"
    if rule.code in {SCHEMA_DATA, DATA}:
        return f"{places[0]} before {places[1]} leaves other rows, or fails, than the other way round"
    return f"{places[0]} before {places[1]} leaves another schema, or fails, than the other way round"


def _missing(effect: Effect) -> str:
    if effect.renamed_to:
        return f"{effect.kind} {effect.name} is called {effect.renamed_to.partition(':')[2]} there"
    return f"no {effect.kind} {effect.name}"


def _place(side: str, operation: Operation) -> str:
    return f"{side} ({operation.kind}, line {operation.line})"


_SIDES = re.compile(rf"\b{OTHER}(?= \(|,? [a-z]+s )|\b{ONE}(?= \(| [a-z]+s )")
