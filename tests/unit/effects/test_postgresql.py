"""What PostgreSQL's statements touch, effect by effect."""

from __future__ import annotations

import pytest

from tests.unit.effects.reading import lines_of, read_lines

CASES = [
    pytest.param(
        (
            'CREATE TABLE public.users (id bigserial PRIMARY KEY, "Mail" text NOT NULL, org int '
            "REFERENCES orgs (id), mood mood, CHECK (org > 0))"
        ),
        """
        alter names:users generated
        create column:users.Mail
        create column:users.id
        create column:users.mood
        create column:users.org
        create constraint:users.users_org_check
        create constraint:users.users_org_fkey
        create constraint:users.users_pkey
        create index:users_pkey
        create relation:users
        create relation:users_id_seq
        create relation:users_pkey
        create sequence:users_id_seq
        create table:users
        need column:orgs.id foreign-key
        need column:users.id key
        need column:users.org check
        need column:users.org foreign-key
        need type:mood table
        """,
        id="create table",
    ),
    pytest.param(
        "CREATE TABLE IF NOT EXISTS a.b (c int)",
        """
        create column:a.b.c if
        create relation:a.b if
        create table:a.b if
        """,
        id="create table if not exists",
    ),
    pytest.param(
        "CREATE TABLE t (LIKE u INCLUDING ALL)",
        """
        alter names:t generated
        create relation:t
        create table:t
        need shape:u table
        """,
        id="create table like",
    ),
    pytest.param(
        "CREATE TABLE t (c int) INHERITS (u)",
        """
        create column:t.c
        create relation:t
        create table:t
        need shape:u table
        """,
        id="create table inherits",
    ),
    pytest.param(
        "CREATE TABLE p PARTITION OF t FOR VALUES IN ('a')",
        """
        alter table:t partition
        create relation:p
        create table:p
        need shape:t table
        """,
        id="create table partition",
    ),
    pytest.param(
        "CREATE TABLE t AS SELECT a FROM u WITH NO DATA",
        """
        create relation:t
        create table:t
        need column:u.a query
        read rows:u query
        read values:u.a query
        write rows:t insert
        write values:t.* insert
        """,
        id="create table as",
    ),
    pytest.param(
        "CREATE TABLE t (a int) WITH (fillfactor = 70)",
        """
        create column:t.a
        create relation:t
        create table:t
        """,
        id="create table with storage options",
    ),
    pytest.param(
        "ALTER TABLE t ADD COLUMN a int, DROP COLUMN b CASCADE, ALTER c SET NOT NULL",
        """
        alter column:t.c null
        alter shape:t definition
        create column:t.a
        drop column:t.b
        need column:t.c table
        read rows:t validate
        read values:t.c validate
        """,
        id="several actions",
    ),
    pytest.param(
        "ALTER TABLE t RENAME a TO b",
        """
        alter shape:t definition
        create column:t.b from column:t.a
        drop column:t.a to column:t.b
        """,
        id="rename without COLUMN",
    ),
    pytest.param(
        "ALTER TABLE t RENAME TO u",
        """
        create relation:u from relation:t
        create table:u from table:t
        create type:u from type:t
        drop relation:t to relation:u
        drop table:t to table:u
        drop type:t to type:u
        """,
        id="rename table",
    ),
    pytest.param(
        "ALTER TABLE t RENAME CONSTRAINT a TO b",
        """
        create constraint:t.b from constraint:t.a
        create index:b if from index:a
        create relation:b if from relation:a
        drop constraint:t.a to constraint:t.b
        drop index:a if to index:b
        drop relation:a if to relation:b
        """,
        id="rename constraint",
    ),
    pytest.param(
        "ALTER TABLE t SET SCHEMA s",
        """
        create relation:s.t from relation:t
        create table:s.t from table:t
        create type:s.t from type:t
        drop relation:t to relation:s.t
        drop table:t to table:s.t
        drop type:t to type:s.t
        """,
        id="set schema",
    ),
    pytest.param(
        "ALTER TABLE t ALTER COLUMN a TYPE int USING b::int",
        """
        alter column:t.a type
        alter shape:t definition
        need column:t.a table
        need column:t.b query
        read values:t.a validate
        read values:t.b query
        write rows:t convert
        write values:t.a convert
        """,
        id="type using",
    ),
    pytest.param(
        "ALTER TABLE t ALTER a SET DEFAULT nextval('s')",
        """
        alter column:t.a default
        need column:t.a table
        need sequence:s default
        """,
        id="set default",
    ),
    pytest.param(
        "ALTER TABLE t ALTER a ADD GENERATED ALWAYS AS IDENTITY",
        """
        alter column:t.a identity
        alter names:t generated
        create relation:t_a_seq
        create sequence:t_a_seq
        need column:t.a table
        """,
        id="identity",
    ),
    pytest.param(
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u",
        """
        alter names:t generated
        create constraint:t.t_a_fkey
        need column:t.a foreign-key
        read rows:t validate
        read rows:u exists
        read values:t.a validate
        """,
        id="unnamed foreign key",
    ),
    pytest.param(
        "ALTER TABLE t ADD CHECK (a > b)",
        """
        alter names:t generated
        create constraint:t.t_check
        need column:t.a check
        need column:t.b check
        read rows:t validate
        read values:t.a validate
        read values:t.b validate
        """,
        id="unnamed check of two columns",
    ),
    pytest.param(
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES u (b) NOT VALID",
        """
        create constraint:t.k
        need column:t.a foreign-key
        need column:u.b foreign-key
        """,
        id="not valid",
    ),
    pytest.param(
        "ALTER TABLE t VALIDATE CONSTRAINT k",
        """
        alter constraint:t.k validate
        read rows:t validate
        read values:t.* validate
        """,
        id="validate",
    ),
    pytest.param(
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX i",
        """
        create constraint:t.k
        create index:k from index:i
        create relation:k from relation:i
        drop index:i to index:k
        drop relation:i to relation:k
        need index:i key
        """,
        id="unique using index",
    ),
    pytest.param(
        "ALTER TABLE t DROP CONSTRAINT IF EXISTS k",
        """
        drop constraint:t.k if
        drop index:k if
        drop relation:k if
        """,
        id="drop constraint",
    ),
    pytest.param(
        "ALTER TABLE t OWNER TO bob",
        """
        alter grants:t owner
        alter table:t owner
        need role:bob grant
        """,
        id="owner",
    ),
    pytest.param(
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        """
        alter table:t rls
        """,
        id="row security",
    ),
    pytest.param(
        "ALTER TABLE t ATTACH PARTITION p DEFAULT",
        """
        alter table:p partition
        alter table:t partition
        need shape:p table
        need shape:t table
        read rows:p validate
        """,
        id="attach partition",
    ),
    pytest.param(
        "ALTER TABLE t DISABLE TRIGGER g",
        """
        alter trigger:t.g enable
        """,
        id="disable trigger",
    ),
    pytest.param(
        "CREATE INDEX ON t (lower(a), (b || c) text_pattern_ops) INCLUDE (d) WHERE e IS NULL",
        """
        alter names:t generated
        create index:t_lower_expr_d_idx
        create relation:t_lower_expr_d_idx
        need column:t.a index
        need column:t.b index
        need column:t.c index
        need column:t.d index
        need column:t.e index
        need operator-class:text_pattern_ops index
        """,
        id="index on expressions",
    ),
    pytest.param(
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t (a)",
        """
        create index:s.i if
        create relation:s.i if
        need column:s.t.a index
        read rows:s.t validate
        read values:s.t.a validate
        """,
        id="unique index",
    ),
    pytest.param(
        "ALTER INDEX s.i RENAME TO j",
        """
        create index:s.j from index:s.i
        create relation:s.j from relation:s.i
        drop index:s.i to index:s.j
        drop relation:s.i to relation:s.j
        """,
        id="rename index",
    ),
    pytest.param(
        "DROP INDEX IF EXISTS i, j",
        """
        drop index:i if
        drop index:j if
        drop relation:i if
        drop relation:j if
        """,
        id="drop indexes",
    ),
    pytest.param(
        "CREATE VIEW v AS SELECT * FROM t JOIN u USING (k)",
        """
        create relation:v
        create view:v
        need column:t.k view ?
        need column:u.k view ?
        need relation:t view
        need relation:u view
        need shape:t view
        need shape:u view
        need table:t view
        need table:u view
        """,
        id="view of all columns",
    ),
    pytest.param(
        "CREATE OR REPLACE VIEW v AS SELECT t.a AS x, b FROM t ORDER BY x",
        """
        alter view:v definition
        create relation:v if
        create view:v if
        need column:t.a view
        need column:t.b view
        need column:t.x view ?
        need relation:t view
        need table:t view
        """,
        id="view replaced",
    ),
    pytest.param(
        "CREATE VIEW v AS SELECT t.a FROM t NATURAL JOIN u",
        """
        create relation:v
        create view:v
        need column:t.a view
        need relation:t view
        need relation:u view
        need shape:t view
        need shape:u view
        need table:t view
        need table:u view
        """,
        id="view with natural join",
    ),
    pytest.param(
        "CREATE VIEW v AS SELECT row_to_json(x) FROM t x",
        """
        create relation:v
        create view:v
        need column:t.x view ?
        need relation:t view
        need shape:t view
        need table:t view
        """,
        id="view of whole rows",
    ),
    pytest.param(
        "CREATE VIEW v AS SELECT (SELECT max(o.n) FROM orders o WHERE o.uid = u.id) FROM users u",
        """
        create relation:v
        create view:v
        need column:orders.n view
        need column:orders.uid view
        need column:users.id view
        need relation:orders view
        need relation:users view
        need table:orders view
        need table:users view
        """,
        id="correlated subquery",
    ),
    pytest.param(
        "CREATE VIEW v AS WITH x AS (SELECT a FROM t) SELECT x.a FROM x",
        """
        create relation:v
        create view:v
        need column:t.a view ?
        need relation:t view
        need table:t view
        """,
        id="common table expression",
    ),
    pytest.param(
        "CREATE VIEW v AS SELECT a FROM t UNION ALL SELECT b FROM u",
        """
        create relation:v
        create view:v
        need column:t.a view
        need column:u.b view
        need relation:t view
        need relation:u view
        need table:t view
        need table:u view
        """,
        id="union",
    ),
    pytest.param(
        "CREATE MATERIALIZED VIEW v AS SELECT a FROM t",
        """
        create relation:v
        create view:v
        need column:t.a view
        need relation:t view
        need table:t view
        read rows:t query
        read values:t.a query
        write rows:v insert
        """,
        id="materialized view",
    ),
    pytest.param(
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        """
        need view:v query
        write rows:v insert
        write rows:v truncate
        """,
        id="refresh",
    ),
    pytest.param(
        "CREATE SEQUENCE s OWNED BY t.a",
        """
        create relation:s
        create sequence:s
        need column:t.a sequence
        """,
        id="sequence",
    ),
    pytest.param(
        "ALTER SEQUENCE s RESTART WITH 5",
        """
        alter sequence:s options
        need sequence:s table
        write sequence:s set
        """,
        id="restart sequence",
    ),
    pytest.param(
        "CREATE TYPE mood AS ENUM ('a')",
        """
        create type:mood
        """,
        id="enum",
    ),
    pytest.param(
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'b' BEFORE 'a'",
        """
        alter type:mood add-value-before
        need type:mood table
        """,
        id="add value",
    ),
    pytest.param(
        "ALTER TYPE mood RENAME VALUE 'a' TO 'b'",
        """
        alter type:mood rename-value
        need type:mood table
        """,
        id="rename value",
    ),
    pytest.param(
        "CREATE DOMAIN d AS mood CHECK (VALUE <> 'x' AND f(VALUE))",
        """
        create type:d
        need function:f check
        need type:mood table
        """,
        id="domain",
    ),
    pytest.param(
        (
            "CREATE FUNCTION f(a int, b mood) RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO "
            "log (what) VALUES (NEW.a); UPDATE t SET n = t.n + 1; RETURN NEW; END$$"
        ),
        """
        create function:f
        need column:log.what function ?
        need column:new.a function ?
        need column:t.n function
        need column:t.n function ?
        need type:mood function
        need type:new function ?
        """,
        id="plpgsql function",
    ),
    pytest.param(
        (
            "CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (OLD.b IS DISTINCT FROM NEW.b) "
            "EXECUTE FUNCTION f()"
        ),
        """
        create trigger:t.g
        need column:t.a trigger
        need column:t.b trigger
        need function:f trigger
        """,
        id="trigger",
    ),
    pytest.param(
        "CREATE POLICY p ON t TO app USING (a = current_user)",
        """
        create policy:t.p
        need column:t.a policy
        need role:app policy
        """,
        id="policy",
    ),
    pytest.param(
        "CREATE RULE r AS ON INSERT TO t DO INSTEAD INSERT INTO u VALUES (NEW.a)",
        """
        create rule:t.r
        need column:t.a trigger
        need shape:u trigger
        """,
        id="rule",
    ),
    pytest.param(
        "CREATE EXTENSION IF NOT EXISTS citext",
        """
        create extension:citext if
        create type:citext if
        """,
        id="extension",
    ),
    pytest.param(
        "DROP TABLE IF EXISTS a, s.b CASCADE",
        """
        drop relation:a if
        drop relation:s.b if
        drop table:a if
        drop table:s.b if
        """,
        id="drop several",
    ),
    pytest.param(
        "DROP FUNCTION f(int), g",
        """
        drop function:f
        drop function:g
        """,
        id="drop function",
    ),
    pytest.param(
        "DROP TRIGGER g ON t",
        """
        drop trigger:t.g
        """,
        id="drop trigger",
    ),
    pytest.param(
        "COMMENT ON COLUMN t.a IS 'x'",
        """
        alter comment:column:t.a definition
        need column:t.a comment
        """,
        id="comment",
    ),
    pytest.param(
        "GRANT SELECT (a) ON t TO app",
        """
        alter grants:t grant
        need column:t.a grant
        need role:app grant
        """,
        id="grant",
    ),
    pytest.param(
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO app",
        """
        read catalogue grant
        """,
        id="grant on all",
    ),
    pytest.param(
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app",
        """
        alter catalogue grant
        """,
        id="default privileges",
    ),
    pytest.param(
        "SET search_path TO a, b",
        """
        write session set
        write setting:search_path set
        """,
        id="search path",
    ),
    pytest.param(
        "SET lock_timeout = '5s'",
        """
        """,
        id="harmless setting",
    ),
    pytest.param(
        "INSERT INTO t (a, b) VALUES (1, now()), (2, 'x')",
        """
        need column:t.a query
        need column:t.b query
        write rows:t insert
        write values:t.a insert
        write values:t.b insert
        """,
        id="insert",
    ),
    pytest.param(
        "INSERT INTO t VALUES (1, 'a')",
        """
        need shape:t query
        write rows:t insert
        write values:t.* insert
        """,
        id="insert without columns",
    ),
    pytest.param(
        "INSERT INTO t (a) SELECT u.b FROM u WHERE u.c = 1",
        """
        need column:t.a query
        need column:u.b query
        need column:u.c query
        read rows:u query
        read values:u.b query
        read values:u.c query
        write rows:t insert
        write values:t.a insert
        """,
        id="insert from a query",
    ),
    pytest.param(
        "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.b WHERE t.c",
        """
        need column:t.a query
        need column:t.b query
        need column:t.c query
        read values:t.a query
        read values:t.b query
        read values:t.c query
        write rows:t insert
        write values:t.a insert
        write values:t.b update
        """,
        id="upsert",
    ),
    pytest.param(
        "UPDATE t SET a = u.b, c = d FROM u WHERE u.id = t.id",
        """
        need column:t.a query
        need column:t.c query
        need column:t.d query ?
        need column:t.id query
        need column:u.b query
        need column:u.d query ?
        need column:u.id query
        read rows:t query
        read rows:u query
        read values:t.d query ?
        read values:t.id query
        read values:u.b query
        read values:u.d query ?
        read values:u.id query
        write values:t.a update
        write values:t.c update
        """,
        id="update from",
    ),
    pytest.param(
        "DELETE FROM t USING u WHERE u.a = t.b",
        """
        need column:t.b query
        need column:u.a query
        read rows:t query
        read rows:u query
        read values:t.b query
        read values:u.a query
        write rows:t delete
        """,
        id="delete using",
    ),
    pytest.param(
        "WITH d AS (DELETE FROM t WHERE a = 1 RETURNING b) INSERT INTO u (b) SELECT b FROM d",
        """
        need column:t.a query
        need column:t.b query
        need column:u.b query
        read rows:t query
        read values:t.a query
        read values:t.b query
        write rows:t delete
        write rows:u insert
        write values:u.b insert
        """,
        id="delete in a common table expression",
    ),
    pytest.param(
        (
            "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET b = u.b WHEN NOT MATCHED "
            "THEN INSERT (a) VALUES (u.a)"
        ),
        """
        need column:t.a query
        need column:t.b query
        need column:u.a query
        need column:u.b query
        read rows:t query
        read rows:u query
        read values:t.a query
        read values:u.a query
        read values:u.b query
        write rows:t insert
        write values:t.a insert
        write values:t.b update
        """,
        id="merge",
    ),
    pytest.param(
        "TRUNCATE t, u RESTART IDENTITY CASCADE",
        """
        write rows:t truncate
        write rows:u truncate
        write sequence:t.* set
        write sequence:u.* set
        """,
        id="truncate",
    ),
    pytest.param(
        "COPY t (a) FROM '/data'",
        """
        need column:t.a query
        write rows:t insert
        write values:t.a insert
        """,
        id="copy",
    ),
    pytest.param(
        "SELECT setval('s', (SELECT max(a) FROM t))",
        """
        need column:t.a query
        need sequence:s query
        read rows:t query
        read values:t.a query
        write sequence:s set
        """,
        id="setval",
    ),
    pytest.param(
        "SELECT setval(pg_get_serial_sequence('t', 'a'), 5)",
        """
        need column:t.a query
        need sequence:t_a_seq query
        write sequence:t.* set
        write sequence:t_a_seq set
        """,
        id="serial sequence",
    ),
    pytest.param(
        "DO $$ BEGIN CREATE TYPE mood AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        """
        create type:mood if
        """,
        id="guarded block",
    ),
    pytest.param(
        (
            "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'mood') THEN CREATE TYPE "
            "mood AS ENUM ('a'); END IF; END $$"
        ),
        """
        create type:mood if
        """,
        id="block with a condition",
    ),
    pytest.param(
        "BEGIN",
        """
        """,
        id="transaction",
    ),
]


@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_statement_has_exactly_these_effects(sql: str, expected: str) -> None:
    assert read_lines(sql, "postgresql") == lines_of(expected)
