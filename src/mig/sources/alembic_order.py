"""Reads the orders that an Alembic migration declares in comments: ``# mig:order FIRST SECOND``."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mig.sources.base import Problem
from mig.sources.native_directives import find_directives

if TYPE_CHECKING:
    from mig.sources.pysyntax import Module

_ORDER = re.compile(r"^#[ \t]*mig:(order)\b[ \t]*([^\r\n]*)", re.MULTILINE)
_MAX_ORDERS = 1000

Row = tuple[str, str, int]


def find_orders(module: Module) -> tuple[tuple[Row, ...], tuple[Problem, ...]]:
    """The declarations as directives, and what is wrong with the form of others.

    A comment counts at the beginning of a line only, and not inside a text.
    """
    if "mig:order" not in module.text:
        return (), ()
    inside = _lines_in_texts(module.tree)
    orders: list[Row] = []
    problems: list[Problem] = []
    for _, directive in find_directives(module.text, _ORDER):
        if directive.line in inside:
            continue
        ids = directive.value.split()
        if len(ids) == 2 and ids[0] != ids[1]:
            orders.append(("order", " ".join(ids), directive.line))
        else:
            problems.append(
                Problem("MIG003", "mig:order must be written: order FIRST_ID SECOND_ID", directive.line)
            )
    return tuple(orders[:_MAX_ORDERS]), tuple(problems[:_MAX_ORDERS])


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
