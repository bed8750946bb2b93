-- section: base
CREATE TABLE orgs (id int PRIMARY KEY, name varchar(30), code int);
CREATE TABLE users (id int PRIMARY KEY, name varchar(30) NOT NULL, code int DEFAULT 5, note varchar(20) DEFAULT 'none', org_id int, CONSTRAINT users_org FOREIGN KEY (org_id) REFERENCES orgs (id));
CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, user_id int, name varchar(30), code int, FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE);
CREATE TABLE tags (name varchar(30), code int, note varchar(30), feeling enum('sad', 'ok') DEFAULT 'ok');

-- section: perhaps
CREATE UNIQUE INDEX ix_users_name ON users (name);
CREATE INDEX ix_users_code ON users (code);
CREATE INDEX ix_orders_two ON orders (name, code);
CREATE UNIQUE INDEX ix_tags_name ON tags (name);
CREATE INDEX ix_org ON users (org_id);
ALTER TABLE users ADD CONSTRAINT users_code CHECK (code > 0);
CREATE VIEW user_names AS SELECT id, name FROM users WHERE code > 2;
CREATE VIEW all_tags AS SELECT * FROM tags;
CREATE VIEW totals AS SELECT user_id, count(*) AS n FROM orders GROUP BY user_id;
CREATE VIEW joined AS SELECT u.name, o.code FROM users u JOIN orders o ON o.user_id = u.id;
CREATE VIEW nested AS SELECT name FROM joined;
CREATE TRIGGER users_log AFTER UPDATE ON users FOR EACH ROW INSERT INTO tags (name, code) VALUES (NEW.note, NEW.id);
CREATE TRIGGER orders_log BEFORE INSERT ON orders FOR EACH ROW SET NEW.name = upper(NEW.name);
CREATE FUNCTION counted() RETURNS bigint READS SQL DATA RETURN (SELECT count(*) FROM users WHERE note IS NOT NULL);
CREATE PROCEDURE cleaning() MODIFIES SQL DATA DELETE FROM tags WHERE note IS NULL;
CREATE SEQUENCE tickets;
CREATE TABLE items (order_id int NOT NULL, name varchar(30) NOT NULL, code int CHECK (code > 0), twice int GENERATED ALWAYS AS (code * 2) VIRTUAL, PRIMARY KEY (order_id, name), CONSTRAINT items_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE);
CREATE TABLE extra (id int AUTO_INCREMENT PRIMARY KEY, name varchar(30), code int, KEY ix_extra (code)) ENGINE = MyISAM;
INSERT INTO orgs VALUES (1, 'acme', 1), (2, 'beta', NULL), (5, 'red', 2);
INSERT INTO users (id, name, code, org_id) VALUES (1, 'ann', 3, 1), (2, 'bob', NULL, 1), (3, 'eve', 7, 2);
INSERT INTO orders (user_id, name, code) VALUES (1, 'one', 1), (1, 'two', 2), (3, NULL, NULL);
INSERT INTO tags (name, code, note) VALUES ('red', 1, 'x'), ('blue', 2, NULL), ('ann', NULL, 'y');

-- section: names
t: orgs users orders tags items extra
T: extra spare more
c: id name code note org_id user_id order_id twice feeling
x: extra more note twice
i: ix_users_name ix_users_code ix_orders_two ix_tags_name ix_org user_id users_org
I: ix_spare ix_more ix_users_name more
v: user_names all_tags totals joined nested
V: spare seen user_names
g: users_log orders_log
G: fired noted users_log
k: users_org users_code orders_ibfk_1 items_order
K: users_code spare_key users_org extra_key
n: 1 2 3 4 9
w: 'red' 'ann' '7' NULL '2'
type: varchar(30) int bigint
big: varchar(40) bigint text

-- section: columns
orgs: id name code
users: id name code note org_id
orders: id user_id name code
tags: name code note feeling
items: order_id name code
extra: id name code
spare: id name code
more: id name code

-- section: indexes
users: ix_users_name ix_users_code ix_org users_org
orders: ix_orders_two user_id
tags: ix_tags_name
extra: ix_extra

-- section: constraints
users: users_org users_code
orders: orders_ibfk_1
items: items_order

-- section: operations
CREATE TABLE <|IF NOT EXISTS >{T} (id int PRIMARY KEY, name {type}<| NOT NULL| UNIQUE>, code int<| DEFAULT {n}>)
CREATE TABLE <|IF NOT EXISTS >{T} (id int AUTO_INCREMENT PRIMARY KEY, name varchar(20), {c} int, <FOREIGN KEY|CONSTRAINT {K} FOREIGN KEY> ({c}) REFERENCES {u} (id)<| ON DELETE CASCADE| ON DELETE SET NULL>)
CREATE TABLE {T} (name varchar(20), code int, CHECK (code > {n}), UNIQUE (name))<| ENGINE = MyISAM>
CREATE OR REPLACE TABLE {T} (id int PRIMARY KEY, name varchar(9))
CREATE TABLE {T} AS SELECT <*|{c}, {d}|count(*) AS n> FROM {t}
CREATE TABLE {T} LIKE {t}
ALTER TABLE {t} RENAME TO {T}
RENAME TABLE {t} TO {T}
ALTER TABLE {t} ADD COLUMN <|IF NOT EXISTS >{x} {type}<| DEFAULT {w}| NOT NULL><| FIRST| AFTER {c}>
ALTER TABLE {t} ADD COLUMN {x} int<| UNIQUE| CHECK ({x} > {n})| AS ({c} + 1) VIRTUAL>
ALTER TABLE {t} DROP COLUMN <|IF EXISTS >{c}
ALTER TABLE {t} RENAME COLUMN {c} TO {x}
ALTER TABLE {t} CHANGE COLUMN {c} {x} {big}
ALTER TABLE {t} MODIFY {c} {big}<| NOT NULL| DEFAULT {n}>
ALTER TABLE {t} ALTER COLUMN {c} <DROP DEFAULT|SET DEFAULT {w}|SET DEFAULT {n}>
ALTER TABLE {t} ADD CONSTRAINT {K} <UNIQUE ({c})|CHECK ({c} != {n})>
ALTER TABLE {t} ADD <UNIQUE ({c})|CHECK ({c} IS NOT NULL)|FOREIGN KEY ({c}) REFERENCES {u} (id)|PRIMARY KEY ({c})|INDEX ({c})>
ALTER TABLE {t} ADD CONSTRAINT {K} FOREIGN KEY ({c}) REFERENCES {u} (id)<| ON DELETE CASCADE| ON DELETE SET NULL>
ALTER TABLE {t} DROP <CONSTRAINT|FOREIGN KEY> {k}
ALTER TABLE {t} DROP PRIMARY KEY
ALTER TABLE {t} <ENGINE = MyISAM|ENGINE = InnoDB|COMMENT = 'x'|AUTO_INCREMENT = 5{n}|CONVERT TO CHARACTER SET latin1|DEFAULT CHARSET = latin1>
CREATE <|UNIQUE >INDEX <|IF NOT EXISTS >{I} ON {t} ({c}<|, {d}>)
CREATE INDEX {I} ON {t} (name(3))
DROP INDEX <|IF EXISTS >{i} ON {t}
ALTER TABLE {t} RENAME INDEX {i} TO {I}
DROP TABLE <|IF EXISTS >{t}
CREATE <|OR REPLACE >VIEW {V} AS SELECT <*|{c}|{c}, {d} AS other> FROM {t}<|| WHERE {d} IS NOT NULL>
CREATE VIEW {V} AS SELECT a.{c}, b.{e} AS other FROM {t} a JOIN {u} b ON a.{d} = b.{e}
CREATE VIEW {V} AS SELECT * FROM {v}
DROP VIEW <|IF EXISTS >{v}
CREATE TRIGGER {G} <BEFORE|AFTER> <INSERT|UPDATE|DELETE> ON {t} FOR EACH ROW INSERT INTO {u} ({e}) VALUES ({n})
CREATE TRIGGER {G} BEFORE <INSERT|UPDATE> ON {t} FOR EACH ROW SET NEW.{c} = {w}
DROP TRIGGER <|IF EXISTS >{g}
DROP FUNCTION <|IF EXISTS >counted
CREATE OR REPLACE FUNCTION counted() RETURNS bigint READS SQL DATA RETURN (SELECT count({c}) FROM {t})
CALL cleaning()
ALTER SEQUENCE tickets <RESTART {n}|INCREMENT {n}>
DROP SEQUENCE tickets
SELECT nextval(tickets)
INSERT INTO {t} ({c}, {d}) VALUES ({n}, {w})
INSERT <INTO|IGNORE INTO> {t} (id, {c}) VALUES (2{n}, {w})
REPLACE INTO {t} (id, name) VALUES ({n}, {w})
INSERT INTO {t} (id, name, {d}) VALUES ({n}, {w}, {n})<|| ON DUPLICATE KEY UPDATE {c} = {w}>
INSERT INTO {t} ({c}) VALUES ({w})<|, ({n})>
INSERT INTO {t} (name) SELECT {e} FROM {u}<|| WHERE {e} IS NOT NULL>
INSERT INTO {t} () VALUES ()
UPDATE {t} SET {c} = {w}<|| WHERE {d} = {n}| WHERE {d} IS NULL>
UPDATE {t} SET {c} = {d}
UPDATE {t} SET {c} = {c} <+|*> {n}
UPDATE {t} SET code = <(SELECT count({e}) FROM {u})|nextval(tickets)|counted()>
DELETE FROM {t}<|| WHERE {c} = {w}| WHERE {c} = {n}>
DELETE FROM {t} WHERE {c} IN (SELECT {e} FROM {u})
TRUNCATE TABLE {t}
SET <foreign_key_checks|unique_checks> = <0|1>
