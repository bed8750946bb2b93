from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mig.findings import Severity, Verdict
from mig.graph.dag import build_graph
from mig.usecases.project import open_project
from tests.functional.checks import (
    OPAQUE,
    A,
    B,
    C,
    D,
    X,
    Y,
    Z,
    check,
    codes,
    file_of,
    files,
    one,
    opaque_files,
    start,
    text_of,
)
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from mig.usecases.check import CheckResult


def diverge(path: Path, ours: dict[str, str], theirs: dict[str, str], **before: str) -> GitSandbox:
    """A repository in which ``feature``, checked out, committed some migrations and ``main`` others."""
    repo = start(path, **(before or {"a": ""}))
    repo.commit("ours", files(**ours))
    repo.checkout("main")
    repo.commit("theirs", files(**theirs))
    repo.checkout("feature")
    return repo


def change(repo: GitSandbox, path: str, old: str, new: str) -> None:
    repo.commit(f"change {path}", {path: repo.read(path).replace(old, new)})


class History(NamedTuple):
    """Parents by id: of what both branches have, and of what each has added in each of its commits."""

    before: dict[str, list[str]]
    ours: list[dict[str, list[str]]]
    theirs: list[dict[str, list[str]]]


@st.composite
def histories(draw: st.DrawFn) -> History:
    ids = iter(draw(st.permutations([f"{i:012x}" for i in range(0xA0, 0xB4)])))

    def grow(known: list[str], most: int) -> dict[str, list[str]]:
        known, made = list(known), {}
        for _ in range(draw(st.integers(0, most))):
            i = next(ids)
            made[i] = draw(st.lists(st.sampled_from(known), max_size=2, unique=True)) if known else []
            known.append(i)
        return made

    before = grow([], 4)
    sides: list[list[dict[str, list[str]]]] = []
    for _ in range(2):
        commits: list[dict[str, list[str]]] = []
        for _ in range(draw(st.integers(1, 2))):
            commits.append(grow([*before, *itertools.chain(*commits)], 3))
        sides.append(commits)
    return History(before, *sides)


def reachable(parents: dict[str, list[str]], i: str) -> set[str]:
    return set(parents[i]).union(*(reachable(parents, p) for p in parents[i]))


def is_opaque(i: str) -> bool:
    return int(i, 16) % 3 == 0


def put(repo: GitSandbox, parents: dict[str, list[str]]) -> None:
    made = {
        file_of(i): native(i, named, OPAQUE) if is_opaque(i) else text_of(i, named)
        for i, named in parents.items()
    }
    repo.commit("more", made | {"README": "x"})


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_the_heads_and_pairs_of_the_real_merge_are_foretold(history: History) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = GitSandbox(Path(folder) / "repo")
        repo.write("mig.toml", 'source = "native"\npath = "migrations"\n')
        repo.write("migrations/.gitkeep", "")
        repo.git("add", "mig.toml", "migrations")
        put(repo, history.before)
        repo.branch("feature")
        for commit in history.ours:
            put(repo, commit)
        repo.checkout("main")
        for commit in history.theirs:
            put(repo, commit)
        results = [check(repo, "feature", "main")]
        repo.checkout("feature")
        results += [check(repo, head, "main") for head in ("worktree", "index")]
        repo.merge("main")
        merged = build_graph(open_project(repo.path).snapshot("HEAD").migrations)
    ours, theirs = ({i: p for commit in side for i, p in commit.items()} for side in history[1:])
    parents = history.before | ours | theirs
    related = {(i, earlier) for i in parents for earlier in reachable(parents, i)}
    pairs = {
        frozenset(pair)
        for pair in itertools.combinations(parents, 2)
        if set(pair) & ours.keys() and pair not in related and pair[::-1] not in related
    }
    for result in results:
        assert (result.ours, result.theirs) == (tuple(sorted(ours)), tuple(sorted(theirs)))
        assert result.heads["default"] == merged.heads()
        assert set(merged.migrations) == set(parents)
        assert result.total == len(parents)
        unknown = {pair for pair in pairs if any(map(is_opaque, pair))}
        assert {frozenset(f.migrations) for f in result.findings if f.verdict} == unknown
        assert (result.pairs.checked, result.pairs.unknown) == (len(pairs), len(unknown))
        assert result.pairs.commute == len(pairs - unknown)
        assert ("MIG101" in codes(result)) is (len(merged.heads()) > 1)


def test_a_divergence_names_both_sides_and_ours_first(tmp_path: Path) -> None:
    found = one(check(diverge(tmp_path / "repo", {"y": "a"}, {"x": "a"})), "MIG101")
    assert found.message == f"2 heads: {X} (main), {Y} (ours)"
    assert [(place.path, place.side) for place in found.locations] == [
        (file_of(Y), "ours"),
        (file_of(X), "theirs"),
    ]
    assert (found.severity, found.fix) == (Severity.ERROR, "mig rebase, or after the merge mig merge")


def test_a_divergence_among_ours_alone_is_ours(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("ours", opaque_files(x="a", y="a"))
    found = one(check(repo), "MIG101")
    assert (found.severity, found.fix) == (Severity.ERROR, "mig rebase, or mig merge")
    assert one(check(repo), "MIG300").verdict is Verdict.UNKNOWN


def test_a_divergence_that_the_base_has_already_is_a_warning_for_others(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a", c="a")
    repo.commit("other work", {"README": "x"})
    assert one(check(repo), "MIG101").severity is Severity.ERROR
    repo.commit("joined and continued", files(x="bc"))
    assert "MIG101" not in codes(check(repo))
    repo.git("reset", "--quiet", "--hard", "main")
    repo.checkout("main")
    repo.commit("more of theirs", files(y="b"))
    repo.checkout("feature")
    found = one(check(repo), "MIG101")
    assert (found.severity, found.fix) == (Severity.WARNING, "mig merge")


def test_a_merge_migration_joins_the_heads(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", {"x": "a"}, {"y": "a"})
    repo.merge("main")
    repo.commit("join", files(m="xy"))
    result = check(repo)
    assert (result.findings, result.pairs.checked, result.pairs.commute) == ((), 1, 1)
    assert result.heads["default"] == ("4" * 12,)


def test_a_declared_order_orders_the_pair(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", {"x": "a"}, {"y": "a"})
    repo.merge("main")
    order = text_of("4" * 12, [X, Y], header=f"-- mig:order {Y} {X}")
    repo.commit("join", {file_of("4" * 12): order})
    assert check(repo).findings == ()


def test_an_order_that_cannot_hold_is_named_with_its_line(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", {"x": "a"}, {"y": "a"})
    repo.merge("main")
    header = f"-- mig:order {Y} {X}\n-- mig:order {X} {A}\n-- mig:order {X} {D}"
    repo.commit("join", {file_of("4" * 12): text_of("4" * 12, [X, Y], header=header)})
    found = check(repo).findings
    assert [(f.code, f.locations[0].line) for f in found] == [("MIG106", 4), ("MIG106", 5)]
    assert f"puts {X} before {A}, but {A} comes before {X} already" in found[0].message
    assert f"there is no migration {D}" in found[1].message


def test_orders_that_contradict_one_another_are_no_cycle_of_parents(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", {"x": "a"}, {"y": "a"})
    repo.merge("main")
    header = f"-- mig:order {Y} {X}\n-- mig:order {X} {Y}"
    repo.commit("join", {file_of("4" * 12): text_of("4" * 12, [X, Y], header=header)})
    assert codes(check(repo)) == ["MIG106", "MIG106"]
    refused = repo.mig("up", "--url", "sqlite:///x.db", expect=3)
    assert "MIG106" in refused.stderr


def test_the_order_of_a_published_merge_migration_is_not_to_be_changed(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", x="a", y="a", m="xy")
    path = file_of("4" * 12)
    change(repo, path, "-- mig:parents", f"-- mig:order {X} {Y}\n-- mig:parents")
    found = one(check(repo), "MIG203")
    assert found.message.endswith("changes what it orders")
    assert found.fix == f"git checkout main -- {path}"


def test_a_migration_that_only_declares_an_order_may_do_nothing(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", x="a", y="a", m="xy")
    repo.commit("order", {file_of(Z): native(Z, "4" * 12, header=f"-- mig:order {X} {Y}")})
    assert check(repo).findings == ()


def revision(id: str, parent: str | None, labels: str = "None") -> str:
    head = f'revision = "{id}"\ndown_revision = {parent!r}\nbranch_labels = {labels}\n'
    return f"{head}\n\ndef upgrade():\n    pass\n"


def test_branch_labels_keep_heads_apart(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit(
        "alembic",
        {
            "alembic.ini": "[alembic]\nscript_location = db\n",
            "db/env.py": "",
            "db/versions/a.py": revision("a1", None),
            "db/versions/b.py": revision("b1", "a1", '("billing",)'),
            "db/versions/c.py": revision("c1", "a1", '"users"'),
        },
    )
    repo.branch("feature")
    result = check(repo)
    assert result.source == "alembic"
    assert result.heads["default"] == ("b1", "c1")
    assert "MIG101" not in codes(result)
    repo.commit("more", {"db/versions/d.py": revision("d1", "b1"), "db/versions/e.py": revision("e1", "b1")})
    assert one(check(repo), "MIG101").migrations == ("d1", "e1")


def test_going_on_from_one_of_the_heads_that_the_base_has_is_a_warning(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a", y="a")
    repo.commit("ours", files(x="b"))
    found = one(check(repo), "MIG101")
    assert found.severity is Severity.WARNING
    assert found.message == f"2 heads: {X} (ours), {Y} (main), as many as main has already"


def test_a_head_beside_one_that_joins_the_heads_of_the_base_is_an_error(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a", y="a")
    repo.commit("ours", files(x="b", m="by"))
    assert one(check(repo), "MIG101").severity is Severity.ERROR


def test_a_parent_that_exists_only_on_the_base_is_a_warning(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", {"b": "a"}, {"y": "a"})
    repo.write(file_of(X), text_of(X, Y))
    found = one(check(repo), "MIG102")
    assert found.severity is Severity.WARNING
    assert found.message == f"{X} names the parent {Y}, which exists only on main"
    assert found.fix.startswith("git merge main")


def test_a_parent_that_is_nowhere_is_an_error_with_its_line(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("ours", files(x="z"))
    found = one(check(repo), "MIG102")
    assert found.severity is Severity.ERROR
    assert "no migration here or on the base has this id" in found.message
    assert (found.locations[0].path, found.locations[0].line) == (file_of(X), 1)
    assert "MIG300" not in codes(check(repo))


def test_a_parent_that_ours_names_and_theirs_deletes(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    repo.commit("ours", files(x="b"))
    repo.checkout("main")
    repo.git("rm", "--quiet", file_of(B))
    repo.commit("delete")
    repo.checkout("feature")
    found = one(check(repo), "MIG102")
    assert found.message.startswith(f"{X} names the parent {B}, which main deletes in ")
    assert found.fix == f"restore {file_of(B)}"


def test_a_parent_that_theirs_names_and_ours_deletes(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    repo.git("rm", "--quiet", file_of(B))
    repo.commit("delete")
    repo.checkout("main")
    repo.commit("theirs", files(y="b"))
    repo.checkout("feature")
    result = check(repo)
    assert one(result, "MIG102").message.startswith(f"{Y} names the parent {B}, which worktree deletes in ")
    assert one(result, "MIG102").locations[0].side == "theirs"
    assert one(result, "MIG202").migrations == (B,)


def test_a_parent_whose_file_cannot_be_read_is_not_called_deleted(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a", c="b")
    change(repo, file_of(B), f"mig:id {B}", "mig:id no")
    result = check(repo)
    assert "MIG202" not in codes(result)
    assert (
        one(result, "MIG102").message
        == f"{C} names the parent {B}, and {file_of(B)}, which has this id, cannot be read"
    )
    assert one(result, "MIG002").locations[0].line == 1


def test_two_files_of_ours_with_one_id(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("ours", {file_of(X): text_of(X, A), "migrations/copy.sql": text_of(X, A) + "SELECT 1;\n"})
    found = one(check(repo), "MIG103")
    assert found.message == f"{file_of(X)} and migrations/copy.sql both have the id {X}"
    assert len(found.locations) == 2


def test_a_copy_of_a_published_migration_is_no_edit_of_it(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    for name in ("0_copy.sql", "z_copy.sql"):
        repo.write(f"migrations/{name}", text_of(B, A).replace("int", "text"))
        assert codes(check(repo)) == ["MIG103"]
        (repo.path / "migrations" / name).unlink()


def test_one_id_on_both_sides_in_two_files(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", {"x": "a"}, {"b": "a"})
    repo.checkout("main")
    repo.commit("theirs", {"migrations/other.sql": text_of(X, B)})
    repo.checkout("feature")
    found = one(check(repo), "MIG103")
    assert found.message == f"{file_of(X)} and migrations/other.sql both have the id {X}, and do the same"
    assert found.fix == f"delete {file_of(X)}"


def test_one_file_added_on_both_sides_alike_is_fine(tmp_path: Path) -> None:
    result = check(diverge(tmp_path / "repo", {"x": "a", "b": "x"}, {"x": "a"}))
    assert (result.ours, result.theirs, result.findings) == ((B,), (), ())


def test_one_file_added_on_both_sides_and_different(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", {"x": "a"}, {"x": "a"})
    change(repo, file_of(X), "int", "text")
    found = one(check(repo), "MIG103")
    assert found.message == f"{file_of(X)} was added on both sides with the id {X}, and differs"


def test_a_second_root_of_ours_is_a_warning(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("ours", files(x=""))
    found = one(check(repo), "MIG105")
    assert found.message == f"{X} has no parents, but {A} is a root already"
    assert found.severity is Severity.WARNING


def test_second_roots_that_are_published_are_nobodys_news(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="", c="ab")
    repo.commit("ours", files(x="c"))
    assert check(repo).findings == ()


def test_a_migration_that_is_its_own_parent(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("ours", files(x="x"))
    found = one(check(repo), "MIG104")
    assert found.message == f"{X} names itself as its parent"
    assert found.locations[0].path == file_of(X)


def test_a_cycle_that_only_the_merge_has(tmp_path: Path) -> None:
    """Each side is without a cycle: ours puts b behind x, theirs puts x behind b."""
    repo = start(tmp_path / "repo", a="", b="a", c="a")
    change(repo, file_of(B), f"parents {A}", f"parents {C}")
    repo.checkout("main")
    change(repo, file_of(C), f"parents {A}", f"parents {B}")
    repo.checkout("feature")
    result = check(repo)
    assert one(result, "MIG104").message == f"migrations come before themselves: {B} -> {C} -> {B}"
    assert one(result, "MIG203").migrations == (B,)
    repo.merge("main")
    assert one(check(repo), "MIG104").migrations == (B, C)


def test_a_cycle_through_a_merge_migration(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("ours", files(x="m", y="a", m="xy"))
    assert one(check(repo), "MIG104").migrations == (X, "4" * 12)


def published(tmp_path: Path) -> GitSandbox:
    repo = start(tmp_path / "repo", a="", b="a", c="b")
    repo.commit("ours", files(x="c"))
    return repo


def findings(result: CheckResult) -> list[tuple[str, str]]:
    return [(finding.code, finding.migrations[0]) for finding in result.findings]


def test_a_published_migration_edited(tmp_path: Path) -> None:
    repo = published(tmp_path)
    change(repo, file_of(B), "int", "text")
    assert findings(check(repo)) == [("MIG201", B)]
    found = one(check(repo), "MIG201")
    assert found.message == f"{B} is published on main, and worktree changes what it does"
    assert f"git checkout main -- {file_of(B)}" in found.fix


def test_a_published_migration_deleted(tmp_path: Path) -> None:
    repo = published(tmp_path)
    repo.git("rm", "--quiet", file_of(C), file_of(X))
    assert findings(check(repo)) == [("MIG202", C)]
    repo.git("rm", "--quiet", "-r", "migrations", ".", expect=0)
    assert findings(check(repo)) == [("MIG202", A), ("MIG202", B), ("MIG202", C)]


def test_a_published_migration_reparented(tmp_path: Path) -> None:
    repo = published(tmp_path)
    change(repo, file_of(C), f"parents {B}", f"parents {A}, {B}")
    assert findings(check(repo)) == [("MIG203", C)]


def test_a_new_migration_put_beneath_a_published_one(tmp_path: Path) -> None:
    repo = published(tmp_path)
    repo.add({file_of(X): text_of(X, B), file_of(C): text_of(C, X)})
    found = one(check(repo), "MIG204")
    assert found.migrations == (C, X)
    assert codes(check(repo)) == ["MIG204"]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        pytest.param(file_of(B), f"-- mig:id {B}", f"-- mig:id {B}\n-- Now with a comment.", id="comment"),
        pytest.param(file_of(B), "(i int);", "(i int);   ", id="trailing-space"),
        pytest.param(file_of(B), f"mig:parents {A}", f"mig:parents   {A}", id="spacing"),
    ],
)
def test_changes_that_do_nothing_to_a_published_migration_are_fine(
    tmp_path: Path, path: str, old: str, new: str
) -> None:
    repo = published(tmp_path)
    change(repo, path, old, new)
    assert check(repo).findings == ()


def test_the_order_of_published_parents_does_not_matter(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a", c="a", m="bc")
    change(repo, file_of("4" * 12), f"{B}, {C}", f"{C}, {B}")
    assert check(repo).findings == ()


def test_a_published_file_renamed_is_fine_on_either_side(tmp_path: Path) -> None:
    repo = published(tmp_path)
    repo.git("mv", file_of(B), "migrations/renamed.sql")
    repo.commit("rename")
    assert check(repo).findings == ()
    repo.checkout("main")
    repo.git("mv", file_of(C), "migrations/renamed_too.sql")
    repo.commit("rename")
    repo.checkout("feature")
    result = check(repo)
    assert (result.findings, result.total) == ((), 4)
    change(repo, file_of(C), f"-- mig:id {C}", f"-- mig:id {C}\n-- A comment.")
    assert (check(repo).findings, check(repo).total) == ((), 4)


def test_a_change_that_the_base_has_made_as_well_is_its_own(tmp_path: Path) -> None:
    repo = published(tmp_path)
    for branch in ("main", "feature"):
        repo.checkout(branch)
        change(repo, file_of(A), "int", "text")
        change(repo, file_of(C), f"parents {B}", f"parents {A}, {B}")
        repo.git("rm", "--quiet", file_of(B))
        repo.write(file_of(C), text_of(C, A))
        repo.git("commit", "--quiet", "-a", "-m", "the same")
    assert check(repo).findings == ()


def test_what_the_base_changes_is_not_ours(tmp_path: Path) -> None:
    repo = published(tmp_path)
    repo.checkout("main")
    change(repo, file_of(A), "int", "text")
    repo.checkout("feature")
    assert check(repo).findings == ()


def test_an_edit_of_what_theirs_has_added_and_we_merged(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", {"b": "a"}, {"y": "a"})
    repo.merge("main")
    repo.commit("join", files(m="by"))
    change(repo, file_of(Y), "int", "text")
    assert ("MIG201", Y) in findings(check(repo))


def test_where_nothing_is_published_nothing_can_be_edited(tmp_path: Path) -> None:
    repo = published(tmp_path)
    repo.git("branch", "-m", "main", "other")
    change(repo, file_of(A), "int", "text")
    repo.git("rm", "--quiet", file_of(X))
    assert check(repo).findings == ()


def test_python_and_sql_files_are_one_lineage(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    text = (
        f'"""In Python."""\n\nid = "{X}"\nparents = ("{A}",)\n\n\ndef up(op):\n    op.execute("SELECT 1")\n'
    )
    repo.commit("ours", {file_of(X, ".py"): text})
    repo.commit("more", files(y="x"))
    assert check(repo).heads["default"] == (Y,)
    assert check(repo).findings == ()


def test_lineages_are_checked_each_by_itself(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    lineage = '[[lineage]]\nname = "{0}"\npath = "{0}/migrations"\n'
    repo.write("mig.toml", lineage.format("users") + lineage.format("billing") + "# source: native\n")
    repo.write("users/migrations/1.sql", text_of(A))
    repo.write("billing/migrations/1.sql", text_of(B))
    repo.git("add", ".")
    repo.commit("start")
    repo.branch("feature")
    repo.commit("ours", {"users/migrations/2.sql": text_of(X, A)})
    repo.checkout("main")
    repo.commit(
        "theirs", {"users/migrations/3.sql": text_of(Y, A), "billing/migrations/2.sql": text_of(Z, B)}
    )
    repo.checkout("feature")
    result = check(repo)
    assert result.heads == {"users": (X, Y), "billing": (Z,)}
    assert {finding.lineage for finding in result.findings} == {"users"}
    only = repo.mig("--lineage", "billing", "check")
    assert only.returncode == 0
    answer = repo.mig("--lineage", "bills", "check", expect=2)
    assert "there is no lineage 'bills'" in answer.stderr
    assert "users, billing" in answer.stderr


def test_all_pairs_in_history_are_looked_at_when_asked(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a", c="a", d="bc")
    repo.commit("opaque", opaque_files(b="a", c="a"))
    repo.git("branch", "--force", "main")
    assert check(repo).pairs.checked == 0
    assert repo.mig("check", "--all").returncode == 0
    assert repo.mig("check", "--all", "--strict", expect=1).returncode == 1


@pytest.mark.parametrize(
    ("setting", "status", "severity"),
    [
        pytest.param("warn", 0, Severity.WARNING, id="warn"),
        pytest.param("block", 1, Severity.ERROR, id="block"),
        pytest.param("allow", 0, Severity.NOTE, id="allow"),
    ],
)
def test_the_setting_says_how_bad_unknown_is(
    tmp_path: Path, setting: str, status: int, severity: Severity
) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("ours", opaque_files(b="a", x="a", d="bx"))
    repo.write("mig.toml", f'unknown = "{setting}"\n')
    assert one(check(repo), "MIG300").severity is severity
    assert repo.mig("check", expect=status).returncode == status


def test_no_change_of_text_hides_that_a_checksum_is_of_what_runs(tmp_path: Path) -> None:
    repo = published(tmp_path)
    repo.write(file_of(B), native(B, A, f"CREATE TABLE t_{B} (i int);", "DROP TABLE IF EXISTS t;"))
    assert findings(check(repo)) == [("MIG201", B)]
    assert D not in check(repo).ours


def test_a_long_cycle_is_named_in_part(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("start", {"migrations/.gitkeep": ""})
    repo.branch("feature")
    ids = [f"{n:012x}" for n in range(1, 51)]
    ring = {file_of(i): native(i, ids[n - 1], "SELECT 1;") for n, i in enumerate(ids)}
    repo.commit("ours", ring)
    found = one(check(repo), "MIG104")
    assert "(31 more)" in found.message
    assert len(found.migrations) == len(found.locations) == 20
