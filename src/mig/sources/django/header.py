"""Reads what one Django migration declares: dependencies, what it replaces, what it must run before."""

from __future__ import annotations

import ast
import hashlib
import re
from typing import TYPE_CHECKING

from mig.sources.base import Problem, Reading
from mig.sources.declarations import MEANING, find_in_python
from mig.sources.pysyntax import decode, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SWAPPABLE = "swappable:"
"""How a dependency on a model that settings choose is written; the name of the setting follows."""
RUN_BEFORE = "before:"
"""How a migration is written that must come after this one; ``app.name`` follows."""

_HEADER = frozenset({"dependencies", "initial", "replaces", "run_before"})
_MAX_DEPENDENCIES = 2000
_MAX_DEPTH = 20
_CLASS = re.compile(r"^class[ \t]+Migration\b", re.MULTILINE)
_LIST = re.compile(r"^[ \t]+(dependencies|replaces|run_before)[ \t]*=[ \t]*(?=\[)", re.MULTILINE)
_BRACKET = re.compile(r"[\[\]]|'[^'\n]*'|\"[^\"\n]*\"")


def read_migration(path: str, data: bytes) -> Reading:
    """What a file says: its own name is the id, and dependencies are written ``app.name``.

    Bad input gives problems and never an exception.  A module without a class ``Migration`` is none.
    """
    name = path.rpartition("/")[2].removesuffix(".py")
    module = parse(data)
    if isinstance(module, Problem):
        return _read_unparsed(name, data, module)
    found = find_class(module.tree)
    if found is None:
        return Reading()
    reader = _Dependencies(dict(assigned(module.tree.body)))
    declared, wrong = find_in_python(module, MEANING)
    return _made(
        name,
        reader,
        dict(assigned(found.body)),
        Reading(
            line=found.lineno,
            reversible=True,
            checksum=_checksum(module.tree, found),
            directives=declared,
            problems=wrong,
        ),
    )


def find_class(tree: ast.Module) -> ast.ClassDef | None:
    """The class ``Migration`` of a module; of several the last one, which Django sees."""
    found = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Migration"]
    return found[-1] if found else None


def _made(name: str, reader: _Dependencies, values: Mapping[str, ast.expr], rest: Reading) -> Reading:
    requires = reader.read(values.get("dependencies"), "dependencies")
    before = reader.read(values.get("run_before"), "run_before")
    replaces = reader.read(values.get("replaces"), "replaces")
    return rest._replace(
        id=name,
        description=_describe(name),
        transactional=_is_not_false(values.get("atomic")),
        requires=(*requires, *(f"{RUN_BEFORE}{one}" for one in before)),
        replaces=replaces,
        problems=(*rest.problems, *reader.problems),
    )


def _read_unparsed(name: str, data: bytes, problem: Problem) -> Reading:
    """The dependencies of a file that does not parse (Python 2), so that its children keep their parent."""
    decoded = decode(data)
    text = "" if isinstance(decoded, Problem) else decoded.text
    start = _CLASS.search(text)
    if start is None:
        return Reading(problems=(problem,)) if b"Migration" in data else Reading()
    values: dict[str, ast.expr] = {}
    for match in _LIST.finditer(text, start.end()):
        try:
            values[match[1]] = ast.parse(_bracketed(text, match.end()), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    checksum = hashlib.sha256(text[start.start() :].encode("utf-8", "surrogatepass")).hexdigest()
    line = text.count("\n", 0, start.start()) + 1
    return _made(name, _Dependencies({}), values, Reading(line=line, checksum=checksum, problems=(problem,)))


def _bracketed(text: str, start: int) -> str:
    """The text from a bracket to the one that closes it."""
    depth = 0
    for match in _BRACKET.finditer(text, start):
        depth += {"[": 1, "]": -1}.get(match[0], 0)
        if depth <= 0:
            return text[start : match.end()]
    return ""


def assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """The names that plain assignments of a body bind, each with its expression."""
    for node in body:
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case _:
                continue


class _Dependencies:
    """Reads lists of ``(app, name)``; what is not literal is a problem with its line.

    Args:
        names: what the module binds at its top level.
    """

    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self.problems: list[Problem] = []
        self._names = names

    def read(self, value: ast.expr | None, name: str) -> tuple[str, ...]:
        if value is None:
            return ()
        parts = list(self._parts(value, name, 0))
        return tuple(dict.fromkeys(parts[:_MAX_DEPENDENCIES]))

    def _parts(self, value: ast.expr, name: str, depth: int) -> Iterator[str]:
        match value:
            case ast.List(elts=items) | ast.Tuple(elts=items) if not _is_pair(value):
                for item in items:
                    if isinstance(item, ast.Starred) and depth < _MAX_DEPTH:
                        yield from self._parts(item.value, name, depth + 1)
                    else:
                        yield from self._one(item, name)
            case ast.BinOp(left=left, op=ast.Add(), right=right) if depth < _MAX_DEPTH:
                yield from self._parts(left, name, depth + 1)
                yield from self._parts(right, name, depth + 1)
            case ast.Name(id=bound) if bound in self._names and depth < _MAX_DEPTH:
                yield from self._parts(self._names[bound], name, depth + 1)
            case _:
                self._doubt(value, name)

    def _one(self, item: ast.expr, name: str) -> Iterator[str]:
        match item:
            case (
                ast.Tuple(elts=[ast.Constant(value=app), ast.Constant(value=migration)])
                | ast.List(elts=[ast.Constant(value=app), ast.Constant(value=migration)])
            ) if (texts := _texts(app, migration)) is not None:
                yield ".".join(texts)
            case ast.Call(func=function, args=[argument]) if name_of(function) == "swappable_dependency":
                yield from self._swappable(argument, name)
            case _:
                self._doubt(item, name)

    def _swappable(self, argument: ast.expr, name: str) -> Iterator[str]:
        match argument:
            case ast.Attribute(attr=setting):
                yield f"{SWAPPABLE}{setting}"
            case ast.Constant(value=str(model)) if "." in model:
                yield f"{model.partition('.')[0]}.__first__"
            case _:
                self._doubt(argument, name)

    def _doubt(self, node: ast.expr, name: str) -> None:
        self.problems.append(Problem("MIG002", f"{name} holds what only running it would tell", node.lineno))


def _texts(*values: object) -> tuple[str, ...] | None:
    """Literals as the texts that they are; Django on Python 2 wrote some as bytes, which were the same."""
    texts = tuple(
        value.decode("ascii", "replace") if isinstance(value, bytes) else value
        for value in values
        if isinstance(value, str | bytes)
    )
    return texts if len(texts) == len(values) else None


def name_of(function: ast.expr) -> str:
    """The last part of what is called."""
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _is_pair(value: ast.expr) -> bool:
    """Whether a tuple is itself one dependency, which Django would refuse."""
    return isinstance(value, ast.Tuple) and any(isinstance(item, ast.Constant) for item in value.elts)


def _is_not_false(value: ast.expr | None) -> bool:
    return not (isinstance(value, ast.Constant) and value.value is False)


def _describe(name: str) -> str:
    number, _, words = name.partition("_")
    return " ".join((words if number.isdigit() else name).split("_"))


def _checksum(tree: ast.Module, found: ast.ClassDef) -> str:
    """A digest of what the file does, however it is formatted: formatters run over old migrations too."""
    rest = [n for n in tree.body if n is not found and not isinstance(n, (ast.Import, ast.ImportFrom))]
    body = [node for node in found.body if not _is_header(node)]
    shown = "\n".join(ast.dump(node) for node in (*rest, *body))
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()


def _is_header(node: ast.stmt) -> bool:
    """Whether a statement of the class says where the migration stands, and not what it does."""
    match node:
        case ast.Assign(targets=targets):
            return all(isinstance(t, ast.Name) and t.id in _HEADER for t in targets)
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name in _HEADER
        case _:
            return False
