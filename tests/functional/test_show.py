from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.functional.shop import INDEX_EMAIL, OURS, RENAME_EMAIL, ROOT, THEIRS, make_shop
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> GitSandbox:
    return make_shop(tmp_path / "shop")


def test_a_migration_is_shown_with_its_place_and_its_text(shop: GitSandbox) -> None:
    checksum = json.loads(shop.mig("show", OURS, "--format", "json").stdout)["checksum"]
    assert shop.mig("show", OURS).stdout == (
        f"migration   {OURS}\n"
        f"parents     {ROOT}\n"
        "children    none: a head\n"
        f"file        {INDEX_EMAIL}:1\n"
        f"checksum    {checksum}\n"
        "reversible  yes\n"
        "\n"
        "    Index the address.\n"
        "\n"
        "up\n"
        "  CREATE INDEX ix_users_email ON users (email);\n"
        "\n"
        "down\n"
        "  DROP INDEX ix_users_email;\n"
    )


def test_the_beginning_of_an_id_is_enough(shop: GitSandbox) -> None:
    assert shop.mig("show", OURS[:4]).stdout == shop.mig("show", OURS).stdout


def test_directives_and_irreversibility_are_shown(shop: GitSandbox) -> None:
    shown = shop.mig("show", THEIRS, "--at", "main").stdout
    assert "\nreversible  no\ndirective   mig:irreversible\n" in shown
    assert shown.endswith("\ndown  none: irreversible\n")


def test_json_has_everything(shop: GitSandbox) -> None:
    shop.merge("main")
    value = json.loads(shop.mig("show", ROOT, "--format", "json").stdout)
    assert len(value.pop("checksum")) == 64
    assert value == {
        "id": ROOT,
        "lineage": "default",
        "parents": [],
        "children": [THEIRS, OURS],
        "requires": [],
        "order": [],
        "labels": [],
        "path": "migrations/20261101090000_create_users.sql",
        "line": 1,
        "description": "Create users.",
        "reversible": False,
        "transactional": True,
        "directives": [],
        "language": "sql",
        "up": [{"line": 5, "text": "CREATE TABLE users (id int, email text)"}],
        "down": None,
        "problem": "",
    }


def test_another_tree_has_other_migrations(shop: GitSandbox) -> None:
    assert RENAME_EMAIL in shop.mig("show", THEIRS, "--at", "main").stdout
    assert "no migration has the id" in shop.mig("show", THEIRS, expect=3).stderr


def test_an_id_that_several_begin_with_lists_them(shop: GitSandbox) -> None:
    files = {f"migrations/2027010100000{n}_x.sql": native(f"abc{n:09x}", OURS, "SELECT 1;") for n in (1, 2)}
    shop.commit("two", files)
    result = shop.mig("show", "abc", expect=3)
    assert result.stderr.splitlines()[0] == (
        "mig: 'abc' is the beginning of 2 ids: abc000000001 (20270101000001_x.sql),"
        " abc000000002 (20270101000002_x.sql)"
    )
    assert result.stderr.splitlines()[-1] == "mig log lists the migrations with their ids"


def test_an_id_of_two_lineages_needs_the_lineage(tmp_path: Path) -> None:
    shop = GitSandbox(tmp_path / "shop")
    config = "".join(f'[[lineage]]\nname = "{name}"\npath = "{name}"\n' for name in ("users", "billing"))
    files = {f"{name}/1.sql": native(ROOT, (), "SELECT 1;", "SELECT 1;") for name in ("users", "billing")}
    shop.commit("start", {"mig.toml": config, **files})
    result = shop.mig("show", ROOT, expect=3)
    assert result.stderr.splitlines() == [
        f"mig: 2 lineages have a migration {ROOT}: billing, users",
        "name one: mig --lineage NAME show ID",
    ]
    assert "lineage     billing\n" in shop.mig("--lineage", "billing", "show", ROOT).stdout


def test_a_script_that_cannot_be_read_is_said_and_the_rest_shown(shop: GitSandbox) -> None:
    only_mysql = native("0" * 12, OURS).replace("-- mig:up\n", "-- mig:up\n-- mig:dialect mysql\nSELECT 1;\n")
    shop.write("migrations/20270101000000_mysql.sql", only_mysql)
    shown = shop.mig("show", "000").stdout
    assert shown.startswith("migration   000000000000\n")
    assert shown.endswith("has no up section for postgresql\n")
    assert json.loads(shop.mig("show", "000", "--format", "json").stdout)["up"] is None


def test_python_is_shown_as_the_calls_that_it_makes(shop: GitSandbox) -> None:
    text = f'id = "{"0" * 12}"\nparents = ("{OURS}",)\n\ndef up(op):\n    op.drop_table("x")\n'
    shop.write("migrations/20270101000000_x.py", text)
    shown = shop.mig("show", "000").stdout
    assert 'up\n  op.drop_table("x")\n' in shown


def test_control_characters_in_a_script_are_escaped(shop: GitSandbox) -> None:
    shop.write("migrations/20270101000000_x.sql", native("0" * 12, OURS, "SELECT '\x1b[2J',\n\t1;"))
    assert "  SELECT '\\x1b[2J',\n      1;\n" in shop.mig("show", "000").stdout
