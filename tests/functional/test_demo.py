from __future__ import annotations

import os
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.repositories import GitSandbox

DEMO = Path(__file__).parents[2] / "demo/demo.py"
# What the walk leaves behind: everything in one line, the last one taken back.
ORDER = ["3f8a1c5be201", "8c24d7e0f9a6", "51d0c3a9e8f2", "77bc02d1a9e0", "9f31c0a2b7de", "b4e6105fd83c"]


def demo(
    *args: str | Path, cwd: Path, env: dict[str, str] | None = None, expect: int = 0
) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [sys.executable, DEMO, *args],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == expect, result.stdout + result.stderr
    return result


def columns(database: Path, table: str) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def rows(database: Path, query: str) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [str(row[0]) for row in connection.execute(query)]


def test_the_demo_can_be_run_again_and_leaves_what_it_tells(tmp_path: Path) -> None:
    first = demo("shop", cwd=tmp_path)
    again = demo("shop", cwd=tmp_path)
    # Times differ, ids and steps do not.
    assert commands(first.stdout) == commands(again.stdout)
    assert str(tmp_path / "shop") in again.stdout
    assert "\x1b" not in again.stdout

    repo = GitSandbox.at(tmp_path / "shop")
    assert repo.git("branch", "--show-current") == "main"
    assert not repo.git("status", "--porcelain")
    assert repo.git("branch", "--no-merged", "main") == ""
    texts = [repo.read(path) for path in repo.git("ls-files", "migrations").splitlines()]
    parents = {text.split()[2]: text.split()[5] for text in texts if "mig:parents" in text}
    assert parents == dict(zip(ORDER[1:], ORDER, strict=False))
    assert repo.mig("check").returncode == 0

    database = repo.path / "shop.db"
    assert rows(database, "SELECT id FROM mig_history ORDER BY seq") == ORDER[:-1]
    assert {"points", "contact_email"} < columns(database, "customers")
    assert "receipt_email" in columns(database, "orders")
    assert rows(database, "SELECT count(*) FROM products") == ["2"]
    assert "ix_orders_receipt_email" not in rows(database, "SELECT name FROM sqlite_master")

    for command in suggestions(again.stdout):
        name, *args = shlex.split(command)
        if name == "mig":
            repo.mig(*args)
        else:
            repo.git(*args)
    assert rows(database, "SELECT id FROM mig_history ORDER BY seq") == ORDER
    [new] = repo.git("ls-files", "--others", "migrations").splitlines()
    assert f"mig:parents {ORDER[3]}" in repo.read(new)


def commands(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("$ ")]


def suggestions(output: str) -> list[str]:
    """What the demo says to try next in its folder."""
    listed = output.partition("Try next:")[2].splitlines()
    return [line.partition(" # ")[0].strip() for line in listed if " # " in line]


def test_a_folder_that_the_demo_did_not_make_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "precious").write_text("1")
    (tmp_path / "link").symlink_to(mine)
    for name in ("mine", "link", "mine/precious"):
        result = demo(name, cwd=tmp_path, expect=1)
        assert "was not made by the demo" in result.stderr
    assert (mine / "precious").read_text() == "1"
    assert not (mine / ".git").exists()


def test_the_environment_names_the_folder_and_git_settings_do_no_harm(tmp_path: Path, sealed: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    refusing = hooks / "commit-msg"
    refusing.write_text("#!/bin/sh\nexit 1\n")
    refusing.chmod(0o755)
    with (sealed / ".gitconfig").open("a") as config:
        config.write(f'[core]\n    hooksPath = "{hooks.as_posix()}"\n')
        config.write("[commit]\n    gpgSign = true\n[user]\n    signingKey = none\n")
    result = demo(cwd=tmp_path, env={"MIG_DEMO_DIR": "an other", "MIG_BASE": "none", "GIT_DIR": "/nowhere"})
    assert "an other" in result.stdout
    assert (tmp_path / "an other/shop.db").is_file()
    assert sorted(path.name for path in hooks.iterdir()) == ["commit-msg"]


def test_what_was_printed_goes_into_the_blocks_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- demo:conflict -->\nold\n<!-- /demo -->\nafter\n")
    demo("shop", "--capture", page, cwd=tmp_path)
    text = page.read_text()
    assert text.startswith("before\n<!-- demo:conflict -->\n```console\n$ mig check\n")
    assert text.endswith("\n```\n<!-- /demo -->\nafter\n")
    assert "MIG302 error" in text
    assert "MIG101" in text
    assert "\nold\n" not in text
    demo("shop", "--capture", page, cwd=tmp_path)
    assert page.read_text() == text


def test_a_page_that_asks_for_an_unknown_block_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- demo:nothing -->\n<!-- /demo -->\n")
    result = demo("shop", "--capture", page, cwd=tmp_path, expect=1)
    assert "asks for nothing; there are conflict, fork, remedy" in result.stderr
