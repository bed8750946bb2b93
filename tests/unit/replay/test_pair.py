from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.replay.outcome import Failure, Image, Outcome, find_differences, find_unstable, sorted_rows
from mig.replay.pair import judge, replay_pair

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self


def image(
    objects: Mapping[str, str] | None = None,
    rows: Sequence[tuple[object, ...]] = (),
    dead: Sequence[str] = (),
) -> Image:
    """An image whose only table has columns k and v."""
    return Image(
        objects=objects or {},
        rows={"t": sorted_rows(["k", "v"], rows)},
        dead=dict.fromkeys(dead, "no such table"),
    )


def left(*images: Image) -> tuple[Outcome, Outcome]:
    first, second = images
    return Outcome(order=("a", "b"), image=first), Outcome(order=("b", "a"), image=second)


def failed(*order: str) -> Outcome:
    return Outcome(
        order=order, failure=Failure(script=order[-1], statement=0, text="DROP TABLE t", message="no t")
    )


ALONE = left(image(), image())


def test_equal_images_commute() -> None:
    assert judge(ALONE, left(image({"x": "1"}), image({"x": "1"}))).verdict == "commute"


@pytest.mark.parametrize(
    ("orders", "kind"),
    [
        pytest.param((failed("a", "b"), left(image(), image())[1]), "fails", id="one order fails"),
        pytest.param((failed("a", "b"), failed("b", "a")), "fails both", id="both orders fail"),
        pytest.param(left(image({"x": "1"}), image({"x": "2"})), "schema", id="an object differs"),
        pytest.param(left(image({"x": "1"}), image()), "schema", id="an object is missing"),
        pytest.param(left(image(rows=[(1, 2)]), image(rows=[(1, 3)])), "rows", id="a row differs"),
        pytest.param(left(image(rows=[(1, 2)]), image(rows=[(1, 2)] * 2)), "rows", id="a row is there twice"),
        pytest.param(
            left(image({"setting:path": "a"}), image({"setting:path": "b"})), "setting", id="a setting"
        ),
        pytest.param(left(image(dead=["v"]), image(dead=["v"])), "dead", id="dead after both orders"),
        pytest.param(left(image(dead=["v"]), image()), "dead", id="dead after one order"),
    ],
)
def test_conflicts_are_of_a_kind(orders: tuple[Outcome, Outcome], kind: str) -> None:
    found = judge(ALONE, orders)
    assert (found.verdict, found.kinds) == ("conflict", (kind,))


def test_what_a_script_kills_by_itself_is_no_conflict() -> None:
    alone = left(image(dead=["v"]), image())
    assert judge(alone, left(image(dead=["v"]), image(dead=["v"]))).verdict == "commute"


def test_what_only_one_order_leaves_dead_is_a_conflict_whoever_killed_it() -> None:
    alone = left(image(dead=["v"]), image())
    assert judge(alone, left(image(dead=["v"]), image())).kinds == ("dead",)


def test_order_of_rows_and_columns_is_no_difference() -> None:
    first = Image(rows={"t": sorted_rows(["k", "v"], [(1, None), (2, "x")])})
    second = Image(rows={"t": sorted_rows(["v", "k"], [("x", 2), (None, 1)])})
    assert find_differences(first, second) == ()


def test_a_null_is_not_the_text_none() -> None:
    assert find_differences(image(rows=[(1, None)]), image(rows=[(1, "None")]))


def test_a_difference_shows_the_rows_that_the_other_has_not_got() -> None:
    (found,) = find_differences(image(rows=[(1, 2), (3, 4)]), image(rows=[(1, 2), (3, 5)]))
    assert (found.resource, found.first, found.second) == ("rows:t", "k=3, v=4", "k=3, v=5")


def test_many_rows_are_counted_and_not_all_shown() -> None:
    (found,) = find_differences(image(rows=[(n, n) for n in range(9)]), image())
    assert found.first.endswith("and 6 more")


def test_unstable_columns_are_those_that_differ_from_run_to_run() -> None:
    assert find_unstable(image(rows=[(1, "10:00")]), image(rows=[(1, "10:05")])) == {("t", "v")}


class Clock:
    """A database in which script b writes the time, and in which each run takes a minute."""

    dialect = "clock"

    def __init__(self, *, shared: bool, late: bool = False) -> None:
        self.now = 0
        self.shared = shared
        self.late = late  # run apart, one order keeps fewer rows

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def build(self, statements: Sequence[str]) -> Failure | None:
        return None

    def run(
        self, order: Sequence[str], scripts: Mapping[str, Sequence[str]], *, apart: bool = False
    ) -> Outcome:
        self.now += 1
        rows = [(1, self.now)] if not (self.late and apart and order == ("a", "b")) else []
        return Outcome(order=tuple(order), image=image(rows=rows), shared=self.shared and not apart)


def test_a_clock_alone_is_no_conflict() -> None:
    assert replay_pair(Clock(shared=False), ["a"], ["b"]).verdict == "commute"


def test_what_depends_on_the_clock_is_settled_in_transactions_apart() -> None:
    assert replay_pair(Clock(shared=True), ["a"], ["b"]).verdict == "commute"
    assert replay_pair(Clock(shared=True, late=True), ["a"], ["b"]).kinds == ("rows",)
