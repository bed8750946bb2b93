"""The places of a Django migration that name others, and the file with other names in them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mig.errors import SourceError
from mig.sources.alembic_writer import quoted
from mig.sources.base import Problem
from mig.sources.django.header import assigned, find_class
from mig.sources.pysyntax import line_starts, parse, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mig.sources.pysyntax import Module

_LISTS = ("dependencies", "run_before", "replaces")
_PLAIN = re.compile(r"""(?P<prefix>[rRuU]?)(?P<quote>['"])[^'"\\\r\n]*(?P=quote)""")
_MAX_DEPTH = 20

Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the lists of one migration are to name instead.

    Args:
        app: the label of its app.
        names: new ids for old ones, wherever they are named.
        stands: the squash that stands for each id that is replaced.
        swapped: parents that go, each with the one that comes in its place, or empty.
        added: parents that come without taking another's place.
        own: the path of the file that gets ``added``.
    """

    app: str
    names: Mapping[str, str]
    stands: Mapping[str, str]
    swapped: Mapping[str, str]
    added: tuple[str, ...]
    own: str


class _Pair(NamedTuple):
    """One ``(app, name)`` in a list, and its neighbours there."""

    node: ast.Tuple | ast.List
    app: str
    name: ast.Constant
    elements: list[ast.expr]

    @property
    def id(self) -> str:
        return f"{self.app}.{self.name.value!s}"


def rewrite_references(path: str, data: bytes, wanted: Wanted) -> tuple[bytes, frozenset[str]]:
    """The file with the new names, and which of the parents that go were found in it.

    Raises:
        SourceError: a name is not one plain literal, or there is no list to put one into.
    """
    module = parse(data)
    if isinstance(module, Problem):
        raise _refusal(path, module.message)
    editing = _Editing(path, module, wanted)
    text = editing.apply()
    try:
        return module.encode(text), frozenset(editing.done)
    except UnicodeEncodeError:
        raise _refusal(path, f"its encoding, {module.encoding}, cannot hold the new names") from None


@dataclass(slots=True)
class _Editing:
    path: str
    module: Module
    wanted: Wanted
    done: set[str] = field(default_factory=set)
    _starts: list[int] = field(default_factory=list)

    def apply(self) -> str:
        """The new text; what is not named in one of the lists stays as it is."""
        self._starts = line_starts(self.module.text)
        text = self.module.text
        for start, end, replacement in sorted(set(self._edits()), reverse=True):
            text = text[:start] + replacement + text[end:]
        return text

    def _edits(self) -> Iterator[Edit]:
        found = find_class(self.module.tree)
        bound = dict(assigned(self.module.tree.body))
        own = dict(assigned(found.body)) if found else {}
        for name in _LISTS:
            pairs = list(_pairs(own.get(name), bound, 0))
            news = [self._new(pair, is_parent=name == "dependencies") for pair in pairs]
            gone = [pair.node for pair, new in zip(pairs, news, strict=True) if not new]
            for pair, new in zip(pairs, news, strict=True):
                if not new:
                    yield self._dropped(pair, gone)
                elif new != pair.id:
                    yield self._renamed(pair.name, new.partition(".")[2])
            if name == "dependencies" and self.wanted.added and self.path == self.wanted.own:
                yield self._added(own.get(name), pairs)

    def _new(self, pair: _Pair, *, is_parent: bool) -> str:
        """The id that is to be named there; empty where none is."""
        stands = self.wanted.stands.get(pair.id, pair.id)
        if is_parent and pair.app == self.wanted.app and stands in self.wanted.swapped:
            self.done.add(stands)
            return self.wanted.swapped[stands]
        return self.wanted.names.get(pair.id, pair.id)

    def _renamed(self, node: ast.Constant, new: str) -> Edit:
        start, end = self._span(node)
        literal = _PLAIN.fullmatch(self.module.text[start:end])
        if literal is None:
            raise _refusal(self.path, f"{node.value!r} in line {node.lineno} is no plain literal")
        return start, end, f"{literal['prefix']}{quoted(new, literal['quote'])}"

    def _dropped(self, pair: _Pair, gone: list[ast.Tuple | ast.List]) -> Edit:
        """The element goes with the comma and the space that part it from a neighbour that stays."""
        at = pair.elements.index(pair.node)
        start, end = self._span(pair.node)
        if any(element not in gone for element in pair.elements[at + 1 :]):
            return start, self._span(pair.elements[at + 1])[0], ""
        return self._span(pair.elements[at - 1])[1] if at else start, end, ""

    def _added(self, value: ast.expr | None, pairs: list[_Pair]) -> Edit:
        """The parents that come, behind the last one that is named, or into the empty list."""
        sample = _PLAIN.fullmatch(self._text(pairs[-1].name)) if pairs else None
        quote = sample["quote"] if sample else '"'
        parts = (one.partition(".") for one in self.wanted.added)
        new = [f"({quoted(app, quote)}, {quoted(name, quote)})" for app, _, name in parts]
        if pairs:
            start, end = self._span(pairs[-1].node)
            above = self.module.text.rfind("\n", 0, start) + 1
            indent = self.module.text[above:start]
            line_end = "\r\n" if self.module.text[:above].endswith("\r\n") else "\n"
            between = f",{line_end}{indent}" if not indent.strip() else ", "
            return end, end, "".join(f"{between}{one}" for one in new)
        if isinstance(value, ast.List) and not value.elts:
            start, _ = self._span(value)
            return start + 1, start + 1, ", ".join(new)
        raise _refusal(self.path, "dependencies is no list that another could be put into")

    def _span(self, node: ast.expr) -> tuple[int, int]:
        return span(node, self.module.text, self._starts)

    def _text(self, node: ast.expr) -> str:
        return self.module.text[slice(*self._span(node))]


def _pairs(value: ast.expr | None, bound: Mapping[str, ast.expr], depth: int) -> Iterator[_Pair]:
    """The pairs of a list: literal ones, sums, unpacked lists, and names of the module for them."""
    if depth > _MAX_DEPTH:
        return
    match value:
        case ast.List(elts=items) | ast.Tuple(elts=items):
            for item in items:
                match item:
                    case (
                        ast.Tuple(elts=[ast.Constant(value=str(app)), ast.Constant(value=str()) as name])
                        | ast.List(elts=[ast.Constant(value=str(app)), ast.Constant(value=str()) as name])
                    ):
                        yield _Pair(item, app, name, items)
                    case ast.Starred(value=inner):
                        yield from _pairs(inner, bound, depth + 1)
                    case _:
                        continue
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _pairs(left, bound, depth + 1)
            yield from _pairs(right, bound, depth + 1)
        case ast.Name(id=name) if name in bound:
            yield from _pairs(bound[name], bound, depth + 1)
        case _:
            return


def _refusal(path: str, why: str) -> SourceError:
    return SourceError(
        f"{path}: the dependencies cannot be rewritten: {why}",
        hint="set dependencies by hand, then run mig check",
    )
