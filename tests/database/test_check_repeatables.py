"""What ``mig check`` says of repeatables and new migrations, beside what databases do in both orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from mig.errors import StepFailedError
from mig.findings import Severity, Verdict
from mig.runner import Runner
from tests.database.test_runner_runs import KINDS, Target, target
from tests.functional.checks import check, codes
from tests.repositories import GitSandbox, native
from tests.unit.runner.snapshots import A, B, snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mig.findings import Finding

FOLDER = "migrations/repeatable"
BASE = "CREATE TABLE users (id integer PRIMARY KEY, email varchar(50), state varchar(9));"
NAMES = "DROP VIEW IF EXISTS names;\nCREATE VIEW names AS SELECT id, email FROM users;"
IDS = "DROP VIEW IF EXISTS names;\nCREATE VIEW names AS SELECT id FROM users;"
STAR = "DROP VIEW IF EXISTS names;\nCREATE VIEW names AS SELECT * FROM users;"
DROP = "ALTER TABLE users DROP COLUMN email;"
ADD = "ALTER TABLE users ADD COLUMN phone varchar(9);"
GRANT = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC;"
MAKE = "CREATE TABLE orders (id integer);"

SEEDS = "INSERT INTO users (id, state) SELECT 9, 'new' WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = 9);"
TRIGGER = (
    "DROP TRIGGER IF EXISTS g;\n"
    "CREATE TRIGGER g AFTER INSERT ON users BEGIN UPDATE users SET state = 'x' WHERE id = new.id; END;"
)
FUNCTION = (
    "CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN NEW.state := 'x'; RETURN NEW; END $$;"
)
CALLS = (
    "DROP TRIGGER IF EXISTS g ON users;\n"
    "CREATE TRIGGER g BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION stamp();"
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Repeatables as they were and as they are, and the migration that comes with the change."""

    before: Mapping[str, str]
    migration: str
    after: Mapping[str, str] | None = None
    said: Severity | None = None
    is_broken: bool = False
    databases: tuple[str, ...] = ("sqlite", "postgresql", "mariadb")


CASES = {
    "a view of a column that is dropped": Case(
        before={"names": NAMES},
        migration=DROP,
        said=Severity.ERROR,
        is_broken=True,
        databases=("sqlite", "postgresql", "mariadb"),
    ),
    "a view that knows the columns of its day": Case(
        before={"names": STAR},
        migration=ADD,
        said=Severity.ERROR,
        is_broken=True,
        databases=("postgresql", "mariadb"),
    ),
    "a grant on all tables and a new table": Case(
        before={"grants": GRANT},
        migration=MAKE,
        said=Severity.ERROR,
        is_broken=True,
        databases=("postgresql",),
    ),
    "a view that changes while its old text is in the way": Case(
        before={"names": NAMES},
        after={"names": IDS},
        migration=DROP,
        said=Severity.WARNING,
        is_broken=True,
        databases=("sqlite", "postgresql"),
    ),
    "a view that the migration drops first": Case(
        before={"names": NAMES}, after={"names": IDS}, migration=f"DROP VIEW IF EXISTS names;\n{DROP}"
    ),
    "a view that the migration drops, and that nothing makes again": Case(
        before={"names": NAMES}, migration="DROP VIEW IF EXISTS names;", said=Severity.ERROR, is_broken=True
    ),
    "rights on a view that is made again": Case(
        before={"names": NAMES, "rights": "GRANT SELECT ON names TO PUBLIC;"},
        after={"names": IDS, "rights": "GRANT SELECT ON names TO PUBLIC;"},
        migration=f"DROP VIEW IF EXISTS names;\n{DROP}",
        databases=("postgresql",),
    ),
    "a view whose file goes with the migration that drops it": Case(
        before={"names": NAMES}, after={}, migration=f"DROP VIEW IF EXISTS names;\n{DROP}"
    ),
    "a trigger and rows that it has not seen": Case(
        before={"stamp": TRIGGER},
        migration="INSERT INTO users (id) VALUES (1);",
        said=Severity.ERROR,
        is_broken=True,
        databases=("sqlite",),
    ),
    "a function of a trigger, and rows that it has not seen": Case(
        before={"a": FUNCTION, "b": CALLS},
        migration="INSERT INTO users (id) VALUES (1);",
        said=Severity.ERROR,
        is_broken=True,
        databases=("postgresql",),
    ),
    "rows of a table that gets a column": Case(
        before={"seeds": SEEDS},
        migration="ALTER TABLE users ADD COLUMN age integer NOT NULL DEFAULT 7;",
        databases=("postgresql", "sqlite"),
    ),
    "rows that the migration changes": Case(
        before={"seeds": SEEDS},
        migration="UPDATE users SET state = 'old';",
        said=Severity.ERROR,
        is_broken=True,
        databases=("postgresql", "sqlite"),
    ),
    "a new view of a new column": Case(
        before={},
        after={"phones": "CREATE VIEW phones AS SELECT phone FROM users;"},
        migration=ADD,
    ),
    "a view and a column that it does not name": Case(before={"names": NAMES}, migration=ADD),
    "a view and a table that it does not name": Case(before={"names": NAMES}, migration=MAKE),
}


def files(repeatables: Mapping[str, str], migration: str = "") -> dict[str, str]:
    found = {"migrations/1_users.sql": native(A, (), BASE)}
    if migration:
        found["migrations/2_change.sql"] = native(B, A, migration)
    return found | {f"{FOLDER}/{name}.sql": f"{text}\n" for name, text in repeatables.items()}


def found_by_check(path: Path, case: Case, dialect: str) -> list[Finding]:
    repo = GitSandbox(path)
    settings = {"mig.toml": f'source = "native"\npath = "migrations"\ndialect = "{dialect}"\n'}
    repo.commit("start", settings | files(case.before))
    repo.branch("feature")
    after = case.before if case.after is None else case.after
    for name in case.before.keys() - after.keys():
        repo.git("rm", "--quiet", f"{FOLDER}/{name}.sql")
    repo.commit("ours", files(after, case.migration))
    return list(check(repo).findings)


def picture(target: Target) -> list[object]:
    """The schema, as far as these cases change it; what can no longer be selected from is told as such."""
    if target.is_sqlite:
        rows = target.query(
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%mig_%' ORDER BY name"
        )
    else:
        schema = "'public'" if not target.is_mariadb else "database()"
        rows = target.query(
            "SELECT table_name, column_name FROM information_schema.columns"
            f" WHERE table_schema = {schema} AND table_name NOT LIKE 'mig_%' ORDER BY 1, 2"
        )
    if not target.is_sqlite and not target.is_mariadb:
        rows += target.query(
            "SELECT table_name, grantee FROM information_schema.role_table_grants"
            " WHERE table_schema = 'public' AND table_name NOT LIKE 'mig_%' ORDER BY 1, 2"
        )
    return [*rows, *target.query("SELECT id, state FROM users ORDER BY id")]


def run(target: Target, *states: Mapping[str, str]) -> object:
    """The schema after these states of the files were deployed one after the other, or that one failed."""
    for state in states:
        try:
            Runner(target.url, snapshot(state)).up()
        except StepFailedError:
            return "fails"
    for name in ("names", "phones"):
        try:
            target.query(f"SELECT * FROM {name}")
        except Exception as error:  # noqa: BLE001 - each driver has errors of its own
            if "invalid" in str(error) or "no such column" in str(error):
                return "fails"
    return picture(target)


ON_THEIR_DATABASES = [
    pytest.param(kind.id, case, marks=kind.marks, id=f"{kind.id}-{name}")
    for kind in KINDS
    for name, case in CASES.items()
    if kind.id in case.databases
]


@pytest.mark.parametrize(("kind", "case"), ON_THEIR_DATABASES)
def test_check_says_what_the_two_orders_come_to(
    kind: str, case: Case, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    findings = found_by_check(tmp_path / "shop", case, kind)
    assert [one.severity for one in findings if one.code == "MIG311"] == ([case.said] if case.said else [])
    assert [one.code for one in findings if one.code != "MIG311"] == []
    after = files(case.before if case.after is None else case.after, case.migration)
    (tmp_path / "old").mkdir()
    existing = run(target(kind, request, tmp_path / "old"), files(case.before), after)
    drop_all(kind, request, tmp_path)
    fresh = run(target(kind, request, tmp_path), after)
    assert (existing != fresh or "fails" in (existing, fresh)) is case.is_broken


def drop_all(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Empty the server's database, which is the same one for both runs."""
    if kind == "sqlite":
        return
    used = target(kind, request, tmp_path)
    if kind == "postgresql":
        used.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        return
    for name in used.all_tables():
        is_view = name in ("names", "phones")
        used.query(f"DROP {'VIEW' if is_view else 'TABLE'} {name}")


def test_a_finding_names_both_files_and_what_to_do(tmp_path: Path) -> None:
    case = CASES["a view of a column that is dropped"]
    [found] = found_by_check(tmp_path, case, "postgresql")
    assert found.verdict is Verdict.CONFLICT
    assert found.message == "repeatable:names has a view of users.email, which ours drops"
    assert found.migrations == ("repeatable:names", B)
    assert [(place.path, place.line) for place in found.locations] == [
        (f"{FOLDER}/names.sql", 2),
        ("migrations/2_change.sql", 5),
    ]
    assert found.fix.startswith(
        f"change {FOLDER}/names.sql in the same branch, so that it runs again, and drop"
    )


def test_what_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    block = "DO $$ BEGIN EXECUTE 'ALTER TABLE ' || 'users' || ' DROP COLUMN email'; END $$;"
    case = Case(
        before={"names": NAMES, "more": "CREATE OR REPLACE VIEW more AS SELECT 1 AS x;"}, migration=block
    )
    found = found_by_check(tmp_path, case, "postgresql")
    assert {(one.code, one.severity, one.verdict) for one in found} == {
        ("MIG311", Severity.WARNING, Verdict.UNKNOWN)
    }
    shown = GitSandbox.at(tmp_path).mig("check", "--format", "text", "--base", "main").stdout
    assert "repeatable:names" in shown


@pytest.mark.parametrize("place", ["migration", "repeatable"])
def test_either_file_can_say_that_it_does_no_harm(tmp_path: Path, place: str) -> None:
    note = '-- mig:ignore MIG311 "nobody reads it"'
    before = {"names": f"{note}\n{NAMES}" if place == "repeatable" else NAMES}
    case = Case(before=before, migration=f"{note}\n{DROP}" if place == "migration" else DROP)
    [found] = found_by_check(tmp_path, case, "postgresql")
    assert found.severity is Severity.NOTE
    assert found.message.endswith("(ignored: nobody reads it)")


def test_theirs_that_came_meanwhile_is_held_against_ours(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path)
    repo.commit("start", {"mig.toml": 'source = "native"\npath = "migrations"\n'} | files({}))
    repo.branch("feature")
    repo.commit("ours", files({}, DROP))
    repo.checkout("main")
    repo.commit("theirs", files({"names": NAMES}))
    repo.checkout("feature")
    [found] = check(repo).findings
    assert (found.code, found.severity) == ("MIG311", Severity.ERROR)
    # The other way round: the repeatable is ours, and the migration is theirs.
    repo.checkout("main")
    repo.branch("feature2", "main")
    repo.commit("ours", files({"names": IDS, "new": "CREATE VIEW new AS SELECT state FROM users;"}))
    repo.checkout("main")
    repo.commit("theirs too", files({"names": NAMES}, "ALTER TABLE users DROP COLUMN state;"))
    repo.checkout("feature2")
    assert [(one.code, one.migrations) for one in check(repo).findings] == [("MIG311", ("repeatable:new", B))]


def test_needs_that_cannot_be_met_are_found(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path)
    repo.commit("start", {"mig.toml": 'source = "native"\npath = "migrations"\n'} | files({}))
    repo.branch("feature")
    repo.commit(
        "ours",
        files(
            {
                "active_users": "-- mig:needs base\nSELECT 1;",
                "base": "-- mig:needs activ_users, active_users\nSELECT 1;",
            }
        ),
    )
    found = check(repo)
    assert codes(found) == ["MIG109", "MIG109"]
    assert [(one.message, one.fix) for one in found.findings] == [
        (
            "repeatables need one another in a circle: active_users -> base -> active_users",
            "take one need out, or declare in one of them which comes first: -- mig:needs NAME",
        ),
        ("base needs activ_users, and there is no such repeatable", "did you mean active_users?"),
    ]
