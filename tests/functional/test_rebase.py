from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

USERS = "51d0c3a9e8f2"
INDEX = "9f31c0a2b7de"
RENAME = "77bc02d1a9e0"
PHONE = "0a1b2c3d4e5f"
CREATED = {"migrations/20261101000000_users.sql": native(USERS, (), "CREATE TABLE users (email text);")}
INDEX_PATH = "migrations/20261120101500_index_email.sql"
RENAME_PATH = "migrations/20261121090000_rename_email.sql"
THEIRS = {RENAME_PATH: native(RENAME, USERS, "ALTER TABLE users RENAME COLUMN email TO mail;")}
OURS = {INDEX_PATH: native(INDEX, USERS, "CREATE INDEX ix ON users (email);", "DROP INDEX ix;")}


def diverged(path: Path, ours: dict[str, str | bytes] | None = None) -> GitSandbox:
    """Two branches, main and feature, each with a migration after that of users; feature is checked out."""
    repo = GitSandbox(path)
    repo.commit("users", CREATED)
    repo.branch("feature")
    repo.commit("index", ours or OURS)
    repo.checkout("main")
    repo.commit("rename", THEIRS)
    repo.checkout("feature")
    return repo


UNMET = f"note  {INDEX} indexes users.email, which {RENAME} renamed to users.mail before"


def heads(repo: GitSandbox) -> list[str]:
    found: list[str] = json.loads(repo.mig("rebase", "--dry-run", "--format", "json").stdout)["heads"][
        "default"
    ]
    return found


def test_ours_come_after_theirs_and_the_way_on_is_named(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    done = repo.mig("rebase")
    assert done.stdout.splitlines() == [
        "1 migration rewritten, to come after those of main",
        f"  {INDEX}  {USERS} -> {RENAME}  {INDEX_PATH}",
        f"one head: {INDEX}",
        UNMET,
        "next  mig rebase --rewrite  puts the new names into ours: the order alone will not do",
        "next  git merge main  so that this branch can be applied by itself",
    ]
    assert repo.read(INDEX_PATH) == OURS[INDEX_PATH].replace(USERS, RENAME)
    assert repo.git("status", "--porcelain") == f" M {INDEX_PATH}"


def test_a_second_run_changes_nothing_and_says_so(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.mig("rebase")
    repo.commit("rebased", {INDEX_PATH: repo.read(INDEX_PATH)})
    repo.merge("main")
    again = repo.mig("rebase")
    assert again.stdout.splitlines()[:3] == [
        "nothing to rebase: ours come after those of main already",
        f"one head: {INDEX}",
        UNMET,
    ]
    assert repo.git("status", "--porcelain") == ""


def test_a_branch_without_migrations_of_its_own_has_nothing_to_rebase(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.checkout("main")
    assert repo.mig("rebase").stdout == "nothing to rebase: main has every migration that is here\n"


def test_json_names_the_parents_before_and_after(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    value = json.loads(repo.mig("rebase", "--format", "json").stdout)
    assert value == {
        "rewritten": [{"id": INDEX, "path": INDEX_PATH, "parents_before": [USERS], "parents": [RENAME]}],
        "heads": {"default": [INDEX]},
        "base": "main",
        "elsewhere": [RENAME],
        "dry_run": False,
        "unmet": [
            {
                "ancestor": RENAME,
                "line": 5,
                "message": UNMET.removeprefix("note  "),
                "migration": INDEX,
            }
        ],
    }


def test_a_dry_run_shows_a_diff_that_git_can_apply_and_writes_nothing(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    shown = repo.mig("rebase", "--dry-run").stdout
    assert f"--- a/{INDEX_PATH}\n+++ b/{INDEX_PATH}\n" in shown
    assert f"\n--- mig:parents {USERS}\n+-- mig:parents {RENAME}\n" in shown
    assert "\ndry run: 1 migration would be rewritten, nothing was written\n" in shown
    assert repo.git("status", "--porcelain") == ""
    repo.write("../rebase.diff", shown)
    repo.git("apply", "../rebase.diff")
    assert repo.read(INDEX_PATH) == OURS[INDEX_PATH].replace(USERS, RENAME)


ODD = {
    "crlf": b"-- mig:id 9f31c0a2b7de\r\n-- mig:parents 51d0c3a9e8f2\r\n\r\n-- mig:up\r\nSELECT 1;\r\n",
    "mixed": b"-- mig:id 9f31c0a2b7de\n-- mig:parents 51d0c3a9e8f2\r\n-- mig:up\nSELECT 1;\r\n\n",
    "bom": b"\xef\xbb\xbf-- mig:id 9f31c0a2b7de\n-- mig:parents 51d0c3a9e8f2\n-- mig:up\nSELECT 1;\n",
    "trailing": b"-- mig:id 9f31c0a2b7de  \n-- mig:parents 51d0c3a9e8f2\t \n\n-- mig:up  \nSELECT 1; \t\n\n",
    "no-newline": b"-- mig:id 9f31c0a2b7de\n-- mig:parents 51d0c3a9e8f2\n-- mig:up\nSELECT 1;",
    "form-feed": b"-- mig:id 9f31c0a2b7de\n\x0c\n-- mig:parents 51d0c3a9e8f2\n"
    b"-- mig:up\nSELECT '\xe2\x80\xa8\x0b';\n",
    "quoted-id": b"-- mig:id 9f31c0a2b7de\n-- after 51d0c3a9e8f2: mail\n-- mig:parents 51d0c3a9e8f2\n"
    b"-- mig:up\nSELECT '51d0c3a9e8f2';\n",
}


@pytest.mark.parametrize("name", sorted(ODD))
def test_every_byte_outside_the_parents_stays(tmp_path: Path, name: str) -> None:
    repo = diverged(tmp_path / "repo", {INDEX_PATH: ODD[name]})
    repo.mig("rebase")
    wanted = ODD[name].replace(b"mig:parents 51d0c3a9e8f2", b"mig:parents 77bc02d1a9e0")
    assert (repo.path / INDEX_PATH).read_bytes() == wanted


@pytest.mark.parametrize("mark", [pytest.param(b"", id="plain"), pytest.param(b"\xef\xbb\xbf", id="bom")])
@pytest.mark.parametrize("end", [pytest.param(b"\n", id="lf"), pytest.param(b"\r\n", id="crlf")])
def test_a_root_of_ours_gets_a_line_with_parents(tmp_path: Path, mark: bytes, end: bytes) -> None:
    lines = [mark + b"-- mig:id 9f31c0a2b7de", b"-- mig:up", b"SELECT 1;", b""]
    repo = diverged(tmp_path / "repo", {INDEX_PATH: end.join(lines)})
    repo.mig("rebase")
    wanted = end.join([lines[0], b"-- mig:parents 77bc02d1a9e0", *lines[1:]])
    assert (repo.path / INDEX_PATH).read_bytes() == wanted


def test_a_checkout_with_windows_line_ends_keeps_them(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.git("config", "core.autocrlf", "true")
    (repo.path / INDEX_PATH).unlink()
    repo.git("checkout", "--", INDEX_PATH)
    before = (repo.path / INDEX_PATH).read_bytes()
    assert b"\r\n" in before
    repo.mig("rebase")
    assert (repo.path / INDEX_PATH).read_bytes() == before.replace(USERS.encode(), RENAME.encode())


def test_python_migrations_keep_their_bytes_and_mode(tmp_path: Path) -> None:
    path = "migrations/20261120101500_index.py"
    text = (
        '"""Index."""\r\nimport sqlalchemy as sa  \r\n\r\n'
        'id = "9f31c0a2b7de"\r\nparents = ("51d0c3a9e8f2",)  # users\r\n'
        "\r\n\r\ndef up(op):\r\n    op.f('51d0c3a9e8f2')\r\n"
    )
    repo = diverged(tmp_path / "repo", {path: text})
    (repo.path / path).chmod(0o755)
    repo.mig("rebase")
    assert (repo.path / path).read_bytes() == text.replace(f'("{USERS}",)', f'("{RENAME}",)').encode()
    assert stat.S_IMODE((repo.path / path).stat().st_mode) == 0o755


def test_several_chains_become_one_line(tmp_path: Path) -> None:
    first = {
        INDEX_PATH: native(INDEX, USERS, "SELECT 1;"),
        "migrations/20261120101501_b.sql": native("b" * 12, INDEX, "SELECT 2;"),
    }
    repo = diverged(
        tmp_path / "repo", {**first, "migrations/20261120101502_c.sql": native(PHONE, USERS, "SELECT 3;")}
    )
    value = json.loads(repo.mig("rebase", "--format", "json").stdout)
    moved = {one["id"]: one["parents"] for one in value["rewritten"]}
    assert moved == {INDEX: [RENAME], PHONE: ["b" * 12]}
    assert value["heads"] == {"default": [PHONE]}


def test_a_merge_migration_of_ours_keeps_both_sides(tmp_path: Path) -> None:
    commuting = native(INDEX, USERS, "ALTER TABLE users ADD COLUMN phone text;")
    repo = diverged(tmp_path / "repo", {INDEX_PATH: commuting})
    repo.merge("main")
    repo.mig("merge", "--add")
    repo.commit("merged")
    merge = next(path for path in repo.git("ls-files", "migrations").splitlines() if "merge" in path)
    repo.checkout("main")
    repo.commit("phone", {"migrations/20261122000000_phone.sql": native(PHONE, RENAME, "SELECT 1;")})
    repo.checkout("feature")
    repo.mig("rebase")
    assert f"-- mig:parents {PHONE}, {INDEX}\n" in repo.read(merge)
    assert f"-- mig:parents {PHONE}\n" in repo.read(INDEX_PATH)


def test_work_that_is_not_committed_counts_as_ours(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.write("migrations/20261122000000_phone.sql", native(PHONE, INDEX, "SELECT 1;"))
    repo.mig("rebase")
    assert heads(repo) == [PHONE]


def test_onto_puts_ours_after_a_published_migration_that_is_named(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.checkout("main")
    repo.commit("phone", {"migrations/20261122000000_phone.sql": native(PHONE, USERS, "SELECT 1;")})
    repo.checkout("feature")
    refused = repo.mig("rebase", expect=3)
    assert refused.stderr.splitlines() == [
        f"mig: main has 2 heads: {PHONE}, {RENAME}",
        "choose one: mig rebase --onto ID; or have them joined there first: mig merge",
    ]
    repo.mig("rebase", "--onto", PHONE[:4])
    assert f"-- mig:parents {PHONE}\n" in repo.read(INDEX_PATH)
    again = repo.mig("rebase", "--onto", PHONE)
    assert again.stdout.startswith("nothing to rebase")


def test_ours_that_join_two_published_heads_already_have_nothing_to_choose(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.checkout("main")
    repo.commit("phone", {"migrations/20261122000000_phone.sql": native(PHONE, USERS, "SELECT 1;")})
    repo.branch("join")
    repo.mig("merge", "--add")
    assert repo.mig("rebase", "--base", "main").stdout.startswith("nothing to rebase: ours come after")


@pytest.mark.parametrize(
    "onto", [pytest.param(INDEX, id="ours"), pytest.param(INDEX[:5], id="start-of-ours")]
)
def test_onto_one_of_ours_is_refused(tmp_path: Path, onto: str) -> None:
    repo = diverged(tmp_path / "repo")
    refused = repo.mig("rebase", "--onto", onto, expect=3)
    assert f"{onto} is not on main" in refused.stderr
    assert repo.git("status", "--porcelain") == ""


def test_onto_an_id_that_nobody_has_names_the_nearest(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    refused = repo.mig("rebase", "--onto", "77bc02d1a9e1", expect=3)
    assert f"no migration has the id '77bc02d1a9e1'; the nearest: {RENAME}" in refused.stderr


def test_a_published_migration_is_never_touched(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    path = next(iter(CREATED))
    repo.write(path, CREATED[path].replace(USERS, f"{USERS}\n-- mig:parents {INDEX}"))
    refused = repo.mig("rebase", expect=3)
    assert refused.stderr.splitlines() == [
        f"mig: {USERS} is published on main, and {INDEX} was put beneath it",
        f"git checkout main -- {path}, then mig rebase",
    ]


def test_a_parent_that_is_nowhere_is_not_replaced_unasked(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo", {INDEX_PATH: native(INDEX, PHONE, "SELECT 1;")})
    refused = repo.mig("rebase", expect=3)
    assert f"{INDEX} names the parent {PHONE}, which is neither here nor on main" in refused.stderr
    repo.mig("rebase", "--onto", RENAME)
    assert f"-- mig:parents {RENAME}\n" in repo.read(INDEX_PATH)


def test_it_works_in_the_middle_of_a_merge(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.merge("main", "--no-commit")
    done = repo.mig("rebase", "--add")
    assert f"one head: {INDEX}" in done.stdout.splitlines()
    assert repo.git("diff", "--name-only") == ""
    repo.commit("merged")
    assert f"-- mig:parents {RENAME}\n" in repo.git("show", f"HEAD:{INDEX_PATH}")


def test_it_works_in_the_middle_of_a_git_rebase_with_another_file_in_conflict(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo", {**OURS, "README": "ours\n"})
    repo.checkout("main")
    repo.commit("readme", {"README": "theirs\n"})
    repo.checkout("feature")
    repo.git("rebase", "main", expect=1)
    repo.mig("rebase", "--add")
    repo.add({"README": "both\n"})
    repo.git("-c", "core.editor=true", "rebase", "--continue")
    assert f"-- mig:parents {RENAME}\n" in repo.git("show", f"feature:{INDEX_PATH}")


def test_a_migration_in_conflict_is_named_and_nothing_written(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo", {**OURS, RENAME_PATH: native(RENAME, USERS, "SELECT 'ours';")})
    repo.merge("main", expect=1)
    before = repo.read(INDEX_PATH)
    refused = repo.mig("rebase", expect=3)
    assert refused.stderr.splitlines() == [
        f"mig: {RENAME_PATH} is unmerged",
        "resolve the conflict, git add the file, then run this again",
    ]
    assert repo.read(INDEX_PATH) == before


def test_a_detached_head_is_a_branch_like_any_other(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.git("checkout", "--quiet", "--detach")
    repo.mig("rebase")
    assert heads(repo) == [INDEX]


def test_it_works_from_elsewhere_and_in_linked_worktrees(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.git("worktree", "add", "--quiet", "--detach", "../linked é", "feature")
    linked = GitSandbox.at(tmp_path / "linked é")
    elsewhere = GitSandbox(tmp_path / "elsewhere")
    elsewhere.mig(
        "-C", str(linked.path / "migrations"), "rebase", env={"GIT_DIR": str(elsewhere.path / ".git")}
    )
    assert f"-- mig:parents {RENAME}\n" in linked.read(INDEX_PATH)
    assert f"-- mig:parents {USERS}\n" in repo.read(INDEX_PATH)


def test_it_works_in_a_submodule(tmp_path: Path) -> None:
    origin = diverged(tmp_path / "origin")
    origin.checkout("main")
    outer = GitSandbox(tmp_path / "outer")
    outer.git("submodule", "--quiet", "add", "--", str(origin.path), "sub")
    inner = GitSandbox.at(outer.path / "sub")
    inner.checkout("feature")
    done = inner.mig("rebase", "--add")
    assert "origin/main" in done.stdout
    assert inner.git("status", "--porcelain") == f"M  {INDEX_PATH}"


def test_add_stages_into_the_index_that_git_names(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    other = {"GIT_INDEX_FILE": str(tmp_path / "other-index")}
    repo.git("read-tree", "HEAD", env=other)
    repo.mig("rebase", "--add", env=other)
    assert repo.git("diff", "--cached", "--name-only", "HEAD", env=other) == INDEX_PATH
    assert repo.git("diff", "--cached", "--name-only", "HEAD") == ""


def test_add_takes_a_path_with_a_pattern_in_it_literally(tmp_path: Path) -> None:
    path = "migrations/20261120101500_[a-z]*.sql"
    repo = diverged(tmp_path / "repo", {path: native(INDEX, USERS, "SELECT 1;")})
    repo.write("migrations/20261120101500_a.sql", native(PHONE, INDEX, "SELECT 1;"))
    repo.mig("rebase", "--add")
    assert repo.git("diff", "--cached", "--name-only") == path


def test_a_branch_with_its_own_base_is_compared_with_that(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.branch("stacked")
    repo.commit("phone", {"migrations/20261122000000_phone.sql": native(PHONE, USERS, "SELECT 1;")})
    repo.mig("rebase", "--base", "feature")
    assert f"-- mig:parents {INDEX}\n" in repo.read("migrations/20261122000000_phone.sql")
    assert f"-- mig:parents {USERS}\n" in repo.read(INDEX_PATH)


def test_without_a_base_the_error_says_how_to_name_one(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.git("checkout", "--quiet", "-b", "lonely")
    repo.commit("users", CREATED)
    refused = repo.mig("rebase", expect=3)
    assert "there is no branch to rebase onto" in refused.stderr
    assert "--base REF" in refused.stderr.splitlines()[-1]


def test_a_file_that_was_deleted_behind_gits_back_is_no_longer_ours(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    (repo.path / INDEX_PATH).unlink()
    assert "main has every migration that is here" in repo.mig("rebase").stdout


def test_a_bare_repository_has_nothing_to_write_to(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.git("clone", "--quiet", "--bare", ".", "../bare")
    refused = GitSandbox.at(tmp_path / "bare").mig("rebase", expect=3)
    assert "is bare" in refused.stderr


def test_two_lineages_are_rebased_together(tmp_path: Path) -> None:
    config = '[[lineage]]\nname = "one"\npath = "one"\n[[lineage]]\nname = "two"\npath = "two"\n'
    repo = GitSandbox(tmp_path / "repo")
    roots = {
        "one/20260101000000_r.sql": native("1" * 12, (), "SELECT 1;"),
        "two/20260101000000_r.sql": native("2" * 12, (), "SELECT 1;"),
    }
    repo.commit("roots", {"mig.toml": config, **roots})
    repo.branch("feature")
    repo.commit(
        "ours",
        {
            "one/20260103000000_o.sql": native("3" * 12, "1" * 12, "SELECT 1;"),
            "two/20260103000000_o.sql": native("4" * 12, "2" * 12, "SELECT 1;"),
        },
    )
    repo.checkout("main")
    repo.commit(
        "theirs",
        {
            "one/20260102000000_t.sql": native("5" * 12, "1" * 12, "SELECT 1;"),
            "two/20260102000000_t.sql": native("6" * 12, "2" * 12, "SELECT 1;"),
        },
    )
    repo.checkout("feature")
    assert json.loads(repo.mig("rebase", "--dry-run", "--lineage", "two", "--format", "json").stdout)[
        "heads"
    ] == {"two": ["4" * 12]}
    done = repo.mig("rebase").stdout
    assert "one: one head: 333333333333\ntwo: one head: 444444444444\n" in done
