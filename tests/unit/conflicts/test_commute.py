from __future__ import annotations

import pytest

from mig.conflicts.commute import settle
from mig.conflicts.table import RULES
from mig.effects.footprint import Access, Effect
from mig.findings import Verdict

_NEED_INDEX = Effect(resource="column:users.email", access=Access.NEED, aspect="index")
_DROP = Effect(resource="column:users.email", access=Access.DROP)
_RENAME = Effect(resource="column:users.email", access=Access.DROP, renamed_to="column:users.mail")


def _verdict(one: Effect, other: Effect, dialect: str = "postgresql") -> tuple[Verdict | None, str]:
    rule = settle(one, other, dialect)
    assert settle(other, one, dialect) is rule
    return (rule.verdict, rule.code) if rule else (None, "")


def test_a_drop_is_told_from_a_rename_by_its_code() -> None:
    assert _verdict(_DROP, _NEED_INDEX) == (Verdict.CONFLICT, "MIG303")
    assert _verdict(_RENAME, _NEED_INDEX) == (Verdict.CONFLICT, "MIG302")
    assert _verdict(_RENAME, _DROP) == (Verdict.CONFLICT, "MIG302")


def test_needs_of_both_sides_commute() -> None:
    assert _verdict(_NEED_INDEX, _NEED_INDEX) == (Verdict.COMMUTE, "")


def test_what_no_rule_settles_has_no_verdict() -> None:
    one = Effect(resource="new-kind:x", access=Access.ALTER)
    assert _verdict(one, one) == (None, "")


def test_the_same_default_twice_commutes_and_different_ones_do_not() -> None:
    def default(value: str) -> Effect:
        return Effect(resource="column:t.c", access=Access.ALTER, aspect="default", detail=value)

    assert _verdict(default("1"), default("1"))[0] is Verdict.COMMUTE
    assert _verdict(default("1"), default("2")) == (Verdict.CONFLICT, "MIG304")


def test_values_of_unknown_text_are_not_the_same() -> None:
    write = Effect(resource="values:t.c", access=Access.WRITE, aspect="update")
    assert _verdict(write, write) == (Verdict.CONFLICT, "MIG306")


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        pytest.param("1", "2", False, id="different"),
        pytest.param("1", "1", True, id="same"),
        pytest.param("1", "?", True, id="unknown"),
        pytest.param("null", "null", False, id="null is never equal"),
        pytest.param("1\n2", "2\n3", True, id="one in common"),
    ],
)
def test_keys_conflict_only_where_they_meet(one: str, other: str, meet: bool) -> None:
    first, second = (
        Effect(resource="key:t.t_pkey", access=Access.WRITE, detail=detail) for detail in (one, other)
    )
    assert (_verdict(first, second)[0] is Verdict.CONFLICT) is meet


def test_a_rule_may_hold_for_one_dialect_only() -> None:
    null = Effect(resource="column:t.c", access=Access.ALTER, aspect="null", detail="not null")
    key = Effect(resource="column:t.c", access=Access.NEED, aspect="foreign-key")
    assert _verdict(null, key, "postgresql")[0] is Verdict.COMMUTE
    assert _verdict(null, key, "mariadb")[0] is Verdict.CONFLICT


def test_every_conflict_has_a_code_and_every_rule_a_reason() -> None:
    assert all(rule.code.startswith("MIG30") for rule in RULES if rule.verdict is Verdict.CONFLICT)
    assert all(
        (rule.why and rule.why[0].islower()) or rule.why.startswith(("SQLite", "LIKE")) for rule in RULES
    )
