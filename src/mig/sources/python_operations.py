"""Reads the operations of a Python migration from its syntax tree, without running anything of it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mig.effects.footprint import Operation, unread_file
from mig.sources.base import Problem
from mig.sources.pysyntax import parse
from mig.sources.python.machine import Machine
from mig.sources.python.values import Function, Ref, TooMuchError, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.sources.pysyntax import Module
    from mig.sources.python.loaded import LoadedModules
    from mig.sources.python_modules import Surroundings

OP = Ref("alembic.op")


def read_operations(
    module: Module,
    function: str,
    dialect: str,
    find_module: Callable[[str], Module | None] | None = None,
    harmless: frozenset[str] = frozenset(),
    loaded: LoadedModules | None = None,
) -> tuple[Operation, ...]:
    """What ``upgrade`` of an Alembic migration, or ``up`` of a native one, does to the database.

    Each operation has the line of the call that makes it.  What depends on more than the file says
    is an opaque operation.  ``find_module`` gives the project's own modules by their dotted names;
    without it, what they do is not known.  ``harmless`` are dotted names (``tester``, ``app.log``) of
    which the project says that calls of them, or of anything below them, touch no database.
    ``loaded`` is kept by who reads several migrations: what ``find_module`` gave is then read once.
    """
    machine = Machine(module, dialect, find_module, loaded)
    machine.harmless = harmless
    try:
        scope = machine.read_module(module)
        found = scope.names.get(function)
        if isinstance(found, Function) and isinstance(found.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            machine.invoke(found, _arguments(found.node, function), {})
    except (TooMuchError, RecursionError):
        _give_up(machine)
    machine.leave()
    return tuple(machine.recorder.operations)


def read_file(
    data: bytes, function: str, dialect: str, around: Surroundings | None = None
) -> tuple[Operation, ...]:
    """The operations of a file's function; one opaque operation where the file does not parse."""
    module = parse(data)
    if isinstance(module, Problem):
        return (unread_file(module.message),)
    if around is None:
        return read_operations(module, function, dialect)
    loaded = around.modules.loaded
    return read_operations(module, function, dialect, around.find_module, around.harmless, loaded)


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef, function: str) -> tuple[object, ...]:
    """``op`` comes first in a native migration; environments may hand over more than Alembic does."""
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    given: list[object] = []
    for at, name in enumerate(names[: len(names) - len(node.args.defaults)]):
        is_op = name == "op" or (at == 0 and function == "up")
        given.append(OP if is_op else Unknown(f"the parameter {name}"))
    return tuple(given)


def _give_up(machine: Machine) -> None:
    recorder = machine.recorder
    recorder.is_muted = False
    recorder.operations.append(
        Operation(
            kind="python",
            text=recorder.text,
            line=recorder.line,
            column=recorder.column,
            opaque="more than can be followed from here on; a replay tells",
        )
    )
