"""Which rules of the commutation table the matrix shows on real pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.conflicts.closure import build_schema, close
from mig.conflicts.commute import settle
from mig.effects.footprint import Footprint
from mig.effects.sql import read_sql
from mig.findings import Verdict
from tests.matrix.corpus import read_corpus
from tests.matrix.named import BASES, PAIRS
from tests.matrix.score import read_footprint
from tests.matrix.truth import pair, read_truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.conflicts.closure import Closure
    from mig.conflicts.rule import Rule


def name_rule(rule: Rule) -> str:
    """What tells a rule from the others: its patterns, and the first of its kinds where they are many."""
    kinds = rule.kinds.split()
    shown = " ".join(kinds) if len(kinds) < 4 else f"{kinds[0]} and others"
    only = " ".join(word for word in (rule.details, rule.dialects) if word)
    return f"{shown}: {rule.one} / {rule.other}" + (f" ({only})" if only else "")


def find_shown(database: str) -> dict[str, tuple[str, str]]:
    """For each rule a pair that it settles and of which the database says the same.

    A conflict is shown by a pair that conflicts, where no other rule says so if there is one; a rule
    that lets things pass by one that commutes.
    """
    corpus, truth = read_corpus(database), read_truth(database)
    schema = build_schema([read_footprint((*corpus.base, *corpus.rows), database)], database)
    closed = {
        name: close(read_footprint(corpus.operations[name], database), schema) for name in truth.operations
    }
    names = sorted(closed)
    shown: dict[str, tuple[str, str]] = {}
    alone: set[str] = set()
    for at, a in enumerate(names):
        for b in names[at:]:
            rules = set(_fire(closed[a], closed[b], database))
            bad = {rule for rule in rules if rule.verdict is Verdict.CONFLICT}
            for rule in bad if pair(a, b) in truth.conflicts else rules - bad:
                name = name_rule(rule)
                if name not in shown or (bad == {rule} and name not in alone):
                    shown[name] = (a, b)
                    alone.update({name} if bad == {rule} else ())
    return shown


def find_named() -> frozenset[str]:
    """The rules that the pairs by name show, which are proved on a database where they stand."""
    found: set[str] = set()
    for database, a, b, verdict in PAIRS.values():
        schema = build_schema([_read(BASES[database], database)], database)
        one, other = close(_read(a, database), schema), close(_read(b, database), schema)
        rules = set(_fire(one, other, database))
        bad = {rule for rule in rules if rule.verdict is Verdict.CONFLICT}
        unsure = {rule for rule in rules if rule.verdict is Verdict.UNKNOWN}
        shown = {"conflict": bad, "unknown": unsure}.get(verdict, rules - bad - unsure)
        found |= {name_rule(rule) for rule in shown}
    return frozenset(found)


def _read(text: str, database: str) -> Footprint:
    return Footprint(operations=read_sql(text, database))


def _fire(a: Closure, b: Closure, database: str) -> Iterator[Rule]:
    for one in a.steps:
        for other in b.steps:
            for effect in one.effects:
                for against in other.exact.get(effect.resource, ()):
                    rule = settle(effect, against, database)
                    if rule is not None:
                        yield rule
