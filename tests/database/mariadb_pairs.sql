-- Pairs of MariaDB that surprise, and pairs beside them that do not.  Each runs in both orders on a server.
-- `real` is what the two orders showed; `mig says` stands where the verdict is another one, which may be a false
-- alarm or unknown, and never a commute for what conflicts.

-- case: fk implicit index covered by new
-- real: commute
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
CREATE INDEX ix_c_p ON c (p_id);

-- case: fk implicit index covered by longer
-- real: commute
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, q int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
CREATE INDEX ix_c_p ON c (p_id, q);

-- case: fk beside index not leading
-- real: commute
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, q int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
CREATE INDEX ix_c_p ON c (q, p_id);

-- case: fk existing index vanishes beside new
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id));
-- a
CREATE INDEX ix_c_p ON c (p_id);
-- b
ALTER TABLE c RENAME INDEX c_p TO c_p_old;

-- case: fk existing index vanishes beside drop
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id));
-- a
CREATE INDEX ix_c_p ON c (p_id);
-- b
ALTER TABLE c DROP FOREIGN KEY c_p, DROP INDEX c_p;

-- case: fk beside drop index that serves
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, KEY k (p_id));
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
DROP INDEX k ON c;

-- case: fk beside rename index that serves
-- real: commute
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, KEY k (p_id));
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE c RENAME INDEX k TO k2;

-- case: two drops of serving indexes
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, q int, KEY k (p_id), KEY k2 (p_id, q), CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id));
-- a
DROP INDEX k ON c;
-- b
DROP INDEX k2 ON c;

-- case: fk beside drop of parent plain index
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY, code int, KEY k (code));
CREATE TABLE c (id int PRIMARY KEY, p_code int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_code) REFERENCES p (code);
-- b
DROP INDEX k ON p;

-- case: fk beside drop of parent unique
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY, code int, UNIQUE KEY k (code));
CREATE TABLE c (id int PRIMARY KEY, p_code int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_code) REFERENCES p (code);
-- b
DROP INDEX k ON p;

-- case: two fks one column
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE r (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE c ADD CONSTRAINT c_r FOREIGN KEY (p_id) REFERENCES r (id);

-- case: two fks one column one dropped
-- real: commute
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE r (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id));
-- a
ALTER TABLE c ADD CONSTRAINT c_r FOREIGN KEY (p_id) REFERENCES r (id);
-- b
ALTER TABLE c DROP FOREIGN KEY c_p;

-- case: two fks one column key and index dropped
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE r (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id));
-- a
ALTER TABLE c ADD CONSTRAINT c_r FOREIGN KEY (p_id) REFERENCES r (id);
-- b
ALTER TABLE c DROP FOREIGN KEY c_p, DROP INDEX c_p;

-- case: two fks two columns
-- real: commute
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, q_id int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE c ADD CONSTRAINT c_q FOREIGN KEY (q_id) REFERENCES p (id);

-- case: two fks composite overlap
-- real: commute, mig says conflict
-- base
CREATE TABLE p (id int, x int, PRIMARY KEY (id, x));
CREATE TABLE r (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, x int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id, x) REFERENCES p (id, x);
-- b
ALTER TABLE c ADD CONSTRAINT c_r FOREIGN KEY (p_id) REFERENCES r (id);

-- case: fk names global two tables
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int);
CREATE TABLE d (id int PRIMARY KEY, p_id int);
-- a
ALTER TABLE c ADD CONSTRAINT fk_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE d ADD CONSTRAINT fk_p FOREIGN KEY (p_id) REFERENCES p (id);

-- case: fk names global create tables
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
-- a
CREATE TABLE c (id int PRIMARY KEY, p_id int, CONSTRAINT fk_p FOREIGN KEY (p_id) REFERENCES p (id));
-- b
CREATE TABLE d (id int PRIMARY KEY, p_id int, CONSTRAINT fk_p FOREIGN KEY (p_id) REFERENCES p (id));

-- case: fk unnamed on two tables
-- real: commute
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int);
CREATE TABLE d (id int PRIMARY KEY, p_id int);
-- a
ALTER TABLE c ADD FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE d ADD FOREIGN KEY (p_id) REFERENCES p (id);

-- case: fk unnamed two on one table
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, q_id int);
-- a
ALTER TABLE c ADD FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE c ADD FOREIGN KEY (q_id) REFERENCES p (id);

-- case: fk unnamed beside fk named as it would be
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int);
CREATE TABLE d (id int PRIMARY KEY, p_id int);
-- a
ALTER TABLE c ADD FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE d ADD CONSTRAINT c_ibfk_1 FOREIGN KEY (p_id) REFERENCES p (id);

-- case: fk unnamed beside drop fk unnamed
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, q_id int, FOREIGN KEY (q_id) REFERENCES p (id));
-- a
ALTER TABLE c ADD FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE c DROP FOREIGN KEY c_ibfk_1;

-- case: myisam beside key alter
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE c ENGINE = MyISAM;

-- case: myisam parent beside key
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE p ENGINE = MyISAM;

-- case: myisam base fk and index
-- real: commute
-- base
CREATE TABLE p (id int PRIMARY KEY) ENGINE = MyISAM;
CREATE TABLE c (id int PRIMARY KEY, p_id int) ENGINE = MyISAM;
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE c ADD INDEX k (p_id);

-- case: auto increment beside insert
-- real: conflict
-- base
CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v int);
INSERT INTO t (v) VALUES (1);
-- a
ALTER TABLE t AUTO_INCREMENT = 100;
-- b
INSERT INTO t (v) VALUES (2);

-- case: auto increment beside explicit insert
-- real: commute, mig says conflict
-- base
CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v int);
INSERT INTO t (v) VALUES (1);
-- a
ALTER TABLE t AUTO_INCREMENT = 100;
-- b
INSERT INTO t (id, v) VALUES (200, 2);

-- case: auto insert beside explicit
-- real: conflict
-- base
CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v int);
-- a
INSERT INTO t (v) VALUES (1);
-- b
INSERT INTO t (id, v) VALUES (7, 2);

-- case: explicit inserts two
-- real: commute
-- base
CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v int);
-- a
INSERT INTO t (id, v) VALUES (8, 1);
-- b
INSERT INTO t (id, v) VALUES (7, 2);

-- case: auto column added beside insert
-- real: commute, mig says conflict
-- base
CREATE TABLE t (v int);
INSERT INTO t VALUES (5);
-- a
ALTER TABLE t ADD COLUMN id int AUTO_INCREMENT PRIMARY KEY;
-- b
INSERT INTO t (v) VALUES (1);

-- case: auto column needs key
-- real: conflict
-- base
CREATE TABLE t (id int NOT NULL, v int, KEY k (id));
-- a
ALTER TABLE t MODIFY id int NOT NULL AUTO_INCREMENT;
-- b
DROP INDEX k ON t;

-- case: auto column two keys
-- real: conflict
-- base
CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, v int, KEY k (id), KEY k2 (id, v));
-- a
DROP INDEX k2 ON t;
-- b
DROP INDEX k ON t;

-- case: two auto columns added
-- real: conflict
-- base
CREATE TABLE t (v int);
-- a
ALTER TABLE t ADD COLUMN a int NOT NULL AUTO_INCREMENT UNIQUE;
-- b
ALTER TABLE t ADD COLUMN b int NOT NULL AUTO_INCREMENT UNIQUE;

-- case: db charset beside create table
-- real: conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER DATABASE CHARACTER SET latin1;
-- b
CREATE TABLE n (a varchar(10));

-- case: db charset beside add column
-- real: commute
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER DATABASE CHARACTER SET latin1;
-- b
ALTER TABLE t ADD COLUMN b varchar(10);

-- case: db charset beside procedure
-- real: conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER DATABASE CHARACTER SET latin1;
-- b
CREATE PROCEDURE pr(IN n varchar(10)) UPDATE t SET a = n;

-- case: db charset beside function
-- real: conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER DATABASE CHARACTER SET latin1;
-- b
CREATE FUNCTION fu(n varchar(10)) RETURNS varchar(10) DETERMINISTIC RETURN n;

-- case: db charset beside trigger
-- real: conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER DATABASE CHARACTER SET latin1;
-- b
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 'x';

-- case: db charset beside event
-- real: conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER DATABASE CHARACTER SET latin1;
-- b
CREATE EVENT ev ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' DO DELETE FROM t;

-- case: db charset beside ctas
-- real: conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER DATABASE CHARACTER SET latin1;
-- b
CREATE TABLE n AS SELECT a, 'x' AS b FROM t;

-- case: table charset beside add column
-- real: conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER TABLE t DEFAULT CHARACTER SET latin1;
-- b
ALTER TABLE t ADD COLUMN b varchar(10);

-- case: table charset beside add int
-- real: commute
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER TABLE t DEFAULT CHARACTER SET latin1;
-- b
ALTER TABLE t ADD COLUMN b int;

-- case: table charset beside modify
-- real: conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER TABLE t DEFAULT CHARACTER SET latin1;
-- b
ALTER TABLE t MODIFY a varchar(20);

-- case: table charset beside like
-- real: conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER TABLE t CHARSET latin1;
-- b
CREATE TABLE n LIKE t;

-- case: convert beside add column
-- real: commute, mig says conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER TABLE t CONVERT TO CHARACTER SET latin1;
-- b
ALTER TABLE t ADD COLUMN b varchar(10);

-- case: convert beside insert
-- real: conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER TABLE t CONVERT TO CHARACTER SET latin1;
-- b
INSERT INTO t VALUES ('ł');

-- case: convert beside unique
-- real: conflict
-- base
CREATE TABLE t (a varchar(10) COLLATE utf8mb4_bin);
INSERT INTO t VALUES ('x'), ('X');
-- a
ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
-- b
ALTER TABLE t ADD UNIQUE (a);

-- case: convert parent beside foreign key
-- real: conflict
-- base
CREATE TABLE p (a varchar(10) PRIMARY KEY);
CREATE TABLE t (a varchar(10));
-- a
ALTER TABLE p CONVERT TO CHARACTER SET latin1;
-- b
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (a);

-- case: convert beside view
-- real: commute, mig says conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER TABLE t CONVERT TO CHARACTER SET latin1;
-- b
CREATE VIEW v AS SELECT a FROM t;

-- case: convert beside ctas
-- real: conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER TABLE t CONVERT TO CHARACTER SET latin1;
-- b
CREATE TABLE n AS SELECT a FROM t;

-- case: convert beside convert
-- real: conflict
-- base
CREATE TABLE t (a varchar(10));
-- a
ALTER TABLE t CONVERT TO CHARACTER SET latin1;
-- b
ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- case: convert beside long index
-- real: conflict
-- base
CREATE TABLE t (a varchar(3000)) ;
-- a
ALTER TABLE t CONVERT TO CHARACTER SET latin1;
-- b
CREATE INDEX i ON t (a);

-- case: algorithm lock index
-- real: commute
-- base
CREATE TABLE t (a int, b int);
-- a
ALTER TABLE t ADD INDEX ia (a), ALGORITHM=INPLACE, LOCK=NONE;
-- b
ALTER TABLE t ADD INDEX ib (b), ALGORITHM=COPY, LOCK=SHARED;

-- case: algorithm instant beside fulltext
-- real: conflict
-- base
CREATE TABLE t (a int, b varchar(100));
-- a
CREATE FULLTEXT INDEX ft ON t (b);
-- b
ALTER TABLE t ADD COLUMN c int AFTER a, ALGORITHM=INSTANT;

-- case: algorithm inplace two fulltext
-- real: commute, mig says conflict
-- base
CREATE TABLE t (a int, b varchar(100), c varchar(100));
-- a
ALTER TABLE t ADD FULLTEXT INDEX f1 (b), LOCK=SHARED;
-- b
ALTER TABLE t ADD FULLTEXT INDEX f2 (c), ALGORITHM=INPLACE;

-- case: lock none beside myisam
-- real: conflict
-- base
CREATE TABLE t (a int, b varchar(100), c varchar(100));
-- a
ALTER TABLE t ENGINE=MyISAM;
-- b
ALTER TABLE t ADD INDEX i (a), ALGORITHM=INPLACE, LOCK=NONE;

-- case: rename table chain swap
-- real: conflict
-- base
CREATE TABLE x (a int);
CREATE TABLE y (a int);
-- a
RENAME TABLE x TO tmp, y TO x, tmp TO y;
-- b
ALTER TABLE x ADD COLUMN b int;

-- case: rename table beside index old
-- real: conflict
-- base
CREATE TABLE x (a int);
-- a
RENAME TABLE x TO y;
-- b
CREATE INDEX i ON x (a);

-- case: rename table new name taken
-- real: conflict
-- base
CREATE TABLE x (a int);
CREATE TABLE z (a int);
-- a
RENAME TABLE x TO y;
-- b
CREATE TABLE y (a int);

-- case: rename table beside fk parent
-- real: commute
-- base
CREATE TABLE x (a int PRIMARY KEY);
CREATE TABLE z (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES x (a));
-- a
RENAME TABLE x TO y;
-- b
ALTER TABLE z DROP FOREIGN KEY f;

-- case: rename table with unnamed fk beside new name
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int, FOREIGN KEY (p_id) REFERENCES p (id));
CREATE TABLE d (p_id int);
-- a
RENAME TABLE c TO cc;
-- b
ALTER TABLE d ADD CONSTRAINT cc_ibfk_1 FOREIGN KEY (p_id) REFERENCES p (id);

-- case: call beside change of table
-- real: conflict
-- base
CREATE TABLE x (a int, b int);
INSERT INTO x VALUES (1, 2);
CREATE PROCEDURE pr() MODIFIES SQL DATA UPDATE x SET b = 5;
-- a
CALL pr();
-- b
ALTER TABLE x DROP COLUMN b;

-- case: call beside insert
-- real: conflict
-- base
CREATE TABLE x (a int, b int);
INSERT INTO x VALUES (1, 2);
CREATE PROCEDURE pr() MODIFIES SQL DATA UPDATE x SET b = 5;
-- a
CALL pr();
-- b
INSERT INTO x VALUES (2, 3);

-- case: call begin block
-- real: conflict
-- base
CREATE TABLE x (a int, b int);
CREATE TABLE y (a int);
CREATE PROCEDURE pr() BEGIN UPDATE x SET b = 5;
INSERT INTO y VALUES (1);
END;
-- a
CALL pr();
-- b
DELETE FROM y;

-- case: call beside replace
-- real: conflict
-- base
CREATE TABLE x (a int, b int);
INSERT INTO x VALUES (1, 2);
CREATE PROCEDURE pr() MODIFIES SQL DATA UPDATE x SET b = 5;
-- a
CALL pr();
-- b
CREATE OR REPLACE PROCEDURE pr() MODIFIES SQL DATA UPDATE x SET b = 6;

-- case: prepare beside same column
-- real: conflict, mig says unknown
-- base
CREATE TABLE x (a int);
-- a
SET @s = 'ALTER TABLE x ADD COLUMN b int'; PREPARE s FROM @s; EXECUTE s; DEALLOCATE PREPARE s;
-- b
ALTER TABLE x ADD COLUMN b int;

-- case: prepare literal
-- real: conflict, mig says unknown
-- base
CREATE TABLE x (a int);
CREATE TABLE y (a int);
-- a
PREPARE s FROM 'ALTER TABLE x ADD COLUMN b int'; EXECUTE s; DEALLOCATE PREPARE s;
-- b
ALTER TABLE x ADD COLUMN b int;

-- case: execute immediate
-- real: conflict, mig says unknown
-- base
CREATE TABLE x (a int);
-- a
EXECUTE IMMEDIATE 'ALTER TABLE x ADD COLUMN b int';
-- b
ALTER TABLE x ADD COLUMN b int;

-- case: delimiter trigger
-- real: conflict
-- base
CREATE TABLE x (a int);
CREATE TABLE l (a int);
-- a
DELIMITER //
CREATE TRIGGER g AFTER INSERT ON x FOR EACH ROW BEGIN INSERT INTO l VALUES (NEW.a); END //
DELIMITER ;
-- b
INSERT INTO x VALUES (1);

-- case: delimiter procedure beside procedure
-- real: conflict
-- base
CREATE TABLE x (a int);
-- a
DELIMITER $$
CREATE PROCEDURE pr() BEGIN UPDATE x SET a = 1; END$$
DELIMITER ;
-- b
CREATE PROCEDURE pr() UPDATE x SET a = 2;

-- case: drop column shrinks index beside drop index
-- real: commute, mig says conflict
-- base
CREATE TABLE t (a int, b int, KEY k (a, b));
-- a
ALTER TABLE t DROP COLUMN a;
-- b
DROP INDEX k ON t;

-- case: drop column shrinks index beside rename index
-- real: commute, mig says conflict
-- base
CREATE TABLE t (a int, b int, KEY k (a, b));
-- a
ALTER TABLE t DROP COLUMN a;
-- b
ALTER TABLE t RENAME INDEX k TO k2;

-- case: view over broken
-- real: conflict
-- base
CREATE TABLE x (a int, b int);
CREATE VIEW v AS SELECT a, b FROM x;
-- a
CREATE VIEW w AS SELECT a FROM v;
-- b
ALTER TABLE x DROP COLUMN b;

-- case: view over view over broken
-- real: conflict
-- base
CREATE TABLE x (a int, b int);
CREATE VIEW v AS SELECT a, b FROM x;
CREATE VIEW v2 AS SELECT a FROM v;
-- a
CREATE VIEW w AS SELECT a FROM v2;
-- b
ALTER TABLE x RENAME COLUMN b TO c;

-- case: on update timestamp
-- real: conflict
-- base
CREATE TABLE x (a int, b int);
INSERT INTO x VALUES (1, 1);
-- a
ALTER TABLE x ADD COLUMN s timestamp NULL DEFAULT NULL ON UPDATE current_timestamp;
-- b
UPDATE x SET a = 2;

-- case: on update timestamp modify
-- real: conflict
-- base
CREATE TABLE x (a int, b int, s timestamp NULL);
INSERT INTO x VALUES (1, 1, NULL);
-- a
ALTER TABLE x MODIFY s timestamp NULL ON UPDATE current_timestamp;
-- b
UPDATE x SET a = 2;

-- case: on update timestamp read
-- real: commute, mig says conflict
-- base
CREATE TABLE x (a int, b int, s timestamp NULL ON UPDATE current_timestamp, k int);
INSERT INTO x VALUES (1, 1, NULL, 1);
-- a
UPDATE x SET k = 5 WHERE s IS NULL;
-- b
UPDATE x SET s = s, a = 2;

-- case: fk index name taken by other column
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int, q int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
CREATE INDEX c_p ON c (q);

-- case: fk unnamed index name taken
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int, q int);
-- a
ALTER TABLE c ADD FOREIGN KEY (p_id) REFERENCES p (id);
-- b
CREATE INDEX p_id ON c (q);

-- case: cascade delete through second unnamed fk count
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE r (id int PRIMARY KEY);
CREATE TABLE n (k int);
INSERT INTO p VALUES (1);
CREATE TABLE c (p_id int, q int, FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE);
ALTER TABLE c ADD FOREIGN KEY (q) REFERENCES r (id);
INSERT INTO c VALUES (1, NULL);
-- a
DELETE FROM p;
-- b
INSERT INTO n SELECT count(*) FROM c;

-- case: check drop and add unnamed
-- real: conflict
-- base
CREATE TABLE c (a int, b int, CHECK (a > 0));
-- a
ALTER TABLE c DROP CONSTRAINT CONSTRAINT_1;
-- b
ALTER TABLE c ADD CHECK (b > 0);

-- case: index unnamed after existing
-- real: conflict
-- base
CREATE TABLE c (a int, b int, KEY (a));
-- a
DROP INDEX a ON c;
-- b
ALTER TABLE c ADD INDEX (a, b);

-- case: drop unique constraint beside fk to it
-- real: conflict
-- base
CREATE TABLE c (a int, b int, UNIQUE KEY u (a));
CREATE TABLE d (a int);
-- a
ALTER TABLE c DROP CONSTRAINT u;
-- b
ALTER TABLE d ADD CONSTRAINT fd FOREIGN KEY (a) REFERENCES c (a);

-- case: drop index beside drop fk
-- real: commute
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int, q int, KEY k (p_id), KEY k2 (p_id, q), CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id));
-- a
DROP INDEX k ON c;
-- b
ALTER TABLE c DROP FOREIGN KEY c_p;

-- case: create index beside drop index serving
-- real: commute
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int, q int, KEY k (p_id), KEY k2 (p_id, q), CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id));
-- a
DROP INDEX k ON c;
-- b
CREATE INDEX k3 ON c (p_id);

-- case: fk add and drop column unknown
-- real: commute
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int, q int, KEY k (p_id, q));
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE c DROP COLUMN q;

-- case: modify type of fk column
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE c MODIFY p_id bigint;

-- case: set null beside not null
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE SET NULL;
-- b
ALTER TABLE c MODIFY p_id int NOT NULL;

-- case: generated column beside fk
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE SET NULL;
-- b
ALTER TABLE c ADD COLUMN g int AS (p_id + 1) STORED;

-- case: check beside fk cascade
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id) ON UPDATE CASCADE;
-- b
ALTER TABLE c ADD CONSTRAINT ck CHECK (p_id > 0);

-- case: check beside fk set null
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE SET NULL;
-- b
ALTER TABLE c ADD CONSTRAINT ck CHECK (p_id > 0);

-- case: partition beside fk
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int NOT NULL PRIMARY KEY);
-- a
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id);
-- b
ALTER TABLE c PARTITION BY HASH (p_id) PARTITIONS 2;

-- case: partition beside unique
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY, v int);
-- a
ALTER TABLE p ADD UNIQUE (v);
-- b
ALTER TABLE p PARTITION BY HASH (id) PARTITIONS 2;

-- case: partition beside fulltext
-- real: commute, mig says conflict
-- base
CREATE TABLE p (id int PRIMARY KEY, v varchar(20));
-- a
ALTER TABLE p ADD FULLTEXT (v);
-- b
ALTER TABLE p PARTITION BY HASH (id) PARTITIONS 2;

-- case: partition beside add column
-- real: commute, mig says conflict
-- base
CREATE TABLE p (id int PRIMARY KEY, v varchar(20));
-- a
ALTER TABLE p ADD COLUMN w int;
-- b
ALTER TABLE p PARTITION BY HASH (id) PARTITIONS 2;

-- case: partition beside drop column
-- real: conflict
-- base
CREATE TABLE p (id int, v int);
-- a
ALTER TABLE p DROP COLUMN v;
-- b
ALTER TABLE p PARTITION BY HASH (v) PARTITIONS 2;

-- case: memory engine beside fulltext
-- real: conflict
-- base
CREATE TABLE p (id int, v varchar(20));
-- a
ALTER TABLE p ENGINE = MEMORY;
-- b
ALTER TABLE p ADD FULLTEXT ft (v);

-- case: row format beside long index
-- real: conflict
-- base
CREATE TABLE p (id int, v varchar(700));
-- a
ALTER TABLE p ROW_FORMAT = COMPACT;
-- b
ALTER TABLE p ADD INDEX ix (v);

-- case: row size two columns
-- real: conflict, mig says unknown
-- base
CREATE TABLE p (id int, v varchar(8000));
-- a
ALTER TABLE p ADD COLUMN w varchar(8000);
-- b
ALTER TABLE p ADD COLUMN x varchar(8000);

-- case: system versioning beside drop column
-- real: conflict
-- base
CREATE TABLE p (id int, v varchar(20));
-- a
ALTER TABLE p ADD SYSTEM VERSIONING;
-- b
ALTER TABLE p DROP COLUMN v;

-- case: system versioning beside add column
-- real: conflict
-- base
CREATE TABLE p (id int, v varchar(20));
-- a
ALTER TABLE p ADD SYSTEM VERSIONING;
-- b
ALTER TABLE p ADD COLUMN w int;

-- case: system versioning beside update
-- real: commute, mig says conflict
-- base
CREATE TABLE p (id int, v varchar(20));
INSERT INTO p VALUES (1, 'x');
-- a
ALTER TABLE p ADD SYSTEM VERSIONING;
-- b
UPDATE p SET v = 'y';

-- case: temporary table hides
-- real: conflict
-- base
CREATE TABLE p (id int, v varchar(20));
INSERT INTO p VALUES (1, 'x');
-- a
CREATE TEMPORARY TABLE p (id int, v varchar(20));
-- b
INSERT INTO p VALUES (2, 'y');

-- case: temporary dropped again
-- real: commute
-- base
CREATE TABLE p (id int, v varchar(20));
INSERT INTO p VALUES (1, 'x');
-- a
CREATE TEMPORARY TABLE tmp1 (id int); DROP TEMPORARY TABLE tmp1;
-- b
INSERT INTO p VALUES (2, 'y');

-- case: replace into triggers
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY, v int);
CREATE TABLE l (id int);
INSERT INTO p VALUES (1, 1);
-- a
REPLACE INTO p VALUES (1, 2);
-- b
CREATE TRIGGER g AFTER DELETE ON p FOR EACH ROW INSERT INTO l VALUES (OLD.id);

-- case: replace into cascade
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY, v int);
CREATE TABLE c (p_id int, FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE);
INSERT INTO p VALUES (1, 1);
INSERT INTO c VALUES (1);
-- a
REPLACE INTO p VALUES (1, 2);
-- b
UPDATE c SET p_id = NULL;

-- case: on duplicate beside unique
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY, v int);
INSERT INTO p VALUES (1, 1);
-- a
INSERT INTO p VALUES (2, 1) ON DUPLICATE KEY UPDATE id = 9;
-- b
ALTER TABLE p ADD UNIQUE u (v);

-- case: insert ignore beside check
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY, v int);
INSERT INTO p VALUES (1, 1);
-- a
INSERT IGNORE INTO p VALUES (2, -1);
-- b
ALTER TABLE p ADD CONSTRAINT ck CHECK (v > 0);

-- case: insert ignore beside fk
-- real: conflict
-- base
CREATE TABLE q (id int PRIMARY KEY);
CREATE TABLE p (id int PRIMARY KEY, v int);
-- a
INSERT IGNORE INTO p VALUES (2, 5);
-- b
ALTER TABLE p ADD CONSTRAINT f FOREIGN KEY (v) REFERENCES q (id);

-- case: default expression other column
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY, v int, w int DEFAULT (v + 1));
-- a
INSERT INTO p (id, v) VALUES (1, 1);
-- b
ALTER TABLE p RENAME COLUMN v TO vv;

-- case: default sequence new values
-- real: conflict
-- base
CREATE SEQUENCE s;
CREATE TABLE p (id int DEFAULT NEXT VALUE FOR s, v int);
-- a
INSERT INTO p (v) VALUES (1);
-- b
ALTER SEQUENCE s RESTART 50;

-- case: drop sequence beside default
-- real: conflict
-- base
CREATE SEQUENCE s;
CREATE TABLE p (id int, v int);
-- a
ALTER TABLE p MODIFY id int DEFAULT NEXT VALUE FOR s;
-- b
DROP SEQUENCE s;

-- case: fk rename index beside unnamed
-- real: conflict
-- base
CREATE TABLE c (a int, b int, KEY (a));
-- a
ALTER TABLE c RENAME INDEX a TO z;
-- b
ALTER TABLE c ADD INDEX (a, b);

-- case: multi rename then add
-- real: commute
-- base
CREATE TABLE c (a int, b int);
INSERT INTO c VALUES (1, 2);
-- a
ALTER TABLE c RENAME COLUMN a TO x; ALTER TABLE c ADD COLUMN a int;
-- b
ALTER TABLE c ADD INDEX i (b);

-- case: rename column then fk beside drop index
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int, q int, KEY k (p_id));
-- a
ALTER TABLE c RENAME COLUMN p_id TO pp; ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (pp) REFERENCES p (id);
-- b
DROP INDEX k ON c;

-- case: new table then rename over
-- real: commute, mig says conflict
-- base
CREATE TABLE c (a int, b int);
INSERT INTO c VALUES (1, 2);
-- a
CREATE TABLE c_new LIKE c; ALTER TABLE c_new ADD COLUMN d int; INSERT INTO c_new (a, b) SELECT a, b FROM c; RENAME TABLE c TO c_old, c_new TO c; DROP TABLE c_old;
-- b
ALTER TABLE c ADD COLUMN e int;

-- case: new table then rename over insert
-- real: commute, mig says conflict
-- base
CREATE TABLE c (a int, b int);
INSERT INTO c VALUES (1, 2);
-- a
CREATE TABLE c_new LIKE c; ALTER TABLE c_new ADD COLUMN d int; INSERT INTO c_new (a, b) SELECT a, b FROM c; RENAME TABLE c TO c_old, c_new TO c; DROP TABLE c_old;
-- b
INSERT INTO c (a, b) VALUES (5, 6);

-- case: new table then rename over fk child
-- real: conflict
-- base
CREATE TABLE c (a int PRIMARY KEY, b int);
CREATE TABLE d (a int);
-- a
CREATE TABLE c_new (a int PRIMARY KEY, b int, d int); DROP TABLE c; RENAME TABLE c_new TO c;
-- b
ALTER TABLE d ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES c (a);

-- case: new table then rename over view
-- real: conflict
-- base
CREATE TABLE c (a int PRIMARY KEY, b int);
-- a
CREATE TABLE c_new (a int PRIMARY KEY, d int); DROP TABLE c; RENAME TABLE c_new TO c;
-- b
CREATE VIEW v AS SELECT b FROM c;

-- case: trigger dropped with table if
-- real: commute
-- base
CREATE TABLE c (a int);
CREATE TRIGGER g BEFORE INSERT ON c FOR EACH ROW SET NEW.a = 1;
-- a
DROP TABLE c;
-- b
DROP TRIGGER IF EXISTS g;

-- case: trigger moved recreated
-- real: conflict
-- base
CREATE TABLE c (a int);
CREATE TABLE d (a int);
CREATE TRIGGER g BEFORE INSERT ON c FOR EACH ROW SET NEW.a = 1;
-- a
DROP TRIGGER g; CREATE TRIGGER g BEFORE INSERT ON d FOR EACH ROW SET NEW.a = 2;
-- b
INSERT INTO d VALUES (5);

-- case: function used by view
-- real: conflict
-- base
CREATE TABLE c (a int);
CREATE FUNCTION f(x int) RETURNS int DETERMINISTIC RETURN x + 1;
-- a
CREATE VIEW v AS SELECT f(a) AS b FROM c;
-- b
DROP FUNCTION f;

-- case: function used by trigger
-- real: conflict
-- base
CREATE TABLE c (a int);
CREATE FUNCTION f(x int) RETURNS int DETERMINISTIC RETURN x + 1;
-- a
CREATE TRIGGER g BEFORE INSERT ON c FOR EACH ROW SET NEW.a = f(1);
-- b
DROP FUNCTION f;

-- case: function reads table used in update
-- real: conflict
-- base
CREATE TABLE c (a int);
CREATE TABLE d (a int);
INSERT INTO d VALUES (1);
INSERT INTO c VALUES (1);
CREATE FUNCTION f() RETURNS int READS SQL DATA RETURN (SELECT max(a) FROM d);
-- a
UPDATE c SET a = f();
-- b
UPDATE d SET a = 9;

-- case: function body block reads
-- real: conflict
-- base
CREATE TABLE c (a int);
CREATE TABLE d (a int);
INSERT INTO d VALUES (1);
INSERT INTO c VALUES (1);
CREATE FUNCTION f() RETURNS int READS SQL DATA BEGIN DECLARE m int;
SELECT max(a) INTO m FROM d;
RETURN m;
END;
-- a
UPDATE c SET a = f();
-- b
INSERT INTO d VALUES (9);

-- case: procedure calls procedure
-- real: conflict
-- base
CREATE TABLE c (a int);
CREATE PROCEDURE p2() INSERT INTO c VALUES (1);
CREATE PROCEDURE p1() CALL p2();
-- a
CALL p1();
-- b
DELETE FROM c;

-- case: procedure with if
-- real: conflict
-- base
CREATE TABLE c (a int);
INSERT INTO c VALUES (1);
CREATE PROCEDURE p1(IN x int) BEGIN IF x > 0 THEN UPDATE c SET a = a + x;
END IF;
END;
-- a
CALL p1(2);
-- b
UPDATE c SET a = a * 10;

-- case: procedure with ddl
-- real: conflict, mig says unknown
-- base
CREATE TABLE c (a int);
CREATE PROCEDURE p1() ALTER TABLE c ADD COLUMN b int;
-- a
CALL p1();
-- b
ALTER TABLE c ADD COLUMN b int;

-- case: set fk checks restored
-- real: commute
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int, CONSTRAINT f FOREIGN KEY (p_id) REFERENCES p (id));
CREATE TABLE z (a int);
-- a
SET foreign_key_checks = 0; INSERT INTO c VALUES (9); SET foreign_key_checks = 1;
-- b
ALTER TABLE z ADD COLUMN b int;

-- case: set fk checks restored mysqldump
-- real: commute
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int, CONSTRAINT f FOREIGN KEY (p_id) REFERENCES p (id));
CREATE TABLE z (a int);
-- a
SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0; INSERT INTO c VALUES (9); SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS;
-- b
ALTER TABLE z ADD COLUMN b int;

-- case: set fk checks restored beside fk
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int, KEY(p_id));
CREATE TABLE z (a int);
-- a
SET foreign_key_checks = 0; INSERT INTO c VALUES (9); SET foreign_key_checks = 1;
-- b
ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (p_id) REFERENCES p (id);

-- case: drop table unchecked beside fk
-- real: conflict
-- base
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p_id int);
-- a
SET foreign_key_checks = 0; DROP TABLE p; SET foreign_key_checks = 1;
-- b
ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (p_id) REFERENCES p (id);

-- case: user variable used
-- real: conflict
-- base
CREATE TABLE c (a int);
-- a
SET @x = 5;
-- b
INSERT INTO c VALUES (@x);

-- case: versioned comment conflict
-- real: conflict
-- base
CREATE TABLE c (a int);
-- a
ALTER TABLE c ADD COLUMN b int;
-- b
/*!50003 ALTER TABLE c ADD COLUMN b int */;

-- case: mariadb comment conflict
-- real: conflict
-- base
CREATE TABLE c (a int);
-- a
ALTER TABLE c ADD COLUMN b int;
-- b
/*M! ALTER TABLE c ADD COLUMN b int */;

-- case: inner comment hint
-- real: conflict
-- base
CREATE TABLE c (a int, b int);
-- a
ALTER TABLE c DROP COLUMN b;
-- b
CREATE INDEX i ON c (a /*!, b */);

-- case: backslash quote
-- real: commute
-- base
CREATE TABLE c (a varchar(40));
CREATE TABLE d (a int);
-- a
INSERT INTO c VALUES ('it\'s; DROP TABLE d; --');
-- b
ALTER TABLE d ADD COLUMN b int;

-- case: select into var then insert
-- real: conflict
-- base
CREATE TABLE c (a int);
CREATE TABLE d (a int);
INSERT INTO d VALUES (1);
-- a
SELECT max(a) INTO @m FROM d; INSERT INTO c VALUES (@m);
-- b
INSERT INTO d VALUES (9);

-- case: set var from query then insert
-- real: conflict
-- base
CREATE TABLE c (a int);
CREATE TABLE d (a int);
INSERT INTO d VALUES (1);
-- a
SET @m = (SELECT max(a) FROM d); INSERT INTO c VALUES (@m);
-- b
INSERT INTO d VALUES (9);

-- case: last insert id
-- real: conflict
-- base
CREATE TABLE c (id int AUTO_INCREMENT PRIMARY KEY, a int);
CREATE TABLE d (c_id int);
-- a
INSERT INTO c (a) VALUES (1); INSERT INTO d VALUES (last_insert_id());
-- b
INSERT INTO d VALUES (last_insert_id());

-- case: multi table delete
-- real: commute, mig says conflict
-- base
CREATE TABLE c (id int, a int);
CREATE TABLE d (id int, a int);
INSERT INTO c VALUES (1, 1);
INSERT INTO d VALUES (1, 1);
-- a
DELETE c, d FROM c JOIN d ON c.id = d.id;
-- b
INSERT INTO d VALUES (2, 2);

-- case: exchange partition
-- real: conflict
-- base
CREATE TABLE c (id int, a int) PARTITION BY RANGE (a) (PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN (20));
CREATE TABLE d (id int, a int);
INSERT INTO d VALUES (1, 5);
-- a
ALTER TABLE c EXCHANGE PARTITION p1 WITH TABLE d;
-- b
INSERT INTO d VALUES (2, 6);

-- case: column case
-- real: conflict
-- base
CREATE TABLE c (Id int, a int);
-- a
ALTER TABLE c RENAME COLUMN ID TO x;
-- b
CREATE INDEX i ON c (iD);

-- case: create or replace table
-- real: conflict
-- base
CREATE TABLE c (id int, a int);
-- a
CREATE OR REPLACE TABLE c (id int, b int);
-- b
ALTER TABLE c ADD COLUMN x int;

-- case: index hint
-- real: conflict
-- base
CREATE TABLE c (id int, a int, KEY k (a));
CREATE TABLE d (id int);
-- a
INSERT INTO d SELECT id FROM c FORCE INDEX (k) WHERE a = 1;
-- b
DROP INDEX k ON c;
