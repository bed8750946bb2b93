from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mig.errors import GraphError
from mig.graph.dag import Graph, build_graph
from mig.graph.reparent import (
    branch_labels,
    heads_by_labels,
    newly_joined,
    stack,
    weak_components,
    with_parents,
)
from mig.model import Migration


def graph(
    drawn: str, *, requires: dict[str, str] | None = None, labels: dict[str, str] | None = None
) -> Graph:
    """A graph drawn as ``child:parent,parent``; file names follow the order of the drawing."""
    migrations = []
    for at, item in enumerate(drawn.split()):
        child, _, parents = item.partition(":")
        migrations.append(
            Migration(
                id=child,
                lineage="default",
                parents=tuple(parents.split(",")) if parents else (),
                path=f"migrations/{at:03}_{child}.sql",
                requires=tuple((requires or {}).get(child, "").split()),
                labels=tuple((labels or {}).get(child, "").split()),
            )
        )
    return build_graph(migrations)


def test_a_chain_moves_as_a_chain() -> None:
    assert stack(graph("a b:a x:a y:x"), {"x", "y"}, "b") == {"x": ("b",)}


def test_ours_that_come_after_it_already_stay() -> None:
    assert stack(graph("a b:a x:b y:x"), {"x", "y"}, "b") == {}


def test_two_chains_are_stacked_in_linear_order() -> None:
    moved = stack(graph("a b:a x1:a y1:a x2:x1"), {"x1", "x2", "y1"}, "b")
    assert moved == {"x1": ("b",), "y1": ("x2",)}


def test_a_fork_within_ours_is_put_into_one_line() -> None:
    moved = stack(graph("a b:a x:a y:x z:x"), {"x", "y", "z"}, "b")
    assert moved == {"x": ("b",), "z": ("y",)}


def test_a_merge_migration_of_theirs_and_ours_keeps_both_sides() -> None:
    moved = stack(graph("a b:a c:b x:a m:b,x"), {"x", "m"}, "c")
    assert moved == {"x": ("c",), "m": ("c", "x")}


def test_a_merge_migration_of_two_published_ones_has_the_new_parent_once() -> None:
    assert stack(graph("a b:a c:a d:b,c m:b,c"), {"m"}, "d") == {"m": ("d",)}


def test_a_root_of_ours_gets_the_parent_too() -> None:
    assert stack(graph("a x"), {"x"}, "a") == {"x": ("a",)}


def test_without_anything_published_the_first_root_stays_a_root() -> None:
    assert stack(graph("x y"), {"x", "y"}, "") == {"y": ("x",)}


def test_requirements_in_both_directions_make_one_line() -> None:
    crossed = graph("a b:a x1:a y1:a x2:x1 y2:y1", requires={"x2": "y1", "y2": "x1"})
    moved = stack(crossed, {"x1", "x2", "y1", "y2"}, "b")
    assert moved == {"x1": ("b",), "y1": ("x1",), "x2": ("y1",), "y2": ("x2",)}


def test_a_published_migration_that_requires_one_of_ours_forbids_it() -> None:
    with pytest.raises(GraphError, match="something published already comes after"):
        stack(graph("a x:a b:a", requires={"b": "x"}), {"x"}, "b")


def test_a_cycle_within_ours_is_named() -> None:
    with pytest.raises(GraphError, match="x -> y -> x"):
        stack(graph("a x:y y:x"), {"x", "y"}, "a")


def test_labels_do_not_pass_to_what_only_depends_on_a_branch() -> None:
    drawn = graph("a e:a c:a f:e d:c", requires={"f": "c"}, labels={"e": "expand", "c": "contract"})
    assert heads_by_labels(drawn) == {frozenset({"expand"}): ("f",), frozenset({"contract"}): ("d",)}


def test_labels_keep_heads_apart() -> None:
    labelled = graph("a b:a c:a d:b e:b", labels={"c": "reports"})
    assert heads_by_labels(labelled) == {frozenset(): ("d", "e"), frozenset({"reports"}): ("c",)}
    assert branch_labels(labelled, "c") == {"reports"}


def test_components_are_held_together_by_parents_among_them() -> None:
    drawn = graph("a b:a c:a m:b,c x:a")
    assert weak_components(drawn, {"b", "c", "m", "x"}) == (("b", "c", "m"), ("x",))


def test_joining_heads_brings_together_what_only_some_have() -> None:
    assert newly_joined(graph("a b:a c:b d:b e:d"), ("c", "e")) == {"c", "d", "e"}


@st.composite
def histories(draw: st.DrawFn) -> tuple[Graph, frozenset[str], str]:
    """A graph, the ids of ours, and the base's only head.

    Published ones form a DAG that the last of them joins; ours have parents on both sides, or none.
    """
    published = [f"p{n:02}" for n in range(draw(st.integers(0, 8)))]
    ours = [f"x{n:02}" for n in range(draw(st.integers(1, 8)))]
    names = draw(st.permutations([*published, *ours]))
    parents: dict[str, tuple[str, ...]] = {}
    for at, i in enumerate(published):
        earlier = published[:at]
        parents[i] = (
            tuple(draw(st.lists(st.sampled_from(earlier), max_size=3, unique=True))) if earlier else ()
        )
    if published:
        last = published[-1]
        named = {p for i in published[:-1] for p in parents[i]}
        parents[last] = tuple(sorted({*parents[last], *(set(published[:-1]) - named)} - {last}))
    requires: dict[str, tuple[str, ...]] = {}
    for at, i in enumerate(ours):
        earlier = [*published, *ours[:at]]
        parents[i] = (
            tuple(draw(st.lists(st.sampled_from(earlier), max_size=3, unique=True))) if earlier else ()
        )
        requires[i] = tuple(draw(st.lists(st.sampled_from(earlier), max_size=1))) if earlier else ()
    migrations = [
        Migration(
            id=i,
            lineage="default",
            parents=parents[i],
            requires=requires.get(i, ()),
            path=f"migrations/{names.index(i):02}.sql",
        )
        for i in (*published, *ours)
    ]
    return build_graph(migrations), frozenset(ours), published[-1] if published else ""


@given(histories())
def test_a_rebase_gives_one_head_and_takes_no_order_away(history: tuple[Graph, frozenset[str], str]) -> None:
    before, ours, onto = history
    moved = stack(before, ours, onto)
    after = with_parents(before, moved)
    assert moved.keys() <= ours
    assert len(after.heads()) == 1
    for i in ours:
        assert after.ancestors(i) >= before.ancestors(i)
        assert not onto or onto in after.ancestors(i)
        assert i not in after.ancestors(i)
    assert after.migrations.keys() == before.migrations.keys()
    assert all(after.migrations[i].requires == before.migrations[i].requires for i in ours)


@given(histories())
def test_a_second_rebase_changes_nothing(history: tuple[Graph, frozenset[str], str]) -> None:
    before, ours, onto = history
    after = with_parents(before, stack(before, ours, onto))
    assert stack(after, ours, onto) == {}


@given(histories())
def test_one_migration_over_the_heads_leaves_one_head(history: tuple[Graph, frozenset[str], str]) -> None:
    before = history[0]
    heads = before.heads()
    merge = Migration(id="m", lineage="default", parents=heads, path="migrations/m.sql")
    assert build_graph((*before.migrations.values(), merge)).heads() == ("m",)
    shared = before.migrations.keys() - newly_joined(before, heads)
    assert all(shared <= before.ancestors(head) | {head} for head in heads)


def test_a_merge_migration_of_ours_keeps_the_order_that_it_declares() -> None:
    plain = graph("a: t:a x:a y:a m:x,y").migrations
    drawn = build_graph(replace(m, order=(("y", "x"),) if m.id == "m" else ()) for m in plain.values())
    moved = with_parents(drawn, stack(drawn, ["x", "y", "m"], "t"))
    assert moved.heads() == ("m",)
    assert moved.ancestors("x") == {"a", "t", "y"}
    assert moved.ancestors("y") == {"a", "t"}
