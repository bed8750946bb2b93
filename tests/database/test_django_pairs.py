"""Django's operations as mig reads them, against Django itself on a real PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from mig.effects.footprint import Access
from mig.findings import Verdict
from mig.graph.dag import build_graph
from mig.tree import MemoryTree
from mig.usecases.meaning import Meaning
from tests.servers.fixtures import fresh_database
from tests.unit.sources.django_files import SOURCE, app, migration, read_operations, read_project

pytestmark = pytest.mark.postgresql

START = """
    migrations.CreateModel(name="User", fields=[
        ("id", models.BigAutoField(primary_key=True)),
        ("email", models.CharField(max_length=80, db_column="mail")),
        ("age", models.IntegerField(default=0)),
        ("code", models.CharField(max_length=20, null=True, db_index=True)),
    ], options={"indexes": [models.Index(fields=["age"], name="user_age")]}),
    migrations.CreateModel(name="Tag", fields=[
        ("id", models.AutoField(primary_key=True)),
        ("title", models.CharField(max_length=20, null=True)),
    ]),
    migrations.CreateModel(name="Order", fields=[
        ("id", models.BigAutoField(primary_key=True)),
        ("buyer", models.ForeignKey(on_delete=models.CASCADE, related_name="orders", to="shop.user")),
        ("tags", models.ManyToManyField(to="shop.tag")),
        ("note", models.TextField(null=True)),
        ("total", models.IntegerField(default=1)),
    ], options={"unique_together": {("buyer", "note")}}),
    migrations.AddConstraint("order", models.CheckConstraint(condition=models.Q(total__gt=0), name="plus"))
"""
OPERATIONS = {
    "add age2": "migrations.AddField('user', 'age2', models.IntegerField(default=3))",
    "add age2 nullable": "migrations.AddField('user', 'age2', models.IntegerField(null=True))",
    "add nick": "migrations.AddField('user', 'nick', models.CharField(max_length=9, null=True))",
    "add unique": "migrations.AddField('user', 'ref', models.IntegerField(null=True, unique=True))",
    "add key": "migrations.AddField('tag', 'of', models.ForeignKey('shop.User', models.CASCADE, null=True))",
    "add one": "migrations.AddField("
    "'tag', 'top', models.OneToOneField('shop.order', models.CASCADE, null=True))",
    "add many": "migrations.AddField('user', 'friends', models.ManyToManyField('shop.User'))",
    "remove code": "migrations.RemoveField('user', 'code')",
    "remove email": "migrations.RemoveField('user', 'email')",
    "remove tags": "migrations.RemoveField('order', 'tags')",
    "remove note": "migrations.AlterUniqueTogether('order', set()), migrations.RemoveField('order', 'note')",
    "rename code": "migrations.RenameField('user', 'code', 'sign')",
    "rename email": "migrations.RenameField('user', 'email', 'address')",
    "rename buyer": "migrations.RenameField('order', 'buyer', 'customer')",
    "rename total": "migrations.RenameField('order', 'total', 'sum')",
    "rename user": "migrations.RenameModel('User', 'Person')",
    "rename tag": "migrations.RenameModel('Tag', 'Label')",
    "table of user": "migrations.AlterModelTable('user', 'people')",
    "delete order": "migrations.DeleteModel('Order')",
    "longer code": "migrations.AlterField("
    "'user', 'code', models.CharField(max_length=40, null=True, db_index=True))",
    "code without index": "migrations.AlterField('user', 'code', models.CharField(max_length=20, null=True))",
    "unique code": "migrations.AlterField("
    "'user', 'code', models.CharField(max_length=20, null=True, unique=True))",
    "code as text": "migrations.AlterField('user', 'code', models.TextField(null=True))",
    "choices": "migrations.AlterField('user', 'age', models.IntegerField(default=0, choices=[(0, 'a')]))",
    "help": "migrations.AlterField('user', 'age', models.IntegerField(default=0, help_text='years'))",
    "small age": "migrations.AlterField('user', 'age', models.SmallIntegerField(default=0))",
    "note not null": "migrations.AlterField('order', 'note', models.TextField(default=''))",
    "small key": "migrations.AlterField('user', 'id', models.AutoField(primary_key=True))",
    "index on code": "migrations.AddIndex('user', models.Index(fields=['code', 'age'], name='user_code'))",
    "index on email": "migrations.AddIndex('user', models.Index(fields=['email'], name='user_mail'))",
    "index user_code": "migrations.AddIndex('user', models.Index(fields=['email'], name='user_code'))",
    "remove index": "migrations.RemoveIndex('user', 'user_age')",
    "rename index": "migrations.RenameIndex('user', new_name='user_years', old_name='user_age')",
    "unique constraint": "migrations.AddConstraint('user', "
    "models.UniqueConstraint(fields=['code', 'age'], name='code_age'))",
    "check": "migrations.AddConstraint("
    "'user', models.CheckConstraint(condition=models.Q(age__gt=1), name='old'))",
    "remove check": "migrations.RemoveConstraint('order', 'plus')",
    "not together": "migrations.AlterUniqueTogether('order', set())",
    "other together": "migrations.AlterUniqueTogether('order', {('buyer', 'total')})",
    "options of user": "migrations.AlterModelOptions('user', {'ordering': ['email']})",
    "options of user 2": "migrations.AlterModelOptions('user', {'ordering': ['age']})",
    "new city": "migrations.CreateModel('City', [('id', models.BigAutoField(primary_key=True)), "
    "('user', models.ForeignKey('shop.User', models.CASCADE))])",
    "new city 2": "migrations.CreateModel('City', [('id', models.BigAutoField(primary_key=True))])",
    "new town": "migrations.CreateModel('Town', [('id', models.BigAutoField(primary_key=True)), "
    "('orders', models.ManyToManyField('shop.Order'))])",
    "update age": "migrations.RunSQL('UPDATE shop_user SET age = age + 1')",
    "double age": "migrations.RunSQL('UPDATE shop_user SET age = age * 2')",
    "copy code": "migrations.RunSQL('UPDATE shop_user SET code = mail')",
    "state only": "migrations.SeparateDatabaseAndState(state_operations=["
    "migrations.AddField('user', 'nick', models.IntegerField())])",
}
CODE = """

def fill_code(apps, editor):
    apps.get_model("shop", "User").objects.update(code="x")


def set_age(apps, editor):
    apps.get_model("shop", "User").objects.filter(id=2).update(age=7)


def move_user(apps, editor):
    apps.get_model("shop", "User").objects.filter(id=2).update(id=9)


def save_users(apps, editor):
    for user in apps.get_model("shop", "User").objects.all():
        user.age = 5
        user.save()


def order_for_second(apps, editor):
    apps.get_model("shop", "Order").objects.create(id=1, buyer_id=2, total=2)


def delete_users(apps, editor):
    apps.get_model("shop", "User").objects.filter(id=2).delete()
"""
OPERATIONS |= {
    name.replace("_", " "): f"migrations.RunPython({name})"
    for name in (
        "fill_code",
        "set_age",
        "move_user",
        "save_users",
        "order_for_second",
        "delete_users",
    )
}
OF_TABLES = ("table:", "column:", "rows:", "constraint:")
# What the order of is of no consequence to Django or to a database, and mig says so anyway.
MOST_FALSE_ALARMS = 0.11  # more than half are about rows that only other data would show


class Pair(NamedTuple):
    """What mig says of two operations, and what Django does in both orders."""

    names: tuple[str, str]
    verdict: Verdict
    said: str
    orders: list[dict[str, str]]

    @property
    def commutes(self) -> bool:
        one, other = self.orders
        return "error" not in one and "error" not in other and one == other

    def show(self) -> str:
        one, other = self.orders
        differing = [key for key in {**one, **other} if one.get(key) != other.get(key)]
        found = [
            f"{key}: {one.get(key)} | {other.get(key)}"
            for key in sorted(differing, key=lambda k: k != "error")[:3]
        ]
        return f"{self.names}: {self.verdict.value} {self.said}; really {found}"


@pytest.fixture(scope="module")
def truth(postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Django gives for the start (``base``), each operation alone, and each pair in both orders."""
    root = tmp_path_factory.mktemp("django")
    (root / "shop").mkdir()
    for name in ("__init__.py", "models.py"):
        (root / "shop" / name).write_text("")
    job = {
        "root": str(root),
        "start": START,
        "code": CODE,
        "operations": OPERATIONS,
        "pairs": list(combinations(OPERATIONS, 2)),
    }
    with fresh_database(postgresql_url, "TEMPLATE template0", "WITH (FORCE)") as database:
        url = sa.make_url(database.url)
        place = {"NAME": url.database, "HOST": url.host or url.query.get("host", ""), "PORT": url.port or ""}
        account = {"USER": url.username or "", "PASSWORD": url.password or ""}
        answer = subprocess.run(
            [sys.executable, "-P", Path(__file__).with_name("django_oracle.py")],
            input=json.dumps({**job, "database": {**place, **account}}),
            capture_output=True,
            text=True,
            check=False,
        )
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def project(*names: str) -> dict[str, str]:
    """An app whose second migrations stand side by side, one for each operation."""
    others = {
        f"m{number}": migration("shop.0001_initial", body=OPERATIONS[name]) + CODE
        for number, name in enumerate(names)
    }
    return app("shop", **{"0001_initial": migration(body=START)}, **others)


def test_every_operation_works_alone(truth: dict[str, Any]) -> None:
    assert {name: found["error"] for name, found in truth["alone"].items() if "error" in found} == {}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_table_that_an_operation_changes_is_named(truth: dict[str, Any], name: str) -> None:
    base, after = truth["base"], truth["alone"][name]
    changed = {key for key in {**base, **after} if base.get(key) != after.get(key)}
    # A foreign key that refers to a table under a new name is the same one.
    changed -= {key for key in base.keys() & after.keys() if key.startswith("constraint:")}
    tables = {key.partition(":")[2].partition(".")[0] for key in changed if key.startswith(OF_TABLES)}
    operations = read_operations(project(name))["shop.m0"]
    effects = [effect for operation in operations for effect in operation.effects]
    named = {e.name.partition(".")[0] for e in effects if e.access is not Access.NEED}
    assert not any(operation.opaque for operation in operations)
    assert tables - named == set()


def test_no_pair_that_django_orders_is_said_to_commute(truth: dict[str, Any]) -> None:
    files = project(*OPERATIONS)
    ids = {name: f"shop.m{number}" for number, name in enumerate(OPERATIONS)}
    tree = MemoryTree({path: text.encode() for path, text in files.items()})
    (lineage,) = SOURCE.recognise(tree)
    meaning = Meaning(build_graph(read_project(files).values()), lineage, "postgresql", [tree])
    pairs = []
    for one, other in combinations(OPERATIONS, 2):
        found = meaning.compare(ids[one], ids[other])
        said = found.reasons[0].message if found.reasons else ""
        orders = truth["pairs"][f"{one} / {other}"]
        pairs.append(Pair(names=(one, other), verdict=found.verdict, said=said, orders=orders))
    commuting = [pair for pair in pairs if pair.commutes]
    alarms = [pair.show() for pair in commuting if pair.verdict is not Verdict.COMMUTE]
    missed = [pair.show() for pair in pairs if not pair.commutes and pair.verdict is Verdict.COMMUTE]
    assert "\n".join(missed) == ""
    assert len(commuting) > 500
    assert len(alarms) <= MOST_FALSE_ALARMS * len(commuting), "\n".join(alarms)
