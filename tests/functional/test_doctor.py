"""``mig doctor``: what was recognised, and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path


def test_each_lineage_is_told_with_its_source_dialect_and_why(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("start", {"db/migration/V1__a.sql": "SELECT 1;", "db/migration/mysql/V1__a.sql": "SELECT 1;"})
    repo.mig("hooks", "install")
    found = json.loads(repo.mig("doctor", "--format", "json").stdout)
    by_folder = {one["folders"][0]: one for one in found["lineages"]}
    assert by_folder["db/migration"]["dialect_from"] == "nothing says another"
    mysql = by_folder["db/migration/mysql"]
    assert (mysql["source"], mysql["dialect"], mysql["dialect_from"]) == (
        "flyway",
        "mysql",
        "the folder's name",
    )
    assert (mysql["migrations"], mysql["heads"], mysql["problems"]) == (1, ["V1__a"], 0)
    assert found["base"] == repo.git("branch", "--show-current")
    assert "pre-commit" in found["hooks"]

    text = repo.mig("doctor").stdout
    assert "flyway (recognised by names such as V1__name.sql" in text
    assert "mysql (the folder's name)" in text


def test_what_the_configuration_says_is_told_as_such(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    settings = 'source = "native"\npath = "db"\ndialect = "sqlite"\nbase = "trunk"\n'
    repo.commit("start", {"mig.toml": settings, "db/1.sql": native("0123456789ab"), "db/2.sql": ""})
    text = repo.mig("doctor").stdout
    assert "native (mig.toml says so)" in text
    assert "sqlite (dialect in mig.toml)" in text
    assert "trunk (base in mig.toml)" in text
    assert "1 migration, 1 head, " in text
    assert "mig check says which" in text


def test_where_nothing_is_recognised_the_next_step_is_told(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("start", {"README.md": "A shop."})
    assert "mig init" in repo.mig("doctor", expect=3).stderr
