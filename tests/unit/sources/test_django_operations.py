"""What Django's operations do to the database and to the state of the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.effects.footprint import Access
from tests.unit.sources.django_files import SOURCE, app, migration, read_operations

if TYPE_CHECKING:
    from mig.effects.footprint import Operation

START = migration(
    body="""
    migrations.CreateModel(name="User", fields=[
        ("id", models.BigAutoField(primary_key=True)),
        ("email", models.CharField(max_length=80, db_column="mail")),
    ]),
    migrations.CreateModel(name="Order", fields=[
        ("id", models.BigAutoField(primary_key=True)),
        ("buyer", models.ForeignKey(on_delete=models.CASCADE, related_name="orders", to="shop.user")),
        ("tags", models.ManyToManyField(to="shop.User")),
        ("note", models.TextField(null=True)),
    ], options={"unique_together": {("buyer", "note")}}),
"""
)


def read(body: str, more: str = "") -> tuple[Operation, ...]:
    """What a migration with these operations does after the one that makes users and orders."""
    text = migration("shop.0001_initial", body=body) + more
    files = app("shop", **{"0001_initial": START, "0002_x": text})
    return read_operations(files)["shop.0002_x"]


def effects(body: str, more: str = "") -> set[str]:
    found = read(body, more)
    assert not any(one.opaque for one in found), found
    return {f"{e.access.value} {e.resource}" for one in found for e in one.effects}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            "migrations.AddField('order', 'paid', models.BooleanField(default=False))",
            {"create column:shop_order.paid", "create state:shop.order.paid", "need table:shop_order"},
            id="add field",
        ),
        pytest.param(
            "migrations.AddField('order', 'seller', models.ForeignKey(to='shop.User', on_delete=1))",
            {"create column:shop_order.seller_id", "need table:shop_user"},
            id="add foreign key",
        ),
        pytest.param(
            "migrations.RemoveField(model_name='user', name='email')",
            {"drop column:shop_user.mail", "drop state:shop.user.email"},
            id="remove field",
        ),
        pytest.param(
            "migrations.RenameField('Order', 'buyer', 'owner')",
            {
                "drop column:shop_order.buyer_id",
                "create column:shop_order.owner_id",
                "drop state:shop.order.buyer",
            },
            id="rename field",
        ),
        pytest.param(
            "migrations.AlterField('order', 'note', models.TextField(default=''))",
            {"alter column:shop_order.note", "alter state:shop.order.note"},
            id="alter field",
        ),
        pytest.param(
            "migrations.RenameModel('Order', 'Sale')",
            {"drop table:shop_order", "create table:shop_sale", "create table:shop_sale_tags"},
            id="rename model",
        ),
        pytest.param(
            "migrations.AlterModelTable('order', 'orders')",
            {"create table:orders", "create table:orders_tags"},
            id="alter model table",
        ),
        pytest.param(
            "migrations.DeleteModel('Order')",
            {"drop table:shop_order", "drop table:shop_order_tags", "drop state:shop.order"},
            id="delete model",
        ),
        pytest.param(
            "migrations.AddIndex('user', models.Index(fields=['-email'], name='by_mail'))",
            {"create index:by_mail", "need column:shop_user.mail"},
            id="add index",
        ),
        pytest.param(
            "migrations.AddConstraint('order', models.UniqueConstraint(fields=['buyer'], name='one',"
            " condition=models.Q(note__isnull=True)))",
            {"create index:one", "need column:shop_order.buyer_id", "need column:shop_order.note"},
            id="add constraint",
        ),
        pytest.param(
            "migrations.RunSQL([('UPDATE shop_user SET mail = %s', ['x'])])",
            {"write values:shop_user.mail"},
            id="run sql",
        ),
        pytest.param(
            "migrations.RunSQL(migrations.RunSQL.noop,"
            " state_operations=[migrations.RemoveField('user', 'email')])",
            {"drop state:shop.user.email"},
            id="state operations",
        ),
        pytest.param(
            "migrations.SeparateDatabaseAndState(database_operations=[migrations.RunSQL('DROP TABLE old')],"
            " state_operations=[migrations.DeleteModel('Order')])",
            {"drop table:old", "drop state:shop.order"},
            id="separate",
        ),
    ],
)
def test_an_operation_touches(body: str, expected: set[str]) -> None:
    assert expected <= effects(body)


def test_a_change_of_choices_touches_the_state_alone() -> None:
    found = effects("migrations.AlterField('order', 'note', models.TextField(null=True, help_text='x'))")
    assert found == {"alter state:shop.order.note", "need state:shop.order"}


def test_state_operations_touch_no_table() -> None:
    body = "migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel('Order')])"
    assert effects(body) == {"drop state:shop.order"}


CODE = """

def fill(apps, schema_editor):
    Order = apps.get_model("shop", "Order")
    for order in Order.objects.select_related("buyer"):
        order.note = order.buyer.email
        order.save()
"""


def test_code_reads_and_writes_the_models_that_it_asks_for_and_reaches() -> None:
    found = effects("migrations.RunPython(fill, migrations.RunPython.noop)", CODE)
    assert {"write values:shop_order.*", "read rows:shop_user", "need column:shop_user.mail"} <= found


def test_code_that_only_reads_writes_nothing() -> None:
    code = "\ndef fill(apps, schema_editor):\n    print(apps.get_model('shop', 'User').objects.count())\n"
    (found,) = read("migrations.RunPython(fill)", code)
    assert not found.opaque
    assert Access.WRITE not in {e.access for e in found.effects}


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("from shop.tasks import run\ndef fill(apps, s):\n    run()\n", id="imported"),
        pytest.param("def fill(apps, s):\n    from shop.tasks import run\n    run()\n", id="imported inside"),
        pytest.param("def fill(apps, s):\n    s.execute('DROP TABLE x')\n", id="editor"),
        pytest.param("def fill(apps, s):\n    apps.get_model('shop', NAME)\n", id="model"),
        pytest.param(
            "def fill(apps, s):\n    with s.connection.cursor() as c:\n        c.run()\n", id="cursor"
        ),
    ],
)
def test_code_that_does_more_is_opaque(code: str) -> None:
    (found,) = read("migrations.RunPython(fill)", f"\n{code}")
    assert found.opaque


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("make()", id="call"),
        pytest.param("*OTHERS", id="starred"),
        pytest.param("migrations.AddField(NAME, 'x', models.TextField())", id="model name"),
        pytest.param("migrations.AddField('gone', 'x', models.TextField())", id="unknown model"),
        pytest.param(
            "migrations.AddField('order', 'x', models.ForeignKey(to='shop.Gone'))", id="unknown target"
        ),
        pytest.param("migrations.RunSQL(open('x').read())", id="sql"),
        pytest.param("migrations.RunPython(lambda a, s: None)", id="lambda"),
    ],
)
def test_what_cannot_be_read_is_opaque(body: str) -> None:
    assert any(one.opaque for one in read(body))


def test_without_its_project_nothing_is_known() -> None:
    (found,) = SOURCE.operations("shop/migrations/0001_initial.py", START.encode(), "postgresql")
    assert found.opaque


def test_sql_may_be_put_together_from_what_the_file_says() -> None:
    more = "\nNAMES = \"'a', 'b'\"\n"
    found = read("migrations.RunSQL(f'DELETE FROM shop_order WHERE note IN ({NAMES})')", more)
    assert [one.opaque for one in found] == [""]
    assert "rows:shop_order" in {effect.resource for one in found for effect in one.effects}
    (unread,) = read("migrations.RunSQL(f'DELETE FROM {name()}')")
    assert unread.opaque == "the SQL is not known"


def test_code_may_stand_in_the_class() -> None:
    more = (
        "\n    def fill(apps, schema_editor):\n"
        "        apps.get_model('shop', 'Order').objects.update(note='x')\n"
    )
    assert "write values:shop_order.*" in effects("migrations.RunPython(fill)", more)


def test_deleting_rows_reaches_those_who_refer_to_them_and_no_others() -> None:
    body = (
        "migrations.CreateModel('Visit', fields=[('id', models.BigAutoField(primary_key=True)),"
        " ('who', models.ForeignKey(to=settings.AUTH_USER_MODEL, on_delete=1))]),"
        "migrations.RunPython(clean)"
    )
    code = "\n\ndef clean(apps, editor):\n    apps.get_model('shop', '{}').objects.all().delete()\n"
    assert "table:shop_order" in touched(body, code.format("User"))
    assert "table:shop_visit" not in touched(body, code.format("User"))


def touched(body: str, more: str) -> set[str]:
    """What the last operation of a migration touches."""
    return {effect.resource for effect in read(body, more)[-1].effects}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("count()", set()),
        ("delete()", {"delete"}),
        ("update(note='x')", {"update"}),
        ("create(note='x')", {"insert"}),
        ("update_or_create(note='x')", {"insert", "update"}),
    ],
)
def test_code_writes_as_its_calls_do(call: str, expected: set[str]) -> None:
    code = f"\n\ndef run(apps, editor):\n    apps.get_model('shop', 'Order').objects.{call}\n"
    (found,) = read("migrations.RunPython(run)", code)
    assert found.opaque == ""
    assert {e.aspect for e in found.effects if e.access is Access.WRITE} == expected


@pytest.mark.parametrize(
    ("call", "spared"),
    [
        ("update(note='x')", "id"),
        ("filter(id=1).update(note='x')", "id"),
        ("bulk_update(found, ['note'])", "id"),
        ("update(id=2)", ""),
        ("update(pk=2)", ""),
        ("update(**given)", ""),
        ("update", ""),
    ],
)
def test_code_that_updates_rows_leaves_their_keys_unless_it_names_them(call: str, spared: str) -> None:
    code = f"\n\ndef run(apps, editor):\n    x = apps.get_model('shop', 'Order').objects.{call}\n"
    (found,) = read("migrations.RunPython(run)", code)
    assert {e.spared for e in found.effects if e.access is Access.WRITE} == {spared}
