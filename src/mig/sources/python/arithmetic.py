"""Adds, joins and formats values that are partly known."""

# ruff: noqa: PLR0911 - one branch for each kind of value reads best in one place

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mig.sources.python.quoting import HOLE, NUMBER_HOLE
from mig.sources.python.tables import find_table, is_symbolic
from mig.sources.python.values import (
    Binary,
    Call,
    DialectName,
    Group,
    Listed,
    Ref,
    Unknown,
    data,
    is_plain,
)

if TYPE_CHECKING:
    from mig.sources.python.machine import Machine

LARGEST = 2**64
_LONGEST = 1_000_000
_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.BitAnd: "AND",
    ast.BitOr: "OR",
    ast.FloorDiv: "/",
}


def text_of(value: object) -> str:
    """What a value looks like in text; marks stand for what is not known."""
    match value:
        case str():
            return value
        case None | bool() | int() | float():
            return str(value)
        case Unknown(is_number=True):
            return NUMBER_HOLE
        case DialectName(names=names):
            return names[0]
        case Call() if (table := find_table(value)) is not None:
            return f"{table.schema}.{table.name}" if table.schema else table.name
        case Call(func=Ref(path=path), args=(str(text), *_)) if path.startswith("sqlalchemy"):
            return text
        case _:
            return HOLE


def combine(left: object, operator: ast.operator, right: object, machine: Machine) -> object:
    """``left + right`` and its like."""
    machine.spend()
    sign = _SIGNS.get(type(operator), "+")
    if is_symbolic(left) or is_symbolic(right):
        return Binary(sign, left, right)
    if isinstance(left, str) and sign == "%":
        return _percent(left, right)
    if isinstance(left, str) and sign == "+":
        added = text_of(right)
        machine.spend((len(left) + len(added)) // 200)
        return left + added
    if isinstance(right, str) and isinstance(left, Unknown) and sign == "+":
        return text_of(left) + right
    if isinstance(left, (Unknown, DialectName, Listed)) or isinstance(right, (Unknown, DialectName, Listed)):
        both = all(isinstance(v, (int, float)) or getattr(v, "is_number", False) for v in (left, right))
        return Unknown("a computed value", is_plain=is_plain(left) and is_plain(right), is_number=both)
    return _arithmetic(left, sign, right, machine)


_WIDE = re.compile(r"%[^A-Za-z%]*(\d{4}|\*)")


def _percent(text: str, values: object) -> object:
    if _WIDE.search(text) or len(text) > 100_000:
        return HOLE
    given = values if isinstance(values, (tuple, dict)) else (values,)
    shown: object
    if isinstance(given, dict):
        shown = {k: text_of(v) for k, v in given.items()}
    else:
        shown = tuple(text_of(v) for v in given)
    try:
        return text.replace("%d", "%s").replace("%i", "%s").replace("%r", "%s") % shown
    except (TypeError, ValueError, KeyError):
        return HOLE


def _arithmetic(left: object, sign: str, right: object, machine: Machine) -> object:
    if isinstance(left, list) and isinstance(right, (list, tuple)) and sign == "+":
        made = machine.new_items([*left, *right])
        made.is_doubtful = any(getattr(v, "is_doubtful", False) for v in (left, right))
        return made
    if isinstance(left, tuple) and isinstance(right, tuple) and sign == "+":
        return (*left, *right)
    if isinstance(left, Group) and isinstance(right, list) and sign == "-":
        return machine.new_items([v for v in left if v not in right], Group)
    if isinstance(left, dict) and isinstance(right, dict) and sign == "OR":
        made_names = machine.new_names()
        made_names.update({**left, **right})
        return made_names
    if isinstance(left, (str, list, tuple)) and isinstance(right, int) and sign == "*":
        machine.spend(len(left) * max(right, 0) // 100)
        if len(left) * right > _LONGEST:
            return data("a very long value")
        return machine.new_items(list(left) * right) if isinstance(left, list) else left * right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return _number(left, sign, right)
    return Unknown("a computed value", is_plain=is_plain(left) and is_plain(right))


def _number(left: float, sign: str, right: float) -> object:
    try:
        match sign:
            case "+":
                value = left + right
            case "-":
                value = left - right
            case "*":
                value = left * right
            case "/" if isinstance(left, int) and isinstance(right, int):
                value = left // right
            case "%":
                value = left % right
            case _:
                return data("a computed number")
    except (ArithmeticError, ValueError):
        return data("a computed number")
    return value if abs(value) < LARGEST else data("a very large number")
