"""What two unordered migrations mean to one another, through the command and on real Git repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.findings import Finding, Severity, Verdict
from tests.functional.checks import OPAQUE, A, B, X, Y, as_json, check, codes, file_of, one
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

    from mig.usecases.check import CheckResult

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, state text);\nCREATE INDEX ix ON users (email);"
INDEX = "CREATE INDEX ix_email ON users (email);"
RENAME = "ALTER TABLE users RENAME COLUMN email TO mail;"
PHONE = "ALTER TABLE users ADD COLUMN phone text;"
FAX = "ALTER TABLE users ADD COLUMN fax text;"


def diverge(path: Path, ours: str, theirs: str, *, header: str = "", settings: str = "") -> GitSandbox:
    """``feature``, checked out, added x, and ``main`` y; both after the table of users."""
    repo = GitSandbox(path)
    config = {"mig.toml": f'source = "native"\npath = "migrations"\n{settings}'}
    repo.commit("start", {**config, file_of(A): native(A, (), USERS)})
    repo.branch("feature")
    repo.commit("ours", {file_of(X): native(X, A, ours, header=header)})
    repo.checkout("main")
    repo.commit("theirs", {file_of(Y): native(Y, A, theirs)})
    repo.checkout("feature")
    return repo


def counts(result: CheckResult) -> tuple[int, int, int]:
    pairs = result.pairs
    assert pairs.checked == pairs.commute + pairs.conflict + pairs.unknown
    return pairs.commute, pairs.conflict, pairs.unknown


def conflict(result: CheckResult) -> Finding:
    """The one conflict that was found."""
    [found] = [finding for finding in result.findings if finding.verdict is Verdict.CONFLICT]
    assert counts(result) == (0, 1, 0)
    return found


@pytest.mark.parametrize(
    ("code", "ours", "theirs", "resource"),
    [
        pytest.param(
            "MIG301", "CREATE TABLE a (i int);", "CREATE TABLE a (t text);", "a", id="create-create"
        ),
        pytest.param("MIG302", INDEX, RENAME, "column:users.email", id="rename-use"),
        pytest.param("MIG302", RENAME, INDEX, "column:users.email", id="use-rename"),
        pytest.param(
            "MIG303",
            "CREATE VIEW v AS SELECT id, email FROM users;",
            "ALTER TABLE users DROP COLUMN email;",
            "column:users.email",
            id="drop-use",
        ),
        pytest.param(
            "MIG303", "DROP INDEX ix;", "ALTER TABLE users DROP COLUMN email;", "index:ix", id="made-before"
        ),
        pytest.param(
            "MIG304",
            "ALTER TABLE users ALTER COLUMN state SET DEFAULT 'new';",
            "ALTER TABLE users ALTER COLUMN state SET DEFAULT 'open';",
            "column:users.state",
            id="alter-alter",
        ),
        pytest.param("MIG304", "CREATE VIEW v AS SELECT * FROM users;", PHONE, "users", id="select-star"),
        pytest.param(
            "MIG305",
            "INSERT INTO users (id, email) VALUES (1, 'x');",
            "ALTER TABLE users ALTER COLUMN state SET DEFAULT 'open';",
            "users.state",
            id="schema-data",
        ),
        pytest.param(
            "MIG306",
            "UPDATE users SET state = 'old';",
            "INSERT INTO users (id, email, state) VALUES (1, 'x', 'new');",
            "users",
            id="data-data",
        ),
    ],
)
def test_a_conflict_names_its_kind_both_places_and_what_goes_wrong(
    tmp_path: Path, code: str, ours: str, theirs: str, resource: str
) -> None:
    found = conflict(check(diverge(tmp_path / "repo", ours, theirs)))
    assert (found.code, found.severity, found.migrations) == (code, Severity.ERROR, (X, Y))
    assert any(resource in name for name in found.resources)
    assert [(p.path, p.line, p.side, p.text) for p in found.locations] == [
        (file_of(X), 5, "ours", ours.rstrip(";")),
        (file_of(Y), 5, "theirs", theirs.rstrip(";")),
    ]
    assert found.then
    renamed = (code, theirs) == ("MIG302", RENAME)
    with_new_name = "mig rebase --rewrite, which puts ours after theirs, with users.mail in it"
    assert found.fix == (with_new_name if renamed else "mig rebase")


def test_the_witness_of_a_rename_is_a_database_that_has_it(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", INDEX, RENAME)
    found = conflict(check(repo))
    assert found.then.startswith("a database that already has ")
    assert "users.mail" in found.then
    shown = repo.mig("check", expect=1).stdout
    assert f"  then    {found.then}\n  fix     {found.fix}\n" in shown
    assert shown.endswith("1 conflict, 1 divergence · mig explain MIG302\n")


def test_of_two_that_do_the_same_ours_can_go(tmp_path: Path) -> None:
    found = conflict(check(diverge(tmp_path / "repo", PHONE, PHONE)))
    assert (found.code, found.fix) == ("MIG108", f"delete {file_of(X)}")
    assert found.then == "whichever comes second fails: users.phone is there already"


def test_of_two_statements_that_are_alike_ours_can_go(tmp_path: Path) -> None:
    found = conflict(check(diverge(tmp_path / "repo", PHONE, f"{PHONE}\n{FAX}")))
    assert (found.code, found.fix) == ("MIG301", f"drop it from {X}: {Y} does the same")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(PHONE, FAX, id="two-columns"),
        pytest.param(INDEX, FAX, id="index-and-column"),
        pytest.param("CREATE TABLE a (i int);", "CREATE TABLE b (i int);", id="two-tables"),
        pytest.param(
            "CREATE TABLE IF NOT EXISTS a (i int);", "CREATE TABLE IF NOT EXISTS a (i int);", id="twins"
        ),
    ],
)
def test_what_commutes_leaves_only_the_two_heads(tmp_path: Path, ours: str, theirs: str) -> None:
    repo = diverge(tmp_path / "repo", ours, theirs)
    result = check(repo)
    assert (codes(result), counts(result)) == (["MIG101"], (1, 0, 0))
    assert " · 1 pair: 1 commute\n" in repo.mig("check", expect=1).stdout
    repo.merge("main")
    repo.mig("merge")
    assert check(repo).findings == ()


def test_the_line_is_that_of_the_statement_and_not_of_the_file(tmp_path: Path) -> None:
    found = conflict(check(diverge(tmp_path / "repo", f"{PHONE}\n\n{INDEX}", f"{FAX}\n{RENAME}")))
    assert [place.line for place in found.locations] == [7, 6]


@pytest.mark.parametrize(
    ("setting", "severity", "status"),
    [
        pytest.param("warn", Severity.WARNING, 0, id="warn"),
        pytest.param("block", Severity.ERROR, 1, id="block"),
        pytest.param("allow", Severity.NOTE, 0, id="allow"),
    ],
)
def test_what_cannot_be_read_is_unknown(
    tmp_path: Path, setting: str, severity: Severity, status: int
) -> None:
    repo = diverge(tmp_path / "repo", OPAQUE, PHONE, settings=f'unknown = "{setting}"\n')
    assert counts(check(repo)) == (0, 0, 1)
    found = one(check(repo), "MIG300")
    assert (found.verdict, found.severity) == (Verdict.UNKNOWN, severity)
    assert found.locations[0].line == 5
    repo.merge("main")
    repo.commit("join", {file_of(B): native(B, (X, Y))})
    assert repo.mig("check", expect=status).returncode == status


def test_what_does_not_parse_is_found_by_line_and_column(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", f"{PHONE}\nUPDATE users SET state = 'open;", FAX)
    result = check(repo)
    found = one(result, "MIG006")
    assert (found.locations[0].path, found.locations[0].line) == (file_of(X), 6)
    assert "unterminated quoted string, column 26" in found.message
    assert counts(result) == (0, 0, 1)


def test_what_stands_before_a_part_that_does_not_parse_is_read(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", f"{RENAME}\nUPDATE users SET state = 'open;", INDEX)
    result = check(repo)
    assert one(result, "MIG006").locations[0].line == 6
    assert conflict(result).locations[0].line == 5


def test_a_declaration_settles_what_is_unknown_and_is_shown(tmp_path: Path) -> None:
    header = f'-- mig:commutes-with {Y} "it only counts"'
    repo = diverge(tmp_path / "repo", OPAQUE, PHONE, header=header)
    result = check(repo)
    assert counts(result) == (1, 0, 0)
    found = one(result, "MIG300")
    assert (found.severity, found.verdict) == (Severity.NOTE, Verdict.COMMUTE)
    assert "it only counts" in found.message
    assert "it only counts" in repo.mig("check", "-v", expect=1).stdout


def test_a_declaration_does_not_hide_a_conflict(tmp_path: Path) -> None:
    header = f'-- mig:commutes-with {Y} "surely"'
    assert conflict(check(diverge(tmp_path / "repo", INDEX, RENAME, header=header))).code == "MIG302"


@pytest.mark.parametrize(
    ("touched", "expected"),
    [
        pytest.param("column:users.state write", (1, 0, 0), id="other-column"),
        pytest.param("column:users.email write", (0, 1, 0), id="renamed-column"),
    ],
)
def test_saying_what_it_touches_settles_what_is_unknown(
    tmp_path: Path, touched: str, expected: tuple[int, int, int]
) -> None:
    repo = diverge(tmp_path / "repo", OPAQUE, RENAME, header=f"-- mig:touches {touched}")
    assert counts(check(repo)) == expected


def test_an_ignored_conflict_is_a_note_with_the_reason(tmp_path: Path) -> None:
    header = '-- mig:ignore MIG302 "the index is made again at night"'
    repo = diverge(tmp_path / "repo", INDEX, RENAME, header=header)
    found = conflict(check(repo))
    assert (found.code, found.severity) == ("MIG302", Severity.NOTE)
    assert "the index is made again at night" in found.message
    other = diverge(tmp_path / "other", INDEX, RENAME, header='-- mig:ignore MIG303 "another"')
    assert conflict(check(other)).severity is Severity.ERROR


def test_pairs_within_ours_are_judged_too(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("start", {file_of(A): native(A, (), USERS)})
    repo.branch("feature")
    repo.commit("ours", {file_of(X): native(X, A, INDEX), file_of(Y): native(Y, A, RENAME)})
    found = conflict(check(repo))
    assert [place.side for place in found.locations] == ["ours", "ours"]
    assert X in found.message
    assert Y in found.message


def test_a_published_fork_is_judged_only_when_all_is_asked_for(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("start", {file_of(A): native(A, (), USERS)})
    fork = {file_of(X): native(X, A, INDEX), file_of(Y): native(Y, A, RENAME)}
    repo.commit("fork", {**fork, file_of(B): native(B, (X, Y))})
    repo.branch("feature")
    assert as_json(repo)["pairs"]["checked"] == 0
    found = as_json(repo, "--all", expect=1)
    assert found["pairs"]["conflict"] == 1
    assert found["findings"][0]["fix"] == f"mig merge --order {X},{Y}"


def test_json_carries_the_verdict_the_resources_and_the_witness(tmp_path: Path) -> None:
    found = as_json(diverge(tmp_path / "repo", INDEX, RENAME), expect=1)
    assert found["pairs"] == {
        "checked": 1,
        "commute": 0,
        "conflict": 1,
        "unknown": 0,
        "assumed": 0,
        "replayed": 0,
    }
    first, second = found["findings"]
    assert (first["code"], second["code"]) == ("MIG302", "MIG101")
    assert (first["verdict"], first["migrations"], first["lineage"]) == ("conflict", [X, Y], "default")
    assert "column:users.email" in first["resources"]
    assert first["then"]
    assert [place["line"] for place in first["locations"]] == [5, 5]


def test_a_merge_of_what_conflicts_is_refused_with_what_to_do(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", INDEX, RENAME)
    repo.merge("main")
    refused = repo.mig("merge", expect=1)
    assert "MIG302" in refused.stdout
    assert "mig rebase" in refused.stdout + refused.stderr
    assert not repo.git("status", "--porcelain")


@pytest.mark.parametrize(
    ("ours", "severity"),
    [
        pytest.param(PHONE, Severity.NOTE, id="commute"),
        pytest.param(OPAQUE, Severity.ERROR, id="unknown"),
        pytest.param(FAX, Severity.ERROR, id="conflict"),
    ],
)
def test_a_divergence_is_allowed_where_all_pairs_commute(
    tmp_path: Path, ours: str, severity: Severity
) -> None:
    repo = diverge(tmp_path / "repo", ours, FAX, settings='on_divergence = "allow"\n')
    found = one(check(repo), "MIG101")
    assert found.severity is severity
    assert ("every unordered pair commutes" in found.message) is (severity is Severity.NOTE)
    assert repo.mig("check", expect=None).returncode == (0 if severity is Severity.NOTE else 1)


def revision(id: str, parent: str | None, up: str) -> str:
    return (
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f"revision = {id!r}\ndown_revision = {parent!r}\n\n\ndef upgrade():\n    {up}\n"
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "code"),
    [
        pytest.param(
            'op.create_index("ix_email", "users", ["email"])',
            'op.alter_column("users", "email", new_column_name="mail")',
            "MIG302",
            id="rename-use",
        ),
        pytest.param(
            'op.execute("UPDATE users SET email = lower(email)")',
            'op.drop_column("users", "email")',
            "MIG303",
            id="drop-use",
        ),
        pytest.param(
            'op.add_column("users", sa.Column("phone", sa.Text()))',
            'op.add_column("users", sa.Column("fax", sa.Text()))',
            "",
            id="two-columns",
        ),
    ],
)
def test_operations_of_alembic_are_read_without_running_them(
    tmp_path: Path, ours: str, theirs: str, code: str
) -> None:
    repo = GitSandbox(tmp_path / "repo")
    users = 'op.create_table("users", sa.Column("id", sa.Integer()), sa.Column("email", sa.Text()))'
    settings = {"alembic.ini": "[alembic]\nscript_location = db\n", "db/env.py": "raise SystemExit(9)\n"}
    repo.commit("start", {**settings, "db/versions/a.py": revision("a1", None, users)})
    repo.branch("feature")
    repo.commit("ours", {"db/versions/b.py": revision("b1", "a1", ours)})
    repo.checkout("main")
    repo.commit("theirs", {"db/versions/c.py": revision("c1", "a1", theirs)})
    repo.checkout("feature")
    result = check(repo)
    assert result.source == "alembic"
    if not code:
        assert (codes(result), counts(result)) == (["MIG101"], (1, 0, 0))
        return
    found = conflict(result)
    assert (found.code, found.migrations) == (code, ("b1", "c1"))
    assert [(place.path, place.line) for place in found.locations] == [
        ("db/versions/b.py", 9),
        ("db/versions/c.py", 9),
    ]


def test_a_check_counts_the_pairs_that_rest_on_statements_that_cannot_be_read(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "shop", PHONE, FAX)
    assert check(repo).pairs.assumed == 0
    unread = "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || 'a' || '_log ()'; END $$;"
    other = GitSandbox(tmp_path / "other")
    other.commit("start", {file_of(A): native(A, (), f"{USERS}\n{unread}")})
    other.branch("feature")
    other.commit("ours", {file_of(X): native(X, A, PHONE)})
    other.checkout("main")
    other.commit("theirs", {file_of(Y): native(Y, A, FAX)})
    other.checkout("feature")
    result = check(other)
    assert (counts(result), result.pairs.assumed) == ((1, 0, 0), 1)
    assert as_json(other, expect=None)["pairs"]["assumed"] == 1
    said = "1 commute (1 if unread statements of the history touch only what they name)"
    assert said in other.mig("check", expect=None).stdout
