-- case: MIG300 postgresql A statement that is put together while it runs
-- base
CREATE TABLE users (id integer PRIMARY KEY, email text);
CREATE TABLE orders (id integer PRIMARY KEY, total numeric);
-- A
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE 'ALTER TABLE ' || name || ' ADD COLUMN seen boolean';
  END LOOP;
END $$;
-- B
CREATE TABLE invoices (id integer PRIMARY KEY);
-- way out
If the loop is meant for the tables that are there, name them: two `ALTER TABLE` say it so that mig can read it. Else order
the two: `mig rebase` puts ours after theirs.

-- case: MIG300 postgresql A routine that nothing shows
-- base
CREATE TABLE users (id integer PRIMARY KEY, email text);
CREATE FUNCTION tidy(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE 'UPDATE ' || what || ' SET email = lower(email)';
END $$;
INSERT INTO users VALUES (1, 'Ada@example.org');
-- A
SELECT tidy('users');
-- B
ALTER TABLE users ADD COLUMN phone text;
-- way out
These two commute, but the text does not show it. Say in A's file what it touches: `-- mig:touches rows:users write`; or say
in one of them that they commute: `-- mig:commutes-with ID "tidy changes emails only"`.

-- case: MIG301 postgresql Both add the same column
-- base
CREATE TABLE users (id integer PRIMARY KEY, email text);
-- A
ALTER TABLE users ADD COLUMN phone text;
-- B
ALTER TABLE users ADD COLUMN phone varchar(20) NOT NULL DEFAULT '';
-- way out
Agree on one of the two definitions and drop the other statement. If these are two things, give one of them another name.

-- case: MIG301 sqlite IF NOT EXISTS does not help where the definitions differ
-- base
CREATE TABLE users (id integer PRIMARY KEY, email text, name text);
-- A
CREATE INDEX IF NOT EXISTS ix_users ON users (email);
-- B
CREATE INDEX IF NOT EXISTS ix_users ON users (name);
-- way out
Nothing fails, and the two kinds of databases have different indexes for ever. Give the indexes names of their own.

-- case: MIG301 postgresql Names that the database makes
-- base
CREATE TABLE users (id integer PRIMARY KEY, age integer, email text);
-- A
ALTER TABLE users ADD CHECK (age >= 0);
-- B
ALTER TABLE users ADD CHECK (age < 200);
-- way out
Name the constraints: `ADD CONSTRAINT users_age_low CHECK (age >= 0)`.

-- case: MIG302 postgresql An index on a column that is renamed
-- base
CREATE TABLE users (id integer PRIMARY KEY, email text);
-- A
CREATE INDEX ix_users_email ON users (email);
-- B
ALTER TABLE users RENAME COLUMN email TO mail;
-- way out
`mig rebase` puts A after B; then let A index `mail`.

-- case: MIG302 sqlite A view of a column that is renamed
-- base
CREATE TABLE users (id integer PRIMARY KEY, email text);
-- A
CREATE VIEW addresses AS SELECT id, email FROM users;
-- B
ALTER TABLE users RENAME COLUMN email TO mail;
-- way out
Both orders work, and one of them leaves a view that nobody can select from. `mig rebase` puts A after B; then let the view
show `mail`.

-- case: MIG303 postgresql A view of a column that is dropped
-- base
CREATE TABLE users (id integer PRIMARY KEY, email text, nick text);
-- A
CREATE VIEW nicks AS SELECT id, nick FROM users;
-- B
ALTER TABLE users DROP COLUMN nick CASCADE;
-- way out
Decide which of the two is wanted. If the column goes, drop A; if the view stays, B has to go.

-- case: MIG303 sqlite A trigger that writes to a column that is dropped
-- base
CREATE TABLE orders (id integer PRIMARY KEY, total numeric);
CREATE TABLE log (id integer PRIMARY KEY, what text, who text);
-- A
CREATE TRIGGER orders_log AFTER INSERT ON orders BEGIN
  INSERT INTO log (what, who) VALUES ('order', 'nobody');
END;
-- B
ALTER TABLE log DROP COLUMN who;
-- way out
Whichever comes first, every later INSERT into orders fails. `mig rebase` puts A after B; then write the trigger without
`who`.

-- case: MIG303 mariadb Both drop the same index
-- base
CREATE TABLE users (id integer PRIMARY KEY, email varchar(80), KEY ix_email (email));
-- A
DROP INDEX ix_email ON users;
-- B
ALTER TABLE users DROP INDEX ix_email;
-- way out
Drop one of the two statements: the other does the same.

-- case: MIG304 postgresql Two defaults for one column
-- base
CREATE TABLE orders (id integer PRIMARY KEY, state text);
-- A
ALTER TABLE orders ALTER COLUMN state SET DEFAULT 'new';
-- B
ALTER TABLE orders ALTER COLUMN state SET DEFAULT 'open';
-- way out
Nothing fails, and nobody notices for a long time. Agree on one default, and drop the other statement.

-- case: MIG304 postgresql Two new values of one type
-- base
CREATE TYPE mood AS ENUM ('sad', 'happy');
-- A
ALTER TYPE mood ADD VALUE 'calm';
-- B
ALTER TYPE mood ADD VALUE 'angry';
-- way out
The values have an order, by which `ORDER BY` sorts. Put one migration after the other (`mig rebase`), or name the places:
`ADD VALUE 'calm' AFTER 'sad'` and `ADD VALUE 'angry' BEFORE 'sad'` do not meet.

-- case: MIG305 postgresql A default and a row that takes it
-- base
CREATE TABLE orders (id integer PRIMARY KEY, state text DEFAULT 'new');
-- A
INSERT INTO orders (id) VALUES (1);
-- B
ALTER TABLE orders ALTER COLUMN state SET DEFAULT 'open';
-- way out
Let the INSERT say what it means: `INSERT INTO orders (id, state) VALUES (1, 'new')`. Or order the two with `mig rebase`.

-- case: MIG305 sqlite A trigger and a row that fires it
-- base
CREATE TABLE orders (id integer PRIMARY KEY, total numeric);
CREATE TABLE log (id integer PRIMARY KEY, what text);
-- A
CREATE TRIGGER orders_log AFTER INSERT ON orders BEGIN
  INSERT INTO log (what) VALUES ('order ' || NEW.id);
END;
-- B
INSERT INTO orders (id, total) VALUES (1, 10);
-- way out
Decide whether the row is to be logged, and order the two accordingly: `mig rebase` puts ours after theirs.

-- case: MIG306 sqlite An UPDATE of all rows and a new row
-- base
CREATE TABLE users (id integer PRIMARY KEY, email text, plan text);
INSERT INTO users VALUES (1, 'ada@example.org', NULL);
-- A
UPDATE users SET plan = 'free' WHERE plan IS NULL;
-- B
INSERT INTO users (id, email) VALUES (2, 'grace@example.org');
-- way out
Let the INSERT bring its own plan; or order the two, so that the UPDATE meets the row or does not, as it is meant.

-- case: MIG306 postgresql Two UPDATEs of one column
-- base
CREATE TABLE products (id integer PRIMARY KEY, price numeric);
INSERT INTO products VALUES (1, 100);
-- A
UPDATE products SET price = price * 1.1;
-- B
UPDATE products SET price = price + 5;
-- way out
Only people know which comes first. `mig rebase` puts ours after theirs.

-- case: MIG307 postgresql Rights on all tables, and a new table
-- base
CREATE TABLE users (id integer PRIMARY KEY, email text);
-- A
GRANT SELECT ON ALL TABLES IN SCHEMA public TO pg_monitor;
-- B
CREATE TABLE orders (id integer PRIMARY KEY);
-- way out
Name the tables that are meant: `GRANT SELECT ON users TO pg_monitor`. For tables to come there is `ALTER DEFAULT PRIVILEGES`.

-- case: MIG307 postgresql A setting that stays
-- base
CREATE SCHEMA app;
-- A
SET search_path TO app;
CREATE TABLE tags (id integer PRIMARY KEY);
-- B
CREATE TABLE orders (id integer PRIMARY KEY);
-- way out
Write the schema (`CREATE TABLE app.tags`), or use `SET LOCAL`, which ends with the transaction. A runner that gives each
migration a session of its own hides the difference; not every runner does.

-- case: MIG310 postgresql What only a run shows
-- base
CREATE TABLE users (id integer PRIMARY KEY, email text);
CREATE TABLE orders (id integer PRIMARY KEY, total numeric);
-- A
DO $$
DECLARE found record;
BEGIN
  FOR found IN SELECT * FROM information_schema.columns WHERE column_name = 'email' LOOP
    EXECUTE format('CREATE INDEX ON %I (%I)', found.table_name, found.column_name);
  END LOOP;
END $$;
-- B
ALTER TABLE orders ADD COLUMN email text;
-- way out
Without `--replay` this pair stays `unknown`; with it, it is MIG310 and fails the check. Write the indexes out in A, and let
the one on `orders` be made where its column is.

-- case: MIG310 postgresql A procedure that was never read
-- base
CREATE TABLE users (id integer PRIMARY KEY, email text);
CREATE PROCEDURE tidy(of text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE users DROP COLUMN IF EXISTS %I', of || '_old');
END $$;
-- A
CALL tidy('phone');
-- B
ALTER TABLE users ADD COLUMN phone_old text;
-- way out
Say in A what is meant, as `ALTER TABLE users DROP COLUMN IF EXISTS phone_old`, and order the two.
