"""Databases that cannot be used: what is said, and that no secret is."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from mig.errors import RunnerError, UsageError
from mig.model import Snapshot
from mig.runner import Runner
from tests.database.test_runner_processes import SETTINGS
from tests.database.test_runner_runs import Target
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, shop, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "Zq9-hunter2"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("sqlite:///{tmp}/none/shop.db", "unable to open database file", id="no-folder"),
        pytest.param("sqlite:///{tmp}/text.txt", "file is not a database", id="not-a-database"),
        pytest.param("sqlite:///{tmp}", "unable to open database file", id="a-folder"),
        pytest.param("sqlite:///file:{tmp}/read.db?mode=ro&uri=true", "readonly database", id="read-only"),
        pytest.param("sqlite://", "in memory is gone", id="memory"),
        pytest.param(
            f"postgresql://ada:{SECRET}@127.0.0.1:1/shop", "cannot be reached: .*refused", id="no-server"
        ),
        pytest.param(f"postgresql://ada:{SECRET}@host.invalid/shop", "cannot be reached", id="no-host"),
        pytest.param(
            f"postgresql://ada:{SECRET}/x@127.0.0.1:1/shop", "cannot be reached", id="slash-in-password"
        ),
        pytest.param(
            f"postgresql://127.0.0.1:1/shop?passwort={SECRET}", "cannot be reached", id="wrong-parameter"
        ),
        pytest.param(f"oracle://ada:{SECRET}@db/shop", "mig runs migrations on", id="unknown"),
    ],
)
def test_a_database_that_cannot_be_used_says_why_and_what_to_do(
    url: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "text.txt").write_text("this is a text and no database" * 100)
    sqlite3.connect(tmp_path / "read.db").close()
    sqlite3.connect(tmp_path / "read.db").execute("CREATE TABLE t (i)").connection.close()
    with pytest.raises(RunnerError, match=message) as caught:
        Runner(url.format(tmp=tmp_path), snapshot(shop())).up()
    assert caught.value.hint
    assert "hunter2" not in caught.value.message + caught.value.hint
    assert "\n" not in caught.value.message


@pytest.mark.postgresql
def test_a_missing_database_is_named(postgresql_database: object) -> None:
    url = postgresql_database.plain_url  # type: ignore[attr-defined]
    with pytest.raises(RunnerError, match='database "none" does not exist') as caught:
        Runner(url.replace(urlsplit(url).path, "/none"), snapshot(shop())).status()
    assert "createdb" in caught.value.hint


@pytest.mark.postgresql
def test_a_wrong_password_is_refused_without_being_shown(postgresql_database: object) -> None:
    place = urlsplit(postgresql_database.plain_url)  # type: ignore[attr-defined]
    url = f"postgresql://nobody_here:{SECRET}@{place.hostname}:{place.port}{place.path}"
    with pytest.raises(RunnerError, match="cannot be reached") as caught:
        Runner(url, snapshot(shop())).up()
    assert SECRET not in caught.value.message


@pytest.mark.postgresql
def test_a_user_who_may_not_write_is_refused(postgresql_database: object) -> None:
    url = postgresql_database.plain_url  # type: ignore[attr-defined]
    read_only = f"{url}?options=-cdefault_transaction_read_only%3Don"
    with pytest.raises(RunnerError, match="read-only transaction") as caught:
        Runner(read_only, snapshot(shop())).up()
    assert "mig_history" in caught.value.hint
    assert len(Runner(read_only, snapshot(shop())).status().pending) == 3


@contextmanager
def anybody() -> Iterator[None]:
    """Without the rights of root, whom no mode keeps from writing."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_an_unwritable_folder_is_refused() -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        with anybody(), pytest.raises(RunnerError, match="cannot be used") as caught:
            Target(f"sqlite:///{folder}/shop.db").runner(shop()).up()
        assert caught.value.hint
        assert os.listdir(folder) == []


def test_the_lineage_must_be_chosen_where_there_are_several(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    one, two = snapshot(shop(), name="billing"), snapshot({}, name="shop")
    both = Snapshot(ref="disk", lineages=(*one.lineages, *two.lineages))
    with pytest.raises(UsageError, match="several lineages: billing, shop"):
        Runner(url, both)
    with pytest.raises(UsageError, match="no lineage 'bill'"):
        Runner(url, both, lineage="bill")
    assert Runner(url, both, lineage="shop").status().pending == ()


@pytest.mark.postgresql
def test_no_secret_reaches_output_history_or_files(postgresql_database: object, tmp_path: Path) -> None:
    plain = postgresql_database.plain_url  # type: ignore[attr-defined]
    place = urlsplit(plain)
    secret = place.password or SECRET
    url = f"postgresql://{place.username}:{secret}@{place.hostname}:{place.port}{place.path}"
    sandbox = GitSandbox(tmp_path / "repository")
    configured = {"mig.toml": SETTINGS["mig.toml"] + '[databases.default]\nurl = "env:DATABASE_URL"\n'}
    broken = native("d" * 12, "c" * 12, f"SELECT '{secret}'::integer;")
    sandbox.commit("shop", shop() | configured | {"migrations/4.sql": broken})
    commands = [
        ("status",),
        ("up", "--dry-run"),
        ("up",),
        ("status", "--format", "json"),
        ("up", "--lock-wait", "0"),
        ("down", "-1"),
        ("redo",),
        ("up", "zzz"),
        ("down", "zzz"),
        ("up", "--sql", "+1"),
        ("up", "--url"),
        ("status", "--url", f"mysql://ada:{secret}@db/x"),
        ("status", "--url", f"postgresql://ada@127.0.0.1:1/x?password={secret}"),
        ("status", "--database", "none"),
    ]
    shown = ""
    for command in commands:
        result = sandbox.mig(*command, expect=None, env={"DATABASE_URL": url})
        shown += result.stdout + result.stderr
        assert result.returncode in (0, 2, 3, 4), (command, result.stderr)
    # The dry run and the script show the file's own text, which is no secret of the URL.
    lines = [line for line in shown.splitlines() if "::integer" not in line]
    assert not [line for line in lines if secret in line]
    history = Target(plain).query("SELECT * FROM mig_history") + Target(plain).query(
        "SELECT * FROM mig_history_log"
    )
    assert secret not in str([row for row in history if A in row])
