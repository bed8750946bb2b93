from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.errors import GitError
from mig.usecases.project import open_project
from tests.functional.checks import A, B, C, X, Y, as_json, check, codes, file_of, files, one, start, text_of
from tests.repositories import GitSandbox

if TYPE_CHECKING:
    from pathlib import Path


def diverged(path: Path) -> GitSandbox:
    """``main`` has a and y, ``feature``, which is checked out, a and x."""
    repo = start(path)
    repo.commit("ours", files(x="a"))
    repo.checkout("main")
    repo.commit("theirs", files(y="a"))
    repo.checkout("feature")
    return repo


def is_divergence(
    repo: GitSandbox, ref: str = "main", head: str = "worktree", base: str | None = None
) -> bool:
    result = check(repo, head, base)
    assert result.base is not None
    assert result.base.ref == ref
    assert (result.ours, result.theirs) == ((X,), (Y,))
    assert codes(result) == ["MIG101"]
    assert (result.pairs.checked, result.pairs.commute) == (1, 1)
    return True


def test_the_divergence_of_two_branches_is_found_before_the_merge(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    assert is_divergence(repo)
    assert is_divergence(repo, head="index")
    assert is_divergence(repo, head="HEAD")
    found = as_json(repo, expect=1)
    assert found["base"] == {"ref": "main", "commit": repo.git("rev-parse", "main")}
    assert found["merge_base"] == repo.git("merge-base", "main", "HEAD")
    assert found["heads"] == {"default": [X, Y]}
    assert found["pairs"] == {
        "checked": 1,
        "commute": 1,
        "conflict": 0,
        "unknown": 0,
        "assumed": 0,
        "replayed": 0,
    }


def test_the_base_is_what_the_remote_calls_its_default(tmp_path: Path) -> None:
    origin = diverged(tmp_path / "origin")
    origin.git("branch", "-m", "main", "develop")
    origin.checkout("develop")
    clone = GitSandbox.clone(origin, tmp_path / "clone")
    clone.checkout("feature")
    clone.git("branch", "main", "feature")
    assert is_divergence(clone, "origin/develop")


def test_without_that_the_remote_s_main_or_master_is_the_base(tmp_path: Path) -> None:
    origin = diverged(tmp_path / "origin")
    clone = GitSandbox.clone(origin, tmp_path / "clone")
    clone.git("remote", "set-head", "origin", "--delete")
    assert is_divergence(clone, "origin/main")
    origin.git("branch", "-m", "main", "master")
    clone.git("fetch", "--quiet", "--prune")
    assert is_divergence(clone, "origin/master")


def test_a_fork_is_checked_against_upstream(tmp_path: Path) -> None:
    upstream = diverged(tmp_path / "upstream")
    fork = GitSandbox.clone(upstream, tmp_path / "fork")
    fork.git("update-ref", "refs/remotes/origin/main", "feature~1")
    fork.git("remote", "add", "upstream", str(upstream.path))
    fork.git("fetch", "--quiet", "upstream")
    assert is_divergence(fork, "upstream/main")


def test_a_remote_of_another_name_goes_before_local_branches(tmp_path: Path) -> None:
    origin = diverged(tmp_path / "origin")
    clone = GitSandbox.clone(origin, tmp_path / "clone", "--origin", "company")
    clone.git("branch", "main", "feature")
    clone.git("remote", "set-head", "company", "main")
    assert is_divergence(clone, "company/main")


@pytest.mark.parametrize("name", ["main", "master", "trunk"])
def test_without_a_remote_a_local_branch_is_the_base(tmp_path: Path, name: str) -> None:
    repo = diverged(tmp_path / "repo")
    if name != "main":
        repo.git("branch", "-m", "main", name)
    assert is_divergence(repo, name)


def test_without_any_of_them_everything_is_ours(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.git("branch", "-m", "main", "other")
    result = check(repo)
    assert (result.base, result.merge_base, result.theirs) == (None, "", ())
    assert result.ours == (X, A)
    assert result.findings == ()
    assert as_json(repo)["base"] is None
    assert is_divergence(repo, "other", base="other")


def test_a_default_that_points_nowhere_is_passed_over(tmp_path: Path) -> None:
    origin = diverged(tmp_path / "origin")
    clone = GitSandbox.clone(origin, tmp_path / "clone")
    clone.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone")
    assert is_divergence(clone, "origin/main")


def test_packed_refs_are_refs(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.git("pack-refs", "--all")
    assert is_divergence(repo)


def test_the_configured_base_goes_before_what_is_found(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.git("branch", "release", "main")
    repo.git("update-ref", "refs/heads/main", "feature~1")
    repo.write("mig.toml", 'base = "release"\n')
    assert is_divergence(repo, "release")


def test_a_base_that_does_not_exist_is_said_clearly(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    answer = repo.mig("check", "--base", "origin/mian", expect=3)
    assert "the base 'origin/mian' does not exist" in answer.stderr
    assert answer.stderr.splitlines()[-1].startswith("git fetch origin")
    repo.write("mig.toml", 'base = "origin/main"\n')
    answer = repo.mig("check", expect=3)
    assert "the base 'origin/main', which mig.toml sets, does not exist" in answer.stderr


def test_a_head_that_does_not_exist_is_said_clearly(tmp_path: Path) -> None:
    answer = diverged(tmp_path / "repo").mig("check", "--head", "nowhere", expect=3)
    assert "there is no commit 'nowhere' in this repository" in answer.stderr


def test_tags_commits_and_expressions_are_refs_too(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.git("tag", "-a", "-m", "v1", "v1", "main")
    assert is_divergence(repo, "v1", base="v1")
    short = repo.git("rev-parse", "--short", "main")
    assert is_divergence(repo, short, base=short)
    assert check(repo, "HEAD~1", "main").ours == ()


def test_head_and_base_the_same_is_clean(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.checkout("main")
    result = check(repo)
    assert (result.ours, result.theirs, result.findings) == ((), (), ())
    assert result.merge_base == repo.head


def test_a_base_that_is_newer_has_theirs_only(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    result = check(repo, "feature~1")
    assert (result.ours, result.theirs, result.findings) == ((), (Y,), ())
    assert result.heads == {"default": (Y,)}


def test_a_base_that_is_behind_has_ours_only(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    result = check(repo, base="feature~1")
    assert (result.ours, result.theirs, result.findings) == ((X,), (), ())


def test_migrations_that_are_on_no_commit_yet_are_ours(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.checkout("main")
    repo.write(file_of(B), text_of(B, A))
    assert check(repo).ours == (B,)
    assert check(repo, "index").ours == ()


def test_a_detached_head_is_a_head(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.git("checkout", "--quiet", "--detach")
    assert is_divergence(repo)
    assert is_divergence(repo, head="HEAD")


def test_on_an_unborn_branch_everything_is_ours(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.add(files(a="", b="a"))
    repo.write(file_of(C), text_of(C, B))
    assert check(repo).ours == (A, B, C)
    assert check(repo, "index").ours == (A, B)
    assert as_json(repo)["head"]["commit"] in ("", None)
    with pytest.raises(GitError, match="there is no commit 'HEAD'"):
        check(repo, "HEAD")


def test_an_unborn_branch_beside_others_is_compared_with_them(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.git("checkout", "--quiet", "--orphan", "fresh")
    result = check(repo)
    assert (result.ours, result.theirs, result.merge_base) == ((X,), (Y,), "")


def test_histories_without_a_common_commit_are_compared_all_the_same(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.git("checkout", "--quiet", "--orphan", "fresh")
    repo.commit("same files, other history")
    result = check(repo)
    assert (result.ours, result.theirs, result.merge_base) == ((X,), (Y,), "")
    assert codes(result) == ["MIG101"]
    assert result.pairs.checked == 1


def test_a_shallow_clone_that_has_the_merge_base_is_checked(tmp_path: Path) -> None:
    origin = start(tmp_path / "origin")
    origin.checkout("main")
    origin.commit("fork", files(b="a"))
    origin.checkout("feature")
    origin.git("reset", "--quiet", "--hard", "main")
    origin.commit("ours", files(x="b"))
    origin.checkout("main")
    origin.commit("theirs", files(y="b"))
    url = f"file://{origin.path}"
    clone = GitSandbox.clone(url, tmp_path / "clone", "--depth=2", "--no-single-branch", "-b", "feature")
    clone.git("remote", "set-head", "origin", "main")
    assert clone.git("rev-parse", "--is-shallow-repository") == "true"
    assert is_divergence(clone, "origin/main")


@pytest.mark.parametrize("head", ["worktree", "index", "HEAD", "origin/feature"])
def test_a_shallow_clone_without_the_merge_base_is_refused_with_the_remedy(tmp_path: Path, head: str) -> None:
    origin = diverged(tmp_path / "origin")
    clone = GitSandbox.clone(f"file://{origin.path}", tmp_path / "clone", "--depth=1", "--no-single-branch")
    clone.git("remote", "set-head", "origin", "main")
    args = {"worktree": [], "index": ["--staged"]}.get(head, ["--head", head])
    answer = clone.mig("check", *args, expect=3)
    assert "this clone is shallow and does not reach the merge base" in answer.stderr
    assert answer.stderr.splitlines()[-1] == "git fetch --unshallow, or in CI check out with fetch-depth: 0"
    clone.git("fetch", "--quiet", "--unshallow")
    assert is_divergence(clone, "origin/main", head)


def test_a_shallow_clone_on_the_base_itself_needs_no_history(tmp_path: Path) -> None:
    origin = diverged(tmp_path / "origin")
    origin.checkout("main")
    clone = GitSandbox.clone(f"file://{origin.path}", tmp_path / "clone", "--depth=1")
    assert check(clone).findings == ()
    clone.write(file_of(B), text_of(B, Y))
    assert check(clone).ours == (B,)


def test_an_older_common_ancestor_is_not_taken_for_the_merge_base(tmp_path: Path) -> None:
    """The cut hides that ``feature`` has been merged: what it deletes was published."""
    origin = start(tmp_path / "origin")
    origin.commit("published", files(b="a"))
    origin.branch("side")
    for number in range(3):
        origin.commit(f"side {number}")
    origin.checkout("main")
    origin.merge("side")
    origin.git("branch", "--quiet", "-D", "side")
    origin.checkout("feature")
    origin.git("rm", "--quiet", file_of(B))
    origin.commit("delete")
    full = GitSandbox.clone(f"file://{origin.path}", tmp_path / "full", "--no-single-branch")
    assert codes(check(full, base="origin/main")) == ["MIG202"]
    cut = GitSandbox.clone(f"file://{origin.path}", tmp_path / "cut", "--depth=3", "--no-single-branch")
    assert cut.git("merge-base", "origin/main", "HEAD")
    with pytest.raises(GitError, match="shallow"):
        check(cut, base="origin/main")


def test_a_linked_worktree_has_a_head_and_an_index_of_its_own(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.checkout("main")
    repo.git("worktree", "add", "--quiet", "../linked", "feature")
    linked = GitSandbox.at(tmp_path / "linked")
    assert check(repo).findings == ()
    assert is_divergence(linked)
    linked.add(files(b="x"))
    assert check(linked, "index").ours == (X, B)
    assert (repo.path / ".git/mig/readings-native.json").exists()


def test_a_worktree_beside_a_bare_repository_is_read(tmp_path: Path) -> None:
    origin = diverged(tmp_path / "origin")
    (tmp_path / "project").mkdir()
    bare = GitSandbox.clone(origin, tmp_path / "project/.bare", "--bare")
    (tmp_path / "project/.git").write_text("gitdir: ./.bare\n")
    bare.git("worktree", "add", "--quiet", "../feature", "feature")
    assert is_divergence(GitSandbox.at(tmp_path / "project/feature"))
    inside = GitSandbox.clone(origin, tmp_path / "inside.git", "--bare")
    inside.git("worktree", "add", "--quiet", "feature", "feature")
    assert is_divergence(GitSandbox.at(tmp_path / "inside.git/feature"))


def test_a_worktree_that_was_linked_by_a_relative_path_is_read(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.checkout("main")
    repo.git("worktree", "add", "--quiet", "../linked", "feature")
    (tmp_path / "linked/.git").write_text("gitdir: ../repo/.git/worktrees/linked\n")
    assert is_divergence(GitSandbox.at(tmp_path / "linked"))
    as_json(GitSandbox.at(tmp_path / "linked"), expect=1, cwd="migrations")


def test_a_submodule_is_a_repository_of_its_own(tmp_path: Path) -> None:
    inner = diverged(tmp_path / "inner")
    outer = start(tmp_path / "outer")
    outer.git("submodule", "--quiet", "add", "-b", "feature", str(inner.path), "sub")
    outer.commit("submodule")
    assert check(outer).ours == ()
    sub = GitSandbox.at(outer.path / "sub")
    assert is_divergence(sub, "origin/main", base="origin/main")
    as_json(sub, "--base", "origin/main", expect=1, cwd="migrations")


def test_a_submodule_in_the_place_of_the_folder_is_a_finding(tmp_path: Path) -> None:
    inner, repo = diverged(tmp_path / "inner"), start(tmp_path / "repo")
    repo.git("rm", "--quiet", "-r", "migrations")
    repo.git("submodule", "--quiet", "add", str(inner.path), "migrations")
    for head in ("worktree", "index"):
        assert codes(check(repo, head)) == ["MIG007", "MIG202"]
    assert one(check(repo), "MIG007").locations[0].path == "migrations"


def test_a_bare_repository_is_checked_ref_against_ref(tmp_path: Path) -> None:
    origin = diverged(tmp_path / "origin")
    bare = GitSandbox.clone(origin, tmp_path / "bare.git", "--bare")
    found = as_json(bare, "--head", "feature", "--base", "main", expect=1)
    assert [f["code"] for f in found["findings"]] == ["MIG101"]
    assert found["pairs"]["commute"] == 1
    assert is_divergence(bare, "main", "feature")
    assert open_project(bare.path / "refs").git.bare
    with_env = as_json(origin, "--head", "feature", expect=1, env={"GIT_DIR": str(bare.path)})
    assert with_env["migrations"]["theirs"] == [Y]


def test_a_repository_of_sha256_is_read(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    repo = GitSandbox.at(tmp_path / "repo")
    repo.git("init", "--quiet", "--object-format=sha256")
    repo.commit("start", files(a=""))
    repo.branch("feature")
    repo.commit("ours", files(x="a"))
    repo.git("branch", "-f", "main", "feature~1")
    repo.write(file_of(B), text_of(B, X))
    for _ in range(2):
        result = check(repo)
        assert (result.ours, len(result.merge_base), result.findings) == ((X, B), 64, ())


def test_alternate_object_folders_are_read(tmp_path: Path) -> None:
    origin = diverged(tmp_path / "origin")
    clone = GitSandbox.clone(origin, tmp_path / "clone", "--shared")
    assert not list((clone.path / ".git/objects").glob("??"))
    clone.git("remote", "set-head", "origin", "main")
    assert is_divergence(clone, "origin/main")


def test_grafted_and_replaced_history_is_the_history(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    start_commit = repo.git("rev-parse", "feature~1")
    repo.git("checkout", "--quiet", "--orphan", "other")
    repo.git("rm", "--quiet", "-r", "-f", ".")
    orphan = repo.commit("unrelated", files(a="", y="a"))
    assert check(repo, "feature", "other").merge_base == ""
    repo.git("replace", "--graft", orphan, start_commit)
    assert check(repo, "feature", "other").merge_base == start_commit


def test_a_replaced_blob_is_not_remembered_under_a_wrong_name(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    old = repo.git("rev-parse", f"HEAD:{file_of(A)}")
    repo.write("other", text_of(B))
    new = repo.git("hash-object", "-w", "other")
    repo.git("replace", old, new)
    assert check(repo, "HEAD").ours == ()
    assert [m.id for m in open_project(repo.path).snapshot("HEAD").migrations] == [A]
    repo.git("replace", "-d", old)
    assert [m.id for m in open_project(repo.path).snapshot("HEAD").migrations] == [A]


def test_a_blob_that_is_missing_is_said_clearly(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    blob = repo.git("rev-parse", f"HEAD:{file_of(A)}")
    (repo.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    answer = repo.mig("check", "--head", "HEAD", expect=3)
    assert f"the content of {file_of(A)} ({blob[:12]}) is not in this repository" in answer.stderr


def test_while_a_merge_is_under_way_its_result_is_checked(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.merge("main", "--no-commit")
    for head in ("worktree", "index"):
        result = check(repo, head)
        assert (result.ours, result.theirs) == ((X,), ())
        assert result.merge_base == repo.git("rev-parse", "main")
        assert (codes(result), result.pairs.checked) == (["MIG101"], 1)
    repo.add(files(m="xy"))
    joined = check(repo, "index")
    assert (joined.findings, joined.pairs.checked) == ((), 1)


def test_while_a_merge_conflicts_the_file_is_named(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("ours", {file_of(B): text_of(B, A)})
    repo.checkout("main")
    repo.commit("theirs", {file_of(B): text_of(C, A)})
    repo.checkout("feature")
    repo.merge("main", expect=1)
    index = one(check(repo, "index"), "MIG012")
    assert (index.locations[0].path, index.locations[0].line) == (file_of(B), 0)
    worktree = one(check(repo), "MIG012")
    assert (worktree.locations[0].path, worktree.locations[0].line) == (file_of(B), 1)
    repo.write(file_of(B), text_of(B, A))
    assert "MIG012" not in codes(check(repo))


def test_while_a_rebase_is_under_way_what_is_picked_is_checked(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.commit("more", files(b="x"))
    repo.git("rebase", "--quiet", "--exec", "false", "main", expect=1)
    result = check(repo)
    assert (result.ours, result.theirs) == ((X,), ())
    assert result.head.id == repo.head


def test_an_octopus_in_progress_is_checked_as_one(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.git("checkout", "--quiet", "-b", "third", "feature~1")
    repo.commit("third", files(z="a"))
    repo.checkout("feature")
    repo.git("merge", "--quiet", "--no-commit", "main", "third")
    assert len((repo.path / ".git/MERGE_HEAD").read_text().split()) == 2
    result = check(repo)
    assert result.theirs == ()
    assert len(result.heads["default"]) == 3
    repo.git("commit", "--quiet", "-m", "octopus")
    assert check(repo).heads == result.heads


def test_crosswise_merges_count_what_any_merge_base_has(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("ours", files(x="a"))
    repo.checkout("main")
    repo.commit("theirs", files(y="a"))
    ours, theirs = repo.git("rev-parse", "feature"), repo.git("rev-parse", "main")
    repo.merge(ours)
    repo.checkout("feature")
    repo.merge(theirs)
    assert len(repo.git("merge-base", "--all", "main", "feature").split()) == 2
    for gone in (X, Y):
        repo.git("rm", "--quiet", file_of(gone))
        result = check(repo)
        assert (result.ours, result.theirs) == ((), ())
        assert one(result, "MIG202").migrations == (gone,)
        repo.git("reset", "--quiet", "--hard")
    repo.commit("join", files(m="xy"))
    assert check(repo).findings == ()


def test_a_read_only_git_directory_is_enough(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    (repo.path / ".git/mig").write_text("no folder can be made here")
    assert is_divergence(repo)
    assert as_json(repo, expect=1)["migrations"]["ours"] == [X]


def test_nothing_is_written_but_the_cache(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    (repo.path / file_of(A)).touch()

    def state() -> dict[str, int]:
        return {
            str(f): f.stat().st_mtime_ns
            for f in repo.path.rglob("*")
            if f.is_file() and ".git/mig" not in str(f)
        }

    before = state()
    as_json(repo, expect=1)
    as_json(repo, "--staged", expect=1)
    assert state() == before


def test_a_configured_folder_that_does_not_exist_is_no_green_check(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("configure", {"mig.toml": 'path = "migratons"\n'})
    result = repo.mig("check", expect=2)
    assert "mig.toml: path = 'migratons': there is no such folder in worktree" in result.stderr
    assert result.stderr.splitlines()[-1] == "is it migrations?"
    repo.commit("mend", {"mig.toml": 'path = "migrations"\n'})
    repo.mig("check")


def test_a_configured_folder_that_was_just_made_is_empty_and_green(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("configure", {"mig.toml": 'path = "db"\n'})
    (repo.path / "db").mkdir()
    repo.mig("check")


def test_a_folder_that_the_branch_deletes_is_still_the_base_s(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("configure", {"mig.toml": 'path = "migrations"\n'})
    repo.checkout("main")
    repo.git("merge", "-q", "feature")
    repo.checkout("feature")
    repo.git("rm", "-rq", "migrations")
    repo.git("commit", "-qm", "delete")
    assert "MIG202" in repo.mig("check", expect=1).stdout
