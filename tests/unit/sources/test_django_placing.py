from __future__ import annotations

import pytest

from mig.errors import SourceError
from mig.sources.django.naming import merge_name, number_of, renumbered
from mig.sources.django.references import Wanted, rewrite_references
from tests.unit.sources.django_files import migration


def rewritten(text: str, *, swapped: dict[str, str] | None = None, added: tuple[str, ...] = ()) -> str:
    wanted = Wanted(
        app="shop", names={}, stands={}, swapped=swapped or {}, added=added, own="shop/migrations/0003_x.py"
    )
    data, _ = rewrite_references(wanted.own, text.encode(), wanted)
    return data.decode()


def listed(items: str) -> str:
    return f"class Migration:\n    dependencies = {items}\n    operations = []\n"


A, B, C = "('shop', 'a')", "('shop', 'b')", "('shop', 'c')"


@pytest.mark.parametrize(
    ("before", "gone", "after"),
    [
        pytest.param(f"[{A}, {B}, {C}]", "a", f"[{B}, {C}]", id="first"),
        pytest.param(f"[{A}, {B}, {C}]", "b", f"[{A}, {C}]", id="middle"),
        pytest.param(f"[{A}, {B}, {C}]", "c", f"[{A}, {B}]", id="last"),
        pytest.param(f"[{A}, {B}, {C}]", "bc", f"[{A}]", id="last-two"),
        pytest.param(f"[{A}, {B}, {C}]", "ab", f"[{C}]", id="first-two"),
        pytest.param(f"[\n        {A},\n        {B},\n    ]", "b", f"[\n        {A},\n    ]", id="lines"),
    ],
)
def test_a_dependency_goes_with_its_comma(before: str, gone: str, after: str) -> None:
    swapped = {f"shop.{one}": "" for one in gone}
    assert rewritten(listed(before), swapped=swapped) == listed(after)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("[]", '[("shop", "n")]', id="empty"),
        pytest.param(f"[{A}]", f"[{A}, ('shop', 'n')]", id="one-line"),
        pytest.param(
            f"[\n        {A},  # a\n    ]", f"[\n        {A},\n        ('shop', 'n'),  # a\n    ]", id="lines"
        ),
    ],
)
def test_a_dependency_comes_where_none_goes(before: str, after: str, end: str) -> None:
    text = listed(before).replace("\n", end)
    assert rewritten(text, added=("shop.n",)) == listed(after).replace("\n", end)


@pytest.mark.parametrize("text", ["class Migration:\n    pass\n", listed("made()"), "x = (\n"])
def test_without_a_list_nothing_is_put_in(text: str) -> None:
    with pytest.raises(SourceError, match="the dependencies cannot be rewritten"):
        rewritten(text, added=("shop.n",))


def test_what_only_looks_like_a_dependency_stays() -> None:
    text = migration("shop.a", "bill.a", body="migrations.RunSQL('shop', 'a')").replace(
        "import settings", "import settings  # ('shop', 'a')"
    )
    swapped = rewritten(text, swapped={"shop.a": "shop.z"})
    assert swapped == text.replace("[('shop', 'a'), ", "[('shop', 'z'), ")


@pytest.mark.parametrize(
    ("name", "number", "new"),
    [
        ("0007_x", 7, "0010_x"),
        ("7_x", 7, "10_x"),
        ("007", 7, "010"),
        ("x_0007", None, "x_0007"),
        ("0001_a_squashed_0009_b", 9, "0010_a_squashed_0009_b"),
    ],
)
def test_the_number_in_front(name: str, number: int | None, new: str) -> None:
    assert number_of(name) == number
    assert renumbered(name, 10) == new


@pytest.mark.parametrize(
    ("names", "wanted", "name"),
    [
        (["0002_b", "0003_a"], "", "0004_merge_0002_b_0003_a"),
        (["b", "a"], "", "0002_merge_a_b"),
        (["0002_" + "b" * 30, "0002_" + "a" * 30], "", "0003_merge_20261120_1015"),
        (["0002_b", "0003_a"], "join", "0004_join"),
    ],
)
def test_a_merge_is_named_as_django_names_it(names: list[str], wanted: str, name: str) -> None:
    from datetime import UTC, datetime

    assert merge_name(names, datetime(2026, 11, 20, 10, 15, tzinfo=UTC), wanted) == name
