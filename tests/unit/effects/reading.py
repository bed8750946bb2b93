"""Writes the effects of SQL one a line, so that tests can say what they expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects.sql import read_sql

if TYPE_CHECKING:
    from mig.effects.footprint import Effect, Operation

_QUIET = ("need relation:", "need table:", "need schema:")


def read_only_operation(sql: str, dialect: str) -> Operation:
    (operation,) = read_sql(sql, dialect)
    return operation


def read_lines(sql: str, dialect: str) -> list[str]:
    """The effects of one readable statement, without the needs that every statement on a table has."""
    operation = read_only_operation(sql, dialect)
    assert not operation.opaque, operation.opaque
    lines = {write_line(e) for e in operation.effects if e.implicit != "row type"}
    return sorted(line for line in lines if not line.startswith(_QUIET) or line.endswith(" view"))


def write_line(effect: Effect) -> str:
    words = [effect.access.value, effect.resource, effect.aspect]
    if effect.detail == "candidate":
        words.append("?")
    if effect.renamed_to:
        words.append(f"to {effect.renamed_to}")
    if effect.renamed_from:
        words.append(f"from {effect.renamed_from}")
    return " ".join(word for word in words if word)


def lines_of(text: str) -> list[str]:
    return sorted(line.strip() for line in text.strip().splitlines())
