"""Holds the rules against scripts that nobody wrote: ``python -m tests.matrix.generated sqlite -n 5000``.

Bases and scripts come from the grammar; each pair is run in both orders on a real database and compared by
the rules.  Prints every false commute with the fewest statements that still show it, and the shares of
false alarms and of unknown.  An alarm counts as false here if the orders agree on the rows of this base,
which other rows might not, so that its share is an upper bound.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.conflicts.closure import build_schema, close
from mig.conflicts.compare import compare_closures
from mig.findings import Verdict
from mig.replay.pair import replay_pair
from tests.matrix.corpus import DATABASES
from tests.matrix.grammar import Writer, make_base, read_grammar
from tests.matrix.oracle import make_replay, open_server
from tests.matrix.score import read_footprint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mig.conflicts.closure import Closure
    from mig.conflicts.compare import Comparison
    from mig.conflicts.schema import Schema
    from mig.replay.outcome import Outcome
    from mig.replay.pair import PairOutcome, Replay
    from tests.matrix.grammar import Choose, Grammar

Script = tuple[str, ...]
_PAIRS_PER_BASE = 100
_SCRIPTS_PER_BASE = 24
_DATA = frozenset({"MIG305", "MIG306"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A base and two scripts as they are written, whether they work or not."""

    base: Script
    a: Script
    b: Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """A script that works by itself on its base."""

    script: Script
    outcome: Outcome
    closure: Closure
    is_opaque: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One pair: what the rules say of it, and what the database."""

    base: Script
    a: Script
    b: Script
    comparison: Comparison
    real: PairOutcome
    is_opaque: bool

    @property
    def is_false_commute(self) -> bool:
        is_called_commuting = self.comparison.verdict is Verdict.COMMUTE
        return is_called_commuting and self.real.verdict == "conflict" and not self._is_broken_alone()

    def _is_broken_alone(self) -> bool:
        """Whether all that is dead in both orders is so by a mistake that one script makes by itself."""
        known = {said for outcome in self.real.alone for said in outcome.image.dead.values()}
        is_same = all(order.image.dead.keys() >= self.real.dead.keys() for order in self.real.orders)
        return self.real.kinds == ("dead",) and is_same and known.issuperset(self.real.dead.values())

    @property
    def is_false_alarm(self) -> bool:
        return self.comparison.verdict is Verdict.CONFLICT and self.real.verdict == "commute"

    @property
    def is_unknown(self) -> bool:
        return self.comparison.verdict is Verdict.UNKNOWN and not self.is_opaque

    def show(self) -> str:
        """The pair as SQL, with what the database says of it."""
        lines = ["-- base", *self.base, "-- a", *self.a, "-- b", *self.b, f"-- really: {self.real.kinds}"]
        lines += [f"--   {o.order}: {o.failure.message}" for o in self.real.orders if o.failure]
        lines += [f"--   {d}" for d in self.real.differences[:4]]
        lines += [f"--   dead {name}: {said}" for name, said in self.real.dead.items()]
        lines += [f"-- rules: {self.comparison.verdict.value}"]
        lines += [f"--   {r.code} {r.message} {r.resources}" for r in self.comparison.reasons[:2]]
        return "\n".join(lines)


@dataclass(kw_only=True)
class Ground:
    """A base on a throwaway database, and the same as the rules see it."""

    database: str
    replay: Replay
    base: Script = ()
    schema: Schema = field(init=False)

    def build(self, base: Sequence[str]) -> None:
        """Make the base, without the statements that need what this one does not have."""
        statements = list(base)
        while (failure := self.replay.build(statements)) is not None:
            del statements[failure.statement]
        self.base = tuple(statements)
        self.schema = build_schema([read_footprint(self.base, self.database)], self.database)

    def try_alone(self, script: Sequence[str]) -> Alone | None:
        """A script without its statements that fail; None where no other is left."""
        statements = list(script)
        while statements:
            outcome = self.replay.run(("a",), {"a": statements})
            if outcome.failure is None:
                footprint = read_footprint(statements, self.database)
                return Alone(
                    script=tuple(statements),
                    outcome=outcome,
                    closure=close(footprint, self.schema),
                    is_opaque=footprint.is_opaque,
                )
            del statements[outcome.failure.statement]
        return None

    def try_pair(self, a: Alone, b: Alone) -> Trial:
        return Trial(
            base=self.base,
            a=a.script,
            b=b.script,
            comparison=compare_closures(a.closure, b.closure, self.schema, self.database),
            real=replay_pair(self.replay, a.script, b.script, alone=(a.outcome, b.outcome)),
            is_opaque=a.is_opaque or b.is_opaque,
        )

    def try_case(self, case: Case) -> Trial | None:
        """A pair on the base that is built, without the statements that fail; None where no other is left."""
        a, b = self.try_alone(case.a), self.try_alone(case.b)
        return None if a is None or b is None else self.try_pair(a, b)

    def shrink(self, trial: Trial) -> Trial:
        """The same false commute with the fewest statements that show it."""
        shrunk = trial
        while (less := next(self._fewer(shrunk), None)) is not None:
            shrunk = less
        return shrunk

    def _fewer(self, trial: Trial) -> Iterator[Trial]:
        """The trial without one of its statements, where that still shows it."""
        for base, a, b in _without_one(trial):
            if base != self.base:
                self.build(base)
            first, second = self.try_alone(a), self.try_alone(b)
            if first is None or second is None or (self.base, first.script, second.script) != (base, a, b):
                continue
            less = self.try_pair(first, second)
            if less.is_false_commute:
                yield less


def _without_one(trial: Trial) -> Iterator[tuple[Script, Script, Script]]:
    whole = (trial.base, trial.a, trial.b)
    for place in (1, 2, 0):
        for at in range(len(whole[place])):
            left = list(whole)
            left[place] = whole[place][:at] + whole[place][at + 1 :]
            if left[1] and left[2]:
                yield left[0], left[1], left[2]


def write_case(grammar: Grammar, choose: Choose, base: Script) -> Case:
    """A pair of scripts about the same few tables."""
    tables = choose_tables(grammar, choose)
    a, b = (write_script(grammar, base, tables, choose) for _ in range(2))
    return Case(base=base, a=a, b=b)


def choose_tables(grammar: Grammar, choose: Choose) -> tuple[str, ...]:
    """Three tables at most: the fewer there are, the more the scripts meet."""
    return tuple(choose(grammar.names["t"]) for _ in range(3))


def write_script(grammar: Grammar, base: Script, tables: Sequence[str], choose: Choose) -> Script:
    """One to four statements."""
    return Writer(grammar, base, tables, choose).write(choose((1, 1, 2, 3, 4)))


@dataclass(kw_only=True)
class Tally:
    """Counts of many trials."""

    database: str
    pairs: int = 0
    commuting: int = 0
    readable: int = 0
    false_commutes: list[Trial] = field(default_factory=list)
    false_alarms: list[Trial] = field(default_factory=list)
    unknown: list[Trial] = field(default_factory=list)
    shown: set[frozenset[Script]] = field(default_factory=set)

    def add(self, trial: Trial) -> None:
        self.pairs += 1
        self.commuting += trial.real.verdict == "commute"
        self.readable += not trial.is_opaque
        if trial.is_false_commute:
            self.false_commutes.append(trial)
        elif trial.is_false_alarm:
            self.false_alarms.append(trial)
        elif trial.is_unknown:
            self.unknown.append(trial)

    def summary(self) -> str:
        alarms, unknown = len(self.false_alarms), len(self.unknown)
        data = sum(trial.comparison.reasons[0].code in _DATA for trial in self.false_alarms)
        return (
            f"{self.database}: {self.pairs} pairs, {self.commuting} commute; "
            f"false commutes {len(self.false_commutes)}, "
            f"false alarms {alarms} ({100 * alarms / max(self.commuting, 1):.1f} % of what commutes; "
            f"{data} of them about data, of which other rows may show more), "
            f"unknown {unknown} ({100 * unknown / max(self.readable, 1):.1f} % of what can be read)"
        )

    def show_new(self, shrunk: Trial) -> str:
        """A false commute as SQL, once where others come down to the same."""
        sides = frozenset({shrunk.a, shrunk.b})
        if sides in self.shown:
            return ""
        self.shown.add(sides)
        return f"\n{shrunk.show()}\n"

    def causes(self) -> list[str]:
        """Which operations the false alarms are about, commonest first."""
        counts = Counter(_cause(trial) for trial in self.false_alarms)
        return [f"{number:5} {cause}" for cause, number in counts.most_common(25)]


def _cause(trial: Trial) -> str:
    reason = trial.comparison.reasons[0]
    return f"{reason.code} " + " / ".join(sorted(operation.kind for operation in reason.operations))


def run_trials(database: str, count: int, seed: int, url: str) -> Iterator[tuple[Ground, Trial]]:
    """Pairs on bases that change every so often; the scripts of one base meet one another."""
    chance = random.Random(seed)  # noqa: S311 - the same pairs for the same seed
    grammar = read_grammar(database)
    with make_replay(database, url) as replay:
        ground = Ground(database=database, replay=replay)
        for _ in range(0, count, _PAIRS_PER_BASE):
            ground.build(make_base(grammar, chance.choice))
            base, tables = ground.base, choose_tables(grammar, chance.choice)
            written = (write_script(grammar, base, tables, chance.choice) for _ in range(_SCRIPTS_PER_BASE))
            scripts = [alone for script in written if (alone := ground.try_alone(script)) is not None]
            for _ in range(_PAIRS_PER_BASE):
                if ground.base != base:
                    ground.build(base)
                yield ground, ground.try_pair(*chance.sample(scripts, 2))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix.generated", description=__doc__)
    parser.add_argument("database", choices=DATABASES)
    parser.add_argument("-n", type=int, default=1000, dest="count", help="pairs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--alarms", action="store_true", help="show every false alarm")
    options = parser.parse_args()
    tally = Tally(database=options.database)
    with open_server(options.database) as url:
        for ground, trial in run_trials(options.database, options.count, options.seed, url):
            tally.add(trial)
            if trial.is_false_commute:
                print(tally.show_new(ground.shrink(trial)), end="", flush=True)  # noqa: T201
            elif options.alarms and trial.is_false_alarm:
                print(f"\n{trial.show()}", flush=True)  # noqa: T201
    print("\n".join(("", *tally.causes(), tally.summary())))  # noqa: T201
    sys.exit(1 if tally.false_commutes else 0)


if __name__ == "__main__":
    main()
