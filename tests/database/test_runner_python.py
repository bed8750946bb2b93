"""Python migrations, native ones and Alembic's, executed with Alembic's operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.errors import RunnerError, StepFailedError
from tests.database.test_runner_runs import KINDS, TRANSACTIONAL, Target, brief, target
from tests.repositories import native
from tests.unit.runner.snapshots import A, B

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    return target(request.param, request, tmp_path)


def python(body: str, down: str = "pass", id: str = A, parents: tuple[str, ...] = (), head: str = "") -> str:
    lines = [head, "import sqlalchemy as sa", f"id = {id!r}", f"parents = {parents!r}"]
    lines += ["def up(op):", *(f"    {line}" for line in body.splitlines())]
    lines += ["def down(op):", *(f"    {line}" for line in down.splitlines())]
    return "\n".join(lines) + "\n"


CREATE = (
    'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.Text))'
)


def test_native_python_goes_up_and_down(database: Target) -> None:
    files = {
        "migrations/1.sql": native(A, (), "CREATE TABLE t (id integer);", "DROP TABLE t;"),
        "migrations/2.py": python(
            f"{CREATE}\nop.execute(\"INSERT INTO users VALUES (1, '50%s')\")",
            'op.drop_table("users")',
            B,
            (A,),
        ),
    }
    runner = database.runner(files)
    runner.up()
    assert database.query("SELECT email FROM users") == [("50%s",)]
    runner.down()
    assert database.tables() == ["t"]


def test_batch_operations_keep_rows(database: Target) -> None:
    change = 'batch.alter_column("email", existing_type=sa.Text, nullable=False)'
    batch = f'with op.batch_alter_table("users") as batch:\n    {change}'
    files = {
        "migrations/1.py": python(f"{CREATE}\nop.execute(\"INSERT INTO users VALUES (1, 'x')\")"),
        "migrations/2.py": python(batch, id=B, parents=(A,)),
    }
    database.runner(files).up()
    assert database.query("SELECT id, email FROM users") == [(1, "x")]
    assert database.tables() == ["users"]


def test_the_stored_python_reverts_when_the_file_is_gone(database: Target) -> None:
    database.runner({"migrations/1.py": python(CREATE, 'op.drop_table("users")')}).up()
    assert database.tables() == ["users"]
    database.runner({}).down()
    assert database.tables() == []


@pytest.mark.parametrize("database", TRANSACTIONAL, indirect=True)
def test_an_error_names_the_line_and_leaves_nothing(database: Target) -> None:
    runner = database.runner({"migrations/1.py": python(f'{CREATE}\nop.execute("SELECT 1 FROM nowhere")')})
    with pytest.raises(StepFailedError, match=r"failed at migrations/1.py:7: .*nowhere"):
        runner.up()
    assert database.tables() == []
    assert brief(runner.status()) == ([], [A])


@pytest.mark.parametrize("database", TRANSACTIONAL, indirect=True)
@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param("raise ValueError('no\\nmore')", r"1\.py:7: ValueError: no", id="exception"),
        pytest.param("import sys; sys.exit(3)", r"1\.py:7: SystemExit: 3", id="exit"),
        pytest.param("op.get_bind().commit()", r"1\.py:7: the migration ends its transaction", id="commit"),
        pytest.param(
            "op.get_bind().rollback()", r"1\.py:7: the migration ends its transaction", id="rollback"
        ),
    ],
)
def test_whatever_a_migration_raises_is_a_failed_step(database: Target, body: str, message: str) -> None:
    runner = database.runner({"migrations/1.py": python(f"{CREATE}\n{body}")})
    with pytest.raises(StepFailedError, match=message) as caught:
        runner.up()
    assert "\n" not in caught.value.message
    assert database.tables() == []


def test_an_orm_session_joins_the_transaction(database: Target) -> None:
    body = (
        f"{CREATE}\nfrom sqlalchemy.orm import Session\n"
        "with Session(bind=op.get_bind()) as session:\n"
        '    session.execute(sa.text("INSERT INTO users VALUES (1, NULL)"))\n'
        "    session.commit()\n"
    )
    database.runner({"migrations/1.py": python(body)}).up()
    assert database.query("SELECT id FROM users") == [(1,)]
    assert brief(database.runner({}).status()) == ([A], [])


@pytest.mark.parametrize("database", TRANSACTIONAL, indirect=True)
def test_an_orm_session_does_not_commit_what_fails_later(database: Target) -> None:
    body = (
        f"{CREATE}\nfrom sqlalchemy.orm import Session\nsession = Session(bind=op.get_bind())\n"
        'session.execute(sa.text("INSERT INTO users VALUES (1, NULL)"))\nsession.commit()\n'
        'raise ValueError("late")'
    )
    with pytest.raises(StepFailedError, match="late"):
        database.runner({"migrations/1.py": python(body)}).up()
    assert database.tables() == []


def test_what_a_migration_prints_goes_to_standard_error(
    database: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    database.runner({"migrations/1.py": python('print("hello")')}).up()
    assert capsys.readouterr() == ("", "hello\n")


ALEMBIC = '''"""create users"""
import sqlalchemy as sa
from alembic import context, op

revision = "1975ea83b712"
down_revision = None


def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))
    assert not context.is_offline_mode()
    assert context.get_context().dialect.name == op.get_bind().dialect.name


def downgrade():
    op.drop_table("users")
'''

AUTOCOMMIT = '''"""index"""
from alembic import op

revision = "ae1027a6acf0"
down_revision = "1975ea83b712"


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY ix ON users (id)")


def downgrade():
    op.execute("DROP INDEX ix")
'''


def test_alembic_files_go_up_and_down(database: Target) -> None:
    runner = database.runner({"migrations/1.py": ALEMBIC}, source="alembic")
    runner.up()
    assert database.tables() == ["users"]
    runner.redo()
    runner.down()
    assert database.tables() == []


@pytest.mark.postgresql
def test_alembics_autocommit_block_runs_outside_of_a_transaction(postgresql_database: object) -> None:
    server = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]
    runner = server.runner({"migrations/1.py": ALEMBIC, "migrations/2.py": AUTOCOMMIT}, source="alembic")
    runner.up()
    assert server.query("SELECT indexname FROM pg_indexes WHERE indexname = 'ix'") == [("ix",)]
    runner.down("base")
    assert server.tables() == []


@pytest.mark.postgresql
def test_a_python_migration_without_a_transaction_is_named_when_it_fails(postgresql_database: object) -> None:
    server = Target(postgresql_database.plain_url)  # type: ignore[attr-defined]
    broken = python(f'{CREATE}\nop.execute("SELECT 1 FROM nowhere")', head="# mig:no-transaction")
    runner = server.runner({"migrations/1.py": broken})
    with pytest.raises(StepFailedError, match=r"1.py:7"):
        runner.up()
    failed = runner.status().failed
    assert failed is not None
    assert (failed.state, failed.certain, failed.count) == ("failed", False, 0)
    assert server.tables() == ["users"]


def test_sqlite_batch_mode_cannot_be_written_as_a_script(tmp_path: Path) -> None:
    database = Target(f"sqlite:///{tmp_path / 'shop.db'}")
    batch = 'with op.batch_alter_table("users") as batch:\n    batch.alter_column("email", nullable=False)'
    with pytest.raises(RunnerError, match=r"migrations/1.py:6: cannot be written as SQL"):
        database.runner({"migrations/1.py": python(batch)}).script()
