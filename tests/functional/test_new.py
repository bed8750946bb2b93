from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

USERS = "51d0c3a9e8f2"
PHONE = "0a1b2c3d4e5f"
USERS_PATH = "migrations/20261101000000_users.sql"
CREATED = {USERS_PATH: native(USERS, (), "CREATE TABLE users (email text);")}


def made(repo: GitSandbox, *args: str) -> dict[str, object]:
    value: dict[str, object] = json.loads(repo.mig("new", *args, "--format", "json").stdout)
    return value


def test_a_new_migration_continues_the_head_and_its_path_is_printed(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("users", CREATED)
    path = repo.mig("new", "Index users.email").stdout.removesuffix("\n")
    assert path.startswith("migrations/")
    assert path.endswith("_index_users_email.sql")
    lines = repo.read(path).splitlines()
    assert lines[0].startswith("-- mig:id ")
    assert lines[1:] == [
        f"-- mig:parents {USERS}",
        "-- Index users.email",
        "",
        "-- mig:up",
        "",
        "-- mig:down",
    ]


def test_the_next_one_continues_what_is_not_committed_yet(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    first = made(repo, "a")
    second = made(repo, "b")
    assert first["parents"] == []
    assert second["parents"] == [first["id"]]


def test_no_repository_and_no_folder_are_needed(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-P", "-m", "mig", "new", "Create users"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    text = (tmp_path / result.stdout.strip()).read_text()
    assert "-- mig:parents" not in text
    assert "-- Create users" in text


def test_the_path_is_relative_to_where_the_user_is(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("users", {**CREATED, "src/app/main.py": ""})
    path = repo.mig("new", "a", cwd="src/app").stdout.strip()
    assert path.startswith("../../migrations/")
    assert (repo.path / "src/app" / path).is_file()


def test_python_is_written_when_asked(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("users", CREATED)
    value = made(repo, "--py", "Index users.email")
    text = repo.read(str(value["path"]))
    assert f'parents = ("{USERS}",)' in text
    assert "def up(op):\n    pass" in text


@pytest.mark.parametrize("end", [pytest.param("\n", id="lf"), pytest.param("\r\n", id="crlf")])
def test_sql_from_a_file_becomes_up(tmp_path: Path, end: str) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.write("change.sql", f"\ufeffALTER TABLE users ADD phone text;{end}SELECT 'é';{end}")
    path = repo.mig("new", "Add phone", "--from-sql", "change.sql").stdout.strip()
    assert "\n-- mig:up\nALTER TABLE users ADD phone text;\nSELECT 'é';\n\n-- mig:down\n" in repo.read(path)


def test_sql_from_standard_input_becomes_up(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-P", "-m", "mig", "new", "Create users", "--from-sql", "-"],
        cwd=tmp_path,
        input="CREATE TABLE users (id int);\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\nCREATE TABLE users (id int);\n" in (tmp_path / result.stdout.strip()).read_text()


@pytest.mark.parametrize(
    ("sql", "args", "said"),
    [
        pytest.param(b"SELECT 1;\n-- mig:down\n", (), "mig:down stands", id="directive"),
        pytest.param(b"SELECT 1;\nSELECT '\xe9';\n", (), "not UTF-8 in line 2", id="latin-1"),
        pytest.param(b" \n", (), "the SQL is empty", id="empty"),
        pytest.param(b"SELECT 1;\n", ("--py",), "not of Python", id="python"),
        pytest.param(b"-- x\n" * 900_000, (), "mig reads at most 4,194,304", id="large"),
    ],
)
def test_sql_that_cannot_be_kept_is_refused(
    tmp_path: Path, sql: bytes, args: tuple[str, ...], said: str
) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.write("change.sql", sql)
    refused = repo.mig("new", "a", "--from-sql", "change.sql", *args, expect=2)
    assert said in refused.stderr
    assert not (repo.path / "migrations").exists()


def test_two_heads_have_no_single_next_one(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    one, other = native("a" * 12, USERS, "SELECT 1;"), native("b" * 12, USERS, "SELECT 2;")
    repo.commit(
        "two", {**CREATED, "migrations/20261102000000_a.sql": one, "migrations/20261102000000_b.sql": other}
    )
    refused = repo.mig("new", "c", expect=3)
    assert refused.stderr.splitlines() == [
        "mig: there are 2 heads to continue: aaaaaaaaaaaa, bbbbbbbbbbbb",
        "join them first (mig rebase, or mig merge), or name one: mig new --parent ID",
    ]
    assert made(repo, "c", "--parent", "bbb")["parents"] == ["b" * 12]


def test_a_parent_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("users", CREATED)
    refused = repo.mig("new", "a", "--parent", "51d0c3a9e8f3", expect=3)
    assert f"the nearest: {USERS}" in refused.stderr


def test_a_file_that_cannot_be_read_hides_the_heads(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("users", {**CREATED, "migrations/20261102000000_bad.sql": "SELECT 1;\n"})
    refused = repo.mig("new", "a", expect=3)
    assert "migrations/20261102000000_bad.sql:1: there is no -- mig:id in the header" in refused.stderr
    assert made(repo, "a", "--parent", USERS)["parents"] == [USERS]


def test_of_several_lineages_one_must_be_named(tmp_path: Path) -> None:
    config = '[[lineage]]\nname = "one"\npath = "one"\n[[lineage]]\nname = "two"\npath = "deep/two"\n'
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("configured", {"mig.toml": config})
    refused = repo.mig("new", "a", expect=2)
    assert refused.stderr.splitlines() == [
        "mig: there are 2 lineages: one, two",
        "choose one with --lineage NAME",
    ]
    assert repo.mig("new", "a", "--lineage", "two").stdout.startswith("deep/two/")


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("odd", {"migrations": "a file\n"})
    refused = repo.mig("new", "a", expect=3)
    assert refused.stderr.startswith("mig: migrations")
    assert repo.read("migrations") == "a file\n"


def test_a_folder_that_leads_elsewhere_is_not_written_through(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    (tmp_path / "outside").mkdir()
    (repo.path / "migrations").symlink_to("../outside")
    refused = repo.mig("new", "a", expect=3)
    assert "symbolic link" in refused.stderr
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_message_that_looks_like_a_directive_is_refused(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    assert "cannot begin with mig:" in repo.mig("new", "mig:up", expect=2).stderr


def test_quiet_still_prints_nothing_but_what_is_wrong(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    assert repo.mig("-q", "new", "a").stdout == ""
