from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mig.tree import read_bounded
from mig.usecases.project import open_project
from tests.functional.checks import A, B, C, as_json, check, codes, file_of, files, one, start, text_of
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

PATH = file_of(B)
GOOD = text_of(B, A)
PYTHON = f'id = "{B}"\nparents = ("{A}",)\n\n\ndef up(op):\n    pass\n'


def problems(found: dict[str, list[dict[str, object]]]) -> list[tuple[object, str, int]]:
    places = [(finding["code"], finding["locations"][0]) for finding in found["findings"]]  # type: ignore[index]
    return [(code, place["path"], place["line"]) for code, place in places]


@pytest.mark.parametrize(
    ("path", "data", "code", "line"),
    [
        pytest.param(PATH, GOOD.encode() + b"-- caf\xe9\n", "MIG001", 9, id="undecodable"),
        pytest.param(PATH, GOOD.replace("\n", "\r\n").encode(), "MIG011", 1, id="crlf"),
        pytest.param(PATH, b"\xef\xbb\xbf" + GOOD.encode(), "MIG010", 1, id="byte-order-mark"),
        pytest.param(PATH, b"", "MIG009", 0, id="empty"),
        pytest.param(PATH, b"x" * 50_000_000, "MIG008", 0, id="50-mb"),
        pytest.param(PATH, GOOD.encode() + b"-- mig:up\n", "MIG004", 9, id="duplicate-section"),
        pytest.param(PATH, f"-- mig:id {C}\n{GOOD}".encode(), "MIG004", 2, id="duplicate-id"),
        pytest.param(PATH, GOOD.replace("mig:up", "mig:pu").encode(), "MIG003", 4, id="unknown-directive"),
        pytest.param(PATH, GOOD.replace(f"id {B}", "id 12345").encode(), "MIG002", 1, id="bad-id"),
        pytest.param(PATH, b"SELECT 1;\n", "MIG002", 1, id="no-header"),
        pytest.param(PATH, native(B, A, "").encode(), "MIG005", 4, id="empty-up"),
        pytest.param(PATH, f"-- mig:id {B}\n-- mig:parents {A}\n".encode(), "MIG005", 1, id="no-up"),
        pytest.param(PATH, native(B, A, "SELECT 'it\n;", "").encode(), "MIG006", 5, id="open-quote"),
        pytest.param(
            PATH, native(B, A, "CREATE TABLE x (\n  a int,\n);").encode(), "MIG006", 7, id="empty-item"
        ),
        pytest.param(
            PATH, native(B, A, "SELECT 1;\nCREAT TABLE x (a int);").encode(), "MIG006", 6, id="misspelt"
        ),
        pytest.param(
            PATH, native(B, A, "<<<<<<< HEAD\nSELECT 1;").encode(), "MIG012", 5, id="conflict-marks"
        ),
        pytest.param(file_of(B, ".SQL"), b"", "MIG009", 0, id="capitals"),
        pytest.param(file_of(B, ".py"), PYTHON.encode() + b"(\n", "MIG006", 7, id="python-syntax"),
        pytest.param(file_of(B, ".py"), PYTHON.encode() + b"(" * 10_000, "MIG006", 7, id="python-nesting"),
        pytest.param(file_of(B, ".py"), PYTHON.encode() + b"# \xff\n", "MIG001", 7, id="python-bytes"),
        pytest.param(file_of(B, ".py"), b"raise SystemExit(3)\n", "MIG002", 1, id="python-without-id"),
    ],
)
def test_a_bad_file_is_a_finding_with_file_and_line(
    tmp_path: Path, path: str, data: bytes, code: str, line: int
) -> None:
    repo = start(tmp_path / "repo")
    repo.commit("bad", {path: data})
    ok = code in ("MIG010", "MIG011")
    found = as_json(repo, expect=0 if ok else 1)
    assert found["ok"] is ok
    assert (code, path, line) in problems(found)
    for head in (["--staged"], ["--head", "HEAD"]):
        assert as_json(repo, *head, expect=0 if ok else 1)["findings"] == found["findings"]


def test_files_of_the_base_are_checked_as_they_will_be_merged(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.checkout("main")
    repo.commit("bad", {PATH: b""})
    repo.checkout("feature")
    place = one(check(repo), "MIG009").locations[0]
    assert (place.path, place.side) == (PATH, "theirs")


@pytest.mark.parametrize(
    "target", ["nowhere.sql", "/etc/passwd", "../../outside.sql", "20260101000000_aaaaaaaaaaaa.sql"]
)
def test_a_link_is_named_and_never_followed(tmp_path: Path, target: str) -> None:
    repo = start(tmp_path / "repo")
    (tmp_path / "outside.sql").write_text(GOOD)
    (repo.path / PATH).symlink_to(target)
    assert problems(as_json(repo, expect=1)) == [("MIG007", PATH, 0)]
    repo.git("add", ".")
    assert problems(as_json(repo, "--staged", expect=1)) == [("MIG007", PATH, 0)]
    repo.commit("link")
    assert problems(as_json(repo, "--head", "HEAD", expect=1)) == [("MIG007", PATH, 0)]


def test_a_folder_named_like_a_migration_is_named(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    (repo.path / PATH).mkdir()
    (repo.path / "migrations/plain").mkdir()
    assert problems(as_json(repo, expect=1)) == [("MIG007", PATH, 0)]
    assert codes(check(repo, "index")) == []
    repo.add({f"{PATH}/deep/er.sql": GOOD, "migrations/plain/x.sql": "not looked at"})
    for head in ("worktree", "index"):
        assert one(check(repo, head), "MIG007").locations[0].path == PATH
        assert codes(check(repo, head)) == ["MIG007"]
    repo.commit("folder")
    assert codes(check(repo, "HEAD")) == ["MIG007"]


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    (repo.path / PATH).unlink()
    os.mkfifo(repo.path / PATH)
    assert codes(check(repo)) == ["MIG007"]


def test_a_submodule_named_like_a_migration_is_named(tmp_path: Path) -> None:
    repo, inner = start(tmp_path / "repo"), start(tmp_path / "inner")
    repo.git("submodule", "--quiet", "add", str(inner.path), PATH)
    for head in ("worktree", "index"):
        assert one(check(repo, head), "MIG007").locations[0].path == PATH


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.git("rm", "--quiet", "-r", "migrations")
    repo.commit("file", {"migrations": "x"})
    assert "MIG007" in codes(check(repo))


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    missing = read_bounded(tmp_path / "missing", PATH, 100)
    assert (missing.data, missing.error) == (None, "No such file or directory")
    folder = read_bounded(tmp_path, PATH, 100)
    assert (folder.data, folder.error) == (None, "it is no regular file")


def test_a_file_that_vanishes_while_it_is_read_is_a_finding(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.write(PATH, GOOD)
    project = open_project(repo.path)
    tree = project.tree()
    (lineage,) = project.lineages(tree)
    assert PATH in tree.entries(lineage.paths)
    (repo.path / PATH).unlink()
    problem = project.reader(lineage).read(tree).files[PATH].problems[0]
    assert problem == ("MIG007", "the file cannot be read: No such file or directory", 0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_permission_is_a_finding(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.write(PATH, GOOD).chmod(0)
    assert problems(as_json(repo, expect=1)) == [("MIG007", PATH, 0)]


def test_many_problems_of_one_file_are_cut_short(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    repo.write(PATH, native(B, A, "SELECT 1;", header="-- mig:zzz\n" * 5_000))
    found = as_json(repo, expect=1)
    assert len(found["findings"]) < 30
    assert any("more problems from here on" in finding["message"] for finding in found["findings"])


def test_nothing_of_the_repository_is_run(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo")
    evil = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n"
    repo.commit(
        "evil",
        {
            file_of(B, ".py"): evil + PYTHON,
            "sitecustomize.py": evil,
            "mig.py": evil,
            "json.py": evil,
            "migrations/__init__.py": evil,
        },
    )
    repo.mig("check")
    repo.mig("check", cwd="migrations")
    assert not (tmp_path / "ran").exists()


def test_a_program_in_the_repository_s_settings_is_not_run(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    script = repo.write("evil.sh", f"#!/bin/sh\ntouch {tmp_path / 'ran'}\ncat\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "diff.x.textconv", "core.pager", "diff.x.command"):
        repo.git("config", key, str(script))
    repo.commit("attributes", {".gitattributes": "*.sql diff=x\n"})
    (tmp_path / "ran").unlink(missing_ok=True)
    repo.write(PATH, GOOD + "-- more\n")
    as_json(repo, expect=1)
    assert not (tmp_path / "ran").exists()


def test_no_migrations_at_all_is_said_clearly(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("nothing", {"README": "x"})
    answer = repo.mig("check", expect=3)
    assert "no migrations were recognised in worktree" in answer.stderr
    assert answer.stderr.splitlines()[-1].startswith("mig init")


def test_migrations_of_other_tools_are_not_taken_for_native_ones(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("seeds", {"migrations/20260101000000_x.sql": "SELECT 1;"})
    repo.commit("python", {"migrations/20260101000000_x.py": "def upgrade(): pass\n"})
    answer = repo.mig("check", expect=3)
    assert "no migrations were recognised" in answer.stderr


@pytest.mark.parametrize("name", ["20260101000000_first.sql", "first.sql", "V1.SQL"])
def test_native_migrations_are_recognised_by_name_or_header(tmp_path: Path, name: str) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("native", {f"migrations/{name}": text_of(A)})
    assert as_json(repo)["migrations"]["total"] == 1


def test_all_migrations_deleted_is_a_finding_and_no_error(tmp_path: Path) -> None:
    repo = start(tmp_path / "repo", a="", b="a")
    repo.git("rm", "--quiet", "-r", "migrations")
    assert codes(check(repo)) == codes(check(repo, "index")) == ["MIG202", "MIG202"]


def test_a_lot_of_files_is_read_in_batches(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    big = "-- x".ljust(4_000_000)
    repo.commit(
        "big", {file_of(f"{n:012x}"): native(f"{n:012x}", (), f"SELECT {n};\n{big}") for n in range(9)}
    )
    repo.commit("small", files(a=""))
    assert as_json(repo, expect=None)["migrations"]["total"] == 10
