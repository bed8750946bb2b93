"""Pictures of the DAG: what is folded, where things stand, and every format of them."""

from __future__ import annotations

import itertools
import json
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mig.findings import Verdict
from mig.model import Location, Migration
from mig.report.graph import Choice, TextStyle, arrange, render_mermaid, render_text
from mig.report.graph_dot import render_dot
from mig.report.graph_fold import FEWEST, Folded, cut, fold, unfolded
from mig.report.graph_html import render_html, render_json
from mig.report.graph_layout import NARROW, WIDE, lay_out
from mig.report.graph_svg import render_svg
from mig.report.layout import plain
from mig.usecases.picture import Picture, PictureLineage, PictureNode, PicturePair
from tests.unit.report.test_formats import HOSTILE, read_html

Dag = list[tuple[int, ...]]


@st.composite
def dags(draw: st.DrawFn) -> Dag:
    """Nodes in linear order, most of them in lines, as histories are."""
    size = draw(st.integers(1, 40))
    found: Dag = []
    for node in range(size):
        near = st.integers(max(0, node - draw(st.sampled_from([1, 1, 1, 4]))), max(0, node - 1))
        found.append(tuple(sorted(draw(st.sets(near, max_size=2)))) if node else ())
    return found


def reach(parents: list[tuple[int, ...]] | tuple[tuple[int, ...], ...]) -> list[set[int]]:
    """For each node everything before it."""
    found: list[set[int]] = []
    for before in parents:
        found.append({p for one in before for p in (one, *found[one])})
    return found


@given(dags(), st.data())
def test_folding_orders_nothing_that_was_not_ordered_and_keeps_what_was(
    dag: Dag, data: st.DataObject
) -> None:
    kept = data.draw(st.sets(st.integers(0, len(dag) - 1), max_size=4))
    folded = fold(dag, kept)
    assert sorted(node for group in folded.groups for node in group) == list(range(len(dag)))
    for node in kept:
        assert folded.groups[folded.group_of[node]] == (node,)
    before, groups_before = reach(dag), reach(folded.parents)
    for node, other in itertools.product(range(len(dag)), repeat=2):
        here, there = folded.group_of[node], folded.group_of[other]
        if here != there:
            assert (other in before[node]) == (there in groups_before[here])


@given(dags())
def test_no_node_stands_on_another_and_every_parent_stands_below(dag: Dag) -> None:
    layout = lay_out(dag)
    for node, before in enumerate(dag):
        assert all(layout.layers[p] < layout.layers[node] for p in before)
    rows: dict[int, list[tuple[int, int]]] = {}
    for x, layer in zip(layout.xs, layout.layers, strict=True):
        rows.setdefault(layer, []).append((x, WIDE))
    for (parent, _), bends in layout.bends.items():
        for at, x in enumerate(bends):
            rows.setdefault(layout.layers[parent] + 1 + at, []).append((x, NARROW))
    for row in rows.values():
        for (a, wide), (b, wider) in itertools.pairwise(sorted(row)):
            assert b - a >= (wide + wider) / 2 - 1.5
    assert lay_out(dag) == layout


def test_a_line_stands_straight_and_two_sides_stand_beside_each_other() -> None:
    layout = lay_out([(), (0,), (1,), (1,), (2,)])
    assert layout.layers == (0, 1, 2, 2, 3)
    assert layout.xs[0] == layout.xs[1]
    assert layout.xs[2] == layout.xs[4]
    assert layout.xs[1] == (layout.xs[2] + layout.xs[3]) / 2


def test_a_cycle_is_drawn_all_the_same() -> None:
    assert lay_out([(1,), (0,)]).layers == (0, 1)


def test_history_with_branches_that_were_merged_folds_into_one() -> None:
    dag: Dag = [()]
    for _ in range(100):
        last = len(dag) - 1
        dag += [(last,), (last,), (last + 1, last + 2)]
    folded = fold(dag, {len(dag) - 1})
    assert [len(group) for group in folded.groups] == [len(dag) - 1 - 2, 1, 1, 1]
    assert fold(dag[: FEWEST - 1], ()) == unfolded(dag[: FEWEST - 1])


def test_a_long_branch_folds_beside_another() -> None:
    dag: Dag = [(), *((node,) for node in range(10)), (0,), *((node,) for node in range(11, 20))]
    folded = fold(dag, {0, 10, 20})
    assert sorted(len(group) for group in folded.groups) == [1, 1, 1, 9, 9]


def test_the_newest_are_drawn_and_the_rest_is_one() -> None:
    dag: Dag = [(), *((node,) for node in range(19))]
    assert [len(group) for group in cut(dag, (), 3).groups] == [17, 1, 1, 1]
    assert len(cut(dag, {12}, 3).groups[0]) == 12
    assert cut(dag, (), 50) == Folded(*unfolded(dag))


def node(i: str, *parents: str, side: str = "", words: str = "", text: str | None = None) -> PictureNode:
    migration = Migration(id=i, lineage="default", parents=parents, path=f"m/{i}.sql", description=words)
    return PictureNode(migration=migration, parents=parents, side=side, text=text)


def pair(one: str, other: str, words: str = "ours indexes users.email, which theirs renames") -> PicturePair:
    places = (Location(path="m/b.sql", line=3, side="ours"), Location(path="m/c.sql", line=4, side="theirs"))
    return PicturePair(
        ids=(one, other),
        verdict=Verdict.CONFLICT,
        code="MIG302",
        message=words,
        witness=words,
        fix=f"mig rebase --rewrite, {words}",
        places=places,
        lines=((3,), (4, 5)),
    )


def picture() -> Picture:
    past = [node(f"p{n}", *([f"p{n - 1}"] if n else []), words=f"Past {n}") for n in range(20)]
    nodes = (
        *past,
        node("b", "p19", side="ours", words="Index"),
        node("c", "p19", side="theirs", words="Rename"),
    )
    lineage = PictureLineage(name="default", nodes=nodes, pairs=(pair("b", "c"),))
    return Picture(head="feature", base="main", lineages=(lineage,), is_checked=True)


def test_text_draws_lanes_with_the_pairs_numbered_and_told_below() -> None:
    assert plain(render_text(picture(), Choice(), TextStyle())) == (
        "feature against main · 22 migrations · 1 of ours, 1 of theirs · 1 conflict\n"
        "\n"
        "* c theirs [1 conflict] Rename\n"
        "| * b ours [1 conflict] Index\n"
        "|/\n"
        "* p19 Past 19\n"
        "* … 19 migrations …\n"
        "\n"
        "[1 conflict] MIG302  ours indexes users.email, which theirs renames\n"
        "  ours    b  m/b.sql:3\n"
        "  theirs  c  m/c.sql:4\n"
        "  then    ours indexes users.email, which theirs renames\n"
        "  fix     mig rebase --rewrite, ours indexes users.email, which theirs renames\n"
    )


def test_on_a_narrow_terminal_the_marks_stay_and_sentences_are_broken() -> None:
    lines = plain(render_text(picture(), Choice(), TextStyle(width=29))).splitlines()
    assert "* c theirs [1 conflict] Re..." in lines
    assert "  then    ours indexes" in lines
    wider = [line.strip() for line in lines if len(line) > 29]
    assert wider == ["mig rebase --rewrite,"]  # a command is never broken


def test_of_very_many_pairs_some_are_told_and_the_rest_counted() -> None:
    ours = [node(f"o{n}", side="ours") for n in range(20)]
    theirs = [node(f"t{n}", side="theirs") for n in range(20)]
    pairs = tuple(pair(one.id, other.id) for one, other in itertools.product(ours, theirs))
    lineage = PictureLineage(name="default", nodes=(*ours, *theirs), pairs=pairs)
    lines = plain(
        render_text(Picture(head="a", lineages=(lineage,), is_checked=True), Choice(), TextStyle())
    ).splitlines()
    [first] = [line for line in lines if line.startswith("* o0 ")]
    assert "[1 conflict] [2 conflict] [3 conflict] [4 conflict] and 16 more" in first
    assert lines[-1] == "… and 300 more pairs; mig check has all"


def test_nothing_is_folded_where_everything_is_asked_for() -> None:
    assert len(plain(render_text(picture(), Choice(everything=True), TextStyle())).splitlines()) == 31
    [drawing] = arrange(picture(), Choice(most=2))
    assert [len(group) for group in drawing.folded.groups] == [20, 1, 1]


def test_dot_points_from_children_to_parents_and_joins_what_clashes() -> None:
    drawn = render_dot(picture(), Choice())
    assert '  m0_0 [label="… 19 migrations …", ' in drawn
    assert "  m0_1 -> m0_0;" in drawn
    assert '  m0_2 -> m0_3 [dir=none, constraint=false, style=dashed, color="#c92a2a"' in drawn


def test_mermaid_names_a_folded_stretch_by_its_ends() -> None:
    drawn = render_mermaid(picture(), Choice())
    assert '  m0["p0 to p18<br/>#8230; 19 migrations #8230;"]:::published' in drawn
    assert "  m2 x-. conflict .-x m3" in drawn


def test_svg_is_a_picture_with_a_title_and_a_legend() -> None:
    root = ET.fromstring(render_svg(picture(), Choice()))  # noqa: S314 - written by mig itself
    words = " ".join(root.itertext())
    assert "… 19 migrations …" in words
    assert "published" in words
    assert "default" not in words  # the only lineage
    assert root[0].text == "feature against main · 22 migrations · 1 of ours, 1 of theirs · 1 conflict"


def test_json_has_every_migration_with_its_side_and_every_pair() -> None:
    value = json.loads(render_json(picture(), Choice()))
    assert len(value["migrations"]) == 22
    assert value["migrations"][-2] == {
        "id": "b",
        "lineage": "default",
        "parents": ["p19"],
        "path": "m/b.sql",
        "description": "Index",
        "side": "ours",
    }
    assert value["pairs"][0]["lines"] == [[3], [4, 5]]
    assert value["pairs"][0]["migrations"] == ["b", "c"]


def hostile(word: str) -> Picture:
    one, other = node(word, side="ours", words=word, text=word), node(f"{word}2", side="theirs", words=word)
    lineage = PictureLineage(name=word, nodes=(one, other), pairs=(pair(one.id, other.id, word),))
    return Picture(head=word, base=word, lineages=(lineage, lineage), is_checked=True)


@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("name", ["text", "mermaid", "dot", "svg", "html", "json"])
def test_no_picture_lets_a_name_out_of_its_place(name: str, word: str) -> None:
    drawn = {
        "text": lambda p, c: plain(render_text(p, c, TextStyle())),
        "mermaid": render_mermaid,
        "dot": render_dot,
        "svg": render_svg,
        "html": render_html,
        "json": render_json,
    }[name](hostile(word), Choice())
    drawn.encode("utf-8")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e\u2066\u2028\ufffe\uffff]", drawn)
    READERS[name](drawn)


def read_text(drawn: str) -> None:
    tame = plain(render_text(hostile("word"), Choice(), TextStyle()))
    assert len(drawn.splitlines()) == len(tame.splitlines())


def read_mermaid(drawn: str) -> None:
    for line in drawn.splitlines():
        assert re.fullmatch(
            r'flowchart TD|  m\d+\["[^"<>]*<br/>[^"<>]*"\]:::\w+|  m\d+ x-\. conflict \.-x m\d+'
            r"|  (linkStyle|classDef) [\w #:,]+",
            line,
        ), line


def read_dot(drawn: str) -> None:
    """Outside of its strings nothing but mig's own words is left."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "S", drawn)
    assert not re.sub(r"[\w\s{}\[\]=;,<>.-]", "", bare)
    assert bare.count("{") == bare.count("}") == 3


def read_svg(drawn: str) -> None:
    root = ET.fromstring(drawn)  # noqa: S314 - written by mig itself
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "title", "style", "text", "rect", "path", "circle", "g"}


def read_json(drawn: str) -> None:
    assert len(json.loads(drawn)["pairs"]) == 2


READERS = {
    "text": read_text,
    "mermaid": read_mermaid,
    "dot": read_dot,
    "svg": read_svg,
    "html": read_html,
    "json": read_json,
}
