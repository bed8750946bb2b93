"""The replay of a repository's merges, on a small repository made here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.repositories import GitSandbox
from tests.unit.sources.django_files import app, migration

HISTORY = Path(__file__).parents[2] / "bench/history.py"
REVISION = """from alembic import op
import sqlalchemy as sa

revision = "{0}"
down_revision = {1!r}


def upgrade():
    {2}
"""


def replay(clone: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, HISTORY, clone, *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def events(clone: Path, *args: str) -> list[dict[str, Any]]:
    result = replay(clone, "--json", *args)
    assert result.returncode == 0, result.stdout + result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def revision(name: str, down: str | None, call: str = "pass") -> dict[str, str]:
    return {f"migrations/versions/{name}.py": REVISION.format(name, down, call)}


@pytest.fixture
def alembic(tmp_path: Path) -> GitSandbox:
    repo = GitSandbox(tmp_path / "repo")
    beside = {"migrations/env.py": "from alembic import context\n", "migrations/script.py.mako": ""}
    repo.commit(
        "start", revision("aaa", None, 'op.create_table("users", sa.Column("id", sa.Integer))') | beside
    )
    return repo


def add_column(kind: str) -> str:
    return f'op.add_column("users", sa.Column("email", sa.{kind}))'


def test_a_merge_with_a_head_on_either_side_is_an_event_and_its_conflict_is_listed(
    alembic: GitSandbox,
) -> None:
    trunk = alembic.git("branch", "--show-current")
    alembic.branch("feature")
    alembic.commit("ours", revision("bbb", "aaa", add_column("Text")))
    alembic.checkout(trunk)
    alembic.commit("theirs", revision("ccc", "aaa", add_column("Integer")))
    alembic.merge("feature")
    alembic.commit("later", {"README.md": "no migration"})

    (event,) = events(alembic.path)
    assert event["truth"] == {"has_text_conflict": False, "has_diverged": True, "migrations": 3}
    assert event["reported"]
    assert event["verdicts"]["conflict"] == 1
    ((one, other, message),) = event["conflicts"]
    assert {one, other} == {"migrations/versions/bbb.py", "migrations/versions/ccc.py"}
    assert "email" in message
    assert (event["failure"], event["crash"]) == ("", "")

    shown = replay(alembic.path).stdout
    assert "divergence   1 in truth: 1 reported, 0 not" in shown
    assert "conflict: " in shown
    assert not (alembic.path / ".git/mig").exists()


def test_each_merge_of_a_history_is_an_event_the_newest_first(alembic: GitSandbox) -> None:
    trunk = alembic.git("branch", "--show-current")
    alembic.branch("feature")
    alembic.commit("ours", {"x.txt": "x"} | revision("bbb", "aaa"))
    alembic.checkout(trunk)
    alembic.commit("theirs", revision("ccc", "aaa"))
    alembic.checkout("feature")
    alembic.merge(trunk)
    alembic.commit(
        "joined",
        revision("ddd", "bbb")
        | {"migrations/versions/mrg.py": REVISION.format("mrg", ("ddd", "ccc"), "pass")},
    )
    alembic.checkout(trunk)
    alembic.commit("more", revision("eee", "ccc"))
    alembic.merge("feature")
    newest, oldest = events(alembic.path)
    assert newest["truth"]["has_diverged"]
    assert newest["reported"]
    assert oldest["truth"]["has_diverged"]
    assert [one["event"]["kind"] for one in (newest, oldest)] == ["merge", "merge"]
    assert len(events(alembic.path, "--limit", "1")) == 1


def test_a_pull_request_that_was_squashed_is_an_event(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    trunk = repo.git("branch", "--show-current")
    repo.commit("start", {"db/migration/V1__a.sql": "CREATE TABLE a (i int);"})
    repo.branch("feature")
    repo.commit("ours", {"db/migration/V2__ours.sql": "CREATE TABLE b (i int);"})
    repo.git("update-ref", "refs/pull/7/head", "HEAD")
    repo.checkout(trunk)
    repo.commit("theirs", {"db/migration/V2__theirs.sql": "CREATE TABLE c (i int);"})
    repo.commit("Add ours (#7)", {"db/migration/V2__ours.sql": "CREATE TABLE b (i int);"})
    repo.git("branch", "-q", "-D", "feature")

    (event,) = events(repo.path)
    assert event["event"]["kind"] == "pull"
    assert event["truth"]["has_diverged"]
    assert event["reported"]
    assert event["codes"] == {"MIG107 error": 1}
    assert event["verdicts"]["commute"] == 1


def test_each_app_of_django_has_heads_of_its_own(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    trunk = repo.git("branch", "--show-current")
    repo.commit("start", app("shop", "0001_initial") | app("bill", "0001_initial"))
    for other in ("shop", "bill"):
        repo.branch(f"feature-{other}")
        repo.commit("ours", {f"{other}/migrations/0002_ours.py": migration(f"{other}.0001_initial")})
        repo.checkout(trunk)
    # In Python 2, which only its text tells.
    theirs = f"{migration('shop.0001_initial')}\n\ndef show():\n    print 'x'\n"
    repo.commit("theirs", {"shop/migrations/0002_theirs.py": theirs})
    for other in ("bill", "shop"):
        repo.merge(f"feature-{other}")
    second, first = events(repo.path)
    assert not first["truth"]["has_diverged"]
    assert not first["reported"]
    assert second["truth"]["has_diverged"]
    assert second["reported"]


def test_a_history_without_events_and_a_folder_that_is_no_clone_are_told(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("start", {"README.md": "A shop."})
    assert replay(repo.path).stdout.startswith("no merge has migrations on both sides\n")
    (tmp_path / "none").mkdir()
    result = replay(tmp_path / "none")
    assert result.returncode == 1
    assert result.stderr.startswith("history: fatal: not a git repository")


@pytest.mark.parametrize(("args", "said"), [((), "the first event;"), (("--cold",), "each event (--cold)")])
def test_what_the_cache_held_is_said(alembic: GitSandbox, args: tuple[str, ...], said: str) -> None:
    trunk = alembic.git("branch", "--show-current")
    alembic.branch("feature")
    alembic.commit("ours", revision("bbb", "aaa"))
    alembic.checkout(trunk)
    alembic.commit("theirs", revision("ccc", "aaa"))
    alembic.merge("feature")

    result = replay(alembic.path, *args)
    assert result.returncode == 0
    assert f"empty before {said}" in result.stdout
