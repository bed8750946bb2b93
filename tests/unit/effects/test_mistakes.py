from __future__ import annotations

import pytest

from mig.effects.mistakes import find_mistake
from mig.effects.sql import read_sql

DIALECTS = ["postgresql", "mariadb", "sqlite"]


def mistakes(text: str, dialect: str) -> list[tuple[str, int, int]]:
    found = (find_mistake(operation, dialect) for operation in read_sql(text, dialect))
    return [(one.message, one.line, one.column) for one in found if one]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CREAT TABLE x (id int);", ("no statement begins with CREAT: is it CREATE?", 1, 1)),
        ("SELECT 1;\n  UPDTE x SET a = 1;", ("no statement begins with UPDTE: is it UPDATE?", 2, 3)),
        ("  CREATE TABLE x (id int;", ("a parenthesis that is never closed", 1, 18)),
        ("CREATE TABLE x id int);", ("a parenthesis that was never opened", 1, 22)),
        ("CREATE TABLE x (id int,\n ,);", ("nothing before or after a comma", 2, 2)),
        ("CREATE TABLE x (\r\n  id int,\r\n);", ("nothing before or after a comma", 3, 1)),
        ("SELECT 1; INSERT INTO t VALUES (1,, 2);", ("nothing before or after a comma", 1, 35)),
        ("ALTER TABLE x ADD a int,;", ("nothing before or after a comma", 1, 24)),
    ],
)
def test_what_no_database_takes_is_named_with_its_place(
    dialect: str, text: str, expected: tuple[str, int, int]
) -> None:
    assert mistakes(text, dialect) == [expected]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "text",
    [
        "VACUUM x;",
        "PRINT 'a';",
        "RELEASE x;",
        "CREATE TABLE x (id int, note varchar(9) DEFAULT '(,' );",
        "INSERT INTO x VALUES ();",
        "-- (\nSELECT f(a /* , */, b);",
        "ALTER NEWTHING x;",
        "",
    ],
)
def test_what_mig_does_not_know_is_no_mistake(dialect: str, text: str) -> None:
    assert mistakes(text, dialect) == []


def test_of_other_databases_nothing_is_certain() -> None:
    assert mistakes("CREATE TABLE x (id int,);", "hsqldb") == []
