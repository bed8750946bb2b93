"""``mig check --replay`` and ``mig compare --replay`` on SQLite, on real repositories."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import mig
from mig.findings import Severity, Verdict
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

BASE, ONE, OTHER = "a" * 12, "b" * 12, "c" * 12
USERS = "CREATE TABLE users (id integer PRIMARY KEY, email text);"
ROWS = "INSERT INTO users VALUES (1, 'a@x.org');"
INDEX = "CREATE INDEX ix ON users (email);"
RENAME = "ALTER TABLE users RENAME COLUMN email TO mail;"
PHONE = "ALTER TABLE users ADD COLUMN phone text;"
# Nobody can say by reading what it does, and SQLite does nothing.
OPAQUE = "SELECT sqlite_source_id();"
ENDLESS = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n;"


def place(id: str, ending: str = ".sql") -> str:
    return f"migrations/20260101000000_{id}{ending}"


def build(path: Path, one: str, other: str, *, base: str = USERS, header: str = "") -> GitSandbox:
    """Two migrations that the graph does not order, after one that both continue."""
    repo = GitSandbox(path / "shop")
    files = {
        "mig.toml": 'dialect = "sqlite"\n',
        place(BASE): native(BASE, up=base),
        place(ONE): native(ONE, (BASE,), up=one, header=header),
        place(OTHER): native(OTHER, (BASE,), up=other),
    }
    repo.commit("migrations", files)
    return repo


def compared(repo: GitSandbox) -> dict[str, Any]:
    printed = repo.mig("compare", ONE, OTHER, "--replay", "--format", "json", expect=None).stdout
    value: dict[str, Any] = json.loads(printed)
    return value


def checked(repo: GitSandbox, *args: str, expect: int | None = None) -> dict[str, Any]:
    printed = repo.mig("check", "--all", "--replay", "--format", "json", *args, expect=expect).stdout
    value: dict[str, Any] = json.loads(printed)
    value["pair"] = [finding for finding in value["findings"] if finding["code"].startswith("MIG3")]
    return value


def test_a_conflict_is_confirmed_with_what_happened_in_both_orders(tmp_path: Path) -> None:
    repo = build(tmp_path, INDEX, RENAME)
    shown = repo.mig("compare", "--replay", ONE, OTHER, expect=1).stdout
    assert f"{ONE} then {OTHER}  succeeds" in shown
    assert f"{OTHER} then {ONE}  fails at {ONE}: no such column: email" in shown
    assert f"{place(ONE)}:5  CREATE INDEX ix ON users (email)" in shown
    assert "confirms it" in shown
    value = compared(repo)
    assert (value["verdict"], value["replayed"]["verdict"]) == ("conflict", "conflict")
    assert value["replayed"]["kinds"] == ["fails"]
    assert value["replayed"]["orders"] == [
        {"order": [ONE, OTHER], "failed": None},
        {
            "order": [OTHER, ONE],
            "failed": {
                "migration": ONE,
                "path": place(ONE),
                "line": 5,
                "statement": "CREATE INDEX ix ON users (email)",
                "message": "no such column: email",
            },
        },
    ]


def test_who_has_what_is_shown_where_schemas_differ(tmp_path: Path) -> None:
    one, other = (f"CREATE TABLE IF NOT EXISTS t ({column} integer);" for column in "xy")
    shown = build(tmp_path, one, other).mig("compare", ONE, OTHER, "--replay", expect=1).stdout
    lines = [line.strip() for line in shown.splitlines()]
    at = lines.index("column:t.y")
    assert lines[at + 1] == f"{ONE} first  (not there)"
    assert lines[at + 2].startswith(f"{OTHER} first  integer")


def test_two_that_commute_are_counted_and_need_no_finding(tmp_path: Path) -> None:
    value = checked(build(tmp_path, INDEX, PHONE))
    counted = {"checked": 1, "commute": 1, "conflict": 0, "unknown": 0, "assumed": 0, "replayed": 1}
    assert value["pairs"] == counted
    assert value["pair"] == []


def test_what_cannot_be_read_is_settled_and_the_note_is_shown(tmp_path: Path) -> None:
    repo = build(tmp_path, OPAQUE, PHONE)
    assert (
        json.loads(repo.mig("check", "--all", "--format", "json", expect=1).stdout)["pairs"]["unknown"] == 1
    )
    value = checked(repo)
    assert value["pairs"]["commute"] == 1
    [finding] = value["pair"]
    assert (finding["code"], finding["severity"], finding["verdict"]) == ("MIG300", "note", "commute")
    assert "no other rows than those that migrations insert" in finding["message"]
    assert (
        "no other rows than those that migrations insert"
        in repo.mig("check", "--all", "--replay", expect=None).stdout
    )


def test_a_conflict_about_rows_stays_although_an_empty_table_shows_nothing(tmp_path: Path) -> None:
    repo = build(tmp_path, "UPDATE users SET email = lower(email);", "INSERT INTO users (id) VALUES (7);")
    value = compared(repo)
    assert (value["verdict"], value["replayed"]["verdict"]) == ("conflict", "commute")
    assert "others may tell the orders apart" in value["remark"]


def test_rows_that_migrations_insert_tell_orders_apart(tmp_path: Path) -> None:
    one, other = "UPDATE users SET email = 'x';", "UPDATE users SET email = email || 'y';"
    value = compared(build(tmp_path, one, other, base=f"{USERS}\n{ROWS}"))
    assert value["replayed"]["kinds"] == ["rows"]
    [difference] = value["replayed"]["rows"]
    assert difference["resource"] == "rows:users"
    assert "'xy'" in difference["first"]
    assert "'xy'" not in difference["second"]


def test_a_declaration_that_replay_contradicts_does_not_count(tmp_path: Path) -> None:
    header = f'-- mig:commutes-with {OTHER} "trust me"'
    one = f"CREATE TABLE IF NOT EXISTS t (x integer);\n{OPAQUE}"
    repo = build(tmp_path, one, "CREATE TABLE IF NOT EXISTS t (y integer);", header=header)
    [finding] = checked(repo)["pair"]
    assert (finding["verdict"], finding["severity"]) == ("conflict", "error")


def test_declared_pairs_that_replay_does_not_contradict_stay_a_note(tmp_path: Path) -> None:
    repo = build(tmp_path, OPAQUE, PHONE, header=f'-- mig:commutes-with {OTHER} "looked at it"')
    [finding] = checked(repo, "--strict")["pair"]
    assert finding["severity"] == "note"
    assert "declared to commute: looked at it" in finding["message"]


@pytest.mark.parametrize(
    ("one", "base", "problem", "verdict"),
    [
        pytest.param(
            INDEX, "CREATE INDEX i ON nowhere (x);", "no such table: main.nowhere", "unknown", id="base"
        ),
        pytest.param("DROP TABLE nowhere;", USERS, "fails by itself", "unknown", id="alone"),
        pytest.param("ATTACH 'x.db' AS x;", USERS, "does not run ATTACH", "conflict", id="reach"),
    ],
)
def test_what_cannot_be_run_stays_as_it_was_with_the_reason(
    tmp_path: Path, one: str, base: str, problem: str, verdict: str
) -> None:
    repo = build(tmp_path, one, OPAQUE, base=base)
    value = checked(repo)
    assert (value["pairs"][verdict], value["pairs"]["replayed"]) == (1, 0)
    [finding] = value["pair"]
    assert problem in finding["message"]
    assert finding["replayed"]["problem"] in finding["message"]
    assert not (repo.path / "x.db").exists()


def test_python_is_not_run(tmp_path: Path) -> None:
    repo = build(tmp_path, PHONE, INDEX)
    marker = tmp_path / "ran"
    header = f'id = "{"d" * 12}"\nparents = ("{BASE}",)\nopen({str(marker)!r}, "w")\n'
    text = f"{header}\n\ndef up(op):\n    op.foo()\n"
    repo.write(place("d" * 12, ".py"), text)
    value = checked(repo)
    assert value["pairs"]["replayed"] == 1
    assert all("executes no code" in finding["message"] for finding in value["pair"])
    assert len(value["pair"]) == 2
    assert not marker.exists()


def test_two_that_the_graph_orders_are_not_run(tmp_path: Path) -> None:
    repo = build(tmp_path, INDEX, PHONE)
    assert (
        "not replayed: the graph puts them in order"
        in repo.mig("compare", BASE, ONE, "--replay", expect=1).stdout
    )


def test_each_pair_is_run_on_what_comes_before_it(tmp_path: Path) -> None:
    """Two chains: each later one needs what stands before it in its own."""
    repo = GitSandbox(tmp_path / "shop")
    files = {"mig.toml": 'dialect = "sqlite"\n', place(BASE): native(BASE, up=USERS)}
    for side in "12":
        parent = BASE
        for step in range(1, 4):
            id = side * 11 + str(step)
            up = (
                f"CREATE TABLE s{side}{step} (i integer);"
                if step == 1
                else (f"ALTER TABLE s{side}{step - 1} RENAME TO s{side}{step};")
            )
            files[place(id)] = native(id, (parent,), up=up)
            parent = id
    repo.commit("chains", files)
    value = checked(repo)
    counted = {"checked": 9, "commute": 9, "conflict": 0, "unknown": 0, "assumed": 0, "replayed": 9}
    assert value["pairs"] == counted


@pytest.mark.parametrize("setting", ["warn", "allow", "block"])
def test_strict_blocks_on_what_is_unknown_whatever_is_configured(tmp_path: Path, setting: str) -> None:
    repo = build(tmp_path, OPAQUE, PHONE)
    repo.write("mig.toml", f'dialect = "sqlite"\non_divergence = "allow"\nunknown = "{setting}"\n')
    found = []
    for args in ([], ["--strict"]):
        value = json.loads(repo.mig("check", "--all", *args, "--format", "json", expect=1).stdout)
        found += [finding["severity"] for finding in value["findings"] if finding["code"] == "MIG300"]
    assert found == [{"warn": "warning", "allow": "note", "block": "error"}[setting], "error"]


@pytest.mark.parametrize(
    ("dialect", "args", "message"),
    [
        pytest.param("postgresql", [], "MIG_REPLAY_URL is not set", id="no url"),
        pytest.param("postgresql", ["env:NOWHERE"], "NOWHERE is not set", id="no variable"),
        pytest.param("postgresql", ["mysql://u:geheim@h/d"], "is not such a database", id="another kind"),
        pytest.param("sqlite", ["postgresql://u:geheim@h/d"], "in memory", id="sqlite"),
        pytest.param("sqlite", ["sqlite:///prod.db"], "in memory", id="a file"),
        pytest.param("postgresql", ["postgresql://v:geheim@db:5432/prod"], "configured", id="configured"),
    ],
)
def test_a_server_that_will_not_do_is_refused(
    tmp_path: Path, dialect: str, args: list[str], message: str
) -> None:
    repo = build(tmp_path, INDEX, PHONE)
    database = '[databases.default]\nurl = "postgresql://u:secret@db/prod"\n'
    repo.write("mig.toml", f'dialect = "{dialect}"\n{database}')
    for command in (["check", "--all"], ["compare", ONE, OTHER]):
        said = repo.mig(*command, "--replay", *args, expect=2)
        assert message in said.stderr
        assert "--replay" in said.stderr or "postgresql://USER@HOST" in said.stderr
        assert "geheim" not in said.stdout + said.stderr
    assert not (repo.path / "prod.db").exists()


def test_a_server_out_of_reach_is_told_without_its_password(tmp_path: Path) -> None:
    repo = build(tmp_path, INDEX, PHONE)
    repo.write("mig.toml", 'dialect = "postgresql"\n')
    url = "postgresql://mig:geheim@127.0.0.1:1/x"
    said = repo.mig("check", "--all", "--replay", expect=3, env={"MIG_REPLAY_URL": url})
    assert "cannot be reached" in said.stderr
    assert "geheim" not in said.stdout + said.stderr


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_says_what_was_done_so_far(tmp_path: Path, sign: signal.Signals) -> None:
    repo = build(tmp_path, ENDLESS, PHONE)
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "mig", "check", "--all", "--replay"],
        cwd=repo.path,
        stdout=subprocess.DEVNULL,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    while b"0/1" not in shown:
        shown += os.read(master, 1000)
    process.send_signal(sign)
    assert process.wait() == 130
    shown += os.read(master, 10_000)
    os.close(master)
    assert b"replayed 0 of 1 pair" in shown
    assert b"interrupted" in shown


def test_the_library_replays_too(tmp_path: Path) -> None:
    repo = build(tmp_path, OPAQUE, PHONE)
    assert mig.check(repo.path, everything=True).pairs.unknown == 1
    result = mig.check(repo.path, everything=True, replay="", strict=True)
    assert (result.pairs.commute, result.pairs.replayed) == (1, 1)
    [note] = [finding for finding in result.findings if finding.replayed]
    assert (note.verdict, note.severity) == (Verdict.COMMUTE, Severity.NOTE)
    assert note.replayed is not None
    assert note.replayed.database.startswith("SQLite ")
