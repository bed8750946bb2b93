"""What one file of Django's says, and which folders of a tree are apps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.graph.dag import build_graph
from mig.graph.linearize import find_cycles
from mig.sources.django.layout import App, find_project
from mig.tree import MemoryTree
from tests.unit.sources.django_files import SOURCE, app, migration, read_project

if TYPE_CHECKING:
    from mig.sources.base import Reading


def read(text: str, path: str = "shop/migrations/0002_add_email.py") -> Reading:
    return SOURCE.read(path, text.encode())


def apps_of(files: dict[str, str]) -> tuple[App, ...]:
    return find_project(MemoryTree({path: text.encode() for path, text in files.items()})).apps


def test_the_header_is_read_and_the_name_is_the_id() -> None:
    found = read(migration("shop.0001_initial", "auth.__first__", "settings.AUTH_USER_MODEL"))
    assert found.id == "0002_add_email"
    assert found.description == "add email"
    assert found.requires == ("shop.0001_initial", "auth.__first__", "swappable:AUTH_USER_MODEL")
    assert found.problems == ()


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("dependencies = [('shop', '0001')] + EXTRA", id="sum"),
        pytest.param("dependencies = [('shop', '0001'), *EXTRA]", id="starred"),
        pytest.param("dependencies: list = (['shop', '0001'], ('bill', '0002'))", id="annotated"),
    ],
)
def test_dependencies_that_literals_give_are_read(written: str) -> None:
    text = f"EXTRA = [('bill', '0002')]\nclass Migration(migrations.Migration):\n    {written}\n"
    assert read(text).requires == ("shop.0001", "bill.0002")
    assert read(text).problems == ()


def test_dependencies_that_need_running_are_a_problem_with_their_line() -> None:
    found = read("class Migration(migrations.Migration):\n    dependencies = [find('shop')]\n")
    assert found.id
    assert [(p[0], p[2]) for p in found.problems] == [("MIG002", 2)]


def test_settings_that_do_not_parse_say_where_migrations_are() -> None:
    found = find_project(
        MemoryTree(
            {
                "shop/db/0001_initial.py": migration().encode(),
                "config/settings.py": b"<<<<<<< ours\nMIGRATION_MODULES = {\n    'shop': 'shop.db',\n}\n"
                b"AUTH_USER_MODEL = 'users.User'\n=======\nprint 'x'\n",
            }
        )
    )
    assert found.apps == (App("shop", "shop/db"),)
    assert found.models == (("AUTH_USER_MODEL", "users.User"),)


def test_texts_that_django_wrote_as_bytes_on_python_2_are_texts() -> None:
    found = read(migration("shop.0001_initial").replace("('shop', ", "(b'shop', "))
    assert found.requires == ("shop.0001_initial",)
    assert found.problems == ()


def test_a_file_of_python_2_keeps_its_place() -> None:
    found = read(migration("shop.0001_initial", replaces=["shop.a"]) + "print 'done'\n")
    assert (found.id, found.requires, found.replaces) == (
        "0002_add_email",
        ("shop.0001_initial",),
        ("shop.a",),
    )
    assert [p[0] for p in found.problems] == ["MIG006"]


@pytest.mark.parametrize("text", ["", "x = 1\n", "def helper():\n    pass\n", "class Other:\n    pass\n"])
def test_a_module_without_a_migration_is_none(text: str) -> None:
    assert read(text).id == ""
    assert read(text).problems == ()


def test_the_checksum_is_of_what_a_migration_does() -> None:
    one = read(migration("shop.0001_initial", body="migrations.RunSQL('a')"))
    moved = read(migration("shop.0002_other", body='  migrations.RunSQL( "a" ),  # why\n'))
    other = read(migration("shop.0001_initial", body="migrations.RunSQL('b')"))
    assert one.checksum == moved.checksum
    assert one.checksum != other.checksum


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("0001_a.py", True),
        ("any.py", True),
        ("_a.py", False),
        ("~a.py", False),
        ("__init__.py", False),
        ("a.txt", False),
    ],
)
def test_candidates_are_the_modules_that_django_loads(name: str, *, is_one: bool) -> None:
    (lineage,) = SOURCE.recognise(MemoryTree({k: v.encode() for k, v in app("shop", "0001_a").items()}))
    assert SOURCE.is_candidate(lineage, f"shop/migrations/{name}") is is_one
    assert not SOURCE.is_candidate(lineage, f"shop/{name}")


def test_labels_come_from_settings_apps_and_folders() -> None:
    files = {
        "src/shop/migrations/0001_a.py": migration(),
        "src/bill/migrations/0001_a.py": migration(),
        "src/bill/apps.py": "class Bill(AppConfig):\n    label = 'billing'\n",
        "src/core/db_changes/0001_a.py": migration(),
        "src/config/settings.py": "MIGRATION_MODULES = {'core': 'core.db_changes', 'shop': None}\n",
    }
    assert [(one.label, one.folder) for one in apps_of(files)] == [
        ("billing", "src/bill/migrations"),
        ("core", "src/core/db_changes"),
        ("shop", "src/shop/migrations"),
    ]


def test_tests_vendored_folders_and_other_tools_are_no_apps() -> None:
    south = "from south.v2 import SchemaMigration\nclass Migration(SchemaMigration):\n    pass\n"
    files = {
        "shop/migrations/0001_a.py": migration(),
        "shop/tests/app/migrations/0001_a.py": migration(),
        "node_modules/x/migrations/0001_a.py": migration(),
        "old/migrations/0001_initial.py": south,
        "alembic/versions/0001_a.py": "revision = 'a'\n",
        "data/migrations/operator.py": "class Migration(object):\n    pass\n",
    }
    assert [one.label for one in apps_of(files)] == ["shop"]


def test_of_two_apps_with_one_label_the_nearer_counts() -> None:
    files = {"a/b/shop/migrations/0001_a.py": migration(), "shop/migrations/0001_a.py": migration()}
    assert apps_of(files) == (App("shop", "shop/migrations"),)


def test_an_app_outside_the_repository_is_none_of_its_business() -> None:
    found = read_project(app("shop", **{"0001_a": migration("auth.0001_initial", "shop.0000_gone")}))
    assert build_graph(found.values()).missing() == (("shop.0001_a", "shop.0000_gone"),)


def test_a_migration_of_another_app_that_is_missing_is_named() -> None:
    found = read_project(app("shop", "0001_a") | app("bill", **{"0001_a": migration("shop.0009_gone")}))
    assert build_graph(found.values()).missing() == (("bill.0001_a", "shop.0009_gone"),)


def test_apps_that_need_one_another_are_a_cycle() -> None:
    files = app("shop", **{"0001_a": migration("bill.0001_a")}) | app(
        "bill", **{"0001_a": migration("shop.0001_a")}
    )
    assert find_cycles(build_graph(read_project(files).values())) == (("bill.0001_a", "shop.0001_a"),)


def test_squashes_that_replace_one_another_end() -> None:
    files = app(
        "shop",
        **{"0001_a": migration(replaces=["shop.0002_b"]), "0002_b": migration(replaces=["shop.0001_a"])},
    )
    assert len(read_project(files)) == 2


def test_a_squash_says_what_it_stands_for() -> None:
    files = app("shop", "0001_a", "0002_b", "0003_c") | app(
        "shop",
        r=migration(replaces=["shop.0001_a", "shop.0002_b"]),
        s=migration(replaces=["shop.r", "shop.0003_c"]),
    )
    assert read_project(files)["shop.s"].replaces == ("shop.0001_a", "shop.0002_b", "shop.0003_c", "shop.r")
