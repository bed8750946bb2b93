"""New names in old texts: what is replaced, what stays byte for byte, and what is refused."""

from __future__ import annotations

import pytest

from mig.conflicts.moves import Moves
from mig.conflicts.rewrite import RefusedError, Rewriting, rewrite
from mig.effects.sql import read_sql
from mig.sources.alembic import AlembicSource
from mig.sources.native import NativeSource

EMAIL = "ALTER TABLE users RENAME COLUMN email TO mail;"
USERS = "ALTER TABLE users RENAME TO people;"
SWAP = (
    """ALTER TABLE users RENAME a TO c; ALTER TABLE users RENAME b TO a; ALTER TABLE users RENAME c TO b;"""
)


def moves_of(theirs: str, dialect: str = "postgresql") -> Moves:
    moves = Moves()
    for operation in read_sql(theirs, dialect):
        moves.come_before(operation.effects)
    return moves


def run(theirs: str, data: bytes, path: str = "x.sql", *, dialect: str = "postgresql") -> Rewriting:
    source = AlembicSource() if path == "alembic.py" else NativeSource()
    editable = source.editable(path, data, dialect)
    assert editable.encode(editable.text) == data
    done = rewrite(editable.text, editable.scopes, moves_of(theirs, dialect), lambda _: None)
    assert put_back(done) == editable.text
    return done


def put_back(done: Rewriting) -> str:
    """The new text with the old words in the places of the new ones: it must be the old text."""
    text = done.text
    for one in done.replacements:
        assert text[one.start : one.start + len(one.new)] == one.new
        text = text[: one.start] + one.old + text[one.start + len(one.new) :]
    return text


def sql(theirs: str, up: str, down: str = "", dialect: str = "postgresql") -> tuple[str, str]:
    data = f"-- mig:id 9f31c0a2b7de\n-- email users\n-- mig:up\n{up}\n-- mig:down\n{down}".encode()
    text = run(theirs, data, dialect=dialect).text
    first, _, second = text.partition("-- mig:up\n")[2].partition("\n-- mig:down\n")
    assert text.startswith("-- mig:id 9f31c0a2b7de\n-- email users\n")
    return first, second


@pytest.mark.parametrize(
    ("theirs", "up", "wanted"),
    [
        pytest.param(
            EMAIL, "CREATE  INDEX i ON users(email); -- email", "CREATE  INDEX i ON users(mail); -- email"
        ),
        pytest.param(
            EMAIL,
            """UPDATE users SET "email" = 'email' /* email */ WHERE users.email = $$email$$;""",
            """UPDATE users SET "mail" = 'email' /* email */ WHERE users.mail = $$email$$;""",
        ),
        pytest.param(
            EMAIL,
            "CREATE INDEX i ON accounts (email); CREATE INDEX j ON users (email);",
            "CREATE INDEX i ON accounts (email); CREATE INDEX j ON users (mail);",
        ),
        pytest.param(
            EMAIL,
            "CREATE VIEW v AS SELECT u.email AS email, o.email AS e FROM users u, orders o;",
            "CREATE VIEW v AS SELECT u.mail AS email, o.email AS e FROM users u, orders o;",
        ),
        pytest.param(
            USERS,
            "SELECT users.id FROM public.users; ALTER TABLE o ADD FOREIGN KEY (u) REFERENCES users (id);",
            "SELECT people.id FROM public.people; ALTER TABLE o ADD FOREIGN KEY (u) REFERENCES people (id);",
        ),
        pytest.param(
            USERS + "ALTER TABLE people RENAME email TO mail; ALTER TABLE people RENAME mail TO address;",
            "DELETE FROM users WHERE email IS NULL;",
            "DELETE FROM people WHERE address IS NULL;",
        ),
        pytest.param(SWAP, "CREATE INDEX i ON users (a, b);", "CREATE INDEX i ON users (b, a);"),
        pytest.param(
            'ALTER TABLE users RENAME email TO "E Mail";',
            "CREATE INDEX i ON users (email);",
            'CREATE INDEX i ON users ("E Mail");',
        ),
        pytest.param(
            "ALTER SEQUENCE s RENAME TO s2; ALTER TYPE mood RENAME TO feeling;",
            "CREATE TABLE t (m mood, n int DEFAULT nextval('s'));",
            "CREATE TABLE t (m feeling, n int DEFAULT nextval('s2'));",
        ),
        pytest.param(
            EMAIL,
            "ALTER TABLE users RENAME TO people; CREATE INDEX i ON people (email);",
            "ALTER TABLE users RENAME TO people; CREATE INDEX i ON people (mail);",
        ),
        pytest.param(
            EMAIL,
            "ALTER TABLE users DROP email; ALTER TABLE users ADD email int; CREATE INDEX i ON users (email);",
            "ALTER TABLE users DROP mail; ALTER TABLE users ADD email int; CREATE INDEX i ON users (email);",
        ),
        pytest.param(
            EMAIL,
            "CREATE FUNCTION f() RETURNS text AS $$ SELECT email FROM users $$ LANGUAGE sql;",
            "CREATE FUNCTION f() RETURNS text AS $$ SELECT mail FROM users $$ LANGUAGE sql;",
        ),
        pytest.param(
            "DROP TABLE users;", "DROP TABLE IF EXISTS users;", "DROP TABLE IF EXISTS users;", id="if exists"
        ),
    ],
)
def test_names_are_replaced_where_they_mean_what_was_renamed(theirs: str, up: str, wanted: str) -> None:
    assert sql(theirs, up)[0] == wanted


@pytest.mark.parametrize(
    ("up", "down", "wanted"),
    [
        pytest.param(
            "CREATE INDEX ON users (email);", "DROP INDEX users_email_idx;", "DROP INDEX users_mail_idx;"
        ),
        pytest.param(
            "ALTER TABLE users DROP COLUMN email;",
            "ALTER TABLE users ADD COLUMN email text;",
            "ALTER TABLE users ADD COLUMN mail text;",
        ),
        pytest.param(
            "ALTER TABLE users RENAME email TO address;",
            "ALTER TABLE users RENAME address TO email;",
            "ALTER TABLE users RENAME address TO mail;",
        ),
        pytest.param(
            "ALTER TABLE users ALTER COLUMN email SET NOT NULL;",
            "ALTER TABLE users ALTER COLUMN email DROP NOT NULL;",
            "ALTER TABLE users ALTER COLUMN mail DROP NOT NULL;",
        ),
    ],
)
def test_the_down_leaves_what_was_there_under_its_new_name(up: str, down: str, wanted: str) -> None:
    assert sql(EMAIL, up, down)[1] == wanted


@pytest.mark.parametrize(
    ("theirs", "up", "why"),
    [
        pytest.param("ALTER TABLE users DROP email;", "CREATE INDEX i ON users (email);", "was dropped"),
        pytest.param(EMAIL, "WITH x AS (SELECT email FROM users) SELECT x.email FROM x;", "cannot be told"),
        pytest.param(EMAIL, "CALL f(email);", "cannot be told"),
        pytest.param(
            EMAIL, "CREATE VIEW v AS SELECT lower(email) AS email FROM users ORDER BY email;", "given by AS"
        ),
        pytest.param("ALTER TABLE users SET SCHEMA app;", "CREATE INDEX i ON users (id);", "another schema"),
    ],
)
def test_what_is_not_certain_is_refused_with_its_line(theirs: str, up: str, why: str) -> None:
    with pytest.raises(RefusedError, match=why) as caught:
        sql(theirs, f"SELECT 1;\n\n{up}")
    assert caught.value.line == 6


def test_a_view_that_passes_the_name_on_is_noted() -> None:
    data = b"-- mig:id 9f31c0a2b7de\n-- mig:up\nCREATE VIEW v AS SELECT id, email FROM users;\n"
    [note] = run(EMAIL, data).notes
    assert note.startswith("line 3: what it makes shows mail where it showed email")


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_bytes_around_the_names_stay(end: str) -> None:
    lines = (
        "\ufeff-- mig:id 9f31c0a2b7de",
        "-- mig:up  ",
        "\tCREATE INDEX i",
        " ON users(email );  -- \u00e9",
        "",
    )
    data = end.join(lines).encode()
    done = run(EMAIL, data)
    assert done.text.encode() == data.replace(b"(email )", b"(mail )")
    assert [(one.line, one.old, one.new) for one in done.replacements] == [(4, "email", "mail")]


PYTHON = '''\
"""Index the email of users."""
import sqlalchemy as sa
from alembic import op

revision = "9f31c0a2b7de"  # email
TABLE = 'users'


def upgrade():
    op.create_index("ix_email", TABLE, ['email'])
    op.execute("UPDATE users SET email = 'email'")
    op.add_column("orders", sa.Column("email", sa.Text(), sa.ForeignKey("users.email")))


def downgrade():
    op.drop_column("orders", "email")
    op.drop_index("ix_email")
    op.alter_column('users', "email", nullable=False)
'''


def test_strings_of_alembic_are_replaced_in_both_directions() -> None:
    done = run(USERS + "ALTER TABLE people RENAME email TO mail;", PYTHON.encode(), "alembic.py")
    assert done.text == (
        PYTHON.replace("'users'", "'people'")
        .replace("['email']", "['mail']")
        .replace("UPDATE users SET email =", "UPDATE people SET mail =")
        .replace("users.email", "people.mail")
        .replace("'people', \"email\"", "'people', \"mail\"")
    )


def test_a_name_that_a_program_puts_together_is_refused() -> None:
    text = PYTHON.replace("TABLE, ['email']", "TABLE, ['e' + 'mail']")
    with pytest.raises(RefusedError, match=r"users\.mail cannot be put in here safely"):
        run(EMAIL, text.encode(), "alembic.py")


def test_mysql_and_sqlite_quote_in_their_own_way() -> None:
    rename = "ALTER TABLE users RENAME COLUMN email TO mail;"
    up = "CREATE INDEX i ON `users` (`email`);"
    assert sql(rename, up, dialect="mariadb")[0] == up.replace("`email`", "`mail`")
    up = "CREATE INDEX i ON [users] ([email]);"
    assert sql(rename, up, dialect="sqlite")[0] == up.replace("[email]", "[mail]")
