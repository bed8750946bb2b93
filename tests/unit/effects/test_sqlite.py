"""What SQLite's statements touch, effect by effect."""

from __future__ import annotations

import pytest

from tests.unit.effects.reading import lines_of, read_lines

CASES = [
    pytest.param(
        (
            'CREATE TABLE "T" ([id] integer PRIMARY KEY AUTOINCREMENT, key TEXT UNIQUE ON CONFLICT '
            "IGNORE, g GENERATED ALWAYS AS (key || 'x'), FOREIGN KEY (key) REFERENCES o) STRICT"
        ),
        """
        create column:t.g
        create column:t.id
        create column:t.key
        create constraint:t.t_key_fkey
        create constraint:t.t_key_key
        create constraint:t.t_pkey
        create relation:t
        create table:t
        need column:t.id key
        need column:t.key foreign-key
        need column:t.key generated
        need column:t.key key
        """,
        id="create table",
    ),
    pytest.param(
        "INSERT INTO t_new (a, b) SELECT a, b FROM t",
        """
        need column:t.a query
        need column:t.b query
        need column:t_new.a query
        need column:t_new.b query
        read rows:t query
        read values:t.a query
        read values:t.b query
        write rows:t_new insert
        write values:t_new.a insert
        write values:t_new.b insert
        """,
        id="copy of the rebuild idiom",
    ),
    pytest.param(
        "ALTER TABLE t_new RENAME TO t",
        """
        create relation:t from relation:t_new
        create table:t from table:t_new
        drop relation:t_new to relation:t
        drop table:t_new to table:t
        """,
        id="rename of the rebuild idiom",
    ),
    pytest.param(
        "CREATE INDEX main.i ON t (a COLLATE NOCASE) WHERE b > 1",
        """
        create index:i
        create relation:i
        need column:t.a index
        need column:t.b index
        """,
        id="index",
    ),
    pytest.param(
        "CREATE TRIGGER g AFTER UPDATE OF a ON t WHEN NEW.b > 1 BEGIN UPDATE u SET c = OLD.d; END",
        """
        create trigger:g
        need column:t.a trigger
        need column:t.b trigger
        need column:t.c trigger ?
        need column:t.d trigger
        need column:t.end trigger ?
        need column:u.c trigger ?
        """,
        id="trigger",
    ),
    pytest.param(
        "CREATE VIRTUAL TABLE f USING fts5(title, content='docs')",
        """
        create column:f.title
        create relation:f
        create relation:f_config
        create relation:f_content
        create relation:f_data
        create relation:f_docsize
        create relation:f_idx
        create relation:f_node
        create relation:f_parent
        create relation:f_rowid
        create table:f
        """,
        id="virtual table",
    ),
    pytest.param(
        "INSERT OR REPLACE INTO t VALUES (1)",
        """
        need shape:t query
        write rows:t delete
        write rows:t insert
        write values:t.* insert
        """,
        id="insert or replace",
    ),
    pytest.param(
        "UPDATE OR IGNORE t SET a = 1 WHERE b = 2",
        """
        need column:t.a query
        need column:t.b query
        read rows:t query
        read values:t.b query
        write values:t.a update
        """,
        id="update or ignore",
    ),
    pytest.param(
        "PRAGMA foreign_keys = OFF",
        """
        write session set
        write setting:foreign_keys set
        """,
        id="pragma",
    ),
    pytest.param(
        "PRAGMA table_info(t)",
        """
        """,
        id="question",
    ),
]


@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_statement_has_exactly_these_effects(sql: str, expected: str) -> None:
    assert read_lines(sql, "sqlite") == lines_of(expected)
