-- section: base
CREATE TABLE orgs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, parent_id INTEGER REFERENCES orgs (id));
CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL,
  name TEXT,
  nick TEXT DEFAULT 'none',
  age INTEGER,
  bio TEXT,
  org_id INTEGER REFERENCES orgs (id),
  CONSTRAINT users_age CHECK (age >= 0)
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  total NUMERIC NOT NULL DEFAULT 0,
  status TEXT DEFAULT 'new',
  note TEXT
);
CREATE TABLE items (
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  sku TEXT NOT NULL,
  qty INTEGER NOT NULL DEFAULT 1,
  price NUMERIC,
  cost NUMERIC GENERATED ALWAYS AS (qty * price) VIRTUAL,
  PRIMARY KEY (order_id, sku)
) WITHOUT ROWID;
CREATE TABLE tags (id INTEGER PRIMARY KEY, label TEXT COLLATE NOCASE, color TEXT, weight INTEGER DEFAULT 1);
CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT, who INTEGER);
CREATE TABLE archive (id INTEGER PRIMARY KEY, body TEXT);
CREATE TABLE plain (a INTEGER, b INTEGER, c TEXT);
CREATE UNIQUE INDEX ix_users_email ON users (email);
CREATE INDEX ix_users_name ON users (name);
CREATE INDEX ix_users_lower ON users (lower(email));
CREATE INDEX ix_orders_open ON orders (user_id) WHERE status = 'open';
CREATE INDEX ix_tags_color ON tags (color);
CREATE VIEW active_users (id, email) AS SELECT id, email FROM users WHERE age > 17;
CREATE VIEW all_tags AS SELECT * FROM tags;
CREATE VIEW order_totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id;
CREATE VIEW user_orders AS SELECT users.name, orders.total FROM users JOIN orders ON orders.user_id = users.id;
CREATE TRIGGER users_log AFTER UPDATE OF email ON users BEGIN
  INSERT INTO log (what, who) VALUES ('email', NEW.id);
END;
CREATE TRIGGER orders_log AFTER INSERT ON orders BEGIN
  INSERT INTO log (what, who) VALUES ('order ' || NEW.status, NEW.user_id);
END;
CREATE TRIGGER active_users_insert INSTEAD OF INSERT ON active_users BEGIN
  INSERT INTO users (id, email, age) VALUES (NEW.id, NEW.email, 18);
END;

-- section: rows
INSERT INTO orgs VALUES (1, 'acme', NULL), (2, 'beta', 1), (3, 'gamma', 1), (4, 'delta', NULL);
INSERT INTO users VALUES
  (1, 'a@x.org', 'ann', 'a', 30, 'long life', 1), (2, 'B@x.org', 'bob', 'none', 17, NULL, 1),
  (3, 'c@x.org', 'bob', NULL, NULL, '', 2), (4, 'd@x.org', NULL, 'dd', 0, 'x', NULL),
  (5, 'e@y.org', 'eve', 'none', 99, 'a biography that is longer than sixteen letters', 3);
INSERT INTO orders VALUES (1, 1, 10, 'new', 'n'), (2, 1, 20.5, 'open', NULL), (3, 2, 0, 'open', ''),
  (4, 3, 7, NULL, 'gift'), (7, 5, 1000, 'paid', 'long note here');
INSERT INTO items (order_id, sku, qty, price) VALUES (1, 'p', 1, 10), (2, 'p', 2, 5), (2, 'q', 1, 10.5), (7, 'z', 10, 100);
INSERT INTO tags VALUES (1, 'red', 'ff0000', 1), (2, 'RED ', 'ff0000', 2), (3, 'blue', NULL, NULL), (9, '', '0000ff', 3);
INSERT INTO log VALUES (101, 'start', NULL), (102, 'email', 1);
INSERT INTO archive VALUES (1, 'old'), (2, NULL);
INSERT INTO plain VALUES (1, 10, 'x'), (2, 20, 'y'), (2, 20, 'y'), (NULL, NULL, NULL);

-- op: create_table_teams
CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT);
-- op: create_table_teams_other
CREATE TABLE teams (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
-- op: create_table_teams_if_not_exists
CREATE TABLE IF NOT EXISTS teams (id INTEGER PRIMARY KEY, name TEXT);
-- op: create_table_teams_if_not_exists_other
CREATE TABLE IF NOT EXISTS teams (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
-- op: create_table_invoices_fk_orders
CREATE TABLE invoices (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id));
-- op: create_table_badges_fk_users_email
CREATE TABLE badges (id INTEGER PRIMARY KEY, email TEXT REFERENCES users (email));
-- op: create_table_notes_fk_archive
CREATE TABLE notes (id INTEGER PRIMARY KEY, archive_id INTEGER REFERENCES archive (id));
-- op: create_table_as_users
CREATE TABLE users_copy AS SELECT id, email FROM users;
-- op: create_table_as_star_tags
CREATE TABLE tags_copy AS SELECT * FROM tags;
-- op: create_table_as_count_orders
CREATE TABLE order_count AS SELECT count(*) AS n FROM orders;
-- op: create_table_named_like_index
CREATE TABLE ix_plain_a (x INTEGER);
-- op: create_table_customers
CREATE TABLE customers (id INTEGER PRIMARY KEY, vip INTEGER);
-- op: create_table_autoincrement
CREATE TABLE counters (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER);
INSERT INTO counters (n) VALUES (1);
-- op: create_table_strict
CREATE TABLE measures (id INTEGER PRIMARY KEY, v REAL) STRICT;
-- op: create_virtual_table
CREATE VIRTUAL TABLE search USING fts5 (body);
-- op: create_temp_table
CREATE TEMP TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT);
-- op: drop_table_archive
DROP TABLE archive;
-- op: drop_table_archive_if_exists
DROP TABLE IF EXISTS archive;
-- op: drop_table_plain
DROP TABLE plain;
-- op: drop_table_tags
DROP TABLE tags;
-- op: drop_table_log
DROP TABLE log;
-- op: drop_table_items
DROP TABLE items;
-- op: drop_table_orgs
DROP TABLE orgs;
-- op: rename_table_archive_store
ALTER TABLE archive RENAME TO store;
-- op: rename_table_archive_attic
ALTER TABLE archive RENAME TO attic;
-- op: rename_table_users_customers
ALTER TABLE users RENAME TO customers;
-- op: rename_table_tags_labels
ALTER TABLE tags RENAME TO labels;
-- op: rename_table_plain_teams
ALTER TABLE plain RENAME TO teams;
-- op: rename_table_log_events
ALTER TABLE log RENAME TO events;
-- op: rename_table_swap_archive_plain
ALTER TABLE archive RENAME TO tmp_swap;
ALTER TABLE plain RENAME TO archive;
ALTER TABLE tmp_swap RENAME TO plain;
-- op: add_column_users_phone
ALTER TABLE users ADD COLUMN phone TEXT;
-- op: add_column_users_phone_varchar
ALTER TABLE users ADD COLUMN phone VARCHAR(20) DEFAULT '';
-- op: add_column_users_score_not_null
ALTER TABLE users ADD COLUMN score INTEGER NOT NULL DEFAULT 0;
-- op: add_column_users_city_check
ALTER TABLE users ADD COLUMN city TEXT CHECK (city <> '');
-- op: add_column_users_boss_fk
ALTER TABLE users ADD COLUMN boss_id INTEGER REFERENCES users (id);
-- op: add_column_users_generated
ALTER TABLE users ADD COLUMN upper_name TEXT GENERATED ALWAYS AS (upper(name)) VIRTUAL;
-- op: add_column_orders_currency
ALTER TABLE orders ADD COLUMN currency TEXT DEFAULT 'EUR';
-- op: add_column_orders_name
ALTER TABLE orders ADD COLUMN name TEXT;
-- op: add_column_orders_org_fk
ALTER TABLE orders ADD COLUMN org_id INTEGER REFERENCES orgs (id);
-- op: add_column_tags_size
ALTER TABLE tags ADD COLUMN size INTEGER;
-- op: add_column_tags_who
ALTER TABLE tags ADD COLUMN who INTEGER;
-- op: add_column_plain_d
ALTER TABLE plain ADD COLUMN d INTEGER DEFAULT 5;
-- op: add_column_archive_stamp
ALTER TABLE archive ADD COLUMN stamp TEXT DEFAULT 'unknown';
-- op: add_column_log_level
ALTER TABLE log ADD COLUMN level TEXT DEFAULT 'info';
-- op: add_column_items_unit
ALTER TABLE items ADD COLUMN unit TEXT;
-- op: drop_column_users_bio
ALTER TABLE users DROP COLUMN bio;
-- op: drop_column_users_nick
ALTER TABLE users DROP COLUMN nick;
-- op: drop_column_orders_note
ALTER TABLE orders DROP COLUMN note;
-- op: drop_column_tags_weight
ALTER TABLE tags DROP COLUMN weight;
-- op: drop_column_plain_b
ALTER TABLE plain DROP COLUMN b;
-- op: drop_column_plain_c
ALTER TABLE plain DROP COLUMN c;
-- op: drop_column_archive_body
ALTER TABLE archive DROP COLUMN body;
-- op: drop_column_users_name_with_index_and_view
DROP VIEW user_orders;
DROP INDEX ix_users_name;
ALTER TABLE users DROP COLUMN name;
-- op: drop_column_tags_color_with_index
DROP INDEX ix_tags_color;
ALTER TABLE tags DROP COLUMN color;
-- op: rename_column_users_name
ALTER TABLE users RENAME COLUMN name TO full_name;
-- op: rename_column_users_name_phone
ALTER TABLE users RENAME COLUMN name TO phone;
-- op: rename_column_users_email
ALTER TABLE users RENAME COLUMN email TO mail;
-- op: rename_column_users_bio
ALTER TABLE users RENAME COLUMN bio TO about;
-- op: rename_column_users_age
ALTER TABLE users RENAME age TO years;
-- op: rename_column_users_id
ALTER TABLE users RENAME COLUMN id TO user_id;
-- op: rename_column_orders_total
ALTER TABLE orders RENAME COLUMN total TO amount;
-- op: rename_column_orders_status
ALTER TABLE orders RENAME COLUMN status TO state;
-- op: rename_column_plain_b
ALTER TABLE plain RENAME COLUMN b TO d;
-- op: rename_column_plain_a
ALTER TABLE plain RENAME COLUMN a TO z;
-- op: rename_column_log_what
ALTER TABLE log RENAME COLUMN what TO action;
-- op: rename_column_tags_label
ALTER TABLE tags RENAME COLUMN label TO title;
-- op: rename_column_items_qty
ALTER TABLE items RENAME COLUMN qty TO amount;
-- op: rename_column_swap_plain
ALTER TABLE plain RENAME COLUMN a TO tmp;
ALTER TABLE plain RENAME COLUMN b TO a;
ALTER TABLE plain RENAME COLUMN tmp TO b;
-- op: create_index_users_age
CREATE INDEX ix_users_age ON users (age);
-- op: create_index_users_age_if_not_exists
CREATE INDEX IF NOT EXISTS ix_users_age ON users (age);
-- op: create_index_users_age_other
CREATE INDEX IF NOT EXISTS ix_users_age ON users (age, name);
-- op: create_index_users_bio
CREATE INDEX ix_users_bio ON users (bio);
-- op: create_index_users_email_name
CREATE INDEX ix_users_email_name ON users (email, name);
-- op: create_index_users_nick_partial
CREATE INDEX ix_users_nick ON users (nick) WHERE bio IS NOT NULL;
-- op: create_index_users_expression
CREATE INDEX ix_users_expr ON users (upper(name));
-- op: create_unique_index_tags_label
CREATE UNIQUE INDEX ux_tags_label ON tags (label);
-- op: create_unique_index_orders_note
CREATE UNIQUE INDEX ux_orders_note ON orders (note);
-- op: create_unique_index_archive_body
CREATE UNIQUE INDEX ux_archive_body ON archive (body);
-- op: create_index_plain_a
CREATE INDEX ix_plain_a ON plain (a);
-- op: create_index_plain_b
CREATE INDEX ix_plain_b ON plain (b);
-- op: create_index_archive_named_ix_plain_a
CREATE INDEX ix_plain_a ON archive (body);
-- op: drop_index_users_name
DROP INDEX ix_users_name;
-- op: drop_index_users_name_if_exists
DROP INDEX IF EXISTS ix_users_name;
-- op: drop_index_users_lower
DROP INDEX ix_users_lower;
-- op: drop_index_users_email
DROP INDEX ix_users_email;
-- op: drop_index_tags_color
DROP INDEX ix_tags_color;
-- op: drop_index_orders_open
DROP INDEX ix_orders_open;
-- op: drop_create_index_users_name
DROP INDEX ix_users_name;
CREATE INDEX ix_users_name ON users (name, age);
-- op: reindex
REINDEX ix_users_name;
-- op: analyze
ANALYZE;
-- op: vacuum
VACUUM;
-- op: create_view_bios
CREATE VIEW bios AS SELECT id, bio FROM users WHERE bio IS NOT NULL;
-- op: create_view_bios_other
CREATE VIEW bios AS SELECT id, nick FROM users;
-- op: create_view_bios_if_not_exists
CREATE VIEW IF NOT EXISTS bios AS SELECT id, bio FROM users WHERE bio IS NOT NULL;
-- op: create_view_star_users
CREATE VIEW users_star AS SELECT * FROM users;
-- op: create_view_star_plain
CREATE VIEW plain_star AS SELECT * FROM plain;
-- op: create_view_natural_join
CREATE VIEW logged_tags AS SELECT id, label, what FROM tags NATURAL JOIN log;
-- op: create_view_on_view
CREATE VIEW active_emails AS SELECT email FROM active_users;
-- op: create_view_archive
CREATE VIEW archived AS SELECT id, body FROM archive;
-- op: create_view_unqualified_join
CREATE VIEW user_status AS SELECT name, status FROM users JOIN orders ON user_id = users.id;
-- op: create_view_orders_note
CREATE VIEW order_notes AS SELECT note FROM orders;
-- op: create_view_teams_name
CREATE VIEW teams AS SELECT 1 AS id;
-- op: drop_view_active_users
DROP VIEW active_users;
-- op: drop_view_all_tags
DROP VIEW all_tags;
-- op: drop_view_all_tags_if_exists
DROP VIEW IF EXISTS all_tags;
-- op: drop_view_order_totals
DROP VIEW order_totals;
-- op: replace_view_order_totals
DROP VIEW order_totals;
CREATE VIEW order_totals AS SELECT user_id, sum(total) AS total, count(*) AS n FROM orders GROUP BY user_id;
-- op: replace_view_order_totals_max
DROP VIEW IF EXISTS order_totals;
CREATE VIEW order_totals AS SELECT user_id, max(total) AS total FROM orders GROUP BY user_id;
-- op: drop_view_user_orders
DROP VIEW user_orders;
-- op: create_trigger_tags_insert
CREATE TRIGGER tags_log AFTER INSERT ON tags BEGIN INSERT INTO log (what) VALUES (NEW.label); END;
-- op: create_trigger_tags_insert_if_not_exists
CREATE TRIGGER IF NOT EXISTS tags_log AFTER INSERT ON tags BEGIN INSERT INTO log (what) VALUES (NEW.label); END;
-- op: create_trigger_users_bio
CREATE TRIGGER users_bio AFTER UPDATE ON users BEGIN UPDATE tags SET weight = 9 WHERE label = NEW.bio; END;
-- op: create_trigger_archive_delete
CREATE TRIGGER archive_delete AFTER DELETE ON archive BEGIN INSERT INTO plain (a) VALUES (OLD.id); END;
-- op: create_trigger_plain_update
CREATE TRIGGER plain_update AFTER UPDATE OF b ON plain BEGIN UPDATE archive SET body = 'b' WHERE id = NEW.a; END;
-- op: create_trigger_orders_before
CREATE TRIGGER orders_before BEFORE INSERT ON orders WHEN NEW.total < 0 BEGIN SELECT RAISE(ABORT, 'negative'); END;
-- op: create_trigger_items_star
CREATE TRIGGER items_copy AFTER INSERT ON items BEGIN INSERT INTO archive SELECT NULL, NEW.sku; END;
-- op: drop_trigger_users_log
DROP TRIGGER users_log;
-- op: drop_trigger_orders_log
DROP TRIGGER orders_log;
-- op: drop_trigger_orders_log_if_exists
DROP TRIGGER IF EXISTS orders_log;
-- op: replace_trigger_orders_log
DROP TRIGGER orders_log;
CREATE TRIGGER orders_log AFTER INSERT ON orders BEGIN INSERT INTO log (what) VALUES ('new order'); END;
-- op: insert_users_explicit
INSERT INTO users (id, email, name, age) VALUES (100, 'z@z.org', 'zoe', 40);
-- op: insert_users_explicit_other
INSERT INTO users (id, email, name, nick, age, bio) VALUES (101, 'y@y.org', 'yul', 'y', 41, 'zzz');
-- op: insert_users_default_key
INSERT INTO users (email) VALUES ('fresh@x.org');
-- op: insert_users_same_email
INSERT OR IGNORE INTO users (id, email) VALUES (102, 'z@z.org');
-- op: insert_orders_auto
INSERT INTO orders (user_id, total) SELECT min(id), 5 FROM users HAVING count(*) > 0;
-- op: insert_orders_explicit
INSERT INTO orders (id, user_id, total, status, note) VALUES (50, 1, 3, 'open', 'n50');
-- op: insert_plain_no_columns
INSERT INTO plain VALUES (3, 30, 'z');
-- op: insert_plain_columns
INSERT INTO plain (a, b, c) VALUES (4, 40, 'w');
-- op: insert_plain_some
INSERT INTO plain (a) VALUES (5);
-- op: insert_tags_default_weight
INSERT INTO tags (id, label) VALUES (20, 'green');
-- op: insert_tags_no_columns
INSERT INTO tags VALUES (21, 'pink', 'ffc0cb', 4);
-- op: insert_tags_duplicate_label
INSERT INTO tags (id, label, weight) VALUES (22, 'Green', 1);
-- op: insert_archive_select_users
INSERT INTO archive (id, body) SELECT id + 1000, bio FROM users;
-- op: insert_archive_explicit
INSERT INTO archive (id, body) VALUES (30, 'thirty');
-- op: insert_archive_null_body
INSERT INTO archive (id, body) VALUES (31, NULL);
-- op: insert_archive_auto
INSERT INTO archive (body) VALUES ('auto');
-- op: insert_log_auto
INSERT INTO log (what) VALUES ('migrated');
-- op: insert_log_explicit
INSERT INTO log (id, what) VALUES (500, 'explicit');
-- op: insert_or_replace_archive
INSERT OR REPLACE INTO archive (id, body) VALUES (30, 'replaced');
-- op: upsert_archive
INSERT INTO archive (id, body) VALUES (30, 'up') ON CONFLICT (id) DO UPDATE SET body = body || '+';
-- op: insert_view_active_users
INSERT INTO active_users (id, email) VALUES (200, 'view@x.org');
-- op: insert_items
INSERT INTO items (order_id, sku, qty, price) VALUES (1, 'new', 3, 1);
-- op: update_users_name
UPDATE users SET name = 'nobody' WHERE name IS NULL;
-- op: update_users_email_lower
UPDATE users SET email = lower(email);
-- op: update_users_bio_from_name
UPDATE users SET bio = name;
-- op: update_users_age_plus
UPDATE users SET age = age + 1;
-- op: update_users_age_double
UPDATE users SET age = age * 2;
-- op: update_users_nick_null
UPDATE users SET nick = NULL WHERE nick = 'none';
-- op: update_users_org
UPDATE users SET org_id = 3 WHERE org_id = 2;
-- op: update_orders_status
UPDATE orders SET status = 'open' WHERE status IS NULL;
-- op: update_orders_total
UPDATE orders SET total = total * 2 WHERE status = 'open';
-- op: update_orders_note_where_user
UPDATE orders SET note = 'minor' WHERE user_id IN (SELECT id FROM users WHERE age < 18);
-- op: update_plain_b
UPDATE plain SET b = a + 1;
-- op: update_plain_a
UPDATE plain SET a = 7 WHERE b = 20;
-- op: update_plain_c
UPDATE plain SET c = 'k' WHERE c = 'x';
-- op: update_tags_weight
UPDATE tags SET weight = 0 WHERE weight IS NULL;
-- op: update_tags_weight_same
UPDATE tags SET weight = 0 WHERE weight IS NULL AND id > 0;
-- op: update_tags_color
UPDATE tags SET color = '000000';
-- op: update_archive_body
UPDATE archive SET body = 'body' WHERE body IS NULL;
-- op: update_log_who
UPDATE log SET who = 0 WHERE who IS NULL;
-- op: delete_users_minor
DELETE FROM users WHERE age < 18;
-- op: delete_orders_zero
DELETE FROM orders WHERE total = 0;
-- op: delete_orders_open
DELETE FROM orders WHERE status = 'open';
-- op: delete_plain_all
DELETE FROM plain;
-- op: delete_tags_unnamed
DELETE FROM tags WHERE label = '';
-- op: delete_log_all
DELETE FROM log;
-- op: delete_archive_null
DELETE FROM archive WHERE body IS NULL;
-- op: delete_orgs_unused
DELETE FROM orgs WHERE id NOT IN (SELECT org_id FROM users WHERE org_id IS NOT NULL);
-- op: foreign_keys_on
PRAGMA foreign_keys = ON;
-- op: delete_users_cascade
PRAGMA foreign_keys = ON;
DELETE FROM users WHERE id = 1;
PRAGMA foreign_keys = OFF;
-- op: user_version
PRAGMA user_version = 7;
-- op: legacy_alter_table
PRAGMA legacy_alter_table = ON;
-- op: rebuild_users
CREATE TABLE users_new (
  id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT, nick TEXT DEFAULT 'none', age INTEGER, bio TEXT,
  org_id INTEGER REFERENCES orgs (id), CONSTRAINT users_age CHECK (age >= 0)
);
INSERT INTO users_new SELECT id, email, name, nick, age, bio, org_id FROM users;
DROP VIEW user_orders;
DROP VIEW active_users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
CREATE UNIQUE INDEX ix_users_email ON users (email);
-- op: rebuild_tags_not_null
CREATE TABLE tags_new (id INTEGER PRIMARY KEY, label TEXT NOT NULL, color TEXT, weight INTEGER DEFAULT 1);
INSERT INTO tags_new (id, label, color, weight) SELECT id, label, color, weight FROM tags;
DROP VIEW all_tags;
DROP TABLE tags;
ALTER TABLE tags_new RENAME TO tags;
CREATE VIEW all_tags AS SELECT * FROM tags;
-- op: rebuild_plain_key
CREATE TABLE plain_new (a INTEGER, b INTEGER, c TEXT, UNIQUE (a, b, c));
INSERT INTO plain_new SELECT DISTINCT * FROM plain;
DROP TABLE plain;
ALTER TABLE plain_new RENAME TO plain;
-- op: rebuild_archive_unique
CREATE TABLE archive_new (id INTEGER PRIMARY KEY, body TEXT UNIQUE);
INSERT INTO archive_new (id, body) SELECT id, body FROM archive;
DROP TABLE archive;
ALTER TABLE archive_new RENAME TO archive;
-- op: rebuild_log_no_who
CREATE TABLE log_new (id INTEGER PRIMARY KEY, what TEXT);
INSERT INTO log_new SELECT id, what FROM log;
DROP TRIGGER users_log;
DROP TRIGGER orders_log;
DROP TABLE log;
ALTER TABLE log_new RENAME TO log;
-- op: rebuild_archive_keep_all
ALTER TABLE archive RENAME TO archive_old;
CREATE TABLE archive (id INTEGER PRIMARY KEY, body TEXT, kind TEXT DEFAULT 'old');
INSERT INTO archive (id, body) SELECT id, body FROM archive_old;
DROP TABLE archive_old;
-- op: select_only
SELECT count(*) FROM users;
-- op: backfill_users_phone
ALTER TABLE users ADD COLUMN handle TEXT;
UPDATE users SET handle = name || id;
CREATE INDEX ix_users_handle ON users (handle);
-- op: transaction_insert
BEGIN;
INSERT INTO archive (id, body) VALUES (60, 'sixty');
COMMIT;
