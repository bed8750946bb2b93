"""Statements that no database takes for SQL; what mig only does not know is none of them."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

from mig.effects.tokens import EMPTY_ITEM, UNCLOSED, UNOPENED, WORD, tokenise

if TYPE_CHECKING:
    from mig.effects.footprint import Operation

_READ = frozenset({"mariadb", "mysql", "postgresql", "sqlite"})
"""Others take what these do not: HSQLDB a comma after the last column."""
_CERTAIN = frozenset({EMPTY_ITEM, UNCLOSED, UNOPENED})
_MEANT = (
    "alter",
    "analyze",
    "comment",
    "create",
    "delete",
    "drop",
    "grant",
    "insert",
    "replace",
    "revoke",
    "select",
    "truncate",
    "update",
)
_NEAR = 0.8  # CREAT, CRAETE, UPDTE; no command of a database mig has heard of is as near to another


class Mistake(NamedTuple):
    """What is wrong, and where: ``line`` in the file, ``column`` in characters from 1."""

    message: str
    line: int
    column: int


def find_mistake(operation: Operation, dialect: str) -> Mistake | None:
    """What is wrong with an operation's SQL for certain.

    Args:
        operation: one that was read from a statement of a SQL file.
        dialect: the SQL dialect that it was read in.
    """
    if not operation.opaque or dialect not in _READ:
        return None
    tokens = tokenise(operation.text, dialect)
    if tokens.problem in _CERTAIN:
        return _at(operation, tokens.problem, tokens.problem_at)
    first = tokens.items[0] if tokens.items else None
    if first is None or first.kind != WORD or operation.opaque != f"statement {first.word}":
        return None
    near = difflib.get_close_matches(first.word, _MEANT, n=1, cutoff=_NEAR)
    message = f"no statement begins with {first.word.upper()}"
    return _at(operation, f"{message}: is it {near[0].upper()}?", first.start) if near else None


def _at(operation: Operation, message: str, offset: int) -> Mistake:
    before = operation.text[:offset].splitlines() or [""]
    if operation.text[:offset].endswith(("\n", "\r")):
        before.append("")
    lines = len(before) - 1
    start = operation.column if lines == 0 else 1
    return Mistake(message=message, line=operation.line + lines, column=start + len(before[-1]))
