"""Reads what a Django migration does, as the operations that stand in its list."""

from __future__ import annotations

import ast

from mig.errors import SourceError
from mig.model import Script, Statement
from mig.sources.base import Problem
from mig.sources.django.header import find_class
from mig.sources.pysyntax import line_starts, parse, span

_MAX_STATEMENT = 200


def read_script(path: str, data: bytes) -> Script:
    """The operations, and the file's text.  How each is reverted Django itself works out.

    Raises:
        SourceError: the file does not parse.
    """
    module = parse(data)
    if isinstance(module, Problem):
        raise SourceError(f"{path}: {module.message}", hint=f"mig explain {module.code}")
    starts = line_starts(module.text)
    operations = tuple(
        Statement(text=_shortened(module.text[slice(*span(node, module.text, starts))]), line=node.lineno)
        for node in find_operations(module.tree)
    )
    return Script(language="python", up=operations, down=(), text=module.text)


def find_operations(tree: ast.Module) -> list[ast.expr]:
    """The expressions in the list ``operations``; one that is no list stands for itself."""
    found = find_class(tree)
    values: list[ast.expr] = []
    for node in found.body if found else ():
        match node:
            case ast.Assign(targets=[ast.Name(id="operations")], value=value):
                values = _items(value)
            case ast.AnnAssign(target=ast.Name(id="operations"), value=ast.expr() as value):
                values = _items(value)
            case ast.AugAssign(target=ast.Name(id="operations"), value=value):
                values = [*values, *_items(value)]
            case _:
                continue
    return values


def _items(value: ast.expr) -> list[ast.expr]:
    match value:
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return list(items)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [*_items(left), *_items(right)]
        case _:
            return [value]


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_STATEMENT else f"{line[: _MAX_STATEMENT - 3]}..."
