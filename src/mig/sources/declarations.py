"""What files of other tools declare to mig in comments: orders, what commutes, what is to be ignored."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mig.sources.base import Problem
from mig.sources.native_directives import ACCESSES, find_directives

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mig.model import Directive
    from mig.sources.pysyntax import Module

_SQL = re.compile(r"^[ \t]*--[ \t]*mig:([\w-]+)[ \t]*([^\r\n]*)", re.MULTILINE)
_PYTHON = re.compile(r"^[ \t]*#[ \t]*mig:([\w-]+)[ \t]*([^\r\n]*)", re.MULTILINE)
_REASON = r'[ \t]+"[^"\n]+"'
_FORMS = {
    "commutes-with": (re.compile(rf"\S+{_REASON}"), 'commutes-with ID "REASON"'),
    "ignore": (re.compile(rf"MIG\d{{3}}{_REASON}"), 'ignore MIG3xx "REASON"'),
    "touches": (
        re.compile(rf"[a-z]+:\S+[ \t]+(?:{ACCESSES})"),
        "touches KIND:NAME ACCESS, as in table:users write",
    ),
    "order": (re.compile(r"(\S+)[ \t]+(?!\1\Z)\S+"), "order FIRST_ID SECOND_ID"),
}
MEANING = frozenset({"commutes-with", "ignore", "touches"})
"""What every source understands; that of an order needs a tool that keeps to it."""
_MOST = 1000

Row = tuple[str, str, int]
Declared = tuple[tuple[Row, ...], tuple[Problem, ...]]


def find_in_sql(text: str, names: Collection[str]) -> Declared:
    """The declarations of an SQL file as directives, and what is wrong with the form of others.

    Args:
        text: the file's.
        names: the directives that its source understands; others are comments of somebody else's.
    """
    if "mig:" not in text:
        return (), ()
    return _judged((found for _, found in find_directives(text, _SQL)), names)


def find_in_python(module: Module, names: Collection[str]) -> Declared:
    """The same of a Python file; a comment counts on a line of its own only, and not inside a text."""
    if "mig:" not in module.text:
        return (), ()
    inside = _lines_in_texts(module.tree)
    comments = (found for _, found in find_directives(module.text, _PYTHON) if found.line not in inside)
    return _judged(comments, names)


def _judged(found: Iterator[Directive], names: Collection[str]) -> Declared:
    rows: list[Row] = []
    problems: list[Problem] = []
    for directive in found:
        if directive.name not in names:
            continue
        pattern, form = _FORMS[directive.name]
        if pattern.fullmatch(directive.value):
            rows.append((directive.name, " ".join(directive.value.split()), directive.line))
        else:
            message = f"mig:{directive.name} must be written: {form}"
            problems.append(Problem("MIG003", message, directive.line))
    return tuple(rows[:_MOST]), tuple(problems[:_MOST])


def _lines_in_texts(tree: ast.Module) -> frozenset[int]:
    """The lines that begin inside a text of several lines."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() | bytes()) | ast.JoinedStr():
                lines.update(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
            case _:
                pass
    return frozenset(lines)
