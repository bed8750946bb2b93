"""Follows the statements of a migration; where a condition is not known, both ways are taken."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mig.effects.footprint import Access
from mig.sources.python import calls
from mig.sources.python.arithmetic import combine
from mig.sources.python.binding import assign
from mig.sources.python.evaluate import evaluate
from mig.sources.python.values import (
    MISSING,
    Batch,
    Class,
    Function,
    Items,
    Names,
    Ref,
    Scope,
    TooMuchError,
    Unknown,
    data,
    is_plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.sources.python.machine import Flow, Machine

_MOST_ROUNDS = 3_000
_TRANSPARENT_WORDS = """
    contextmanager asynccontextmanager staticmethod classmethod property cache lru_cache wraps dataclass
    cached_property abstractmethod overload unique
"""
_TRANSPARENT = frozenset(_TRANSPARENT_WORDS.split())


def value_of(node: ast.expr, scope: Scope, machine: Machine) -> object:
    return evaluate(node, scope, machine)


def execute(body: list[ast.stmt], scope: Scope, machine: Machine) -> Flow | None:
    """Follow a block; how it ended if it did not run to its end."""
    machine.descend()
    try:
        for statement in body:
            machine.spend()
            reader = _READERS.get(type(statement))
            flow = reader(statement, scope, machine) if reader is not None else None
            if flow is not None:
                return flow
    finally:
        machine.ascend()
    return None


def _flow(kind: str, value: object = None) -> Flow:
    from mig.sources.python.machine import Flow

    return Flow(kind, value)


def _expression(statement: ast.Expr, scope: Scope, machine: Machine) -> None:
    evaluate(statement.value, scope, machine)


def _assign(statement: ast.Assign, scope: Scope, machine: Machine) -> None:
    value = evaluate(statement.value, scope, machine)
    for target in statement.targets:
        assign(target, value, scope, machine)


def _annotated(statement: ast.AnnAssign, scope: Scope, machine: Machine) -> None:
    if statement.value is not None:
        assign(statement.target, evaluate(statement.value, scope, machine), scope, machine)


def _augmented(statement: ast.AugAssign, scope: Scope, machine: Machine) -> None:
    old = evaluate(statement.target, scope, machine)
    right = evaluate(statement.value, scope, machine)
    if isinstance(old, Items):
        calls.method(old, "extend", (right,), machine)
        return
    assign(statement.target, combine(old, statement.op, right, machine), scope, machine)


def _delete(statement: ast.Delete, scope: Scope, machine: Machine) -> None:
    for target in statement.targets:
        match target:
            case ast.Name(id=name):
                scope.names.pop(name, None)
            case ast.Subscript(value=owner):
                held = evaluate(owner, scope, machine)
                if isinstance(held, (Items, Names)):
                    held.is_doubtful = True
            case _:
                continue


def _import(statement: ast.Import, scope: Scope, _machine: Machine) -> None:
    for alias in statement.names:
        name = alias.asname or alias.name.partition(".")[0]
        scope.names[name] = Ref(alias.name if alias.asname else name)


def _import_from(statement: ast.ImportFrom, scope: Scope, _machine: Machine) -> None:
    path = "." * statement.level + (statement.module or "")
    if statement.level and (package := scope.outermost().package):
        above = package.split(".")[: package.count(".") + 2 - statement.level]
        path = ".".join([*above, *filter(None, [statement.module])]) if above else path
    for alias in statement.names:
        ref = Ref(
            path if alias.name == "*" else f"{path}.{alias.name}" if path.strip(".") else path + alias.name
        )
        scope.names[alias.asname or alias.name] = ref


def _define(statement: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, machine: Machine) -> None:
    made: object = Function(statement, scope)
    for decorator in reversed(statement.decorator_list):
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = (
            node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else "?"
        )
        if name in _TRANSPARENT:
            continue
        wrapper = evaluate(decorator, scope, machine)
        wrapped = machine.invoke(wrapper, (made,), {}) if isinstance(wrapper, Function) else None
        made = wrapped if isinstance(wrapped, Function) else Function(statement, scope, None, name)
    scope.names[statement.name] = made


def _define_class(statement: ast.ClassDef, scope: Scope, machine: Machine) -> None:
    inner = Scope(outer=scope)
    execute(statement.body, inner, machine)
    bases = tuple(evaluate(base, scope, machine) for base in statement.bases)
    scope.names[statement.name] = Class(statement.name, bases, inner.names)


def _return(statement: ast.Return, scope: Scope, machine: Machine) -> Flow:
    value = evaluate(statement.value, scope, machine) if statement.value is not None else None
    if machine.frames and machine.doubt:
        machine.frames[-1].returned.append(value)
    return _flow("return", value)


def _raise(statement: ast.Raise, scope: Scope, machine: Machine) -> Flow:
    if isinstance(statement.exc, ast.Call):
        for argument in statement.exc.args:
            evaluate(argument, scope, machine)
    return _flow("raise")


def _branches(blocks: list[Callable[[], Flow | None]], scope: Scope, machine: Machine) -> Flow | None:
    """Take several ways of which one is taken; what they agree on afterwards is known."""
    before = dict(scope.names)
    ends: list[dict[str, object]] = []
    flows: list[Flow] = []
    for block in blocks:
        scope.names.clear()
        scope.names.update(before)
        with machine.doubting():
            flow = block()
        if flow is None:
            ends.append(dict(scope.names))
        else:
            flows.append(flow)
    scope.names.clear()
    if not ends:
        scope.names.update(before)
        return next((f for f in flows if f.kind == "return"), flows[0])
    # What follows runs only where no way left the function; a way that fails, fails as a whole.
    machine.guards += any(f.kind != "raise" for f in flows)
    for name in dict.fromkeys(name for end in ends for name in end):
        found = [end.get(name, MISSING) for end in ends]
        known = [v for v in found if v is not MISSING]
        # A name that one way leaves unbound is bound wherever it is used.
        scope.names[name] = machine.merge(*known)
    machine.spend(len(scope.names) // 4)
    return None


def _if(statement: ast.If, scope: Scope, machine: Machine) -> Flow | None:
    looked_from = len(machine.recorder.operations)
    condition = evaluate(statement.test, scope, machine)
    known = machine.truth(condition)
    if known is not None:
        return execute(statement.body if known else statement.orelse, scope, machine)
    guard = condition if isinstance(condition, Unknown) and condition.exists else None
    looked_at = looked_from if len(machine.recorder.operations) == looked_from + 1 else -1

    def taken() -> Flow | None:
        start = len(machine.recorder.operations)
        flow = execute(statement.body, scope, machine)
        if guard is not None and not statement.orelse and flow is None:
            access = Access.CREATE if guard.is_negated else Access.DROP
            machine.recorder.guard(start, guard.exists, access, looked_at)
        return flow

    return _branches([taken, lambda: execute(statement.orelse, scope, machine)], scope, machine)


def _for(statement: ast.For | ast.AsyncFor, scope: Scope, machine: Machine) -> Flow | None:
    machine.at(statement.iter)
    items, certain = machine.iterate(evaluate(statement.iter, scope, machine))
    if not certain:
        return _doubtful_loop(statement, items, scope, machine)
    if len(items) > _MOST_ROUNDS:
        raise TooMuchError
    for value in items:
        assign(statement.target, value, scope, machine)
        flow = execute(statement.body, scope, machine)
        if flow is not None and flow.kind == "break":
            return None
        if flow is not None and flow.kind != "continue":
            return flow
    return execute(statement.orelse, scope, machine)


def _doubtful_loop(
    statement: ast.For | ast.AsyncFor | ast.While, items: list[object], scope: Scope, machine: Machine
) -> Flow | None:
    """A loop of which nobody knows how often it runs: its body once for each known element, or not at all."""
    _forget(statement.body, scope, machine)

    def once() -> Flow | None:
        for value in items[:_MOST_ROUNDS]:
            if not isinstance(statement, ast.While):
                assign(statement.target, value, scope, machine)
            # Where an element is not there, the loop goes on whatever the body does with it.
            execute(statement.body, scope, machine)
        return None

    _branches([once, lambda: None], scope, machine)
    _forget(statement.body, scope, machine)
    return execute(statement.orelse, scope, machine)


def _forget(body: list[ast.stmt], scope: Scope, machine: Machine) -> None:
    """What a loop changes is not known inside of it, nor after it."""
    for statement in body:
        for node in ast.walk(statement):
            machine.spend()
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                old = scope.names.get(node.id, MISSING)
                if old is not MISSING and isinstance(old, (str, int, float, tuple, type(None))):
                    scope.names[node.id] = Unknown(f"{node.id}, which a loop changes", is_plain=is_plain(old))


def _while(statement: ast.While, scope: Scope, machine: Machine) -> Flow | None:
    machine.spend()
    if machine.truth(evaluate(statement.test, scope, machine)) is False:
        return execute(statement.orelse, scope, machine)
    return _doubtful_loop(statement, [None], scope, machine)


def _with(statement: ast.With | ast.AsyncWith, scope: Scope, machine: Machine) -> Flow | None:
    batches: list[tuple[Batch, ast.expr]] = []
    for part in statement.items:
        value = evaluate(part.context_expr, scope, machine)
        if isinstance(value, Batch):
            batches.append((value, part.context_expr))
        elif isinstance(value, Items) and value:
            value = value[0]
        if part.optional_vars is not None:
            assign(part.optional_vars, value, scope, machine)
    with machine.guarding(when=any("suppress" in ast.unparse(part.context_expr) for part in statement.items)):
        flow = execute(statement.body, scope, machine)
    for batch, node in reversed(batches):
        machine.at(node)
        calls.end_batch(batch, machine)
    return flow


def _try(statement: ast.Try | ast.TryStar, scope: Scope, machine: Machine) -> Flow | None:
    before = dict(scope.names)
    with machine.guarding(when=bool(statement.handlers)):
        flow = execute(statement.body, scope, machine)
    ways: list[Callable[[], Flow | None]] = [lambda: flow or execute(statement.orelse, scope, machine)]
    ways += [_handling(handler, before, scope, machine) for handler in statement.handlers]
    result = ways[0]() if len(ways) == 1 else _branches(ways, scope, machine)
    return execute(statement.finalbody, scope, machine) or result


def _handling(
    handler: ast.ExceptHandler, before: dict[str, object], scope: Scope, machine: Machine
) -> Callable[[], Flow | None]:
    def run() -> Flow | None:
        # Nobody knows how far the body came.
        for name, value in scope.names.items():
            if name in before and before[name] is not value:
                scope.names[name] = machine.merge(before[name], value)
        if handler.name:
            scope.names[handler.name] = data("an exception")
        return execute(handler.body, scope, machine)

    return run


def _shared(statement: ast.Global | ast.Nonlocal, scope: Scope, _machine: Machine) -> None:
    """Names of another scope that are bound from here."""
    outer = scope.outer
    while outer is not None:
        is_module = outer.outer is None
        for name in statement.names:
            if (name in outer.names and isinstance(statement, ast.Nonlocal)) or is_module:
                scope.shared.setdefault(name, outer)
        outer = outer.outer


def _match(statement: ast.Match, scope: Scope, machine: Machine) -> Flow | None:
    evaluate(statement.subject, scope, machine)
    ways: list[Callable[[], Flow | None]] = [lambda: None]
    for case in statement.cases:
        for node in ast.walk(case.pattern):
            if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
                scope.names[node.name] = Unknown(f"{node.name}, which a pattern binds")
        ways.append(_matched(case, scope, machine))
    return _branches(ways, scope, machine)


def _matched(case: ast.match_case, scope: Scope, machine: Machine) -> Callable[[], Flow | None]:
    def run() -> Flow | None:
        if case.guard is not None:
            evaluate(case.guard, scope, machine)
        return execute(case.body, scope, machine)

    return run


_READERS: dict[type[ast.stmt], Callable[..., Flow | None]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.FunctionDef: _define,
    ast.AsyncFunctionDef: _define,
    ast.ClassDef: _define_class,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.Match: _match,
    ast.Global: _shared,
    ast.Nonlocal: _shared,
    ast.Break: lambda _s, _c, _m: _flow("break"),
    ast.Continue: lambda _s, _c, _m: _flow("continue"),
    ast.Assert: lambda s, c, m: (evaluate(s.test, c, m), None)[1],
}
