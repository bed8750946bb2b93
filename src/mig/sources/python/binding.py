"""Binds what stands on the left of an assignment."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mig.sources.python import calls
from mig.sources.python.evaluate import evaluate
from mig.sources.python.values import (
    Call,
    Class,
    Instance,
    Items,
    Names,
    Rows,
    Scope,
    Unknown,
    is_plain,
)

if TYPE_CHECKING:
    from mig.sources.python.machine import Machine


def assign(target: ast.expr, value: object, scope: Scope, machine: Machine) -> None:
    """Bind what stands on the left of an assignment."""
    match target:
        case ast.Name(id=name):
            owner = scope.shared.get(name)
            if owner is None:
                scope.names[name] = value
            else:
                owner.names[name] = machine.merge(owner.names.get(name), value) if machine.doubt else value
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            _unpack(targets, value, scope, machine)
        case ast.Starred(value=inner):
            assign(inner, value, scope, machine)
        case ast.Attribute(value=owner, attr=name):
            _assign_attribute(evaluate(owner, scope, machine), name, value, target, machine)
        case ast.Subscript(value=owner, slice=key):
            _assign_item(evaluate(owner, scope, machine), evaluate(key, scope, machine), value, machine)
        case _:
            return


def _unpack(targets: list[ast.expr], value: object, scope: Scope, machine: Machine) -> None:
    items, certain = machine.iterate(value)
    starred = [at for at, t in enumerate(targets) if isinstance(t, ast.Starred)]
    if certain and not starred and len(items) == len(targets):
        for target, element in zip(targets, items, strict=True):
            assign(target, element, scope, machine)
        return
    if certain and len(starred) == 1 and len(items) >= len(targets) - 1:
        first, after = starred[0], len(targets) - starred[0] - 1
        middle = machine.new_items(items[first : len(items) - after])
        parts = [*items[:first], middle, *(items[len(items) - after :] if after else [])]
        for target, element in zip(targets, parts, strict=True):
            assign(target, element, scope, machine)
        return
    rows = isinstance(value, Rows)
    for target in targets:
        assign(
            target, value if rows else Unknown("a part of a value", is_plain=is_plain(value)), scope, machine
        )


def _assign_attribute(owner: object, name: str, value: object, node: ast.expr, machine: Machine) -> None:
    match owner:
        case Instance(names=names) | Class(names=names):
            names[name] = machine.merge(names.get(name), value) if machine.doubt else value
        case Rows():
            machine.at(node)
            calls.write_through(owner, name, value, machine)
        case Call() if name != "bind":
            machine.at(node)
            machine.opaque(f"the {name} of something is changed after it was made")
        case _:
            return


def _assign_item(owner: object, key: object, value: object, machine: Machine) -> None:
    if isinstance(owner, Names):
        machine.put(owner, key, value)
    elif isinstance(owner, Items):
        owner.is_doubtful = True
        owner.append(value)
