"""Settles two effects on one resource by the commutation table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from mig.conflicts.keys import keys_meet
from mig.conflicts.labels import labels_meet
from mig.conflicts.table import RULES
from mig.effects.footprint import Access

if TYPE_CHECKING:
    from mig.conflicts.rule import Rule
    from mig.effects.footprint import Effect


@dataclass(frozen=True, slots=True)
class _Pattern:
    access: str
    aspects: frozenset[str]
    is_implicit: bool

    def fits(self, access: str, aspect: str, *, is_implicit: bool) -> bool:
        if self.access not in {"*", access}:
            # A rename is a drop for whatever does not ask which.
            return False
        if self.is_implicit and not is_implicit:
            return False
        return not self.aspects or aspect in self.aspects


def settle(one: Effect, other: Effect, dialect: str) -> Rule | None:
    """The rule for two effects on one resource; None where the table has none."""
    if one.kind == "key":
        same = keys_meet(one.detail, other.detail)
    elif {one.aspect, other.aspect} == {"add-value", "add-value-before"}:
        same = labels_meet(one.detail, other.detail)
    else:
        # Of values without a text nothing says that they are the same.
        same = one.detail == other.detail and (bool(one.detail) or one.kind != "values")
    return _settle(_key(one), _key(other), one.kind, "same" if same else "different", dialect)


def _key(effect: Effect) -> tuple[str, str, bool]:
    access = effect.access.name
    if effect.access is Access.DROP and effect.renamed_to:
        access = "RENAME"
    return access, effect.aspect, bool(effect.implicit)


@cache
def _settle(
    one: tuple[str, str, bool], other: tuple[str, str, bool], kind: str, details: str, dialect: str
) -> Rule | None:
    for rule, first, second in _compiled().get(kind, ()):
        if rule.dialects and dialect not in rule.dialects.split():
            continue
        if rule.details and rule.details != details:
            continue
        if _fits(first, one) and _fits(second, other):
            return rule
        if _fits(first, other) and _fits(second, one):
            return rule
    return None


def _fits(pattern: _Pattern, key: tuple[str, str, bool]) -> bool:
    access, aspect, is_implicit = key
    return pattern.fits(access, aspect, is_implicit=is_implicit)


@cache
def _compiled() -> dict[str, tuple[tuple[Rule, _Pattern, _Pattern], ...]]:
    found: dict[str, list[tuple[Rule, _Pattern, _Pattern]]] = {}
    for rule in RULES:
        for kind in rule.kinds.split():
            found.setdefault(kind, []).append((rule, _compile(rule.one), _compile(rule.other)))
    return {kind: tuple(rules) for kind, rules in found.items()}


def _compile(text: str) -> _Pattern:
    access, _, aspects = text.removesuffix("~").partition(":")
    return _Pattern(access, frozenset(aspects.split("|")) if aspects else frozenset(), text.endswith("~"))
