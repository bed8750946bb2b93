"""The shop's repository that tests of reports look at: two branches that diverge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

ROOT, OURS, THEIRS = "51d0c3a9e8f2", "9f31c0a2b7de", "77bc02d1a9e0"
USERS = "migrations/20261101090000_create_users.sql"
INDEX_EMAIL = "migrations/20261120101500_index_email.sql"
RENAME_EMAIL = "migrations/20261121090000_rename_email.sql"


def make_shop(path: Path) -> GitSandbox:
    """A repository with ``main`` and, checked out, ``feature/receipts``, which each add one migration."""
    shop = GitSandbox(path)
    users = native(ROOT, (), "CREATE TABLE users (id int, email text);", description="Create users.")
    shop.commit("start", {USERS: users})
    shop.branch("feature/receipts")
    up = "CREATE INDEX ix_users_email ON users (email);"
    index = native(OURS, ROOT, up, "DROP INDEX ix_users_email;", description="Index the address.")
    shop.commit("index", {INDEX_EMAIL: index})
    shop.checkout("main")
    up = "ALTER TABLE users RENAME COLUMN email TO mail;"
    rename = native(THEIRS, ROOT, up, None, header="-- mig:irreversible", description="Call it mail.")
    shop.commit("rename", {RENAME_EMAIL: rename})
    shop.checkout("feature/receipts")
    return shop


def make_opaque(shop: GitSandbox) -> None:
    """Make ours a migration of which nobody can say what it does."""
    up = "DO $$ BEGIN EXECUTE 'x'; END $$;"
    shop.commit("opaque", {INDEX_EMAIL: native(OURS, ROOT, up, up, description="Index the address.")})


def add_chain(shop: GitSandbox, start: int, parents: tuple[str, ...], number: int, up: str = "") -> list[str]:
    """Commit a chain of migrations; their ids, the first first."""
    ids, files = [], {}
    for at in range(start, start + number):
        ids.append(f"{at:012x}")
        name = f"migrations/20270101{at:06d}_change.sql"
        text = up or f"CREATE TABLE t{at} (id int);"
        files[name] = native(ids[-1], parents, text, description=f"Change {at}.")
        parents = (ids[-1],)
    shop.commit("chain", files)
    return ids
