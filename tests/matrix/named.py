"""Pairs that are proved one by one: those of rules that no pair of the matrix shows, and traps by name."""

from __future__ import annotations

BASES = {
    "sqlite": """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);
CREATE TABLE logs (id INTEGER PRIMARY KEY, what TEXT);
CREATE TABLE spare (id INTEGER PRIMARY KEY, what TEXT);
CREATE TABLE other (id INTEGER PRIMARY KEY, what TEXT);
CREATE TABLE parents (id INTEGER PRIMARY KEY);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents ON DELETE CASCADE);
INSERT INTO parents VALUES (1), (2);
INSERT INTO children VALUES (1, 1), (2, 2);
CREATE TABLE more (id INTEGER PRIMARY KEY, what TEXT);
CREATE VIEW joined AS SELECT more.what FROM more JOIN other ON more.id = other.id;
CREATE VIEW user_names AS SELECT id, name FROM users;
CREATE TRIGGER users_insert AFTER INSERT ON users BEGIN INSERT INTO spare (what) VALUES (NEW.name); END;
CREATE TRIGGER users_update AFTER UPDATE ON users BEGIN INSERT INTO spare (what) VALUES (NEW.name); END;
CREATE TRIGGER users_delete AFTER DELETE ON users BEGIN INSERT INTO spare (what) VALUES (OLD.name); END;
CREATE TRIGGER logs_update AFTER UPDATE OF what ON logs BEGIN INSERT INTO spare (what) VALUES (NEW.what); END;
INSERT INTO users VALUES (1, 'ann', 30), (2, 'bob', NULL);
""",
    "postgresql": """
CREATE SCHEMA app;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE SEQUENCE tickets;
CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n';
CREATE TABLE users (
  id integer PRIMARY KEY, name text, age integer, feeling mood DEFAULT 'ok', code integer NOT NULL
);
CREATE TABLE logs (id serial PRIMARY KEY, what text NOT NULL, who integer);
CREATE TABLE codes (code text NOT NULL);
CREATE TABLE animals (id integer, name text);
CREATE TABLE birds (wings integer) INHERITS (animals);
CREATE TABLE fish (id integer, name text);
ALTER TABLE logs ADD CONSTRAINT logs_who CHECK (who > 0) NOT VALID;
CREATE INDEX ix_users_two ON users (name, age);
CREATE INDEX ix_logs_what ON logs (what);
CREATE UNIQUE INDEX ix_users_code ON users (code);
CREATE VIEW user_names AS SELECT id, name FROM users;
CREATE MATERIALIZED VIEW saved AS SELECT count(*) AS n FROM users;
CREATE FUNCTION noting() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO logs (what) VALUES (TG_OP); RETURN NULL; END $$;
CREATE TRIGGER users_log AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION noting();
CREATE POLICY see ON users USING (age > 0);
INSERT INTO users VALUES (1, 'ann', 30, 'sad', 1), (2, 'bob', NULL, 'ok', 2);
INSERT INTO animals VALUES (1, 'cat');
INSERT INTO birds VALUES (2, 'owl', 2);
INSERT INTO fish VALUES (3, 'eel');
INSERT INTO codes VALUES ('a');
CREATE TABLE app.parts (id integer PRIMARY KEY);
CREATE TABLE app.uses (part integer REFERENCES app.parts ON DELETE CASCADE);
INSERT INTO app.parts VALUES (1);
CREATE UNLOGGED TABLE drafts (id integer PRIMARY KEY);
CREATE UNLOGGED TABLE marks (draft integer);
CREATE SEQUENCE tied;
ALTER SEQUENCE tied OWNED BY fish.id;
""",
    "mariadb": """
CREATE TABLE users (id int PRIMARY KEY, name varchar(30), age int);
CREATE TABLE logs (id int AUTO_INCREMENT PRIMARY KEY, what varchar(30), who int);
INSERT INTO users VALUES (1, 'ann', 30), (2, 'bob', NULL);
""",
}
REPLACE_TWICE = (
    "CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 3 * n'"
)
PAIRS: dict[str, tuple[str, str, str, str]] = {
    # Rules that the matrix does not show.
    "two columns of one index": (
        "postgresql",
        "ALTER TABLE users DROP COLUMN name CASCADE",
        "ALTER TABLE users DROP COLUMN age CASCADE",
        "commute",
    ),
    "an index that goes with its column, and may be gone": (
        "postgresql",
        "ALTER TABLE users DROP COLUMN age CASCADE",
        "DROP INDEX IF EXISTS ix_users_two",
        "commute",
    ),
    "a table whose trigger is left with nothing to write to is dropped too": (
        "sqlite",
        "DROP TABLE logs",
        "DROP TABLE spare",
        "commute",
    ),
    "a key renamed while rows are held against it": (
        "postgresql",
        "ALTER TABLE users RENAME CONSTRAINT users_pkey TO pk",
        "INSERT INTO users (id, code) VALUES (1, 5) ON CONFLICT DO NOTHING",
        "commute",
    ),
    "one label in the last place and before another": (
        "postgresql",
        "ALTER TYPE mood ADD VALUE 'mad' AFTER 'ok'",
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'mad' BEFORE 'sad'",
        "conflict",
    ),
    "a default and NOT NULL": (
        "postgresql",
        "ALTER TABLE users ALTER COLUMN age SET DEFAULT 5",
        "ALTER TABLE users ALTER COLUMN code DROP NOT NULL; ALTER TABLE users ALTER COLUMN age DROP NOT NULL",
        "commute",
    ),
    "statistics and a default": (
        "postgresql",
        "ALTER TABLE users ALTER COLUMN age SET STATISTICS 50",
        "ALTER TABLE users ALTER COLUMN age SET DEFAULT 5",
        "commute",
    ),
    "NULL allowed and a primary key": (
        "postgresql",
        "ALTER TABLE codes ALTER COLUMN code DROP NOT NULL",
        "ALTER TABLE codes ADD PRIMARY KEY (code)",
        "conflict",
    ),
    "an identity and a given value": (
        "postgresql",
        "ALTER TABLE users ALTER COLUMN code ADD GENERATED ALWAYS AS IDENTITY",
        "INSERT INTO users (id, code) VALUES (7, 7)",
        "conflict",
    ),
    "two tables below one view are dropped": ("sqlite", "DROP TABLE more", "DROP TABLE other", "commute"),
    "a view over a view whose table is dropped": (
        "sqlite",
        "CREATE VIEW third AS SELECT what FROM joined",
        "DROP TABLE more",
        "conflict",
    ),
    "a materialized view's owner and its rows": (
        "postgresql",
        "ALTER MATERIALIZED VIEW saved OWNER TO pg_monitor",
        "REFRESH MATERIALIZED VIEW saved",
        "conflict",
    ),
    "a function redefined and a column computed by it": (
        "postgresql",
        REPLACE_TWICE,
        "ALTER TABLE users ADD COLUMN doubled integer GENERATED ALWAYS AS (twice(age)) STORED",
        "conflict",
    ),
    "a label renamed and a function that names it": (
        "postgresql",
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
        "CREATE FUNCTION is_sad(m mood) RETURNS boolean LANGUAGE sql AS $$ SELECT m = 'sad' $$",
        "conflict",
    ),
    "a sequence altered and looked at": (
        "postgresql",
        "ALTER SEQUENCE tickets RESTART WITH 50",
        "SELECT nextval('tickets'); UPDATE users SET age = currval('tickets')",
        "conflict",
    ),
    "a sequence moved and looked at": (
        "postgresql",
        "SELECT nextval('tickets')",
        "SELECT nextval('tickets'); UPDATE users SET age = currval('tickets')",
        "conflict",
    ),
    "an index's options and its use as identity": (
        "postgresql",
        "ALTER INDEX ix_users_code SET (fillfactor = 50)",
        "ALTER TABLE users REPLICA IDENTITY USING INDEX ix_users_code",
        "commute",
    ),
    "an index dropped and its use as identity": (
        "postgresql",
        "DROP INDEX ix_users_code",
        "ALTER TABLE users REPLICA IDENTITY USING INDEX ix_users_code",
        "conflict",
    ),
    "an index's options and rows that are held against it": (
        "postgresql",
        "ALTER INDEX ix_users_code SET (fillfactor = 50)",
        "INSERT INTO users (id, code) VALUES (9, 1) ON CONFLICT DO NOTHING",
        "commute",
    ),
    "a schema's owner and a table in it": (
        "postgresql",
        "ALTER SCHEMA app OWNER TO pg_monitor",
        "CREATE TABLE app.things (x integer)",
        "commute",
    ),
    "row security and options": (
        "postgresql",
        "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE users SET (fillfactor = 50)",
        "commute",
    ),
    "options and triggers switched off": (
        "postgresql",
        "ALTER TABLE users SET (fillfactor = 50)",
        "ALTER TABLE users DISABLE TRIGGER ALL",
        "commute",
    ),
    "a check that is not validated and a new table below": (
        "postgresql",
        "ALTER TABLE animals ADD CONSTRAINT k CHECK (id > 0) NOT VALID",
        "CREATE TABLE dogs (breed text) INHERITS (animals)",
        "conflict",
    ),
    "a check that is not validated and a row that is changed": (
        "postgresql",
        "ALTER TABLE fish ADD CONSTRAINT k CHECK (id > 5) NOT VALID",
        "UPDATE fish SET name = 'x'",
        "conflict",
    ),
    "a key that is not validated and a new row": (
        "postgresql",
        "ALTER TABLE fish ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES users (id) NOT VALID",
        "INSERT INTO fish VALUES (9, 'x')",
        "conflict",
    ),
    "rows numbered and read": (
        "postgresql",
        "ALTER TABLE users ADD COLUMN number serial",
        "CREATE TABLE copied AS SELECT name FROM users",
        "commute",
    ),
    "a trigger on TRUNCATE": (
        "postgresql",
        "CREATE TRIGGER emptied AFTER TRUNCATE ON users FOR EACH STATEMENT EXECUTE FUNCTION noting()",
        "TRUNCATE users",
        "conflict",
    ),
    "a right granted and revoked": (
        "postgresql",
        "GRANT INSERT ON users TO pg_monitor",
        "REVOKE INSERT ON users FROM pg_monitor",
        "conflict",
    ),
    "a new trigger inserts where one no longer works": (
        "sqlite",
        "CREATE TRIGGER noted AFTER INSERT ON other BEGIN INSERT INTO users (name) VALUES (NEW.what); END",
        "DROP TABLE spare",
        "conflict",
    ),
    "a new trigger updates where one no longer works": (
        "sqlite",
        "CREATE TRIGGER noted AFTER INSERT ON other BEGIN UPDATE users SET name = NEW.what; END",
        "DROP TABLE spare",
        "conflict",
    ),
    "a new trigger deletes where one no longer works": (
        "sqlite",
        "CREATE TRIGGER noted AFTER INSERT ON other BEGIN DELETE FROM users WHERE name = NEW.what; END",
        "DROP TABLE spare",
        "conflict",
    ),
    "a new trigger updates a column of which the trigger no longer works": (
        "sqlite",
        "CREATE TRIGGER noted AFTER INSERT ON other BEGIN UPDATE logs SET what = NEW.what; END",
        "DROP TABLE spare",
        "conflict",
    ),
    "a table's comment and a copy of it": (
        "mariadb",
        "ALTER TABLE logs COMMENT = 'x'",
        "CREATE TABLE copied LIKE logs",
        "conflict",
    ),
    "a table's options and a copy of it": (
        "mariadb",
        "ALTER TABLE logs ROW_FORMAT = COMPRESSED",
        "CREATE TABLE copied LIKE logs",
        "conflict",
    ),
    "a table's character set and a new column": (
        "mariadb",
        "ALTER TABLE logs DEFAULT CHARSET = latin1",
        "ALTER TABLE logs ADD COLUMN more varchar(20)",
        "conflict",
    ),
    "a table's engine and a foreign key": (
        "mariadb",
        "ALTER TABLE users ENGINE = MyISAM",
        "ALTER TABLE logs ADD CONSTRAINT k FOREIGN KEY (who) REFERENCES users (id)",
        "conflict",
    ),
    "a table's character set and an index": (
        "mariadb",
        "ALTER TABLE logs DEFAULT CHARSET = latin1",
        "CREATE INDEX ix_who ON logs (who)",
        "commute",
    ),
    "a sequence of a table that gets another owner": (
        "postgresql",
        "ALTER SEQUENCE tickets OWNED BY users.age",
        "ALTER TABLE users OWNER TO pg_monitor",
        "conflict",
    ),
    "a foreign key between tables that are not logged": (
        "postgresql",
        "ALTER TABLE marks SET LOGGED",
        "ALTER TABLE marks ADD FOREIGN KEY (draft) REFERENCES drafts",
        "conflict",
    ),
    "a table not logged and its triggers": (
        "postgresql",
        "ALTER TABLE fish SET UNLOGGED",
        "ALTER TABLE fish DISABLE TRIGGER ALL",
        "commute",
    ),
    "another owner in a schema, and its own rows": (
        "postgresql",
        "ALTER TABLE app.parts OWNER TO pg_monitor",
        "INSERT INTO app.parts VALUES (2)",
        "commute",
    ),
    "another owner in a schema, and a row that refers there": (
        "postgresql",
        "ALTER TABLE app.parts OWNER TO pg_monitor",
        "INSERT INTO app.uses VALUES (NULL)",
        "unknown",
    ),
    "another owner in a schema, and rows that go with others": (
        "postgresql",
        "ALTER TABLE app.uses OWNER TO pg_monitor",
        "DELETE FROM app.parts",
        "unknown",
    ),
    "a primary key and a copy": (
        "postgresql",
        "ALTER TABLE fish ADD PRIMARY KEY (id)",
        "CREATE TABLE copied (LIKE fish)",
        "conflict",
    ),
    "an index and a copy without it": (
        "postgresql",
        "CREATE INDEX i ON fish (id)",
        "CREATE TABLE copied (LIKE fish INCLUDING DEFAULTS)",
        "commute",
    ),
    "a table below another and a view of it": (
        "postgresql",
        "ALTER TABLE birds NO INHERIT animals",
        "CREATE VIEW v AS SELECT animals.id FROM animals JOIN birds ON animals.id = birds.id",
        "commute",
    ),
    "a view's owner and a default": (
        "postgresql",
        "ALTER VIEW user_names OWNER TO pg_monitor",
        "ALTER VIEW user_names ALTER COLUMN name SET DEFAULT 'x'",
        "commute",
    ),
    "a column computed from itself and a new row": (
        "sqlite",
        "ALTER TABLE logs ADD COLUMN x INTEGER AS (x + 1)",
        "INSERT INTO logs (id) VALUES (5)",
        "conflict",
    ),
    "a column computed from itself and another column": (
        "sqlite",
        "ALTER TABLE logs ADD COLUMN x INTEGER AS (x + 1)",
        "ALTER TABLE logs ADD COLUMN y TEXT",
        "commute",
    ),
    "a view that breaks and is dropped": ("sqlite", "DROP VIEW joined", "DROP TABLE more", "commute"),
    "a new trigger beside one that no longer works": (
        "sqlite",
        "CREATE TRIGGER noted AFTER INSERT ON users BEGIN DELETE FROM logs; END",
        "DROP TABLE spare",
        "commute",
    ),
    "a column that can be NULL and a key that sets it to NULL": (
        "mariadb",
        "ALTER TABLE logs MODIFY who int NOT NULL",
        "ALTER TABLE logs ADD CONSTRAINT k FOREIGN KEY (who) REFERENCES users (id) ON DELETE SET NULL",
        "conflict",
    ),
    "a column made anew and the texts of its table": (
        "mariadb",
        "ALTER TABLE logs DROP COLUMN what; ALTER TABLE logs ADD COLUMN what int",
        "ALTER TABLE logs CONVERT TO CHARACTER SET latin1",
        "commute",
    ),
    "two columns that count": (
        "mariadb",
        "ALTER TABLE users ADD COLUMN n int AUTO_INCREMENT UNIQUE",
        "ALTER TABLE users ADD COLUMN m int AUTO_INCREMENT UNIQUE",
        "conflict",
    ),
    "a column that a key changes and one computed from it": (
        "mariadb",
        "ALTER TABLE logs ADD CONSTRAINT k FOREIGN KEY (who) REFERENCES users (id) ON UPDATE CASCADE",
        "ALTER TABLE logs ADD COLUMN two int AS (who * 2) STORED",
        "conflict",
    ),
    "an algorithm that an index rules out": (
        "mariadb",
        "ALTER TABLE users ADD FULLTEXT INDEX f (name)",
        "ALTER TABLE users ADD COLUMN more int, ALGORITHM=INSTANT",
        "conflict",
    ),
    "an index that the engine has not got": (
        "mariadb",
        "ALTER TABLE users ENGINE = MEMORY",
        "ALTER TABLE users ADD FULLTEXT INDEX f (name)",
        "conflict",
    ),
    "two wide columns": (
        "mariadb",
        "ALTER TABLE users ADD COLUMN a varchar(9000)",
        "ALTER TABLE users ADD COLUMN b varchar(9000)",
        "unknown",
    ),
    "a variable that the other side reads": (
        "mariadb",
        "SET @x = 5",
        "UPDATE users SET age = @x",
        "conflict",
    ),
    "two triggers on DELETE": (
        "mariadb",
        "CREATE TRIGGER a AFTER DELETE ON users FOR EACH ROW INSERT INTO logs (what) VALUES (OLD.name)",
        "CREATE TRIGGER b AFTER DELETE ON users FOR EACH ROW INSERT INTO logs (what) VALUES ('x')",
        "conflict",
    ),
    # Traps by name.
    "a new sequence of a table that gets another owner": (
        "postgresql",
        "CREATE SEQUENCE fresh OWNED BY users.age",
        "ALTER TABLE users OWNER TO pg_monitor",
        "conflict",
    ),
    "a sequence that leaves a table that gets another owner": (
        "postgresql",
        "ALTER SEQUENCE tied OWNED BY NONE",
        "ALTER TABLE fish OWNER TO pg_monitor",
        "conflict",
    ),
    "a sequence that goes to another column of a table that gets another owner": (
        "postgresql",
        "ALTER SEQUENCE tied OWNED BY fish.name",
        "ALTER TABLE fish OWNER TO pg_monitor",
        "commute",
    ),
    "a counting column of a table that gets another owner": (
        "postgresql",
        "ALTER TABLE users ADD COLUMN number serial",
        "ALTER TABLE users OWNER TO pg_monitor",
        "commute",
    ),
    "a sequence of a table that is not logged": (
        "postgresql",
        "ALTER SEQUENCE tickets OWNED BY users.age",
        "ALTER TABLE users SET UNLOGGED",
        "conflict",
    ),
    "a sequence that ALTER TABLE gives another owner": (
        "postgresql",
        "ALTER SEQUENCE tickets OWNED BY users.age",
        "ALTER TABLE tickets OWNER TO pg_monitor",
        "conflict",
    ),
    "a foreign key to a table that is not logged": (
        "postgresql",
        "ALTER TABLE users SET UNLOGGED",
        "ALTER TABLE logs ADD FOREIGN KEY (who) REFERENCES users",
        "conflict",
    ),
    "a sequence goes with the table it was given to": (
        "postgresql",
        "DROP TABLE fish",
        "SELECT nextval('tied')",
        "conflict",
    ),
    "a sequence goes with the column it was given to": (
        "postgresql",
        "ALTER TABLE fish DROP COLUMN id",
        "ALTER SEQUENCE tied RENAME TO knot",
        "conflict",
    ),
    "a sequence goes to another schema with the table it was given to": (
        "postgresql",
        "ALTER TABLE fish SET SCHEMA app",
        "CREATE SEQUENCE app.tied",
        "conflict",
    ),
    "a sequence is taken from a table that is dropped": (
        "postgresql",
        "ALTER SEQUENCE tied OWNED BY NONE",
        "DROP TABLE fish",
        "conflict",
    ),
    "SET SCHEMA moves indexes": (
        "postgresql",
        "ALTER TABLE logs SET SCHEMA app",
        "ALTER INDEX ix_logs_what RENAME TO ix_what",
        "conflict",
    ),
    "SET SCHEMA frees the names of indexes": (
        "postgresql",
        "ALTER TABLE logs SET SCHEMA app",
        "CREATE TABLE app.ix_logs_what (x integer)",
        "conflict",
    ),
    "SET SCHEMA moves sequences": (
        "postgresql",
        "ALTER TABLE logs SET SCHEMA app",
        "SELECT setval('logs_id_seq', 50)",
        "conflict",
    ),
    "SET SCHEMA leaves other tables' indexes": (
        "postgresql",
        "ALTER TABLE logs SET SCHEMA app",
        "ALTER INDEX ix_users_two RENAME TO ix_two",
        "commute",
    ),
    "NO INHERIT takes rows along": (
        "postgresql",
        "ALTER TABLE birds NO INHERIT animals",
        "UPDATE animals SET name = 'x'",
        "conflict",
    ),
    "INHERIT brings rows": (
        "postgresql",
        "ALTER TABLE fish INHERIT animals",
        "CREATE TABLE copied AS SELECT id FROM animals",
        "conflict",
    ),
    "INHERIT and rows of other tables": (
        "postgresql",
        "ALTER TABLE fish INHERIT animals",
        "UPDATE users SET name = 'x'",
        "commute",
    ),
    "a serial column numbers rows in the order in which they lie": (
        "postgresql",
        "ALTER TABLE users ADD COLUMN number serial",
        "UPDATE users SET name = 'x' WHERE id = 1",
        "conflict",
    ),
    "a view's column renamed and the view redefined": (
        "postgresql",
        "ALTER VIEW user_names RENAME COLUMN name TO called",
        "CREATE OR REPLACE VIEW user_names AS SELECT id, name FROM users WHERE id > 1",
        "conflict",
    ),
    "setval with a query": (
        "postgresql",
        "SELECT setval('tickets', (SELECT max(id) FROM users))",
        "INSERT INTO users (id, code) VALUES (77, 77)",
        "conflict",
    ),
    "setval with a query over another table": (
        "postgresql",
        "SELECT setval('tickets', (SELECT max(id) FROM users))",
        "INSERT INTO logs (what) VALUES ('x')",
        "commute",
    ),
    "a column's table under a new name": (
        "postgresql",
        "COMMENT ON COLUMN users.name IS 'as shown'",
        "ALTER TABLE users RENAME TO people",
        "conflict",
    ),
    "a column's index under the table's new name": (
        "sqlite",
        "CREATE INDEX i ON users (name)",
        "ALTER TABLE users RENAME TO people",
        "conflict",
    ),
    "a lock beside what cannot be in a transaction": (
        "postgresql",
        "LOCK TABLE users",
        "CREATE INDEX CONCURRENTLY i ON users (name)",
        "commute",
    ),
    "a lock beside the clock": (
        "postgresql",
        "LOCK TABLE logs",
        "UPDATE users SET name = clock_timestamp()::text WHERE id = 1",
        "commute",
    ),
    "keys are off while each side runs": (
        "sqlite",
        "PRAGMA foreign_keys=OFF; INSERT INTO children VALUES (7, 70); PRAGMA foreign_keys=ON",
        "PRAGMA foreign_keys=OFF; ALTER TABLE other ADD COLUMN x; PRAGMA foreign_keys=ON",
        "commute",
    ),
    "keys are off while each side runs, written otherwise": (
        "sqlite",
        "PRAGMA foreign_keys=0; INSERT INTO children VALUES (7, 70); PRAGMA foreign_keys=true",
        "PRAGMA foreign_keys=OFF; ALTER TABLE other ADD COLUMN x; PRAGMA foreign_keys=ON",
        "commute",
    ),
    "keys are off while one side runs, and the other minds": (
        "sqlite",
        "DELETE FROM parents WHERE id = 1",
        "PRAGMA foreign_keys=OFF; ALTER TABLE other ADD COLUMN x; PRAGMA foreign_keys=ON",
        "conflict",
    ),
    "keys are off for a part of one side": (
        "sqlite",
        "DELETE FROM parents WHERE id = 1; PRAGMA foreign_keys=OFF; SELECT 1; PRAGMA foreign_keys=ON",
        "PRAGMA foreign_keys=OFF; ALTER TABLE other ADD COLUMN x; PRAGMA foreign_keys=ON",
        "conflict",
    ),
    "keys are off after one side and on after the other": (
        "sqlite",
        "PRAGMA foreign_keys=OFF; ALTER TABLE spare ADD COLUMN x; PRAGMA foreign_keys=OFF",
        "PRAGMA foreign_keys=OFF; ALTER TABLE other ADD COLUMN x; PRAGMA foreign_keys=ON",
        "conflict",
    ),
    "a key on a table that is made and empty, and the rows that it would look up": (
        "postgresql",
        (
            "CREATE TABLE notes (id integer, who integer);"
            " ALTER TABLE notes ADD CONSTRAINT notes_who FOREIGN KEY (who) REFERENCES logs (id)"
        ),
        "UPDATE logs SET id = id + 10; DELETE FROM logs WHERE what = 'x'",
        "commute",
    ),
    "a key on a table that is made and filled, and the rows that it looks up": (
        "postgresql",
        (
            "CREATE TABLE notes AS SELECT 1 AS who FROM users WHERE id = 1;"
            " ALTER TABLE notes ADD CONSTRAINT notes_who FOREIGN KEY (who) REFERENCES users (code)"
        ),
        "UPDATE users SET code = code + 10",
        "conflict",
    ),
}
"""Database, both sides, and the verdict that the rules and the database share, if it is not ``unknown``."""
