from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mig.report.graph_text import Row, draw

Parents = dict[str, tuple[str, ...]]


def graph(edges: str) -> Parents:
    """A graph written as ``child:parent,parent``, from top to bottom."""
    parents: Parents = {}
    for item in edges.split():
        child, _, named = item.partition(":")
        parents[child] = tuple(named.split(",")) if named else ()
    return parents


def drawing(rows: list[Row]) -> str:
    return "".join(f"{row.text} {row.id}".rstrip() + "\n" for row in rows)


CHAIN = """
* c
* b
* a
"""

TWO_HEADS = """
* c
| * b
|/
* a
"""

MERGE = """
* d
|\\
| * c
* | b
|/
* a
"""

MERGE_OF_THREE = """
* m
|\\
|\\ \\
| | * c
* | | a
|_|/
| * b
|/
* r
"""

TWO_ROOTS = """
* b

* a
"""

ROOT_BESIDE_A_LANE = """
* d
| * c
* | b
 /
* a
"""

FAR_JOIN = """
* d
| * c
| | * b
|_|/
| * x
* a
"""

CRISS_CROSS = """
* f
|\\
| | * g
| | |\\
| |/ /
|_|/
| * e
* | d
|/
* r
"""


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        pytest.param("", "\n", id="nothing"),
        pytest.param("c:b b:a a", CHAIN, id="chain"),
        pytest.param("c:a b:a a", TWO_HEADS, id="two-heads"),
        pytest.param("d:b,c c:a b:a a", MERGE, id="merge"),
        pytest.param("m:a,b,c c:r a:r b:r r", MERGE_OF_THREE, id="merge-of-three"),
        pytest.param("f:d,e g:e,d e:r d:r r", CRISS_CROSS, id="criss-cross"),
        pytest.param("d:b c:a b a", ROOT_BESIDE_A_LANE, id="root-beside-a-lane"),
        pytest.param("b a", TWO_ROOTS, id="two-roots"),
        pytest.param("d:a c:x b:a x a", FAR_JOIN, id="far-join"),
    ],
)
def test_small_graphs_look_like_this(edges: str, expected: str) -> None:
    parents = graph(edges)
    assert "\n" + drawing(list(draw(parents, parents))) == expected


@st.composite
def graphs(draw_: st.DrawFn) -> Parents:
    """DAGs of up to twelve migrations, children before parents, with any number of heads and roots."""
    size = draw_(st.integers(0, 12))
    names = [f"n{number}" for number in range(size)]
    return {
        name: tuple(draw_(st.lists(st.sampled_from(names[at + 1 :]), max_size=4))) if at + 1 < size else ()
        for at, name in enumerate(names)
    }


def trace(rows: list[Row]) -> set[tuple[str, str]]:
    """The edges that a reader sees who follows the lanes downwards."""
    edges: set[tuple[str, str]] = set()
    flows: dict[int, set[str]] = {}
    for row in rows:
        below: dict[int, set[str]] = {}
        for column, glyph in enumerate(row.text):
            if glyph in " _":
                continue
            start, end = move(row.text, column)
            flow = flows.get(start, set())
            if glyph == "*":
                edges |= {(child, row.id) for child in flow}
                flow = {row.id}
            assert flow, f"a lane comes from nothing in {row.text!r}"
            below.setdefault(end, set()).update(flow)
        flows = below
    return edges


def move(text: str, column: int) -> tuple[int, int]:
    """The lanes that a glyph leads from and to."""
    if text[column] in "|*":
        assert column % 2 == 0
        return column // 2, column // 2
    assert column % 2 == 1
    if text[column] == "\\":
        return column // 2, column // 2 + 1
    start, end = column // 2 + 1, column // 2
    while end > 0 and text[2 * end - 1] == "_":
        end -= 1
    return start, end


@given(graphs())
def test_a_drawing_shows_every_migration_once_and_every_edge_and_no_other(parents: Parents) -> None:
    rows = list(draw(parents, parents))
    assert [row.id for row in rows if row.id] == list(parents)
    assert trace(rows) == {(child, parent) for child, named in parents.items() for parent in named}


@given(graphs())
def test_every_glyph_has_a_colour_and_no_row_ends_in_space(parents: Parents) -> None:
    for row in draw(parents, parents):
        spans = list(row.spans(unicode=False))
        assert "".join(span.text for span in spans) == row.text == row.text.rstrip()
        assert all(span.style.startswith("lane") for span in spans if span.text != " ")


def test_a_lane_keeps_its_colour_where_it_moves() -> None:
    parents = graph("d:b,c c:a b:a a")
    rows = list(draw(parents, parents))
    tints = [[span.style for span in row.spans(unicode=False) if span.text != " "] for row in rows]
    assert tints == [
        ["lane0"],
        ["lane0", "lane1"],
        ["lane0", "lane1"],
        ["lane0", "lane1"],
        ["lane0", "lane1"],
        ["lane0"],
    ]


def test_a_terminal_with_unicode_gets_lines_that_join() -> None:
    parents = graph("c:a b:a a")
    rows = list(draw(parents, parents))
    shown = ["".join(span.text for span in row.spans(unicode=True)) for row in rows]
    assert shown == ["●", "│ ●", "│\N{BOX DRAWINGS LIGHT DIAGONAL UPPER RIGHT TO LOWER LEFT}", "●"]


def test_lanes_stay_few_where_many_heads_share_one_parent() -> None:
    parents = {**{f"head{number}": ("root",) for number in range(10_000)}, "root": ()}
    assert max(len(row.text) for row in draw(parents, parents)) == 3
