-- section: base
CREATE TABLE orgs (id int PRIMARY KEY, name varchar(40) NOT NULL, parent_id int, UNIQUE KEY orgs_name (name),
  CONSTRAINT orgs_parent FOREIGN KEY (parent_id) REFERENCES orgs (id));
CREATE TABLE users (
  id int PRIMARY KEY,
  email varchar(60) NOT NULL,
  name varchar(40),
  nick varchar(20) DEFAULT 'none',
  age int,
  bio text,
  feeling enum('sad', 'ok', 'happy') DEFAULT 'ok',
  org_id int,
  created date NOT NULL DEFAULT '2020-01-01',
  UNIQUE KEY ix_users_email (email),
  KEY ix_users_name (name),
  KEY ix_users_bio (bio(10)),
  CONSTRAINT users_org FOREIGN KEY (org_id) REFERENCES orgs (id),
  CONSTRAINT users_age CHECK (age >= 0)
);
CREATE TABLE orders (
  id int AUTO_INCREMENT PRIMARY KEY,
  user_id int NOT NULL,
  total decimal(12, 2) NOT NULL DEFAULT 0,
  status varchar(20) DEFAULT 'new',
  note varchar(200),
  FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE items (
  order_id int NOT NULL,
  sku varchar(20) NOT NULL,
  qty int NOT NULL DEFAULT 1,
  price decimal(10, 2),
  cost decimal(12, 2) GENERATED ALWAYS AS (price * 2) VIRTUAL,
  PRIMARY KEY (order_id, sku),
  CONSTRAINT items_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE
);
CREATE TABLE tags (id int AUTO_INCREMENT PRIMARY KEY, label varchar(30), color varchar(10), weight int DEFAULT 1, KEY ix_tags_color (color));
CREATE TABLE log (id bigint AUTO_INCREMENT PRIMARY KEY, what varchar(60), who int);
CREATE TABLE archive (id int PRIMARY KEY, body varchar(100));
CREATE TABLE plain (a int, b int, c varchar(20));
CREATE TABLE flat (id int, body varchar(20)) ENGINE = MyISAM;
CREATE TABLE parts (id int NOT NULL, day int NOT NULL) PARTITION BY RANGE (day)
  (PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN (20));
CREATE VIEW active_users AS SELECT id, email FROM users WHERE age > 17;
CREATE VIEW all_tags AS SELECT * FROM tags;
CREATE VIEW order_totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id;
CREATE VIEW user_orders AS SELECT u.name, o.total FROM users u JOIN orders o ON o.user_id = u.id;
CREATE FUNCTION count_users() RETURNS bigint READS SQL DATA RETURN (SELECT count(*) FROM users WHERE bio IS NOT NULL);
CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN 2 * n;
CREATE PROCEDURE clean_archive() MODIFIES SQL DATA DELETE FROM archive WHERE body IS NULL;
CREATE TRIGGER orders_log AFTER INSERT ON orders FOR EACH ROW INSERT INTO log (what, who) VALUES ('order', NEW.user_id);
CREATE TRIGGER users_log AFTER UPDATE ON users FOR EACH ROW INSERT INTO log (what, who) VALUES ('user', NEW.id);
CREATE SEQUENCE ticket_seq;

-- section: rows
INSERT INTO orgs VALUES (1, 'acme', NULL), (2, 'beta', 1), (3, 'gamma', 1), (4, 'delta', NULL);
INSERT INTO users VALUES
  (1, 'a@x.org', 'ann', 'a', 30, 'long life', 'happy', 1, '2020-01-01'), (2, 'B@x.org', 'bob', 'none', 17, NULL, 'ok', 1, '2020-02-01'),
  (3, 'c@x.org', 'bob', NULL, NULL, '', NULL, 2, '2021-01-01'), (4, 'd@x.org', NULL, 'dd', 0, 'x', 'sad', NULL, '2022-01-01'),
  (5, 'e@y.org', 'eve', 'none', 99, 'a biography that is longer than sixteen letters', 'ok', 3, '2020-01-01');
INSERT INTO orders (user_id, total, status, note) VALUES (1, 10, 'new', 'n'), (1, 20.5, 'open', NULL), (2, 0, 'open', ''),
  (3, 7, NULL, 'gift'), (5, 1000, 'paid', 'long note here');
INSERT INTO items (order_id, sku, qty, price) VALUES (1, 'p', 1, 10), (2, 'p', 2, 5), (2, 'q', 1, 10.5), (5, 'z', 10, 100);
INSERT INTO tags (label, color, weight) VALUES ('red', 'ff0000', 1), ('rouge', 'ff0000', 2), ('blue', NULL, NULL), ('', '0000ff', 3);
INSERT INTO log (what, who) VALUES ('start', NULL), ('email', 1);
INSERT INTO archive VALUES (1, 'old'), (2, NULL);
INSERT INTO plain VALUES (1, 10, 'x'), (2, 20, 'y'), (2, 20, 'y'), (NULL, NULL, NULL);
INSERT INTO flat VALUES (1, 'one'), (2, NULL);
INSERT INTO parts VALUES (1, 5), (2, 15);

-- op: create_table_teams
CREATE TABLE teams (id int PRIMARY KEY, name varchar(40));
-- op: create_table_teams_other
CREATE TABLE teams (id int PRIMARY KEY, title varchar(40) NOT NULL);
-- op: create_table_teams_if_not_exists
CREATE TABLE IF NOT EXISTS teams (id int PRIMARY KEY, name varchar(40));
-- op: create_table_teams_if_not_exists_other
CREATE TABLE IF NOT EXISTS teams (id int PRIMARY KEY, title varchar(40) NOT NULL);
-- op: create_or_replace_table_teams
CREATE OR REPLACE TABLE teams (id int PRIMARY KEY, name varchar(40));
-- op: create_table_invoices_fk_orders
CREATE TABLE invoices (id int PRIMARY KEY, order_id int, CONSTRAINT invoices_order FOREIGN KEY (order_id) REFERENCES orders (id));
-- op: create_table_bills_same_fk_name
CREATE TABLE bills (id int PRIMARY KEY, order_id int, CONSTRAINT invoices_order FOREIGN KEY (order_id) REFERENCES orders (id));
-- op: create_table_notes_fk_archive
CREATE TABLE notes (id int PRIMARY KEY, archive_id int, FOREIGN KEY (archive_id) REFERENCES archive (id));
-- op: create_table_as_star_tags
CREATE TABLE tags_copy AS SELECT * FROM tags;
-- op: create_table_as_count_orders
CREATE TABLE order_count AS SELECT count(*) AS n FROM orders;
-- op: create_table_like_users
CREATE TABLE users_like LIKE users;
-- op: create_table_like_plain
CREATE TABLE plain_like LIKE plain;
-- op: create_table_myisam
CREATE TABLE cache (id int PRIMARY KEY, body text) ENGINE = MyISAM;
-- op: create_table_customers
CREATE TABLE customers (id int PRIMARY KEY, vip tinyint(1));
-- op: create_table_latin
CREATE TABLE legacy (id int PRIMARY KEY, body varchar(20)) DEFAULT CHARSET = latin1;
-- op: create_table_auto_increment
CREATE TABLE counters (id int AUTO_INCREMENT PRIMARY KEY, n int) AUTO_INCREMENT = 50;
INSERT INTO counters (n) VALUES (1);
-- op: create_table_calls_function
CREATE TABLE computed (id int, doubled int DEFAULT (id * 2));
-- op: create_temporary_table
CREATE TEMPORARY TABLE users (id int PRIMARY KEY, email varchar(60), name varchar(40));
-- op: drop_table_archive
DROP TABLE archive;
-- op: drop_table_archive_if_exists
DROP TABLE IF EXISTS archive;
-- op: drop_table_plain
DROP TABLE plain;
-- op: drop_tables_two
DROP TABLE plain, archive;
-- op: drop_table_tags
DROP TABLE tags;
-- op: drop_table_log
DROP TABLE log;
-- op: drop_table_items
DROP TABLE items;
-- op: drop_table_users_unchecked
SET foreign_key_checks = 0;
DROP TABLE users;
SET foreign_key_checks = 1;
-- op: rename_table_archive_store
ALTER TABLE archive RENAME TO store;
-- op: rename_table_archive_attic
RENAME TABLE archive TO attic;
-- op: rename_table_users_customers
RENAME TABLE users TO customers;
-- op: rename_table_tags_labels
ALTER TABLE tags RENAME labels;
-- op: rename_table_orders_purchases
RENAME TABLE orders TO purchases;
-- op: rename_table_plain_teams
RENAME TABLE plain TO teams;
-- op: rename_table_swap
RENAME TABLE archive TO tmp_swap, plain TO archive, tmp_swap TO plain;
-- op: add_column_users_phone
ALTER TABLE users ADD COLUMN phone varchar(30);
-- op: add_column_users_phone_other
ALTER TABLE users ADD COLUMN phone varchar(20) NOT NULL DEFAULT '';
-- op: add_column_users_phone_if_not_exists
ALTER TABLE users ADD COLUMN IF NOT EXISTS phone varchar(30);
-- op: add_column_users_score_after
ALTER TABLE users ADD COLUMN score int NOT NULL DEFAULT 0 AFTER name;
-- op: add_column_users_first
ALTER TABLE users ADD COLUMN rank_no int FIRST;
-- op: add_column_users_city_check
ALTER TABLE users ADD COLUMN city varchar(20) CHECK (city <> '');
-- op: add_column_users_boss_fk
ALTER TABLE users ADD COLUMN boss_id int, ADD FOREIGN KEY (boss_id) REFERENCES users (id);
-- op: add_column_users_generated
ALTER TABLE users ADD COLUMN upper_name varchar(40) GENERATED ALWAYS AS (upper(name)) VIRTUAL;
-- op: add_column_users_after_bio
ALTER TABLE users ADD COLUMN motto varchar(50) AFTER bio;
-- op: add_column_orders_name
ALTER TABLE orders ADD COLUMN name varchar(20);
-- op: add_column_orders_stamp
ALTER TABLE orders ADD COLUMN stamped timestamp DEFAULT current_timestamp ON UPDATE current_timestamp;
-- op: add_column_tags_size
ALTER TABLE tags ADD COLUMN size int;
-- op: add_column_plain_d
ALTER TABLE plain ADD COLUMN d int DEFAULT 5;
-- op: add_columns_plain_two
ALTER TABLE plain ADD COLUMN e int, ADD COLUMN f varchar(10) DEFAULT 'f';
-- op: add_column_archive_stamp
ALTER TABLE archive ADD COLUMN stamp datetime DEFAULT now();
-- op: add_column_archive_uuid
ALTER TABLE archive ADD COLUMN uid varchar(36) DEFAULT (uuid());
-- op: add_column_log_level_instant
ALTER TABLE log ADD COLUMN level varchar(10) DEFAULT 'info', ALGORITHM = INSTANT;
-- op: add_column_items_unit
ALTER TABLE items ADD COLUMN unit varchar(10);
-- op: drop_column_users_bio
ALTER TABLE users DROP COLUMN bio;
-- op: drop_column_users_nick
ALTER TABLE users DROP COLUMN nick;
-- op: drop_column_users_name
ALTER TABLE users DROP COLUMN name;
-- op: drop_column_users_age_with_check
ALTER TABLE users DROP CONSTRAINT users_age, DROP COLUMN age;
-- op: drop_column_orders_note
ALTER TABLE orders DROP COLUMN note;
-- op: drop_column_tags_color
ALTER TABLE tags DROP COLUMN color;
-- op: drop_column_tags_weight_if_exists
ALTER TABLE tags DROP COLUMN IF EXISTS weight;
-- op: drop_column_plain_b
ALTER TABLE plain DROP COLUMN b;
-- op: drop_column_archive_body
ALTER TABLE archive DROP COLUMN body;
-- op: drop_column_log_who
ALTER TABLE log DROP COLUMN who;
-- op: rename_column_users_name
ALTER TABLE users RENAME COLUMN name TO full_name;
-- op: change_column_users_name_phone
ALTER TABLE users CHANGE name phone varchar(40);
-- op: rename_column_users_email
ALTER TABLE users RENAME COLUMN email TO mail;
-- op: rename_column_users_bio
ALTER TABLE users RENAME COLUMN bio TO about;
-- op: rename_column_users_age
ALTER TABLE users RENAME COLUMN age TO years;
-- op: rename_column_users_id
ALTER TABLE users RENAME COLUMN id TO user_id;
-- op: rename_column_orders_total
ALTER TABLE orders RENAME COLUMN total TO amount;
-- op: rename_column_orders_user
ALTER TABLE orders RENAME COLUMN user_id TO buyer_id;
-- op: rename_column_plain_b
ALTER TABLE plain RENAME COLUMN b TO d;
-- op: rename_column_tags_label
ALTER TABLE tags RENAME COLUMN label TO title;
-- op: rename_column_log_what
ALTER TABLE log RENAME COLUMN what TO action;
-- op: rename_column_archive_body
ALTER TABLE archive RENAME COLUMN body TO content;
-- op: modify_users_name_longer
ALTER TABLE users MODIFY name varchar(80);
-- op: modify_users_name_not_null
ALTER TABLE users MODIFY nick varchar(20) DEFAULT 'none' COMMENT 'short name';
-- op: modify_users_bio_narrow
ALTER TABLE users MODIFY bio varchar(50);
-- op: modify_plain_b_bigint
ALTER TABLE plain MODIFY b bigint;
-- op: modify_plain_b_varchar
ALTER TABLE plain MODIFY b varchar(10);
-- op: modify_archive_body_narrow
ALTER TABLE archive MODIFY body varchar(5);
-- op: modify_archive_body_not_null
UPDATE archive SET body = '' WHERE body IS NULL;
ALTER TABLE archive MODIFY body varchar(100) NOT NULL;
-- op: modify_archive_auto_increment
ALTER TABLE archive MODIFY id int AUTO_INCREMENT;
-- op: modify_enum_add_value
ALTER TABLE users MODIFY feeling enum('sad', 'ok', 'happy', 'angry') DEFAULT 'ok';
-- op: modify_enum_add_other_value
ALTER TABLE users MODIFY feeling enum('sad', 'ok', 'happy', 'calm') DEFAULT 'ok';
-- op: modify_items_qty_bigint
ALTER TABLE items MODIFY qty bigint NOT NULL DEFAULT 1;
-- op: modify_orders_status_position
ALTER TABLE orders MODIFY status varchar(20) DEFAULT 'new' AFTER note;
-- op: set_default_users_nick
ALTER TABLE users ALTER COLUMN nick SET DEFAULT 'nobody';
-- op: drop_default_users_nick
ALTER TABLE users ALTER nick DROP DEFAULT;
-- op: set_default_plain_b
ALTER TABLE plain ALTER COLUMN b SET DEFAULT 77;
-- op: set_default_orders_total
ALTER TABLE orders ALTER total SET DEFAULT -1;
-- op: set_default_tags_weight
ALTER TABLE tags ALTER weight SET DEFAULT 5;
-- op: add_check_users_named
ALTER TABLE users ADD CONSTRAINT users_name_len CHECK (char_length(name) < 40);
-- op: add_check_users_unnamed
ALTER TABLE users ADD CHECK (char_length(bio) < 500);
-- op: add_check_users_unnamed_other
ALTER TABLE users ADD CHECK (char_length(bio) > -1);
-- op: add_check_orders_total
ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0);
-- op: add_check_plain
ALTER TABLE plain ADD CONSTRAINT plain_b_small CHECK (b < 100);
-- op: add_check_archive
ALTER TABLE archive ADD CONSTRAINT archive_body CHECK (body <> 'thirty');
-- op: drop_check_users_age
ALTER TABLE users DROP CONSTRAINT users_age;
-- op: replace_check_users_age
ALTER TABLE users DROP CONSTRAINT users_age, ADD CONSTRAINT users_age CHECK (age >= 0 AND age < 150);
-- op: add_unique_archive_body
ALTER TABLE archive ADD UNIQUE KEY archive_body_key (body);
-- op: add_unique_tags_label
ALTER TABLE tags ADD UNIQUE (label);
-- op: add_unique_orders_note
CREATE UNIQUE INDEX ux_orders_note ON orders (note);
-- op: drop_unique_orgs
ALTER TABLE orgs DROP INDEX orgs_name;
-- op: drop_pkey_archive
ALTER TABLE archive DROP PRIMARY KEY;
-- op: add_pkey_plain
DELETE FROM plain WHERE a IS NULL OR a = 2;
ALTER TABLE plain ADD PRIMARY KEY (a);
-- op: add_fk_plain_archive
UPDATE plain SET a = NULL WHERE a NOT IN (SELECT id FROM archive);
ALTER TABLE plain ADD CONSTRAINT plain_archive FOREIGN KEY (a) REFERENCES archive (id);
-- op: add_fk_log_users
ALTER TABLE log ADD CONSTRAINT log_who FOREIGN KEY (who) REFERENCES users (id);
-- op: add_fk_log_users_unnamed
ALTER TABLE log ADD FOREIGN KEY (who) REFERENCES users (id) ON DELETE SET NULL;
-- op: add_fk_users_unnamed
ALTER TABLE tags ADD FOREIGN KEY (weight) REFERENCES orgs (id);
-- op: add_fk_same_name_other_table
ALTER TABLE tags ADD CONSTRAINT log_who FOREIGN KEY (weight) REFERENCES orgs (id);
-- op: drop_fk_orders
ALTER TABLE orders DROP FOREIGN KEY orders_ibfk_1;
-- op: drop_fk_and_index_orders
ALTER TABLE orders DROP FOREIGN KEY orders_ibfk_1, DROP INDEX user_id;
-- op: drop_fk_users_org
ALTER TABLE users DROP FOREIGN KEY users_org;
-- op: drop_index_users_org
ALTER TABLE users DROP FOREIGN KEY users_org, DROP INDEX users_org;
-- op: create_index_users_age
CREATE INDEX ix_users_age ON users (age);
-- op: create_index_users_age_if_not_exists
CREATE INDEX IF NOT EXISTS ix_users_age ON users (age);
-- op: create_index_users_age_other
CREATE INDEX IF NOT EXISTS ix_users_age ON users (age, name);
-- op: create_index_users_org
CREATE INDEX ix_users_org ON users (org_id, age);
-- op: create_index_orders_user
CREATE INDEX ix_orders_user ON orders (user_id, total);
-- op: create_index_users_nick
ALTER TABLE users ADD INDEX ix_users_nick (nick(5));
-- op: create_index_users_unnamed
ALTER TABLE users ADD INDEX (age);
-- op: create_index_users_unnamed_other
ALTER TABLE users ADD INDEX (age, nick);
-- op: create_index_plain_a
CREATE INDEX ix_plain_a ON plain (a);
-- op: create_index_plain_fulltext
CREATE FULLTEXT INDEX ft_archive ON archive (body);
-- op: create_index_lock_none
ALTER TABLE users ADD INDEX ix_users_created (created), ALGORITHM = INPLACE, LOCK = NONE;
-- op: create_index_log_who
CREATE INDEX ix_log_who ON log (who);
-- op: drop_index_users_name
DROP INDEX ix_users_name ON users;
-- op: drop_index_users_name_if_exists
DROP INDEX IF EXISTS ix_users_name ON users;
-- op: drop_index_users_bio
ALTER TABLE users DROP INDEX ix_users_bio;
-- op: drop_index_tags_color
ALTER TABLE tags DROP KEY ix_tags_color;
-- op: rename_index_users_name
ALTER TABLE users RENAME INDEX ix_users_name TO ix_users_called;
-- op: rename_index_tags_color
ALTER TABLE tags RENAME INDEX ix_tags_color TO ix_tags_hue;
-- op: ignored_index
ALTER TABLE users ALTER INDEX ix_users_name IGNORED;
-- op: create_view_bios
CREATE VIEW bios AS SELECT id, bio FROM users WHERE bio IS NOT NULL;
-- op: create_or_replace_view_bios
CREATE OR REPLACE VIEW bios AS SELECT id, bio FROM users WHERE bio IS NOT NULL;
-- op: create_or_replace_view_bios_other
CREATE OR REPLACE VIEW bios AS SELECT id, bio FROM users WHERE id > 2;
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
-- op: create_view_calls_function
CREATE VIEW doubled AS SELECT a, twice(a) AS t FROM plain;
-- op: create_view_definer
CREATE ALGORITHM = MERGE DEFINER = CURRENT_USER SQL SECURITY INVOKER VIEW noted AS SELECT id, note FROM orders;
-- op: drop_view_active_users
DROP VIEW active_users;
-- op: drop_view_all_tags_if_exists
DROP VIEW IF EXISTS all_tags;
-- op: replace_view_order_totals
CREATE OR REPLACE VIEW order_totals AS SELECT user_id, sum(total) AS total, count(*) AS n FROM orders GROUP BY user_id;
-- op: alter_view_order_totals_max
ALTER VIEW order_totals AS SELECT user_id, max(total) AS total FROM orders GROUP BY user_id;
-- op: rename_view
RENAME TABLE active_users TO adults;
-- op: create_or_replace_function_count
CREATE OR REPLACE FUNCTION count_users() RETURNS bigint READS SQL DATA RETURN (SELECT count(*) FROM users);
-- op: create_or_replace_function_count_other
CREATE OR REPLACE FUNCTION count_users() RETURNS bigint READS SQL DATA RETURN (SELECT count(*) FROM users WHERE age > 17);
-- op: create_function_archive
CREATE FUNCTION archive_size() RETURNS bigint READS SQL DATA RETURN (SELECT count(body) FROM archive);
-- op: create_procedure_plain
CREATE PROCEDURE plain_add(IN n int)
BEGIN
  UPDATE plain SET b = b + n;
  INSERT INTO log (what) VALUES ('plain');
END;
-- op: create_procedure_if_not_exists
CREATE PROCEDURE IF NOT EXISTS plain_add(IN n int) UPDATE plain SET b = b - n;
-- op: drop_function_twice
DROP FUNCTION twice;
-- op: drop_function_count_if_exists
DROP FUNCTION IF EXISTS count_users;
-- op: drop_procedure
DROP PROCEDURE clean_archive;
-- op: call_procedure
CALL clean_archive();
-- op: alter_procedure
ALTER PROCEDURE clean_archive COMMENT 'tidy';
-- op: create_trigger_tags
CREATE TRIGGER tags_log AFTER INSERT ON tags FOR EACH ROW INSERT INTO log (what) VALUES (NEW.label);
-- op: create_trigger_archive
CREATE TRIGGER archive_log AFTER UPDATE ON archive FOR EACH ROW INSERT INTO log (what) VALUES ('archive');
-- op: create_trigger_plain
CREATE TRIGGER plain_touch BEFORE INSERT ON plain FOR EACH ROW
BEGIN
  IF NEW.c IS NULL THEN SET NEW.c = 'none'; END IF;
END;
-- op: create_trigger_plain_other
CREATE TRIGGER plain_other BEFORE INSERT ON plain FOR EACH ROW SET NEW.c = upper(NEW.c);
-- op: create_trigger_plain_function
CREATE TRIGGER plain_twice BEFORE UPDATE ON plain FOR EACH ROW SET NEW.b = twice(NEW.a);
-- op: create_trigger_orders_second
CREATE TRIGGER orders_second AFTER INSERT ON orders FOR EACH ROW FOLLOWS orders_log INSERT INTO log (what) VALUES ('second');
-- op: create_or_replace_trigger_orders_log
CREATE OR REPLACE TRIGGER orders_log AFTER INSERT ON orders FOR EACH ROW INSERT INTO log (what) VALUES ('new');
-- op: drop_trigger_orders_log
DROP TRIGGER orders_log;
-- op: drop_trigger_users_log_if_exists
DROP TRIGGER IF EXISTS users_log;
-- op: create_event
CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' DO DELETE FROM log;
-- op: create_sequence
CREATE SEQUENCE invoice_seq START WITH 10;
-- op: create_sequence_named_teams
CREATE SEQUENCE teams;
-- op: drop_sequence
DROP SEQUENCE ticket_seq;
-- op: alter_sequence
ALTER SEQUENCE ticket_seq INCREMENT BY 5;
-- op: setval_ticket
SELECT setval(ticket_seq, 50);
-- op: nextval_ticket
SELECT nextval(ticket_seq);
-- op: add_column_plain_sequence_default
ALTER TABLE plain ADD COLUMN ticket int DEFAULT (nextval(ticket_seq));
-- op: auto_increment_orders
ALTER TABLE orders AUTO_INCREMENT = 500;
-- op: auto_increment_tags
ALTER TABLE tags AUTO_INCREMENT = 300;
-- op: comment_table_users
ALTER TABLE users COMMENT = 'people';
-- op: comment_table_users_other
ALTER TABLE users COMMENT 'accounts';
-- op: engine_archive_myisam
ALTER TABLE archive ENGINE = MyISAM;
-- op: engine_flat_innodb
ALTER TABLE flat ENGINE = InnoDB;
-- op: row_format
ALTER TABLE users ROW_FORMAT = COMPRESSED;
-- op: convert_charset_archive
ALTER TABLE archive CONVERT TO CHARACTER SET latin1;
-- op: default_charset_plain
ALTER TABLE plain DEFAULT CHARACTER SET latin1;
-- op: convert_charset_users
ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
-- op: database_charset
ALTER DATABASE CHARACTER SET latin1;
-- op: add_partition
ALTER TABLE parts ADD PARTITION (PARTITION p3 VALUES LESS THAN (30));
-- op: drop_partition
ALTER TABLE parts DROP PARTITION p1;
-- op: remove_partitioning
ALTER TABLE parts REMOVE PARTITIONING;
-- op: truncate_partition
ALTER TABLE parts TRUNCATE PARTITION p2;
-- op: system_versioning
ALTER TABLE archive ADD SYSTEM VERSIONING;
-- op: set_sql_mode
SET sql_mode = '';
-- op: set_foreign_key_checks
SET foreign_key_checks = 0;
-- op: set_auto_increment_increment
SET auto_increment_increment = 10;
-- op: set_default_storage_engine
SET default_storage_engine = MyISAM;
-- op: set_names
SET NAMES latin1;
-- op: prepare_execute
SET @statement = 'ALTER TABLE users ADD COLUMN phone varchar(30)';
PREPARE s FROM @statement;
EXECUTE s;
DEALLOCATE PREPARE s;
-- op: insert_users_explicit
INSERT INTO users (id, email, name, age) VALUES (100, 'z@z.org', 'zoe', 40);
-- op: insert_users_explicit_other
INSERT INTO users (id, email, name, nick, age, bio, feeling) VALUES (101, 'y@y.org', 'yul', 'y', 41, 'zzz', 'sad');
-- op: insert_users_ignore
INSERT IGNORE INTO users (id, email) VALUES (102, 'z@z.org');
-- op: insert_orders_auto
INSERT INTO orders (user_id, total) SELECT id, 5 FROM users WHERE id = 1;
-- op: insert_orders_explicit
INSERT INTO orders (id, user_id, total, status, note) SELECT 50, id, 3, 'open', 'n50' FROM users WHERE id = 1;
-- op: insert_plain_no_columns
INSERT INTO plain VALUES (3, 30, 'z');
-- op: insert_plain_columns
INSERT INTO plain (a, b, c) VALUES (4, 400, 'w');
-- op: insert_plain_some
INSERT INTO plain (a) VALUES (5);
-- op: insert_tags_default
INSERT INTO tags (label) VALUES ('green');
-- op: insert_tags_explicit
INSERT INTO tags (id, label, weight) VALUES (22, 'Green', 1);
-- op: insert_archive_select_users
INSERT INTO archive (id, body) SELECT id + 1000, bio FROM users;
-- op: insert_archive_explicit
INSERT INTO archive (id, body) VALUES (30, 'thirty');
-- op: insert_archive_null
INSERT INTO archive (id) VALUES (31);
-- op: insert_archive_auto
REPLACE INTO archive (id, body) VALUES (30, 'replaced');
-- op: upsert_archive
INSERT INTO archive (id, body) VALUES (30, 'up') ON DUPLICATE KEY UPDATE body = concat(body, '+');
-- op: insert_log
INSERT INTO log (what) VALUES ('migrated');
-- op: insert_items
INSERT INTO items (order_id, sku, qty, price) SELECT id, 'new', 300, 1 FROM orders WHERE id = 1;
-- op: insert_flat
INSERT INTO flat VALUES (3, 'three');
-- op: insert_parts
INSERT INTO parts VALUES (7, 7);
-- op: update_users_name
UPDATE users SET name = 'nobody' WHERE name IS NULL;
-- op: update_users_email_lower
UPDATE users SET email = lower(email) WHERE id < 100;
-- op: update_users_bio_from_name
UPDATE users SET bio = name;
-- op: update_users_bio_long
UPDATE users SET bio = repeat('x', 90) WHERE id = 1;
-- op: update_users_age_plus
UPDATE users SET age = age + 1;
-- op: update_users_age_double
UPDATE users SET age = age * 2;
-- op: update_users_feeling
UPDATE users SET feeling = 'happy' WHERE feeling = 'ok';
-- op: update_orders_status
UPDATE orders SET status = 'open' WHERE status IS NULL;
-- op: update_orders_total
UPDATE orders SET total = total * 2 WHERE status = 'open';
-- op: update_join
UPDATE orders JOIN users ON users.id = orders.user_id SET orders.note = users.nick WHERE users.age < 18;
-- op: update_plain_b
UPDATE plain SET b = a + 1;
-- op: update_plain_c
UPDATE plain SET c = 'k' WHERE c = 'x';
-- op: update_tags_weight
UPDATE tags SET weight = 0 WHERE weight IS NULL;
-- op: update_archive_body
UPDATE archive SET body = 'a longer body' WHERE body IS NULL;
-- op: update_archive_clock
UPDATE archive SET body = now() WHERE id = 1;
-- op: update_archive_limit
UPDATE archive SET body = 'first' ORDER BY id LIMIT 1;
-- op: delete_users_minor
DELETE FROM users WHERE age < 18;
-- op: delete_orders_open
DELETE FROM orders WHERE status = 'open';
-- op: delete_join
DELETE items FROM items JOIN orders ON orders.id = items.order_id WHERE orders.total = 0;
-- op: delete_tags_unnamed
DELETE FROM tags WHERE label = '';
-- op: delete_log
DELETE FROM log;
-- op: delete_archive_null
DELETE FROM archive WHERE body IS NULL;
-- op: delete_orgs_unused
DELETE FROM orgs WHERE id NOT IN (SELECT org_id FROM users WHERE org_id IS NOT NULL);
-- op: truncate_plain
TRUNCATE TABLE plain;
-- op: truncate_log
TRUNCATE log;
-- op: lock_tables
LOCK TABLES users WRITE;
UNLOCK TABLES;
-- op: analyze
ANALYZE TABLE users;
-- op: optimize
OPTIMIZE TABLE archive;
-- op: select_only
SELECT count(*) FROM users;
-- op: backfill_users_handle
ALTER TABLE users ADD COLUMN handle varchar(60);
UPDATE users SET handle = concat(coalesce(name, ''), id);
ALTER TABLE users MODIFY handle varchar(60) NOT NULL;
