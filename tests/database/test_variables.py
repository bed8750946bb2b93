"""Variables in migrations, repeatables and callbacks, through the command and on real databases."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from mig.findings import Verdict
from tests.database.test_runner_runs import KINDS, Target, target
from tests.functional.checks import check, codes
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter2-is-hidden"
SETTINGS = 'source = "native"\npath = "migrations"\n[databases.default]\nurl = "env:SHOP"\n'
VARIABLES = '[variables]\nprefix = "shop"\nword = "env:WORD"\n'
FILES = {
    "migrations/1.sql": native(
        A,
        (),
        "CREATE TABLE ${prefix}_users (word varchar(90));\nINSERT INTO ${prefix}_users VALUES ('${word}');",
        "DELETE FROM ${prefix}_users WHERE word = '${word}';\nDROP TABLE ${prefix}_users;",
    ),
    "migrations/repeatable/rows.sql": "-- ${prefix}\nINSERT INTO ${prefix}_users VALUES ('$${prefix}');",
    "migrations/callbacks/after_up.sql": "INSERT INTO ${prefix}_users VALUES ('called');",
}


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    return target(request.param, request, tmp_path)


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    made = GitSandbox(tmp_path / "repo")
    made.commit("start", {"mig.toml": SETTINGS + VARIABLES} | FILES)
    return made


def environment(database: Target, word: str = SECRET) -> dict[str, str]:
    return {**os.environ, "SHOP": database.url, "WORD": word}


def test_values_are_put_in_when_a_file_is_run(repo: GitSandbox, database: Target) -> None:
    env = environment(database)
    repo.mig("up", env=env)
    rows = [row[0] for row in database.query("SELECT word FROM shop_users")]
    assert rows == [SECRET, "${prefix}", "called"]
    repo.mig("down", "--allow-data-loss", env=env)
    assert database.tables() == []


def test_no_secret_is_shown_or_stored(repo: GitSandbox, database: Target) -> None:
    env = environment(database)
    shown = repo.mig("up", "--dry-run", env=env)
    assert "VALUES ('***')" in shown.stdout
    assert "CREATE TABLE shop_users" in shown.stdout
    said = [shown, repo.mig("up", "--dry-run", "--format", "json", env=env), repo.mig("up", env=env)]
    said += [repo.mig("status", env=env), repo.mig("down", "--dry-run", env=env)]
    refused = repo.mig("redo", "--sql", env=env, expect=3)
    assert "migrations/1.sql:8: the script would hold word, which is a secret" in refused.stderr
    bad = {"migrations/2.sql": native(B, A, "INSERT INTO nowhere_${word} VALUES (1);")}
    repo.commit("bad", bad)
    said += [refused, repo.mig("up", env=env, expect=4)]
    assert not any(SECRET in one.stdout + one.stderr for one in said)
    for table in ("mig_history", "mig_repeatables", "mig_history_log"):
        assert SECRET not in str(database.query(f"SELECT * FROM {table}"))


def test_the_down_of_a_file_that_is_gone_gets_the_secret_that_it_needs(
    repo: GitSandbox, database: Target
) -> None:
    repo.mig("up", env=environment(database))
    repo.git("rm", "--quiet", "migrations/1.sql")
    repo.write("mig.toml", SETTINGS + VARIABLES.replace('"shop"', '"other"'))
    plan = json.loads(repo.mig("down", "--dry-run", "--format", "json", env=environment(database)).stdout)
    # As it was applied, but for the secret.
    assert plan["steps"][0]["statements"][0]["text"] == "DELETE FROM shop_users WHERE word = '***'"
    repo.mig("down", "--allow-data-loss", env=environment(database))
    assert database.tables() == []


def test_a_value_of_one_database_goes_before_that_of_all(repo: GitSandbox, database: Target) -> None:
    repo.write("mig.toml", f'{SETTINGS}[databases.default.variables]\nprefix = "own"\n{VARIABLES}')
    repo.mig("up", env=environment(database))
    assert database.tables() == ["own_users"]


def test_a_repeatable_runs_again_when_a_value_changes_and_a_migration_stays_what_it_is(
    repo: GitSandbox, database: Target
) -> None:
    repo.mig("up", env=environment(database))
    # A digest of a short secret would tell it.
    assert "nothing to apply" in repo.mig("up", env=environment(database, "changed")).stdout
    database.query("CREATE TABLE other_users (word varchar(90))")
    repo.write("mig.toml", SETTINGS + VARIABLES.replace('"shop"', '"other"'))
    assert "repeated rows" in repo.mig("up", env=environment(database)).stdout
    assert [row[0] for row in database.query("SELECT word FROM other_users")] == ["${prefix}", "called"]


def test_without_variables_the_text_is_run_as_it_is(tmp_path: Path, database: Target) -> None:
    repo = GitSandbox(tmp_path / "repo")
    text = "CREATE TABLE t (x varchar(30));\nINSERT INTO t VALUES ('${a} $${b}');"
    repo.commit("start", {"mig.toml": SETTINGS, "migrations/1.sql": native(A, (), text)})
    repo.mig("up", env=environment(database))
    assert database.query("SELECT x FROM t") == [("${a} $${b}",)]
    assert codes(check(repo)) == []


def test_a_name_without_a_value_is_refused_before_anything_runs(repo: GitSandbox, tmp_path: Path) -> None:
    database = Target(f"sqlite:///{tmp_path / 'x.db'}")
    repo.write(
        "migrations/2.sql", native(B, A, "INSERT INTO x VALUES (1);\nINSERT INTO ${prfix} VALUES (1);")
    )
    found = repo.mig("up", env=environment(database), expect=2)
    assert "migrations/2.sql:6: there is no variable prfix (did you mean prefix?)" in found.stderr
    assert database.all_tables() == []
    missing = {k: v for k, v in environment(database).items() if k != "WORD"}
    repo.git("checkout", "--quiet", ".")
    found = repo.mig("up", env=missing, expect=2)
    assert "the environment variable WORD, which the variable word is taken from, is not set" in found.stderr


def test_check_finds_names_without_a_value_and_values_without_a_use(repo: GitSandbox) -> None:
    settings = VARIABLES.replace("word =", "wrd =") + 'left = "x"\n'
    repo.write("mig.toml", SETTINGS + settings)
    found = [(one.code, one.message, one.locations[0].path) for one in check(repo).findings]
    assert found == [
        ("MIG015", "there is no variable word (did you mean wrd?)", "migrations/1.sql"),
        ("MIG016", "no file uses the variable left", "mig.toml"),
        ("MIG016", "no file uses the variable wrd (did you mean word?)", "mig.toml"),
    ]
    repo.write(
        "mig.toml",
        f'{SETTINGS}[databases.other]\nurl = "sqlite:///x"\n[databases.other.variables]\n'
        'prefix = "x"\nword = "y"\n',
    )
    assert [one.message for one in check(repo).findings] == [
        "the variable prefix has no value for default",
        "the variable word has no value for default",
    ]


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        pytest.param('[variables]\nt = "users"\n', Verdict.CONFLICT, id="one value"),
        pytest.param('[variables]\nt = "orders"\n', None, id="another one"),
        pytest.param('[variables]\nt = "env:T"\n', Verdict.UNKNOWN, id="secret"),
        pytest.param(
            '[variables]\nt = "users"\n[databases.b]\nurl = "x"\n[databases.b.variables]\nt = "orders"\n',
            Verdict.UNKNOWN,
            id="another one somewhere",
        ),
    ],
)
def test_check_reads_a_name_as_its_value_where_that_is_the_same_everywhere(
    tmp_path: Path, settings: str, verdict: Verdict | None
) -> None:
    repo = GitSandbox(tmp_path)
    start = "CREATE TABLE users (id int, email text); CREATE TABLE orders (id int);"
    repo.commit("start", {"mig.toml": SETTINGS + settings, "migrations/1.sql": native(A, (), start)})
    repo.branch("feature")
    ours = "CREATE INDEX ix ON users (email);"
    repo.commit("ours", {"migrations/2.sql": native(B, A, ours)})
    repo.checkout("main")
    theirs = "ALTER TABLE ${t} ADD COLUMN phone text;\nALTER TABLE ${t} DROP COLUMN id;\nDROP TABLE ${t};"
    repo.commit("theirs", {"migrations/3.sql": native("c" * 12, A, theirs)})
    repo.checkout("feature")
    found = [one.verdict for one in check(repo).findings if one.code.startswith("MIG3")]
    assert found == ([verdict] if verdict else [])
    assert not [one for one in check(repo).findings if one.code.startswith("MIG0")]


def test_verify_replays_migrations_with_their_values(tmp_path: Path) -> None:
    database = Target(f"sqlite:///{tmp_path / 'x.db'}")
    repo = GitSandbox(tmp_path / "repo")
    files = {"migrations/1.sql": FILES["migrations/1.sql"]}
    repo.commit("start", {"mig.toml": SETTINGS + VARIABLES} | files)
    repo.mig("up", env=environment(database))
    found = repo.mig("verify", "--replay", env=environment(database))
    assert SECRET not in found.stdout + found.stderr
    database.query("CREATE TABLE by_hand (x text)")
    assert "by_hand" in repo.mig("verify", "--replay", env=environment(database), expect=1).stdout
