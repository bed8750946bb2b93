"""Executes Python migrations with Alembic's operations, native ones and Alembic's own."""

from __future__ import annotations

import contextlib
import io
import sys
import threading
import traceback
from types import ModuleType
from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.runner.dialects import StatementError
from mig.runner.plan import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import sqlalchemy as sa
    from alembic.runtime.environment import EnvironmentContext

    from mig.runner.plan import Step

# What ``from alembic import op`` means, sys.path and sys.stdout are the whole process's.
_ONE_AT_A_TIME = threading.Lock()
_FUNCTIONS = {Direction.UP: ("up", "upgrade"), Direction.DOWN: ("down", "downgrade")}


class PythonFailedError(Exception):
    """A migration's own code raised something; ``line`` is where in its file, 0 if elsewhere."""

    def __init__(self, error: StatementError, line: int) -> None:
        super().__init__(error.message)
        self.error = error
        self.line = line


def run_python(
    connection: sa.Connection, text: str, file: str, step: Step, root: str, *, allow_loss: bool = False
) -> None:
    """Execute one direction of a Python migration; it may import the project, which is in ``root``.

    Args:
        connection: the session's.
        text: the file's.
        file: its path, for messages.
        step: the migration and the direction.
        root: the folder of the project.
        allow_loss: a batch of Alembic's on SQLite may lose what cannot be kept.

    Raises:
        PythonFailedError: whatever the migration raised.
    """
    from mig.runner.batch import keeping_what_batches_lose

    if not connection.in_transaction():
        connection.begin()  # an ORM session in the migration then joins it and does not commit
    with _ONE_AT_A_TIME, _environment() as environment, _importable(root):
        environment.configure(connection=connection)
        with keeping_what_batches_lose(connection, allow_loss=allow_loss):
            _call(environment, text, file, step)


def render_sql(dialect: str, text: str, file: str, step: Step) -> str:
    """The SQL that a Python migration would run, each statement with its semicolon.

    Raises:
        RunnerError: the migration asks the database something.
    """
    written = io.StringIO()
    with _ONE_AT_A_TIME, _environment(as_sql=True) as environment:
        environment.configure(
            dialect_name=dialect,
            as_sql=True,
            literal_binds=True,
            output_buffer=written,
            dialect_opts={"paramstyle": "named"},
        )
        try:
            _call(environment, text, file, step)
        except PythonFailedError as error:
            place = f"{step.path or step.id}:{error.line}" if error.line else step.path or step.id
            hint = "run it with mig up; only what asks the database nothing can be written as a script"
            raise RunnerError(
                f"{place}: cannot be written as SQL: {error.error.message}", hint=hint
            ) from None
    return written.getvalue()


@contextlib.contextmanager
def _environment(**options: object) -> Iterator[EnvironmentContext]:
    """What ``from alembic import context`` gives a migration."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    # Only a name: nothing looks into the folder, as the runner plans by itself.
    with EnvironmentContext(Config(), ScriptDirectory("."), **options) as environment:
        yield environment


@contextlib.contextmanager
def _importable(root: str) -> Iterator[None]:
    before = sys.path[:]
    if root:
        sys.path.insert(0, root)
    try:
        yield
    finally:
        sys.path[:] = before


def _call(environment: EnvironmentContext, text: str, file: str, step: Step) -> None:
    from alembic.operations import Operations

    context = environment.get_context()
    # Such a migration is run outside of a transaction as a whole, so there is none to leave.
    context.autocommit_block = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    # What a migration prints must not get between the lines of a script or of JSON.
    with Operations.context(context) as operations, contextlib.redirect_stdout(sys.stderr):
        try:
            function, takes_op = _load(text, file, step)
            function(operations) if takes_op else function()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the migration's own code may raise anything
            raise PythonFailedError(_said(error), _line(error, file)) from None


def _load(text: str, file: str, step: Step) -> tuple[Callable[..., object], bool]:
    native, alembic = _FUNCTIONS[step.direction]
    module = ModuleType(f"mig_migration_{step.id}")
    module.__file__ = file
    sys.modules[module.__name__] = module  # dataclasses and pickle look there
    try:
        exec(compile(text, file, "exec"), module.__dict__)  # noqa: S102 - this is what the runner is for
    finally:
        del sys.modules[module.__name__]
    name = native if hasattr(module, native) else alembic
    if not hasattr(module, name):
        raise StatementError(f"there is no def {native}(op) and no def {alembic}()")
    return getattr(module, name), name == native


def _said(error: BaseException) -> StatementError:
    if isinstance(error, StatementError):
        return error
    driver = getattr(error, "orig", None)
    position = getattr(getattr(driver, "diag", None), "message_primary", None)
    first = str(position or driver or error).strip().partition("\n")[0]
    name = "" if driver is not None else f"{type(error).__name__}: "
    return StatementError(f"{name}{first}".removesuffix(": "))


def _line(error: BaseException, file: str) -> int:
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno or 0
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return (lines[-1] or 0) if lines else 0
