"""The parts of a migration's file in which names can be replaced, each with its reader."""

from __future__ import annotations

import io
import re
import tokenize
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from mig.conflicts.rewrite import DOWN, UP, Scope
from mig.effects.names import fold
from mig.effects.sql import read_statement
from mig.effects.words import Word, find_words
from mig.errors import SourceError
from mig.model import Statement
from mig.sources.base import Problem
from mig.sources.native_sql import find_section, take_apart
from mig.sources.pysyntax import decode
from mig.sources.python.quoting import quote_name
from mig.sources.python_operations import read_file
from mig.sqltext.split import split

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from mig.effects.footprint import Operation

_IDENTIFIER = re.compile(r"[^\W\d][\w$]*")
_PATH = re.compile(r"[\w$]+(\.[\w$]+)*")
_STRINGS = frozenset({tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)})
_OPENING = re.compile(r"""[A-Za-z]*("{3}|'{3}|"|')?""")


class Editable(NamedTuple):
    """A file as text that can be written back byte for byte, and the scopes in it."""

    text: str
    encode: Callable[[str], bytes]
    scopes: tuple[Scope, ...]


class SqlPart(NamedTuple):
    """What a file applies (``up``) or reverts (``down``), and the line that it begins on."""

    direction: str
    text: str
    first_line: int


def read_sql_scopes(path: str, data: bytes, dialect: str) -> Editable:
    """The statements of a native SQL file, as far as they are for this dialect.

    Raises:
        SourceError: the file cannot be cut into statements.
    """
    text = data.decode("utf-8", "surrogateescape")
    sections = take_apart(text).sections
    found = ((direction, find_section(sections, direction, dialect)) for direction in (UP, DOWN))
    parts = [SqlPart(direction, one.text, one.first_line) for direction, one in found if one is not None]
    return read_sql_parts(path, text, parts, dialect)


def read_sql_parts(path: str, text: str, parts: Iterable[SqlPart], dialect: str) -> Editable:
    """The statements of the parts of a file that are SQL.

    Raises:
        SourceError: a statement cannot be found in the text.
    """
    scopes: list[Scope] = []
    for part in parts:
        at = _begin(text, part.first_line)
        for statement in split(part.text, dialect).statements:
            found = text.find(statement.text, at)
            if found < 0:
                raise SourceError(f"{path}: a statement cannot be found in its file", hint="mig check")
            at = found + len(statement.text)
            scopes.append(_sql_scope(statement.text, found, part.direction, dialect))
    return Editable(text, lambda new: new.encode("utf-8", "surrogateescape"), tuple(scopes))


def _begin(text: str, line: int) -> int:
    """Where a line begins; lines end as the reader of sections counts them."""
    at = 0
    for _ in range(line - 1):
        at = text.index("\n", at) + 1
    return at


def _sql_scope(text: str, start: int, direction: str, dialect: str) -> Scope:
    def read(changed: str) -> tuple[Operation, ...]:
        return (read_statement(Statement(text=changed, line=1), dialect),)

    def find(changed: str, names: Collection[str]) -> tuple[Word, ...]:
        return find_words(changed, dialect, names)

    def quote(word: Word, new: str) -> str:
        return _quoted_like(word.raw, _bare(new), dialect)

    return Scope(direction=direction, start=start, text=text, read=read, find=find, quote=quote)


def _quoted_like(raw: str, new: str, dialect: str) -> str:
    sign = raw[:1]
    if sign == "[":
        return f"[{new}]"
    if sign in {'"', "`"}:
        return sign + new.replace(sign, sign * 2) + sign
    return quote_name(new, dialect)


def _bare(name: str) -> str:
    return name[1:-1] if name.startswith('"') else name


def read_python_scopes(path: str, data: bytes, dialect: str, functions: tuple[str, str]) -> Editable:
    """The whole of a Python file, once for each direction.

    Raises:
        SourceError: the file is no Python text.
    """
    decoded = decode(data)
    if isinstance(decoded, Problem):
        raise SourceError(f"{path}: {decoded.message}", hint=f"mig explain {decoded.code}")
    mark = b"\xef\xbb\xbf" if decoded.bom else b""

    def encode(text: str) -> bytes:
        return mark + text.encode(decoded.encoding)

    def read(function: str, text: str) -> tuple[Operation, ...]:
        return read_file(encode(text), function, dialect)

    def find(text: str, names: Collection[str]) -> tuple[Word, ...]:
        return tuple(_find_in_strings(text, dialect, names))

    def quote(word: Word, new: str) -> str:
        bare = _bare(new)
        return bare if word.is_whole else quote_name(bare, dialect)

    scopes = tuple(
        Scope(
            direction=direction,
            start=0,
            text=decoded.text,
            read=partial(read, function),
            find=find,
            quote=quote,
            is_program=True,
        )
        for direction, function in zip((UP, DOWN), functions, strict=True)
    )
    return Editable(decoded.text, encode, scopes)


def _find_in_strings(text: str, dialect: str, names: Collection[str]) -> Iterator[Word]:
    """The words in a program's string literals; the SQL in them is told from names by reading it."""
    lines = io.StringIO(text, newline="").readlines()
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    try:
        tokens = list(tokenize.generate_tokens(iter([*lines, ""]).__next__))
    except (tokenize.TokenError, SyntaxError, StopIteration):
        return
    for token in tokens:
        if token.type not in _STRINGS:
            continue
        begin = starts[token.start[0] - 1] + token.start[1]
        opening = _OPENING.match(token.string)
        size = opening.end() if opening is not None and opening[1] else 0
        closing = len(opening[1]) if opening is not None and opening[1] else 0
        body = token.string[size : len(token.string) - closing]
        for match in _IDENTIFIER.finditer(body):
            name = fold(quote_name(match.group(), dialect), dialect)
            folded = fold(match.group(), dialect)
            # An escape before it would make the word another one.
            if {name, folded} & set(names) and body[: match.start()][-1:] != "\\":
                yield Word(
                    start=begin + size + match.start(),
                    end=begin + size + match.end(),
                    name=name if name in names else folded,
                    raw=match.group(),
                    is_text=True,
                    is_whole=_PATH.fullmatch(body) is not None,
                )
