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


def published(path: Path, one: str, other: str) -> GitSandbox:
    """Two published sides on main, merged with Git alone, so that there are two heads."""
    repo = merged(path)
    repo.commit(
        "change", {next(iter(HERE)): native(ONE, USERS, one), next(iter(THERE)): native(OTHER, USERS, other)}
    )
    repo.git("branch", "--force", "main")
    return repo


INDEX = "CREATE INDEX ix ON users (email);"
RENAME = "ALTER TABLE users RENAME COLUMN email TO mail;"


def test_published_sides_that_conflict_are_ordered_by_the_command_that_is_proposed(tmp_path: Path) -> None:
    repo = published(tmp_path / "repo", RENAME, INDEX)
    checked = repo.mig("check", "--all", expect=1)
    assert f"  fix     mig merge --order {OTHER},{ONE}\n" in checked.stdout
    refused = repo.mig("merge", expect=1)
    assert f"  fix     mig merge --order {OTHER},{ONE}\n" in refused.stdout
    assert refused.stderr == f"next: mig merge --order {OTHER},{ONE}, which puts them in order everywhere\n"
    assert repo.git("status", "--porcelain") == ""
    value = json.loads(repo.mig("merge", "--format", "json", expect=1).stdout)
    assert value["proposed"] == [[OTHER, ONE]]
    done = repo.mig("merge", "--order", "222,111")
    merge_id = done.stdout.split()[2]
    assert done.stdout.splitlines()[1:] == [
        f"  {merge_id}  joins {ONE}, {OTHER}",
        f"  puts {OTHER} before {ONE}",
        f"one head: {merge_id}",
    ]
    assert done.stderr == ""
    text = repo.read(repo.git("ls-files", "--others"))
    assert f"\n-- mig:order {OTHER} {ONE}\n" in text
    assert repo.mig("check", "--all").stdout.startswith("ok: ")
    logged = [one["id"] for one in json.loads(repo.mig("log", "--format", "json").stdout)["migrations"]]
    assert logged == [USERS, OTHER, ONE, merge_id]
    assert (
        repo.mig("merge", "--order", f"{OTHER},{ONE}").stdout
        == f"nothing to merge: there is one head, {merge_id}\n"
    )


def test_an_order_behind_one_head_needs_no_other_head(tmp_path: Path) -> None:
    repo = published(tmp_path / "repo", "SELECT 1;", INDEX)
    repo.mig("merge", "--add")
    repo.commit("joined", {next(iter(HERE)): native(ONE, USERS, RENAME)})
    repo.git("branch", "--force", "main")
    fix = json.loads(repo.mig("check", "--all", "--format", "json", expect=1).stdout)["findings"][0]["fix"]
    assert fix == f"mig merge --order {OTHER},{ONE}"
    value = json.loads(repo.mig(*fix.split()[1:], "--format", "json").stdout)
    assert value["written"][0]["order"] == [[OTHER, ONE]]
    assert len(value["written"][0]["parents"]) == 1
    assert repo.mig("check", "--all").stdout.startswith("ok: ")


def test_a_side_that_is_not_published_is_for_a_rebase(tmp_path: Path) -> None:
    repo = merged(tmp_path / "repo")
    repo.commit(
        "change",
        {next(iter(HERE)): native(ONE, USERS, INDEX), next(iter(THERE)): native(OTHER, USERS, RENAME)},
    )
    refused = repo.mig("merge", expect=1)
    assert "  fix     mig rebase\n" in refused.stdout
    assert refused.stderr.startswith("mig rebase puts one side after the other")


SET_DEFAULT = "ALTER TABLE users ALTER COLUMN id SET DEFAULT 2;"


def test_pairs_that_no_order_names_still_refuse(tmp_path: Path) -> None:
    repo = published(tmp_path / "repo", f"{RENAME}\nALTER TABLE users ADD COLUMN age int;", INDEX)
    third = "3" * 12
    clash = native(third, ONE, "ALTER TABLE users ALTER COLUMN id SET DEFAULT 1;")
    files = {"migrations/20261104000000_c.sql": clash}
    more = "migrations/20261105000000_d.sql", native("4" * 12, OTHER, SET_DEFAULT)
    repo.commit("more", files | {more[0]: more[1]})
    repo.git("branch", "--force", "main")
    refused = repo.mig("merge", "--order", f"{OTHER},{ONE}", expect=1)
    assert f"mig merge --order {third},{'4' * 12}" in refused.stdout
    assert ONE not in refused.stdout
    assert refused.stderr.startswith("next: mig merge --order ")
    flags = json.loads(repo.mig("merge", "--format", "json", expect=1).stdout)["proposed"]
    orders = [part for first, second in flags for part in ("--order", f"{first},{second}")]
    repo.mig("merge", *orders)
    assert repo.mig("check", "--all").stdout.startswith("ok: ")


@pytest.mark.parametrize(
    ("order", "said", "status"),
    [
        pytest.param((f"{ONE},{USERS}",), f"{USERS} comes before {ONE} already", 2, id="other-way"),
        pytest.param((f"{ONE},{ONE}",), f"{ONE} cannot come before itself", 2, id="itself"),
        pytest.param(
            (f"{ONE},{OTHER}", f"{OTHER},{ONE}"), "the orders contradict one another", 2, id="circle"
        ),
        pytest.param((f"{ONE},fff",), "no migration has the id 'fff'", 3, id="unknown"),
        pytest.param((ONE,), "is not two ids with a comma", 2, id="one-id"),
    ],
)
def test_orders_that_cannot_be_declared_are_refused(
    tmp_path: Path, order: tuple[str, ...], said: str, status: int
) -> None:
    repo = merged(tmp_path / "repo")
    flags = [part for one in order for part in ("--order", one)]
    assert said in repo.mig("merge", *flags, expect=status).stderr
    assert repo.git("status", "--porcelain") == ""


def test_an_order_that_holds_already_is_not_declared_again(tmp_path: Path) -> None:
    repo = merged(tmp_path / "repo")
    value = json.loads(repo.mig("merge", "--order", f"{USERS},{ONE}", "--format", "json").stdout)
    assert value["written"][0]["order"] == []


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


def test_an_alembic_merge_migration_declares_the_order(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")

    def operation(name: str, down: str, call: str) -> str:
        return revision(name, down).replace("op.execute('SELECT 1')", call)

    table = 'op.create_table("users", sa.Column("email", sa.Text()))'
    add = 'op.create_index("ix", "users", ["email"])'
    rename = 'op.alter_column("users", "email", new_column_name="mail")'
    repo.commit(
        "fork",
        {
            **ALEMBIC,
            "db/versions/aaaa_a.py": operation("aaaa", "None", table),
            "db/versions/bbbb_b.py": operation("bbbb", "'aaaa'", rename),
            "db/versions/cccc_c.py": operation("cccc", "'aaaa'", add),
        },
    )
    refused = repo.mig("merge", expect=1)
    assert refused.stderr.startswith("next: mig merge --order cccc,bbbb,")
    value = json.loads(repo.mig("merge", "--order", "cccc,bbbb", "--format", "json").stdout)
    assert "\n# mig:order cccc bbbb\n" in repo.read(value["written"][0]["path"])
    assert scripts(repo).get_heads() == [value["written"][0]["id"]]
    assert repo.mig("check", "--all").stdout.startswith("ok: ")


def test_an_order_in_which_one_fails_is_not_green(tmp_path: Path) -> None:
    repo = published(tmp_path / "repo", RENAME, INDEX)
    repo.mig("merge", "--order", f"{ONE},{OTHER}")
    found = json.loads(repo.mig("check", "--format", "json", expect=1).stdout)["findings"]
    assert [(one["code"], one["fix"]) for one in found] == [
        ("MIG308", f"declare the other order: -- mig:order {OTHER} {ONE}")
    ]
