"""Names are folded and made up as the databases do it."""

from __future__ import annotations

import pytest

from mig.effects.names import base_name, fold, is_catalogue, join, make_name, within


@pytest.mark.parametrize(
    ("raw", "dialect", "folded"),
    [
        pytest.param("Users", "postgresql", "users", id="unquoted"),
        pytest.param('"Users"', "postgresql", "Users", id="quoted keeps its case"),
        pytest.param('"Users"', "sqlite", "users", id="quotes keep no case elsewhere"),
        pytest.param("`Users`", "mariadb", "users", id="backticks"),
        pytest.param("[Users]", "sqlite", "users", id="brackets"),
        pytest.param('"a.b"', "postgresql", '"a.b"', id="a dot inside stays apart"),
        pytest.param('"a""b"', "postgresql", '"a"b"', id="doubled quotes"),
        pytest.param("x" * 70, "postgresql", "x" * 63, id="cut to what is kept"),
        pytest.param("x" * 64, "mariadb", "x" * 64, id="longer elsewhere"),
    ],
)
def test_names_are_folded(raw: str, dialect: str, folded: str) -> None:
    assert fold(raw, dialect) == folded


@pytest.mark.parametrize(
    ("parts", "dialect", "name"),
    [
        pytest.param(("public", "t"), "postgresql", "t", id="default schema"),
        pytest.param(("db", "public", "t"), "postgresql", "t", id="database"),
        pytest.param(("s", "t"), "postgresql", "s.t", id="schema"),
        pytest.param(("main", "t"), "sqlite", "t", id="main"),
        pytest.param(("public", "t"), "mariadb", "public.t", id="no default known"),
    ],
)
def test_the_default_schema_is_left_out(parts: tuple[str, ...], dialect: str, name: str) -> None:
    assert join(parts, dialect) == name


@pytest.mark.parametrize(
    ("table", "columns", "label", "name"),
    [
        pytest.param("users", ("email",), "key", "users_email_key", id="short"),
        pytest.param("s.users", ("a", "b"), "idx", "users_a_b_idx", id="several columns, no schema"),
        pytest.param("users", (), "pkey", "users_pkey", id="no columns"),
        pytest.param("t" * 40, ("c" * 40,), "idx", "t" * 29 + "_" + "c" * 29 + "_idx", id="both are cut"),
        pytest.param("t" * 60, ("id",), "seq", "t" * 56 + "_id_seq", id="the longer one is cut"),
    ],
)
def test_names_are_made_as_postgresql_makes_them(
    table: str, columns: tuple[str, ...], label: str, name: str
) -> None:
    assert make_name(table, columns, label) == name


def test_an_index_lies_in_the_schema_of_its_table() -> None:
    assert within("s.t", "i") == "s.i"
    assert within("t", "i") == "i"
    assert base_name('s."a.b"') == "a.b"


def test_tables_of_the_database_itself_are_known() -> None:
    assert is_catalogue("information_schema.tables", "mariadb")
    assert is_catalogue("pg_class", "postgresql")
    assert is_catalogue("sqlite_master", "sqlite")
    assert not is_catalogue("pg_class", "sqlite")
