"""A repository with mig's hooks installed, and Git run in it with everything that it and the hooks print."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

A, B, C, D = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc", "dddddddddddd"
PATHS = {
    A: "migrations/20260101000000_users.sql",
    B: "migrations/20260102000000_carts.sql",
    C: "migrations/20260103000000_orders.sql",
    D: "migrations/20260104000000_prices.sql",
}
TABLES = {A: "users", B: "carts", C: "orders", D: "prices"}


def migration(id: str, *parents: str) -> dict[str, str]:
    """One of the migrations above as a file."""
    return {
        PATHS[id]: native(
            id, parents, f"CREATE TABLE {TABLES[id]} (id INTEGER);", f"DROP TABLE {TABLES[id]};"
        )
    }


def shop(path: Path, *, install: bool = True) -> GitSandbox:
    """A repository with the migration A and something else on main."""
    repo = GitSandbox(path)
    repo.commit("Start", {**migration(A), "README": "A shop\n"})
    if install:
        repo.mig("hooks", "install")
    return repo


def diverged(path: Path) -> GitSandbox:
    """The shop with B on the branch feature and C on main, which is checked out."""
    repo = shop(path)
    repo.branch("feature")
    repo.commit("Add carts", migration(B, A))
    repo.git("checkout", "--quiet", "main")
    repo.commit("Add orders", migration(C, A))
    return repo


def git(repo: GitSandbox, *args: str, expect: int = 0, env: Mapping[str, str] | None = None) -> str:
    """Run git and give what it and its hooks printed on both streams."""
    result = subprocess.run(
        ["git", *args],
        cwd=repo.path,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )
    assert result.returncode == expect, f"git {' '.join(args)}: {result.returncode}\n{result.stdout}"
    return result.stdout
