"""``mig radar`` on real repositories: who clashes with whom, in every format, and what is hostile."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.repositories import GitSandbox, native

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text);"
START = {"migrations/1.sql": native("000000000001", up=USERS)}


def add(
    repo: GitSandbox, branch: str, new: str, up: str, *, start: str = "main", parent: str = "000000000001"
) -> None:
    """A branch with one migration; the base is checked out again."""
    repo.branch(branch, start)
    repo.commit(f"add {new}", {f"migrations/{new}.sql": native(new, parent, up)})
    repo.checkout("main")


@pytest.fixture
def shop(tmp_path: Path) -> GitSandbox:
    """Four branches: two clash in one order, one stands on top of one of these, one has no migrations."""
    repo = GitSandbox(tmp_path / "shop")
    repo.commit("start", START)
    add(repo, "rename", "00000000000a", "ALTER TABLE users RENAME COLUMN email TO mail;")
    add(repo, "index", "00000000000b", "CREATE INDEX ix ON users (email);")
    add(repo, "top", "00000000000c", "CREATE TABLE t (id int);", start="index", parent="00000000000b")
    repo.branch("docs")
    repo.commit("words", {"README.md": "words"})
    repo.checkout("main")
    return repo


def radar(repo: GitSandbox, *args: str, expect: int | None = 0) -> dict[str, Any]:  # JSON
    found: dict[str, Any] = json.loads(repo.mig("radar", "--format", "json", *args, expect=expect).stdout)
    return found


def by_ref(found: dict[str, Any]) -> dict[str, Any]:
    return {one["ref"]: one for one in found["branches"]}


def test_two_branches_that_are_fine_alone_are_told_to_clash(shop: GitSandbox) -> None:
    found = radar(shop)
    assert {ref: one["verdict"] for ref, one in by_ref(found).items()} == dict.fromkeys(
        ("index", "rename", "top"), "ok"
    )
    (clash,) = found["clashes"]
    assert clash["branches"] == ["index", "rename"]
    assert clash["verdict"] == "conflict"
    assert clash["first"] == "index"
    assert clash["findings"][0]["code"] == "MIG302"
    assert {place["side"] for place in clash["findings"][0]["locations"]} == {"index", "rename"}
    assert found["idle"] == 1


def test_what_can_come_first_is_merged_first(shop: GitSandbox) -> None:
    order = [step["ref"] for step in radar(shop)["order"]]
    assert order.index("index") < order.index("rename")
    assert order.index("index") < order.index("top")


def test_a_branch_on_top_of_another_one_is_ordered_with_it(shop: GitSandbox) -> None:
    found = radar(shop)
    assert by_ref(found)["top"]["on_top_of"] == ["index"]
    assert by_ref(found)["top"]["migrations"] == ["00000000000b", "00000000000c"]
    assert not any("top" in clash["branches"] for clash in found["clashes"])


def test_a_base_that_has_moved_makes_branches_diverge(shop: GitSandbox) -> None:
    shop.commit(
        "more", {"migrations/2.sql": native("000000000002", "000000000001", "CREATE TABLE o (id int);")}
    )
    found = by_ref(radar(shop))
    assert {one["verdict"] for one in found.values()} == {"diverges"}
    assert found["rename"]["fix"].startswith("mig rebase")


def test_a_conflict_with_the_base_is_the_branchs_own(shop: GitSandbox) -> None:
    up = "ALTER TABLE users DROP COLUMN email;"
    shop.commit("more", {"migrations/2.sql": native("000000000002", "000000000001", up)})
    found = by_ref(radar(shop))
    assert found["index"]["verdict"] == found["top"]["verdict"] == "conflict"
    assert any(one["verdict"] == "conflict" for one in found["top"]["findings"])


def test_a_branch_that_edits_what_is_published_is_checked_by_itself(shop: GitSandbox) -> None:
    shop.branch("edit")
    shop.commit("edit", {"migrations/1.sql": native("000000000001", up=USERS.replace("int", "bigint"))})
    shop.checkout("main")
    (finding,) = by_ref(radar(shop))["edit"]["findings"]
    assert finding["code"] == "MIG201"
    assert "edit changes what it does" in finding["message"]


def test_one_id_in_two_branches_with_other_contents_is_a_clash(shop: GitSandbox) -> None:
    add(shop, "copied", "00000000000b", "CREATE INDEX ix2 ON users (id);")
    clashes = {tuple(one["branches"]): one for one in radar(shop)["clashes"]}
    assert clashes["copied", "index"]["findings"][0]["code"] == "MIG103"
    # What the second one of them does is compared with the others all the same.
    assert ("copied", "rename") not in clashes


def test_a_second_meaning_of_an_id_is_compared_with_the_other_branches(shop: GitSandbox) -> None:
    add(shop, "copied", "00000000000b", "ALTER TABLE users DROP COLUMN email;")
    clashes = {tuple(one["branches"]) for one in radar(shop)["clashes"]}
    assert clashes == {("copied", "index"), ("copied", "rename"), ("copied", "top"), ("index", "rename")}


def test_only_one_branch_can_be_asked_for(shop: GitSandbox) -> None:
    add(shop, "other", "00000000000d", "CREATE TABLE t (id int);")
    found = radar(shop, "--only", "rename")
    assert [one["ref"] for one in found["branches"]] == ["rename"]
    assert [one["branches"] for one in found["clashes"]] == [["index", "rename"]]


def test_what_a_branch_is_on_top_of_concerns_it(shop: GitSandbox) -> None:
    found = radar(shop, "--only", "top")
    assert [one["branches"] for one in found["clashes"]] == [["index", "rename"]]


def test_refs_are_read_from_standard_input(shop: GitSandbox) -> None:
    result = subprocess.run(
        [sys.executable, "-P", "-m", "mig", "radar", "-", "--format", "json"],
        cwd=shop.path,
        input="index\n\nrename\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(by_ref(json.loads(result.stdout))) == {"index", "rename"}


def test_remote_branches_and_pull_requests_are_found(shop: GitSandbox, tmp_path: Path) -> None:
    shop.git("update-ref", "refs/pull/7/head", "rename")
    clone = GitSandbox.clone(shop, tmp_path / "clone")
    clone.git("fetch", "--quiet", "origin", "refs/pull/*/head:refs/pull/*/head")
    found = by_ref(radar(clone))
    assert set(found) == {"origin/index", "origin/rename", "origin/top"}
    assert found["origin/rename"]["also"] == ["pull/7"]
    assert by_ref(radar(clone, "--only", "refs/pull/7/head"))["origin/rename"]["verdict"] == "ok"


def test_nothing_is_wrong_unless_asked(shop: GitSandbox) -> None:
    shop.mig("radar", expect=0)
    shop.mig("radar", "--fail-on", "conflict", expect=1)
    shop.mig("radar", "--fail-on", "conflict", "rename", "docs", expect=0)


def test_the_report_says_who_goes_first(shop: GitSandbox) -> None:
    said = shop.mig("radar").stdout
    assert "index and rename  conflict; merge index first, then rebase rename" in said
    assert "   1. index\n" in said
    assert "on top of index" in said


def test_without_a_base_it_says_what_to_do(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "shop")
    repo.git("checkout", "--quiet", "-b", "feature")
    repo.commit("start", START)
    said = repo.mig("radar", expect=3).stderr
    assert "no base branch" in said
    assert "mig radar --base REF" in said


def test_a_shallow_clone_is_refused(shop: GitSandbox, tmp_path: Path) -> None:
    shop.commit("more", {"README.md": "more"})
    clone = GitSandbox.clone(f"file://{shop.path}", tmp_path / "clone", "--depth", "1", "--no-single-branch")
    assert "shallow" in clone.mig("radar", expect=3).stderr


def test_a_partial_clone_is_refused(shop: GitSandbox, tmp_path: Path) -> None:
    shop.git("config", "uploadpack.allowFilter", "true")
    clone = GitSandbox.clone(f"file://{shop.path}", tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    assert "partial" in clone.mig("radar", expect=3).stderr


def test_a_broken_base_makes_everything_unknown(shop: GitSandbox) -> None:
    shop.commit("break", {"migrations/2.sql": native("000000000002", "00000000dead")})
    found = radar(shop)
    assert "parent" in found["problem"]
    assert {one["verdict"] for one in found["branches"]} == {"unknown"}
    assert "main itself is broken" in shop.mig("radar").stdout


def test_names_that_could_be_options_or_turn_text_around_are_harmless(shop: GitSandbox) -> None:
    names = [
        "refs/remotes/origin/--upload-pack=x",
        "refs/remotes/origin/a\u202eb",
        "refs/remotes/origin/`|<b>@me",
    ]
    for name in names:
        shop.git("update-ref", name, "rename")
    said = shop.mig("radar").stdout
    assert "\u202e" not in said
    assert "--upload-pack=x" in said
    page = shop.mig("radar", "--format", "markdown").stdout
    assert "\u202e" not in page
    assert page.startswith("<!-- mig:radar -->\n")
    row = next(line for line in page.splitlines() if line.startswith("| `") and "upload" in line)
    assert row.replace("\\|", "").count("|") == 5
    shop.mig("radar", "--only", "--all", expect=3)


def test_links_and_large_files_are_findings(shop: GitSandbox) -> None:
    shop.branch("hostile")
    (shop.path / "migrations/link.sql").symlink_to("/etc/passwd")
    shop.write("migrations/large.sql", "-- mig:id 0000000000ff\n" + "x" * (9 << 20))
    shop.git("add", "-A")
    shop.commit("hostile")
    shop.checkout("main")
    one = by_ref(radar(shop))["hostile"]
    assert one["verdict"] == "error"
    assert {finding["code"] for finding in one["findings"]} >= {"MIG007", "MIG008"}


def test_no_object_is_written(shop: GitSandbox) -> None:
    before = shop.git("count-objects", "-v")
    radar(shop)
    assert shop.git("count-objects", "-v") == before


def test_a_bare_repository_is_read(shop: GitSandbox, tmp_path: Path) -> None:
    bare = GitSandbox.clone(shop, tmp_path / "bare.git", "--bare")
    assert set(by_ref(radar(bare))) == {"index", "rename", "top"}


def test_merged_branches_with_their_base_in_them_are_seen_once(shop: GitSandbox) -> None:
    shop.commit(
        "more", {"migrations/2.sql": native("000000000002", "000000000001", "CREATE TABLE o (id int);")}
    )
    shop.checkout("rename")
    shop.merge("main")
    shop.checkout("main")
    found = by_ref(radar(shop))["rename"]
    assert found["migrations"] == ["00000000000a"]
    assert found["verdict"] == "diverges"


def test_two_branches_that_take_one_version_are_named(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "shop")
    repo.commit("start", {"db/migration/V1__start.sql": USERS})
    for name in ("one", "two"):
        repo.branch(name, "main")
        repo.commit(name, {f"db/migration/V2__{name}.sql": f"CREATE TABLE {name} (id int);"})
    repo.checkout("main")
    found = by_ref(radar(repo))
    assert found["one"]["same_version"] == ["two"]
    assert found["one"]["verdict"] == "ok"
    assert "taken by two, too" in repo.mig("radar").stdout


def test_versions_are_compared_in_order_of_arrival(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "shop")
    repo.commit("start", {"db/migration/V1__start.sql": USERS})
    repo.branch("late")
    repo.commit("late", {"db/migration/V2__late.sql": "CREATE INDEX ix ON users (email);"})
    repo.checkout("main")
    repo.commit("more", {"db/migration/V3__drop.sql": "ALTER TABLE users DROP COLUMN email;"})
    one = by_ref(radar(repo))["late"]
    assert one["verdict"] == "conflict"
    assert {finding["code"] for finding in one["findings"]} >= {"MIG205"}


def test_django_apps_have_heads_of_their_own(tmp_path: Path) -> None:
    def django(operation: str, *needs: str) -> str:
        named = ", ".join(f"('{one.split('.')[0]}', '{one.split('.')[1]}')" for one in needs)
        return (
            "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
            f"    dependencies = [{named}]\n    operations = [{operation}]\n"
        )

    made = "migrations.CreateModel('A', [('id', models.AutoField(primary_key=True))])"
    repo = GitSandbox(tmp_path / "shop")
    repo.commit(
        "start",
        {
            f"{app}/migrations/{name}": text
            for app in ("x", "y")
            for name, text in (("__init__.py", ""), ("0001_a.py", django(made)))
        },
    )
    for name, app, column in (("one", "x", "c"), ("two", "y", "c"), ("three", "x", "c")):
        added = f"migrations.AddField('A', '{column}', models.IntegerField(null=True))"
        repo.branch(name, "main")
        repo.commit(name, {f"{app}/migrations/0002_{name}.py": django(added, f"{app}.0001_a")})
    repo.checkout("main")
    found = radar(repo)
    assert {one["verdict"] for one in found["branches"]} == {"ok"}
    assert [one["branches"] for one in found["clashes"]] == [["one", "three"]]


def test_a_new_lineage_on_a_branch_is_not_overlooked(shop: GitSandbox) -> None:
    shop.branch("second")
    shop.commit("second", {"db/migration/V1__start.sql": "CREATE TABLE z (id int);"})
    shop.checkout("main")
    assert "second" in by_ref(radar(shop))


@pytest.mark.skipif(shutil.which("jq") is None, reason="the workflow uses jq, which its runners have")
def test_the_workflow_comments_on_the_pull_requests_that_are_affected(
    shop: GitSandbox, tmp_path: Path
) -> None:
    """With a gh that says which are open, knows a comment on the second, and notes what it is told."""
    add(shop, "fine", "00000000000d", "CREATE TABLE fine (id int);")
    for number, branch in enumerate(("rename", "fine", "index", "docs"), 1):
        shop.git("update-ref", f"refs/pull/{number}/head", branch)
    clone = GitSandbox.clone(shop, tmp_path / "clone")
    binaries = tmp_path / "bin"
    binaries.mkdir()
    scripts = {
        "mig": f'exec {shlex.quote(sys.executable)} -P -m mig "$@"',
        "gh": 'case "$*" in\n"pr list"*) printf "1\\n2\\n3\\n4\\n";;\n*--paginate*issues/2/*) echo 77;;\n'
        '*--method*) printf "%s %s\\n" "$4" "$5" >> "$NOTES"; head -n 1 comment.md >> "$NOTES";;\nesac',
    }
    for name, text in scripts.items():
        (binaries / name).write_text(f"#!/bin/sh\n{text}\n")
        (binaries / name).chmod(0o755)
    workflow = (Path(__file__).parents[2] / "ci/github-radar.yml").read_text()
    script = textwrap.dedent(workflow.partition("run: |\n")[2])
    assert "${{" not in script
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script],
        cwd=clone.path,
        env={
            **os.environ,
            "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
            "NOTES": str(tmp_path / "notes"),
            "BASE": shop.git("rev-parse", "main"),
        },
        check=True,
    )
    told = (tmp_path / "notes").read_text().splitlines()
    assert told[::2] == [
        "POST repos/{owner}/{repo}/issues/1/comments",
        "PATCH repos/{owner}/{repo}/issues/comments/77",
        "POST repos/{owner}/{repo}/issues/3/comments",
    ]
    assert set(told[1::2]) == {"<!-- mig:radar -->"}


def test_a_branch_that_changes_code_which_its_migrations_import_is_read_with_its_own(tmp_path: Path) -> None:
    def revision(name: str, parent: str | None, body: str, imports: str = "") -> str:
        return (
            f"from alembic import op\nimport sqlalchemy as sa\n{imports}\nrevision = {name!r}\n"
            f"down_revision = {parent!r}\n\n\ndef upgrade():\n    {body}\n\n\ndef downgrade():\n    pass\n"
        )

    users = 'op.create_table("users", sa.Column("id", sa.Integer()), sa.Column("email", sa.Text()))'
    repo = GitSandbox(tmp_path / "shop")
    helper = "from alembic import op\n\n\ndef clean():\n    {}\n"
    repo.commit(
        "start",
        {
            "alembic.ini": "[alembic]\nscript_location = db\nprepend_sys_path = .\n",
            "helpers.py": helper.format("pass"),
            "db/versions/a.py": revision("a", None, users),
        },
    )
    repo.git("branch", "-M", "main")
    repo.branch("clean")
    new = {
        "helpers.py": helper.format('op.drop_column("users", "email")'),
        "db/versions/b.py": revision("b", "a", "clean()", "from helpers import clean"),
    }
    repo.commit("clean", new)
    repo.checkout("main")
    repo.commit(
        "index", {"db/versions/c.py": revision("c", "a", 'op.create_index("ix", "users", ["email"])')}
    )
    assert by_ref(radar(repo, "--base", "main", "clean"))["clean"]["verdict"] == "conflict"
