-- section: base
CREATE TABLE orgs (id INTEGER PRIMARY KEY, name TEXT, code TEXT);
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, code INTEGER DEFAULT 5, note TEXT DEFAULT 'none', org_id INTEGER REFERENCES orgs (id));
CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE, name TEXT, code INTEGER);
CREATE TABLE tags (name TEXT, code INTEGER, note TEXT);

-- section: perhaps
CREATE UNIQUE INDEX ix_users_name ON users (name);
CREATE INDEX ix_users_code ON users (code);
CREATE INDEX ix_orders_part ON orders (name) WHERE code > 1;
CREATE INDEX ix_tags_two ON tags (name, code);
CREATE UNIQUE INDEX ix_tags_name ON tags (name);
CREATE VIEW user_names AS SELECT id, name FROM users WHERE code > 2;
CREATE VIEW all_tags AS SELECT * FROM tags;
CREATE VIEW totals AS SELECT user_id, count(*) AS n FROM orders GROUP BY user_id;
CREATE VIEW joined AS SELECT u.name, o.code FROM users u JOIN orders o ON o.user_id = u.id;
CREATE VIEW nested AS SELECT name FROM joined;
CREATE TRIGGER users_log AFTER UPDATE OF name ON users BEGIN INSERT INTO tags (name, code) VALUES (NEW.name, NEW.id); END;
CREATE TRIGGER orders_log AFTER INSERT ON orders BEGIN UPDATE users SET note = 'bought' WHERE id = NEW.user_id; END;
CREATE TRIGGER tags_clean AFTER DELETE ON tags BEGIN DELETE FROM orgs WHERE name = OLD.name; END;
CREATE TABLE items (order_id INTEGER NOT NULL, name TEXT NOT NULL, code INTEGER CHECK (code > 0), twice INTEGER AS (code * 2) VIRTUAL, PRIMARY KEY (order_id, name), FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE) WITHOUT ROWID;
CREATE TABLE extra (id INTEGER PRIMARY KEY, tag_name TEXT, code INTEGER, CONSTRAINT extra_code CHECK (code < 100));
INSERT INTO orgs VALUES (1, 'acme', 'a'), (2, 'beta', NULL), (5, 'red', 'b');
INSERT INTO users (id, name, code, org_id) VALUES (1, 'ann', 3, 1), (2, 'bob', NULL, 1), (3, 'eve', 7, 2);
INSERT INTO orders (user_id, name, code) VALUES (1, 'one', 1), (1, 'two', 2), (3, NULL, NULL);
INSERT INTO tags VALUES ('red', 1, 'x'), ('blue', 2, NULL), ('ann', NULL, 'y');

-- section: names
t: orgs users orders tags items extra
T: extra spare more ix_spare
c: id name code note org_id user_id order_id twice
x: extra more note twice
i: ix_users_name ix_users_code ix_orders_part ix_tags_two ix_tags_name
I: ix_spare ix_more ix_users_name more
v: user_names all_tags totals joined nested
V: spare seen user_names
g: users_log orders_log tags_clean
G: fired noted users_log
n: 1 2 3 4 9
w: 'red' 'ann' '7' NULL 'none'
type: TEXT INTEGER NUMERIC

-- section: columns
orgs: id name code
users: id name code note org_id
orders: id user_id name code
tags: name code note
items: order_id name code
extra: id tag_name code
spare: id name code
more: id name code

-- section: operations
CREATE TABLE <|IF NOT EXISTS >{T} (id INTEGER PRIMARY KEY, name {type}<| NOT NULL| UNIQUE>, code INTEGER<| DEFAULT {n}>)
CREATE TABLE <|IF NOT EXISTS >{T} (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, {c} INTEGER REFERENCES {u} (id)<| ON DELETE CASCADE| ON DELETE SET NULL>)
CREATE TABLE {T} (name TEXT, code INTEGER, CHECK (code > {n}), UNIQUE (name))
CREATE TABLE {T} AS SELECT <*|{c}, {d}|count(*) AS n> FROM {t}
CREATE TABLE {T} AS SELECT * FROM {v}
ALTER TABLE {t} RENAME TO {T}
ALTER TABLE {t} ADD COLUMN {x} {type}<| DEFAULT {w}| NOT NULL DEFAULT 1| CHECK ({x} > {n})| REFERENCES {u} (id)>
ALTER TABLE {t} ADD COLUMN {x} INTEGER AS ({c} + 1) VIRTUAL
ALTER TABLE {t} DROP COLUMN {c}
ALTER TABLE {t} RENAME COLUMN {c} TO {x}
ALTER TABLE {t} RENAME {c} TO {x}
CREATE <|UNIQUE >INDEX <|IF NOT EXISTS >{I} ON {t} ({c}<|, {d}>)<|| WHERE {d} IS NOT NULL>
CREATE INDEX {I} ON {t} (lower({c}))
DROP INDEX <|IF EXISTS >{i}
DROP TABLE <|IF EXISTS >{t}
CREATE VIEW <|IF NOT EXISTS >{V} AS SELECT <*|{c}|{c}, {d} AS other|{c} + 1 AS n> FROM {t}<|| WHERE {d} > {n}>
CREATE VIEW {V} AS SELECT a.{c}, b.{e} AS other FROM {t} a JOIN {u} b ON a.{d} = b.{e}
CREATE VIEW {V} AS SELECT {c} FROM {t} UNION SELECT {e} FROM {u}
CREATE VIEW {V} AS SELECT * FROM {v}
DROP VIEW <|IF EXISTS >{v}
CREATE TRIGGER <|IF NOT EXISTS >{G} AFTER <INSERT|UPDATE|DELETE|UPDATE OF {c}> ON {t} BEGIN INSERT INTO {u} ({e}) VALUES ({w}); END
CREATE TRIGGER {G} BEFORE <INSERT|UPDATE OF {c}> ON {t} BEGIN UPDATE {u} SET {e} = NEW.{d}<| WHERE {e} = {w}>; END
CREATE TRIGGER {G} AFTER INSERT ON {t} WHEN NEW.{c} > {n} BEGIN DELETE FROM {u} WHERE {e} = NEW.{d}; END
CREATE TRIGGER {G} AFTER UPDATE ON {t} BEGIN SELECT raise(ABORT, 'no'); END
CREATE TRIGGER {G} INSTEAD OF INSERT ON {v} BEGIN INSERT INTO {t} ({c}) VALUES (NEW.name); END
DROP TRIGGER <|IF EXISTS >{g}
INSERT INTO {t} ({c}, {d}) VALUES ({n}, {w})
INSERT <INTO|OR IGNORE INTO|OR REPLACE INTO> {t} ({c}, {d}) VALUES ({w}, {n})
INSERT INTO {t} ({c}) VALUES ({w})<|, ({n})>
INSERT INTO {t} ({c}) SELECT {e} FROM {u}<|| WHERE {e} IS NOT NULL>
INSERT INTO {t} (id, {c}) VALUES (2{n}, {w})
INSERT INTO {t} DEFAULT VALUES
INSERT INTO {v} (name) VALUES ({w})
INSERT INTO {t} ({c}, {d}) VALUES ({n}, {w}) ON CONFLICT DO <NOTHING|UPDATE SET {d} = {w}>
UPDATE {t} SET {c} = {w}<|| WHERE {d} = {n}| WHERE {d} IS NULL>
UPDATE {t} SET {c} = {d}
UPDATE {t} SET {c} = {c} <+|*> {n}
UPDATE {t} SET {c} = (SELECT max({e}) FROM {u})<|| WHERE {d} = {n}>
UPDATE {t} SET {c} = coalesce({c}, {w})
DELETE FROM {t}<|| WHERE {c} = {w}| WHERE {c} = {n}>
DELETE FROM {t} WHERE {c} IN (SELECT {e} FROM {u})
DELETE FROM {t} WHERE EXISTS (SELECT 1 FROM {u} WHERE {u}.{e} = {t}.{c})
CREATE TABLE {T} (id INTEGER PRIMARY KEY, name TEXT, code INTEGER) ;; INSERT INTO {T} (id, name, code) SELECT id, name, code FROM {t} ;; DROP TABLE {t} ;; ALTER TABLE {T} RENAME TO {t}
CREATE TABLE {T} AS SELECT * FROM {t} ;; DROP TABLE {t} ;; ALTER TABLE {T} RENAME TO {t}
PRAGMA foreign_keys = <ON|OFF>
