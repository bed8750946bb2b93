"""The operations of a migration as calls with their arguments, as far as literals tell them."""

# ruff: noqa: C901, PLR0911, PLR0912 - one branch for each kind of syntax reads best in one place

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.sources.django.header import find_class
from mig.sources.django.script import find_operations
from mig.sources.pysyntax import line_starts, span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mig.sources.pysyntax import Module

_MAX_DEPTH = 40
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Unread:
    """A value that only running the file would tell."""

    node: ast.expr | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A call of something that is imported or defined in the file, by its dotted name."""

    path: str
    args: tuple[object, ...]
    named: Mapping[str, object]
    line: int = 1
    column: int = 1
    text: str = ""

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    def get(self, at: int, name: str, absent: object = None) -> object:
        """An argument by its place or by its name."""
        return self.args[at] if at < len(self.args) else self.named.get(name, absent)


@dataclass(frozen=True, slots=True)
class Named:
    """Something that is imported, built in or defined in the file, by its dotted name."""

    path: str


@dataclass(slots=True)
class File:
    """A migration's module, and what its top level binds."""

    module: Module
    imports: dict[str, str] = field(default_factory=dict)
    values: dict[str, ast.expr] = field(default_factory=dict)
    definitions: dict[str, ast.FunctionDef | ast.ClassDef] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)

    def operations(self) -> list[object]:
        """The calls in the list ``operations``, in order; what is none stands as it is."""
        return [self.value(node) for node in find_operations(self.module.tree)]

    def dotted(self, node: ast.expr) -> str:
        """The dotted name of what is called; empty where it has none."""
        match node:
            case ast.Name(id=name):
                return self.imports.get(name, name)
            case ast.Attribute(value=value, attr=name):
                before = self.dotted(value)
                return f"{before}.{name}" if before else ""
            case _:
                return ""

    def value(self, node: ast.expr | None, depth: int = 0) -> object:
        """What an expression stands for."""
        if node is None or depth > _MAX_DEPTH:
            return Unread(node)
        match node:
            case ast.Constant(value=value):
                return value
            case ast.List(elts=items) | ast.Set(elts=items):
                return [self.value(item, depth + 1) for item in items]
            case ast.Tuple(elts=items):
                return tuple(self.value(item, depth + 1) for item in items)
            case ast.Dict(keys=keys, values=values):
                return self._dict(keys, values, depth)
            case ast.Name(id=name) if name in self.values:
                return self.value(self.values[name], depth + 1)
            case ast.Name() | ast.Attribute():
                return Named(path) if (path := self.dotted(node)) else Unread(node)
            case ast.Call():
                return self._call(node, depth)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
            case ast.JoinedStr(values=parts):
                texts = [self._part(part, depth) for part in parts]
                return "".join(map(str, texts)) if None not in texts else Unread(node)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                one, other = self.value(left, depth + 1), self.value(right, depth + 1)
                if isinstance(one, str) and isinstance(other, str):
                    return one + other
                return [*one, *other] if isinstance(one, list) and isinstance(other, list) else Unread(node)
            case _:
                return Unread(node)

    def _part(self, part: ast.expr, depth: int) -> str | int | None:
        """The text of one part of a formatted string; None where only running it would tell."""
        match part:
            case ast.Constant(value=str(text)):
                return text
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                found = self.value(value, depth + 1)
                return found if isinstance(found, (str, int)) else None
            case _:
                return None

    def _dict(self, keys: list[ast.expr | None], values: list[ast.expr], depth: int) -> object:
        found: dict[object, object] = {}
        for key, value in zip(keys, values, strict=True):
            name = self.value(key, depth + 1)
            if not isinstance(name, (str, int)):
                return Unread(value)
            found[name] = self.value(value, depth + 1)
        return found

    def _call(self, node: ast.Call, depth: int) -> object:
        path = self.dotted(node.func)
        starred = any(isinstance(one, ast.Starred) for one in node.args)
        if not path or starred or any(one.arg is None for one in node.keywords):
            return Unread(node)
        if path in {"frozenset", "list", "set", "tuple"} and not node.keywords:
            return [] if not node.args else self.value(node.args[0], depth + 1)
        start, end = span(node, self.module.text, self.starts)
        text = " ".join(self.module.text[start : min(end, start + 2000)].split())
        return Made(
            path,
            tuple(self.value(one, depth + 1) for one in node.args),
            {one.arg: self.value(one.value, depth + 1) for one in node.keywords if one.arg},
            node.lineno,
            node.col_offset + 1,
            text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}...",
        )


def open_file(module: Module) -> File:
    """A parsed module with what its top level binds."""
    found = File(module, starts=line_starts(module.text))
    for node in module.tree.body:
        match node:
            case ast.Import(names=names):
                found.imports.update(
                    (
                        one.asname or one.name.partition(".")[0],
                        one.name if one.asname else one.name.partition(".")[0],
                    )
                    for one in names
                )
            case ast.ImportFrom(module=owner, names=names, level=level):
                prefix = f"{'.' * level}{owner or ''}"
                found.imports.update((one.asname or one.name, f"{prefix}.{one.name}") for one in names)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.values[name] = value
            case ast.FunctionDef() | ast.ClassDef():
                found.definitions[node.name] = node
            case _:
                continue
    migration = find_class(module.tree)
    for node in migration.body if migration else ():
        if isinstance(node, ast.FunctionDef):
            # The list of operations can name what its class defines.
            found.definitions[node.name] = node
    return found
