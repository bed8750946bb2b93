from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = b"# ours\r\n[project]\r\nname = 'shop'   \r\n"


def test_a_new_project_gets_a_configuration_and_a_folder(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    assert repo.mig("init").stdout.splitlines() == [
        "wrote mig.toml",
        "made  migrations/",
        'next  mig new "message"  makes the first migration',
    ]
    assert repo.read("mig.toml") == 'source = "native"\npath = "migrations"\n'
    assert repo.git("add", "--all", "--verbose").splitlines() == [
        "add 'mig.toml'",
        "add 'migrations/.gitkeep'",
    ]
    assert repo.mig("new", "Create users").stdout.startswith("migrations/")


def test_a_second_run_keeps_what_is_there(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.mig("init")
    before = repo.read("mig.toml")
    assert repo.mig("init").stdout.splitlines()[:2] == [
        "kept  mig.toml, which configures mig already",
        "kept  migrations/, which is there already",
    ]
    assert repo.read("mig.toml") == before


@pytest.mark.parametrize(
    ("before", "gap"),
    [
        pytest.param(PYPROJECT, b"\r\n", id="crlf"),
        pytest.param(b"[project]\nname = 'shop'", b"\n\n", id="no-newline-at-the-end"),
        pytest.param(b"\xef\xbb\xbf[project]\nname = 'shop'\n", b"\n", id="bom"),
    ],
)
def test_pyproject_is_added_to_and_keeps_every_byte(tmp_path: Path, before: bytes, gap: bytes) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.write("pyproject.toml", before)
    assert repo.mig("init").stdout.startswith("wrote pyproject.toml\n")
    end = b"\r\n" if b"\r\n" in before else b"\n"
    after = (repo.path / "pyproject.toml").read_bytes()
    table = [b"[tool.mig]", b'source = "native"', b'path = "migrations"', b""]
    assert after == before + gap + end.join(table)
    assert repo.mig("init").stdout.startswith("kept  pyproject.toml")


def test_a_table_in_a_form_that_cannot_be_added_to_is_left_alone(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.write("pyproject.toml", "tool = { other = { a = 1 } }\n")
    refused = repo.mig("init", expect=2)
    assert "pyproject.toml cannot be added to" in refused.stderr
    assert repo.read("pyproject.toml") == "tool = { other = { a = 1 } }\n"
    assert not (repo.path / "migrations").exists()


def test_the_nearest_pyproject_is_the_one(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.write("services/billing/pyproject.toml", "[project]\n")
    repo.write("services/billing/src/x", "")
    value = json.loads(
        repo.mig("init", "--path", "db", "--format", "json", cwd="services/billing/src").stdout
    )
    assert value == {
        "config": "services/billing/pyproject.toml",
        "wrote_config": True,
        "path": "services/billing/db",
        "made_folder": True,
        "hooks": {},
    }
    assert tomllib.loads(repo.read("services/billing/pyproject.toml"))["tool"]["mig"]["path"] == "db"
    assert repo.mig("new", "a", cwd="services/billing").stdout.startswith("db/")


def test_another_path_than_the_configured_one_is_refused(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.mig("init")
    refused = repo.mig("init", "--path", "db", expect=2)
    assert refused.stderr.splitlines() == [
        "mig: mig.toml configures mig already, with the path migrations",
        "edit mig.toml; mig init changes no configuration",
    ]
    assert not (repo.path / "db").exists()


def test_a_path_out_of_the_repository_is_refused(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    assert "leads out of the repository" in repo.mig("init", "--path", "../db", expect=2).stderr
    assert not (repo.path / "mig.toml").exists()


def test_migrations_that_are_there_are_recognised(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("users", {"migrations/20261101000000_users.sql": native("51d0c3a9e8f2", (), "SELECT 1;")})
    assert repo.mig("init").stdout.splitlines() == [
        "wrote mig.toml",
        "kept  migrations/, which is there already",
        "next  mig check  compares this branch with the one it will be merged into",
    ]


def test_an_alembic_repository_is_configured_as_what_it_is(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    revision = 'revision = "a"\ndown_revision = None\n\ndef upgrade():\n    pass\n'
    repo.commit(
        "alembic",
        {
            "alembic.ini": "[alembic]\nscript_location = db\n",
            "db/env.py": "",
            "db/script.py.mako": "",
            "db/versions/a.py": revision,
        },
    )
    repo.mig("init")
    assert repo.read("mig.toml") == 'source = "alembic"\npath = "db/versions"\n'
    assert not (repo.path / "migrations").exists()
    assert json.loads(repo.mig("merge", "--format", "json").stdout)["heads"] == {"default": ["a"]}


def test_a_broken_configuration_is_named_and_not_added_to(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.write("mig.toml", "pth = 1\n")
    refused = repo.mig("init", expect=2)
    assert "mig.toml:1: unknown key 'pth'" in refused.stderr
    assert repo.read("mig.toml") == "pth = 1\n"


def test_hooks_are_installed_when_asked(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    assert "hook  pre-commit: installed" in repo.mig("init", "--hooks").stdout
    assert (repo.path / ".git/hooks/pre-commit").is_file()
    assert "hook  pre-commit: unchanged" in repo.mig("init", "--hooks").stdout


def test_hooks_need_a_repository_and_nothing_is_written_without(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "mig", "init"]
    refused = subprocess.run([*command, "--hooks"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.returncode == 3
    assert "no Git repository" in refused.stderr
    assert list(tmp_path.iterdir()) == []
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / "mig.toml").is_file()
