"""Reads untrusted Python text as syntax: parses it, and evaluates literals without running anything."""

from __future__ import annotations

import ast
import codecs
import re
import tokenize
import warnings
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from mig.sources.base import Problem
from mig.sources.pybindings import blocks, names_bound_otherwise, plain_assignment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_PARSE_CHARACTERS = 512 * 1024
"""Longer Python text is not parsed: a syntax tree can take a thousand times the memory of its text."""

_FILENAME = "<mig>"
# Encodings that can neither be slow (punycode, idna) nor change the meaning of ASCII (utf-7, unicode_escape).
_ENCODING = re.compile(
    r"utf-8(-sig)?|ascii|(iso8859|iso2022|cp\d|koi8|euc_|shift_jis|gb|big5|mac|johab|hz|tis|kz|hp|ptcp)"
)
_NEWLINE = re.compile(r"\r\n|\r|\n")
_QUIET = ("ignore", None, Warning, re.compile(re.escape(_FILENAME)), 0)
_MAX_DEPTH = 50
# CPython 3.11 needs time quadratic in the number of replacement fields of an f-string.
_MAX_BRACES = 20_000
_MAX_WEIGHT = 400
_BUDGET = 500_000


class Unknown(Enum):
    """The type of ``UNKNOWN``, so that ``is UNKNOWN`` narrows."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown.UNKNOWN
"""Stands for a value that cannot be told without running the module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A parsed file: its tree, its text without the byte order mark, and how the text was stored.

    ``is_package`` tells whether it is the ``__init__`` of a package, for imports relative to it.
    """

    tree: ast.Module
    text: str
    encoding: str = "utf-8"
    bom: bool = False
    is_package: bool = False

    def encode(self, text: str) -> bytes:
        """The bytes that hold ``text`` as this file holds its own.

        Raises:
            UnicodeEncodeError: the file's encoding has no such character.
        """
        return (codecs.BOM_UTF8 if self.bom else b"") + text.encode(self.encoding)


class Text(NamedTuple):
    """Decoded text, without the byte order mark, and how it was stored."""

    text: str
    encoding: str
    bom: bool


class Assigned(NamedTuple):
    """What a module-level name is bound to.

    ``value`` is UNKNOWN where it is not built from literals, or where it depends on a condition.
    ``node`` is the expression, None where something other than an assignment bound the name;
    ``statement`` is the whole statement; ``times`` counts how often the name is bound.
    """

    value: object
    line: int
    node: ast.expr | None
    statement: ast.stmt
    times: int = 1


def decode(data: bytes) -> Text | Problem:
    """The text of a Python file, by its byte order mark and its coding cookie (PEP 263)."""
    bom = data.startswith(codecs.BOM_UTF8)
    try:
        name, _ = tokenize.detect_encoding(iter(_first_lines(data)).__next__)
        encoding = codecs.lookup(name).name
    except (SyntaxError, LookupError, ValueError, ImportError) as error:
        return Problem("MIG001", f"cannot be decoded: {_one_line(str(error))}", 1)
    if not _ENCODING.match(encoding):
        return Problem("MIG001", f"cannot be decoded: {_one_line(name)} is no encoding for Python text", 1)
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    try:
        return Text(data[len(codecs.BOM_UTF8) if bom else 0 :].decode(encoding), encoding, bom)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Problem(
            "MIG001", f"not valid {encoding.upper()}: byte 0x{data[error.start]:02x} on line {line}", line
        )


def parse(data: bytes) -> Module | Problem:
    """The syntax tree of a Python file; bad input gives a problem and never an exception."""
    decoded = decode(data)
    return decoded if isinstance(decoded, Problem) else parse_text(decoded)


def parse_text(decoded: Text) -> Module | Problem:
    """The syntax tree of decoded text."""
    text = decoded.text
    if refused := _refused(text):
        return refused
    _silence_warnings()
    try:
        tree = ast.parse(text, _FILENAME)
    except SyntaxError as error:
        line = error.lineno or 0
        return Problem("MIG006", f"does not parse as Python: {_one_line(error.msg)} on line {line}", line)
    except (RecursionError, MemoryError):
        return Problem("MIG006", "not parsed: nested too deeply", 0)
    except (ValueError, OverflowError) as error:
        return Problem("MIG006", f"does not parse as Python: {_one_line(str(error))}", 0)
    return Module(tree=tree, text=text, encoding=decoded.encoding, bom=decoded.bom)


def _refused(text: str) -> Problem | None:
    """Why text is not even given to the parser."""
    if len(text) > MAX_PARSE_CHARACTERS:
        return Problem("MIG006", f"not parsed: more than {MAX_PARSE_CHARACTERS // 1024} KiB of Python", 0)
    if "\0" in text:
        line = len(_NEWLINE.findall(text, 0, text.index("\0"))) + 1
        return Problem("MIG006", f"does not parse as Python: a NUL byte on line {line}", line)
    if text.count("{") > _MAX_BRACES:
        return Problem("MIG006", f"not parsed: more than {_MAX_BRACES} braces", 0)
    return None


def constants(tree: ast.Module) -> dict[str, Assigned]:
    """The names that a module binds at its top level, with their values where literals give them.

    The last binding wins.  Bindings below ``if``, ``try`` and loops count where all of a name's
    bindings agree; where they do not, the value is UNKNOWN.
    """
    scope = _Scope()
    scope.visit(tree.body)
    return scope.names


def line_starts(text: str) -> list[int]:
    """The offset at which each line begins, with the line ends that Python counts."""
    return [0, *(match.end() for match in _NEWLINE.finditer(text))]


def span(node: ast.expr | ast.stmt, text: str, starts: list[int] | None = None) -> tuple[int, int]:
    """The offsets of a node's first character and of the one after its last.

    ``starts`` saves the search for line ends where many nodes of one text are asked for.
    """
    starts = line_starts(text) if starts is None else starts
    end_line = node.end_lineno or node.lineno
    end_column = node.end_col_offset if node.end_col_offset is not None else node.col_offset
    return _offset(text, starts, node.lineno, node.col_offset), _offset(text, starts, end_line, end_column)


def _offset(text: str, starts: list[int], line: int, column: int) -> int:
    start = starts[line - 1]
    if text.isascii():
        return start + column
    # The syntax tree counts columns in UTF-8 bytes, whatever the file's encoding is.
    following = text[start : start + column]
    return start + len(following.encode()[:column].decode(errors="ignore"))


def _first_lines(data: bytes) -> Iterator[bytes]:
    """The two lines that may hold a coding cookie, without splitting the rest."""
    head = data[:4096].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    yield from head.split(b"\n", 2)[:2]


def _one_line(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text)
    return printable.splitlines()[0][:160] if printable else "unreadable"


def _silence_warnings() -> None:
    """Keep a file's own syntax warnings (invalid escapes) from being printed or raised.

    ``warnings.catch_warnings`` would swap state that other threads see; a filter that matches
    nothing but our own pseudo file name is only ever added.
    """
    if not warnings.filters or warnings.filters[0] != _QUIET:
        warnings.filterwarnings("ignore", module=re.escape(_FILENAME))


class _Scope:
    """Binds names statement by statement, within a budget that hostile text cannot exceed."""

    def __init__(self) -> None:
        self.names: dict[str, Assigned] = {}
        self._weights: dict[str, int] = {}
        self._evaluate = _Evaluator(self.names, self._weights)

    def visit(self, body: list[ast.stmt]) -> None:
        # An explicit stack: a chain of elif nests deeper than Python may call.
        stack = [(iter(body), False)]
        while stack:
            statements, doubtful = stack[-1]
            statement = next(statements, None)
            if statement is None:
                stack.pop()
                continue
            self._statement(statement, doubtful=doubtful)
            inner = doubtful or not isinstance(statement, (ast.With, ast.AsyncWith))
            stack.extend((iter(block), inner) for block in reversed(blocks(statement)))

    def _statement(self, statement: ast.stmt, *, doubtful: bool) -> None:
        targets, node = plain_assignment(statement)
        if node is not None:
            value, weight = self._evaluate(node)
            bound = Assigned(value, statement.lineno, node, statement)
            for name in targets:
                self._bind(name, bound, weight, doubtful=doubtful)
        if others := names_bound_otherwise(statement):
            bound = Assigned(UNKNOWN, statement.lineno, None, statement)
            for name in others:
                self._bind(name, bound, 1, doubtful=doubtful)

    def _bind(self, name: str, bound: Assigned, weight: int, *, doubtful: bool) -> None:
        earlier = self.names.get(name)
        if earlier is not None:
            bound = bound._replace(times=earlier.times + 1)
            if doubtful and not (type(earlier.value) is type(bound.value) and earlier.value == bound.value):
                bound = bound._replace(value=UNKNOWN)
        self.names[name] = bound
        self._weights[name] = weight


class _Evaluator:
    """Evaluates expressions made of literals and earlier names; returns a value and its weight.

    The weight bounds what later uses of the value can cost: comparing or hashing a tuple that
    holds one tuple twice, and so on downwards, would take for ever.
    """

    def __init__(self, names: dict[str, Assigned], weights: dict[str, int]) -> None:
        self._names = names
        self._weights = weights
        self._budget = _BUDGET

    def __call__(self, node: ast.expr) -> tuple[object, int]:
        try:
            return self._value(node, 0)
        except (_NotLiteralError, TypeError, ValueError):
            return UNKNOWN, 1

    def _value(self, node: ast.expr, depth: int) -> tuple[object, int]:
        if depth > _MAX_DEPTH:
            raise _NotLiteralError
        match node:
            case ast.Constant(value=value):
                return value, 1
            case ast.Name(id=name) if name in self._names and self._names[name].value is not UNKNOWN:
                return self._names[name].value, self._weights[name]
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                return self._items(items, depth, _CONTAINERS[type(node)])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._sum(self._value(left, depth + 1), self._value(right, depth + 1))
            case ast.JoinedStr(values=parts):
                return self._joined(parts, depth)
            case _:
                raise _NotLiteralError

    def _items(
        self, nodes: list[ast.expr], depth: int, container: Callable[[list[object]], object]
    ) -> tuple[object, int]:
        items: list[object] = []
        weight = 1
        for node in nodes:
            value, cost = self._value(node.value if isinstance(node, ast.Starred) else node, depth + 1)
            weight = self._spend(weight + cost)
            if not isinstance(node, ast.Starred):
                items.append(value)
            elif isinstance(value, (tuple, list, set)):
                items.extend(value)
            else:
                raise _NotLiteralError
        return container(items), weight

    def _sum(self, left: tuple[object, int], right: tuple[object, int]) -> tuple[object, int]:
        match left[0], right[0]:
            case str() as a, str() as b:
                return a + b, self._spend(1 + (len(a) + len(b)) // 64)
            case tuple() as c, tuple() as d:
                return c + d, self._spend(left[1] + right[1])
            case list() as e, list() as f:
                return e + f, self._spend(left[1] + right[1])
            case _:
                raise _NotLiteralError

    def _joined(self, parts: list[ast.expr], depth: int) -> tuple[object, int]:
        text = ""
        for part in parts:
            node = part
            if (
                isinstance(part, ast.FormattedValue)
                and not part.format_spec
                and part.conversion in (-1, ord("s"))
            ):
                node = part.value
            value, _ = self._value(node, depth + 1)
            if not isinstance(value, (str, int)):
                raise _NotLiteralError
            text += str(value)
            self._spend(1 + len(text) // 64)
        return text, 1 + len(text) // 64

    def _spend(self, weight: int) -> int:
        self._budget -= weight
        if weight > _MAX_WEIGHT or self._budget < 0:
            raise _NotLiteralError
        return weight


_CONTAINERS: dict[type[ast.expr], Callable[[list[object]], object]] = {
    ast.Tuple: tuple,
    ast.List: list,
    ast.Set: set,
}


class _NotLiteralError(Exception):
    """An expression needs more than literals, or more work than anybody's literals do."""
