"""Which names a Python statement binds, and which blocks below it share its scope."""

from __future__ import annotations

import ast
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of a compound statement that belong to the same scope, in the order they run."""
    match statement:
        case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
            return [statement.body, statement.orelse]
        case ast.With() | ast.AsyncWith():
            return [statement.body]
        case ast.Try() | ast.TryStar():
            handlers = [handler.body for handler in statement.handlers]
            return [statement.body, *handlers, statement.orelse, statement.finalbody]
        case ast.Match():
            return [case.body for case in statement.cases]
        case _:
            return []


def plain_assignment(statement: ast.stmt) -> tuple[list[str], ast.expr | None]:
    """The names that ``a = b = value`` or ``a: type = value`` binds, and the value."""
    match statement:
        case ast.Assign(targets=targets, value=node):
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            return (names, node) if len(names) == len(targets) else ([], None)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as node):
            return [name], node
        case _:
            return [], None


def names_bound_otherwise(statement: ast.stmt) -> list[str]:
    """The names that a statement itself binds or unbinds in another way than by plain assignment."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [statement.name]
        case ast.Import() | ast.ImportFrom():
            return [(alias.asname or alias.name).partition(".")[0] for alias in statement.names]
        case ast.Try() | ast.TryStar():
            return [handler.name for handler in statement.handlers if handler.name]
        case _:
            return _stored(_own_expressions(statement))


def _own_expressions(statement: ast.stmt) -> list[ast.AST]:
    """The parts of a statement that could bind a name, without the blocks below it."""
    match statement:
        case ast.Assign(value=value) if plain_assignment(statement)[1]:
            return [] if isinstance(value, ast.Constant) else [value]
        case ast.AnnAssign(target=ast.Name(), value=annotated):
            return [annotated] if annotated else []
        case ast.Match(subject=subject, cases=cases):
            guards = [case.guard for case in cases if case.guard]
            return [subject, *(case.pattern for case in cases), *guards]
        case _:
            return [child for child in ast.iter_child_nodes(statement) if not isinstance(child, ast.stmt)]


def _stored(nodes: Iterable[ast.AST]) -> list[str]:
    names: list[str] = []
    for node in chain.from_iterable(ast.walk(node) for node in nodes):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                names.append(name)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.append(name)
            case ast.MatchMapping(rest=str(name)):
                names.append(name)
            case _:
                continue
    return names
