"""The demo's repository, built once for all tests of the documentation."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import ROOT
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``shop``, the demo's repository, and ``README.md``, filled by the demo."""
    folder = tmp_path_factory.mktemp("demo")
    page = folder / "README.md"
    page.write_bytes((ROOT / "README.md").read_bytes())
    subprocess.run(
        [sys.executable, ROOT / "demo/demo.py", folder / "shop", "--capture", page],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )
    return folder


@pytest.fixture
def shop(demo: Path) -> GitSandbox:
    """The demo's repository as the demo leaves it; only to be read."""
    return GitSandbox.at(demo / "shop")


@pytest.fixture
def new(demo: Path, tmp_path: Path) -> GitSandbox:
    """A clone of the demo's repository, with no database yet."""
    return GitSandbox.clone(str(demo / "shop"), tmp_path / "shop")


@pytest.fixture
def diverged(new: GitSandbox) -> GitSandbox:
    """The demo's repository where it shows the conflict: on the branch, and main has one of its own."""
    new.git("checkout", "--quiet", "-b", "feature/receipts", "origin/feature/receipts~1")
    new.git("branch", "--quiet", "--force", "main", "main~1")
    new.git("remote", "remove", "origin")
    return new


@pytest.fixture
def ordered(tmp_path: Path) -> GitSandbox:
    """Files of golang-migrate; the branch has a version that comes below one that main has got."""
    repo = GitSandbox(tmp_path / "ordered")
    folder = "db/migrations"
    repo.commit("users", {f"{folder}/0001_users.up.sql": "CREATE TABLE users (id int);"})
    repo.branch("feature")
    repo.commit("email", {f"{folder}/0002_email.up.sql": "ALTER TABLE users ADD COLUMN email text;"})
    repo.checkout("main")
    repo.commit("orders", {f"{folder}/0003_orders.up.sql": "CREATE TABLE orders (id int);"})
    repo.checkout("feature")
    return repo


@pytest.fixture
def open_branches(tmp_path: Path) -> GitSandbox:
    """Three branches that are right by themselves, of which two clash, and a base that has moved on."""
    repo = GitSandbox(tmp_path / "open")
    users = "CREATE TABLE users (id int PRIMARY KEY, email text);"
    repo.commit("users", {"migrations/1_users.sql": native("9f31c0a2b7de", up=users)})
    for name, new, up in (
        ("rename-email", "77bc02d1a9e0", "ALTER TABLE users RENAME COLUMN email TO mail;"),
        ("index-email", "b4e6105fd83c", "CREATE INDEX ix_users_email ON users (email);"),
        ("orders", "51d0c3a9e8f2", "CREATE TABLE orders (id int PRIMARY KEY);"),
    ):
        repo.branch(name, "main")
        repo.commit(name, {f"migrations/2_{name}.sql": native(new, "9f31c0a2b7de", up)})
    repo.checkout("main")
    age = "ALTER TABLE users ADD COLUMN age int;"
    repo.commit("age", {"migrations/2_age.sql": native("c07a2d11e5b4", "9f31c0a2b7de", age)})
    return repo


@pytest.fixture
def merged(diverged: GitSandbox) -> GitSandbox:
    """The same after a merge with Git alone, of two sides that get along: both heads are there."""
    diverged.checkout("main")
    [path] = diverged.git("ls-files", "migrations/*_add_loyalty_points.sql").splitlines()
    kept = [line for line in diverged.read(path).splitlines(keepends=True) if "RENAME" not in line]
    diverged.commit("Keep the name", {path: "".join(kept)})
    diverged.checkout("feature/receipts")
    diverged.merge("main")
    return diverged


@pytest.fixture
def interrupted(new: GitSandbox) -> GitSandbox:
    """The demo's repository with a migration that stopped in the middle, outside of a transaction."""
    up = "CREATE TABLE vouchers (id integer);\nCREATE INDEX i ON orders (code);\nDROP TABLE products;"
    text = native("c07a2d11e5b4", "b4e6105fd83c", up, None, header="-- mig:no-transaction")
    new.write("migrations/20261123090000_add_vouchers.sql", text)
    new.mig("up", expect=4)
    return new
