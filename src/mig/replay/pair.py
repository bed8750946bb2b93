"""Whether two scripts commute on a real database: alone, in both orders, and what differs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

from mig.replay.outcome import Image, find_differences, find_unstable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mig.replay.outcome import Difference, Failure, Outcome
    from mig.schema.image import SchemaImage

_NAMES = ("a", "b")


class Replay(Protocol):
    """A throwaway database: a base, and any number of orders run on it."""

    dialect: str

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def build(self, statements: Sequence[str]) -> Failure | None:
        """Make the base; what failed, or None."""

    def run(
        self, order: Sequence[str], scripts: Mapping[str, Sequence[str]], *, apart: bool = False
    ) -> Outcome:
        """Run scripts on the base, in one session; the base is left as it was.

        ``apart`` asks for a transaction for each script even where that costs more.
        """


class Growing(Replay, Protocol):
    """A throwaway database whose base can grow, so that many pairs are run without building it anew."""

    @property
    def version(self) -> str:
        """The database's name and version, once it is entered."""

    def extend(self, statements: Sequence[str]) -> Failure | None:
        """Add to the base that was built; what failed, or None.

        The failure counts statements from the first that is added.  After it the base must be built anew.
        """

    def schema(self) -> SchemaImage:
        """The schema of the base that was built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOutcome:
    """What replaying a pair showed.

    ``verdict`` is ``commute``, ``conflict``, or ``invalid`` where a script fails on the base by
    itself.  ``kinds`` says why, sorted: ``fails`` (one order fails), ``fails both``, ``schema``,
    ``rows``, ``setting``, ``dead``.  ``dead`` maps what works after each script alone, but not after both,
    to what the database says.
    """

    verdict: str
    kinds: tuple[str, ...] = ()
    alone: tuple[Outcome, Outcome]
    orders: tuple[Outcome, ...] = ()
    differences: tuple[Difference, ...] = ()
    dead: Mapping[str, str] = field(default_factory=dict)


def run_alone(
    replay: Replay, a: Sequence[str], b: Sequence[str], names: tuple[str, str] = _NAMES
) -> tuple[Outcome, Outcome]:
    """Each script by itself on the base."""
    first, second = names
    return replay.run((first,), {first: a}), replay.run((second,), {second: b})


def replay_pair(
    replay: Replay,
    a: Sequence[str],
    b: Sequence[str],
    *,
    names: tuple[str, str] = _NAMES,
    alone: tuple[Outcome, Outcome] | None = None,
) -> PairOutcome:
    """Run two scripts alone and in both orders on the base that was built, and judge what came of it.

    ``alone`` are the outcomes of the single scripts where they are known already.
    """
    alone = alone or run_alone(replay, a, b, names)
    if any(outcome.failure for outcome in alone):
        return PairOutcome(verdict="invalid", alone=alone)
    scripts = dict(zip(names, (a, b), strict=True))
    orders = _run_orders(replay, names, scripts)
    found = judge(alone, orders)
    if found.kinds == ("rows",):
        return _settle_rows(replay, scripts, found)
    return found


def judge(
    alone: tuple[Outcome, Outcome],
    orders: tuple[Outcome, Outcome],
    unstable: frozenset[tuple[str, str]] = frozenset(),
) -> PairOutcome:
    """The verdict on a pair whose single scripts work; cells of ``unstable`` (table, column) do not count."""
    failed = [order for order in orders if order.failure]
    if failed:
        kinds: tuple[str, ...] = ("fails both" if len(failed) > 1 else "fails",)
        return PairOutcome(verdict="conflict", kinds=kinds, alone=alone, orders=orders)
    images = (orders[0].image, orders[1].image)
    differences = find_differences(*images, unstable)
    dead = _find_dead((alone[0].image, alone[1].image), images)
    kinds = tuple(sorted({difference.kind for difference in differences} | ({"dead"} if dead else set())))
    return PairOutcome(
        verdict="conflict" if kinds else "commute",
        kinds=kinds,
        alone=alone,
        orders=orders,
        differences=differences,
        dead=dead,
    )


def _find_dead(alone: tuple[Image, Image], images: tuple[Image, Image]) -> dict[str, str]:
    """What neither script killed by itself, and what only one order kills."""
    by_one = alone[0].dead.keys() | alone[1].dead.keys()
    first, second = images
    together = {**second.dead, **first.dead}
    return {
        name: message
        for name, message in sorted(together.items())
        if (name not in by_one and not _is_renamed(name, alone, first))
        or (name in first.dead) != (name in second.dead)
    }


def _is_renamed(name: str, alone: tuple[Image, Image], image: Image) -> bool:
    """Whether rows that violate a key did so by one script alone, in a table that the other renames."""
    kind, _, table = name.partition(":")
    rows = image.rows.get(table)
    return kind == "rows" and any(
        before.startswith("rows:") and before not in image.dead and one.rows.get(before[5:]) == rows
        for one in alone
        for before in one.dead
    )


def _run_orders(
    replay: Replay, names: tuple[str, str], scripts: Mapping[str, Sequence[str]], *, apart: bool = False
) -> tuple[Outcome, Outcome]:
    first, second = names
    return (
        replay.run((first, second), scripts, apart=apart),
        replay.run((second, first), scripts, apart=apart),
    )


def _settle_rows(replay: Replay, scripts: Mapping[str, Sequence[str]], found: PairOutcome) -> PairOutcome:
    """Run the orders again where rows alone differ, since a clock or a random number may be all there is.

    A column counts no longer where each order differs from itself in it.  Where the scripts shared a
    transaction, and with it the clock, they are run apart: what depends on the clock shows only there.
    """
    names = (found.orders[0].order[0], found.orders[0].order[1])
    unstable = _find_noise(replay, names, scripts, found.orders)
    if not unstable or not any(order.shared for order in found.orders):
        return judge(found.alone, (found.orders[0], found.orders[1]), unstable) if unstable else found
    orders = _run_orders(replay, names, scripts, apart=True)
    if any(order.failure for order in orders):
        return judge(found.alone, orders)
    return judge(found.alone, orders, _find_noise(replay, names, scripts, orders, apart=True))


def _find_noise(
    replay: Replay,
    names: tuple[str, str],
    scripts: Mapping[str, Sequence[str]],
    orders: Sequence[Outcome],
    *,
    apart: bool = False,
) -> frozenset[tuple[str, str]]:
    again = _run_orders(replay, names, scripts, apart=apart)
    noise = [find_unstable(one.image, other.image) for one, other in zip(orders, again, strict=True)]
    return noise[0] & noise[1]
