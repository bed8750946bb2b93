"""``mig stamp`` as users run it: by hand, and from the histories of other tools."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import mig
from mig.runner.stamp import StampRequest
from mig.usecases.stamp import flyway_checksum
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C, shop, snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.fixtures import Database

URL = "sqlite:///dev.db"
SETTINGS = f'source = "native"\npath = "migrations"\n[databases.default]\nurl = "{URL}"\n'


def make(tmp_path: Path, files: dict[str, str], settings: str = SETTINGS) -> GitSandbox:
    repository = GitSandbox(tmp_path / "repository")
    repository.commit("shop", files | {"mig.toml": settings})
    return repository


@pytest.fixture
def sandbox(tmp_path: Path) -> GitSandbox:
    return make(tmp_path, shop())


def change(sandbox: GitSandbox, *statements: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(sandbox.path / "dev.db", isolation_level=None)
    try:
        return [row for statement in statements for row in connection.execute(statement).fetchall()]
    finally:
        connection.close()


def applied(sandbox: GitSandbox) -> list[str]:
    found: list[str] = json.loads(sandbox.mig("status", "--format", "json").stdout)["applied"]
    return found


def test_a_target_is_recorded_with_all_that_comes_before_it_and_nothing_is_run(sandbox: GitSandbox) -> None:
    shown = sandbox.mig("stamp", B)
    assert shown.stdout.endswith(f"2 recorded, nothing was run: the database is at {B}\n")
    assert applied(sandbox) == [A, B]
    tables = {name for (name,) in change(sandbox, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"mig_history", "mig_history_log", "mig_schema"}
    rows = change(sandbox, "SELECT tool_version, duration_ms, down FROM mig_history ORDER BY seq")
    assert rows == [
        (f"{mig.__version__} (stamped)", 0, '["DROP TABLE users"]'),
        (f"{mig.__version__} (stamped)", 0, '["ALTER TABLE users DROP COLUMN email"]'),
    ]


def test_a_dry_run_records_nothing(sandbox: GitSandbox) -> None:
    shown = json.loads(sandbox.mig("stamp", "heads", "--dry-run", "--format", "json").stdout)
    assert (shown["recorded"], shown["done"]) == ([A, B, C], False)
    assert applied(sandbox) == []


def test_a_history_that_has_rows_is_changed_only_where_that_is_confirmed(sandbox: GitSandbox) -> None:
    sandbox.mig("stamp", A)
    assert "pass --yes" in sandbox.mig("stamp", "heads", expect=2).stderr
    assert applied(sandbox) == [A]
    assert (
        "2 recorded, nothing was run, 1 were recorded before" in sandbox.mig("stamp", "head", "--yes").stdout
    )
    assert "nothing to record" in sandbox.mig("stamp", "heads").stdout


def test_a_record_is_removed_and_nothing_is_reverted(sandbox: GitSandbox) -> None:
    sandbox.mig("up")
    refused = sandbox.mig("stamp", "--remove", B, "--yes", expect=3).stderr
    assert f"{C} is applied and comes after {B}" in refused
    shown = json.loads(sandbox.mig("stamp", "--remove", C, "--yes", "--format", "json").stdout)
    assert (shown["removed"], shown["heads"]) == ([C], [B])
    assert applied(sandbox) == [A, B]
    assert change(sandbox, "SELECT count(*) FROM orders") == [(0,)]
    assert change(sandbox, "SELECT id FROM mig_history_log") == [(C,)]


def test_what_is_stamped_is_what_verify_expects(sandbox: GitSandbox) -> None:
    sandbox.mig("up", "+2")
    change(sandbox, "CREATE TABLE orders (id integer, note text)")
    sandbox.mig("stamp", "heads", "--yes")
    shown = sandbox.mig("verify", expect=1).stdout
    assert "MIG403 error  table orders was added outside of mig" in shown  # it was there before, by hand
    sandbox.mig("verify", "--accept", "--yes")
    sandbox.mig("verify", "--replay")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param((), "say what to record", id="nothing"),
        pytest.param(("heads", "--from", "alembic"), "say what to record", id="both"),
        pytest.param(("--remove",), "--remove needs the ids", id="remove-nothing"),
        pytest.param(("heads", "--table", "x"), "--table names a table of another tool", id="table"),
        pytest.param(("--from", "make"), "mig reads no history of 'make'", id="tool"),
        pytest.param(("--from", "django", "--table", "x; DROP"), "is no name of a table", id="injection"),
    ],
)
def test_wrong_calls_are_told_apart(sandbox: GitSandbox, args: tuple[str, ...], said: str) -> None:
    assert said in sandbox.mig("stamp", *args, expect=2).stderr


def test_an_unknown_target_and_an_interrupted_migration_are_refused(sandbox: GitSandbox) -> None:
    sandbox.mig("stamp", "ffff", expect=3)
    sandbox.mig("up")
    change(sandbox, f"UPDATE mig_history SET state = 'failed' WHERE id = '{C}'")
    assert "MIG404" in sandbox.mig("stamp", "heads", "--yes", expect=3).stderr


REVISION = """\
from alembic import op
import sqlalchemy as sa

revision = "{id}"
down_revision = {down}


def upgrade():
    op.create_table("{table}", sa.Column("id", sa.Integer()))


def downgrade():
    op.drop_table("{table}")
"""
ALEMBIC = {
    "alembic/versions/one.py": REVISION.format(id="1a2b3c4d5e6f", down=None, table="users"),
    "alembic/versions/two.py": REVISION.format(id="2a2b3c4d5e6f", down="'1a2b3c4d5e6f'", table="orders"),
    "alembic/versions/three.py": REVISION.format(id="3a2b3c4d5e6f", down="'2a2b3c4d5e6f'", table="bills"),
}
ENV = """\
from alembic import context
from sqlalchemy import create_engine

with create_engine("sqlite:///dev.db").connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
"""


def test_alembic_itself_goes_before_and_mig_goes_on_from_there(tmp_path: Path) -> None:
    files = ALEMBIC | {"alembic/env.py": ENV, "alembic.ini": "[alembic]\nscript_location = alembic\n"}
    sandbox = make(tmp_path, files, f'[databases.default]\nurl = "{URL}"\n')
    command = [sys.executable, "-m", "alembic", "upgrade", "2a2b3c4d5e6f"]
    subprocess.run(command, cwd=sandbox.path, check=True, capture_output=True)
    shown = json.loads(sandbox.mig("stamp", "--from", "alembic", "--format", "json").stdout)
    assert shown["recorded"] == ["1a2b3c4d5e6f", "2a2b3c4d5e6f"]
    assert "1 applied" in sandbox.mig("up").stdout
    assert change(sandbox, "SELECT count(*) FROM bills") == [(0,)]
    (note,) = change(sandbox, "SELECT DISTINCT tool_version FROM mig_history WHERE seq < 3")
    assert note == (f"{mig.__version__} (stamped from alembic)",)


def test_a_native_repository_made_from_alembic_s_is_found_by_the_revision_in_name_or_description(
    tmp_path: Path,
) -> None:
    files = {
        "migrations/20260101000000_1a2b3c4d5e6f_users.sql": native(A, (), "CREATE TABLE users (id integer);"),
        "migrations/20260102000000_orders.sql": native(
            B, A, "CREATE TABLE orders (id integer);", description="orders (2a2b3c4d5e6f)"
        ),
        "migrations/20260103000000_bills.sql": native(C, B, "CREATE TABLE bills (id integer);"),
    }
    sandbox = make(tmp_path, files)
    change(sandbox, "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    change(sandbox, "INSERT INTO alembic_version VALUES ('2a2b3c4d5e6f')")
    sandbox.mig("stamp", "--from", "alembic")
    assert applied(sandbox) == [A, B]


def test_versions_that_are_not_here_are_listed_and_refused(tmp_path: Path) -> None:
    files = ALEMBIC | {"alembic/env.py": ENV, "alembic.ini": "[alembic]\nscript_location = alembic\n"}
    sandbox = make(tmp_path, files, f'[databases.default]\nurl = "{URL}"\n')
    change(
        sandbox,
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('ffffffffffff'), ('1a2b3c4d5e6f')",
    )
    refused = sandbox.mig("stamp", "--from", "alembic", expect=3).stderr
    assert "alembic_version has ffffffffffff, which no migration here is" in refused
    assert applied(sandbox) == []
    shown = sandbox.mig("stamp", "--from", "alembic", "--allow-unknown").stdout
    assert "left out, as no migration here is it: ffffffffffff" in shown
    assert applied(sandbox) == ["1a2b3c4d5e6f"]


DJANGO = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [{depends}]
    operations = []
"""


def test_django_s_rows_of_apps_that_are_elsewhere_are_left_out(tmp_path: Path) -> None:
    files = {
        "manage.py": "",
        "shop/__init__.py": "",
        "shop/migrations/__init__.py": "",
        "shop/migrations/0001_initial.py": DJANGO.format(depends=""),
        "shop/migrations/0002_more.py": DJANGO.format(depends='("shop", "0001_initial")'),
    }
    sandbox = make(tmp_path, files, f'[databases.default]\nurl = "{URL}"\n')
    change(
        sandbox,
        "CREATE TABLE django_migrations (id integer PRIMARY KEY, app text, name text, applied text)",
        "INSERT INTO django_migrations (app, name) VALUES ('auth', '0001_initial'), ('shop', '0001_initial')",
    )
    shown = json.loads(sandbox.mig("stamp", "--from", "django", "--format", "json").stdout)
    assert (shown["recorded"], shown["left_out"]) == (["shop.0001_initial"], ["auth.0001_initial"])
    change(sandbox, "INSERT INTO django_migrations (app, name) VALUES ('shop', '0007_gone')")
    assert "shop.0007_gone" in sandbox.mig("stamp", "--from", "django", expect=3).stderr


FLYWAY = """\
CREATE TABLE flyway_schema_history (installed_rank integer PRIMARY KEY, version varchar(50),
  description varchar(200), type varchar(20), script varchar(1000), checksum integer,
  installed_by varchar(100), installed_on text,
  execution_time integer, success boolean)"""
V1, V2 = "CREATE TABLE users (id integer);\n", "CREATE TABLE orders (id integer);\r\n-- done"


def flyway(tmp_path: Path, *rows: str) -> GitSandbox:
    files = {"sql/V1__users.sql": V1, "sql/V1.1__orders.sql": V2, "sql/V2__bills.sql": V1}
    settings = f'source = "flyway"\npath = "sql"\n[databases.default]\nurl = "{URL}"\n'
    sandbox = make(tmp_path, files, settings)
    columns = "(installed_rank, version, type, script, checksum, success)"
    change(sandbox, FLYWAY, *(f"INSERT INTO flyway_schema_history {columns} VALUES ({row})" for row in rows))
    return sandbox


def test_flyway_s_versions_and_checksums_are_taken_over(tmp_path: Path) -> None:
    one, two = flyway_checksum(V1.encode()), flyway_checksum(V2.encode())
    sandbox = flyway(
        tmp_path,
        f"1, '1.0', 'SQL', 'V1__users.sql', {one}, 1",
        f"2, '1.1', 'SQL', 'V1.1__orders.sql', {two}, 1",
        "3, NULL, 'SQL', 'R__views.sql', 5, 1",
        "4, '9', 'SQL', 'V9__gone.sql', 5, 1",
        "5, '9', 'UNDO_SQL', 'U9__gone.sql', 5, 1",
    )
    sandbox.mig("stamp", "--from", "flyway")
    assert applied(sandbox) == ["V1__users", "V1.1__orders"]
    assert "1 applied" in sandbox.mig("up").stdout


def test_flyway_s_checksum_is_that_of_its_lines() -> None:
    assert flyway_checksum(b"\xef\xbb\xbfSELECT 1;\r\nSELECT 2;") == flyway_checksum(
        b"SELECT 1;\nSELECT 2;\n"
    )
    assert flyway_checksum(b"SELECT 1;") != flyway_checksum(b"SELECT 2;")
    assert -(2**31) <= flyway_checksum(b"SELECT 2;") < 2**31


def test_a_file_that_flyway_applied_otherwise_is_refused(tmp_path: Path) -> None:
    sandbox = flyway(tmp_path, "1, '1', 'SQL', 'V1__users.sql', 42, 1")
    refused = sandbox.mig("stamp", "--from", "flyway", expect=3).stderr
    assert "sql/V1__users.sql is not what flyway applied" in refused
    sandbox.mig("stamp", "--from", "flyway", "--allow-changed")
    assert applied(sandbox) == ["V1__users"]


def test_what_failed_in_flyway_is_refused(tmp_path: Path) -> None:
    sandbox = flyway(tmp_path, "1, '1', 'SQL', 'V1__users.sql', 42, 0")
    assert "V1__users.sql failed" in sandbox.mig("stamp", "--from", "flyway", expect=3).stderr


def test_a_baseline_of_flyway_s_stands_for_all_up_to_its_version(tmp_path: Path) -> None:
    sandbox = flyway(tmp_path, "1, '1.1', 'BASELINE', '<< Flyway Baseline >>', NULL, 1")
    sandbox.mig("stamp", "--from", "flyway")
    assert applied(sandbox) == ["V1__users", "V1.1__orders"]


SECTIONS = {
    "dbmate": "-- migrate:up\nCREATE TABLE t{0} (id integer);\n-- migrate:down\nDROP TABLE t{0};\n",
    "goose": "-- +goose Up\nCREATE TABLE t{0} (id integer);\n-- +goose Down\nDROP TABLE t{0};\n",
}


@pytest.mark.parametrize(
    ("tool", "statements"),
    [
        pytest.param(
            "dbmate",
            (
                "CREATE TABLE schema_migrations (version varchar(128))",
                "INSERT INTO schema_migrations VALUES ('1'), ('2')",
            ),
            id="dbmate",
        ),
        pytest.param(
            "goose",
            (
                "CREATE TABLE goose_db_version (id integer PRIMARY KEY, version_id bigint, is_applied bool)",
                (
                    "INSERT INTO goose_db_version (version_id, is_applied)"
                    " VALUES (0, 1), (1, 1), (2, 1), (3, 1), (3, 0)"
                ),
            ),
            id="goose",
        ),
    ],
)
def test_tools_that_keep_a_row_for_each_version(
    tmp_path: Path, tool: str, statements: tuple[str, ...]
) -> None:
    files = {f"db/migrations/{at}_t{at}.sql": SECTIONS[tool].format(at) for at in (1, 2, 3)}
    settings = f'source = "{tool}"\npath = "db/migrations"\n[databases.default]\nurl = "{URL}"\n'
    sandbox = make(tmp_path, files, settings)
    change(sandbox, *statements)
    sandbox.mig("stamp", "--from", tool)
    assert applied(sandbox) == ["1_t1", "2_t2"]
    assert "1 applied" in sandbox.mig("up").stdout


def test_golang_migrate_keeps_the_newest_only(tmp_path: Path) -> None:
    files = {f"migrations/{at}_t{at}.up.sql": f"CREATE TABLE t{at} (id integer);" for at in (1, 2, 3)}
    settings = f'source = "golang-migrate"\npath = "migrations"\n[databases.default]\nurl = "{URL}"\n'
    sandbox = make(tmp_path, files, settings)
    change(
        sandbox,
        "CREATE TABLE schema_migrations (version integer, dirty bool)",
        "INSERT INTO schema_migrations VALUES (2, 1)",
    )
    assert "2 failed" in sandbox.mig("stamp", "--from", "golang-migrate", expect=3).stderr
    change(sandbox, "UPDATE schema_migrations SET dirty = 0")
    sandbox.mig("stamp", "--from", "golang-migrate")
    assert applied(sandbox) == ["1_t1", "2_t2"]


def test_a_table_of_another_tool_is_not_taken_for_one_s_own(sandbox: GitSandbox) -> None:
    change(sandbox, "CREATE TABLE schema_migrations (version integer)")
    refused = sandbox.mig("stamp", "--from", "golang-migrate", expect=3).stderr
    assert "schema_migrations has no column dirty, so golang-migrate did not make it" in refused


@pytest.mark.parametrize(
    "server",
    [
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ],
)
def test_servers_are_stamped_the_same_way(server: str, request: pytest.FixtureRequest) -> None:
    database: Database = request.getfixturevalue(f"{server}_database")
    runner = mig.Runner(database.plain_url, snapshot(shop()))
    done = runner.stamp(StampRequest(targets=("heads",)), lambda _: True)
    assert [step.id for step in done.steps] == [A, B, C]
    assert [row.id for row in runner.status().applied] == [A, B, C]
    assert not runner.verify().problem
    assert runner.stamp(StampRequest(targets=(C, B), remove=True), lambda _: False).steps
    runner.stamp(StampRequest(targets=(C, B), remove=True), lambda _: True)
    assert [row.id for row in runner.status().applied] == [A]
