from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mig.errors import GraphError
from mig.graph.dag import Graph, build_graph, topological
from mig.graph.linearize import find_cycles, find_forks, has_cycle, linearize, maximal
from mig.graph.order import find_wrong_orders, without_orders
from mig.graph.unordered import Unordered, find_order, unordered_pairs
from mig.model import Migration

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping


def migration(
    id: str,
    parents: Iterable[str] = (),
    *,
    name: str = "",
    requires: Iterable[str] = (),
    order: Iterable[tuple[str, str]] = (),
) -> Migration:
    return Migration(
        id=id,
        lineage="default",
        parents=tuple(parents),
        path=f"migrations/{name or id}.sql",
        requires=tuple(requires),
        order=tuple(order),
    )


def graph(drawing: str) -> Graph:
    """A graph as it is drawn: ``a > b > d, a > c > d``."""
    parents: dict[str, set[str]] = {}
    for line in drawing.split(","):
        chain = [part.strip() for part in line.split(">")]
        for i in chain:
            parents.setdefault(i, set())
        for earlier, later in itertools.pairwise(chain):
            parents[later].add(earlier)
    return build_graph(migration(i, sorted(named)) for i, named in parents.items())


@st.composite
def dags(draw: st.DrawFn, *, most: int = 12) -> list[Migration]:
    """Migrations whose parents, requirements and declared orders point to earlier ones only."""
    names = draw(st.lists(st.integers(0, 999), min_size=1, max_size=most, unique=True))
    ids = [f"{number:03}" for number in names]
    made: list[Migration] = []
    for at, i in enumerate(ids):
        earlier = st.lists(st.sampled_from(ids[:at]), max_size=3, unique=True) if at else st.just([])
        parents, requires = draw(earlier), draw(st.one_of(st.just([]), earlier))
        order = [(ids[0], parents[0])] if parents and parents[0] != ids[0] and draw(st.booleans()) else []
        stamp = draw(st.sampled_from(("1", "2", "10")))
        made.append(migration(i, parents, name=f"{stamp}_{i}", requires=requires, order=order))
    return made


def edges_of(migrations: Iterable[Migration]) -> set[tuple[str, str]]:
    """What must come before what, said once more and without the code under test."""
    found = list(migrations)
    here = {m.id for m in found}
    edges = {(p, m.id) for m in found for p in (*m.parents, *m.requires)} | {
        o for m in found for o in m.order
    }
    return {(one, other) for one, other in edges if one in here and other in here}


def closure(migrations: Iterable[Migration]) -> set[tuple[str, str]]:
    """All pairs (earlier, later), by Warshall."""
    found = list(migrations)
    reach = edges_of(found)
    for middle in [m.id for m in found]:
        into = {one for one, other in reach if other == middle}
        out = {other for one, other in reach if one == middle}
        reach |= set(itertools.product(into, out))
    return reach


def test_heads_are_nobodys_parent_and_roots_have_none() -> None:
    drawn = graph("a > b > d, a > c > d, d > e, d > f, x")
    assert drawn.heads() == ("e", "f", "x")
    assert drawn.roots() == ("a", "x")
    assert drawn.missing() == ()


def test_requirements_and_declared_orders_join_no_heads() -> None:
    drawn = build_graph(
        [migration("a"), migration("b", requires=["a"]), migration("c", order=[("a", "b"), ("b", "zz")])]
    )
    assert drawn.heads() == ("a", "b", "c")
    assert drawn.ancestors("b") == {"a"}
    assert "zz" not in drawn


def test_missing_parents_and_requirements_are_named_once_each() -> None:
    drawn = build_graph([migration("b", ["x", "a"], requires=["y", "x"]), migration("a")])
    assert drawn.missing() == (("b", "x"), ("b", "y"))
    assert drawn.before["b"] == ("a",)


def test_a_migration_that_names_itself_is_still_a_head() -> None:
    drawn = build_graph([migration("a", ["a"])])
    assert drawn.heads() == ("a",)
    assert find_cycles(drawn) == (("a",),)


def test_of_two_with_one_id_the_first_counts() -> None:
    first, second = migration("a", name="1"), migration("a", ["b"], name="2")
    assert build_graph([first, second]).migrations["a"] is first


def test_the_beginning_of_an_id_is_enough_if_it_is_one_only() -> None:
    drawn = build_graph([migration("abc1"), migration("abd2"), migration("ab")])
    assert drawn.find("abc") == "abc1"
    assert drawn.find("ab") == "ab"
    with pytest.raises(GraphError, match=r"beginning of 2 ids: abc1 \(abc1.sql\), abd2"):
        build_graph([migration("abc1"), migration("abd2")]).find("ab")
    with pytest.raises(GraphError, match=r"no migration has the id 'abc2'; the nearest: .*abc1"):
        drawn.find("abc2")
    with pytest.raises(GraphError, match="no migration"):
        drawn.find("")


@given(dags())
def test_ancestors_and_descendants_are_those_of_the_closure(migrations: list[Migration]) -> None:
    drawn, reach = build_graph(migrations), closure(migrations)
    for m in migrations:
        assert drawn.ancestors(m.id) == {one for one, other in reach if other == m.id}
        assert drawn.descendants(m.id) == {other for one, other in reach if one == m.id}


@given(dags(), st.randoms(use_true_random=False))
def test_the_graph_does_not_depend_on_the_order_of_its_migrations(
    migrations: list[Migration], rng: random.Random
) -> None:
    shuffled = rng.sample(migrations, len(migrations))
    one, other = build_graph(migrations), build_graph(shuffled)
    assert (one.heads(), one.roots(), one.missing()) == (other.heads(), other.roots(), other.missing())
    assert one.before == other.before
    assert one.after == other.after
    assert linearize(one) == linearize(other)
    ids = [m.id for m in migrations]
    assert list(unordered_pairs(one, ids)) == list(unordered_pairs(other, reversed(ids)))


@given(dags())
def test_a_linear_order_is_a_permutation_that_respects_every_edge(migrations: list[Migration]) -> None:
    order = linearize(build_graph(migrations))
    assert sorted(order) == sorted(m.id for m in migrations)
    place = {i: at for at, i in enumerate(order)}
    assert all(place[one] < place[other] for one, other in edges_of(migrations))


@given(dags())
def test_of_those_that_could_come_next_the_smallest_name_comes_first(migrations: list[Migration]) -> None:
    edges, rest = edges_of(migrations), {m.id: m.path.rpartition("/")[2] for m in migrations}
    for i in linearize(build_graph(migrations)):
        free = [j for j in rest if not any(later == j and earlier in rest for earlier, later in edges)]
        assert i == min(free, key=lambda j: (rest[j], j))
        del rest[i]


def test_the_linear_order_of_a_diamond_is_known() -> None:
    drawn = build_graph(
        [
            migration("dd", ["bb", "cc"], name="20260105_merge"),
            migration("cc", ["aa"], name="20260102_c"),
            migration("bb", ["aa"], name="20260103_b"),
            migration("aa", name="20260104_late_clock"),
            migration("ee", name="20260101_second_root"),
            migration("ab", ["aa"], name="20260102_c"),
        ]
    )
    assert linearize(drawn) == ("ee", "aa", "ab", "cc", "bb", "dd")


def test_names_are_compared_by_code_point_whatever_the_locale() -> None:
    drawn = build_graph(
        migration(i, name=name) for i, name in (("1", "ä"), ("2", "z"), ("3", "B"), ("4", "a"))
    )
    assert linearize(drawn) == ("3", "4", "2", "1")


@given(dags(), st.data())
def test_unordered_pairs_are_those_that_the_closure_does_not_relate(
    migrations: list[Migration], data: st.DataObject
) -> None:
    ids = sorted(m.id for m in migrations)
    chosen = set(data.draw(st.lists(st.sampled_from(ids), unique=True)))
    reach = closure(migrations)
    expected = {
        frozenset(pair)
        for pair in itertools.combinations(ids, 2)
        if pair not in reach and pair[::-1] not in reach and chosen.intersection(pair)
    }
    found = list(unordered_pairs(build_graph(migrations), chosen))
    assert {frozenset(pair) for pair in found} == expected
    assert len(found) == len(expected)
    assert found == sorted(found)
    assert all(one in chosen and (other not in chosen or one < other) for one, other in found)
    assert len(Unordered(build_graph(migrations), chosen)) == len(found)


@given(dags())
def test_the_order_says_of_each_two_what_the_closure_says(migrations: list[Migration]) -> None:
    order, reach = find_order(build_graph(migrations)), closure(migrations)
    ids = [m.id for m in migrations]
    for one, other in itertools.product(ids, ids):
        assert order.is_before(one, other) == ((one, other) in reach), (one, other)


def test_what_all_lines_meet_in_ends_a_stretch() -> None:
    drawn = graph("a > b > d, a > c > d, d > e > g, d > f > g, g > h")
    stretches = [stretch.ids for stretch in find_order(drawn).stretches(drawn.migrations)]
    assert stretches == [("b", "c"), ("e", "f")]


def test_an_open_line_keeps_all_that_follows_in_one_stretch() -> None:
    drawn = graph("a > b > c > d, a > z")
    assert [s.ids for s in find_order(drawn).stretches(["z"])] == [("b", "z", "c", "d")]
    assert list(unordered_pairs(drawn, drawn.migrations)) == [("b", "z"), ("c", "z"), ("d", "z")]


def test_pairs_of_ids_that_are_not_there_are_none() -> None:
    assert list(unordered_pairs(graph("a > b, a > c"), ["zz"])) == []
    assert list(unordered_pairs(graph("a > b, a > c"), ["b", "zz"])) == [("b", "c")]


def test_a_graph_with_a_cycle_orders_nothing() -> None:
    drawn = graph("a > b > c > b, d")
    assert topological(drawn) is None
    assert list(unordered_pairs(drawn, ["d"])) == []
    with pytest.raises(GraphError, match="b -> c -> b") as raised:
        linearize(drawn)
    assert "mig check" in raised.value.hint


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        pytest.param("a > b > c, a > c", (), id="none"),
        pytest.param("a > a", (("a",),), id="self"),
        pytest.param("a > b > c > a", (("a", "b", "c"),), id="ring"),
        pytest.param("r > b > c > b, r > x > y > x", (("b", "c"), ("x", "y")), id="two-knots"),
        pytest.param("a > m, b > m, m > c > a", (("a", "m", "c"),), id="through-a-merge"),
    ],
)
def test_each_knot_gives_one_cycle_from_its_smallest_id(drawing: str, expected: object) -> None:
    drawn = graph(drawing)
    assert has_cycle(drawn) is bool(expected)
    assert find_cycles(drawn) == expected


def test_a_declared_order_against_the_parents_is_a_cycle() -> None:
    drawn = build_graph([migration("a"), migration("b", ["a"]), migration("m", ["b"], order=[("b", "a")])])
    assert find_cycles(drawn) == (("a", "b"),)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_the_cycles_named_are_real_and_there_is_one_for_each_knot(pairs: list[tuple[int, int]]) -> None:
    parents: Mapping[str, list[str]] = {str(i): [str(a) for a, b in pairs if b == i] for i in range(8)}
    migrations = [migration(i, dict.fromkeys(named)) for i, named in parents.items()]
    drawn, reach = build_graph(migrations), closure(migrations)
    cycles = find_cycles(drawn)
    edges = edges_of(migrations)
    for cycle in cycles:
        # "a -> b": b's parent is a.
        assert set(zip(cycle, (*cycle[1:], cycle[0]), strict=True)) <= edges
        assert cycle[0] == min(cycle)
        assert len(set(cycle)) == len(cycle)
    knots = {frozenset(j for j in parents if (i, j) in reach and (j, i) in reach) for i in parents}
    knots.discard(frozenset())
    assert len(cycles) == len(knots)
    assert all(any(set(cycle) <= knot for cycle in cycles) for knot in knots)
    assert cycles == tuple(sorted(cycles))


def test_forks_are_the_last_common_ancestors() -> None:
    drawn = graph("r > a > b > x, b > y, a > c")
    assert find_forks(drawn, ["x", "y"]) == ("b",)
    assert find_forks(drawn, ["x", "y", "c"]) == ("a",)
    assert find_forks(drawn, ["b", "x"]) == ("b",)
    assert find_forks(drawn, []) == ()


def test_crosswise_merges_have_two_forks_and_unrelated_roots_none() -> None:
    assert find_forks(graph("r > a > x, r > b > x, a > y, b > y"), ["x", "y"]) == ("a", "b")
    assert find_forks(graph("a > b, x > y"), ["b", "y"]) == ()


@given(dags(), st.data())
def test_maximal_ids_come_before_no_other_of_them(migrations: list[Migration], data: st.DataObject) -> None:
    chosen = set(data.draw(st.lists(st.sampled_from([m.id for m in migrations]), unique=True)))
    reach = closure(migrations)
    expected = {i for i in chosen if not any((i, other) in reach for other in chosen)}
    assert maximal(build_graph(migrations), chosen) == tuple(sorted(expected))


def test_questions_to_a_long_chain_need_no_recursion() -> None:
    ids = [f"{i:05}" for i in range(5000)]
    drawn = build_graph(migration(i, ids[at - 1 : at] if at else ()) for at, i in enumerate(ids))
    assert linearize(drawn) == tuple(ids)
    assert len(drawn.ancestors(ids[-1])) == 4999
    assert list(unordered_pairs(drawn, ids)) == []
    assert find_cycles(drawn) == ()


def test_all_after_the_second_come_after_all_before_the_first() -> None:
    drawn = build_graph(
        [
            *graph("r > x > a, r > b > y").migrations.values(),
            migration("m", ["a", "y"], order=[("a", "b")]),
        ]
    )
    assert drawn.ancestors("y") == {"r", "x", "a", "b"}
    assert list(unordered_pairs(drawn, drawn.migrations)) == []
    assert linearize(drawn) == ("r", "x", "a", "b", "y", "m")
    assert drawn.heads() == ("m",)
    assert without_orders(drawn).ancestors("y") == {"r", "b"}


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        pytest.param([("a", "b")], [], id="holds"),
        pytest.param([("r", "b")], [], id="holds-already"),
        pytest.param([("a", "zz")], ["there is no migration zz"], id="unknown"),
        pytest.param([("a", "m")], ["m does not come before m"], id="itself"),
        pytest.param([("a", "c")], ["c does not come before m"], id="not-behind"),
        pytest.param([("a", "r")], ["r comes before a already"], id="other-way"),
        pytest.param(
            [("a", "b"), ("b", "a")],
            ["another declared order puts b before a", "another declared order puts a before b"],
            id="both-ways",
        ),
    ],
)
def test_orders_that_cannot_hold_say_why(orders: list[tuple[str, str]], said: list[str]) -> None:
    drawn = build_graph(
        [*graph("r > a, r > b, r > c").migrations.values(), migration("m", ["a", "b"], order=orders)]
    )
    assert [wrong.why for wrong in find_wrong_orders(drawn)] == said
