"""Scripts give the same schema and history as a run."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from mig.runner import Options, Runner
from tests.database.test_runner_python import ALEMBIC, python
from tests.database.test_runner_runs import AWKWARD, Target
from tests.repositories import native
from tests.servers.fixtures import fresh_database
from tests.unit.runner.snapshots import A, B, C, shop, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Play = Callable[[Target, str], None]

HISTORY = (
    "SELECT seq, id, lineage, parents, description, checksum, state, statement, applied_by, git_commit,"
    " git_branch, tool_version, layout, down FROM {table} ORDER BY seq, id"
)


UTF8 = "CHARACTER SET utf8mb4"
INDEX = {
    "sqlite": "VACUUM;",
    "postgresql": "CREATE INDEX CONCURRENTLY ix ON t (x);",
    "mariadb": "CREATE INDEX ix ON t (x(9));",
}
BODY = {
    "sqlite": "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET x = x; END;",
    "postgresql": "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; SELECT 2; $$;",
    "mariadb": "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = 1; SET @b = '//'; END;",
}


def files(target: Target) -> dict[str, str]:
    value = target.text(AWKWARD)
    kind = target.url.partition(":")[0]
    create = 'op.create_table("p", sa.Column("id", sa.Integer))\nop.execute("INSERT INTO p VALUES (7)")'
    ids = [f"{number:012x}" for number in range(1, 5)]
    return shop() | {
        "migrations/4.sql": native(
            ids[0],
            C,
            f"CREATE TABLE t (x text); -- a comment\nINSERT INTO t VALUES ({value}) -- no semicolon; here",
            f"DELETE FROM t WHERE x = {value};\nDROP TABLE t;",
            description="it's \\ odd",
        ),
        "migrations/5.sql": native(ids[1], ids[0], BODY[kind], None),
        "migrations/6.sql": native(ids[2], ids[1], INDEX[kind], "SELECT 1;", header="-- mig:no-transaction"),
        "migrations/7.py": python(create, 'op.drop_table("p")', ids[3], (ids[2],)),
    }


def play_sqlite_module(target: Target, script: str) -> None:
    connection = sqlite3.connect(target.url.removeprefix("sqlite:///"))
    connection.executescript(script)
    connection.close()


def play_sqlite_shell(target: Target, script: str) -> None:
    if shutil.which("sqlite3") is None:
        pytest.skip("there is no sqlite3 on the machine")
    file = target.url.removeprefix("sqlite:///")
    subprocess.run(["sqlite3", "-bail", file], input=script, encoding="utf-8", check=True)


def play_psql(target: Target, script: str) -> None:
    if shutil.which("psql") is None:
        pytest.skip("there is no psql on the machine")
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", target.url]
    subprocess.run(command, input=script, encoding="utf-8", check=True)


def play_mariadb(target: Target, script: str) -> None:
    if shutil.which("mariadb") is None:
        pytest.skip("there is no mariadb client on the machine")
    place = urlsplit(target.url)
    account = [f"--host={place.hostname}", f"--port={place.port}", f"--user={place.username}"]
    password = {"MYSQL_PWD": place.password or ""}
    how = ["mariadb", "--no-defaults", *account, "--binary-mode", "--default-character-set=utf8mb4"]
    subprocess.run(
        [*how, place.path[1:]], input=script, encoding="utf-8", check=True, env=os.environ | password
    )


def picture(target: Target) -> list[object]:
    """Schema, rows and history, without moments and durations."""
    tables = [name for name in target.tables() if name != "sqlite_sequence"]
    rows = [target.query(f"SELECT * FROM {name}") for name in tables]
    schema: list[tuple[object, ...]]
    if target.is_sqlite:
        # Alembic writes other white space into scripts, and SQLite keeps the text.
        listed = target.query("SELECT type, name, sql FROM sqlite_master ORDER BY type, name")
        schema = [(kind, name, " ".join(str(sql).split())) for kind, name, sql in listed]
    elif target.is_mariadb:
        schema = [row for name in target.all_tables() for row in target.query(f"SHOW CREATE TABLE {name}")]
        schema += [row[:4] for row in target.query("SHOW TRIGGERS")]
    else:
        schema = target.query(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' ORDER BY 1, 2"
        )
        schema += target.query(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
        )
    histories = [target.query(HISTORY.format(table=name)) for name in ("mig_history", "mig_history_log")]
    return [tables, rows, schema, histories]


@pytest.mark.parametrize("play", [play_sqlite_module, play_sqlite_shell])
def test_a_script_for_sqlite_gives_the_same_as_a_run(tmp_path: Path, play: Play) -> None:
    scripted, ran = (Target(f"sqlite:///{tmp_path / name}") for name in ("scripted.db", "ran.db"))
    compare(scripted, ran, play, files(ran))


@pytest.fixture
def two_servers(postgresql_url: str) -> Iterator[tuple[Target, Target]]:
    with fresh_database(postgresql_url) as one, fresh_database(postgresql_url) as two:
        yield Target(one.plain_url), Target(two.plain_url)


@pytest.mark.postgresql
def test_a_script_for_psql_gives_the_same_as_a_run(two_servers: tuple[Target, Target]) -> None:
    compare(*two_servers, play_psql, files(two_servers[1]))


@pytest.mark.mariadb
def test_a_script_for_the_client_of_mariadb_gives_the_same_as_a_run(mariadb_url: str) -> None:
    with fresh_database(mariadb_url, UTF8) as one, fresh_database(mariadb_url, UTF8) as two:
        scripted, ran = (Target(d.plain_url.replace("mysql://", "mariadb://")) for d in (one, two))
        compare(scripted, ran, play_mariadb, files(ran))


def compare(scripted: Target, ran: Target, play: Play, written: dict[str, str]) -> None:
    options = Options(git_commit="1a2b3c4", git_branch="main", fingerprint=False)
    runners = [Runner(target.url, snapshot(written), options=options) for target in (scripted, ran)]
    play(scripted, runners[0].script())
    runners[1].up()
    assert picture(scripted) == picture(ran)
    assert runners[0].up().steps == ()
    play(scripted, runners[0].script("-2", "down"))
    runners[1].down("-2")
    assert picture(scripted) == picture(ran)


@pytest.mark.postgresql
def test_alembic_files_can_be_written_as_a_script(two_servers: tuple[Target, Target]) -> None:
    text = ALEMBIC.replace("    assert", "    pass  # assert") + "    op.execute(\"SELECT '50%'\")\n"
    target = two_servers[0]
    runner = target.runner({"migrations/1.py": text}, source="alembic")
    play_psql(target, runner.script())
    assert target.tables() == ["users"]
    assert "SELECT '50%';" in runner.script("base", "down")


def test_nothing_to_do_is_a_script_without_statements(tmp_path: Path) -> None:
    runner = Target(f"sqlite:///{tmp_path / 'shop.db'}").runner(shop())
    runner.up()
    assert runner.script() == "-- mig: 0 migrations for sqlite; run with: sqlite3 -bail DATABASE < FILE\n"


def test_a_description_cannot_break_out_of_its_comment(tmp_path: Path) -> None:
    text = python("pass", head='"""one\nDROP TABLE users; two"""')
    script = Target(f"sqlite:///{tmp_path / 'x.db'}").runner({"migrations/1.py": text}).script()
    assert not any(line.startswith("DROP TABLE") for line in script.splitlines())
    assert A in script
    assert B not in script
