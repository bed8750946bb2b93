"""Holds the rules against the truth: ``python -m tests.matrix.score sqlite``.

Lists false commutes, which must not be, false alarms and unknowns, by the kinds of the operations.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.conflicts.closure import build_schema, close
from mig.conflicts.compare import compare_closures
from mig.effects.footprint import Footprint
from mig.effects.sql import read_sql
from mig.findings import Verdict
from tests.matrix.corpus import DATABASES, read_corpus
from tests.matrix.truth import pair, read_truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mig.conflicts.compare import Comparison


@dataclass(kw_only=True)
class Score:
    """How the verdicts on the pairs of one database stand beside the truth."""

    database: str
    commuting: int = 0
    conflicting: int = 0
    readable: int = 0
    false_commutes: list[tuple[str, str, str]] = field(default_factory=list)
    false_alarms: list[tuple[str, str, Comparison]] = field(default_factory=list)
    unknowns: list[tuple[str, str, Comparison]] = field(default_factory=list)
    opaque: int = 0

    @property
    def total(self) -> int:
        return self.commuting + self.conflicting

    def summary(self) -> str:
        alarms = 100 * len(self.false_alarms) / max(self.commuting, 1)
        unknown = 100 * len(self.unknowns) / max(self.readable, 1)
        return (
            f"{self.database}: {self.total} pairs, {self.commuting} commute; "
            f"false commutes {len(self.false_commutes)}, "
            f"false alarms {len(self.false_alarms)} ({alarms:.1f} %), "
            f"unknown {len(self.unknowns)} ({unknown:.1f} %) of {self.readable} without opaque code, "
            f"{self.opaque} pairs with opaque code"
        )


def read_footprint(statements: Sequence[str], database: str) -> Footprint:
    return Footprint(operations=read_sql("".join(f"{text};\n" for text in statements), database))


def find_score(database: str, names: Iterable[str] = ()) -> Score:
    """Compare every pair of operations whose truth is known."""
    corpus, truth = read_corpus(database), read_truth(database)
    base = read_footprint((*corpus.base, *corpus.rows), database)
    schema = build_schema([base], database)
    footprints = {name: read_footprint(corpus.operations[name], database) for name in corpus.operations}
    closed = {name: close(footprint, schema) for name, footprint in footprints.items()}
    known = sorted(name for name in closed if name in truth.operations)
    chosen = set(names) or set(known)
    score = Score(database=database)
    for at, a in enumerate(known):
        for b in known[at:]:
            if a in chosen or b in chosen:
                verdict = compare_closures(closed[a], closed[b], schema, database)
                is_opaque = footprints[a].is_opaque or footprints[b].is_opaque
                _note(score, a, b, truth.conflicts.get(pair(a, b), ""), verdict, is_opaque=is_opaque)
    return score


def _note(score: Score, a: str, b: str, kind: str, found: Comparison, *, is_opaque: bool) -> None:
    score.commuting += not kind
    score.conflicting += bool(kind)
    score.readable += not is_opaque
    score.opaque += is_opaque
    if found.verdict is Verdict.COMMUTE and kind:
        score.false_commutes.append((a, b, kind))
    elif found.verdict is Verdict.CONFLICT and not kind:
        score.false_alarms.append((a, b, found))
    elif found.verdict is Verdict.UNKNOWN and not is_opaque:
        score.unknowns.append((a, b, found))


def _kinds(found: Comparison) -> str:
    reason = found.reasons[0]
    kinds = " / ".join(sorted({operation.kind for operation in reason.operations}))
    return f"{reason.code} {kinds}"


def _show(title: str, listed: list[tuple[str, str, Comparison]], *, every: bool) -> list[str]:
    counts = Counter(_kinds(found) for _, _, found in listed)
    lines = [f"{title}:"] + [f"  {number:5} {kinds}" for kinds, number in counts.most_common()]
    if every:
        lines += [f"  {a} {b}: {found.reasons[0].message}" for a, b, found in listed]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix.score", description=__doc__)
    parser.add_argument("database", choices=DATABASES)
    parser.add_argument("names", nargs="*", help="only pairs with these operations")
    parser.add_argument("--every", action="store_true", help="list every pair")
    options = parser.parse_args()
    score = find_score(options.database, options.names)
    lines = [f"  {a} {b}: {kind}" for a, b, kind in score.false_commutes]
    lines += _show("false alarms", score.false_alarms, every=options.every)
    lines += _show("unknown", score.unknowns, every=options.every)
    print("\n".join((*lines, score.summary())))  # noqa: T201


if __name__ == "__main__":
    main()
