"""Cuts one SQL statement into words, names, strings, numbers and signs, as each dialect writes them."""

from __future__ import annotations

import re
import string
from functools import cache
from typing import NamedTuple

from mig.sqltext.tokens import LETTERS, beyond, find_syntax

WORD, NAME, STRING, NUMBER, SIGN, VARIABLE = "word", "name", "string", "number", "sign", "variable"

MAX_TOKENS = 200_000

_LETTER, _INNER = beyond(LETTERS), beyond(f"{LETTERS}{string.digits}$")
_WORD = f"{_LETTER}{_INNER}*"
_STRING = r"'[^']*'(?:'[^']*')*"
_STRING_BACKSLASH = r"'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'"
_DOUBLE = r'"[^"]*"(?:"[^"]*")*'
_DOUBLE_BACKSLASH = r'"[^"\\]*(?:(?:\\.|"")[^"\\]*)*"'
_BACKTICK = r"`[^`]*`(?:`[^`]*`)*"
_NUMBER = r"0[xX][0-9A-Fa-f]+|(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_SIGN = r"::|:=|<=|>=|<>|!=|\|\||->>|->|=>|."
_DOLLAR = re.compile(rf"\$(?:{_LETTER}{beyond(LETTERS + string.digits)}*)?\$")
_NESTED_MARK = re.compile(r"/\*|\*/")
_MYSQL = frozenset({"mysql", "mariadb"})


class Token(NamedTuple):
    """One piece of a statement.

    ``word`` is what it is compared by: words in lower case, everything else as written (so a quoted
    name never equals a keyword).  ``start`` is its place in the statement's text.
    """

    kind: str
    word: str
    start: int


class Tokens(NamedTuple):
    """The pieces of a statement, and where each opening parenthesis is closed.

    ``closing`` maps the index of ``(`` to that of its ``)``; ``problem`` says why the text could not
    be cut to its end, or what no database takes for SQL (empty: neither), and ``problem_at`` where that is.
    """

    items: list[Token]
    closing: dict[int, int]
    problem: str
    problem_at: int = 0


@cache
def _build_pattern(dialect: str) -> re.Pattern[str]:
    is_mysql = dialect in _MYSQL
    syntax = find_syntax(dialect)
    comments = [c for c in syntax.comments if dialect != "postgresql" or not c.startswith(r"/\*")]
    escaped = rf"[nN]?{_STRING_BACKSLASH}" if is_mysql else rf"[eE]{_STRING_BACKSLASH}|[xXbBnN]?{_STRING}"
    strings = f"{escaped}|{_DOUBLE_BACKSLASH}" if is_mysql else escaped
    names = (
        _BACKTICK if is_mysql else rf"{_DOUBLE}|{_BACKTICK}|\[[^\]]*\]" if dialect == "sqlite" else _DOUBLE
    )
    starts = beyond(f"{LETTERS}$")
    number = rf"(?!0[xX])\d+(?![eE]\d){starts}{_INNER}*" if is_mysql else "(?!)"
    pieces = (
        r"(?P<space>\s+)",
        rf"(?P<comment>{'|'.join(comments)})",
        r"(?P<nesting>/\*)" if dialect == "postgresql" else r"(?P<nesting>(?!))",
        r"(?P<executable>/\*M?!\d*|\*/)" if is_mysql else r"(?P<executable>(?!))",
        rf"(?P<string>{strings})",
        rf"(?P<name>{names})",
        r"(?P<dollar>\$(?=[^\d]))" if dialect == "postgresql" else r"(?P<dollar>(?!))",
        rf"(?P<variable>@@?(?:[\w.$]+|{_STRING}|{_BACKTICK}))" if is_mysql else r"(?P<variable>\$\d+|\?\d*)",
        rf"(?P<word>{_WORD}|{number})",
        rf"(?P<number>{_NUMBER})",
        rf"(?P<sign>{_SIGN})",
    )
    return re.compile("|".join(pieces), re.DOTALL)


def tokenise(text: str, dialect: str) -> Tokens:
    """All pieces of one statement without white space and comments; never fails."""
    items: list[Token] = []
    match = _build_pattern(dialect).match
    position, end = 0, len(text)
    while position < end and len(items) < MAX_TOKENS:
        found = match(text, position)
        if found is None:
            return _close(items, "characters that are no SQL")
        kind, start, position = found.lastgroup or SIGN, position, found.end()
        if kind == WORD:
            items.append(Token(WORD, found.group().lower(), start))
        elif kind in _LONG:
            position = _LONG[kind](text, start, position, items)
        elif kind == SIGN and found.group() in _QUOTES:
            return _close(items, "a quote that is never closed")
        elif kind not in _SKIPPED:
            items.append(Token(kind, found.group(), start))
    return _close(items, f"longer than {MAX_TOKENS} words" if position < end else "")


UNCLOSED = "a parenthesis that is never closed"
UNOPENED = "a parenthesis that was never opened"
EMPTY_ITEM = "nothing before or after a comma"
_BEFORE_AN_ITEM = frozenset({"(", ","})
_SKIPPED = frozenset({"space", "comment", "executable"})
_QUOTES = frozenset({"'", '"', "`"})


def _end_comment(text: str, _start: int, position: int, _items: list[Token]) -> int:
    depth = 1
    for mark in _NESTED_MARK.finditer(text, position):
        depth += 1 if mark.group() == "/*" else -1
        if not depth:
            return mark.end()
    return len(text)


def _end_dollar(text: str, start: int, _position: int, items: list[Token]) -> int:
    tag = _DOLLAR.match(text, start)
    close = text.find(tag.group(), tag.end()) if tag else -1
    if tag is None or close < 0:
        items.append(Token(SIGN, "$", start))
        # A quote that is never closed holds all that follows; to look for each further tag takes too long.
        return start + 1 if tag is None else len(text)
    end = close + len(tag.group())
    items.append(Token(STRING, text[start:end], start))
    return end


_LONG = {"nesting": _end_comment, "dollar": _end_dollar}


def _close(items: list[Token], problem: str) -> Tokens:
    opened: list[int] = []
    closing: dict[int, int] = {}
    wrong: list[tuple[str, int]] = []
    before = ","
    for index, token in enumerate(items):
        word = token.word
        if word == "(":
            opened.append(index)
        elif word == ")":
            if opened:
                closing[opened.pop()] = index
            else:
                wrong.append((UNOPENED, token.start))
        if (word == "," and before in _BEFORE_AN_ITEM) or (word == ")" and before == ","):
            wrong.append((EMPTY_ITEM, token.start))
        before = word
    if items and before == ",":
        wrong.append((EMPTY_ITEM, items[-1].start))
    if opened:
        wrong.append((UNCLOSED, items[opened[-1]].start))
    closing.update(dict.fromkeys(opened, len(items)))
    found, at = (problem, 0) if problem or not wrong else min(wrong, key=lambda each: each[1])
    return Tokens(items, closing, found, at)


def unquote_string(raw: str) -> str:
    """What a string literal holds, as far as the readers need it: names, bodies, values."""
    if raw.startswith("$"):
        size = raw.index("$", 1) + 1
        return raw[size:-size]
    opened = re.search("['\"]", raw)
    if opened is None:
        return raw
    quote = opened.group()
    body = raw[opened.end() : -1].replace(quote * 2, quote)
    return body.replace("\\'", "'").replace("\\\\", "\\") if raw[:1] in "eE" else body
