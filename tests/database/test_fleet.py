"""Fleets on real databases: many databases, many schemas, threads and a cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.database.test_runner_runs import Target
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, C, shop

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = {"mig.toml": 'source = "native"\npath = "migrations"\n'}
COUNT = 12


@pytest.fixture
def sandbox(tmp_path: Path) -> GitSandbox:
    repository = GitSandbox(tmp_path / "repository")
    repository.commit("shop", shop() | SETTINGS)
    return repository


@pytest.fixture
def fleet(sandbox: GitSandbox) -> list[Target]:
    """Databases in files, named in the file ``fleet.txt``."""
    lines = "".join(f"t{number} sqlite:///t{number}.db\n" for number in range(COUNT))
    sandbox.write("fleet.txt", lines)
    return [Target(f"sqlite:///{sandbox.path / f't{number}.db'}") for number in range(COUNT)]


@pytest.fixture
def server(postgresql_database: object) -> Target:
    return Target(postgresql_database.plain_url)  # type: ignore[attr-defined]


def applied(target: Target) -> list[object]:
    return [row[0] for row in target.query("SELECT id FROM mig_history ORDER BY seq")]


def test_every_database_of_a_file_gets_everything_and_a_second_time_nothing(
    sandbox: GitSandbox, fleet: list[Target]
) -> None:
    first = sandbox.mig("up", "--fleet", "fleet.txt")
    assert [applied(one) for one in fleet] == [[A, B, C]] * COUNT
    assert first.stdout.count("  3 applied  ") == COUNT
    assert f"{COUNT} of {COUNT} tenants done, {COUNT} changed in " in first.stdout.splitlines()[-1]
    again = sandbox.mig("up", "--fleet", "fleet.txt")
    assert again.stdout.count("  nothing to apply  ") == COUNT
    assert f"{COUNT} of {COUNT} tenants done, 0 changed in " in again.stdout


def test_the_json_tells_of_each_tenant_and_of_all(sandbox: GitSandbox, fleet: list[Target]) -> None:
    fleet[1].runner(shop()).up("+2")
    shown = json.loads(sandbox.mig("up", "--fleet", "fleet.txt", "--format", "json").stdout)
    tenants = {one["name"]: one for one in shown.pop("tenants")}
    assert {name: one["applied"] for name, one in tenants.items()} == {
        f"t{number}": [C] if number == 1 else [A, B, C] for number in range(COUNT)
    }
    assert all(one["ok"] and one["error"] is None and one["duration_ms"] >= 0 for one in tenants.values())
    assert shown.pop("duration_ms") >= 0
    assert shown == {
        "version": 1,
        "fleet": "fleet.txt",
        "command": "up",
        "ok": True,
        "total": COUNT,
        "done": COUNT,
        "changed": COUNT,
        "failed": 0,
        "unreached": 0,
        "left": 0,
        "stopped": False,
    }


def test_a_canary_that_fails_keeps_the_others_as_they_were_and_the_next_run_goes_on(
    sandbox: GitSandbox, fleet: list[Target]
) -> None:
    fleet[1].query("CREATE TABLE users (id integer)")
    failed = sandbox.mig("up", "--fleet", "fleet.txt", "--canary", "2", "--max-failures", "9", expect=4)
    assert f"t1  failed: {A} failed at migrations/1_users.sql" in failed.stdout
    assert f"1 of {COUNT} tenants done, 1 changed, 1 failed, {COUNT - 2} left in " in failed.stdout
    assert failed.stderr.splitlines()[-1].startswith("mend what their lines say, then run the same command")
    assert [one.tables() for one in fleet[2:]] == [[]] * (COUNT - 2)
    fleet[1].query("DROP TABLE users")
    again = sandbox.mig("up", "--fleet", "fleet.txt", "--canary", "2")
    assert "t0  nothing to apply" in again.stdout
    assert [applied(one) for one in fleet] == [[A, B, C]] * COUNT


@pytest.mark.parametrize(
    ("line", "status"),
    [
        pytest.param("t99 env:NOT_SET", 3, id="no-variable"),
        pytest.param("t99 sqlite:////not/there/x.db", 3, id="no-folder"),
        pytest.param("t99 oracle://ada:hunter2@db/x", 3, id="no-dialect"),
        pytest.param("t99 postgresql://ada:hunter2@127.0.0.1:1/x", 3, id="no-server"),
    ],
)
def test_who_cannot_be_reached_is_named_without_a_secret_and_the_others_are_done(
    sandbox: GitSandbox, fleet: list[Target], line: str, status: int
) -> None:
    sandbox.write("more.txt", f"{line}\n{(sandbox.path / 'fleet.txt').read_text()}")
    result = sandbox.mig("up", "--fleet", "more.txt", "--max-failures", "10%", expect=status)
    assert "t99  not done: " in result.stdout
    assert (
        f"{COUNT} of {COUNT + 1} tenants done, {COUNT} changed, 1 not reached or refused in" in result.stdout
    )
    assert "hunter2" not in result.stdout + result.stderr
    assert [applied(one) for one in fleet] == [[A, B, C]] * COUNT


def test_the_status_of_a_fleet_changes_nothing(sandbox: GitSandbox, fleet: list[Target]) -> None:
    fleet[0].runner(shop()).up("+1")
    result = sandbox.mig("status", "--fleet", "fleet.txt")
    assert "t0  1 applied, 2 pending" in result.stdout
    assert "t1  0 applied, 3 pending" in result.stdout
    assert not (sandbox.path / "t1.db").exists()
    shown = json.loads(sandbox.mig("status", "--fleet", "fleet.txt", "--format", "json").stdout)
    (first,) = [one for one in shown["tenants"] if one["name"] == "t0"]
    assert (first["applied"], first["pending"], first["interrupted"]) == ([A], [B, C], None)


def test_an_interrupted_migration_shows_in_the_status_of_a_fleet(
    sandbox: GitSandbox, fleet: list[Target]
) -> None:
    bad = native("d" * 12, C, "SELECT nothing;", "", header="-- mig:no-transaction")
    fleet[0].runner(shop()).up()
    sandbox.write("migrations/4_bad.sql", bad)
    sandbox.mig("up", "--url", "sqlite:///t0.db", expect=4)
    result = sandbox.mig("status", "--fleet", "fleet.txt", expect=1)
    assert f"t0  3 applied, 0 pending, {'d' * 12} interrupted (MIG404)" in result.stdout


def piped(sandbox: GitSandbox, lines: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "mig", *args],
        cwd=sandbox.path,
        input=lines,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_tenants_come_from_standard_input_too(sandbox: GitSandbox, fleet: list[Target]) -> None:
    lines = (sandbox.path / "fleet.txt").read_text()
    result = piped(sandbox, lines, "up", "--fleet", "-")
    assert f"{COUNT} tenants done, {COUNT} changed" in result.stdout
    refused = piped(sandbox, lines, "up", "--fleet", "-", "--wave", "10%")
    assert refused.returncode == 2
    assert "10% of what comes from standard input cannot be known before" in refused.stderr


def test_a_query_names_the_tenants(sandbox: GitSandbox, fleet: list[Target]) -> None:
    main = Target(f"sqlite:///{sandbox.path / 'main.db'}")
    main.query("CREATE TABLE tenants AS SELECT 'one' AS name, 'sqlite:///t1.db' AS url, 1 AS active")
    main.query("INSERT INTO tenants VALUES ('two', 'sqlite:///t2.db', 0)")
    query = "query:SELECT name, url FROM tenants WHERE active"
    sandbox.mig("up", "--url", main.url, "--fleet", query)
    assert applied(fleet[1]) == [A, B, C]
    assert not (sandbox.path / "t2.db").exists()
    for wrong, status, said in (
        ("query:SELECT name FROM tenants", 2, "must give a name and a URL"),
        ("query:SELECT name FROM nowhere", 3, "cannot be listed: no such table"),
        ("schemas:t%", 2, "only PostgreSQL keeps tenants in schemas"),
    ):
        assert said in sandbox.mig("up", "--url", main.url, "--fleet", wrong, expect=status).stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(["--jobs", "2"], "--jobs is for a fleet", id="jobs"),
        pytest.param(["--max-failures", "2"], "--max-failures is for a fleet", id="failures"),
        pytest.param(["--fleet", "fleet.txt", "--dry-run"], "a fleet has no --dry-run", id="dry-run"),
        pytest.param(["--fleet", "fleet.txt", "--wave", "0"], "--wave cannot be 0", id="no-wave"),
        pytest.param(["--fleet", "none.txt"], "none.txt: there is no such file", id="no-file"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    sandbox: GitSandbox, fleet: list[Target], args: list[str], message: str
) -> None:
    assert message in sandbox.mig("up", *args, expect=2).stderr


def test_python_migrations_of_several_tenants_do_not_get_in_each_others_way(
    sandbox: GitSandbox, fleet: list[Target]
) -> None:
    text = f'''"""Count."""
import time

import sqlalchemy as sa

id = "{"d" * 12}"
parents = ("{C}",)

def up(op):
    op.create_table("visits", sa.Column("id", sa.Integer()))
    time.sleep(0.01)
    op.execute("INSERT INTO visits VALUES (1)")
    print("counted")

def down(op):
    op.drop_table("visits")
'''
    sandbox.write("migrations/4_visits.py", text)
    sandbox.mig("up", "--fleet", "fleet.txt", "--jobs", "6")
    assert [one.query("SELECT count(*) FROM visits") for one in fleet] == [[(1,)]] * COUNT


@pytest.mark.postgresql
def test_schemas_are_tenants_over_few_connections(sandbox: GitSandbox, server: Target) -> None:
    for number in range(COUNT):
        server.query(f'CREATE SCHEMA "tenant_{number}"')
    server.query('CREATE SCHEMA "tenantx"')
    server.query("CREATE TABLE seen (pid integer)")
    sandbox.write(
        "migrations/4_pid.sql",
        native("d" * 12, C, "INSERT INTO public.seen SELECT pg_backend_pid();", "DELETE FROM public.seen;"),
    )
    result = sandbox.mig("up", "--url", server.url, "--fleet", r"schemas:tenant\_%", "--jobs", "2")
    assert f"{COUNT} of {COUNT} tenants done" in result.stdout
    for number in range(COUNT):
        rows = server.query(f"SELECT id FROM tenant_{number}.mig_history ORDER BY seq")
        assert rows == [(A,), (B,), (C,), ("d" * 12,)]
        assert server.query(f"SELECT count(*) FROM tenant_{number}.users") == [(1,)]
    assert server.query("SELECT to_regclass('tenantx.mig_history'), to_regclass('public.mig_history')") == [
        (None, None)
    ]
    ((count, connections),) = server.query("SELECT count(*), count(DISTINCT pid) FROM seen")
    assert count == COUNT
    assert str(connections) in "12"
    again = sandbox.mig("up", "--url", server.url, "--fleet", r"schemas:tenant\_%")
    assert again.stdout.count("nothing to apply") == COUNT


@pytest.mark.postgresql
def test_a_shared_schema_stands_behind_the_tenants_and_gets_nothing(
    sandbox: GitSandbox, server: Target
) -> None:
    server.query("CREATE SCHEMA t1; CREATE SCHEMA t2; CREATE TABLE plans (name text)")
    server.runner({}).status()
    server.query("CREATE TABLE public.mig_history (id text)")
    more = native("d" * 12, C, "INSERT INTO plans VALUES ('free');", "DELETE FROM plans;")
    sandbox.write("migrations/4_plans.sql", more)
    args = ("up", "--url", server.url, "--max-failures", "100%", "--fleet")
    failed = sandbox.mig(*args, "schemas:t_", expect=4)
    assert 'relation "plans" does not exist' in failed.stdout
    sandbox.mig(*args, "schemas:t_,public")
    assert server.query("SELECT count(*) FROM plans") == [(2,)]
    assert server.query("SELECT count(*) FROM t1.mig_history") == [(4,)]
    assert server.query("SELECT count(*) FROM public.mig_history") == [(0,)]


@pytest.mark.postgresql
def test_a_tenant_that_is_locked_is_reported_and_its_connection_serves_the_others(
    sandbox: GitSandbox, server: Target
) -> None:
    import psycopg

    for number in range(3):
        server.query(f"CREATE SCHEMA tenant_{number}")
    from mig.runner.dialects.postgresql import _lock_key

    name = server.url.rpartition("/")[2].partition("?")[0]
    with psycopg.connect(server.url, autocommit=True) as holder:
        holder.execute(f"SELECT pg_advisory_lock({_lock_key(name, 'tenant_1', 'mig_history')})")
        args = ("up", "--url", server.url, "--fleet", "schemas:tenant_%", "--lock-wait", "0")
        result = sandbox.mig(*args, "--jobs", "1", "--max-failures", "1", expect=3)
    assert "tenant_1  not done: the database is in use by another runner" in result.stdout
    assert "2 of 3 tenants done, 2 changed, 1 not reached or refused" in result.stdout
    assert "3 of 3 tenants done, 1 changed" in sandbox.mig(*args).stdout


@pytest.mark.postgresql
def test_ctrl_c_lets_what_runs_end_and_begins_nothing(sandbox: GitSandbox, server: Target) -> None:
    for number in range(6):
        server.query(f"CREATE SCHEMA tenant_{number}")
    slow = native("d" * 12, C, "SELECT pg_sleep(1.5);", "SELECT 1;")
    late = native("e" * 12, "d" * 12, "CREATE TABLE late (id integer);", "DROP TABLE late;")
    sandbox.write("migrations/4_slow.sql", slow)
    sandbox.write("migrations/5_late.sql", late)
    command = ("up", "--url", server.url, "--fleet", "schemas:tenant_%", "--jobs", "2")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "mig", *command],
        cwd=sandbox.path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    deadline = time.monotonic() + 60
    while server.query("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'") != [(2,)]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (out, err)
    assert out.count("  stopped, 4 applied  ") == 2
    assert "0 of 6 tenants done, 2 changed, 6 left in " in out
    assert err.splitlines()[-1] == "run the same command again: it does only what is left"
    assert "6 of 6 tenants done, 6 changed" in sandbox.mig(*command).stdout


@pytest.mark.slow
def test_a_cluster_does_the_work_of_the_threads(sandbox: GitSandbox, fleet: list[Target]) -> None:
    """In a process of its own: the cluster's threads and sockets warn when they end."""
    sandbox.write("cluster.py", _CLUSTER)
    names = sorted(f"t{number}" for number in range(COUNT))
    result = subprocess.run(
        [sys.executable, "-P", "cluster.py"],
        cwd=sandbox.path,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=240,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    up, again, failed = (json.loads(line) for line in result.stdout.splitlines() if line.startswith("[0,"))
    assert (sorted(up[1]), up[2]) == (names, COUNT)
    assert (sorted(again[1]), again[2]) == (names, 0)
    assert failed == [0, ["t0"], 4]
    assert [applied(one)[:3] for one in fleet] == [[A, B, C]] * COUNT


_CLUSTER = f"""
import io, json, sys
from contextlib import redirect_stdout
from pathlib import Path

from distributed import LocalCluster

from mig.cli import main


def run(*args):
    out = io.StringIO()
    with redirect_stdout(out):
        status = main([*args, "--format", "json"])
    shown = json.loads(out.getvalue())
    return status, [one["name"] for one in shown["tenants"]], shown


if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1",
                      dashboard_address=None) as cluster:
        command = ("up", "--fleet", "fleet.txt", "--scheduler", cluster.scheduler_address, "--jobs", "4")
        for _ in range(2):
            status, names, shown = run(*command)
            print(json.dumps([status, names, shown["changed"]]), flush=True)
        Path("migrations/4_bad.sql").write_text(
            "-- mig:id {"d" * 12}\\n-- mig:parents {C}\\n-- mig:up\\nSELECT nothing;\\n")
        status, names, shown = run(*command, "--canary", "1")
        print(json.dumps([0, names, status]), flush=True)
"""
