"""Knows, while a statement is read, whether a semicolon ends it or belongs to a body inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_BEFORE_KIND = frozenset(
    {
        "or",
        "replace",
        "alter",
        "temp",
        "temporary",
        "constraint",
        "aggregate",
        "definer",
        "current_user",
        "current_role",
    }
)
_OPENERS = frozenset({"begin", "case", "if", "loop", "while", "repeat", "for"})
_STARTS_INSIDE = frozenset({"begin", "loop", "repeat"})
_STARTERS = frozenset(
    {
        "alter",
        "call",
        "close",
        "create",
        "delete",
        "do",
        "drop",
        "execute",
        "fetch",
        "grant",
        "insert",
        "iterate",
        "leave",
    }
    | {
        "open",
        "prepare",
        "replace",
        "resignal",
        "return",
        "select",
        "set",
        "signal",
        "truncate",
        "update",
        "with",
    }
)
_BEFORE_TYPE_SET = frozenset({"character", "char", "returns"})
_EXPRESSION = "case expression"


def _is_name(before: str) -> bool:
    """Whether what follows this piece is a name, whatever keyword it looks like."""
    return before == "as" or before.endswith((".", "@"))


class Body:
    """Follows one statement, piece by piece.

    ``first`` is its first word.  ``is_open`` says that a semicolon here does not end it, ``is_plain``
    that none inside it ever will be one of a body, and ``is_routine`` that it has or may have a body.
    """

    __slots__ = ("_before", "_dialect", "_follow", "first", "is_open", "is_plain", "is_routine", "kind")

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self._before = ""
        self._follow: Callable[[str], None] = self._first_word
        self.first = ""
        self.kind = ""
        self.is_open = False
        self.is_plain = False
        self.is_routine = False

    def feed(self, piece: str) -> None:
        """Take the next word (in lower case), sign, or ``'`` for anything in quotes."""
        self._follow(piece)
        self._before = piece

    def _first_word(self, piece: str) -> None:
        if not piece[:1].isalpha():
            return
        self.first = piece
        if piece == "create" or (piece == "alter" and self._dialect in _PROCEDURAL):
            self._follow = self._create
        elif piece == "begin" and self._dialect in _PROCEDURAL:
            self._follow = self._after_begin
        elif piece in _OPENERS and self._dialect == "mariadb":
            self._enter(piece, Procedural(self), seeking=False)
        else:
            self.is_plain = True

    def _after_begin(self, piece: str) -> None:
        """``BEGIN NOT ATOMIC`` is MariaDB's block outside of routines; all else begins a transaction."""
        if piece == "not":
            self._enter("begin", Procedural(self), seeking=False)
        else:
            self.is_plain = True

    def _create(self, piece: str) -> None:
        is_word = piece[:1].isalpha() and not self._before.endswith(("=", "@"))
        if not is_word or piece in _BEFORE_KIND:
            return
        self.kind = piece
        kinds = _KINDS.get(self._dialect, _KINDS[""])
        follow = kinds.get(piece)
        if follow is None:
            self.is_plain = True
            return
        self.is_routine = True
        self._follow = follow(self)

    def _enter(self, opener: str, block: Procedural, *, seeking: bool) -> None:
        self.is_routine = True
        self._follow = block
        block.start(opener, seeking=seeking)


class Listed:
    """The bodies of SQLite's triggers and PostgreSQL's ``BEGIN ATOMIC``: a list of plain statements.

    Each of those ends with a semicolon, so the END of the body is the one that follows a semicolon,
    and the END of a CASE or a column of that name is none.
    """

    __slots__ = ("_before", "_body", "_opener")

    def __init__(self, body: Body, opener: tuple[str, ...]) -> None:
        self._body = body
        self._opener = opener
        self._before = ""

    def __call__(self, piece: str) -> None:
        if not self._body.is_open:
            self._body.is_open = (self._before, piece)[-len(self._opener) :] == self._opener
        elif piece == "end" and self._before in {";", self._opener[-1]}:
            self._body.is_open = False
            self._opener = ("",)
        self._before = piece


class Parentheses:
    """``CREATE RULE ... DO (a; b)``: semicolons in parentheses belong to the rule."""

    __slots__ = ("_body", "_depth")

    def __init__(self, body: Body) -> None:
        self._body = body
        self._depth = 0

    def __call__(self, piece: str) -> None:
        self._depth += (piece == "(") - (piece == ")")
        self._body.is_open = self._depth > 0


class Procedural:
    """The bodies of SQL/PSM, as MySQL and MariaDB have them: blocks, branches and loops that nest.

    Keywords count only where a statement of the body can begin, because BEGIN and END are
    allowed as names, and IF and REPEAT are functions too.
    """

    __slots__ = (
        "_at_start",
        "_before",
        "_body",
        "_declares",
        "_depth",
        "_gate",
        "_open",
        "_seeking",
        "_until",
    )

    def __init__(self, body: Body, gate: tuple[str, str] | None = None) -> None:
        self._body = body
        self._gate = gate
        self._open: list[str] = []
        self._before = body.kind
        self._depth = 0
        self._at_start = self._declares = self._until = False
        self._seeking = gate is None

    def start(self, opener: str, *, seeking: bool) -> None:
        """Begin inside a block that stands outside of any routine."""
        self._seeking = seeking
        self._push(opener)
        self._before = opener

    def __call__(self, piece: str) -> None:
        self._at_start = self._read(piece)
        self._before = piece
        self._body.is_open = bool(self._open)

    def _read(self, piece: str) -> bool:
        """Take one piece; whether a statement can begin after it."""
        if self._gate is not None:
            self._pass_gate(piece, *self._gate)
            return False
        if piece == ";":
            self._seeking = self._declares = self._until = False
            return True
        if self._open and self._open[-1] == _EXPRESSION:
            self._read_expression(piece)
            return False
        if self._seeking:
            return self._seek(piece)
        return self._read_statement(piece)

    def _pass_gate(self, piece: str, before: str, last: str) -> None:
        """Wait for the words after which the body of a trigger (EACH ROW) or an event (DO) begins."""
        if piece == last and before in {"", self._before}:
            self._gate = None
            self._seeking = True

    def _seek(self, piece: str) -> bool:
        """Pass over what stands between the head of a routine or a handler and its body."""
        self._depth += (piece == "(") - (piece == ")")
        names_this = self._before in {self._body.kind, "exists"} or self._before.endswith((".", "@"))
        if self._depth > 0 or names_this:
            return False
        if piece in _OPENERS:
            self._seeking = False
            return self._push(piece)
        if piece in _STARTERS and not (piece == "set" and self._before in _BEFORE_TYPE_SET):
            self._seeking = False
        return False

    def _read_expression(self, piece: str) -> None:
        if piece == "case" and not _is_name(self._before):
            self._open.append(_EXPRESSION)
        elif piece == "end" and not _is_name(self._before):
            self._open.pop()

    def _read_statement(self, piece: str) -> bool:
        top = self._open[-1] if self._open else ""
        if piece == "end" and top and (self._at_start or self._until):
            self._open.pop()
            self._until = False
            return False
        if self._at_start and piece in _OPENERS:
            return self._push(piece)
        if piece == "case" and top and self._before != "end" and not _is_name(self._before):
            self._open.append(_EXPRESSION)
            return False
        return self._read_word(piece, top)

    def _read_word(self, piece: str, top: str) -> bool:
        if self._at_start:
            self._declares = piece == "declare"
            self._until = piece == "until" and top == "repeat"
        elif piece == "for" and self._before == "handler" and self._declares:
            self._seeking = True
        elif piece in {"then", "else"}:
            return top in {"if", "case"}
        elif piece == "do":
            return top in {"while", "for"}
        return piece in {":", "atomic"} or (self._at_start and piece == "else")

    def _push(self, opener: str) -> bool:
        self._open.append(opener)
        self._body.is_open = True
        return opener in _STARTS_INSIDE


def _routine(body: Body) -> Procedural:
    return Procedural(body)


def _trigger(body: Body) -> Procedural:
    return Procedural(body, ("each", "row"))


def _event(body: Body) -> Procedural:
    return Procedural(body, ("", "do"))


def _atomic(body: Body) -> Listed:
    return Listed(body, ("begin", "atomic"))


def _listed(body: Body) -> Listed:
    return Listed(body, ("begin",))


_PROCEDURAL = frozenset({"mysql", "mariadb", ""})
_ROUTINES: dict[str, Callable[[Body], Callable[[str], None]]] = {
    "event": _event,
    "function": _routine,
    "package": _routine,
    "procedure": _routine,
    "trigger": _trigger,
}
_KINDS: dict[str, dict[str, Callable[[Body], Callable[[str], None]]]] = {
    "": _ROUTINES,
    "mysql": _ROUTINES,
    "mariadb": _ROUTINES,
    "postgresql": {"function": _atomic, "procedure": _atomic, "rule": Parentheses},
    "sqlite": {"trigger": _listed},
}
