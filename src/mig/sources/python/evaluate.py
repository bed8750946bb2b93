"""Evaluates the expressions of a migration as far as literals, loops and helpers tell their values."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from mig.sources.python.arithmetic import LARGEST, combine, text_of
from mig.sources.python.attributes import attribute, item
from mig.sources.python.compare import compare
from mig.sources.python.quoting import HOLE, is_known
from mig.sources.python.tables import is_symbolic
from mig.sources.python.values import (
    MISSING,
    Call,
    Function,
    Group,
    Items,
    Listed,
    Listing,
    Ref,
    Scope,
    Unknown,
    data,
    is_plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.sources.python.machine import Machine

_BUILTINS = frozenset(dir(builtins))


def evaluate(node: ast.expr, scope: Scope, machine: Machine) -> object:
    """The value of an expression, or what stands for it."""
    machine.spend()
    machine.descend()
    try:
        reader = _READERS.get(type(node))
        if reader is not None:
            return reader(node, scope, machine)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                evaluate(child, scope, machine)
        return data("an expression of an unusual kind")
    finally:
        machine.ascend()


def _constant(node: ast.Constant, _scope: Scope, _machine: Machine) -> object:
    value = node.value
    if isinstance(value, int) and abs(value) >= LARGEST:
        return data("a very large number")
    return data("an ellipsis") if value is ... or isinstance(value, complex) else value


def _name(node: ast.Name, scope: Scope, machine: Machine) -> object:
    value = scope.find(node.id)
    if value is not MISSING:
        return machine.resolve(value)
    if node.id == "__name__":
        return data("the name of the module")
    if node.id in _BUILTINS:
        return Ref(f"builtins.{node.id}")
    star = scope.find("*")
    if isinstance(star, Ref):
        return machine.resolve(Ref(f"{star.path}.{node.id}"))
    return Unknown(f"the name {node.id} is bound nowhere in the file")


def _attribute(node: ast.Attribute, scope: Scope, machine: Machine) -> object:
    base = evaluate(node.value, scope, machine)
    return machine.resolve(attribute(base, node.attr, machine))


def _subscript(node: ast.Subscript, scope: Scope, machine: Machine) -> object:
    base = evaluate(node.value, scope, machine)
    if isinstance(node.slice, ast.Slice):
        bounds = [
            evaluate(b, scope, machine) if b is not None else None
            for b in (node.slice.lower, node.slice.upper, node.slice.step)
        ]
        return item(base, slice(*bounds), machine)
    return item(base, evaluate(node.slice, scope, machine), machine)


def _sequence(node: ast.Tuple | ast.List | ast.Set, scope: Scope, machine: Machine) -> object:
    found: list[object] = []
    certain = True
    for element in node.elts:
        if isinstance(element, ast.Starred):
            inner, known = machine.iterate(evaluate(element.value, scope, machine))
            found += inner
            certain = certain and known
        else:
            found.append(evaluate(element, scope, machine))
    made = machine.new_items(found, Group if isinstance(node, ast.Set) else Items)
    made.is_doubtful = not certain
    return tuple(made) if isinstance(node, ast.Tuple) and certain else made


def _dict(node: ast.Dict, scope: Scope, machine: Machine) -> object:
    made = machine.new_names()
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = evaluate(value_node, scope, machine)
        if key_node is None:
            if isinstance(value, dict):
                made.update(value)
            else:
                machine.put(made, data("a key"), data("an element"))
            continue
        machine.put(made, evaluate(key_node, scope, machine), value)
    return made


def _joined(node: ast.JoinedStr, scope: Scope, machine: Machine) -> object:
    text = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            value = evaluate(part.value, scope, machine)
            written = text_of(value)
            if (part.format_spec is not None or part.conversion == ord("r")) and is_known(written):
                written = (
                    repr(value) if part.conversion == ord("r") and isinstance(value, (str, int)) else HOLE
                )
            text += written
        else:
            value = evaluate(part, scope, machine)
            text += value if isinstance(value, str) else HOLE
        machine.spend(len(text) // 200)
    return text


def _binary(node: ast.BinOp, scope: Scope, machine: Machine) -> object:
    # A long sum nests to the left, deeper than calls may.
    operations: list[ast.BinOp] = []
    first: ast.expr = node
    while isinstance(first, ast.BinOp):
        operations.append(first)
        first = first.left
        machine.spend()
    value = evaluate(first, scope, machine)
    for operation in reversed(operations):
        value = combine(value, operation.op, evaluate(operation.right, scope, machine), machine)
    return value


def _unary(node: ast.UnaryOp, scope: Scope, machine: Machine) -> object:
    value = evaluate(node.operand, scope, machine)
    if isinstance(node.op, ast.Not):
        return negate(value, machine)
    if isinstance(value, (int, float)) and isinstance(node.op, ast.USub):
        return -value
    if is_symbolic(value):
        return Call(Ref("sqlalchemy.not_"), (value,), {})
    return value if isinstance(node.op, ast.UAdd) else Unknown("a computed value", is_plain=is_plain(value))


def negate(value: object, machine: Machine) -> object:
    known = machine.truth(value)
    if known is not None:
        return not known
    if isinstance(value, Unknown) and value.exists:
        return Unknown(value.why, is_plain=True, exists=value.exists, is_negated=not value.is_negated)
    return data("a condition")


def _bool(node: ast.BoolOp, scope: Scope, machine: Machine) -> object:
    stops_at = isinstance(node.op, ast.Or)
    value: object = None
    unknown: object = None
    for operand in node.values:
        with machine.doubting(when=unknown is not None):
            value = evaluate(operand, scope, machine)
        known = machine.truth(value)
        if known is stops_at:
            return value if unknown is None or not stops_at else data("a condition")
        if known is None:
            unknown = value
    if unknown is None:
        return value
    return (
        unknown
        if len(node.values) == 1
        else Unknown("a condition", is_plain=is_plain(value) and is_plain(unknown))
    )


def _compare(node: ast.Compare, scope: Scope, machine: Machine) -> object:
    left = evaluate(node.left, scope, machine)
    result: object = True
    for operator, right_node in zip(node.ops, node.comparators, strict=True):
        right = evaluate(right_node, scope, machine)
        result = compare(left, operator, right, machine)
        if machine.truth(result) is False:
            return False
        left = right
    return result if len(node.ops) == 1 or machine.truth(result) is not None else data("a condition")


def _conditional(node: ast.IfExp, scope: Scope, machine: Machine) -> object:
    known = machine.truth(evaluate(node.test, scope, machine))
    if known is not None:
        return evaluate(node.body if known else node.orelse, scope, machine)
    with machine.doubting():
        first, second = evaluate(node.body, scope, machine), evaluate(node.orelse, scope, machine)
    return machine.merge(first, second)


def _call(node: ast.Call, scope: Scope, machine: Machine) -> object:
    func = evaluate(node.func, scope, machine)
    args: list[object] = []
    kwargs: dict[str, object] = {}
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            inner, certain = machine.iterate(evaluate(argument.value, scope, machine))
            args += inner
            if not certain:
                kwargs["*"] = Unknown("some of the arguments")
        else:
            args.append(evaluate(argument, scope, machine))
    for keyword in node.keywords:
        value = evaluate(keyword.value, scope, machine)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
        elif isinstance(value, dict) and all(isinstance(k, str) for k in value):
            kwargs.update({str(k): v for k, v in value.items()})
        else:
            kwargs["**"] = Unknown("some of the arguments")
    return machine.call(func, tuple(args), kwargs, node)


def _lambda(node: ast.Lambda, scope: Scope, _machine: Machine) -> object:
    return Function(node, scope)


def _walrus(node: ast.NamedExpr, scope: Scope, machine: Machine) -> object:
    value = evaluate(node.value, scope, machine)
    scope.names[node.target.id] = value
    return value


def _await(node: ast.Await, scope: Scope, machine: Machine) -> object:
    return evaluate(node.value, scope, machine)


def _yield(node: ast.Yield | ast.YieldFrom, scope: Scope, machine: Machine) -> object:
    value = evaluate(node.value, scope, machine) if node.value is not None else None
    machine.yielded(value, many=isinstance(node, ast.YieldFrom))
    return data("what a generator is sent")


def _comprehension(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope, machine: Machine
) -> object:
    inner = Scope(outer=scope)
    found: list[object] = []
    certain = _generate(node, 0, inner, machine, found)
    if isinstance(node, ast.DictComp):
        made_names = machine.new_names()
        for pair in found:
            if isinstance(pair, tuple) and len(pair) == 2:
                machine.put(made_names, pair[0], pair[1])
        made_names.is_doubtful = not certain
        return made_names
    if len(found) == 1 and isinstance(found[0], Listed) and not node.generators[0].ifs and not certain:
        listing = found[0].of
        return Listing(listing.kind, listing.table, listing.schema, names=found[0].is_name)
    made = machine.new_items(found, Group if isinstance(node, ast.SetComp) else Items)
    made.is_doubtful = not certain
    return made


def _generate(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
    level: int,
    scope: Scope,
    machine: Machine,
    found: list[object],
) -> bool:
    """Run one ``for`` of a comprehension; whether it is certain how often it runs."""
    if level == len(node.generators):
        if isinstance(node, ast.DictComp):
            found.append((evaluate(node.key, scope, machine), evaluate(node.value, scope, machine)))
        else:
            found.append(evaluate(node.elt, scope, machine))
        return True
    generator = node.generators[level]
    items, certain = machine.iterate(evaluate(generator.iter, scope, machine))
    for value in items:
        machine.assign(generator.target, value, scope)
        with machine.doubting(when=not certain):
            known = [machine.truth(evaluate(test, scope, machine)) for test in generator.ifs]
            if False in known:
                continue
            certain = _generate(node, level + 1, scope, machine, found) and certain and None not in known
    return certain


_READERS: dict[type[ast.expr], Callable[..., object]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.JoinedStr: _joined,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _bool,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Call: _call,
    ast.Lambda: _lambda,
    ast.NamedExpr: _walrus,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
}
