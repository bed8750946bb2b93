"""Scripts that can be run again, played by the databases' own clients."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from mig.errors import RunnerError
from mig.runner import Options, Runner
from tests.database.test_runner_offline import (
    files,
    picture,
    play_mariadb,
    play_psql,
    play_sqlite_shell,
)
from tests.database.test_runner_runs import KINDS, Target
from tests.servers.fixtures import fresh_database
from tests.unit.runner.snapshots import A, shop, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PLAY = {"sqlite": play_sqlite_shell, "postgresql": play_psql, "mariadb": play_mariadb}
VIEW = "DROP VIEW IF EXISTS names;\nCREATE VIEW names AS SELECT id, email FROM users;"
CALLBACK = "INSERT INTO orders VALUES (1, 'it''s \\ called; -- here');"


@pytest.fixture(params=KINDS)
def three(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Target]]:
    """Three empty databases of a kind; sqlite3 writes into the working folder."""
    monkeypatch.chdir(tmp_path)
    if request.param == "sqlite":
        yield [Target(f"sqlite:///{tmp_path / name}.db") for name in "abc"]
        return
    url = request.getfixturevalue(f"{request.param}_url")
    utf8 = " CHARACTER SET utf8mb4" if request.param == "mariadb" else ""
    with fresh_database(url, utf8) as a, fresh_database(url, utf8) as b, fresh_database(url, utf8) as c:
        yield [Target(one.plain_url.replace("mysql://", "mariadb://")) for one in (a, b, c)]


def play(target: Target, script: str) -> None:
    kind = "sqlite" if target.is_sqlite else "mariadb" if target.is_mariadb else "postgresql"
    PLAY[kind](target, script)


def runner(target: Target, written: Mapping[str, str]) -> Runner:
    return Runner(
        target.url,
        snapshot(written),
        options=Options(git_commit="1a2b3c4", git_branch="main", fingerprint=False),
    )


def everything(target: Target) -> dict[str, str]:
    return files(target) | {
        "migrations/repeatable/names.sql": VIEW,
        "migrations/callbacks/before_up.sql": "-- before\nSELECT 1;",
    }


def test_a_script_with_repeatables_and_callbacks_gives_the_same_as_a_run(three: list[Target]) -> None:
    scripted, ran, _ = three
    written = everything(ran) | {"migrations/callbacks/after_up.sql": CALLBACK}
    play(scripted, runner(scripted, written).script())
    runner(ran, written).up()
    assert picture(scripted) == picture(ran)
    rows = "SELECT lineage, name, checksum, git_commit FROM mig_repeatables"
    assert scripted.query(rows) == ran.query(rows)
    assert runner(scripted, written).up().repeated == ()


def test_a_script_that_is_played_twice_gives_the_same_as_a_run(three: list[Target]) -> None:
    scripted, ran, begun = three
    written = everything(ran)
    script = runner(scripted, written).script(idempotent=True)
    play(scripted, script)
    play(scripted, script)
    runner(ran, written).up()
    assert picture(scripted) == picture(ran)
    # What came before the script is left out of it.
    script = runner(begun, written).script(idempotent=True)
    runner(begun, written).up("+2")
    play(begun, script)
    assert picture(begun) == picture(ran)
    down = runner(scripted, written).script("-2", "down", idempotent=True)
    play(scripted, down)
    play(scripted, down)
    runner(ran, written).down("-2")
    assert picture(scripted) == picture(ran)


def test_a_script_goes_on_after_what_stopped_it(three: list[Target]) -> None:
    target, ran, _ = three
    written = dict(shop())
    script = runner(target, written).script(idempotent=True)
    broken = script.replace("ADD COLUMN email", "ADDD COLUMN email").replace(
        b"ADD COLUMN email".hex(), b"ADDD COLUMN email".hex()
    )
    assert broken != script
    with pytest.raises(subprocess.CalledProcessError):
        play(target, broken)
    assert target.tables() == ["users"]
    if target.is_mariadb:  # no transaction has taken the row of the migration back
        target.query("DELETE FROM mig_history WHERE state <> 'applied'")
    play(target, script)
    runner(ran, written).up()
    assert picture(target)[:3] == picture(ran)[:3]


def test_a_script_stops_at_a_migration_that_was_interrupted(
    three: list[Target], capfd: pytest.CaptureFixture[str]
) -> None:
    target, _, _ = three
    script = runner(target, shop()).script(idempotent=True)
    runner(target, shop()).up(A)
    target.query("UPDATE mig_history SET state = 'running'")
    with pytest.raises(subprocess.CalledProcessError):
        play(target, script)
    assert f"mig: {A} was interrupted, settle it first: mig status" in capfd.readouterr().err
    assert target.tables() == ["users"]


def test_what_sqlite3_cannot_write_it_does_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("sqlite3") is None:
        pytest.skip("there is no sqlite3 on the machine")
    monkeypatch.chdir(tmp_path)
    target = Target(f"sqlite:///{tmp_path / 'x.db'}")
    script = runner(target, shop()).script(idempotent=True)
    (tmp_path / "mig-step.sql").mkdir()
    with pytest.raises(subprocess.CalledProcessError):
        play(target, script)
    assert target.tables() == []


@pytest.mark.mariadb
def test_a_server_without_conditions_is_told_of(mariadb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from mig.runner.dialects.mariadb import MariadbSession

    before = MariadbSession.query

    def query(self: MariadbSession, sql: str) -> list[tuple[object, ...]]:
        return [("10.5.29-MariaDB",)] if sql == "SELECT version()" else before(self, sql)

    monkeypatch.setattr(MariadbSession, "query", query)
    with fresh_database(mariadb_url) as one:
        target = Target(one.plain_url.replace("mysql://", "mariadb://"))
        with pytest.raises(
            RunnerError, match=r"10\.5\.29-MariaDB cannot run any statement under a condition"
        ):
            runner(target, shop()).script(idempotent=True)
