"""Reads what an Alembic migration does, as the statements that call its operations."""

from __future__ import annotations

import ast

from mig.errors import SourceError
from mig.model import Script, Statement
from mig.sources.alembic_header import find_function, is_reversible
from mig.sources.base import Problem
from mig.sources.pysyntax import Module, constants, line_starts, parse, span

_MAX_STATEMENT = 200


def read_script(path: str, data: bytes) -> Script:
    """The operations of both directions, and the file's text.

    Raises:
        SourceError: the file does not parse.
    """
    module = parse(data)
    if isinstance(module, Problem):
        raise SourceError(f"{path}: {module.message}", hint=f"mig explain {module.code}")
    operations = _operation_names(module.tree)
    down = _statements(module, "downgrade", operations)
    return Script(
        language="python",
        up=_statements(module, "upgrade", operations),
        down=down if is_reversible(module.tree, constants(module.tree)) else None,
        text=module.text,
    )


def _operation_names(tree: ast.Module) -> frozenset[str]:
    """The names under which the file knows Alembic's operations; ``op`` always counts."""
    imported = (
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "alembic"
        for alias in node.names
        if alias.name == "op"
    )
    return frozenset(("op", *imported))


def _statements(module: Module, name: str, operations: frozenset[str]) -> tuple[Statement, ...]:
    function = find_function(module.tree, name)
    if function is None:
        return ()
    starts = line_starts(module.text)
    return tuple(
        Statement(
            text=_shortened(module.text[slice(*span(statement, module.text, starts))]), line=statement.lineno
        )
        for statement in function.body
        if any(_is_operation(node, operations) for node in ast.walk(statement))
    )


def _is_operation(node: ast.AST, operations: frozenset[str]) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=name)):
            return name in operations
        case _:
            return False


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_STATEMENT else f"{line[: _MAX_STATEMENT - 3]}..."
