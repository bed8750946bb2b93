"""Large migrations are compared by what they touch, and within bounds."""

from __future__ import annotations

from mig import compare
from mig.effects.sql import MAX_STATEMENTS, read_sql
from mig.findings import Verdict


def insert(number: int, table: str = "t") -> str:
    return "".join(f"INSERT INTO {table} (id) VALUES ({n});\n" for n in range(number))


def create(number: int, prefix: str) -> str:
    return "".join(f"CREATE TABLE {prefix}{n} (id int);\n" for n in range(number))


def test_many_statements_on_different_things_commute() -> None:
    assert compare(create(300, "a"), create(300, "b"), "sqlite").verdict is Verdict.COMMUTE


def test_more_pairs_than_are_compared_are_unknown() -> None:
    found = compare(insert(240), insert(240, "t") + "DELETE FROM u;", "sqlite")

    assert found.verdict is not Verdict.COMMUTE
    assert any("more than 50,000 pairs" in reason.message for reason in found.reasons)


def test_a_conflict_among_many_statements_is_found() -> None:
    found = compare(
        create(300, "a"), create(300, "b") + "DROP TABLE c;", "sqlite", base="CREATE TABLE c (i);"
    )
    assert found.verdict is Verdict.COMMUTE

    found = compare(create(300, "a"), create(300, "b") + create(1, "a"), "sqlite")
    assert found.verdict is Verdict.CONFLICT


def test_statements_beyond_the_bound_are_one_that_is_not_read() -> None:
    read = read_sql("SELECT 1;\n" * (MAX_STATEMENTS + 5), "postgresql")

    assert len(read) == MAX_STATEMENTS + 1
    assert read[-1].line == MAX_STATEMENTS + 1
    assert "more than 5,000 statements" in read[-1].opaque
    assert not read_sql("SELECT 1;\n" * MAX_STATEMENTS, "postgresql")[-1].opaque


def test_dollar_quotes_that_are_never_closed_are_looked_for_once() -> None:
    read = read_sql("".join(f"$a{n}$ " for n in range(400_000)), "postgresql")

    assert len(read) == 2
    assert all(operation.opaque for operation in read)
