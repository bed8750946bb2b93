"""Cuts SQL text into the pieces that decide where a statement ends, for each dialect."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SPACE = " \t\r\n\f\v"
"""What databases skip; a no-break space, for one, is no white space to them."""

BLANK, COMMENT, DIRECTIVE, DELIMITER_LINE, CLIENT_COMMAND = (
    "blank",
    "comment",
    "directive",
    "delimiter",
    "client",
)
QUOTED, WORD, CODE, PAREN, SEMICOLON, STAR = "quoted", "word", "code", "paren", "semicolon", "star"
EXECUTABLE, EXECUTABLE_END, UNTERMINATED, TERMINATOR = (
    "executable",
    "executable_end",
    "unterminated",
    "terminator",
)
_NESTING, _DOLLAR, _ESCAPED = "nesting", "dollar", "escaped"

_RUNS = frozenset({WORD, CODE, PAREN, SEMICOLON, STAR})
_LINES = frozenset({BLANK, DIRECTIVE, DELIMITER_LINE})

LETTERS = f"_{string.ascii_letters}"
"""The letters of names, besides all that is not ASCII."""

_LINE_START = r"(?<![^\r\n])[ \t]*"
_SINGLE = r"'[^']*+'"
_SINGLE_BACKSLASH = r"'[^'\\]*+(?:\\.[^'\\]*+)*+'"
_DOUBLE = r'"[^"]*+"'
_DOUBLE_BACKSLASH = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_BACKTICK = r"`[^`]*+`"
_BRACKET = r"\[[^\]]*+\]"
_LINE_COMMENT = r"--[^\r\n]*"
_BLOCK_COMMENT = r"/\*.*?\*/"
_MYSQL_COMMENT = r"--(?=[\x00-\x20\x7f]|\Z)[^\r\n]*|\#[^\r\n]*"

_NESTED_MARK = re.compile(r"/\*|\*/")
# PostgreSQL goes on with an E'' string after a line break, by the same rules as in its first part.
_ESCAPED_MORE = re.compile(
    r"(?:(?:[ \t\f\v]++|--[^\r\n]*+)*[\r\n](?:[ \t\r\n\f\v]++|--[^\r\n]*+[\r\n])*)?"
    r"'[^'\\]*+(?:\\.[^'\\]*+)*+(?P<closed>'?)",
    re.DOTALL,
)


_ASCII = frozenset(map(chr, range(0x80)))


def beyond(signs: str) -> str:
    """The class of these ASCII characters and of all characters beyond ASCII, as an expression.

    It is written as what is not in it: a range up to the last character takes long to compile.
    """
    return f"[^{_spell(_ASCII - set(signs))}]"


def _spell(signs: Iterable[str]) -> str:
    return "".join(f"\\x{ord(sign):02x}" for sign in sorted(signs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """How one dialect writes quotes, comments and names.

    ``line_feed_only`` says that a lone carriage return does not end a comment for the database.
    """

    name: str
    quotes: tuple[str, ...] = (_SINGLE, _DOUBLE)
    openers: str = "'\""
    comments: tuple[str, ...] = (_LINE_COMMENT, _BLOCK_COMMENT)
    extras: tuple[str, ...] = ()
    stops: str = ""
    name_starts: str = LETTERS
    not_a_name: str = ""
    line_feed_only: bool = False


_MYSQL_QUOTES = (_SINGLE_BACKSLASH, _DOUBLE_BACKSLASH, _BACKTICK)
_DELIMITER = rf"(?P<{DELIMITER_LINE}>{_LINE_START}(?i:delimiter)(?=[ \t\r\n]|\Z)[^\r\n]*)"

_MYSQL = Syntax(
    name="mysql",
    quotes=_MYSQL_QUOTES,
    openers="'\"`",
    comments=(_MYSQL_COMMENT, r"/\*(?!!).*?\*/"),
    extras=(_DELIMITER, rf"(?P<{EXECUTABLE}>/\*!\d*+)"),
    stops="*#",
    name_starts=f"{LETTERS}$",
    line_feed_only=True,
)
_MARIADB = Syntax(
    name="mariadb",
    quotes=_MYSQL_QUOTES,
    openers="'\"`",
    comments=(_MYSQL_COMMENT, r"/\*(?!M?!).*?\*/"),
    extras=(_DELIMITER, rf"(?P<{EXECUTABLE}>/\*M?!\d*+)"),
    stops="*#",
    name_starts=f"{LETTERS}$",
    line_feed_only=True,
)
_POSTGRESQL = Syntax(
    name="postgresql",
    comments=(_LINE_COMMENT,),
    extras=(
        rf"(?P<{CLIENT_COMMAND}>\\[^\r\n]*)",
        rf"(?P<{_NESTING}>/\*)",
        rf"(?P<{_ESCAPED}>[eE]{_SINGLE_BACKSLASH})",
        rf"(?P<{_DOLLAR}>\$(?:{beyond(LETTERS)}{beyond(LETTERS + string.digits)}*+)?\$)",
    ),
    stops="\\$",
    not_a_name="(?![eE]')",
)
_SQLITE = Syntax(
    name="sqlite",
    quotes=(_SINGLE, _DOUBLE, _BACKTICK, _BRACKET),
    openers="'\"`[",
    line_feed_only=True,
)
_STANDARD = Syntax(name="")
_SYNTAXES = {syntax.name: syntax for syntax in (_MYSQL, _MARIADB, _POSTGRESQL, _SQLITE)}


def find_syntax(dialect: str) -> Syntax:
    """The syntax of a dialect; the SQL standard's for those that are not known."""
    return _SYNTAXES.get(dialect.lower(), _STANDARD)


@cache
def _build_pattern(syntax: Syntax, *, words: bool) -> re.Pattern[str]:
    """The expression for one piece.

    With ``words`` each word and parenthesis is a piece; without, all that lies between quotes,
    comments, semicolons and line ends is one.  No repeated group can fail after its first
    character, because early releases of Python 3.11 lose their place when a possessive one does.
    """
    inner = beyond(f"{LETTERS}{string.digits}$")
    name = f"{syntax.not_a_name}{beyond(syntax.name_starts)}{inner}*+"
    number = f"[0-9]{beyond(syntax.name_starts + string.digits)}*+"
    stops = syntax.openers + syntax.stops + ";()" + SPACE + string.digits + syntax.name_starts
    sign = rf"(?!--|/\*)[{_spell(set(_ASCII) - set(stops))}]"
    if words:
        code = rf"(?P<{WORD}>{name})|(?P<{PAREN}>[()])|(?P<{CODE}>{number}|(?:{sign})++|.)"
    else:
        code = rf"(?P<{CODE}>(?:{name}|{number}|{sign}|[ \t\f\v()])++|.)"
    unterminated_escape = "|[eE](?=')" if syntax.not_a_name else ""
    pieces = (
        rf"(?P<{DIRECTIVE}>{_LINE_START}--[ \t]*mig:(?:statement|end)(?![^ \t\r\n])[^\r\n]*)",
        rf"(?P<{BLANK}>[{SPACE}]*[\r\n]|[ \t\f\v]+)",
        rf"(?P<{COMMENT}>{'|'.join(syntax.comments)})",
        rf"(?P<{QUOTED}>{'|'.join(syntax.quotes)})",
        rf"(?P<{UNTERMINATED}>[{re.escape(syntax.openers)}]|/\*{unterminated_escape})",
        rf"(?P<{SEMICOLON}>;)",
        rf"(?P<{STAR}>\*)",
        code,
    )
    return re.compile("|".join((*syntax.extras, *pieces)), re.DOTALL)


Token = tuple[str, int, int]
"""One piece: its kind, where it begins and where it ends; a plain tuple because there are many."""


class Scanner:
    """Goes through a text once, from the left.

    ``terminator`` is what a ``DELIMITER`` line has set, empty for the semicolon;
    ``in_executable`` says that an executable comment of MySQL is open.
    """

    __slots__ = ("_plain", "_words", "in_executable", "position", "terminator", "text")

    def __init__(self, text: str, syntax: Syntax) -> None:
        self._plain = _build_pattern(syntax, words=False).match
        self._words = _build_pattern(syntax, words=True).match
        self.text = text
        self.position = 0
        self.terminator = ""
        self.in_executable = False

    def next(self, *, words: bool = True) -> Token | None:
        """The next piece, None at the end of the text."""
        start = self.position
        match = self._words(self.text, start) if words else self._plain(self.text, start)
        if match is None:
            return None
        kind, end = match.lastgroup or CODE, match.end()
        if kind in _LONG:
            kind, end = _LONG[kind](self, start, end)
        if self.terminator and kind not in _LINES:
            kind, end = self._cut(kind, start, end)
        self.position = end
        return kind, start, end

    def _cut(self, kind: str, start: int, end: int) -> tuple[str, int]:
        """The piece up to the terminator, or the terminator where it stands right here."""
        last = end if kind in _RUNS else start + 1
        at = self.text.find(self.terminator, start, last + len(self.terminator) - 1)
        if at < 0:
            return kind, end
        return (TERMINATOR, start + len(self.terminator)) if at == start else (kind, at)


def _end_nesting(scanner: Scanner, _start: int, end: int) -> tuple[str, int]:
    depth = 1
    for mark in _NESTED_MARK.finditer(scanner.text, end):
        depth += 1 if mark.group() == "/*" else -1
        if not depth:
            return COMMENT, mark.end()
    return UNTERMINATED, len(scanner.text)


def _end_dollar(scanner: Scanner, start: int, end: int) -> tuple[str, int]:
    tag = scanner.text[start:end]
    close = scanner.text.find(tag, end)
    return (UNTERMINATED, len(scanner.text)) if close < 0 else (QUOTED, close + len(tag))


def _end_escaped(scanner: Scanner, _start: int, end: int) -> tuple[str, int]:
    while (more := _ESCAPED_MORE.match(scanner.text, end)) is not None:
        if not more["closed"]:
            return UNTERMINATED, len(scanner.text)
        end = more.end()
    return QUOTED, end


def _end_unterminated(scanner: Scanner, _start: int, _end: int) -> tuple[str, int]:
    return UNTERMINATED, len(scanner.text)


def _end_star(scanner: Scanner, _start: int, end: int) -> tuple[str, int]:
    if scanner.in_executable and scanner.text.startswith("/", end):
        return EXECUTABLE_END, end + 1
    return CODE, end


_LONG: dict[str, Callable[[Scanner, int, int], tuple[str, int]]] = {
    _NESTING: _end_nesting,
    _DOLLAR: _end_dollar,
    _ESCAPED: _end_escaped,
    UNTERMINATED: _end_unterminated,
    STAR: _end_star,
}
