"""Parts of scripts that run only where the history says that they have not run yet, for each client."""

# ruff: noqa: S608 - the names are constants here, and the dialect quotes every value

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.runner.history import APPLIED
from mig.runner.plan import Direction

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.runner.execute import Executor
    from mig.runner.plan import Step

FILE = "mig-step.sql"
"""What scripts for sqlite3 write and read, in the folder where it is run."""
_MARIADB = re.compile(r"(\d+)\.(\d+)\.(\d+)-MariaDB", re.IGNORECASE)
_PREPARES_ALL = (10, 6, 2)


def guard_preamble(executor: Executor) -> str:
    """What stands at the top of a script with guards.

    Raises:
        RunnerError: this server has no way to leave statements out.
    """
    if executor.dialect.name == "postgresql":
        return "\\set ON_ERROR_STOP 1"
    if executor.dialect.name == "sqlite":
        return (
            f".bail on\n-- only for the shell sqlite3, which has no condition: it writes {FILE} and reads it"
        )
    version = str(executor.session.query("SELECT version()")[0][0])
    found = _MARIADB.search(version)
    if not found or tuple(map(int, found.groups())) < _PREPARES_ALL:
        raise RunnerError(
            f"{version} cannot run any statement under a condition, so no script for it is safe to run twice",
            hint="MariaDB can from 10.6.2 on; else write the script without --idempotent, or run mig up",
        )
    return "-- the server runs each statement under a condition"


def guard(step: Step, body: str, executor: Executor) -> str:
    """The text of a step so that it does nothing where the history says that it was run."""
    return _GUARDS.get(executor.dialect.name, _in_mariadb)(step, body, executor)


def _in_psql(step: Step, body: str, executor: Executor) -> str:
    due, unsettled, problem = _conditions(step, executor)
    raised = executor.dialect.literal(problem)
    return (
        f"SELECT {due} AS mig_due, {unsettled} AS mig_unsettled \\gset\n"
        f"\\if :mig_unsettled\nDO $mig$ BEGIN RAISE EXCEPTION USING MESSAGE = {raised}; END $mig$;\n\\endif\n"
        f"\\if :mig_due\n{body}\n\\endif\n"
    )


def _in_sqlite3(step: Step, body: str, executor: Executor) -> str:
    """A shell without conditions: the database writes the file that the shell reads next."""
    due, unsettled, problem = _conditions(step, executor)
    literal = executor.dialect.literal
    # There is no such table, which stops the shell with the reason.
    refusal = 'SELECT * FROM "' + problem.replace('"', "") + '";\n'
    text = (
        f"CASE WHEN {unsettled} THEN {literal(refusal)}"
        f" WHEN {due} THEN {literal(body.rstrip() + chr(10))} ELSE '' END"
    )
    # An overflow stops the shell where it cannot write, before it reads what an earlier step left there.
    return (
        f"WITH step (done) AS (SELECT writefile('{FILE}', {text}))"
        " SELECT abs(-9223372036854775808) FROM step WHERE done IS NULL;\n"
        f".read {FILE}\n"
    )


def _in_mariadb(step: Step, body: str, executor: Executor) -> str:
    """Each statement as a text that is executed, or another one that does nothing."""
    from mig.sqltext.split import split

    due, unsettled, problem = _conditions(step, executor)
    literal = executor.dialect.literal
    signal = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{problem}'"
    lines = [
        f"SET @mig_due = {due}, @mig_unsettled = {unsettled};",
        f"EXECUTE IMMEDIATE IF(@mig_unsettled, {literal(signal)}, 'DO 0');",
    ]
    for statement in split(body, executor.dialect.name).statements:
        if statement.text in (executor.dialect.begin, "COMMIT"):
            lines.append(f"{statement.text};")
        else:
            lines.append(f"EXECUTE IMMEDIATE IF(@mig_due, {literal(statement.text)}, 'DO 0');")
    return "\n".join(lines) + "\n"


_GUARDS: dict[str, Callable[[Step, str, Executor], str]] = {"postgresql": _in_psql, "sqlite": _in_sqlite3}


def _conditions(step: Step, executor: Executor) -> tuple[str, str, str]:
    """SQL: whether a step is still to be run, whether it was interrupted; and what to say of that."""
    literal = executor.dialect.literal
    this = f"lineage = {literal(executor.origin.lineage)} AND id = {literal(step.id)}"
    there = f"EXISTS (SELECT 1 FROM {executor.history.sql.table} WHERE {this}"
    due = f"NOT {there})" if step.direction is Direction.UP else f"{there})"
    problem = f"mig: {step.id} was interrupted, settle it first: mig status"
    return due, f"{there} AND state <> {literal(APPLIED)})", problem
