"""``mig check`` in repositories whose tools order migrations by version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.repositories import GitSandbox

if TYPE_CHECKING:
    from pathlib import Path

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text);"
RENAME = "ALTER TABLE users RENAME COLUMN email TO mail;"
INDEX = "CREATE INDEX ix_email ON users (email);"
OTHER = "CREATE TABLE orders (id int PRIMARY KEY);"


class Tool(NamedTuple):
    """How a tool's files look: a path for a version, the text for a statement, and what is beside them."""

    source: str
    path: str
    text: str = "{}\n"
    versions: tuple[str, str, str] = ("0001", "0002", "0003")
    beside: tuple[str, str] = ("README.md", "A shop.\n")
    late: str = "applied"


STAMPS = ("20260101000000", "20260102000000", "20260103000000")
DOTTED = ("1.8", "1.9", "1.10")
TOOLS = [
    Tool("flyway", "src/main/resources/db/migration/V{}__x{}.sql", versions=DOTTED, late="refused"),
    Tool("golang-migrate", "db/migrations/{}_x{}.up.sql", late="skipped"),
    Tool("goose", "sql/{}_x{}.sql", "-- +goose Up\n{}\n-- +goose Down\nSELECT 1;\n", late="refused"),
    Tool("dbmate", "db/migrations/{}_x{}.sql", "-- migrate:up\n{}\n-- migrate:down\n", versions=STAMPS),
    Tool(
        "prisma",
        "prisma/migrations/{}_x{}/migration.sql",
        versions=STAMPS,
        beside=("prisma/schema.prisma", ""),
    ),
    Tool(
        "diesel",
        "migrations/{}_x{}/up.sql",
        versions=("2026-01-01-000000", "2026-01-02-000000", "2026-01-03-000000"),
        beside=("diesel.toml", ""),
    ),
    Tool("sqlx", "migrations/{}_x{}.sql", versions=STAMPS, beside=("Cargo.toml", "")),
    Tool("numbered", "schema/migrations/{}_x{}.sql"),
]


def each_tool() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("tool", [pytest.param(tool, id=tool.source) for tool in TOOLS])


def file(tool: Tool, version: str, sql: str, slug: str = "") -> dict[str, str]:
    return {tool.path.format(version, slug): tool.text.format(sql)}


def diverged(path: Path, tool: Tool, ours: dict[str, str], theirs: dict[str, str]) -> GitSandbox:
    """``main`` has theirs and ``feature``, which is checked out, ours; both have the table and one more."""
    repo = GitSandbox(path)
    before = file(tool, tool.versions[0], USERS)
    before |= file(tool, tool.versions[0][:-1] + "0", "CREATE TABLE first (i int);", "first")
    repo.commit("start", before | dict([tool.beside]))
    repo.branch("feature")
    repo.commit("ours", ours)
    repo.checkout("main")
    repo.commit("theirs", theirs)
    repo.checkout("feature")
    return repo


def findings(repo: GitSandbox, expect: int) -> dict[str, dict[str, Any]]:
    found = json.loads(repo.mig("check", "--base", "main", "--format", "json", expect=expect).stdout)
    return {one["code"]: one for one in found["findings"]} | {"": found}


@each_tool()
def test_a_rename_beside_an_index_conflicts_whatever_the_numbers_are(tmp_path: Path, tool: Tool) -> None:
    _, low, high = tool.versions
    for number, (ours, theirs) in enumerate(((low, high), (high, low))):
        repo = diverged(tmp_path / str(number), tool, file(tool, ours, INDEX), file(tool, theirs, RENAME))
        found = findings(repo, 1)
        assert found[""]["source"] == tool.source
        assert (found[""]["pairs"]["checked"], found[""]["pairs"]["conflict"]) == (1, 1)
        assert "MIG302" in found
        assert "MIG101" not in found
        assert ("MIG205" in found) is (ours == low)


@each_tool()
def test_what_comes_too_late_depends_on_the_tool(tmp_path: Path, tool: Tool) -> None:
    _, low, high = tool.versions
    repo = diverged(tmp_path / "repo", tool, file(tool, low, OTHER), file(tool, high, RENAME))
    late = findings(repo, 0 if tool.late == "applied" else 1)["MIG205"]
    assert late["severity"] == ("note" if tool.late == "applied" else "error")
    new = {"1.10": "makes it 1.11", "0003": "makes it 0004"}.get(high, "gives it a new time stamp")
    assert late["fix"] == f"mig rebase, which {new}"


@each_tool()
def test_one_version_twice_is_found_and_the_pair_is_still_compared(tmp_path: Path, tool: Tool) -> None:
    version = tool.versions[1]
    repo = diverged(
        tmp_path / "repo", tool, file(tool, version, INDEX, "ours"), file(tool, version, RENAME, "theirs")
    )
    found = findings(repo, 1)
    assert {"MIG107", "MIG302"} <= found.keys()
    assert found["MIG107"]["fix"].startswith("mig rebase, which ")
    paths = [place["path"] for place in found["MIG107"]["locations"]]
    assert sorted(paths) == sorted(tool.path.format(version, slug) for slug in ("ours", "theirs"))


@each_tool()
def test_ours_above_theirs_and_apart_is_green(tmp_path: Path, tool: Tool) -> None:
    _, low, high = tool.versions
    repo = diverged(tmp_path / "repo", tool, file(tool, high, OTHER), file(tool, low, RENAME))
    assert findings(repo, 0).keys() == {""}


@each_tool()
def test_a_published_migration_that_is_edited_or_renumbered(tmp_path: Path, tool: Tool) -> None:
    first, low, high = tool.versions
    repo = diverged(tmp_path / "repo", tool, file(tool, high, OTHER), file(tool, low, RENAME))
    repo.commit("edit", file(tool, first, USERS.replace("text", "varchar(9)")))
    assert "MIG201" in findings(repo, 1)
    repo.git("rm", "-q", tool.path.format(first, ""))
    repo.commit("renumber", file(tool, high + "1", USERS))
    assert "MIG202" in findings(repo, 1)


def test_the_order_is_that_of_the_versions(tmp_path: Path) -> None:
    tool = TOOLS[0]
    repo = GitSandbox(tmp_path / "repo")
    versions = ["1.10", "1.9", "1_34", "2", "1.0.1"]
    repo.commit("start", {k: v for one in versions for k, v in file(tool, one, "SELECT 1;").items()})
    listed = json.loads(repo.mig("log", "--format", "json").stdout)["migrations"]
    assert [one["id"] for one in listed] == ["V1.0.1__x", "V1.9__x", "V1.10__x", "V1_34__x", "V2__x"]


def test_a_convention_of_ones_own_is_a_source_like_the_others(tmp_path: Path) -> None:
    settings = '[conventions.deltas]\nfile = "delta/{version}/{version}_{name}.sql"\nlate = "skipped"\n'
    tool = Tool("deltas", "db/delta/{}/01_x{}.sql", beside=("mig.toml", settings), late="skipped")
    low, high = tool.versions[1:]
    repo = diverged(tmp_path / "repo", tool, file(tool, low, INDEX), file(tool, high, RENAME))
    found = findings(repo, 1)
    assert found[""]["source"] == "deltas"
    assert {"MIG302", "MIG205"} <= found.keys()
    assert found["MIG205"]["migrations"] == ["0002/01_x", "0003/01_x"]


def test_an_edited_repeatable_migration_and_a_misnamed_one(tmp_path: Path) -> None:
    tool = TOOLS[0]
    _, low, high = tool.versions
    views = "src/main/resources/db/migration/R__views.sql"
    ours = {"src/main/resources/db/migration/V3_add.sql": OTHER}
    repo = diverged(
        tmp_path / "repo", tool, ours, file(tool, low, RENAME) | {views: "CREATE VIEW v AS SELECT 1;"}
    )
    repo.git("merge", "-q", "main")
    repo.checkout("main")
    repo.commit("more", file(tool, high, OTHER))
    repo.checkout("feature")
    repo.commit("edit", {views: "CREATE OR REPLACE VIEW v AS SELECT 2;"})
    found = findings(repo, 0)
    assert found.keys() == {"", "MIG013"}
    assert found["MIG013"]["severity"] == "warning"


def test_without_a_base_the_version_is_named_that_one_of_two_can_have(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.git("checkout", "-q", "-b", "lonely")
    folder = "db/migrations"
    repo.commit("start", {f"{folder}/0001_{name}.up.sql": f"CREATE TABLE {name} (i int);" for name in "ab"})
    found = json.loads(repo.mig("check", "--format", "json", expect=1).stdout)["findings"]
    assert [one["fix"] for one in found if one["code"] == "MIG107"] == [
        "give db/migrations/0001_b.up.sql the version 0002"
    ]


def test_prisma_sorts_folders_by_name_and_not_by_number(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    names = ("20250624120000_a", "20250625120000_b", "20250625_c", "20250701000000_d")
    repo.commit(
        "start",
        {
            "prisma/schema.prisma": "",
            **{
                f"prisma/migrations/{name}/migration.sql": f"CREATE TABLE t{name[-1]} (i int);"
                for name in names
            },
        },
    )
    listed = json.loads(repo.mig("log", "--format", "json").stdout)
    assert [one["id"] for one in listed["migrations"]] == sorted(names) == list(names)
