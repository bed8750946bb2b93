from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.functional.shop import INDEX_EMAIL, OURS, RENAME_EMAIL, ROOT, THEIRS, USERS, add_chain, make_shop
from tests.repositories import GitSandbox, native
from tests.terminal import run_in_terminal

if TYPE_CHECKING:
    from pathlib import Path

MERGE = "aaaaaaaaaaaa"


@pytest.fixture
def shop(tmp_path: Path) -> GitSandbox:
    shop = make_shop(tmp_path / "shop")
    shop.merge("main")
    text = native(MERGE, (OURS, THEIRS), description="Join the heads.")
    shop.commit("join", {"migrations/20261201000000_join.sql": text})
    return shop


def test_the_newest_comes_first_with_what_is_special_about_it(shop: GitSandbox) -> None:
    assert shop.mig("log").stdout.splitlines() == [
        f"{MERGE} (head, merge) Join the heads.",
        f"{THEIRS} (irreversible) Call it mail.",
        f"{OURS} Index the address.",
        f"{ROOT} (irreversible) Create users.",
    ]


def test_reversed_it_is_the_order_in_which_migrations_are_applied(shop: GitSandbox) -> None:
    assert shop.mig("log", "--reverse").stdout.splitlines() == shop.mig("log").stdout.splitlines()[::-1]


def test_a_number_keeps_the_newest(shop: GitSandbox) -> None:
    assert shop.mig("log", "-n", "2").stdout.splitlines() == shop.mig("log").stdout.splitlines()[:2]
    newest = shop.mig("log", "-n", "2", "--reverse").stdout.splitlines()
    assert newest == shop.mig("log").stdout.splitlines()[1::-1]
    listed = json.loads(shop.mig("log", "-n", "2", "--format", "json").stdout)["migrations"]
    assert [migration["id"] for migration in listed] == [THEIRS, MERGE]
    assert not shop.mig("log", "-n", "0").stdout


def test_the_drawing_shows_the_merge(shop: GitSandbox) -> None:
    assert shop.mig("log", "--graph").stdout == (
        f"* {MERGE} (head, merge) Join the heads.\n"
        "|\\\n"
        f"| * {THEIRS} (irreversible) Call it mail.\n"
        f"* | {OURS} Index the address.\n"
        "|/\n"
        f"* {ROOT} (irreversible) Create users.\n"
    )


def test_a_drawing_that_is_cut_short_keeps_its_lanes(shop: GitSandbox) -> None:
    lines = shop.mig("log", "--graph", "-n", "2").stdout.splitlines()
    assert lines == [
        f"* {MERGE} (head, merge) Join the heads.",
        "|\\",
        f"| * {THEIRS} (irreversible) Call it mail.",
    ]


def test_json_is_in_linear_order_with_the_statements(shop: GitSandbox) -> None:
    listed = json.loads(shop.mig("log", "--format", "json").stdout)["migrations"]
    assert [migration["id"] for migration in listed] == [ROOT, OURS, THEIRS, MERGE]
    assert listed[1] == {
        "id": OURS,
        "lineage": "default",
        "parents": [ROOT],
        "path": INDEX_EMAIL,
        "description": "Index the address.",
        "reversible": True,
        "operations": [{"line": 6, "text": "CREATE INDEX ix_users_email ON users (email)"}],
    }
    assert listed[3]["operations"] == []
    assert listed[2]["reversible"] is False


def test_a_script_that_cannot_be_read_has_no_operations(shop: GitSandbox) -> None:
    only_mysql = native("0" * 12, MERGE).replace(
        "-- mig:up\n", "-- mig:up\n-- mig:dialect mysql\nSELECT 1;\n"
    )
    shop.write("migrations/20270101000000_mysql.sql", only_mysql)
    listed = json.loads(shop.mig("log", "--format", "json").stdout)["migrations"]
    assert (listed[-1]["id"], listed[-1]["operations"]) == ("0" * 12, [])


@pytest.mark.parametrize("at", ["worktree", "index", "HEAD"])
def test_statements_are_those_of_the_tree_asked_for(shop: GitSandbox, at: str) -> None:
    name = "migrations/20270101000000_now.sql"
    shop.commit("now", {name: native("0" * 12, MERGE, "SELECT 'HEAD';")})
    shop.add({name: native("0" * 12, MERGE, "SELECT 'index';")})
    shop.write(name, native("0" * 12, MERGE, "SELECT 'worktree';"))
    listed = json.loads(shop.mig("log", "--at", at, "--format", "json").stdout)["migrations"]
    assert [operation["text"] for operation in listed[-1]["operations"]] == [f"SELECT '{at}'"]


def test_paths_are_shown_when_asked_for(shop: GitSandbox) -> None:
    assert (
        shop.mig("log", "-v").stdout.splitlines()[1]
        == f"{THEIRS} (irreversible) Call it mail.  {RENAME_EMAIL}"
    )


def test_a_migration_without_description_shows_its_file(tmp_path: Path) -> None:
    shop = GitSandbox(tmp_path / "shop")
    shop.commit("start", {USERS: native(ROOT, (), "SELECT 1;", "SELECT 1;")})
    assert shop.mig("log").stdout == f"{ROOT} (head) 20261101090000_create_users.sql\n"


def test_a_parent_that_is_missing_does_not_keep_the_rest_from_being_drawn(shop: GitSandbox) -> None:
    (shop.path / RENAME_EMAIL).unlink()
    lines = shop.mig("log", "--graph").stdout.splitlines()
    assert [line.split()[1] for line in lines] == [MERGE, OURS, ROOT]


def test_a_cycle_is_named_with_what_to_do(shop: GitSandbox) -> None:
    shop.write(USERS, native(ROOT, MERGE, "SELECT 1;"))
    result = shop.mig("log", expect=3)
    assert result.stderr.startswith(f"mig: the migrations form a cycle: {ROOT} -> ")
    assert "mig explain MIG104" in result.stderr.splitlines()[-1]


def test_a_terminal_gets_lines_that_join_and_are_cut_off_at_its_width(shop: GitSandbox) -> None:
    shown = run_in_terminal(shop, "log", "--graph", width=32)
    lines = re.sub(r"\x1b\[[\d;]*m", "", shown).splitlines()
    assert lines[0] == f"● {MERGE} (head, merge) ..."
    assert lines[1][0] == "│"
    assert max(map(len, lines)) == 32
    assert "\x1b[31m" in shown
    plain = run_in_terminal(shop, "log", "--graph", "--ascii", "--no-color", width=200)
    assert plain == shop.mig("log", "--graph").stdout


def test_a_terminal_without_utf8_gets_ascii(shop: GitSandbox) -> None:
    assert run_in_terminal(shop, "log", "--graph", env={"PYTHONIOENCODING": "latin-1"}).isascii()


def test_a_reader_that_goes_away_is_no_error(shop: GitSandbox) -> None:
    add_chain(shop, 1, (MERGE,), 3000)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "mig", "log"],
        cwd=shop.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ.copy(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait() == 0
        assert process.stderr.read() == b""


def test_lineages_stand_under_their_names(tmp_path: Path) -> None:
    shop = GitSandbox(tmp_path / "shop")
    config = "".join(f'[[lineage]]\nname = "{name}"\npath = "{name}"\n' for name in ("users", "billing"))
    files = {f"{name}/1.sql": native(ROOT, (), "SELECT 1;", "SELECT 1;") for name in ("users", "billing")}
    shop.commit("start", {"mig.toml": config, **files})
    assert (
        shop.mig("log", "--graph").stdout
        == f"users\n* {ROOT} (head) 1.sql\n\nbilling\n* {ROOT} (head) 1.sql\n"
    )


def test_a_drawing_cannot_be_reversed(shop: GitSandbox) -> None:
    result = shop.mig("log", "--graph", "--reverse", expect=2)
    assert (
        result.stderr == "mig: --graph and --reverse exclude each other\nmig log --help says how to call it\n"
    )
