from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mig.errors import GraphError, RunnerError, UsageError
from mig.findings import Finding, Severity
from mig.graph.dag import Graph, build_graph
from mig.graph.linearize import linearize
from mig.graph.order import find_unreconciled
from mig.model import Lineage, LineageSnapshot, Location, Migration
from mig.runner.history import Applied
from mig.runner.plan import Direction, Goal, Plan, find_goal, make_plan, refuse_unsettled, sound_graph
from mig.runner.reconcile import choose


def migration(id: str, *parents: str, order: tuple[tuple[str, str], ...] = ()) -> Migration:
    return Migration(
        id=id, lineage="default", parents=parents, path=f"m/{id}.sql", checksum=f"sum-{id}", order=order
    )


def draw(text: str) -> Graph:
    """The graph of a drawing such as ``a > b > d, a > c > d``."""
    parents: dict[str, list[str]] = {}
    for chain in text.split(","):
        names = [name.strip() for name in chain.split(">")]
        for name in names:
            parents.setdefault(name, [])
        for parent, child in itertools.pairwise(names):
            parents[child].append(parent)
    return build_graph(migration(name, *named) for name, named in parents.items())


def applied(*ids: str, parents: dict[str, tuple[str, ...]] | None = None) -> tuple[Applied, ...]:
    return tuple(
        Applied(
            seq=seq,
            id=id,
            lineage="default",
            parents=(parents or {}).get(id, ()),
            description="",
            checksum=f"sum-{id}",
            state="applied",
            statement=0,
            applied_at="2026-01-01T00:00:00.000Z",
            applied_by="ada@host",
            duration_ms=1,
            git_commit="",
            git_branch="",
            tool_version="",
        )
        for seq, id in enumerate(ids, 1)
    )


def plan(graph: Graph, rows: tuple[Applied, ...], direction: str, target: str = "") -> Plan:
    return make_plan(graph, rows, find_goal(graph, rows, direction, target))


def steps(graph: Graph, rows: tuple[Applied, ...], direction: str, target: str = "") -> str:
    signs = {Direction.UP: "+", Direction.DOWN: "-"}
    return " ".join(
        f"{signs[step.direction]}{step.id}" for step in plan(graph, rows, direction, target).steps
    )


DIAMOND = "a > b > d, a > c > d"


@pytest.mark.parametrize(
    ("drawing", "have", "direction", "target", "expected"),
    [
        pytest.param("a > b > c", "", "up", "", "+a +b +c", id="up-all"),
        pytest.param("a > b > c", "a", "up", "", "+b +c", id="up-rest"),
        pytest.param("a > b > c", "a b c", "up", "", "", id="up-nothing"),
        pytest.param("a > b > c", "", "up", "b", "+a +b", id="up-id"),
        pytest.param("a > b > c", "a", "up", "+1", "+b", id="up-count"),
        pytest.param(DIAMOND, "a c", "up", "head", "+b +d", id="up-met-in-another-order"),
        pytest.param("a > b, a > c", "", "up", "heads", "+a +b +c", id="up-heads"),
        pytest.param("a > b, a > c", "", "up", "c", "+a +c", id="up-one-of-two-heads"),
        pytest.param("a > b > c", "a b c", "down", "", "-c", id="down-default"),
        pytest.param("a > b > c", "a b c", "down", "-2", "-c -b", id="down-count"),
        pytest.param("a > b > c", "a b c", "down", "a", "-c -b", id="down-id-stays"),
        pytest.param("a > b > c", "a b c", "down", "base", "-c -b -a", id="down-base"),
        pytest.param("a > b > c", "a b c", "down", "c", "", id="down-nothing"),
        pytest.param(DIAMOND, "a c b d", "down", "c", "-d", id="down-leaves-what-does-not-depend"),
        pytest.param(
            DIAMOND, "a c b d", "down", "base", "-d -b -c -a", id="down-in-reverse-order-of-application"
        ),
        pytest.param("a > b > c", "c b a", "down", "base", "-c -b -a", id="down-dependents-first"),
        pytest.param("a > b > c", "c b a", "down", "-1", "-c -b -a", id="down-takes-dependents-along"),
        pytest.param("a > b > c", "a b c", "redo", "", "-c +c", id="redo-newest"),
        pytest.param("a > b > c", "a b c", "redo", "b", "-c -b +b +c", id="redo-with-dependents"),
        pytest.param("a > b > c", "a b c", "redo", "-2", "-c -b +b +c", id="redo-count"),
        pytest.param("a > b", "a x b", "down", "-2", "-b -x", id="down-counts-what-is-not-in-the-repository"),
    ],
)
def test_plans(drawing: str, have: str, direction: str, target: str, expected: str) -> None:
    assert steps(draw(drawing), applied(*have.split()), direction, target) == expected


def test_what_is_not_in_the_repository_is_reverted_with_its_parent() -> None:
    rows = applied("a", "x", "b", parents={"x": ("a",)})
    assert steps(draw("a > b"), rows, "down", "a") == "-b -x"


@pytest.mark.parametrize(
    ("direction", "target", "message"),
    [
        pytest.param("up", "zzz", "no migration has the id 'zzz'", id="unknown"),
        pytest.param("up", "ab", "'ab' is the beginning of 2 ids: abc .*, abd", id="ambiguous"),
        pytest.param("down", "ab", "'ab' is the beginning of 2 ids: abc .*, abd", id="ambiguous-applied"),
        pytest.param("down", "xyz", "xyz is not applied", id="not-applied"),
        pytest.param("up", "+9", "1 migrations are pending, so it cannot be 9", id="too-many-up"),
        pytest.param("down", "-9", "2 migrations are applied, so it cannot be 9", id="too-many-down"),
        pytest.param("up", "-1", "mig up cannot go to -1", id="up-minus"),
        pytest.param("up", "base", "mig up cannot go to base", id="up-base"),
        pytest.param("down", "+1", "mig down cannot go to [+]1", id="down-plus"),
        pytest.param("down", "heads", "mig down cannot go to heads", id="down-heads"),
    ],
)
def test_a_target_that_cannot_be_reached_says_why_and_what_to_do(
    direction: str, target: str, message: str
) -> None:
    graph = draw("abc > abd > xyz")
    with pytest.raises((GraphError, RunnerError), match=message) as caught:
        plan(graph, applied("abc", "abd"), direction, target)
    assert caught.value.hint


@pytest.mark.parametrize("target", ["", "head"])
def test_several_heads_are_refused_unless_all_are_meant(target: str) -> None:
    with pytest.raises(RunnerError, match="2 heads: b, c") as caught:
        plan(draw("a > b, a > c"), (), "up", target)
    assert "mig merge" in caught.value.hint


def test_redo_of_a_migration_whose_file_is_gone_is_refused() -> None:
    with pytest.raises(RunnerError, match="x is not in the repository"):
        plan(draw("a"), applied("a", "x"), "redo")


@pytest.mark.parametrize(
    ("have", "expected"),
    [
        pytest.param("a", "+b +c +m", id="neither"),
        pytest.param("a b", "+c +m", id="only-the-first"),
        pytest.param("a b c", "+m", id="both"),
    ],
)
def test_a_declared_order_is_kept(have: str, expected: str) -> None:
    assert steps(ordered("b", "c"), applied(*have.split()), "up") == expected


def test_a_declared_order_goes_before_file_names() -> None:
    assert steps(ordered("c", "b"), (), "up") == "+a +c +b +m"


def test_a_database_that_has_only_the_second_of_an_order_is_refused() -> None:
    said = r"needs reconciliation: m/m\.sql puts b before c, but this database has only c"
    with pytest.raises(RunnerError, match=said) as refused:
        plan(ordered("b", "c"), applied("a", "c"), "up")
    assert refused.value.hint.startswith("mig redo c ")


def test_what_the_first_of_an_order_comes_after_is_too_late_as_well() -> None:
    merge = migration("m", "b", "c", order=(("b", "c"),))
    drawn = build_graph((*draw("a > x > b, a > c").migrations.values(), merge))
    (found,) = find_unreconciled(drawn, ("a", "c"))
    assert (found.first, found.second, found.missing) == ("b", "c", ("b", "x"))
    with pytest.raises(RunnerError, match="needs reconciliation"):
        plan(drawn, applied("a", "c"), "up", "x")
    assert find_unreconciled(drawn, ("a", "x", "b", "c")) == ()
    assert find_unreconciled(drawn, ("a", "b")) == ()


def test_redoing_the_second_of_an_order_makes_it_good() -> None:
    assert steps(ordered("b", "c"), applied("a", "c"), "redo", "c") == "-c +b +c"
    assert steps(ordered("b", "c"), applied("a", "c"), "down", "a") == "-c"


def test_a_person_decides_about_what_comes_too_late() -> None:
    drawn, rows = ordered("b", "c"), applied("a", "c")
    goal = find_goal(drawn, rows, "up", "")
    late = make_plan(drawn, rows, goal, choose(drawn, ["b"], []))
    assert [(step.id, step.recorded) for step in late.steps] == [("b", False), ("m", False)]
    recorded = make_plan(drawn, rows, goal, choose(drawn, [], ["b"]))
    assert [(step.id, step.recorded) for step in recorded.steps] == [("b", True), ("m", False)]
    with pytest.raises(RunnerError, match="m does not come too late"):
        make_plan(drawn, rows, goal, choose(drawn, ["b", "m"], []))
    with pytest.raises(UsageError, match="b cannot be both"):
        choose(drawn, ["b"], ["b"])
    with pytest.raises(GraphError, match="no migration has the id 'zz'"):
        choose(drawn, ["zz"], [])


def ordered(first: str, second: str) -> Graph:
    merge = migration("m", "b", "c", order=((first, second),))
    return build_graph((migration("a"), migration("b", "a"), migration("c", "a"), merge))


def test_a_pending_migration_beneath_an_applied_one_is_named() -> None:
    assert plan(draw("a > b > c"), applied("a", "c"), "up").late == (("b", "c"),)


def test_an_interrupted_migration_stops_everything() -> None:
    (row,) = applied("a")
    with pytest.raises(RunnerError, match=r"a was interrupted while it was being applied \(MIG404\)"):
        refuse_unsettled((replace(row, state="running", duration_ms=None),))
    with pytest.raises(RunnerError, match="being reverted"):
        refuse_unsettled((replace(row, state="failed"),))


def lineage(*migrations: Migration, findings: tuple[Finding, ...] = ()) -> LineageSnapshot:
    here = Lineage(name="default", source="native", paths=("m",))
    return LineageSnapshot(lineage=here, migrations=migrations, findings=findings)


@pytest.mark.parametrize(
    ("migrations", "message"),
    [
        pytest.param(
            (migration("a", "gone"),),
            "a names the parent gone, which is not checked out here",
            id="missing-parent",
        ),
        pytest.param((migration("a", "b"), migration("b", "a")), "form a cycle: a -> b -> a", id="cycle"),
        pytest.param(
            (migration("a"), replace(migration("a"), path="m/copy.sql")),
            "m/a.sql and m/copy.sql have one id, a",
            id="duplicate-id",
        ),
    ],
)
def test_a_broken_graph_is_refused(migrations: tuple[Migration, ...], message: str) -> None:
    with pytest.raises(GraphError, match=message) as caught:
        sound_graph(lineage(*migrations))
    assert "mig check" in caught.value.hint


@pytest.mark.parametrize(("severity", "refused"), [(Severity.ERROR, True), (Severity.NOTE, False)])
def test_files_with_errors_are_refused_and_with_notes_not(severity: Severity, refused: bool) -> None:
    finding = Finding(
        code="MIG003",
        severity=severity,
        message="odd directive",
        locations=(Location(path="m/a.sql", line=3),),
    )
    checked = lineage(migration("a"), findings=(finding,))
    if refused:
        with pytest.raises(GraphError, match=r"m/a\.sql:3: odd directive \(MIG003\)"):
            sound_graph(checked)
    else:
        assert "a" in sound_graph(checked)


@st.composite
def graphs(draw_from: st.DrawFn) -> Graph:
    count = draw_from(st.integers(min_value=1, max_value=12))
    names = draw_from(st.permutations([f"n{number:02}" for number in range(count)]))
    migrations = []
    for position, name in enumerate(names):
        parents = draw_from(st.sets(st.sampled_from(names[:position]), max_size=3)) if position else set()
        migrations.append(migration(name, *sorted(parents)))
    return build_graph(migrations)


@st.composite
def graphs_with_history(draw_from: st.DrawFn) -> tuple[Graph, tuple[Applied, ...]]:
    """A graph, and a history that the DAG allows: any order of a set that is closed under parents."""
    graph = draw_from(graphs())
    done: list[str] = []
    for _ in range(draw_from(st.integers(min_value=0, max_value=len(graph)))):
        ready = sorted(i for i in graph.migrations if i not in done and set(graph.before[i]) <= set(done))
        done.append(draw_from(st.sampled_from(ready)))
    return graph, applied(*done)


@given(graphs_with_history())
def test_up_applies_parents_before_children_and_each_once(case: tuple[Graph, tuple[Applied, ...]]) -> None:
    graph, rows = case
    have = [row.id for row in rows]
    ups = [step.id for step in plan(graph, rows, "up", "heads").steps]
    assert sorted([*have, *ups]) == sorted(graph.migrations)
    assert ups == [i for i in linearize(graph) if i not in have]
    for i in ups:
        assert set(graph.before[i]) <= {*have, *ups[: ups.index(i)]}


@given(graphs_with_history(), st.data())
def test_applied_and_pending_are_the_target_and_its_ancestors(
    case: tuple[Graph, tuple[Applied, ...]], data: st.DataObject
) -> None:
    graph, rows = case
    target = data.draw(st.sampled_from(sorted(graph.migrations)))
    have = {row.id for row in rows}
    ups = {step.id for step in plan(graph, rows, "up", target).steps}
    wanted = graph.ancestors(target) | {target}
    assert ups.isdisjoint(have)
    assert ups == wanted - have


@given(graphs_with_history(), st.data())
def test_down_reverts_children_before_parents_and_leaves_a_closed_set(
    case: tuple[Graph, tuple[Applied, ...]], data: st.DataObject
) -> None:
    graph, rows = case
    count = data.draw(st.integers(min_value=0, max_value=len(rows)))
    goal = find_goal(graph, rows, "down", f"-{count}") if count else Goal()
    downs = [step.id for step in make_plan(graph, rows, goal).steps]
    left = [row.id for row in rows if row.id not in downs]
    assert len(downs) == count
    assert all(set(graph.before[i]) <= set(left) for i in left)
    for i in downs:
        assert graph.descendants(i).isdisjoint(downs[downs.index(i) :])
