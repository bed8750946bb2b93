from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mig.sources.registry import source_names
from mig.usecases.relevance import concerns_migrations
from tests.repositories import GitSandbox

if TYPE_CHECKING:
    from pathlib import Path

# A path of a migration as each source lays it out without configuration.
SAMPLES = {
    "native": "migrations/20260101000000_a.py",
    "alembic": "app/alembic/versions/1f_a.py",
    "django": "shop/migrations/0001_initial.py",
    "flyway": "src/main/resources/db/migration/V1__a.sql",
    "prisma": "prisma/migrations/20260101000000_a/migration.sql",
    "diesel": "migrations/2026-01-01-000000_a/up.sql",
    "goose": "sql/0001_a.sql",
    "dbmate": "db/migrations/20260101000000_a.sql",
    "sqlx": "migrations/20260101000000_a.sql",
    "golang-migrate": "db/0001_a.up.sql",
    "numbered": "schema/migrations/0001_a.sql",
}


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    return GitSandbox(tmp_path / "shop")


def concerns(repo: GitSandbox, *paths: str) -> bool:
    return concerns_migrations(paths, str(repo.path), os.environ)


@pytest.mark.parametrize("source", source_names())
def test_a_migration_of_every_source_concerns(repo: GitSandbox, source: str) -> None:
    assert concerns(repo, "README", SAMPLES[source])


@pytest.mark.parametrize(
    "path",
    [
        "mig.toml",
        "services/billing/pyproject.toml",
        "alembic.ini",
        "db/Other-Alembic.INI",
        "db/env.py",
        "db/script.py.mako",
        "anywhere/at/all.sql",
        "ANYWHERE.SQL",
        "migrations/20260101000000_folder.sql/readme",
        "a/Migrations/deep/b.py",
        "versions/c.py/readme",
    ],
)
def test_in_doubt_a_path_concerns(repo: GitSandbox, path: str) -> None:
    assert concerns(repo, path)


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "app/models.py",
        "migrations/README",
        "sql.txt",
        "mig.toml.bak",
        "conversions/a.py",
        "a.pyc",
    ],
)
def test_other_paths_do_not(repo: GitSandbox, path: str) -> None:
    assert not concerns(repo, path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("mig.toml", 'path = "./db/changes/"\n', id="mig.toml"),
        pytest.param("pyproject.toml", '[tool.mig]\npath = "db"\n', id="pyproject"),
        pytest.param(
            "pyproject.toml", '[[tool.mig.lineage]]\nname = "a"\npath = "db/changes"\n', id="lineage"
        ),
        pytest.param("pyproject.toml", 'tool.mig.lineage = [{name = "a", path = "db"}]\n', id="inline"),
        pytest.param("mig.toml", 'path = "."\n', id="everything"),
        pytest.param("mig.toml", "path = [\n", id="broken"),
        pytest.param("mig.toml", "path = 3\n", id="wrong type"),
        pytest.param("mig.toml", "lineage = 3\n", id="wrong lineage"),
        pytest.param("mig.toml", 'lineage = [{name = "a"}]\n', id="lineage without path"),
        pytest.param("mig.toml", b"\xff\n", id="not UTF-8"),
        pytest.param("mig.toml", b'\xef\xbb\xbfpath = "db"\n', id="byte order mark"),
    ],
)
def test_python_in_a_configured_folder_concerns(repo: GitSandbox, name: str, text: str | bytes) -> None:
    assert not concerns(repo, "db/changes/a.py")
    repo.write(name, text)
    assert concerns(repo, "db/changes/a.py")


def test_python_beside_a_configured_folder_does_not(repo: GitSandbox) -> None:
    repo.write("mig.toml", 'path = "db/changes"\n')
    repo.write("pyproject.toml", '[project]\nname = "mig-user"\n')
    assert not concerns(repo, "db/changes_of_mind.py", "db/a.py")


def test_a_configuration_that_is_a_folder_leaves_it_open(repo: GitSandbox) -> None:
    repo.write("mig.toml/file", "")
    assert concerns(repo, "a.py")


LOCATIONS = [
    pytest.param("alembic.ini", "[alembic]\nversion_locations = %(here)s/db/changes\n", id="here"),
    pytest.param("db/alembic.ini", "[alembic]\nversion_locations = ./changes other\n", id="relative"),
    pytest.param("x/alembic.ini", "[alembic]\nversion_locations: ../db/changes\n", id="above"),
    pytest.param("alembic.ini", "[alembic]\nVERSION_LOCATIONS=a:b;db/changes\n", id="upper case"),
    pytest.param(
        "alembic.ini", "[alembic]\nversion_locations =\n  one\n\n  # why\n  db/changes\nx = 1\n", id="lines"
    ),
    pytest.param("alembic.ini", "[alembic]\r\nversion_locations = db\\changes\r\n", id="Windows"),
    pytest.param("alembic.ini", "[alembic]\nversion_locations = pack.age:changes\n", id="package"),
    pytest.param(
        "alembic.ini", "[alembic]\nwhere = db\nversion_locations = %(where)s/changes\n", id="interpolated"
    ),
    pytest.param("alembic.ini", "[alembic]\nversion_locations = .\n", id="here itself"),
    pytest.param(
        "alembic.ini", "[alembic]\nversion_locations =\n" + "  a\n" * 40 + "  db/changes\n", id="very long"
    ),
    pytest.param("alembic.ini", b"\x00[alembic]\nversion_locations = db/changes\n", id="binary"),
    pytest.param(
        "pyproject.toml",
        '[tool.alembic]\nversion_locations = [\n "one",\n "db/changes",\n]\n',
        id="pyproject",
    ),
    pytest.param(
        "pyproject.toml", "[tool.alembic]\n'version_locations' = ['%(here)s/../db/changes']\n", id="quoted"
    ),
]


@pytest.mark.parametrize(("name", "text"), LOCATIONS)
def test_python_where_alembic_is_told_to_look_concerns(
    repo: GitSandbox, name: str, text: str | bytes
) -> None:
    repo.add({name: text})
    assert concerns(repo, "db/changes/a.py")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param(
            "alembic.ini", "[alembic]\n# version_locations = db/changes\nother = %(x)s\n", id="comment"
        ),
        pytest.param(
            "alembic.ini", "[alembic]\nversion_locations = db/other\nlevel = db/changes\n", id="elsewhere"
        ),
        pytest.param("setup.cfg", "[alembic]\nversion_locations = db/changes\n", id="no file of Alembic's"),
    ],
)
def test_python_elsewhere_does_not(repo: GitSandbox, name: str, text: str) -> None:
    repo.add({name: text})
    assert not concerns(repo, "db/changes/a.py")


def test_in_a_folder_that_is_no_top_python_concerns(repo: GitSandbox) -> None:
    repo.write("sub/a", "")
    assert concerns_migrations(["b.py"], str(repo.path / "sub"), os.environ)


def test_where_git_cannot_search_python_concerns(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /no/such/folder\n")
    assert concerns_migrations(["b.py"], str(tmp_path), os.environ)
