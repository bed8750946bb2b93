from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.functional.shop import INDEX_EMAIL, OURS, RENAME_EMAIL, ROOT, THEIRS, USERS, make_shop
from tests.repositories import GitSandbox, native
from tests.terminal import run_in_terminal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> GitSandbox:
    return make_shop(tmp_path / "shop")


def test_a_head_stands_on_one_line_with_its_path_and_description(shop: GitSandbox) -> None:
    assert shop.mig("heads").stdout == f"{OURS}  {INDEX_EMAIL}  Index the address.\n"


def test_two_heads_are_listed_by_id(shop: GitSandbox) -> None:
    shop.merge("main")
    assert shop.mig("heads").stdout == (
        f"{THEIRS}  {RENAME_EMAIL}  Call it mail.\n{OURS}  {INDEX_EMAIL}   Index the address.\n"
    )


def test_json_gives_the_ids_of_each_lineage(shop: GitSandbox) -> None:
    shop.merge("main")
    assert json.loads(shop.mig("heads", "--format", "json").stdout) == {"heads": {"default": [THEIRS, OURS]}}


@pytest.mark.parametrize(
    ("at", "head"),
    [
        pytest.param("main", THEIRS, id="branch"),
        pytest.param("main~1", ROOT, id="commit"),
        pytest.param("index", "0" * 12, id="index"),
        pytest.param("worktree", "1" * 12, id="worktree"),
    ],
)
def test_heads_are_those_of_the_tree_asked_for(shop: GitSandbox, at: str, head: str) -> None:
    shop.add({"migrations/20270101000000_staged.sql": native("0" * 12, OURS, "SELECT 1;")})
    shop.write("migrations/20270102000000_new.sql", native("1" * 12, "0" * 12, "SELECT 1;"))
    assert json.loads(shop.mig("heads", "--at", at, "--format", "json").stdout) == {
        "heads": {"default": [head]}
    }


def test_several_lineages_are_named(tmp_path: Path) -> None:
    shop = GitSandbox(tmp_path / "shop")
    config = "".join(f'[[lineage]]\nname = "{name}"\npath = "{name}"\n' for name in ("users", "billing"))
    files = {f"{name}/1.sql": native(ROOT, (), "SELECT 1;") for name in ("users", "billing")}
    shop.commit("start", {"mig.toml": config, **files})
    lines = shop.mig("heads").stdout.splitlines()
    assert lines == [f"users    {ROOT}  users/1.sql", f"billing  {ROOT}  billing/1.sql"]
    only = shop.mig("heads", "--lineage", "billing", "--format", "json").stdout
    assert json.loads(only) == {"heads": {"billing": [ROOT]}}


def test_an_empty_folder_has_no_heads(tmp_path: Path) -> None:
    shop = GitSandbox(tmp_path / "shop")
    shop.commit("start", {"mig.toml": "path = 'migrations'\n"})
    result = shop.mig("heads")
    said = "there are no migrations in migrations yet; mig new makes the first\n"
    assert (result.stdout, result.stderr) == ("", said)


def test_files_that_cannot_be_read_are_not_called_none(tmp_path: Path) -> None:
    shop = GitSandbox(tmp_path / "shop")
    shop.commit("start", {"mig.toml": "path = 'migrations'\n", "migrations/1.sql": "no header\n"})
    for command in ("heads", "log"):
        result = shop.mig(command)
        assert (result.stdout, result.stderr) == (
            "",
            "no migration can be read in the only file; mig check says why\n",
        )


def test_a_narrow_terminal_cuts_the_description_and_nothing_else(shop: GitSandbox) -> None:
    shown = run_in_terminal(shop, "heads", "--no-color", width=len(f"{OURS}  {INDEX_EMAIL}  ") + 12)
    assert shown == f"{OURS}  {INDEX_EMAIL}  Index the...\n"


def test_a_command_says_which_formats_it_has(shop: GitSandbox) -> None:
    result = shop.mig("heads", "--format", "github", expect=2)
    assert "'github' is not one of 'rich', 'text', 'json'" in result.stderr


def test_migrations_need_no_git(tmp_path: Path) -> None:
    shop = GitSandbox.at(tmp_path)
    shop.write(USERS, native(ROOT, (), "SELECT 1;"))
    assert shop.mig("heads").stdout == f"{ROOT}  {USERS}\n"
