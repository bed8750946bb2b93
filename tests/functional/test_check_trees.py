from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from mig.errors import GitError, SourceError
from mig.usecases.project import open_project
from tests.functional.checks import A, B, C, as_json, check, codes, file_of, files, start, text_of
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

    from mig.model import Snapshot


def snapshot(repo: GitSandbox, at: str) -> Snapshot:
    return open_project(repo.path).snapshot(at)


def ids(repo: GitSandbox, at: str) -> list[str]:
    return [m.id for m in snapshot(repo, at).migrations]


def checksums(repo: GitSandbox, at: str) -> dict[str, str]:
    return {m.id: m.checksum for m in snapshot(repo, at).migrations}


def test_commit_index_and_working_tree_are_three_snapshots(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    repo.add(files(c="b"))
    repo.write(file_of("d" * 12), text_of("d" * 12, C))
    assert ids(repo, "HEAD") == [A, B]
    assert ids(repo, "index") == [A, B, C]
    assert ids(repo, "worktree") == [A, B, C, "d" * 12]
    assert ids(repo, "disk") == [A, B, C, "d" * 12]
    assert ids(repo, "HEAD~0") == [A, B]


def test_a_file_that_was_staged_and_edited_again_differs_in_each(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.add({file_of(A): native(A, (), "SELECT 'staged';")})
    repo.write(file_of(A), native(A, (), "SELECT 'edited';"))
    assert len({checksums(repo, at)[A] for at in ("HEAD", "index", "worktree")}) == 3


def test_a_deleted_file_is_gone_where_it_was_deleted(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a", c="b")
    (repo.path / file_of(C)).unlink()
    repo.git("rm", "--quiet", "--cached", file_of(B))
    assert (ids(repo, "index"), ids(repo, "worktree")) == ([A, C], [A, B])


def test_a_renamed_file_is_the_same_migration(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    repo.git("mv", file_of(A), "migrations/20251231000000_renamed.sql")
    assert ids(repo, "index") == ids(repo, "worktree") == [A, B]
    assert codes(check(repo)) == codes(check(repo, "index")) == []


def test_ignored_files_are_left_out_unless_they_are_tracked(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("ignore", {".gitignore": "*.sql\n"})
    repo.write(file_of(B), text_of(B, A))
    assert ids(repo, "worktree") == [A]


def test_a_file_that_was_only_announced_is_in_no_index(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.write(file_of(B), text_of(B, A))
    repo.git("add", "--intent-to-add", file_of(B))
    assert (ids(repo, "index"), ids(repo, "worktree")) == ([A], [A, B])
    assert codes(check(repo, "index")) == []


def test_a_really_empty_staged_file_is_a_finding(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.add({file_of(B): ""})
    assert codes(check(repo, "index")) == ["MIG009"]


def test_a_touched_file_is_read_from_the_index(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    (repo.path / file_of(A)).touch()
    assert codes(check(repo)) == []
    assert snapshot(repo, "worktree").findings == ()


@pytest.mark.parametrize("is_touched", [pytest.param(False, id="fresh"), pytest.param(True, id="touched")])
def test_a_checkout_with_crlf_is_no_edit(tmp_path: Path, *, is_touched: bool) -> None:
    origin = start(tmp_path / "origin", a="", b="a")
    clone = GitSandbox.clone(origin, tmp_path / "clone", "-c", "core.autocrlf=true")
    assert b"\r\n" in (clone.path / file_of(A)).read_bytes()
    if is_touched:
        for path in (A, B):
            (clone.path / file_of(path)).touch()
    assert check(clone).findings == ()


def test_an_edit_in_a_checkout_with_crlf_is_seen(tmp_path: Path) -> None:
    origin = start(tmp_path / "origin", a="", b="a")
    clone = GitSandbox.clone(origin, tmp_path / "clone", "-c", "core.autocrlf=true", "-b", "feature")
    clone.write(file_of(A), text_of(A).replace("int", "text").replace("\n", "\r\n"))
    assert "MIG201" in codes(check(clone, base="origin/main"))


def test_line_ends_that_were_committed_otherwise_are_no_edit(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("crlf", {file_of(A): text_of(A).replace("\n", "\r\n")})
    assert codes(check(repo)) == ["MIG011"]


def test_the_cache_is_never_wrong_across_endings(tmp_path: Path) -> None:
    text = f'id = "{B}"\nparents = ("{A}",)\n"""\n{text_of(C, A)}"""\n\n\ndef up(op):\n    pass\n'
    repo = start(tmp_path / "repo")
    repo.commit("both", {file_of(B, ".py"): text, file_of(C): text})
    first = checksums(repo, "HEAD")
    assert sorted(first) == [A, B, C]
    assert checksums(repo, "HEAD") == first


def test_a_warm_cache_says_the_same_as_a_cold_one(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    repo.commit("odd", {"migrations/20260102_odd.sql": b"-- mig:id \xff"})
    cold = as_json(repo, expect=1)
    (cache,) = (repo.path / ".git" / "mig").iterdir()
    warm = as_json(repo, expect=1)
    cache.write_bytes(b"broken")
    damaged = as_json(repo, expect=1)
    assert cold == warm == damaged
    assert cache.read_bytes() != b"broken"


def test_several_lineages_share_one_cache(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    lineage = '[[lineage]]\nname = "{0}"\npath = "{0}"\nsource = "native"\n'
    repo.write("mig.toml", lineage.format("one") + lineage.format("two"))
    repo.commit("two", {"one/1.sql": text_of(B), "two/1.sql": text_of(C)})
    as_json(repo)
    stored = (repo.path / ".git/mig/readings-native.json").read_text()
    assert B in stored
    assert C in stored


HOOK = """\
#!/bin/sh
exec {python} -P -m mig --format json check --staged > {output}
"""


def hooked(repo: GitSandbox, output: Path) -> None:
    hook = repo.write(".git/hooks/pre-commit", "")
    hook.write_text(HOOK.format(python=shlex.quote(sys.executable), output=shlex.quote(str(output))))
    hook.chmod(0o755)


def test_a_hook_of_commit_all_sees_what_will_be_committed(tmp_path: Path) -> None:
    repo, output = start(tmp_path / "repo with space"), tmp_path / "out.json"
    hooked(repo, output)
    repo.write(file_of(A), text_of(A).replace("int", "text"))
    repo.git("commit", "--quiet", "-a", "-m", "edit", expect=1)
    assert [f["code"] for f in json.loads(output.read_text())["findings"]] == ["MIG201"]
    repo.git("checkout", "--quiet", "--", ".")
    repo.write("other", "x")
    repo.git("add", "other")
    repo.git("commit", "--quiet", "-a", "-m", "fine")
    assert json.loads(output.read_text())["findings"] == []


def test_a_hook_of_commit_path_sees_only_that_path(tmp_path: Path) -> None:
    repo, output = start(tmp_path / "repo", a="", b="a"), tmp_path / "out.json"
    hooked(repo, output)
    repo.add({file_of(A): text_of(A).replace("int", "text")})
    repo.write(file_of(B), text_of(B, A, description="Only a comment."))
    repo.git("commit", "--quiet", "-m", "comment", file_of(B))
    assert json.loads(output.read_text())["findings"] == []
    repo.git("commit", "--quiet", "-m", "edit", file_of(A), expect=1)
    assert [f["code"] for f in json.loads(output.read_text())["findings"]] == ["MIG201"]


def test_a_hook_that_names_a_folder_keeps_its_index(tmp_path: Path) -> None:
    repo, output = start(tmp_path / "repo"), tmp_path / "out.json"
    hooked(repo, output)
    hook = repo.path / ".git/hooks/pre-commit"
    hook.write_text(hook.read_text().replace("-m mig", "-m mig -C migrations"))
    repo.write(file_of(A), text_of(A).replace("int", "text"))
    repo.git("commit", "--quiet", "-a", "-m", "edit", expect=1)
    assert [f["code"] for f in json.loads(output.read_text())["findings"]] == ["MIG201"]


def test_a_hook_that_names_another_repository_forgets_its_own(tmp_path: Path) -> None:
    other = start(tmp_path / "other", a="", b="a")
    repo, output = start(tmp_path / "repo"), tmp_path / "out.json"
    hooked(repo, output)
    hook = repo.path / ".git/hooks/pre-commit"
    hook.write_text(hook.read_text().replace("-m mig", f"-m mig -C {other.path}"))
    repo.write(file_of(A), text_of(A).replace("int", "text"))
    repo.git("commit", "--quiet", "-a", "-m", "edit")
    assert json.loads(output.read_text())["migrations"]["total"] == 2


def test_an_index_that_the_environment_names_is_read(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    index = {"GIT_INDEX_FILE": "other-index"}
    repo.write(file_of(B), text_of(B, A))
    repo.git("read-tree", "HEAD", env=index)
    repo.git("add", file_of(B), env=index)
    assert as_json(repo, "--staged")["migrations"]["ours"] == []
    assert as_json(repo, "--staged", env=index)["migrations"]["ours"] == [B]
    assert as_json(repo, "--staged", env=index, cwd="migrations")["migrations"]["ours"] == [B]


def test_git_dir_and_work_tree_may_lie_apart(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    (repo.path / ".git").rename(tmp_path / "elsewhere.git")
    repo.write(file_of(B), text_of(B, A))
    env = {"GIT_DIR": "../elsewhere.git", "GIT_WORK_TREE": "."}
    assert as_json(repo, env=env)["migrations"]["ours"] == [B]
    assert as_json(repo, env={"GIT_DIR": "../elsewhere.git"})["migrations"]["ours"] == [B]
    away = {"GIT_DIR": str(tmp_path / "elsewhere.git"), "GIT_WORK_TREE": str(repo.path)}
    (tmp_path / "cwd").mkdir()
    assert as_json(repo, env=away, cwd="../cwd")["migrations"]["ours"] == [B]


def test_a_subfolder_and_a_folder_by_name_are_the_same_repository(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    (repo.path / "deep/er").mkdir(parents=True)
    expected = as_json(repo)
    assert as_json(repo, cwd="deep/er") == expected
    assert as_json(repo, cwd="migrations") == expected
    outside = GitSandbox(tmp_path / "outside")
    answer = outside.mig("-C", "../repo/deep", "--format", "json", "check")
    assert json.loads(answer.stdout) == expected


def test_sparse_files_are_there_all_the_same(tmp_path: Path) -> None:
    origin = start(tmp_path / "origin", a="", b="a")
    clone = GitSandbox.clone(origin, tmp_path / "clone", "--sparse")
    assert not (clone.path / file_of(A)).exists()
    assert ids(clone, "worktree") == ids(clone, "index") == [A, B]
    assert check(clone).findings == ()
    clone.git("sparse-checkout", "set", "--cone", "--sparse-index", "other")
    assert ids(clone, "worktree") == [A, B]


def test_a_folder_that_a_link_replaces_is_not_followed(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    (repo.path / "migrations").rename(tmp_path / "outside")
    (repo.path / "migrations").symlink_to(tmp_path / "outside")
    assert codes(check(repo)) == ["MIG007", "MIG202", "MIG202"]
    with pytest.raises(SourceError, match="no migrations were recognised"):
        ids(repo, "worktree")
    assert codes(check(repo, "index")) == []


def test_variables_that_change_paths_into_patterns_have_no_say(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    for name in ("LITERAL", "GLOB", "NOGLOB", "ICASE"):
        assert as_json(repo, env={f"GIT_{name}_PATHSPECS": "1"})["migrations"]["total"] == 2


def test_folders_that_look_like_patterns_are_taken_literally(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.write("mig.toml", 'path = ":(glob)**"\nsource = "native"')
    repo.commit("odd", {":(glob)**/1.sql": text_of(A), "other/1.sql": text_of(B)})
    assert ids(repo, "HEAD") == ids(repo, "index") == ids(repo, "worktree") == [A]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(b"with space.sql", id="space"),
        pytest.param("20260101_größe 数.sql".encode(), id="unicode"),
        pytest.param(b"quote\"and'tick.sql", id="quotes"),
        pytest.param(b"new\nline.sql", id="newline"),
        pytest.param(b"tab\tand\\back.sql", id="tab"),
        pytest.param(b"latin\xe9\xff.sql", id="bytes"),
        pytest.param(b"-rf.sql", id="option"),
        pytest.param(b"CAPITALS.SQL", id="capitals"),
        pytest.param(b"\x1b[31mred.sql", id="escape"),
    ],
)
def test_files_of_any_name_are_read_everywhere(tmp_path: Path, name: bytes) -> None:
    repo = start(tmp_path / "repo")
    file = repo.path / "migrations" / name.decode("utf-8", "surrogateescape")
    file.write_text(text_of(B, A))
    assert ids(repo, "worktree") in ([A, B], [B, A])
    repo.git("add", ".")
    assert len(ids(repo, "index")) == 2
    file.write_text(text_of(B, C))
    found = as_json(repo, expect=1)
    assert [f["code"] for f in found["findings"]] == ["MIG101", "MIG102"]
    repo.commit("committed")
    assert len(ids(repo, "HEAD")) == 2
    assert found["migrations"]["ours"] == [B]


def test_a_ref_that_is_none_is_named(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    for ref in ("nowhere", "-x", "--help", "HEAD^9", "main:migrations", "", "a b", "new\nline", "é"):
        with pytest.raises(GitError, match="there is no commit") as raised:
            open_project(repo.path).snapshot(ref)
        assert raised.value.hint


@pytest.mark.parametrize(
    "ref", ["-x", "--upload-pack=touch x", "größe/x", "a'b\"c", "@", "with.dot", "$(touch x)", "HEAD2"]
)
def test_refs_of_odd_names_are_read(tmp_path: Path, ref: str) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("more", files(b="a"))
    if ref != "@":
        repo.git("update-ref", f"refs/heads/{ref.replace(' ', '-')}", "HEAD")
    found = as_json(repo, f"--head={ref.replace(' ', '-')}", "--base=main")
    assert found["migrations"]["ours"] == [B]
    assert not (repo.path / "x").exists()


def test_no_repository_is_said_clearly(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    (tmp_path / "nothing").mkdir()
    answer = repo.mig("check", expect=3, cwd="../nothing")
    assert "no Git repository here or above" in answer.stderr
    assert "mig -C DIR" in answer.stderr
