"""The sentences of a conflict: what clashes, and the schedule that goes wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.conflicts.rule import ALTERED, CREATED, DROPPED, RENAMED
from mig.conflicts.wording import noun, plain, said_of_two, short
from mig.effects.footprint import OF_TABLE, Access

if TYPE_CHECKING:
    from mig.conflicts.rule import Rule
    from mig.effects.footprint import Effect, Operation

ONE, OTHER, BOTH = "A", "B", "both"
"""How a sentence calls the two sides; ``name_sides`` puts names in their place."""

_SIDES = re.compile(rf"(?<![\w.\"'`])({ONE}|{OTHER})(?![\w.\"'`])")
# Databases take these although what they are made of is not there; they fail when they are used.
_LATE = {
    "sqlite": {"view": "view", "trigger": "trigger", "foreign-key": "foreign key"},
    "postgresql": {},
    "mariadb": {"trigger": "trigger", "function": "routine"},
    "mysql": {"trigger": "trigger", "function": "routine"},
}
_GONE = frozenset({RENAMED, DROPPED})
# What an effect of one side and one of the other side come to, by KIND ACCESS:ASPECT and ACCESS:ASPECT.
_OUTCOMES = tuple(
    (re.compile(first), re.compile(second), sentence)
    for first, second, sentence in (
        (
            "(rows|values) ALTER:untrigger.*|trigger DROP:.*",
            "(WRITE|READ):.*",
            "what {other} writes fires the trigger only where {other} comes first",
        ),
        (
            "(rows|values) ALTER:trigger.*",
            "WRITE:.*",
            "what {other} writes fires the trigger only where {who} comes first",
        ),
        (
            "column ALTER:default",
            "READ:default",
            "the new row gets the new default only where {who} comes first",
        ),
        (
            "rows WRITE:(insert|replace)",
            "WRITE:(update|delete|truncate)",
            "{other} meets the new row only where {who} comes first",
        ),
        (
            "(rows|values) WRITE:.*",
            "READ:query",
            "{other} sees what {who} writes only where {who} comes first",
        ),
        (
            "(rows|values) WRITE:.*",
            "READ:validate",
            "where what {who} writes breaks what {other} asks for, one of them fails",
        ),
        (
            "values WRITE:.*",
            "WRITE:.*",
            f"{{thing}} holds other values after {ONE} and {OTHER} than after {OTHER} and {ONE}",
        ),
        (
            "sequence WRITE:.*",
            "WRITE:.*",
            "the same rows get other numbers, depending on which side comes first",
        ),
        (
            "key WRITE:.*",
            "WRITE:.*",
            "where both take the same key, the second fails or meets the row of the first",
        ),
        *(
            (
                f"(column|table|sequence) ALTER:{aspect}",
                f"ALTER:{aspect}",
                "both orders work, and the side that comes second decides",
            )
            for aspect in ("default", "options", "owner")
        ),
        ("comment ALTER:.*", "ALTER:.*", "both orders work, and the side that comes second decides"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a clash.

    ``name`` is what sentences call it, ``effect`` the one that clashes, of all the ``effects`` of its
    operation.  ``makes_it`` says that its migration makes such a thing as well.
    """

    name: str
    operation: Operation
    effect: Effect
    effects: tuple[Effect, ...] = ()
    makes_it: bool = False

    @property
    def place(self) -> str:
        return f"{self.name} ({self.operation.kind}, line {self.operation.line})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """The shortest schedule that goes wrong.

    ``fails_after`` is the side that must not come first, as the other fails then, or makes what does not
    work (``ONE``, ``OTHER``, ``BOTH``; empty where neither is known to), and ``failure`` says why.
    """

    sentence: str
    fails_after: str = ""
    failure: str = ""


def name_sides(sentence: str, one: str, other: str) -> str:
    """A sentence of this module with the names that a person knows the two sides by."""
    return _SIDES.sub(lambda side: one if side[0] == ONE else other, sentence)


def describe(one: Effect, other: Effect, rule: Rule) -> str:
    """``A indexes users.email, which B renames to users.mail``, and why that matters if it is not plain."""
    clash = said_of_two(one, other, (ONE, OTHER))
    return clash if _is_plain(rule) else f"{clash}: {rule.why}"


def describe_wide(effect: Effect, *, is_first: bool) -> str:
    """What one side does to the whole session or to all that there is, and the other side minds."""
    who, minds = (ONE, OTHER) if is_first else (OTHER, ONE)
    if effect.kind == "setting":
        return f"{who} sets {effect.name} for all that follows, and {minds} depends on it"
    if effect.kind == "session":
        return f"{who} changes the session for all that follows, and {minds} runs in it"
    if effect.access is Access.READ:
        return f"{who} acts on all that there is, and {minds} changes what there is"
    return f"{who} changes what new things get, and {minds} makes or changes such a thing"


def describe_wide_witness(effect: Effect, *, is_first: bool) -> str:
    """In which order the other side is met by what is done to everything."""
    who, minds = (ONE, OTHER) if is_first else (OTHER, ONE)
    if effect.kind == "setting":
        return f"{minds} runs under this {effect.name} where {who} comes first, and not where {minds} does"
    if effect.kind == "session":
        return f"{minds} runs in the changed session where {who} comes first, and not where {minds} does"
    if effect.access is Access.READ:
        return f"{who} meets what {minds} changed only where {minds} comes first"
    return f"what {minds} makes or changes is met only in one of the two orders"


def describe_look(effect: Effect, *, is_first: bool) -> str:
    """What one side looks at and the other side changes."""
    who, minds = (ONE, OTHER) if is_first else (OTHER, ONE)
    what = effect.detail.removeprefix(OF_TABLE)
    seen = f"what {what} has" if what else "all that there is"
    return f"{who} looks at {seen}, and {minds} makes or changes what may be seen there"


def describe_doubt(doubt: str, *, is_first: bool) -> str:
    """Of which side it is not known what it does."""
    return f"what {ONE if is_first else OTHER} does cannot be told: {doubt}"


def find_witness(first: Side, second: Side, rule: Rule, dialect: str) -> Witness:
    """The shortest schedule that goes wrong; it says no more than what is certain."""
    if rule.code == CREATED and first.effect.access is second.effect.access is Access.CREATE:
        return _both_make(first, second)
    if rule.code in _GONE and Access.DROP in {first.effect.access, second.effect.access}:
        return _gone(first, second, dialect)
    return Witness(
        sentence=_specific(first, second) or _specific(second, first) or _differ(first, second, rule)
    )


def _is_plain(rule: Rule) -> bool:
    """Whether what the sides do says by itself why they clash."""
    return (rule.code in _GONE and rule.one in {"RENAME", "DROP"}) or rule.one == rule.other == "CREATE"


def _both_make(first: Side, second: Side) -> Witness:
    taken = f"{noun(first.effect)} is there already"
    careful = [side for side in (first, second) if side.effect.aspect == "if"]
    implicit = [side for side in (first, second) if side.effect.implicit]
    if len(careful) == 2:
        sentence = f"{noun(first.effect)} is as {ONE} has it where {ONE} comes first, else as {OTHER} has it"
        return Witness(sentence=sentence)
    if len(careful) == 1:
        return _fails(careful[0], _another(careful[0], first, second), taken)
    if len(implicit) == 1:
        # What the database makes by itself gets another name where that one is taken, or is merged with it.
        return _fails(implicit[0], _another(implicit[0], first, second), taken)
    return _both_fail(taken)


def _gone(first: Side, second: Side, dialect: str) -> Witness:
    dropping = [side for side in (first, second) if side.effect.access is Access.DROP]
    if len(dropping) == 2:
        return _both_gone(first, second)
    gone = dropping[0]
    user = _another(gone, first, second)
    if gone.makes_it:
        another = f"{_kind(gone.effect)} {gone.effect.name}"
        return Witness(
            sentence=f"where {gone.name} comes first, {user.place} meets another {another}, or none"
        )
    replaces = user.effect.access is Access.ALTER and user.operation.kind.startswith("create")
    if user.effect.implicit or replaces or user.effect.access not in {Access.NEED, Access.ALTER}:
        return _order_matters(gone, user)
    missing = _missing(gone.effect)
    late = _find_late(user, dialect)
    if late:
        sentence = f"a database that already has {gone.name} takes {user.place}, but {late}: {missing}"
        return Witness(sentence=sentence, fails_after=gone.name, failure=missing)
    unsure = " or when the function runs" if user.effect.aspect == "function" else ""
    if _could_mean_another(user):
        unsure = " or takes another column for it"
    unnoticed = "; a fresh one may not notice" if gone.effect.renamed_to else ""
    return _fails(gone, user, missing, unsure=unsure, more=unnoticed)


def _could_mean_another(user: Side) -> bool:
    """Whether the name of a column would be looked for in another table of the statement next."""
    if user.effect.detail != "candidate" or user.effect.kind != "column":
        return False
    column = user.effect.name.rpartition(".")[2]
    return any(
        effect.kind == "column" and effect.name.endswith(f".{column}") and effect.name != user.effect.name
        for effect in user.effects
    )


def _find_late(user: Side, dialect: str) -> str:
    """What a database makes although a part of it is not there; empty where it fails at once."""
    late = _LATE.get(dialect, {}).get(user.effect.aspect, "")
    if late == "trigger":
        on = {effect.resource for effect in user.effects if "trigger" in effect.aspect and effect.implicit}
        tables = {short(resource) for resource in on}
        tables |= {short(resource).rpartition(".")[0] for resource in on if resource.startswith("values:")}
        if user.effect.kind != "column" and user.effect.name in tables:
            return ""
        if f"values:{user.effect.name}" in on:
            return "the trigger never fires"
    return f"the {late} does not work" if late else ""


def _both_gone(first: Side, second: Side) -> Witness:
    careful = [side for side in (first, second) if side.effect.aspect == "if" or side.effect.implicit]
    again = [side for side in (first, second) if side.makes_it]
    if len(careful) == 2 or len(again) == 2:
        return _order_matters(first, second)
    if careful and again:
        return _order_matters(first, second)
    if again:
        # What finds it again after this side never finds it after the other one.
        had = _another(again[0], first, second)
        return _fails(had, again[0], _missing(had.effect))
    if careful:
        return _fails(careful[0], _another(careful[0], first, second), _missing(careful[0].effect))
    return _both_fail(f"{noun(first.effect)} is no longer there under that name")


def _specific(who: Side, other: Side) -> str:
    """What certain pairs of effects come to; empty for all others."""
    mine, theirs = who.effect, other.effect
    said = f"{mine.kind} {mine.access.name}:{mine.aspect}", f"{theirs.access.name}:{theirs.aspect}"
    for first, second, sentence in _OUTCOMES:
        if first.fullmatch(said[0]) and second.fullmatch(said[1]):
            return sentence.format(who=who.name, other=other.name, thing=noun(mine))
    return ""


def _differ(first: Side, second: Side, rule: Rule) -> str:
    what = "schema" if rule.code in {CREATED, ALTERED} else "result"
    return f"{first.place} before {second.place} leaves another {what} than the other way round, or one fails"


def _order_matters(one: Side, other: Side) -> Witness:
    return Witness(
        sentence=f"{one.place} before {other.place} leaves another schema than the other way, or one fails"
    )


def _fails(had: Side, failing: Side, why: str, *, unsure: str = "", more: str = "") -> Witness:
    sentence = f"a database that already has {had.name} fails at {failing.place}{unsure}: {why}{more}"
    return Witness(sentence=sentence, fails_after=had.name, failure=why)


def _both_fail(why: str) -> Witness:
    return Witness(sentence=f"whichever comes second fails: {why}", fails_after=BOTH, failure=why)


def _missing(effect: Effect) -> str:
    thing = f"{_kind(effect)} {plain(effect.name)}"
    return (
        f"{thing} is called {short(effect.renamed_to)} there" if effect.renamed_to else f"there is no {thing}"
    )


def _kind(effect: Effect) -> str:
    return {"relation": "table or view"}.get(effect.kind, effect.kind.replace("-", " "))


def _another(side: Side, first: Side, second: Side) -> Side:
    return second if side is first else first
