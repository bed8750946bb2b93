"""What MariaDB's statements touch, effect by effect."""

from __future__ import annotations

import pytest

from tests.unit.effects.reading import lines_of, read_lines

CASES = [
    pytest.param(
        (
            "CREATE TABLE `T` (`id` int unsigned NOT NULL AUTO_INCREMENT, k enum('a') DEFAULT 'a' "
            "CHECK (k <> ''), PRIMARY KEY (`id`), KEY (`k`(10)), UNIQUE `u` (k), CONSTRAINT fk FOREIGN "
            "KEY (k) REFERENCES o (id), CHECK (id > 0)) ENGINE=InnoDB"
        ),
        """
        alter names:t generated
        create column:t.id
        create column:t.k
        create constraint:t.constraint_1
        create constraint:t.fk
        create constraint:t.k
        create constraint:t.primary
        create constraint:t.u
        create index:t.k
        create index:t.primary
        create index:t.u
        create relation:t
        create table:t
        need column:o.id foreign-key
        need column:t.id check
        need column:t.id key
        need column:t.k check
        need column:t.k foreign-key
        need column:t.k index
        need column:t.k key
        """,
        id="create table",
    ),
    pytest.param(
        (
            "ALTER TABLE t ADD COLUMN a int AFTER b, ADD KEY (a), DROP FOREIGN KEY fk, DROP PRIMARY "
            "KEY, ALGORITHM=INPLACE, LOCK=NONE"
        ),
        """
        alter names:t generated
        alter shape:t definition
        create column:t.a
        create index:t.a
        drop constraint:t.fk
        drop constraint:t.primary
        drop index:t.primary
        need column:t.a index
        need column:t.b table
        """,
        id="several actions",
    ),
    pytest.param(
        "ALTER TABLE t ENGINE=InnoDB AUTO_INCREMENT=5",
        """
        alter table:t options
        write sequence:t.auto set
        """,
        id="options without commas",
    ),
    pytest.param(
        "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4",
        """
        alter shape:t definition
        alter table:t charset
        read rows:t validate
        read values:t.* validate
        write rows:t convert
        write values:t.* convert
        """,
        id="character set",
    ),
    pytest.param(
        "ALTER TABLE t CHANGE a b int NOT NULL",
        """
        alter column:t.a default
        alter column:t.a null
        alter column:t.a type
        alter shape:t definition
        create column:t.b from column:t.a
        drop column:t.a to column:t.b
        need column:t.a table
        read rows:t validate
        read values:t.a validate
        write rows:t convert
        write values:t.a convert
        """,
        id="change",
    ),
    pytest.param(
        "ALTER TABLE t MODIFY a int NULL",
        """
        alter column:t.a default
        alter column:t.a null
        alter column:t.a type
        alter shape:t definition
        need column:t.a table
        read rows:t validate
        read values:t.a validate
        write rows:t convert
        write values:t.a convert
        """,
        id="modify",
    ),
    pytest.param(
        "ALTER TABLE t RENAME INDEX a TO b",
        """
        create index:t.b from index:t.a
        drop index:t.a to index:t.b
        """,
        id="rename index and table",
    ),
    pytest.param(
        "RENAME TABLE a TO b, c TO d",
        """
        create relation:b from relation:a
        create relation:d from relation:c
        create table:b from table:a
        create table:d from table:c
        drop relation:a to relation:b
        drop relation:c to relation:d
        drop table:a to table:b
        drop table:c to table:d
        """,
        id="rename tables",
    ),
    pytest.param(
        "CREATE INDEX i ON t (a(10), b DESC)",
        """
        create index:t.i
        need column:t.a index
        need column:t.b index
        """,
        id="prefix index",
    ),
    pytest.param(
        "DROP INDEX i ON t",
        """
        drop constraint:t.i if
        drop index:t.i
        """,
        id="drop index",
    ),
    pytest.param(
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id)",
        """
        alter names:t generated
        create constraint:t.t_ibfk_1
        need column:t.a foreign-key
        need column:u.id foreign-key
        read rows:t validate
        read rows:u exists
        read values:t.a validate
        read values:u.id exists
        """,
        id="unnamed foreign key",
    ),
    pytest.param(
        "CREATE TABLE a LIKE b",
        """
        alter names:a generated
        create relation:a
        create table:a
        need shape:b table
        """,
        id="create like",
    ),
    pytest.param(
        "CREATE TABLE a SELECT * FROM b",
        """
        create relation:a
        create table:a
        need shape:b query
        read rows:b query
        read values:b.* query
        write rows:a insert
        write values:a.* insert
        """,
        id="create from a query without AS",
    ),
    pytest.param(
        (
            "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.b = NEW.a; INSERT INTO log "
            "(m) VALUES (NEW.c); END"
        ),
        """
        create trigger:g
        need column:log.m trigger ?
        need column:t.a trigger
        need column:t.b trigger
        need column:t.c trigger
        need column:t.end trigger ?
        need column:t.m trigger ?
        """,
        id="trigger",
    ),
    pytest.param(
        (
            "CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`root`@`localhost` SQL SECURITY INVOKER VIEW v "
            "AS SELECT t.a FROM t"
        ),
        """
        alter view:v definition
        create relation:v if
        create view:v if
        need column:t.a view
        need relation:t view
        need table:t view
        """,
        id="view",
    ),
    pytest.param(
        "CREATE PROCEDURE p(IN a int) BEGIN UPDATE t SET t.c = 1; END",
        """
        create function:p
        need column:t.c function
        """,
        id="procedure",
    ),
    pytest.param(
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t",
        """
        create event:e
        """,
        id="event",
    ),
    pytest.param(
        "INSERT INTO t SET a = 1",
        """
        need column:t.a query
        write rows:t insert
        write values:t.a insert
        """,
        id="insert set",
    ),
    pytest.param(
        "INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE b = VALUES(c)",
        """
        need column:t.a query
        need column:t.b query
        need column:t.c query
        read values:t.c query
        write rows:t insert
        write values:t.a insert
        write values:t.b update
        """,
        id="duplicate key",
    ),
    pytest.param(
        "REPLACE INTO t VALUES (1)",
        """
        need shape:t query
        write rows:t delete
        write rows:t insert
        write values:t.* insert
        """,
        id="replace",
    ),
    pytest.param(
        "UPDATE t JOIN u ON t.id = u.tid SET t.a = u.b",
        """
        need column:t.a query
        need column:t.id query
        need column:u.b query
        need column:u.tid query
        read rows:t query
        read rows:u query
        read values:t.id query
        read values:u.b query
        read values:u.tid query
        write values:t.a update
        """,
        id="update of two tables",
    ),
    pytest.param(
        "DELETE t, u FROM t JOIN u ON u.tid = t.id",
        """
        need column:t.id query
        need column:u.tid query
        read rows:t query
        read rows:u query
        read values:t.id query
        read values:u.tid query
        write rows:t delete
        write rows:u delete
        """,
        id="delete of two tables",
    ),
    pytest.param(
        "TRUNCATE t",
        """
        write rows:t truncate
        write sequence:t.auto set
        """,
        id="truncate",
    ),
    pytest.param(
        "/*!40101 SET NAMES utf8 */",
        """
        write session set
        write setting:names set
        """,
        id="executable comment",
    ),
    pytest.param(
        "INSERT INTO t (id) VALUES (NEXT VALUE FOR s)",
        """
        need column:t.id query
        need sequence:s query
        write rows:t insert
        write sequence:s advance
        write values:t.id insert
        """,
        id="sequence",
    ),
]


@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_statement_has_exactly_these_effects(sql: str, expected: str) -> None:
    assert read_lines(sql, "mariadb") == lines_of(expected)
