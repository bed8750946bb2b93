"""``mig rebase`` in repositories whose tools order migrations by version: ours get versions above theirs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.functional.test_check_ordered import (
    INDEX,
    OTHER,
    RENAME,
    STAMPS,
    TOOLS,
    USERS,
    Tool,
    diverged,
    each_tool,
    file,
    findings,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repositories import GitSandbox

PHONE = "CREATE TABLE phones (id int PRIMARY KEY);"
NOTE = "note  a database that has applied them knows the old names: revert them there first"
GOLANG = next(tool for tool in TOOLS if tool.source == "golang-migrate")
FLYWAY = next(tool for tool in TOOLS if tool.source == "flyway")


def listed(repo: GitSandbox) -> list[str]:
    return sorted(repo.git("ls-files").splitlines())


def version_in(tool: Tool, path: str, slug: str = "") -> str:
    start, _, end = tool.path.replace("{}", "{v}", 1).replace("{}", slug).partition("{v}")
    found = re.fullmatch(f"{re.escape(start)}(.*){re.escape(end)}", path)
    assert found, path
    return found[1]


@each_tool()
@pytest.mark.parametrize("same", [pytest.param(False, id="late"), pytest.param(True, id="twice")])
def test_ours_gets_a_version_above_theirs_and_check_is_green(tmp_path: Path, tool: Tool, same: bool) -> None:
    _, low, high = tool.versions
    before = file(tool, high if same else low, OTHER, "ours")
    repo = diverged(tmp_path / "repo", tool, before, file(tool, high, RENAME, "theirs"))
    assert ("MIG107" if same else "MIG205") in findings(repo, 1 if same or tool.late != "applied" else 0)
    done = repo.mig("rebase")
    (path,) = (path for path in listed(repo) if "ours" in path)
    assert repo.read(path) == next(iter(before.values()))
    assert f"  {path}\n" in done.stdout
    assert "rewritten, to come after those of main" in done.stdout
    assert NOTE in done.stdout.splitlines()
    version = version_in(tool, path, "ours")
    if tool.versions == STAMPS or tool.source == "diesel":
        assert re.fullmatch(r"20\d{12}|\d{4}-\d{2}-\d{2}-\d{6}", version)
        assert version > high
    else:
        assert version == {"1.10": "1.11", "0003": "0004"}[high]
    assert repo.git("status", "--porcelain") == f"R  {next(iter(before))} -> {path}"
    repo.commit("renumbered")
    assert findings(repo, 0).keys() == {""}
    repo.merge("main")
    assert findings(repo, 0).keys() == {""}
    assert repo.mig("rebase").stdout.startswith("nothing to rebase: ours come after those of main already\n")
    assert repo.git("status", "--porcelain") == ""


@each_tool()
def test_a_chain_of_ours_keeps_its_order(tmp_path: Path, tool: Tool) -> None:
    _, low, high = tool.versions
    following = {"1.9": "1.9.5", "0002": "0003"}.get(low, high)
    ours = file(tool, low, OTHER, "first") | file(tool, following, PHONE, "second")
    repo = diverged(tmp_path / "repo", tool, ours, file(tool, high, RENAME, "theirs"))
    repo.mig("rebase")
    repo.commit("renumbered")
    repo.merge("main")
    assert findings(repo, 0).keys() == {""}
    ids = [one["id"] for one in json.loads(repo.mig("log", "--format", "json").stdout)["migrations"]]
    assert [i.partition("_x")[2] or i.partition("__x")[2] for i in ids][-3:] == ["theirs", "first", "second"]


def test_what_is_above_theirs_already_is_left_alone(tmp_path: Path) -> None:
    _, low, high = GOLANG.versions
    ours = file(GOLANG, low, OTHER, "first") | file(GOLANG, "0007", PHONE, "second")
    repo = diverged(tmp_path / "repo", GOLANG, ours, file(GOLANG, high, RENAME))
    value = json.loads(repo.mig("rebase", "--format", "json").stdout)
    assert value["rewritten"] == [
        {
            "id": "0004_xfirst",
            "path": "db/migrations/0004_xfirst.up.sql",
            "parents_before": ["0001_x"],
            "parents": ["0003_x"],
            "id_before": "0002_xfirst",
            "path_before": "db/migrations/0002_xfirst.up.sql",
        }
    ]
    assert value["heads"] == {"default": ["0007_xsecond"]}
    assert value["elsewhere"] == ["0003_x"]


def test_ours_comes_after_a_folder_of_prisma_that_names_only_the_day(tmp_path: Path) -> None:
    tool = next(tool for tool in TOOLS if tool.source == "prisma")
    repo = diverged(
        tmp_path / "repo", tool, file(tool, "20991231235959", OTHER, "ours"), file(tool, "20991231", RENAME)
    )
    assert "MIG205" in findings(repo, 0)
    repo.mig("rebase")
    assert "prisma/migrations/20991232000000_xours/migration.sql" in listed(repo)
    repo.commit("renumbered")
    assert findings(repo, 0).keys() == {""}


def test_up_and_down_move_together_and_theirs_stay(tmp_path: Path) -> None:
    folder = "db/migrations"
    ours = {f"{folder}/0002_a.up.sql": OTHER, f"{folder}/0002_a.down.sql": "DROP TABLE orders;"}
    theirs = {f"{folder}/0002_b.up.sql": PHONE, f"{folder}/0002_b.down.sql": "DROP TABLE phones;"}
    repo = diverged(tmp_path / "repo", GOLANG, ours, theirs)
    repo.merge("main")
    done = repo.mig("rebase")
    moved = {f"{folder}/0003_a.up.sql", f"{folder}/0003_a.down.sql"}
    assert moved | theirs.keys() <= set(listed(repo))
    assert ours.keys().isdisjoint(listed(repo))
    assert done.stdout.splitlines()[:2] == [
        "1 migration rewritten, to come after those of main",
        "  0003_a  was 0002_a  db/migrations/0003_a.up.sql",
    ]


def test_a_chain_whose_names_take_one_anothers_places_loses_nothing(tmp_path: Path) -> None:
    folder = "db/migrations"
    ours = {f"{folder}/000{n}_x.up.sql": f"CREATE TABLE ours{n} (i int);" for n in (2, 3, 4)}
    repo = diverged(tmp_path / "repo", GOLANG, ours, {f"{folder}/0002_theirs.up.sql": PHONE})
    repo.mig("rebase")
    for n in (2, 3, 4):
        assert repo.read(f"{folder}/000{n + 1}_x.up.sql") == f"CREATE TABLE ours{n} (i int);"
    assert not (repo.path / f"{folder}/0002_x.up.sql").exists()
    repo.commit("renumbered")
    assert repo.git("status", "--porcelain") == ""
    assert repo.git("show", f"HEAD:{folder}/0004_x.up.sql") == "CREATE TABLE ours3 (i int);"


def test_a_folder_moves_with_all_that_lies_in_it(tmp_path: Path) -> None:
    tool = next(tool for tool in TOOLS if tool.source == "diesel")
    _, low, high = tool.versions
    folder = f"migrations/{low}_x"
    ours = {f"{folder}/up.sql": OTHER, f"{folder}/down.sql": "DROP TABLE orders;", f"{folder}/NOTES": "x"}
    repo = diverged(tmp_path / "repo", tool, ours, file(tool, high, RENAME))
    repo.mig("rebase")
    assert not (repo.path / folder).exists()
    (up,) = (path for path in listed(repo) if path.endswith("x/up.sql") and path[11:] > high)
    assert sorted(p.name for p in (repo.path / up).parent.iterdir()) == ["NOTES", "down.sql", "up.sql"]


def test_flyways_undo_moves_with_its_version_and_repeatables_stay(tmp_path: Path) -> None:
    folder = "src/main/resources/db/migration"
    ours = {
        f"{folder}/V1.9__x.sql": OTHER,
        f"{folder}/V1.9__x.sql.conf": "executeInTransaction=false\n",
        f"{folder}/U1.9__another_name.sql": "DROP TABLE orders;",
        f"{folder}/R__view.sql": "CREATE OR REPLACE VIEW v AS SELECT 1;",
    }
    repo = diverged(tmp_path / "repo", FLYWAY, ours, file(FLYWAY, "1.10", RENAME))
    repo.mig("rebase")
    found = {path.rpartition("/")[2] for path in listed(repo)}
    assert {"V1.11__x.sql", "V1.11__x.sql.conf", "U1.11__another_name.sql", "R__view.sql"} <= found
    assert not any("1.9" in name for name in found)


def test_a_java_migration_keeps_the_name_of_its_class_and_of_its_file_alike(tmp_path: Path) -> None:
    path = "src/main/java/db/migration/V1_9__Fill.java"
    text = "public class V1_9__Fill extends Base {\n  V1_9__Fill() {}\n  int V1_9__Filler;\n}\n"
    repo = diverged(tmp_path / "repo", FLYWAY, {path: text}, file(FLYWAY, "1.10", RENAME))
    repo.mig("rebase")
    new = repo.read("src/main/java/db/migration/V1_11__Fill.java")
    assert new == text.replace("V1_9__Fill ", "V1_11__Fill ").replace("V1_9__Fill(", "V1_11__Fill(")


def test_a_version_of_folders_and_files_moves_as_its_convention_says(tmp_path: Path) -> None:
    settings = (
        '[conventions.deltas]\nfile = "delta/{version}/{version}_{name}.sql"\n'
        'down = "delta/{version}/{version}_{name}.undo.sql"\nlate = "skipped"\n'
    )
    tool = Tool("deltas", "db/delta/{}/01_x{}.sql", beside=("mig.toml", settings), late="skipped")
    ours = {"db/delta/0001/02_a.sql": OTHER, "db/delta/0001/02_a.undo.sql": "DROP TABLE orders;"}
    repo = diverged(tmp_path / "repo", tool, ours, {"db/delta/0001/02_b.sql": PHONE})
    repo.mig("rebase")
    assert {"db/delta/0001/03_a.sql", "db/delta/0001/03_a.undo.sql"} <= set(listed(repo))


def test_a_dry_run_shows_what_git_can_apply_and_writes_nothing(tmp_path: Path) -> None:
    _, low, high = GOLANG.versions
    repo = diverged(tmp_path / "repo", GOLANG, file(GOLANG, low, OTHER, "a"), file(GOLANG, high, RENAME))
    before = listed(repo)
    shown = repo.mig("rebase", "--dry-run").stdout
    assert "dry run: 1 migration would be rewritten, nothing was written\n" in shown
    assert (listed(repo), repo.git("status", "--porcelain")) == (before, "")
    repo.write("../rebase.diff", shown)
    repo.git("apply", "../rebase.diff")
    assert (repo.path / "db/migrations/0004_xa.up.sql").exists()
    assert not (repo.path / "db/migrations/0002_xa.up.sql").exists()


def test_work_that_is_not_committed_moves_as_it_is_and_stays_unstaged(tmp_path: Path) -> None:
    _, low, high = GOLANG.versions
    repo = diverged(tmp_path / "repo", GOLANG, file(GOLANG, low, OTHER, "a"), file(GOLANG, high, RENAME))
    repo.write(next(iter(file(GOLANG, low, "", "a"))), PHONE)
    repo.write("db/migrations/0003_new.up.sql", "CREATE TABLE fresh (i int);")
    repo.mig("rebase")
    status = repo.git("status", "--porcelain", "--untracked-files=all").splitlines()
    moved = "db/migrations/0002_xa.up.sql -> db/migrations/0004_xa.up.sql"
    assert status == [f"RM {moved}", "?? db/migrations/0005_new.up.sql"]
    assert repo.read("db/migrations/0004_xa.up.sql") == PHONE
    repo.mig("rebase", "--add")
    assert repo.git("diff", "--cached", "--name-only") == "db/migrations/0004_xa.up.sql"


def test_add_stages_what_moved_and_was_not_tracked(tmp_path: Path) -> None:
    _, low, high = GOLANG.versions
    repo = diverged(tmp_path / "repo", GOLANG, {"README": "x"}, file(GOLANG, high, RENAME))
    repo.write(next(iter(file(GOLANG, low, "", "a"))), PHONE)
    repo.mig("rebase", "--add")
    assert repo.git("status", "--porcelain") == "A  db/migrations/0004_xa.up.sql"


def test_a_name_that_is_taken_is_not_overwritten_and_nothing_moves(tmp_path: Path) -> None:
    _, low, high = GOLANG.versions
    ours = file(GOLANG, low, OTHER, "a") | {"db/migrations/0002_xa.down.sql": "DROP TABLE orders;"}
    repo = diverged(tmp_path / "repo", GOLANG, ours, file(GOLANG, high, RENAME))
    (repo.path / "db/migrations/0004_xa.down.sql").mkdir()
    refused = repo.mig("rebase", expect=3)
    assert "db/migrations/0004_xa.down.sql exists already" in refused.stderr
    assert ours.keys() <= {path for path in listed(repo) if (repo.path / path).is_file()}
    assert repo.git("status", "--porcelain") == ""


def test_an_index_that_is_locked_leaves_every_file_where_it_was(tmp_path: Path) -> None:
    _, low, high = GOLANG.versions
    repo = diverged(tmp_path / "repo", GOLANG, file(GOLANG, low, OTHER, "a"), file(GOLANG, high, RENAME))
    lock = repo.write(".git/index.lock", "")
    refused = repo.mig("rebase", expect=3)
    assert "index.lock" in refused.stderr
    lock.unlink()
    assert repo.git("status", "--porcelain") == ""


def test_a_published_migration_is_never_renumbered(tmp_path: Path) -> None:
    _, low, high = GOLANG.versions
    repo = diverged(tmp_path / "repo", GOLANG, file(GOLANG, high, OTHER, "a"), file(GOLANG, low, RENAME))
    repo.checkout("main")
    repo.git("merge", "-q", "feature", "--no-edit")
    repo.branch("later")
    repo.commit("late", file(GOLANG, "0001", PHONE, "late"))
    before = set(listed(repo))
    repo.mig("rebase", "--base", "main")
    assert before - set(listed(repo)) == {"db/migrations/0001_xlate.up.sql"}
    assert "db/migrations/0004_xlate.up.sql" in listed(repo)


def test_a_published_one_under_another_number_is_put_nowhere(tmp_path: Path) -> None:
    first, low, high = GOLANG.versions
    repo = diverged(tmp_path / "repo", GOLANG, file(GOLANG, low, OTHER, "a"), file(GOLANG, high, RENAME))
    path = next(iter(file(GOLANG, first, "")))
    repo.git("mv", path, path.replace("0001", "0009"))
    refused = repo.mig("rebase", expect=3)
    assert refused.stderr.splitlines() == [
        "mig: 0009_x is 0001_x under another name, which main has published",
        f"git checkout main -- {path}, and remove {path.replace('0001', '0009')}; then mig rebase",
    ]


def test_two_of_ours_with_one_version_get_two(tmp_path: Path) -> None:
    _, low, high = GOLANG.versions
    ours = file(GOLANG, high, OTHER, "a") | file(GOLANG, high, PHONE, "b")
    downs = {f"db/migrations/{high}_x{name}.down.sql": f"-- {name}" for name in "ab"}
    repo = diverged(tmp_path / "repo", GOLANG, ours | downs, file(GOLANG, low, RENAME))
    assert "MIG107" in findings(repo, 1)
    repo.mig("rebase")
    assert repo.read("db/migrations/0004_xb.down.sql") == "-- b"
    assert repo.read("db/migrations/0003_xa.down.sql") == "-- a"
    repo.commit("renumbered")
    assert findings(repo, 0).keys() == {""}


def test_what_the_order_does_not_settle_is_said(tmp_path: Path) -> None:
    _, low, high = GOLANG.versions
    repo = diverged(tmp_path / "repo", GOLANG, file(GOLANG, low, INDEX), file(GOLANG, high, RENAME))
    done = repo.mig("rebase")
    said = "note  0004_x indexes users.email, which 0003_x renamed to users.mail before"
    assert said in done.stdout.splitlines()
    repo.mig("rebase", "--rewrite")
    assert repo.read("db/migrations/0004_x.up.sql").strip() == INDEX.replace("email)", "mail)")


def test_onto_has_no_meaning_where_versions_order(tmp_path: Path) -> None:
    _, low, high = GOLANG.versions
    repo = diverged(tmp_path / "repo", GOLANG, file(GOLANG, low, OTHER), file(GOLANG, high, RENAME))
    refused = repo.mig("rebase", "--onto", f"{high}_x", expect=2)
    assert refused.stderr.splitlines()[-1] == "mig rebase gives ours versions above all that are published"


def test_it_works_in_the_middle_of_a_git_rebase(tmp_path: Path) -> None:
    _, low, high = GOLANG.versions
    path = next(iter(file(GOLANG, low, "", "a")))
    repo = diverged(tmp_path / "repo", GOLANG, {path: OTHER, "README": "ours\n"}, file(GOLANG, high, RENAME))
    repo.checkout("main")
    repo.commit("readme", {"README": "theirs\n", path.replace("xa", "xb"): USERS.replace("users", "b")})
    repo.checkout("feature")
    repo.git("rebase", "main", expect=1)
    repo.mig("rebase", "--add")
    repo.add({"README": "both\n"})
    repo.git("-c", "core.editor=true", "rebase", "--continue")
    assert "db/migrations/0004_xa.up.sql" in listed(repo)
    assert path not in listed(repo)
