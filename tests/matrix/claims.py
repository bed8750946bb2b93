"""Holds what a witness says against what databases do: ``python -m tests.matrix.claims sqlite``."""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.conflicts.closure import build_schema, close
from mig.conflicts.compare import compare_closures
from tests.matrix.corpus import DATABASES
from tests.matrix.oracle import open_oracle, open_server
from tests.matrix.score import read_footprint
from tests.matrix.truth import read_truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.compare import Reason
    from mig.replay.pair import PairOutcome
    from tests.matrix.oracle import Oracle

_PLACE = r"([AB]) \([^)]*\)"
_FAILS = re.compile(rf"^a database that already has ([AB]) fails at {_PLACE}(?P<or> or )?")
_DEAD = re.compile(
    rf"^a database that already has ([AB]) takes {_PLACE}, but the .*(?P<or>never fires|does not work)"
)
_WORD = re.compile(r"\w+")
_SIDES = {"A": "a", "B": "b"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The first reason for a pair's verdict, and what the orders came to on each base."""

    a: str
    b: str
    reason: Reason
    outcomes: tuple[PairOutcome, ...]

    @property
    def is_true(self) -> bool:
        return any(holds(self.reason.witness, outcome) for outcome in self.outcomes)

    def __str__(self) -> str:
        said = [
            f"{'-'.join(order.order)}: {order.failure.message if order.failure else 'works'}"
            for outcome in self.outcomes[:1]
            for order in outcome.orders
        ]
        kinds = "+".join(self.outcomes[0].kinds) if self.outcomes else ""
        lines = (f"{self.a} {self.b} {kinds}", self.reason.message, self.reason.witness, "; ".join(said))
        return "\n  ".join(lines)


def holds(witness: str, outcome: PairOutcome) -> bool:
    """Whether what a witness says is what happened."""
    if outcome.verdict != "conflict":
        return False
    orders = {order.order: order for order in outcome.orders}
    found = _FAILS.match(witness) or _DEAD.match(witness)
    if found:
        had, user = _SIDES[found[1]], _SIDES[found[2]]
        order = orders[had, user]
        if "does not work" in witness:
            return order.failure is None and bool(order.image.dead)
        fails = order.failure is not None and order.failure.script == user
        return fails or (bool(found["or"]) and order.failure is None)
    failed = [order.order for order in outcome.orders if order.failure]
    if witness.startswith("whichever comes second fails"):
        return len(failed) == len(outcome.orders)
    if witness.startswith("both orders work"):
        return not failed
    return bool(witness)


def find_claims(oracle: Oracle, each: int, share: float = 1.0) -> Iterator[Claim]:
    """Claims about pairs that do not commute, at most so many for each way in which two sides clash.

    ``share`` is the part of these ways that is looked at.
    """
    corpus, truth = oracle.corpus, read_truth(oracle.corpus.database)
    database = corpus.database
    schema = build_schema([read_footprint((*corpus.base, *corpus.rows), database)], database)
    names = sorted(truth.operations)
    closed = {name: close(read_footprint(corpus.operations[name], database), schema) for name in names}
    pairs = sorted(truth.conflicts)
    chance = random.Random(database)  # noqa: S311 - the same sample each time
    chance.shuffle(pairs)
    skipped: set[str] = set()
    taken: Counter[str] = Counter()
    for a, b in pairs:
        found = compare_closures(closed[a], closed[b], schema, database)
        if not found.reasons or not found.reasons[0].witness:
            continue
        way = _way(found.reasons[0])
        if way not in taken and chance.random() > share:
            skipped.add(way)
        taken[way] += 1
        if taken[way] <= each and way not in skipped:
            outcomes = (oracle.replay(variant, a, b) for variant in oracle.replays)
            yield Claim(a=a, b=b, reason=found.reasons[0], outcomes=tuple(outcomes))


def _way(reason: Reason) -> str:
    """A reason without its names: the words that are in neither of the statements."""
    names = {name for operation in reason.operations for name in _WORD.findall(operation.text)}
    words = _WORD.findall(f"{reason.message} {reason.witness}")
    return " ".join(word for word in words if word not in names and not set(word) & set("_0123456789"))


def find_untrue(claims: Iterable[Claim]) -> list[Claim]:
    return [claim for claim in claims if not claim.is_true]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix.claims", description=__doc__)
    parser.add_argument("database", choices=DATABASES)
    parser.add_argument("--each", type=int, default=3, help="claims of each kind; 3 by default")
    options = parser.parse_args()
    with open_server(options.database) as url, open_oracle(options.database, url) as oracle:
        claims = list(find_claims(oracle, options.each))
    untrue = find_untrue(claims)
    print(*untrue, f"{len(claims)} claims, {len(untrue)} untrue", sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
