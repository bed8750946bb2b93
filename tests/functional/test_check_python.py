"""Python migrations that lean on the project's own modules, through the command and on real repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.findings import Severity, Verdict
from mig.usecases.check import check_project
from mig.usecases.compare import compare_migrations
from mig.usecases.project import open_project
from tests.repositories import GitSandbox

if TYPE_CHECKING:
    from pathlib import Path

HELPERS = "shop/db/helpers.py"
DROPS = "from alembic import op\n\ndef clean():\n    op.drop_column('users', 'email')\n"
NOTHING = "def clean():\n    pass\n"
INI = "[alembic]\nscript_location = shop/db\nprepend_sys_path = .\n"


def revision(id: str, parent: str | None, body: str, *, imports: str = "") -> str:
    return (
        f"from alembic import op\nimport sqlalchemy as sa\n{imports}\nrevision = {id!r}\n"
        f"down_revision = {parent!r}\n\n\ndef upgrade():\n    {body}\n\n\ndef downgrade():\n    pass\n"
    )


def versions(**texts: str) -> dict[str, str]:
    return {f"shop/db/versions/{name}.py": text for name, text in texts.items()}


def build(path: Path, helpers: str, *, settings: str = "") -> GitSandbox:
    """Two heads: one calls a helper of the project, the other indexes ``users.email``."""
    repo = GitSandbox(path)
    users = 'op.create_table("users", sa.Column("id", sa.Integer()), sa.Column("email", sa.Text()))'
    repo.commit(
        "start",
        {
            "mig.toml": f'source = "alembic"\ndialect = "postgresql"\n{settings}',
            "alembic.ini": INI,
            HELPERS: helpers,
            "shop/__init__.py": "",
            **versions(
                a=revision("a", None, users),
                x=revision("x", "a", "clean()", imports="from shop.db.helpers import clean"),
                y=revision("y", "a", 'op.create_index("ix", "users", ["email"])'),
            ),
        },
    )
    return repo


def verdict(repo: GitSandbox, at: str = "worktree") -> Verdict:
    return compare_migrations(open_project(repo.path), "x", "y", at=at, start=repo.path).comparison.verdict


def test_a_helper_is_read_from_the_tree_that_holds_the_migration(tmp_path: Path) -> None:
    repo = build(tmp_path, DROPS)
    repo.add({HELPERS: NOTHING})
    (repo.path / HELPERS).write_text("from nowhere import clean\n")

    assert verdict(repo, "HEAD") is Verdict.CONFLICT
    assert verdict(repo, "index") is Verdict.COMMUTE
    assert verdict(repo) is Verdict.UNKNOWN


def test_a_verdict_follows_the_helper_from_run_to_run(tmp_path: Path) -> None:
    repo = build(tmp_path, NOTHING)

    for text, expected in ((NOTHING, "commute"), (DROPS, "conflict"), (NOTHING, "commute")):
        (repo.path / HELPERS).write_text(text)
        assert f"{expected}: " in repo.mig("compare", "x", "y", expect=None).stdout


@pytest.mark.parametrize("name", ["shop", "clean", "shop.db.helpers"])
def test_what_the_project_calls_harmless_is_believed(tmp_path: Path, name: str) -> None:
    repo = build(tmp_path, "from nowhere import clean\n", settings=f'[python]\nharmless = ["{name}"]\n')

    assert verdict(repo) is Verdict.COMMUTE


def test_a_helper_behind_a_link_out_of_the_repository_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text(NOTHING)
    repo = build(tmp_path / "repository", NOTHING)
    (repo.path / HELPERS).unlink()
    (repo.path / HELPERS).symlink_to(tmp_path / "outside.py")

    assert verdict(repo) is Verdict.UNKNOWN
    assert verdict(repo, "HEAD") is Verdict.COMMUTE


def test_the_history_that_a_helper_makes_is_known(tmp_path: Path) -> None:
    view = (
        "from alembic import op\n\ndef clean():\n    op.execute('CREATE VIEW v AS SELECT email FROM users')\n"
    )
    repo = build(tmp_path, f"from alembic import op\n{view}")
    repo.add(
        versions(
            p=revision("p", "x", 'op.drop_column("users", "email")'),
            q=revision("q", "x", 'op.execute("DROP VIEW v")'),
        )
    )
    compared = compare_migrations(open_project(repo.path), "p", "q", at="worktree", start=repo.path)

    assert compared.comparison.verdict is Verdict.CONFLICT


def test_what_a_file_declares_is_of_the_id_it_names_and_of_none_that_begins_like_it(tmp_path: Path) -> None:
    unread = "op.execute(unknown())"
    repo = GitSandbox(tmp_path)
    texts = {
        "a": revision("a", None, "pass"),
        "b": revision("b", "a", f'# mig:commutes-with xy "other rows"\n    {unread}'),
        "x": revision("x", "a", unread),
        "xy": revision("xy", "a", unread),
    }
    repo.commit("start", {"alembic.ini": INI, **versions(**texts)})
    found = check_project(open_project(repo.path), everything=True).findings
    verdicts = {frozenset(one.migrations): one.severity for one in found if one.code == "MIG300"}
    assert verdicts == {
        frozenset("bx"): Severity.WARNING,
        frozenset(("b", "xy")): Severity.NOTE,
        frozenset(("x", "xy")): Severity.WARNING,
    }


def test_a_finding_is_ignored_with_a_reason_in_pythons_comments_too(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path)
    users = 'op.create_table("users", sa.Column("id", sa.Integer()), sa.Column("email", sa.Text()))'
    drop = 'op.drop_column("users", "email")'
    texts = {
        "a": revision("a", None, users),
        "x": revision("x", "a", f'# mig:ignore MIG303 "the column is empty"\n    {drop}'),
        "y": revision("y", "a", 'op.create_index("ix", "users", ["email"])'),
    }
    repo.commit("start", {"alembic.ini": INI, **versions(**texts)})
    found = check_project(open_project(repo.path), everything=True).findings
    told = [(one.severity, one.suppressed) for one in found if one.verdict is Verdict.CONFLICT]
    assert told == [(Severity.NOTE, "ignored")]
