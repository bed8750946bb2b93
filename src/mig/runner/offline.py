"""Plans as scripts for the database's own client, with the same transactions and history rows as a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.errors import RunnerError
from mig.model import REPEATABLE
from mig.runner.guarded import guard, guard_preamble
from mig.runner.history import APPLIED, RUNNING
from mig.runner.plan import Direction
from mig.runner.run_extras import record_of
from mig.sqltext.variables import find_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.model import Statement
    from mig.runner.execute import Executor
    from mig.runner.extras import Extras, ExtraStep
    from mig.runner.plan import Plan, Step
    from mig.runner.work import Work

_DELIMITERS = ("//", "$$", ";;", "@@", "~~", "^^")


def render_script(plan: Plan, executor: Executor, *, idempotent: bool = False) -> str:
    """The whole script; empty plans give the comment and nothing else.

    Args:
        plan: the steps with their work.
        executor: knows the dialect and what the history records.
        idempotent: each step does nothing where the history says that it was run.

    Raises:
        RunnerError: a Python migration asks the database something, a secret would be in the script, or
            the server has no way to leave statements out.
    """
    _refuse_secrets(plan)
    dialect = executor.dialect
    lines = [f"-- mig: {len(plan.steps)} migrations for {dialect.name}; run with: {dialect.script.run_with}"]
    extras, phase = plan.extras, ""
    if plan.steps and idempotent:
        lines.append(guard_preamble(executor))
    if plan.steps or extras.repeatables:
        lines.append(executor.history.sql.create())
    for step in plan.steps:
        lines.extend(_enter(extras, phase, step.direction.value, executor))
        phase = step.direction.value
        lines.extend(_callback(extras, "before_each", executor))
        lines.append(_opening(step, executor))
        body = "\n".join(_step(step, executor))
        lines.append(guard(step, body, executor) if idempotent else body)
        lines.extend(_callback(extras, "after_each", executor))
    if extras.repeatables:
        lines.extend(_enter(extras, phase, "up", executor))
        phase = "up"
        lines.append(executor.repeatables.create())
        lines.extend("\n".join(_extra(step, executor)) for step in extras.repeatables)
    lines.extend(_enter(extras, phase, "", executor))
    return "\n".join(lines).rstrip("\n") + "\n"


def _refuse_secrets(plan: Plan) -> None:
    """See that no secret has to be written; plans for scripts are made with names in their place."""
    extras = plan.extras
    held = [(step.path or step.id, step.work) for step in plan.steps]
    held += [(step.path, step.work) for step in (*extras.repeatables, *extras.callbacks.values())]
    for place, work in held:
        for statement in work.statements if work else ():
            if name := find_secret(statement.text):
                line = f":{statement.line}" if statement.line else ""
                raise RunnerError(
                    f"{place}{line}: the script would hold {name}, which is a secret, as it is from env:",
                    hint="run it with mig up, which prints no secret",
                )


def _enter(extras: Extras, phase: str, entered: str, executor: Executor) -> Iterator[str]:
    """What runs between reverting and applying, before the first of them and after the last."""
    if phase == entered:
        return
    if phase:
        yield from _callback(extras, f"after_{phase}", executor)
    if entered:
        yield from _callback(extras, f"before_{entered}", executor)
    if entered == "down" and executor.repeatables.exists():
        yield executor.repeatables.expire()


def _callback(extras: Extras, moment: str, executor: Executor) -> Iterator[str]:
    if moment in extras.callbacks:
        yield "\n".join(_extra(extras.callbacks[moment], executor))


def _extra(step: ExtraStep, executor: Executor) -> Iterator[str]:
    """A repeatable or a callback, in a transaction where that is possible."""
    is_repeatable = step.extra.role == REPEATABLE
    yield f"-- {'repeat' if is_repeatable else 'callback'} {step.name}"
    if executor.dialect.script.reset:
        yield executor.dialect.script.reset
    is_whole = executor.is_atomic(step.work)
    if is_whole:
        yield f"{executor.dialect.begin};"
    yield from _terminated(step.work.statements, executor)
    if is_repeatable:
        yield executor.repeatables.write(record_of(step, executor, duration_ms=0)).rstrip()
    yield "COMMIT;\n" if is_whole else ""


def _opening(step: Step, executor: Executor) -> str:
    doing = "apply" if step.direction is Direction.UP else "revert"
    title = f"-- {doing} {step.id} {_one_line(step.description)}".rstrip()
    return "\n".join(filter(None, (title, executor.dialect.script.reset)))


def _step(step: Step, executor: Executor) -> Iterator[str]:
    work = step.work
    if work is None:
        return
    if executor.is_atomic(work):
        yield f"{executor.dialect.begin};"
        yield from _statements(step, work, executor)
        yield from _end(step, work, executor)
        yield "COMMIT;\n"
    else:
        yield from _journalled(step, work, executor)


def _end(step: Step, work: Work, executor: Executor) -> Iterator[str]:
    sql, origin = executor.history.sql, executor.origin
    if step.direction is Direction.DOWN:
        yield sql.revert(origin.lineage, step.id, origin.by).rstrip()
    else:
        yield sql.insert(executor.record(step, work, applied_at="", duration_ms=0)).rstrip()


def _journalled(step: Step, work: Work, executor: Executor) -> Iterator[str]:
    sql, lineage = executor.history.sql, executor.origin.lineage
    if step.direction is Direction.UP:
        yield sql.insert(executor.record(step, work, applied_at="", state=RUNNING)).rstrip()
    else:
        yield sql.update(lineage, step.id, state=RUNNING, statement=0).rstrip()
    for index, text in enumerate(_statements(step, work, executor), 1):
        joins = not work.is_python and executor.joins_journal(work.statements[index - 1])
        yield (
            f"{executor.dialect.begin};" if joins else sql.update(lineage, step.id, statement=-index).rstrip()
        )
        yield text
        yield sql.update(lineage, step.id, statement=index).rstrip()
        if joins:
            yield "COMMIT;"
    if step.direction is Direction.DOWN:
        yield sql.update(lineage, step.id, state=APPLIED).rstrip()
        yield sql.revert(lineage, step.id, executor.origin.by)
    else:
        yield sql.update(lineage, step.id, state=APPLIED, duration_ms=0)


def _statements(step: Step, work: Work, executor: Executor) -> Iterator[str]:
    if work.is_python:
        from mig.runner.python import render_sql

        yield render_sql(executor.dialect.name, work.text, step.path, step).strip("\n")
        return
    yield from _terminated(work.statements, executor)


def _terminated(statements: Iterable[Statement], executor: Executor) -> Iterator[str]:
    delimiters = executor.dialect.script.delimiters
    yield from (_ended(statement.text, delimiters=delimiters) for statement in statements)


def _ended(text: str, *, delimiters: bool) -> str:
    if delimiters and ";" in text:
        sign = next((sign for sign in _DELIMITERS if sign not in text), "/*mig*/")
        return f"DELIMITER {sign}\n{text}\n{sign}\nDELIMITER ;"
    # A comment to the end of the line would hide a semicolon behind it.
    last = text.rpartition("\n")[2]
    return text + ("\n;" if "--" in last or (delimiters and "#" in last) else ";")


def _one_line(text: str) -> str:
    return " ".join(text.split())
