"""What ``check --deployed`` foretells, held against what databases do."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from mig.findings import Verdict
from mig.usecases.check import check_project
from mig.usecases.project import open_project
from tests.functional.checks import A, X, Y, file_of
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

USERS = (
    "CREATE TABLE users (id integer PRIMARY KEY, email text, state text DEFAULT 'a');\n"
    "INSERT INTO users (email) VALUES ('x');\nCREATE INDEX ix_state ON users (state);"
)
ENVIRONMENTS = {"base": (A,), "ours": (A, X), "theirs": (A, Y), "both": (A, X, Y)}


def outcome(scripts: list[str]) -> list[object] | None:
    """The schema and the rows that these scripts leave one after the other, or None where one fails."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        try:
            for script in scripts:
                database.executescript(script)
            names = [row[0] for row in database.execute("SELECT name FROM sqlite_master ORDER BY name")]
            found: list[object] = [names]
            for name in names:
                columns = sorted(
                    database.execute(f"PRAGMA table_info({name})").fetchall(), key=lambda c: c[1]
                )
                found.append([column[1:] for column in columns])
            rows = database.execute("SELECT * FROM users ORDER BY 1").fetchall()
        except sqlite3.Error:
            return None
        return [*found, sorted(map(sorted, ([str(value) for value in row] for row in rows)))]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(
            "CREATE INDEX ix ON users (email);", "ALTER TABLE users RENAME COLUMN email TO mail;", id="rename"
        ),
        pytest.param(
            "ALTER TABLE users RENAME COLUMN email TO mail;",
            "CREATE INDEX ix ON users (email);",
            id="rename-first",
        ),
        pytest.param(
            "ALTER TABLE users ADD COLUMN fax text;", "ALTER TABLE users ADD COLUMN fax integer;", id="twice"
        ),
        pytest.param(
            "ALTER TABLE users ADD COLUMN fax text;", "ALTER TABLE users ADD COLUMN phone text;", id="commute"
        ),
        pytest.param(
            "DROP INDEX ix_state;", "DROP TABLE users; CREATE TABLE users (id integer);", id="drop-index"
        ),
        pytest.param(
            "UPDATE users SET state = 'b';", "INSERT INTO users (email, state) VALUES ('y', 'c');", id="rows"
        ),
        pytest.param(
            "UPDATE users SET email = state;", "UPDATE users SET state = 'z';", id="reads-what-is-written"
        ),
        pytest.param(
            "ALTER TABLE users DROP COLUMN email;", "CREATE VIEW v AS SELECT email FROM users;", id="view"
        ),
        pytest.param(
            "CREATE VIEW v AS SELECT email FROM users;",
            "ALTER TABLE users DROP COLUMN email;",
            id="view-first",
        ),
    ],
)
def test_what_is_called_safe_is_what_a_fresh_database_gets_and_what_fails_fails(
    tmp_path: Path, ours: str, theirs: str
) -> None:
    repo = GitSandbox(tmp_path / "repo")
    ups = {A: USERS, X: ours, Y: theirs}
    settings = {"mig.toml": 'source = "native"\ndialect = "sqlite"\n'}
    repo.commit("start", settings | {file_of(A): native(A, (), USERS)})
    repo.branch("feature")
    repo.commit("ours", {file_of(X): native(X, A, ours)})
    repo.checkout("main")
    repo.commit("theirs", {file_of(Y): native(Y, A, theirs)})
    repo.checkout("feature")
    result = check_project(
        open_project(repo.path), deployed={n: list(ids) for n, ids in ENVIRONMENTS.items()}
    )
    fresh, *environments = result.deployed
    expected = outcome([ups[i] for i in fresh.pending])
    for one in environments:
        if one.name == "both":
            assert one.verdict is Verdict.COMMUTE
            continue
        happens = outcome([ups[i] for i in (*ENVIRONMENTS[one.name], *one.pending)])
        if one.verdict is Verdict.COMMUTE:
            assert happens == expected or expected is None, one
        elif one.fails:
            assert happens is None, one


@pytest.mark.postgresql
def test_the_history_of_a_server_is_asked(postgresql_database: object, tmp_path: Path) -> None:
    url = postgresql_database.plain_url  # type: ignore[attr-defined]
    repo = GitSandbox(tmp_path / "repo")
    settings = '[databases.production]\nurl = "env:PRODUCTION"\n'
    files = {file_of(A): native(A, (), "CREATE TABLE users (email text);")}
    files |= {file_of(X): native(X, A, "CREATE INDEX ix ON users (email);")}
    files |= {file_of(Y): native(Y, A, "ALTER TABLE users RENAME COLUMN email TO mail;")}
    repo.commit("fork", {"mig.toml": f'source = "native"\n{settings}'} | files)
    repo.mig("up", Y, "--url", url)
    shown = repo.mig("check", "--deployed", "production", expect=1, env={"PRODUCTION": url}).stdout
    assert "safe on fresh databases; fails on production at step 1" in shown
    joined = repo.mig("merge", "--order", f"{X},{Y}").stdout
    assert f"puts {X} before {Y}" in joined
    again = repo.mig("check", "--deployed", "production", expect=1, env={"PRODUCTION": url}).stdout
    assert "safe on fresh databases; refused on production" in again
    assert f"fix  there: mig redo {Y}" in again
    refused = repo.mig("up", "--url", url, expect=3).stderr
    assert "needs reconciliation" in refused
