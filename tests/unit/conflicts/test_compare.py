from __future__ import annotations

import pytest

from mig.findings import Verdict
from tests.unit.conflicts.migrations import compare_sql

_BASE = """
CREATE TABLE orgs (id integer PRIMARY KEY, name text);
CREATE TABLE users (id integer PRIMARY KEY, email text, name text, org_id integer REFERENCES orgs (id));
CREATE TABLE log (id integer PRIMARY KEY, what text);
CREATE INDEX ix_users_name ON users (name);
CREATE VIEW emails AS SELECT id, email FROM users;
"""


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb", "sqlite"])
@pytest.mark.parametrize(
    ("a", "b", "code"),
    [
        pytest.param(
            "CREATE INDEX i ON users (email)",
            "ALTER TABLE users RENAME COLUMN email TO mail",
            "MIG302",
            id="index beside rename",
        ),
        pytest.param(
            "ALTER TABLE users ADD COLUMN phone text",
            "ALTER TABLE users ADD COLUMN phone text",
            "MIG301",
            id="identical columns",
        ),
        pytest.param("DROP TABLE log", "INSERT INTO log VALUES (1, 'x')", "MIG303", id="drop beside insert"),
        pytest.param(
            "UPDATE users SET name = 'x'", "UPDATE users SET name = 'y'", "MIG306", id="two updates"
        ),
        pytest.param(
            "UPDATE users SET name = email", "UPDATE users SET email = 'y'", "MIG306", id="read beside write"
        ),
        pytest.param(
            "INSERT INTO log VALUES (1, 'x')",
            "ALTER TABLE log ADD COLUMN who text",
            "MIG305",
            id="insert without columns",
        ),
        pytest.param(
            "CREATE UNIQUE INDEX u ON users (email)",
            "UPDATE users SET email = lower(email)",
            "MIG305",
            id="unique beside update",
        ),
    ],
)
def test_what_does_not_commute_is_a_conflict(a: str, b: str, code: str, dialect: str) -> None:
    for one, other in ((a, b), (b, a)):
        found = compare_sql(one, other, base=_BASE, dialect=dialect)
        assert found.verdict is Verdict.CONFLICT
        assert found.reasons[0].code == code
        assert found.reasons[0].witness


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb", "sqlite"])
@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(
            "ALTER TABLE users ADD COLUMN phone text",
            "ALTER TABLE users ADD COLUMN city text",
            id="two columns",
        ),
        pytest.param("CREATE INDEX i1 ON users (email)", "CREATE INDEX i2 ON users (name)", id="two indexes"),
        pytest.param("CREATE TABLE a (x integer)", "CREATE TABLE b (x integer)", id="two tables"),
        pytest.param(
            "CREATE TABLE IF NOT EXISTS a (x integer)",
            "CREATE TABLE IF NOT EXISTS a (x integer)",
            id="twins",
        ),
        pytest.param(
            "INSERT INTO log (id, what) VALUES (1, 'x')",
            "INSERT INTO log (id, what) VALUES (2, 'y')",
            id="explicit keys",
        ),
        pytest.param(
            "UPDATE users SET email = 'a' WHERE id = 1", "UPDATE users SET name = 'b'", id="other columns"
        ),
        pytest.param("DELETE FROM log WHERE id = 1", "DELETE FROM log WHERE what = 'x'", id="two deletes"),
        pytest.param(
            "CREATE TABLE t (x integer); INSERT INTO t VALUES (1); DROP TABLE t",
            "ALTER TABLE users ADD COLUMN phone text",
            id="internal table",
        ),
    ],
)
def test_what_commutes_does_not_alarm(a: str, b: str, dialect: str) -> None:
    found = compare_sql(a, b, base=_BASE, dialect=dialect)
    assert found.verdict is Verdict.COMMUTE, found.reasons


def test_twins_with_other_definitions_conflict() -> None:
    found = compare_sql(
        "CREATE TABLE IF NOT EXISTS a (x integer)", "CREATE TABLE IF NOT EXISTS a (y integer)"
    )
    assert found.verdict is Verdict.CONFLICT


def test_identical_operations_are_named_so() -> None:
    text = "CREATE TABLE a (x integer)"
    assert compare_sql(text, text).reasons[0].is_identical
    assert not compare_sql(text, "CREATE TABLE a (y integer)").reasons[0].is_identical


def test_an_opaque_operation_is_unknown_beside_everything() -> None:
    found = compare_sql("DO $$ BEGIN EXECUTE 'x' || 'y'; END $$", "CREATE TABLE a (x integer)")
    assert found.verdict is Verdict.UNKNOWN
    assert found.reasons[0].code == "MIG300"


def test_a_conflict_outweighs_what_is_unknown_and_comes_first() -> None:
    a = "DO $$ BEGIN EXECUTE 'x' || 'y'; END $$; CREATE TABLE a (x integer)"
    found = compare_sql(a, "CREATE TABLE a (x integer)")
    assert found.verdict is Verdict.CONFLICT
    assert [reason.code for reason in found.reasons] == ["MIG301", "MIG300"]


def test_an_opaque_base_is_told_as_an_assumption() -> None:
    base = "CREATE TABLE t (x integer); DO $$ BEGIN EXECUTE 'x' || 'y'; END $$"
    found = compare_sql("CREATE TABLE a (x integer)", "CREATE TABLE b (x integer)", base=base)
    assert found.verdict is Verdict.COMMUTE
    assert [operation.line for operation in found.assumptions] == [1]


def test_a_setting_that_leaks_conflicts_with_what_depends_on_it() -> None:
    found = compare_sql("SET search_path = other", "CREATE TABLE b (x integer)")
    assert (found.verdict, found.reasons[0].code) == (Verdict.CONFLICT, "MIG307")
    assert compare_sql("SET lock_timeout = '5s'", "CREATE TABLE b (x integer)").verdict is Verdict.COMMUTE


def test_grants_on_all_tables_conflict_with_a_new_table_only() -> None:
    grant = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"
    assert compare_sql(grant, "CREATE TABLE b (x integer)").reasons[0].code == "MIG307"
    add = "ALTER TABLE users ADD COLUMN phone text"
    assert compare_sql(grant, add, base=_BASE).verdict is Verdict.COMMUTE


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param("INSERT INTO t (x) VALUES (1)", "INSERT INTO t (x) VALUES (2)", id="keys"),
        pytest.param("DELETE FROM t", "UPDATE u SET x = 1", id="cascades"),
        pytest.param("ALTER TABLE t DROP COLUMN x", "DROP INDEX i", id="index of column"),
    ],
)
def test_without_the_base_what_may_be_implicit_is_unknown(a: str, b: str) -> None:
    found = compare_sql(a, b)
    assert found.verdict is Verdict.UNKNOWN
    assert "does not show" in found.reasons[0].message


def test_without_the_base_inserts_into_different_tables_commute() -> None:
    assert (
        compare_sql("INSERT INTO t (x) VALUES (1)", "INSERT INTO u (x) VALUES (2)").verdict is Verdict.COMMUTE
    )


_NOTES = "CREATE TABLE notes (id integer, org integer);"
_KEY = "ALTER TABLE notes ADD CONSTRAINT k FOREIGN KEY (org) REFERENCES orgs (id)"


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        pytest.param(_NOTES, Verdict.COMMUTE, id="empty"),
        pytest.param(f"{_NOTES} ALTER TABLE notes ADD COLUMN x text;", Verdict.COMMUTE, id="empty and wider"),
        pytest.param(f"{_NOTES} INSERT INTO notes VALUES (1, 1);", Verdict.CONFLICT, id="filled"),
        pytest.param(f"{_NOTES} SELECT fill();", Verdict.CONFLICT, id="perhaps filled"),
        pytest.param("CREATE TABLE notes AS SELECT 1 AS org;", Verdict.CONFLICT, id="filled as it is made"),
        pytest.param(
            "CREATE TABLE IF NOT EXISTS notes (org integer);", Verdict.CONFLICT, id="perhaps there before"
        ),
        pytest.param(
            f"{_NOTES} DROP TABLE notes; ALTER TABLE log RENAME TO notes;", Verdict.CONFLICT, id="another"
        ),
    ],
)
def test_a_key_on_a_new_table_looks_rows_up_where_it_may_have_some(made: str, verdict: Verdict) -> None:
    base = _BASE + "ALTER TABLE log ADD COLUMN org integer;"
    for other in ("DELETE FROM orgs WHERE name = 'x'", "UPDATE orgs SET id = id + 1"):
        found = compare_sql(f"{made} {_KEY}", other, base=base)
        assert found.verdict is verdict, found.reasons
