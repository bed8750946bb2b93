"""What a step executes: the statements of a file, or the down that was stored when it was applied."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.model import Statement
from mig.runner.plan import Direction
from mig.sqltext.variables import find_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mig.model import Extra, Migration, Script
    from mig.runner.plan import Plan, Step
    from mig.runner.prepared import Prepared
    from mig.sqltext.variables import Variables

_COMMENTS = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
_ENDS_TRANSACTION = re.compile(
    r"(?:BEGIN|COMMIT|END|ABORT|START\s+TRANSACTION|PREPARE\s+TRANSACTION|ROLLBACK(?!\s+(?:(?:WORK|TRANSACTION)\s+)?TO\b))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One direction of one migration.

    For Python, ``text`` is the file that is executed and ``statements`` are for people.  ``stored``
    says that this comes from the history and not from the file.  ``down`` is what the history
    keeps of a migration that is applied: JSON, or None where it cannot be reverted.
    """

    statements: tuple[Statement, ...]
    transactional: bool
    text: str = ""
    stored: bool = False
    down: str | None = None

    @property
    def is_python(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripts:
    """What the files of a lineage do on databases of one dialect, with the values of variables."""

    prepared: Prepared
    dialect: str
    variables: Variables

    def read(self, file: Migration | Extra) -> Script:
        """What a file does, with the values in it.

        Raises:
            SourceError: it cannot be read.
            ConfigError: it names a variable that has no value.
        """
        return self.prepared.script(file, self.dialect, self.variables)

    def read_storable(self, file: Migration | Extra) -> Script:
        """The same without secrets, in whose place their names stand."""
        return self.prepared.script(file, self.dialect, self.variables.storable())


def load_work(
    plan: Plan, scripts: Scripts, down_of: Callable[[str], str | None], *, allow_changed: bool
) -> Plan:
    """The plan with the work of each step, so that nothing begins that cannot be finished.

    Raises:
        RunnerError: a migration to be reverted is irreversible, or a statement ends the transaction.
        SourceError: a file cannot be read.
    """
    steps = []
    for step in plan.steps:
        if step.direction is Direction.UP:
            work = _up(step, scripts)
            if step.recorded:
                work = Work(statements=(), transactional=True, down=work.down)
        else:
            work = _down(step, scripts, down_of, allow_changed=allow_changed)
        refuse_transaction_control(step.path or step.id, work)
        steps.append(replace(step, work=work))
    return replace(plan, steps=tuple(steps))


def _up(step: Step, scripts: Scripts) -> Work:
    script = scripts.read(_migration(step))
    return Work(
        statements=script.up,
        transactional=_is_transactional(script),
        text=_python(script),
        down=_stored_form(scripts.read_storable(_migration(step))),
    )


def _down(step: Step, scripts: Scripts, down_of: Callable[[str], str | None], *, allow_changed: bool) -> Work:
    known, applied = step.migration, step.applied
    is_same = known is not None and applied is not None and known.checksum == applied.checksum
    if known is not None and (is_same or allow_changed):
        script = scripts.read(known)
        if script.down is None:
            raise _irreversible(step)
        return Work(statements=script.down, transactional=_is_transactional(script), text=_python(script))
    stored = down_of(step.id)
    if stored is None:
        raise _irreversible(step)
    return _from_stored(stored, scripts.variables)


def _irreversible(step: Step) -> RunnerError:
    return RunnerError(
        f"{step.path or step.id} cannot be reverted, as {step.id} has no down; nothing was touched",
        hint="write a new migration that undoes what it did",
    )


def _migration(step: Step) -> Migration:
    if step.migration is None:
        raise RunnerError(
            f"{step.id} is not in the repository", hint="check out the branch that has its file"
        )
    return step.migration


def _python(script: Script) -> str:
    return script.text if script.language == "python" else ""


def _is_transactional(script: Script) -> bool:
    # Alembic's way to leave the transaction for a part of a migration.
    return script.transactional and not (script.language == "python" and "autocommit_block" in script.text)


def _stored_form(script: Script) -> str | None:
    """A list of statements; an object for Python, without a transaction, or with secrets to put in."""
    if script.down is None:
        return None
    transactional = _is_transactional(script)
    texts = [statement.text for statement in script.down]
    stored: dict[str, object] = {"statements": texts}
    if script.language == "python":
        stored = {"python": script.text, "transactional": transactional}
    elif not transactional:
        stored["transactional"] = False
    if script.language != "python" and any(map(find_secret, texts)):
        stored["secrets"] = True
    return json.dumps(texts if stored.keys() == {"statements"} else stored, ensure_ascii=False)


def _from_stored(stored: str, variables: Variables) -> Work:
    try:
        read = json.loads(stored)
        told = read if isinstance(read, dict) else {"statements": read}
        texts: Iterable[str] = told.get("statements", ())
        if told.get("secrets"):
            texts = [variables.fill_kept(str(text)) for text in texts]
        statements = tuple(Statement(text=str(text), line=0) for text in texts)
        transactional = bool(told.get("transactional", True))
        return Work(
            statements=statements, transactional=transactional, text=str(told.get("python", "")), stored=True
        )
    except (ValueError, TypeError, AttributeError):
        hint = "restore the table mig_history from a backup, or revert by hand"
        raise RunnerError("the down that the history holds cannot be read", hint=hint) from None


def refuse_transaction_control(place: str, work: Work) -> None:
    """See that no statement ends the transaction that mig has begun.

    Raises:
        RunnerError: one would.
    """
    if not work.transactional or work.is_python:
        return
    for statement in work.statements:
        begin = _COMMENTS.match(statement.text)
        found = _ENDS_TRANSACTION.match(statement.text, begin.end() if begin else 0)
        if found:
            raise RunnerError(
                f"{place}:{statement.line}: {found[0].upper()} would end mig's transaction",
                hint="leave it out, or declare the migration -- mig:no-transaction",
            )
