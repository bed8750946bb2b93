"""Django's own loader and mig on the commits of a small repository made here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.repositories import GitSandbox
from tests.unit.sources.django_files import app, migration

LOADER = Path(__file__).parents[2] / "bench/history_loader.py"

ODD = """
from shop import models as own
from third.party import Base, decorate
from django.conf import settings
from django.db import migrations, models
from shop.migrations import _names
from . import _names as again


class Helper(own.Thing):
    value = own.VALUE + 1


class Migration(Base):
    dependencies = [
        ("shop", "0001_initial"), ("outside", "0003_there"), (b"bill", b"0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    run_before = [("bill", "0002_x")]
    operations = [migrations.AddField("a", "b", models.ForeignKey(_names.TO)), Helper(again.TO)]
"""


def load(clone: Path, *args: str) -> list[dict[str, Any]]:
    result = subprocess.run(
        [sys.executable, LOADER, clone, "--json", *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_each_commit_has_the_same_graph_whatever_its_migrations_import(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("start", app("shop", "0001_initial") | app("bill", "0001_initial", "0002_x"))
    beside = {"shop/migrations/_names.py": "TO = 'shop.Order'\n"}
    repo.commit("odd", {"shop/migrations/0002_odd.py": ODD} | beside)
    # Django refuses what names a migration that is not there, and cannot load what is in Python 2.
    repo.commit("lost", {"bill/migrations/0003_lost.py": migration("bill.0009_none")})
    repo.commit(
        "old", {"bill/migrations/0003_lost.py": "print 'x'\nclass Migration(m.Migration):\n    pass\n"}
    )
    old, lost, odd, start = load(repo.path)
    assert [one["differences"] for one in (old, lost, odd, start)] == [[], [], [], []]
    assert (start["apps"], start["migrations"], start["heads"]) == (2, 3, 2)
    assert (odd["migrations"], odd["refused"], odd["unloaded"]) == (4, "", "")
    assert lost["refused"] == "missing"
    assert old["unloaded"].startswith("SyntaxError")


def test_what_a_merge_gives_is_loaded_with_its_two_heads(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    trunk = repo.git("branch", "--show-current")
    repo.commit("start", app("shop", "0001_initial"))
    repo.branch("feature")
    repo.commit("ours", {"shop/migrations/0002_ours.py": migration("shop.0001_initial")})
    repo.checkout(trunk)
    repo.commit("theirs", {"shop/migrations/0002_theirs.py": migration("shop.0001_initial")})
    repo.merge("feature")
    (merged,) = load(repo.path, "--merged")
    assert (merged["apps"], merged["heads"], merged["differences"]) == (1, 2, [])
