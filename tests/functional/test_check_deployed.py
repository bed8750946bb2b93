"""``mig check --deployed``: whether what remains is safe where some migrations are applied already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import mig
from mig.errors import ConfigError, GraphError, UsageError
from mig.findings import Severity, Verdict
from mig.usecases.check import CheckResult, check_project
from mig.usecases.deployed import read_wanted
from mig.usecases.project import open_project
from tests.functional.checks import OPAQUE, A, B, X, Y, as_json, file_of
from tests.functional.test_check_meaning import FAX, INDEX, PHONE, RENAME, diverge
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from pathlib import Path

    from mig.rules.frontier import Deployed

CONFLICT, UNKNOWN, SAFE = Verdict.CONFLICT, Verdict.UNKNOWN, Verdict.COMMUTE
NEW = "ALTER TABLE users ALTER COLUMN state SET DEFAULT 'new';"
OPEN = "ALTER TABLE users ALTER COLUMN state SET DEFAULT 'open';"


def check(repo: GitSandbox, **deployed: str | None) -> CheckResult:
    return check_project(open_project(repo.path), deployed=deployed)


def by_name(result: CheckResult) -> dict[str, Deployed]:
    return {one.name: one for one in result.deployed}


@pytest.mark.parametrize(
    ("ours", "theirs", "safe", "unsafe", "fails"),
    [
        pytest.param(INDEX, RENAME, "fresh ours both", "theirs", True, id="rename"),
        # The file of ours sorts first, so a fresh database has the rename before the index.
        pytest.param(RENAME, INDEX, "theirs both", "fresh ours base", True, id="rename-first"),
        pytest.param(
            "CREATE TABLE t (i int);",
            "CREATE TABLE t (j int);",
            "both",
            "fresh base ours theirs",
            True,
            id="twice",
        ),
        pytest.param(NEW, OPEN, "fresh base ours both", "theirs", False, id="another-default"),
        pytest.param(PHONE, FAX, "fresh base ours theirs both", "", False, id="commute"),
    ],
)
def test_an_environment_is_unsafe_where_its_order_fails_or_differs(
    tmp_path: Path, ours: str, theirs: str, safe: str, unsafe: str, fails: bool
) -> None:
    repo = diverge(tmp_path / "repo", ours, theirs)
    result = check(repo, base=A, ours=X, theirs=Y, both=f"{X},{Y}")
    found = by_name(result)
    assert {name for name, one in found.items() if one.verdict is CONFLICT} == set(unsafe.split())
    for name in unsafe.split():
        assert found[name].fails is fails
        assert found[name].step == len(found[name].pending)
        assert found[name].migration == found[name].pending[-1]
        assert found[name].message
        assert found[name].fix.startswith("mig rebase")
    assert all(found[name].verdict is SAFE for name in safe.split())
    named = {f.message.split()[0] for f in result.findings if f.code == "MIG309"}
    assert named == set(unsafe.split()) - {"fresh"}


def test_the_message_names_what_is_missing_and_who_took_it(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", INDEX, RENAME)
    result = check(repo, staging=A, production="main")
    [found] = [finding for finding in result.findings if finding.code == "MIG309"]
    said = f"after {Y}, column users.email is called users.mail there"
    assert found.message == f"production fails at step 1 of 1, {X}: {said}"
    assert (found.severity, found.migrations, found.locations[0].line) == (Severity.ERROR, (X,), 5)
    [pair] = [finding for finding in result.findings if finding.code == "MIG302"]
    assert pair.then.endswith("; bites production; harmless on fresh, staging")
    production = by_name(result)["production"]
    assert (production.applied, production.pending) == ((A, Y), (X,))


def test_what_cannot_be_read_is_not_known_where_the_order_differs(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", OPAQUE, PHONE)
    result = check(repo, ours=X, theirs=Y)
    found = by_name(result)
    assert {name: one.verdict for name, one in found.items()} == {
        "fresh": SAFE,
        "ours": SAFE,
        "theirs": UNKNOWN,
    }
    [finding] = [finding for finding in result.findings if finding.code == "MIG309"]
    assert finding.severity is Severity.WARNING
    assert f"theirs is not known to be safe at step 1 of 1, {X}: it comes after {Y} there" in finding.message


def test_published_pairs_count_where_one_of_them_remains(tmp_path: Path) -> None:
    repo = GitSandbox(tmp_path / "repo")
    repo.commit("start", {file_of(A): native(A, (), "CREATE TABLE users (email text);")})
    fork = {file_of(X): native(X, A, INDEX), file_of(Y): native(Y, A, RENAME)}
    repo.commit("fork", {**fork, file_of(B): native(B, (X, Y))})
    assert check(repo).findings == ()
    result = check(repo, production=Y, done=B)
    assert {name: one.verdict for name, one in by_name(result).items()} == {
        "fresh": SAFE,
        "production": CONFLICT,
        "done": SAFE,
    }
    assert by_name(result)["production"].fix == f"mig merge --order {X},{Y}"


def test_an_environment_that_went_against_a_declared_order_is_named_with_what_it_needs(
    tmp_path: Path,
) -> None:
    repo = GitSandbox(tmp_path / "repo")
    fork = {file_of(A): native(A, (), "CREATE TABLE users (email text);")}
    fork |= {file_of(X): native(X, A, INDEX), file_of(Y): native(Y, A, RENAME)}
    repo.commit("fork", fork)
    repo.mig("merge", "--order", f"{X},{Y}", "--add")
    repo.commit("join")
    found = by_name(check(repo, staging=A, first=X, second=f"{A},{Y}"))
    assert [found[name].verdict for name in ("fresh", "staging", "first")] == [SAFE] * 3
    # Named by ids, an environment has what comes before them too; a branch can have one side alone.
    assert found["second"].verdict is SAFE
    repo.git("checkout", "--quiet", "-b", "only-second")
    repo.git("rm", "--quiet", file_of(X), *repo.git("ls-files", "migrations/*merge*").splitlines())
    repo.commit("only the second")
    repo.checkout("main")
    result = check(repo, second="only-second")
    second = by_name(result)["second"]
    assert (second.verdict, second.step, second.migration) == (CONFLICT, None, X)
    assert f"puts {X} before {Y}, and {Y} alone is applied there" in second.message
    assert f"mig redo {Y}" in second.fix
    assert any(
        f.code == "MIG309" and f.message.startswith("second is refused by mig up") for f in result.findings
    )


def test_a_database_of_the_configuration_is_asked_and_foretold(tmp_path: Path) -> None:
    settings = 'dialect = "sqlite"\n[databases.production]\nurl = "sqlite:///production.db"\n'
    repo = GitSandbox(tmp_path / "repo")
    repo.commit(
        "start",
        {"mig.toml": f'source = "native"\n{settings}'}
        | {file_of(A): native(A, (), "CREATE TABLE users (email text);")},
    )
    repo.branch("feature")
    repo.commit("ours", {file_of(X): native(X, A, INDEX)})
    repo.checkout("main")
    repo.commit("theirs", {file_of(Y): native(Y, A, RENAME)})
    repo.mig("up", "--database", "production")
    repo.checkout("feature")
    production = by_name(check(repo, production=None))["production"]
    assert (production.verdict, production.step, production.migration) == (CONFLICT, 1, X)
    assert production.fails
    repo.merge("main")
    refused = repo.mig("up", "heads", "--database", "production", expect=3)
    assert "email" in refused.stderr
    failed = repo.mig("up", "heads", "--database", "production", "--allow-unsafe", expect=4)
    assert "email" in failed.stderr
    fresh = repo.mig("up", "heads", "--url", "sqlite:///fresh.db")
    assert "3 applied" in fresh.stdout


def test_an_applied_migration_that_the_merge_lacks_leaves_the_rest_unknown(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", PHONE, FAX)
    repo.git("branch", "hotfix", "main")
    repo.checkout("hotfix")
    repo.commit("hotfix", {file_of(B): native(B, Y, "CREATE TABLE h (i int);")})
    repo.checkout("feature")
    found = by_name(check(repo, production="hotfix"))["production"]
    assert (found.verdict, found.step) == (UNKNOWN, None)
    assert found.message.startswith(f"{B} is applied there and not in this merge")


def test_the_configuration_can_name_environments(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", INDEX, RENAME, settings='[deployed]\nproduction = "main"\n')
    assert by_name(check(repo, production=None))["production"].verdict is CONFLICT
    assert check(repo).deployed == ()


@pytest.mark.parametrize(
    ("where", "error", "said"),
    [
        pytest.param(
            "2222222222ff", GraphError, rf"nearest: {Y} \(.*\), and Git has no such commit", id="unknown"
        ),
        pytest.param(None, ConfigError, "no environment and no database 'production'", id="not-configured"),
    ],
)
def test_what_is_not_there_is_an_error(
    tmp_path: Path, where: str | None, error: type[Exception], said: str
) -> None:
    repo = diverge(tmp_path / "repo", PHONE, FAX)
    with pytest.raises(error, match=said):
        check(repo, production=where)


def test_names_must_be_usable() -> None:
    assert read_wanted(["a", "b=", "c=x,y"]) == {"a": None, "b": "", "c": "x,y"}
    with pytest.raises(UsageError, match="named twice"):
        read_wanted(["a", "a=x"])


def test_the_command_says_it_in_one_sentence_and_in_json(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", INDEX, RENAME)
    flags = ("--deployed", f"staging={A}", "--deployed", "production=main")
    shown = repo.mig("check", *flags, expect=1).stdout
    assert "\nsafe on fresh databases and staging; fails on production at step 1\n" in shown
    assert f"\n  production: fails at step 1 of 1, {X} (2 applied, 1 pending)\n" in shown
    assert f"    {file_of(X)}:5: after {Y}, column users.email is called users.mail there\n" in shown
    value = as_json(repo, *flags, expect=1)
    assert [one["name"] for one in value["deployed"]] == ["fresh", "staging", "production"]
    production = value["deployed"][2]
    assert (production["verdict"], production["step"], production["migration"]) == ("conflict", 1, X)
    assert (production["applied"], production["pending"]) == ([A, Y], [X])
    assert as_json(repo, expect=1)["deployed"] == []


def test_the_library_takes_ids_as_a_list(tmp_path: Path) -> None:
    repo = diverge(tmp_path / "repo", INDEX, RENAME)
    found = by_name(mig.check(repo.path, deployed={"dev": [X, Y], "nothing": []}))
    assert found["dev"].pending == ()
    assert found["nothing"].pending == found["fresh"].pending == (A, X, Y)
