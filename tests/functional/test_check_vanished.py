"""Parents that one side takes away, migrations that land twice, and other shapes that real history has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.findings import Severity
from tests.functional.checks import (
    A,
    B,
    M,
    X,
    Y,
    Z,
    as_json,
    check,
    codes,
    file_of,
    files,
    one,
    start,
    text_of,
)
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

INI = {"alembic.ini": "[alembic]\nscript_location = db\n", "db/env.py": ""}


def revision(id: str, parents: str, body: str = "pass", **header: str) -> str:
    extra = "".join(f"{key} = {value}\n" for key, value in header.items())
    return (
        f'"""say {id}"""\nfrom alembic import op\n\nrevision = "{id}"\ndown_revision = {parents}\n{extra}\n'
        f"\ndef upgrade():\n    {body}\n"
    )


def alembic(path: Path, **texts: str) -> GitSandbox:
    """A repository of Alembic's with these files on ``main``, and ``feature`` checked out."""
    repo = GitSandbox(path)
    repo.commit("start", {**INI, **{f"db/versions/{name}.py": text for name, text in texts.items()}})
    repo.branch("feature")
    return repo


def table(name: str) -> str:
    return f'op.execute("CREATE TABLE {name} (i int)")'


def test_a_parent_that_theirs_deletes_is_told_with_both_commits(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    came = repo.commit("ours", files(x="b"))
    repo.checkout("main")
    repo.git("rm", "--quiet", file_of(B))
    gone = repo.commit("delete")
    repo.commit("later", {"README": "no migration"})
    repo.checkout("feature")
    found = one(check(repo), "MIG102")
    assert found.severity is Severity.ERROR
    assert found.message == (
        f"{X} names the parent {B}, which main deletes in {gone[:7]} ({X} came with {came[:7]})"
    )
    assert found.fix == f"restore {file_of(B)}"


def test_a_parent_that_theirs_renumbers_is_told_with_its_new_id_and_both_commits(tmp_path: Path) -> None:
    repo = alembic(tmp_path / "repo", a=revision("a1", "None"), b=revision("b1", '"a1"', table("t")))
    came = repo.commit("ours", {"db/versions/c.py": revision("c1", '"b1"')})
    repo.checkout("main")
    renumbered = repo.commit("renumber", {"db/versions/b.py": revision("b2", '"a1"', table("t"))})
    repo.checkout("feature")
    found = one(check(repo), "MIG102")
    assert found.message == (
        f"c1 names the parent b1, to which main gives the id b2 in {renumbered[:7]} (c1 came with {came[:7]})"
    )
    assert found.fix == "name b2 as the parent of c1"
    repo.commit("mend", {"db/versions/c.py": revision("c1", '"b2"')})
    repo.merge("main")
    assert check(repo).ok()


def test_a_parent_that_ours_renumbers_into_another_file_is_told_the_same_way(tmp_path: Path) -> None:
    repo = alembic(tmp_path / "repo", a=revision("a1", "None"), b=revision("b1", '"a1"', table("t")))
    repo.git("rm", "--quiet", "db/versions/b.py")
    renumbered = repo.commit("renumber", {"db/versions/b2.py": revision("b2", '"a1"', table("t"))})
    repo.checkout("main")
    came = repo.commit("theirs", {"db/versions/c.py": revision("c1", '"b1"')})
    repo.checkout("feature")
    result = check(repo, head="feature")
    found = one(result, "MIG102")
    assert found.message == (
        f"c1 names the parent b1, to which feature gives the id b2 in {renumbered[:7]}"
        f" (c1 came with {came[:7]})"
    )
    assert found.locations[0].side == "theirs"
    assert "MIG202" in codes(result)


def test_what_is_not_committed_has_no_commit_to_tell(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    repo.checkout("main")
    repo.git("rm", "--quiet", file_of(B))
    gone = repo.commit("delete")
    repo.checkout("feature")
    repo.add(files(x="b"))
    assert one(check(repo), "MIG102").message == f"{X} names the parent {B}, which main deletes in {gone[:7]}"


def test_a_migration_that_landed_twice_is_one_to_delete(tmp_path: Path) -> None:
    repo = alembic(tmp_path / "repo", a=revision("a1", "None"))
    repo.commit("ours", {"db/versions/x.py": revision("x1", '"a1"', table("t"))})
    repo.commit("more", {"db/versions/z.py": revision("z1", '"x1"', 'op.execute("DROP TABLE u")')})
    repo.checkout("main")
    repo.commit("other", {"db/versions/o.py": revision("o1", '"a1"', table("o"))})
    repo.commit("picked", {"db/versions/y.py": revision("y1", '"o1"', table("t"))})
    repo.checkout("feature")
    result = check(repo)
    found = one(result, "MIG108")
    assert found.message == "x1 is y1 under another id: both do the same, and main has one"
    assert set(found.migrations) == {"x1", "y1"}
    assert found.fix == "delete db/versions/x.py, and name y1 as the parent of z1"
    assert not {"MIG300", "MIG301"} & set(codes(result))
    assert not result.ok()


def test_a_migration_that_landed_twice_under_two_numbers_is_told_the_same_way(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    text = "CREATE TABLE t (i int);\n"
    repo.commit("start", {"db/migration/V1__a.sql": "CREATE TABLE a (i int);\n"})
    repo.branch("feature")
    repo.commit("ours", {"db/migration/V3__t.sql": text})
    repo.checkout("main")
    repo.commit("theirs", {"db/migration/V2__t.sql": text})
    repo.checkout("feature")
    found = one(check(repo), "MIG108")
    assert found.message == "V3__t is V2__t under another id: both do the same, and main has one"


def test_migrations_that_do_nothing_are_not_one_that_landed_twice(tmp_path: Path) -> None:
    repo = alembic(tmp_path / "repo", a=revision("a1", "None"))
    repo.commit("ours", {"db/versions/x.py": revision("x1", '"a1"')})
    repo.checkout("main")
    repo.commit("theirs", {"db/versions/y.py": revision("y1", '"a1"')})
    repo.checkout("feature")
    assert codes(check(repo)) == ["MIG101"]


def test_one_id_in_two_files_that_do_the_same_means_one_file_too_many(tmp_path: Path) -> None:
    repo = alembic(tmp_path / "repo", a=revision("a1", "None"))
    repo.commit("ours", {"db/versions/2_b.py": revision("b1", '"a1"', table("t"))})
    repo.checkout("main")
    repo.commit("first", {"db/versions/o.py": revision("o1", '"a1"', table("o"))})
    repo.commit("theirs", {"db/versions/1_b.py": revision("b1", '"o1"', table("t"))})
    repo.checkout("feature")
    result = check(repo)
    found = one(result, "MIG103")
    assert found.message == "db/versions/1_b.py and db/versions/2_b.py both have the id b1, and do the same"
    assert found.fix == "delete db/versions/2_b.py"


def test_two_lineages_may_share_ids(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    services = {
        f"services/{name}/{file}": text
        for name in ("billing", "users")
        for file, text in {
            "alembic.ini": "[alembic]\nscript_location = db\n",
            "db/env.py": "",
            "db/versions/a.py": revision("a1", "None"),
        }.items()
    }
    repo.commit("start", services)
    repo.branch("feature")
    repo.commit("ours", {"services/billing/db/versions/b.py": revision("b1", '"a1"', table("t"))})
    repo.checkout("main")
    repo.commit("theirs", {"services/users/db/versions/b.py": revision("b1", '"a1"', table("t"))})
    repo.checkout("feature")
    result = check(repo)
    assert codes(result) == []
    assert result.heads == {"billing": ("b1",), "users": ("b1",)}


def test_a_lineage_that_only_the_base_has_is_left_in_peace(tmp_path: Path) -> None:
    repo = alembic(tmp_path / "repo", a=revision("a1", "None"))
    repo.commit("ours", {"db/versions/b.py": revision("b1", '"a1"', table("t"))})
    repo.checkout("main")
    other = {
        "reports/alembic.ini": "[alembic]\nscript_location = db\n",
        "reports/db/env.py": "",
        "reports/db/versions/r.py": revision("r1", "None", table("t")),
    }
    repo.commit("theirs", other)
    repo.checkout("feature")
    result = check(repo)
    assert codes(result) == []
    assert (result.ours, result.heads) == (("b1",), {"default": ("b1",)})


def test_a_lineage_that_ours_deletes_whole_is_told(tmp_path: Path) -> None:
    repo = alembic(tmp_path / "repo", a=revision("a1", "None"))
    repo.git("rm", "-r", "--quiet", "db", "alembic.ini")
    repo.commit("gone")
    assert codes(check(repo)) == ["MIG202"]


def test_a_merge_migration_may_have_three_parents(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a", x="a", y="a")
    assert one(check(repo), "MIG101").message.startswith("3 heads: ")
    repo.commit("join", {file_of(M): native(M, [B, X, Y])})
    result = check(repo)
    assert codes(result) == []
    assert result.heads["default"] == (M,)
    repo.commit("later", {file_of(Z): text_of(Z, A)})
    assert one(check(repo), "MIG101").migrations == (Z, M)


def test_labels_keep_heads_apart_though_one_branch_depends_on_the_other(tmp_path: Path) -> None:
    repo = alembic(
        tmp_path / "repo",
        start=revision("liberty", "None"),
        e=revision("e1", '"liberty"', branch_labels="(cli.EXPAND,)"),
        c=revision("c1", '"liberty"', branch_labels="(cli.CONTRACT,)"),
    )
    repo.commit("ours", {"db/versions/e2.py": revision("e2", '"e1"', depends_on='"c1"')})
    repo.checkout("main")
    repo.commit("theirs", {"db/versions/c2.py": revision("c2", '"c1"')})
    repo.checkout("feature")
    result = check(repo)
    assert codes(result) == []
    assert result.heads["default"] == ("c2", "e2")


OLD = 'print "the statement of Python 2"'


def test_python_2_on_the_base_is_a_note_and_keeps_its_place_in_the_graph(tmp_path: Path) -> None:
    old = revision("b1", '"a1"', OLD)
    repo = alembic(tmp_path / "repo", a=revision("a1", "None"), b=old)
    assert one(check(repo), "MIG006").severity is Severity.ERROR
    repo.commit("ours", {"db/versions/c.py": revision("c1", '"b1"', table("t"))})
    result = check(repo)
    assert one(result, "MIG006").severity is Severity.NOTE
    assert result.heads["default"] == ("c1",)
    assert result.ok()


def test_python_2_of_ours_is_an_error_and_what_it_does_is_unknown(tmp_path: Path) -> None:
    repo = alembic(tmp_path / "repo", a=revision("a1", "None"))
    repo.commit("ours", {"db/versions/b.py": revision("b1", '"a1"', OLD)})
    repo.checkout("main")
    repo.commit("theirs", {"db/versions/c.py": revision("c1", '"a1"', table("t"))})
    repo.checkout("feature")
    result = check(repo)
    assert one(result, "MIG006").severity is Severity.ERROR
    assert (result.pairs.unknown, result.pairs.commute) == (1, 0)


def partial(tmp_path: Path) -> GitSandbox:
    """A clone without blobs, whose ``feature`` and ``main`` each added a migration."""
    origin = alembic(tmp_path / "origin", a=revision("a1", "None"))
    origin.commit("ours", {"db/versions/b.py": revision("b1", '"a1"', table("t"))})
    origin.checkout("main")
    origin.commit("theirs", {"db/versions/c.py": revision("c1", '"a1"', table("u"))})
    origin.git("config", "uploadpack.allowFilter", "true")
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    url = f"file://{origin.path}"
    return GitSandbox.clone(url, tmp_path / "clone", "--filter=blob:none", "--no-checkout")


def missing(repo: GitSandbox) -> list[str]:
    listed = repo.git("rev-list", "--objects", "--all", "--missing=print").splitlines()
    return sorted(line for line in listed if line.startswith("?"))


def test_a_check_never_fetches_what_a_partial_clone_lacks(tmp_path: Path) -> None:
    repo = partial(tmp_path)
    before = missing(repo)
    asked = {"GIT_NO_LAZY_FETCH": "0", "GIT_ALLOW_PROTOCOL": "file"}
    answer = repo.mig("check", "--head", "origin/feature", "--base", "origin/main", expect=3, env=asked)
    assert "this clone is a partial one and lacks the content of " in answer.stderr
    assert "git fetch --refetch --no-filter" in answer.stderr
    assert missing(repo) == before != []


def test_a_partial_clone_is_checked_once_it_has_the_blobs(tmp_path: Path) -> None:
    repo = partial(tmp_path)
    repo.git("fetch", "--quiet", "--refetch", "--no-filter")
    assert missing(repo) == []
    found = as_json(repo, "--head", "origin/feature", "--base", "origin/main", expect=1)
    assert [one["code"] for one in found["findings"]] == ["MIG101"]
    assert found["pairs"]["commute"] == 1


def test_a_clone_without_trees_is_no_green_check(tmp_path: Path) -> None:
    partial(tmp_path)
    url = f"file://{tmp_path / 'origin'}"
    repo = GitSandbox.clone(url, tmp_path / "treeless", "--filter=tree:0", "--no-checkout")
    answer = repo.mig("check", "--head", "origin/feature", "--base", "origin/main", expect=3)
    assert "lacks the object" in answer.stderr


def test_what_a_migration_does_is_read_again_when_a_module_that_it_imports_has_changed(
    tmp_path: Path,
) -> None:
    def helper(name: str) -> dict[str, str]:
        return {"helpers.py": f'def make(op):\n    op.execute("CREATE TABLE {name} (i int)")\n'}

    text = revision("b1", '"a1"', "make(op)").replace(
        "from alembic", "from helpers import make\nfrom alembic"
    )
    repo = alembic(tmp_path / "repo", a=revision("a1", "None"))
    repo.commit("ours", {"db/versions/b.py": text, **helper("t")})
    repo.checkout("main")
    repo.commit("theirs", {"db/versions/c.py": revision("c1", '"a1"', table("t"))})
    repo.checkout("feature")
    for name, conflicts in (("t", 1), ("t", 1), ("u", 0), ("t", 1)):
        repo.commit("change", helper(name))
        assert check(repo).pairs.conflict == conflicts
        repo.commit("with the file", {**helper("v"), "README": name})
        assert check(repo).pairs.conflict == 0
