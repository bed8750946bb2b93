from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

USERS = "51d0c3a9e8f2"
ONE = "1" * 12
WARNING = (
    "mig: warning: the merge migration orders nothing, and 1 pair of what it joins is not proved to commute"
)
OTHER = "2" * 12
# Nobody can say by reading what this does.
OPAQUE = "DO $$ BEGIN EXECUTE 'x'; END $$;"
CREATED = {"migrations/20261101000000_users.sql": native(USERS, (), "CREATE TABLE users (email text);")}
HERE = {"migrations/20261102000000_one.sql": native(ONE, USERS, OPAQUE)}
THERE = {"migrations/20261103000000_other.sql": native(OTHER, USERS, "SELECT 2;")}


def diverged(path: Path) -> GitSandbox:
    """Two branches, main and feature, each with a migration after that of users; feature is checked out."""
    repo = GitSandbox(path)
    repo.commit("users", CREATED)
    repo.branch("feature")
    repo.commit("one", HERE)
    repo.checkout("main")
    repo.commit("other", THERE)
    repo.checkout("feature")
    return repo


def merged(path: Path) -> GitSandbox:
    """The same, with main merged into feature, so that there are two heads."""
    repo = diverged(path)
    repo.merge("main")
    return repo


def test_two_heads_are_joined_and_the_unproved_pairs_are_counted(tmp_path: Path) -> None:
    repo = merged(tmp_path / "repo")
    done = repo.mig("merge", "-m", "Join one and other")
    path = repo.git("ls-files", "--others")
    merge_id = repo.read(path).split()[2]
    assert done.stdout.splitlines() == [
        f"wrote {path}",
        f"  {merge_id}  joins {ONE}, {OTHER}",
        f"one head: {merge_id}",
    ]
    assert done.stderr.splitlines() == [
        WARNING,
        "mig rebase, instead, puts one side after the other and needs no proof; mig check lists them",
    ]
    assert repo.read(path).splitlines() == [
        f"-- mig:id {merge_id}",
        f"-- mig:parents {ONE}, {OTHER}",
        "-- Join one and other",
        "",
        "-- mig:up",
        "",
        "-- mig:down",
    ]
    assert repo.git("status", "--porcelain") == f"?? {path}"
    assert json.loads(repo.mig("check", "--format", "json", expect=None).stdout)["heads"] == {
        "default": [merge_id]
    }


def test_a_second_run_changes_nothing_and_says_so(tmp_path: Path) -> None:
    repo = merged(tmp_path / "repo")
    written = json.loads(repo.mig("merge", "--format", "json").stdout)["written"][0]
    before = repo.git("status", "--porcelain")
    again = repo.mig("merge")
    assert again.stdout == f"nothing to merge: there is one head, {written['id']}\n"
    assert again.stderr == ""
    assert repo.git("status", "--porcelain") == before


def test_one_head_here_and_another_on_the_base_says_what_to_do(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    assert repo.mig("merge").stdout.splitlines() == [
        f"nothing to merge: there is one head, {ONE}",
        f"{OTHER} is a head of main, and not here yet",
        "next  mig rebase  or git merge main, then mig merge",
    ]


def test_a_repository_without_migrations_has_nothing_to_merge(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.mig("init")
    assert repo.mig("merge").stdout == "nothing to merge: there are no migrations\n"


def test_json_names_what_was_written_and_what_is_not_proved(tmp_path: Path) -> None:
    repo = merged(tmp_path / "repo")
    value = json.loads(repo.mig("merge", "--format", "json").stdout)
    one = value["written"][0]
    assert one["parents"] == [ONE, OTHER]
    assert (repo.path / one["path"]).is_file()
    assert value["heads"] == {"default": [one["id"]]}
    assert [pair["migrations"] for pair in value["unproved"]] == [[ONE, OTHER]]
    assert value["blocking"] == []


def test_a_dry_run_shows_the_file_and_writes_nothing(tmp_path: Path) -> None:
    repo = merged(tmp_path / "repo")
    shown = repo.mig("merge", "--dry-run").stdout
    assert shown.startswith("--- /dev/null\n+++ b/migrations/")
    assert f"\n+-- mig:parents {ONE}, {OTHER}\n" in shown
    assert shown.endswith("dry run: 1 migration would be written, nothing was written\n")
    assert repo.git("status", "--porcelain") == ""


def test_add_stages_the_merge_migration(tmp_path: Path) -> None:
    repo = merged(tmp_path / "repo")
    repo.mig("merge", "--add")
    assert repo.git("status", "--porcelain").startswith("A  migrations/")


def test_it_works_in_the_middle_of_a_merge(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    repo.merge("main", "--no-commit")
    repo.mig("merge", "--add")
    repo.commit("merged")
    assert len(repo.git("ls-files", "migrations").splitlines()) == 4


def test_an_unmerged_migration_is_named_and_nothing_written(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "repo")
    path = next(iter(THERE))
    repo.commit("too", {path: native(OTHER, USERS, "SELECT 'ours';")})
    repo.merge("main", expect=1)
    refused = repo.mig("merge", expect=3)
    assert refused.stderr.splitlines() == [
        f"mig: {path} is unmerged",
        "resolve the conflict, git add the file, then run this again",
    ]
    assert repo.git("ls-files", "--others") == ""


def test_unproved_pairs_block_where_the_configuration_says_so(tmp_path: Path) -> None:
    repo = merged(tmp_path / "repo")
    repo.write("mig.toml", 'unknown = "block"\n')
    refused = repo.mig("merge", expect=1)
    assert refused.stdout.splitlines() == [
        "nothing was written: 1 pair of what the merge would join must be ordered, or changed",
        "",
        refused.stdout.splitlines()[2],
        f"  ours    {ONE}  migrations/20261102000000_one.sql:5  {OPAQUE.rstrip(';')}",
        f"  ours    {OTHER}  migrations/20261103000000_other.sql:5  SELECT 2",
        "  fix     mig rebase",
    ]
    assert refused.stdout.splitlines()[2].startswith("MIG300 error  ")
    assert refused.stderr == "mig rebase puts one side after the other; mig check shows each pair\n"
    assert repo.git("ls-files", "--others") == "mig.toml"


def test_unproved_pairs_are_passed_over_where_the_configuration_allows_them(tmp_path: Path) -> None:
    repo = merged(tmp_path / "repo")
    repo.write("mig.toml", 'unknown = "allow"\n')
    assert repo.mig("merge").stderr == ""


def test_only_pairs_that_this_merge_brings_together_count(tmp_path: Path) -> None:
    repo = merged(tmp_path / "repo")
    repo.mig("merge", "--add")
    repo.commit("merged")
    opaque = str(repo.write("opaque.sql", OPAQUE))
    repo.mig("new", "a", "--parent", ONE, "--from-sql", opaque)
    repo.mig("new", "b", "--parent", USERS, "--from-sql", opaque)
    value = json.loads(repo.mig("merge", "--format", "json").stdout)
    pairs = {frozenset(pair["migrations"]) for pair in value["unproved"]}
    assert frozenset({ONE, OTHER}) not in pairs
    assert all(len(pair) == 2 for pair in pairs)
    # a against OTHER; b against ONE, OTHER and a; the earlier merge does nothing, so it commutes with both
    assert len(pairs) == 4


def test_named_heads_are_joined_and_others_left(tmp_path: Path) -> None:
    repo = merged(tmp_path / "repo")
    third = "3" * 12
    repo.commit("third", {"migrations/20261104000000_third.sql": native(third, USERS, "SELECT 3;")})
    value = json.loads(repo.mig("merge", "--format", "json", "111", third).stdout)
    assert value["written"][0]["parents"] == [ONE, third]
    assert sorted(value["heads"]["default"]) == sorted([OTHER, value["written"][0]["id"]])


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        pytest.param((ONE,), "joins two heads or more", id="one"),
        pytest.param((ONE, USERS), f"{USERS} is no head", id="no-head"),
        pytest.param((ONE, "f" * 12), "ffffffffffff is no head", id="unknown"),
    ],
)
def test_ids_that_cannot_be_joined_are_refused(tmp_path: Path, ids: tuple[str, ...], said: str) -> None:
    repo = merged(tmp_path / "repo")
    refused = repo.mig("merge", *ids, expect=2)
    assert said in refused.stderr
    assert repo.git("ls-files", "--others") == ""


def test_heads_of_a_graph_with_a_hole_are_not_joined(tmp_path: Path) -> None:
    repo = merged(tmp_path / "repo")
    (repo.path / next(iter(CREATED))).unlink()
    refused = repo.mig("merge", expect=3)
    assert f"{ONE} names the parent {USERS}, which is not here" in refused.stderr


def test_many_heads_have_a_short_name(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit(
        "heads",
        {
            **CREATED,
            **{
                f"migrations/2026110200000{n}_h.sql": native(str(n) * 12, USERS, "SELECT 1;")
                for n in range(5)
            },
        },
    )
    path = json.loads(repo.mig("merge", "--format", "json").stdout)["written"][0]["path"]
    assert path.endswith("_merge_5_heads.sql")


ALEMBIC = {
    "alembic.ini": "[alembic]\nscript_location = db\n",
    "db/env.py": "raise SystemExit('never run')\n",
    "db/script.py.mako": '"""${message}"""\nrevision = ${repr(up_revision)}\n',
}


def revision(name: str, down: str, extra: str = "") -> str:
    return (
        f'"""Do {name}.\n\nRevision ID: {name}\nRevises: {down}\nCreate Date: 2026-01-01 00:00:00\n\n"""\n'
        "from alembic import op\nimport sqlalchemy as sa\n\n\n# revision identifiers, used by Alembic.\n"
        f"revision = '{name}'\ndown_revision = {down}\nbranch_labels = None\ndepends_on = None\n{extra}\n\n"
        "def upgrade():\n    op.execute('SELECT 1')\n\n\ndef downgrade():\n    pass\n"
    )


def alembic_repository(path: Path) -> GitSandbox:
    """Two branches of an Alembic project, each with a revision of its own; feature is checked out."""
    repo = GitSandbox(path)
    repo.commit("first", {**ALEMBIC, "db/versions/aaaa_a.py": revision("aaaa", "None")})
    repo.branch("feature")
    repo.commit("ours", {"db/versions/bbbb_b.py": revision("bbbb", "'aaaa'")})
    repo.checkout("main")
    repo.commit("theirs", {"db/versions/cccc_c.py": revision("cccc", "'aaaa'")})
    repo.checkout("feature")
    return repo


def scripts(repo: GitSandbox) -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(repo.path / "db"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def test_alembic_reads_the_merge_migration_and_sees_one_head(tmp_path: Path) -> None:
    repo = alembic_repository(tmp_path / "repo")
    repo.merge("main")
    assert len(scripts(repo).get_heads()) == 2
    value = json.loads(repo.mig("merge", "-m", "Join b and c", "--format", "json").stdout)
    written = value["written"][0]
    directory = scripts(repo)
    assert directory.get_heads() == [written["id"]]
    script = directory.get_revision(written["id"])
    assert script.is_merge_point
    assert sorted(script.down_revision or ()) == ["bbbb", "cccc"]
    assert script.doc == "Join b and c"
    assert written["path"].startswith("db/versions/")


def test_alembic_reads_what_a_rebase_rewrote_and_sees_one_head(tmp_path: Path) -> None:
    repo = alembic_repository(tmp_path / "repo")
    before = repo.read("db/versions/bbbb_b.py")
    repo.mig("rebase")
    after = repo.read("db/versions/bbbb_b.py")
    assert "down_revision = 'cccc'\n" in after
    assert (
        before.partition("down_revision")[2].partition("\n")[2]
        == after.partition("down_revision")[2].partition("\n")[2]
    )
    repo.commit("rebased", {"db/versions/bbbb_b.py": after})
    repo.merge("main")
    directory = scripts(repo)
    assert directory.get_heads() == ["bbbb"]
    assert [one.revision for one in directory.walk_revisions()] == ["bbbb", "cccc", "aaaa"]
    assert repo.mig("rebase").stdout.startswith("nothing to rebase")


def test_a_new_alembic_migration_continues_the_head(tmp_path: Path) -> None:
    repo = alembic_repository(tmp_path / "repo")
    value = json.loads(repo.mig("new", "Add d", "--format", "json").stdout)
    assert scripts(repo).get_heads() == [value["id"]]
    repo.write("change.sql", "SELECT 1;\n")
    refused = repo.mig("new", "Add e", "--from-sql", "change.sql", expect=2)
    assert "the source alembic has no SQL files" in refused.stderr


def test_branch_labels_keep_heads_apart_unless_they_are_named(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    labelled = revision("bbbb", "'aaaa'").replace("branch_labels = None", "branch_labels = ('reports',)")
    repo.commit(
        "labelled",
        {
            **ALEMBIC,
            "db/versions/aaaa_a.py": revision("aaaa", "None"),
            "db/versions/bbbb_b.py": labelled,
            "db/versions/cccc_c.py": revision("cccc", "'aaaa'"),
        },
    )
    assert repo.mig("merge").stdout.splitlines() == [
        "nothing to merge: branch labels keep the heads apart; name those to join",
        "2 heads: bbbb, cccc",
    ]
    repo.commit("more", {"db/versions/dddd_d.py": revision("dddd", "'aaaa'")})
    value = json.loads(repo.mig("merge", "--format", "json").stdout)
    assert value["written"][0]["parents"] == ["cccc", "dddd"]
    joined = json.loads(repo.mig("merge", "--format", "json", "bbbb", value["written"][0]["id"]).stdout)
    assert scripts(repo).get_heads() == [joined["written"][0]["id"]]


def test_a_rebase_keeps_to_the_branch_that_labels_name(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    labelled = revision("bbbb", "'aaaa'").replace("branch_labels = None", "branch_labels = ('reports',)")
    first = {**ALEMBIC, "db/versions/aaaa_a.py": revision("aaaa", "None"), "db/versions/bbbb_b.py": labelled}
    repo.commit("labelled", {**first, "db/versions/cccc_c.py": revision("cccc", "'aaaa'")})
    repo.branch("feature")
    repo.commit("ours", {"db/versions/eeee_e.py": revision("eeee", "'bbbb'")})
    repo.checkout("main")
    repo.commit("theirs", {"db/versions/ffff_f.py": revision("ffff", "'bbbb'")})
    repo.checkout("feature")
    value = json.loads(repo.mig("rebase", "--format", "json").stdout)
    assert [(one["id"], one["parents"]) for one in value["rewritten"]] == [("eeee", ["ffff"])]
    assert value["heads"] == {"default": ["cccc", "eeee"]}
