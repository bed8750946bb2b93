"""What operations of Django's are kept by between runs: all that they were read from, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.sources.django.source import DjangoSource
from mig.sources.footprints import FootprintCache
from tests.unit.sources.django_files import app, migration, open_footprints, read_project

if TYPE_CHECKING:
    from pathlib import Path

ORDER = """migrations.CreateModel(name="Order", fields=[
    ("id", models.BigAutoField(primary_key=True)), ("note", models.TextField(){0}),
]{1})"""
FIELD = "migrations.AddField('order', 'paid', models.BooleanField(default=False))"
LINK = "migrations.AddField('bill', 'order', models.ForeignKey(to='shop.Order', on_delete=1))"
BILL = "migrations.CreateModel(name='Bill', fields=[('id', models.BigAutoField(primary_key=True))])"


def shop(created: str = ORDER.format("", "")) -> dict[str, str]:
    return app("shop", **{"0001_a": migration(body=created), "0002_b": migration("shop.0001_a", body=FIELD)})


def bill(*needs: str) -> dict[str, str]:
    return app(
        "bill", **{"0001_a": migration(body=BILL), "0002_b": migration("bill.0001_a", *needs, body=LINK)}
    )


def run(folder: Path, files: dict[str, str], migration_id: str) -> tuple[set[str], int]:
    """What a migration touches, and how much was new to the cache."""
    cache = FootprintCache(folder, "django", DjangoSource.version, "postgresql")
    file = folder / "footprints-django-postgresql"
    before = file.stat().st_size if file.exists() else 0
    found = open_footprints(files, cache).of(migration_id)
    cache.save()
    touched = {effect.resource for operation in found.operations for effect in operation.effects}
    return touched, file.stat().st_size - before if file.exists() else 0


def test_what_is_read_once_is_kept(tmp_path: Path) -> None:
    first, written = run(tmp_path, shop(), "shop.0002_b")
    assert "column:shop_order.paid" in first
    assert written
    assert run(tmp_path, shop(), "shop.0002_b") == (first, 0)


def test_a_change_in_an_earlier_file_changes_what_a_later_one_does(tmp_path: Path) -> None:
    run(tmp_path, shop(), "shop.0002_b")
    moved = shop(ORDER.format("", ", options={'db_table': 'sales'}"))
    touched, written = run(tmp_path, moved, "shop.0002_b")
    assert "column:sales.paid" in touched
    assert written


def test_a_change_of_another_app_matters_to_those_that_refer_to_it_in_no_order(tmp_path: Path) -> None:
    touched, _ = run(tmp_path, shop() | bill(), "bill.0002_b")
    assert "table:shop_order" in touched
    moved = shop(ORDER.format("", ", options={'db_table': 'sales'}"))
    touched, _ = run(tmp_path, moved | bill(), "bill.0002_b")
    assert "table:sales" in touched
    # The first state of things is known still, and so is what asks for nothing of the other app.
    assert run(tmp_path, shop() | bill(), "bill.0002_b")[1] == 0
    assert run(tmp_path, shop() | bill(), "bill.0001_a")[1] > 0
    assert run(tmp_path, moved | bill(), "bill.0001_a")[1] == 0


def test_an_app_that_comes_into_the_project_answers_for_its_models(tmp_path: Path) -> None:
    touched, _ = run(tmp_path, bill(), "bill.0002_b")
    assert "table:shop_order" in touched
    moved = shop(ORDER.format("", ", options={'db_table': 'sales'}"))
    assert "table:sales" in run(tmp_path, moved | bill(), "bill.0002_b")[0]


@pytest.mark.parametrize("setting", ["a.User", "b.User"])
def test_the_model_that_settings_choose_counts(tmp_path: Path, setting: str) -> None:
    user = "migrations.CreateModel(name='User', fields=[('id', models.BigAutoField(primary_key=True))])"
    owner = "models.ForeignKey(to=settings.AUTH_USER_MODEL, on_delete=1)"
    made = BILL.replace("])", f", ('owner', {owner})])")
    files = (
        app("a", x=migration(body=user)) | app("b", x=migration(body=user)) | app("c", x=migration(body=made))
    )
    for chosen in ("b.User", "a.User", setting):
        touched, _ = run(tmp_path, files | {"settings.py": f"AUTH_USER_MODEL = '{chosen}'\n"}, "c.x")
        assert f"table:{chosen.replace('.', '_').lower()}" in touched


def test_files_in_a_circle_are_kept_by_all_of_them(tmp_path: Path) -> None:
    def circle(created: str) -> dict[str, str]:
        return app(
            "shop",
            a=migration("shop.b", body=created),
            b=migration("shop.a", body=FIELD),
        )

    plain, moved = circle(ORDER.format("", "")), circle(ORDER.format("", ", options={'db_table': 'sales'}"))
    assert len(read_project(plain)) == 2
    first, _ = run(tmp_path, plain, "shop.b")
    second, _ = run(tmp_path, moved, "shop.b")
    assert "column:sales.paid" in second - first
