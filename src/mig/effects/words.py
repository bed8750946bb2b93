"""Finds the places in SQL text where some names stand, and what stands around them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.effects.names import fold
from mig.effects.tokens import NAME, STRING, WORD, tokenise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mig.effects.tokens import Token

_DEEPEST = 3
_MAY_HOLD_CODE = frozenset({"create", "alter", "do"})
_SORTS = frozenset({"order", "group", "having"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One place where a name stands.

    ``name`` is the name as the database keeps it, ``raw`` as it is written.  ``is_text`` says that it
    stands in a string, which may be data.  ``before`` and ``after`` are the neighbouring pieces, and
    ``is_sorting`` says that it stands behind ORDER, GROUP or HAVING.
    """

    start: int
    end: int
    name: str
    raw: str
    is_text: bool = False
    is_whole: bool = False
    before: str = ""
    after: str = ""
    is_sorting: bool = False

    @property
    def is_alias(self) -> bool:
        return self.before == "as"


def find_words(text: str, dialect: str, names: Collection[str]) -> tuple[Word, ...]:
    """Where one of these names stands in a statement, also within strings and the bodies of functions."""
    return tuple(_find(text, dialect, names, 0))


def _find(text: str, dialect: str, names: Collection[str], depth: int) -> Iterator[Word]:
    items = tokenise(text, dialect).items
    has_code = bool(items) and (depth > 0 or items[0].word in _MAY_HOLD_CODE)
    is_sorting = False
    for at, token in enumerate(items):
        if token.kind == STRING and depth < _DEEPEST:
            yield from _within(token, dialect, names, depth, has_code=has_code)
        if token.kind == WORD and token.word in _SORTS:
            is_sorting = True
        if token.kind not in {WORD, NAME}:
            continue
        raw = text[token.start : token.start + len(token.word)]
        name = fold(raw, dialect)
        if name in names and (token.kind == NAME or raw.lower() == token.word):
            yield Word(
                start=token.start,
                end=token.start + len(raw),
                name=name,
                raw=raw,
                before=items[at - 1].word if at else "",
                after=items[at + 1].word if at + 1 < len(items) else "",
                is_sorting=is_sorting,
            )


def _within(
    token: Token, dialect: str, names: Collection[str], depth: int, *, has_code: bool
) -> Iterator[Word]:
    """The words in a string, which is code where it is the body of a function or a block."""
    raw = token.word
    is_dollar = raw.startswith("$")
    is_code = is_dollar and has_code
    begin = raw.index("$", 1) + 1 if is_dollar else raw.find("'") + 1
    if begin <= 0:
        return
    end = len(raw) - begin if is_dollar else len(raw) - 1
    for word in _find(raw[begin:end], dialect, names, depth + 1):
        start = token.start + begin
        yield replace(
            word, start=start + word.start, end=start + word.end, is_text=word.is_text or not is_code
        )
