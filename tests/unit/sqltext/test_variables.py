"""``${name}`` in SQL."""

from __future__ import annotations

import pytest

from mig.errors import ConfigError
from mig.sqltext.variables import Variables, fill_known, find_secret, find_uses

SHOP = Variables(values={"schema": "shop", "pw": "it's secret"}, secrets=frozenset({"pw"}))


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("CREATE SCHEMA ${schema};", "CREATE SCHEMA shop;"),
        ("'${schema}' -- ${schema}", "'shop' -- shop"),
        ("$${schema} $${{other}", "${schema} $${{other}"),
        ("$$ SELECT $1 $$ $body$ x $body$ ${a.b} ${} {schema} $schema", None),
        ("CREATE FUNCTION f() AS $js$ return `${1 + 1} ${x.y}` $js$", None),
    ],
)
def test_only_names_between_braces_are_replaced(text: str, filled: str | None) -> None:
    assert SHOP.fill(text) == (text if filled is None else filled)


def test_without_variables_nothing_is_replaced() -> None:
    assert Variables().fill("${schema} $${schema}") == "${schema} $${schema}"


def test_a_value_is_not_looked_into() -> None:
    assert Variables(values={"a": "${b}", "b": "x"}).fill("${a}") == "${b}"


def test_a_name_without_a_value_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as error:
        SHOP.fill("a\nb ${shema}")
    assert error.value.message == "line 2: there is no variable shema (did you mean schema?)"


def test_secrets_are_masked_for_people_and_named_where_they_are_kept() -> None:
    text = "ALTER ROLE ${schema} PASSWORD '${pw}'"
    assert SHOP.masked().fill(text) == "ALTER ROLE shop PASSWORD '***'"
    kept = SHOP.storable().fill(text)
    assert (find_secret(kept), find_secret(text)) == ("pw", "")
    assert SHOP.fill_kept(kept) == SHOP.fill(text)
    assert SHOP.values["pw"] not in repr(SHOP)
    with pytest.raises(ConfigError, match="there is no variable pw"):
        Variables(values={"schema": "x"}).fill_kept(kept)


def test_uses_are_found_with_their_first_lines() -> None:
    assert find_uses("${b}\n$${c} ${a}\n${b}") == (("b", 1), ("a", 2))


def test_what_is_known_is_filled_in_and_the_rest_stays() -> None:
    assert fill_known("${a} ${b} $${c}", {"a": "1"}) == "1 ${b} ${c}"
