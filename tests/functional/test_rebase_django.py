"""``mig rebase`` in repositories of Django projects; Django itself says what the graph is then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.functional.checks import check, codes
from tests.repositories import GitSandbox
from tests.unit.sources.django_files import Project, app, ask_django, migration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

THEIRS = {
    "shop/migrations/0003_theirs.py": migration("shop.0002_b"),
    "shop/migrations/0004_more.py": migration("shop.0003_theirs"),
}


def diverged(path: Path, ours: Mapping[str, str | bytes], theirs: Mapping[str, str] = THEIRS) -> GitSandbox:
    """Two apps; ``main`` has theirs and ``feature``, which is checked out, ours."""
    repo = GitSandbox(path)
    repo.commit("start", app("shop", "0001_initial", "0002_b") | app("bill", "0001_initial"))
    repo.branch("feature")
    repo.commit("ours", ours)
    repo.checkout("main")
    repo.commit("theirs", theirs)
    repo.checkout("feature")
    return repo


def ours(
    name: str, *dependencies: str, label: str = "shop", replaces: tuple[str, ...] = ()
) -> dict[str, str]:
    header = {"replaces": replaces} if replaces else {}
    return {f"{label}/migrations/{name}.py": migration(*dependencies, body="", **header)}


def django(repo: GitSandbox, path: Path) -> dict[str, Any]:
    """What Django makes of the working tree, once the base is merged into it."""
    repo.commit("rebased")
    repo.merge("main")
    listed = [one for one in repo.git("ls-files").splitlines() if one.endswith(".py")]
    (found,) = ask_django(path, [Project({one: repo.read(one) for one in listed})])
    return found


def test_a_chain_is_renumbered_and_pointed_at_theirs(tmp_path: Path) -> None:
    mine = ours("0003_x", "shop.0002_b", "bill.0001_initial") | ours("0004_y", "shop.0003_x")
    repo = diverged(tmp_path / "shop", mine)
    done = repo.mig("rebase", "--add")
    assert done.stdout.splitlines() == [
        "2 migrations rewritten, to come after those of main",
        "  shop.0005_x  was shop.0003_x; shop.0002_b -> shop.0004_more  shop/migrations/0005_x.py",
        "  shop.0006_y  was shop.0004_y                                 shop/migrations/0006_y.py",
        "2 heads: bill.0001_initial, shop.0006_y",
        "note  a database that has applied them knows the old names: revert them there first",
        "next  git merge main  so that this branch can be applied by itself",
    ]
    assert repo.read("shop/migrations/0005_x.py") == mine["shop/migrations/0003_x.py"].replace(
        "0002_b", "0004_more"
    )
    assert repo.git("diff", "--cached", "--name-status", "-M50").count("R0") == 2
    found = django(repo, tmp_path / "django")
    assert found["heads"] == ["bill.0001_initial", "shop.0006_y"]
    assert found["before"]["shop.0005_x"] == ["bill.0001_initial", "shop.0004_more"]
    assert codes(check(repo, base="main")) == []
    assert repo.mig("rebase").stdout.startswith("nothing to rebase: ours come after those of main already\n")


def test_every_place_that_names_one_of_ours_follows(tmp_path: Path) -> None:
    mine = (
        ours("0003_x", "shop.0002_b")
        | ours("0002_pay", "bill.0001_initial", "shop.0003_x", label="bill")
        | app("mail", **{"0001_initial": migration(run_before=["shop.0003_x"])})
    )
    repo = diverged(tmp_path / "shop", mine)
    repo.mig("rebase")
    assert "('shop', '0005_x')" in repo.read("bill/migrations/0002_pay.py")
    assert "run_before = [('shop', '0005_x')]" in repo.read("mail/migrations/0001_initial.py")
    status = repo.git("status", "--porcelain").splitlines()
    assert sorted(status) == [
        " M bill/migrations/0002_pay.py",
        " M mail/migrations/0001_initial.py",
        "RM shop/migrations/0003_x.py -> shop/migrations/0005_x.py",
    ]
    repo.git("add", "-A")
    found = django(repo, tmp_path / "django")
    assert found["before"]["bill.0002_pay"] == ["bill.0001_initial", "shop.0005_x"]
    assert found["before"]["shop.0005_x"] == ["mail.0001_initial", "shop.0004_more"]


def test_places_outside_the_migrations_that_name_one_of_ours_are_noted(tmp_path: Path) -> None:
    text = "x = 1\nbefore = [('shop', '0003_x')]\nother = '0003_xy'\n"
    repo = diverged(tmp_path / "shop", ours("0003_x", "shop.0002_b") | {"shop/test_it.py": text})
    for key, value in (("grep.column", "true"), ("color.grep", "always"), ("grep.lineNumber", "false")):
        repo.git("config", key, value)
    done = repo.mig("rebase")
    noted = [line for line in done.stdout.splitlines() if "still" in line]
    assert noted == ["note  shop/migrations/0005_x.py, shop/test_it.py:2 names 0003_x still"]
    assert repo.read("shop/test_it.py") == text


def test_names_without_a_number_are_kept(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "shop", ours("backfill", "shop.0002_b") | ours("0003_x", "shop.backfill"))
    value = json.loads(repo.mig("rebase", "--add", "--format", "json").stdout)
    assert [(one["id"], one["parents"], "id_before" in one) for one in value["rewritten"]] == [
        ("shop.backfill", ["shop.0004_more"], False)
    ]
    assert django(repo, tmp_path / "django")["heads"] == ["bill.0001_initial", "shop.0003_x"]


def test_several_heads_of_ours_become_one(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "shop", ours("0003_x", "shop.0002_b") | ours("0003_y", "shop.0002_b"))
    repo.mig("rebase", "--add")
    found = django(repo, tmp_path / "django")
    assert found["heads"] == ["bill.0001_initial", "shop.0006_y"]
    assert found["before"]["shop.0006_y"] == ["shop.0005_x"]


def test_a_merge_migration_of_ours_stays_one(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "shop", ours("0003_x", "shop.0002_b"))
    repo.merge("main")
    repo.mig("merge", "--add")
    repo.commit("merged")
    repo.checkout("main")
    repo.commit("again", ours("0005_late", "shop.0004_more"))
    repo.checkout("feature")
    repo.mig("rebase", "--add")
    found = django(repo, tmp_path / "django")
    merge = "shop.0007_merge_0003_x_0004_more"
    assert found["heads"] == ["bill.0001_initial", merge]
    assert found["before"][merge] == ["shop.0005_late", "shop.0006_x"]


def test_a_squash_of_what_is_published_stays_where_it_is(tmp_path: Path) -> None:
    squash = ours("0001_squashed_0002_b", replaces=("shop.0001_initial", "shop.0002_b"))
    repo = diverged(tmp_path / "shop", squash | ours("0003_x", "shop.0001_squashed_0002_b"))
    repo.mig("rebase", "--add")
    found = django(repo, tmp_path / "django")
    assert found["heads"] == ["bill.0001_initial", "shop.0005_x"]
    assert found["before"]["shop.0005_x"] == ["shop.0004_more"]


def test_a_squash_of_ours_moves_with_what_it_replaces(tmp_path: Path) -> None:
    mine = (
        ours("0003_x", "shop.0002_b")
        | ours("0004_y", "shop.0003_x")
        | ours("0003_x_squashed_0004_y", "shop.0002_b", replaces=("shop.0003_x", "shop.0004_y"))
        | ours("0005_z", "shop.0004_y")
    )
    repo = diverged(tmp_path / "shop", mine)
    repo.mig("rebase", "--add")
    found = django(repo, tmp_path / "django")
    assert found["heads"] == ["bill.0001_initial", "shop.0005_z"]
    assert found["before"]["shop.0003_x_squashed_0004_y"] == ["shop.0004_more"]


def test_an_app_in_which_nothing_of_theirs_is_new_is_left_alone(tmp_path: Path) -> None:
    repo = diverged(tmp_path / "shop", ours("0002_pay", "bill.0001_initial", label="bill"))
    assert repo.mig("rebase").stdout.startswith("nothing to rebase: ours come after those of main already\n")


@pytest.mark.parametrize("end", [pytest.param("\n", id="lf"), pytest.param("\r\n", id="crlf")])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            '    dependencies = [\n        ("shop", "0002_b"),  # é: 0002_b\n    ]\n',
            '    dependencies = [\n        ("shop", "0004_more"),  # é: 0002_b\n    ]\n',
            id="black",
        ),
        pytest.param(
            "    dependencies: list = [['shop', u'0002_b'],]\n",
            "    dependencies: list = [['shop', u'0004_more'],]\n",
            id="lists",
        ),
    ],
)
def test_every_other_byte_stays(tmp_path: Path, before: str, after: str, end: str) -> None:
    text = (
        "# 0002_b\nfrom django.db import migrations\n\n\n"
        'class Migration(migrations.Migration):\n{}\n    operations = [migrations.RunSQL("-- 0002_b")]\n'
    )
    path = "shop/migrations/0003_x.py"
    repo = diverged(tmp_path / "shop", {path: text.format(before).replace("\n", end).encode()})
    repo.mig("rebase")
    wanted = text.format(after).replace("\n", end).encode()
    assert (repo.path / "shop/migrations/0005_x.py").read_bytes() == wanted


@pytest.mark.parametrize(
    "dependencies",
    [
        pytest.param('[("shop", "0002" "_b")]', id="two-literals"),
        pytest.param('[("shop", "0002\\x5fb")]', id="an-escape"),
    ],
)
def test_what_cannot_be_rewritten_is_named_and_nothing_written(tmp_path: Path, dependencies: str) -> None:
    text = migration("shop.0002_b").replace("[('shop', '0002_b')]", dependencies)
    repo = diverged(tmp_path / "shop", {"shop/migrations/0003_x.py": text} | ours("0004_y", "shop.0003_x"))
    refused = repo.mig("rebase", expect=3)
    assert "shop/migrations/0003_x.py: the dependencies cannot be rewritten: '0002_b'" in refused.stderr
    assert refused.stderr.splitlines()[-1] == "set dependencies by hand, then run mig check"
    assert repo.git("status", "--porcelain") == ""


def test_max_migration_follows_and_a_conflict_in_it_is_settled(tmp_path: Path) -> None:
    last = "shop/migrations/max_migration.txt"
    repo = diverged(
        tmp_path / "shop",
        ours("0003_x", "shop.0002_b") | ours("0004_y", "shop.0003_x") | {last: "0004_y\n"},
        THEIRS | {last: "0004_more\n"},
    )
    repo.merge("main", expect=1)
    assert repo.git("diff", "--name-only", "--diff-filter=U") == last
    repo.mig("rebase", "--add")
    assert repo.read(last) == "0006_y\n"
    assert repo.git("ls-files", "--unmerged") == ""
    repo.commit("merged")
    assert repo.git("status", "--porcelain") == ""
    assert json.loads(repo.mig("heads", "--format", "json").stdout)["heads"]["django"] == [
        "bill.0001_initial",
        "shop.0006_y",
    ]


def test_names_in_operations_are_not_replaced_and_that_is_said(tmp_path: Path) -> None:
    fields = "[('id', models.BigAutoField(primary_key=True)), ('note', models.TextField())]"
    order = f"migrations.CreateModel('Order', {fields})"
    repo = diverged(
        tmp_path / "shop",
        {
            "shop/migrations/0004_x.py": migration(
                "shop.0003_order",
                body="migrations.AddIndex('order', models.Index(fields=['note'], name='i'))",
            )
        },
        {
            "shop/migrations/0004_r.py": migration(
                "shop.0003_order", body="migrations.RenameField('order', 'note', 'memo')"
            )
        },
    )
    order_file = {"shop/migrations/0003_order.py": migration("shop.0002_b", body=order)}
    repo.checkout("main")
    repo.commit("order", order_file)
    repo.checkout("feature")
    repo.commit("order", order_file)
    refused = repo.mig("rebase", "--rewrite", expect=3)
    assert "names in Django's migrations are not replaced by mig" in refused.stderr
    assert repo.git("status", "--porcelain") == ""
