"""Walks over the tokens of a statement: what comes next, names, groups in parentheses, lists."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.tokens import NAME, STRING, WORD, Token, Tokens, tokenise, unquote_string

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 60
_LONGEST_TEXT = 400
_END = Token("end", "", 0)


class UnreadError(Exception):
    """The statement goes on in a way that the readers do not know; never leaves the package."""


class Cursor:
    """A place in a run of tokens, from which readers take what they know.

    ``depth`` counts the parentheses around the run, so that nesting stays bounded.
    """

    __slots__ = ("_tokens", "depth", "dialect", "position", "stop")

    def __init__(self, tokens: Tokens, dialect: str, position: int, stop: int, depth: int = 0) -> None:
        if depth > MAX_DEPTH:
            raise UnreadError(f"nested deeper than {MAX_DEPTH} parentheses")
        self._tokens = tokens
        self.dialect = dialect
        self.position = position
        self.stop = stop
        self.depth = depth

    @classmethod
    def over(cls, text: str, dialect: str, *, depth: int = 0) -> Cursor:
        tokens = tokenise(text, dialect)
        return cls(tokens, dialect, 0, len(tokens.items), depth)

    @property
    def problem(self) -> str:
        return self._tokens.problem

    @property
    def is_done(self) -> bool:
        return self.position >= self.stop

    @property
    def token(self) -> Token:
        return self._tokens.items[self.position] if self.position < self.stop else _END

    @property
    def word(self) -> str:
        """What the next token is compared by, empty at the end."""
        return self._tokens.items[self.position].word if self.position < self.stop else ""

    def peek(self, ahead: int = 1) -> str:
        at = self.position + ahead
        return self._tokens.items[at].word if 0 <= at < self.stop else ""

    def peek_token(self, ahead: int = 1) -> Token:
        at = self.position + ahead
        return self._tokens.items[at] if 0 <= at < self.stop else _END

    def advance(self, count: int = 1) -> None:
        self.position = min(self.position + count, self.stop)

    def accept(self, *words: str) -> bool:
        """Take these words, if exactly they come next."""
        items, at = self._tokens.items, self.position
        if at + len(words) > self.stop:
            return False
        for offset, word in enumerate(words):
            if items[at + offset].word != word:
                return False
        self.position = at + len(words)
        return True

    def accept_one(self, *words: str) -> str:
        """Take the next word if it is one of these; empty if it is not."""
        word = self.word
        if word and word in words:
            self.position += 1
            return word
        return ""

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            raise UnreadError(f"{' '.join(words)} expected at {self.word[:40] or 'the end'}")

    def finish(self) -> None:
        if not self.is_done:
            raise UnreadError(f"nothing known goes on with {self.word[:40]}")

    def is_name(self) -> bool:
        kind = self.token.kind
        return kind in {WORD, NAME} or (kind == STRING and self.dialect != "postgresql")

    def part(self) -> str:
        """One name, folded."""
        if not self.is_name():
            raise UnreadError(f"a name expected at {self.word[:40] or 'the end'}")
        raw = self.word
        self.position += 1
        return names.fold(raw, self.dialect)

    def parts(self) -> tuple[str, ...]:
        """A name with what qualifies it."""
        found = [self.part()]
        while self.word == "." and self.peek_token().kind in {WORD, NAME}:
            self.position += 1
            found.append(self.part())
        return tuple(found)

    def name(self) -> str:
        """A name with its schema, unless that is the default one."""
        return names.join(self.parts(), self.dialect)

    def group(self) -> Cursor:
        """Take what stands in parentheses."""
        if self.word != "(":
            raise UnreadError(f"( expected at {self.word[:40] or 'the end'}")
        start = self.position
        close = min(self._tokens.closing.get(start, self.stop), self.stop)
        self.position = min(close + 1, self.stop)
        return Cursor(self._tokens, self.dialect, start + 1, close, self.depth + 1)

    def skip_group(self) -> bool:
        if self.word != "(":
            return False
        self.group()
        return True

    def skip_to(self, *words: str) -> bool:
        """Go to the next of these words outside of parentheses; whether there is one."""
        while not self.is_done:
            if self.word in words:
                return True
            self.step()
        return False

    def step(self) -> None:
        """Pass over one token, or one group in parentheses."""
        at = self.position
        if at < self.stop and self._tokens.items[at].word == "(":
            at = self._tokens.closing.get(at, self.stop)
        self.position = min(at + 1, self.stop)

    def until(self, *words: str) -> Cursor:
        """Take all up to the next of these words, or to the end."""
        start = self.position
        self.skip_to(*words)
        return self.cut(start)

    def cut(self, start: int) -> Cursor:
        """What lies between a former position and this one."""
        return Cursor(self._tokens, self.dialect, start, self.position, self.depth)

    def rest(self) -> Cursor:
        """Take all that is left."""
        start, self.position = self.position, self.stop
        return self.cut(start)

    def copy(self) -> Cursor:
        return Cursor(self._tokens, self.dialect, self.position, self.stop, self.depth)

    def split(self, sign: str = ",") -> Iterator[Cursor]:
        """What stands between the commas, outside of parentheses."""
        while not self.is_done:
            yield self.until(sign)
            self.accept(sign)

    def names(self) -> tuple[str, ...]:
        """The names of a list in parentheses, each without what follows it."""
        return tuple(item.part() for item in self.group().split() if item.is_name())

    def string(self) -> str:
        """The contents of a string literal."""
        if self.token.kind != STRING:
            raise UnreadError(f"a string expected at {self.word[:40] or 'the end'}")
        raw = self.word
        self.position += 1
        return unquote_string(raw)

    def words(self) -> Iterator[Token]:
        """All tokens of the run, wherever the cursor is in it."""
        for at in range(self.position, self.stop):
            yield self._tokens.items[at]

    def text(self) -> str:
        """What is left, with one space between tokens: equal for equal definitions."""
        result = " ".join([self._plain(token) for token in self.words()])
        if len(result) <= _LONGEST_TEXT:
            return result
        digest = hashlib.sha256(result.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return f"{result[:80]} ... {digest}"

    def _plain(self, token: Token) -> str:
        """A token without quotes that change nothing."""
        return names.fold(token.word, self.dialect) if token.kind == NAME else token.word

    def text_from(self, start: int) -> str:
        return self.cut(start).text()
