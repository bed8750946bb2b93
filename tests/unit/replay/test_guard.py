from __future__ import annotations

import pytest

from mig.replay.guard import find_reach


@pytest.mark.parametrize(
    ("dialect", "statement"),
    [
        pytest.param("postgresql", "DROP DATABASE production", id="another database"),
        pytest.param("postgresql", "/* x */ alter\n SYSTEM set fsync = off", id="the server's settings"),
        pytest.param("postgresql", "COPY users TO PROGRAM 'cat > /tmp/x'", id="a program"),
        pytest.param("postgresql", "COPY users FROM '/etc/passwd'", id="a file"),
        pytest.param("postgresql", "CREATE ROLE app", id="a role"),
        pytest.param("postgresql", "GRANT admin TO app", id="a membership"),
        pytest.param("mariadb", "USE production", id="another database, by USE"),
        pytest.param("mariadb", "DROP SCHEMA production", id="another schema"),
        pytest.param("mariadb", "SET GLOBAL sql_mode = ''", id="a global setting"),
        pytest.param("mariadb", "SET SESSION a = 1, @@global.b = 2", id="a global setting among others"),
        pytest.param("mysql", "GRANT SELECT ON t TO app", id="rights of accounts"),
        pytest.param("mysql", "SELECT * FROM t INTO OUTFILE '/tmp/x'", id="a file, by SELECT"),
        pytest.param("sqlite", "ATTACH 'other.db' AS other", id="another file"),
        pytest.param("sqlite", "VACUUM INTO 'other.db'", id="another file, by VACUUM"),
    ],
)
def test_what_reaches_beyond_the_database_is_refused(dialect: str, statement: str) -> None:
    assert "beyond the throwaway database" in find_reach(statement, dialect)


@pytest.mark.parametrize(
    ("dialect", "statement"),
    [
        pytest.param("postgresql", "GRANT SELECT ON users TO app", id="rights on a table"),
        pytest.param("postgresql", "CREATE TABLE role (id int)", id="a table of that name"),
        pytest.param("postgresql", "CREATE USER MAPPING FOR app SERVER s", id="a user mapping"),
        pytest.param("postgresql", "-- DROP DATABASE x\nSELECT 1", id="a comment"),
        pytest.param("mariadb", "ALTER DATABASE CHARACTER SET latin1", id="the database's own character set"),
        pytest.param("mariadb", "SET SESSION sql_mode = ''", id="the session's setting"),
        pytest.param("sqlite", "VACUUM", id="VACUUM"),
    ],
)
def test_what_stays_inside_may_run(dialect: str, statement: str) -> None:
    assert find_reach(statement, dialect) == ""


def test_a_role_may_be_made_where_it_is_rolled_back() -> None:
    assert find_reach("CREATE ROLE app", "postgresql", undone=True) == ""
    assert find_reach("CREATE DATABASE app", "postgresql", undone=True)
