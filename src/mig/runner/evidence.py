"""What a database shows of a statement that may or may not have run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.effects.footprint import Access
from mig.effects.sql import read_statement

if TYPE_CHECKING:
    from mig.effects.footprint import Effect
    from mig.model import Statement
    from mig.runner.dialects import Session

_KINDS = frozenset({"table", "view", "column", "index", "trigger", "constraint", "type"})
_MADE_OR_GONE = frozenset({Access.CREATE, Access.DROP})
_ABSOLUTE = frozenset({"type", "null", "default"})
_ALTER_TABLE = re.compile(r"\s*ALTER\s+TABLE\b(?!.*\b(?:USING|PARTITION)\b)", re.IGNORECASE | re.DOTALL)
_PLAIN = re.compile(r"[\w$]+")
_COMMENTS = r"(?:\s+|--[^\n]*(?:\n|\Z)|\#[^\n]*(?:\n|\Z)|/\*(?!M?!).*?\*/)*"
_BEGINS = re.compile(_COMMENTS + r"(?:BEGIN|START\s+TRANSACTION)\b", re.IGNORECASE | re.DOTALL)
_SETS = re.compile(
    _COMMENTS + r"(?:SET(?!\s+(?:GLOBAL|PERSIST|PASSWORD|@@GLOBAL))|RESET|USE|PRAGMA|ATTACH)\b",
    re.IGNORECASE | re.DOTALL,
)
_SETS_NOTHING_TWICE = re.compile(
    _COMMENTS + r"SET\s+@\w+\s*:?=\s*(?!'[^']*'\s*\Z|[\w.+-]+\s*\Z)", re.IGNORECASE
)
_GONE = re.compile(
    _COMMENTS
    + r"(?:CREATE\s+(?:OR\s+REPLACE\s+)?(?:GLOBAL\s+|LOCAL\s+)?TEMP(?:ORARY)?|PREPARE|LOCK\s+TABLES?"
    r"|DECLARE|SELECT\b.*\bINTO\s+@)\b|.*@\w+\s*:=",
    re.IGNORECASE | re.DOTALL,
)
_HARMLESS = re.compile(
    _COMMENTS + r"(?:VACUUM|ANALYZE|REINDEX|OPTIMIZE|CHECK\s+TABLE|CHECKPOINT)\b", re.IGNORECASE | re.DOTALL
)
_CREATE_OR_DROP = re.compile(_COMMENTS + r"(?:CREATE|DROP)\b", re.IGNORECASE | re.DOTALL)
_CONCURRENTLY = re.compile(r"\bCREATE\b.*\bINDEX\s+CONCURRENTLY\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Whether a statement has run: True, False, or None where that cannot be told.

    ``why`` says what the database shows.  ``again`` says that running it once more does no harm, and
    ``cleanup`` is a statement that has to run before it does.
    """

    ran: bool | None
    why: str = ""
    again: bool = False
    cleanup: str = ""

    @property
    def may_run(self) -> bool:
        """Whether to run the statement is surely right."""
        return self.ran is False or self.again


def find_evidence(statement: Statement, session: Session, dialect: str) -> Evidence:
    """What can be told of a statement that was begun and may have been cut off; changes nothing.

    What it makes or takes away is looked for.  That proves something because a statement which makes
    what is there already is refused, and because the server runs it wholly or not at all.
    """
    text = statement.text
    if _BEGINS.match(text):
        return Evidence(ran=False, why="its transaction was never committed")
    if _SETS.match(text) or _HARMLESS.match(text):
        return Evidence(ran=None, again=True, why="it does no harm to run it again")
    operation = read_statement(statement, dialect)
    everything = operation.effects
    effects = [e for e in everything if e.access in _MADE_OR_GONE and not e.implicit]
    if _CONCURRENTLY.search(text) and (found := _find_leftover(effects, session)):
        return found
    is_guarded = effects and all(e.aspect == "if" for e in effects) and _CREATE_OR_DROP.match(text)
    if not operation.opaque and (
        is_guarded or (_ALTER_TABLE.match(text) and all(map(_is_absolute, everything)))
    ):
        return Evidence(ran=None, again=True, why="it does no harm to run it again")
    return _look(_telling(effects), session)


def is_of_session(statement: Statement) -> bool:
    """Whether a statement only sets something for its session, and may be repeated in a new one."""
    return bool(_SETS.match(statement.text)) and not _SETS_NOTHING_TWICE.match(statement.text)


def is_gone_with_session(statement: Statement) -> bool:
    """Whether a statement leaves something in its session that a new one cannot get back."""
    return bool(_GONE.match(statement.text) or _SETS_NOTHING_TWICE.match(statement.text))


def _is_absolute(effect: Effect) -> bool:
    """Whether an effect of ALTER TABLE says how a column is to be, whatever it was before."""
    match effect.access:
        case Access.NEED | Access.READ:
            return True
        case Access.ALTER:
            is_type = effect.resource.startswith("shape:") and effect.detail.startswith("type ")
            return is_type or (effect.resource.startswith("column:") and effect.aspect in _ABSOLUTE)
        case Access.WRITE:
            return effect.aspect == "convert"
        case _:
            return False


def _telling(effects: list[Effect]) -> list[Effect]:
    """Without what is left to chance, and what is both made and taken away."""
    made = {e.resource for e in effects if e.access is Access.CREATE}
    gone = {e.resource for e in effects if e.access is Access.DROP}
    both = made & gone
    known = [e for e in effects if e.resource.partition(":")[0] in _KINDS]
    return [e for e in known if e.aspect != "if" and e.resource not in both]


def _look(effects: list[Effect], session: Session) -> Evidence:
    answers: dict[bool, str] = {}
    for effect in effects:
        kind, name = _name_of(effect)
        there = session.has(kind, name) if name else None
        if there is None:
            continue
        ran = there is (effect.access is Access.CREATE)
        answers.setdefault(ran, f"{_said(effect)} is {'' if there else 'not '}there")
    if len(answers) != 1:
        return Evidence(ran=None, why=" and ".join(answers[key] for key in sorted(answers)))
    ran, why = next(iter(answers.items()))
    return Evidence(ran=ran, why=why)


def _find_leftover(effects: list[Effect], session: Session) -> Evidence | None:
    for effect in effects:
        kind, name = _name_of(effect)
        if kind == "index" and name and (cleanup := session.leftover(name)):
            why = f"{_said(effect)} is there and invalid, as a CREATE INDEX CONCURRENTLY that fails leaves it"
            return Evidence(ran=False, why=why, cleanup=cleanup)
    return None


def _name_of(effect: Effect) -> tuple[str, tuple[str, ...]]:
    """Kind and parts of the name; no parts where a quoted name holds a dot or the like."""
    kind, _, name = effect.resource.partition(":")
    parts = tuple(name.split("."))
    return kind, parts if all(map(_PLAIN.fullmatch, parts)) else ()


def _said(effect: Effect) -> str:
    kind, _, name = effect.resource.partition(":")
    return f"{kind} {name}"
