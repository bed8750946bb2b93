from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.servers import postgresql
from tests.servers.fixtures import fresh_database, give_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.fixtures import Database

HOLD_A_SERVER = """
import sys
from pathlib import Path
from tests.servers import postgresql
server = postgresql.start_server(Path(sys.argv[1]))
print(server.supervisor.pid, server.supervisor.args[4], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    found: Database = request.getfixturevalue(request.param)
    return found


def query(url: str, *statements: str) -> list[str]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        results = [connection.exec_driver_sql(statement) for statement in statements]
        return [str(row[0]) for row in results[-1]] if results[-1].returns_rows else []


@pytest.mark.parametrize(
    ("database", "product"),
    [
        pytest.param("postgresql_database", "PostgreSQL", marks=pytest.mark.postgresql, id="postgresql"),
        pytest.param("mariadb_database", "MariaDB", marks=pytest.mark.mariadb, id="mariadb"),
    ],
    indirect=["database"],
)
def test_the_server_says_what_it_is(database: Database, product: str) -> None:
    assert product in query(database.url, "SELECT version()")[0]


@pytest.mark.postgresql
def test_the_plain_url_reaches_the_same_database(postgresql_database: Database) -> None:
    import psycopg

    with psycopg.connect(postgresql_database.plain_url) as connection:
        row = connection.execute("SELECT current_database()").fetchone()
    assert row == (postgresql_database.name,)


@pytest.fixture
def second_database(request: pytest.FixtureRequest, postgresql_url: str) -> Iterator[Database]:
    with fresh_database(postgresql_url, drop="WITH (FORCE)") as database:
        yield database


@pytest.mark.postgresql
def test_two_databases_share_no_tables(postgresql_database: Database, second_database: Database) -> None:
    query(postgresql_database.url, "CREATE TABLE only_here (id int)")
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    assert query(postgresql_database.url, tables) == ["only_here"]
    assert query(second_database.url, tables) == []


@pytest.mark.postgresql
def test_a_database_is_gone_after_its_test_even_with_a_connection_left_open(postgresql_url: str) -> None:
    import psycopg

    with fresh_database(postgresql_url, drop="WITH (FORCE)") as database:
        left_open = psycopg.connect(database.plain_url)
    left_open.close()
    assert query(postgresql_url, f"SELECT datname FROM pg_database WHERE datname = '{database.name}'") == []


@pytest.mark.postgresql
@pytest.mark.slow
def test_a_server_goes_away_with_the_process_that_started_it() -> None:
    binaries = postgresql.find_binaries()
    if not binaries:
        give_up("postgresql", "no server programs found on the machine")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_A_SERVER, binaries[0]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        cwd=Path(__file__).parents[2],
    )
    with holder:
        assert holder.stdout is not None
        supervisor, folder = holder.stdout.readline().split()
        assert Path(folder, "data", "postmaster.pid").exists()
        os.kill(holder.pid, signal.SIGKILL)
    wait_until_gone(int(supervisor))
    assert not Path(folder).exists()


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 30
    while is_running(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    # Nobody may be there to collect the status of an orphan, so one that has ended counts as gone.
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("required", "outcome"),
    [
        pytest.param("", pytest.skip.Exception, id="optional"),
        pytest.param("mariadb", pytest.skip.Exception, id="another-one-required"),
        pytest.param("mariadb,postgresql", pytest.fail.Exception, id="required"),
    ],
)
def test_a_missing_server_is_a_skip_unless_it_is_required(
    required: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIG_REQUIRE_DATABASES", required)
    with pytest.raises(outcome, match="no programs"):
        give_up("postgresql", "no programs")
