"""``mig check`` in repositories of Django projects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mig.findings import Severity
from tests.functional.checks import as_json, check, codes, one
from tests.repositories import GitSandbox
from tests.unit.sources.django_files import app, migration

if TYPE_CHECKING:
    from pathlib import Path

SHOP = app("shop", "0001_initial", "0002_b")
BILL = app("bill", "0001_initial")


def start(path: Path) -> GitSandbox:
    repo = GitSandbox(path)
    repo.commit("start", SHOP | BILL)
    repo.branch("feature")
    return repo


def on_main(repo: GitSandbox, files: dict[str, str]) -> None:
    repo.checkout("main")
    repo.commit("theirs", files)
    repo.checkout("feature")


def add(label: str, name: str, *dependencies: str) -> dict[str, str]:
    return {f"{label}/migrations/{name}.py": migration(*dependencies)}


def test_two_heads_of_one_app_are_a_divergence(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    repo.commit("ours", add("shop", "0003_ours", "shop.0002_b"))
    on_main(repo, add("shop", "0003_theirs", "shop.0002_b"))
    result = as_json(repo, "--base", "main", expect=1)
    (finding,) = (f for f in result["findings"] if f["code"] == "MIG101")
    assert sorted(finding["migrations"]) == ["shop.0003_ours", "shop.0003_theirs"]


def test_a_head_that_needs_another_apps_head_is_a_divergence_all_the_same(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    repo.commit("ours", add("shop", "0003_ours", "shop.0002_b", "bill.0001_initial"))
    on_main(repo, add("shop", "0003_theirs", "shop.0002_b"))
    assert one(check(repo, base="main"), "MIG101").severity is Severity.ERROR


def test_one_head_for_each_app_is_green(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    repo.commit("ours", add("shop", "0003_ours", "shop.0002_b"))
    on_main(repo, add("bill", "0002_theirs", "bill.0001_initial"))
    assert "MIG101" not in codes(check(repo, base="main"))


def test_a_new_app_is_no_second_root_and_is_seen_on_either_side(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    repo.commit("ours", app("mail", "0001_initial"))
    on_main(repo, app("news", "0001_initial"))
    result = check(repo, base="main")
    assert not {"MIG101", "MIG105"} & set(codes(result))
    assert (result.ours, result.theirs) == (("mail.0001_initial",), ("news.0001_initial",))


def test_a_squash_deletes_and_moves_nothing(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "shop")
    repo.commit("start", app("shop", "0001_initial", "0002_b", "0003_c"))
    repo.branch("feature")
    squash = migration(replaces=["shop.0001_initial", "shop.0002_b"])
    repo.commit("squash", {"shop/migrations/0001_squashed.py": squash})
    assert codes(check(repo, base="main")) == []


def test_a_published_migration_that_is_deleted_is_named(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    repo.git("rm", "-q", "shop/migrations/0002_b.py")
    repo.commit("gone")
    assert one(check(repo, base="main"), "MIG202").migrations == ("shop.0002_b",)


def test_a_dependency_that_nobody_has_is_named_only_for_apps_of_the_project(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    repo.commit("ours", add("shop", "0003_ours", "shop.0002_b", "bill.0009_gone", "auth.0001_initial"))
    finding = one(check(repo, base="main"), "MIG102")
    assert "bill.0009_gone" in finding.message


def test_a_dependency_on_an_app_that_does_not_exist_is_left_to_that_app(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    repo.commit("ours", add("shop", "0003_ours", "shop.0002_b", "nobody.0001_initial"))
    assert codes(check(repo, base="main")) == []


def test_apps_that_need_one_another_are_a_cycle_with_both_files(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    repo.commit(
        "ours",
        add("shop", "0003_ours", "shop.0002_b", "bill.0002_ours")
        | add("bill", "0002_ours", "bill.0001_initial", "shop.0003_ours"),
    )
    finding = one(check(repo, base="main"), "MIG104")
    assert {"shop.0003_ours", "bill.0002_ours"} <= set(finding.migrations)
    assert {place.path for place in finding.locations} >= {"bill/migrations/0002_ours.py"}


def test_a_migration_in_python_2_is_a_finding_and_keeps_its_place(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    old = f"{migration('shop.0002_b')}\n\ndef show():\n    print 'x'\n"
    repo.commit("ours", {"shop/migrations/0003_old.py": old} | add("shop", "0004_ours", "shop.0003_old"))
    result = check(repo, base="main")
    finding = one(result, "MIG006")
    assert [place.path for place in finding.locations] == ["shop/migrations/0003_old.py"]
    assert result.heads == {"django": ("bill.0001_initial", "shop.0004_ours")}


def test_a_folder_of_two_frameworks_gives_both_what_is_theirs(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    revision = "revision = '{}'\ndown_revision = {}\n\ndef upgrade():\n    pass\n"
    beside = {
        "shop/migrations/env.py": "from alembic import context\n",
        "shop/migrations/script.py.mako": "",
        "shop/migrations/versions/a.py": revision.format("aaa", None),
        "shop/migrations/versions/b.py": revision.format("bbb", None),
    }
    repo.commit("ours", beside | add("shop", "0003_ours", "shop.0002_b"))
    heads = check(repo, base="main").heads
    assert sorted(map(sorted, heads.values())) == [["aaa", "bbb"], ["bill.0001_initial", "shop.0003_ours"]]


def test_many_apps_with_models_of_one_name_commute(tmp_path: Path) -> None:
    thing = "migrations.CreateModel('Thing', fields=[('id', models.BigAutoField(primary_key=True))])"
    field = "migrations.AddField('thing', '{}', models.IntegerField(null=True))"
    repo = GitSandbox(tmp_path / "many")
    files: dict[str, str] = {}
    for number in range(300):
        files |= app(f"app{number}", **{"0001_initial": migration(body=thing)})
    repo.commit("start", files)
    repo.branch("feature")
    first = "app7.0001_initial"
    repo.commit("ours", {"app7/migrations/0002_ours.py": migration(first, body=field.format("x"))})
    on_main(repo, {"app7/migrations/0002_theirs.py": migration(first, body=field.format("y"))})
    result = check(repo, base="main")
    assert (result.total, codes(result)) == (302, ["MIG101"])
    # Ours against the 299 first ones of the other apps, and against theirs.
    assert (result.pairs.checked, result.pairs.commute) == (300, 300)


def test_heads_and_log_speak_of_apps(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    heads = json.loads(repo.mig("--format", "json", "heads").stdout)
    assert heads == {"heads": {"django": ["bill.0001_initial", "shop.0002_b"]}}
    shown = repo.mig("show", "shop.0002_b").stdout
    assert "shop/migrations/0002_b.py" in shown
    assert "shop.0001_initial" in repo.mig("log").stdout


ORDER = """migrations.CreateModel(name="Order", fields=[
    ("id", models.BigAutoField(primary_key=True)),
    ("note", models.TextField(null=True)),
    ("state", models.TextField()),
])"""
ADD_NOTE = "migrations.AddIndex('order', models.Index(fields=['note'], name='by_note'))"
CHOICES = "migrations.AlterField('order', 'state', models.TextField(choices=[('a', '{}')]))"


def verdicts(path: Path, ours: str, theirs: str) -> list[str]:
    """The codes that a check gives for two migrations of one app, each on its own branch."""
    repo = GitSandbox(path)
    repo.commit("start", app("shop", **{"0001_initial": migration(body=ORDER)}))
    repo.branch("feature")
    repo.commit("ours", {"shop/migrations/0002_ours.py": migration("shop.0001_initial", body=ours)})
    on_main(repo, {"shop/migrations/0002_theirs.py": migration("shop.0001_initial", body=theirs)})
    return [code for code in codes(check(repo, base="main")) if code.startswith(("MIG3", "MIG108"))]


def test_an_index_beside_a_rename_of_its_field_conflicts(tmp_path: Path) -> None:
    assert verdicts(tmp_path / "a", ADD_NOTE, "migrations.RenameField('order', 'note', 'memo')") == ["MIG302"]


def test_sql_beside_the_removal_of_the_column_conflicts(tmp_path: Path) -> None:
    sql = "migrations.RunSQL('UPDATE shop_order SET note = 1')"
    assert verdicts(tmp_path / "a", sql, "migrations.RemoveField('order', 'note')")


def test_two_changes_of_one_fields_choices_conflict_though_the_database_agrees(tmp_path: Path) -> None:
    assert verdicts(tmp_path / "a", CHOICES.format("x"), CHOICES.format("y")) == ["MIG304"]


def test_changes_of_two_fields_commute(tmp_path: Path) -> None:
    assert verdicts(tmp_path / "a", ADD_NOTE, CHOICES.format("y")) == []
    other = "migrations.CreateModel(name='Bill', fields=[('id', models.BigAutoField(primary_key=True))])"
    assert verdicts(tmp_path / "b", ADD_NOTE, other) == []


TOGETHER = "migrations.AlterUniqueTogether('order', {('note', 'state')})"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(TOGETHER, "migrations.RemoveField('order', 'state')", id="together beside remove"),
        pytest.param(
            "migrations.RemoveIndex('order', 'by_state')",
            "migrations.RemoveIndex('order', 'by_state')",
            id="the same index removed twice",
        ),
        pytest.param("migrations.DeleteModel('Order')", CHOICES.format("y"), id="delete beside alter"),
        pytest.param(
            "migrations.AlterModelOptions('order', {'ordering': ['note']})",
            "migrations.AlterModelOptions('order', {'verbose_name': 'x'})",
            id="options",
        ),
        pytest.param("migrations.RenameModel('Order', 'Sale')", ADD_NOTE, id="rename beside index"),
        pytest.param(
            "migrations.AlterModelTable('order', 'orders')",
            "migrations.RunSQL('DELETE FROM shop_order')",
            id="table name beside sql",
        ),
    ],
)
def test_operations_that_do_not_commute_conflict(tmp_path: Path, ours: str, theirs: str) -> None:
    found = verdicts(tmp_path / "a", ours, theirs)
    assert found
    assert "MIG300" not in found


@pytest.mark.parametrize(("dialect", "verdict"), [("postgresql", "commute"), ("sqlite", "unknown")])
def test_only_where_django_s_sql_is_modelled_do_two_commute(
    tmp_path: Path, dialect: str, verdict: str
) -> None:
    repo = start(tmp_path / "shop")
    repo.commit("configure", {"mig.toml": f'dialect = "{dialect}"\n'})
    repo.commit("ours", add("shop", "0003_ours", "shop.0002_b"))
    on_main(repo, add("bill", "0002_theirs", "bill.0001_initial"))
    result = repo.mig("compare", "shop.0003_ours", "bill.0002_theirs", "--format", "json", expect=None)
    assert json.loads(result.stdout)["verdict"] == verdict
