"""The server is killed, the connection cut, or the disk full in the middle of a run."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.crash import Crash, place_of
from tests.database.test_runner_processes import SETTINGS
from tests.database.test_runner_runs import Target
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.crash import Strike

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]
SERVERS = [
    pytest.param("postgresql", marks=pytest.mark.postgresql),
    pytest.param("mariadb", marks=pytest.mark.mariadb),
]
CUTS = {
    "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "mariadb": "SELECT id FROM information_schema.processlist"
    " WHERE db = database() AND id <> connection_id()",
}


def server_pid(database: Target) -> int:
    """The server's own process: the only one on this machine that has this data folder."""
    if database.is_mariadb:
        file = str(database.query("SELECT @@pid_file")[0][0])
    else:
        file = f"{database.query('SHOW data_directory')[0][0]}/postmaster.pid"
    return int(Path(file).read_text().split()[0])


def wait_for(database: Target) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            database.query("SELECT 1")
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def kill_server(database: Target, _client: int) -> None:
    # As pg_ctl -m immediate does; its children would outlive a server that is killed otherwise.
    os.kill(server_pid(database), signal.SIGKILL if database.is_mariadb else signal.SIGQUIT)
    time.sleep(0.2)
    wait_for(database)


def cut(database: Target, _client: int) -> None:
    for (found,) in database.query(CUTS["mariadb" if database.is_mariadb else "postgresql"]):
        if database.is_mariadb:
            with contextlib.suppress(Exception):  # it may have ended by itself
                database.query(f"KILL {found}")


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("strike", [kill_server, cut], ids=["server-killed", "connection-cut"])
def test_everything_gets_well(
    kind: str, strike: Strike, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIG_TEST_RESTART", "1")
    monkeypatch.delenv(f"MIG_TEST_{kind.upper()}_URL", raising=False)  # not somebody's server
    with place_of(kind, tmp_path) as fresh:
        crash = Crash(kind, tmp_path, fresh, strike)
        for trial in range(3):
            crash.run(random.Random(trial))  # noqa: S311 - no secret


BIG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i FROM n"


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small disk of its own."""
    with tempfile.TemporaryDirectory() as folder:
        mount = [shutil.which("mount") or "true", "-t", "tmpfs", "-o", "size=400k", "tmpfs", folder]
        subprocess.run(mount, check=False, capture_output=True)
        if not os.path.ismount(folder):
            pytest.skip("no disk can be mounted here")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("header", ["", "-- mig:no-transaction"], ids=["transactional", "no-transaction"])
def test_a_full_disk_leaves_nothing_of_the_statement(disk: Path, tmp_path: Path, header: str) -> None:
    database = Target(f"sqlite:///{disk / 'shop.db'}")
    up = f"CREATE TABLE a (i integer);\nINSERT INTO a {BIG};\nCREATE TABLE b (i integer);"
    sandbox = GitSandbox(tmp_path / "repository")
    files = {
        "migrations/1.sql": native(A, (), "CREATE TABLE first (i integer);"),
        "migrations/2.sql": native(B, A, up, "DROP TABLE b;\nDROP TABLE a;", header=header),
    }
    sandbox.commit("start", files | SETTINGS)
    said = sandbox.mig("up", "--url", database.url, expect=4).stderr
    assert f"{B} failed at migrations/2.sql:" in said
    assert "full" in said
    subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
    assert database.tables() == (["a", "first"] if header else ["first"])
    if header:
        assert database.query("SELECT count(*) FROM a") == [(0,)]
        assert "1 of 3 statements ran" in sandbox.mig("repair", "--url", database.url, expect=1).stdout
        sandbox.mig("repair", "--resume", "--url", database.url)
    sandbox.mig("up", "--url", database.url)
    assert database.query("SELECT count(*) FROM a") == [(50_000,)]
    assert database.query("PRAGMA integrity_check") == [("ok",)]
