"""A grammar of migrations: templates of statements, and the small pool of names that fills them.

``templates/DATABASE.sql`` says what there is.  ``;;`` stands between the statements of one template,
``<a|b>`` is one of its parts, ``{t}`` a name:

- ``t`` and ``u`` tables, ``c`` and ``d`` columns of ``t``, ``e`` one of ``u``, ``x`` a new column of ``t``
- ``i`` an index, ``v`` a view, ``m`` a materialized one, ``g`` a trigger, ``k`` a constraint of ``t``,
  ``s`` a sequence, ``f`` a function, ``y`` a type, ``l`` a label of one; in capitals the name of a new one
- ``n`` a number, ``w`` a literal, ``type`` a type, ``big`` one that takes the values of others

A new name can be used by the statements that follow in its script.  That a statement works is for the
database to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOLDER = Path(__file__).parent / "templates"
_HEADING = re.compile(r"^-- section: (\w+)$", re.MULTILINE)
_PARTS = re.compile(r"<([^<>]*)>")
_SLOT = re.compile(r"\{(\w+)\}")
_COLUMNS_OF = {"c": "t", "d": "t", "e": "u"}
_MADE = re.compile(r"CREATE (?:\w+ )*?(?:VIEW|TABLE|FUNCTION|PROCEDURE|SEQUENCE) (\w+)")
_THERE = frozenset("tivmgksfy")
_ELSEWHERE = 8  # every which column is not one of its table
_T = TypeVar("_T")


class Choose(Protocol):
    """Takes one of several: at random, or as hypothesis draws."""

    def __call__(self, options: Sequence[_T], /) -> _T: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """The templates of one database; ``parts`` maps a table to its own names of one slot."""

    base: tuple[str, ...]
    perhaps: tuple[str, ...]
    operations: tuple[str, ...]
    names: dict[str, tuple[str, ...]]
    parts: dict[str, dict[str, tuple[str, ...]]]


@cache
def read_grammar(database: str) -> Grammar:
    """The grammar of ``sqlite``, ``postgresql`` or ``mariadb``."""
    text = (_FOLDER / f"{database}.sql").read_text(encoding="utf-8")
    _, *pieces = _HEADING.split(text)
    sections = {
        name: tuple(line.removesuffix(";") for line in piece.strip().splitlines())
        for name, piece in zip(pieces[::2], pieces[1::2], strict=True)
    }
    parts = {
        slot: _read_names(sections.get(section, ()))
        for slot, section in (("c", "columns"), ("i", "indexes"), ("k", "constraints"))
    }
    return Grammar(
        base=sections["base"],
        perhaps=sections["perhaps"],
        operations=sections["operations"],
        names=_read_names(sections["names"]),
        parts=parts,
    )


def _read_names(lines: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found = (line.partition(":") for line in lines)
    return {name: tuple(rest.split()) for name, _, rest in found}


def make_base(grammar: Grammar, choose: Choose) -> tuple[str, ...]:
    """A base: what every one has, and some of what one can have, with what that needs."""
    chosen = [text for text in grammar.perhaps if choose((True, True, False))]
    absent = _names_made(grammar.perhaps) - _names_made(chosen)
    return (*grammar.base, *(text for text in chosen if not absent & _words(text)))


def _names_made(statements: Sequence[str]) -> set[str]:
    return {found[1] for text in statements if (found := _MADE.match(text))}


class Writer:
    """Writes scripts upon one base; ``tables`` are those that they are about."""

    def __init__(self, grammar: Grammar, base: Sequence[str], tables: Sequence[str], choose: Choose) -> None:
        self._grammar = grammar
        self._choose = choose
        there = _words("\n".join(base))
        absent = _words("\n".join(grammar.perhaps)) - there
        self._names = {
            slot: [name for name in names if slot not in _THERE or name not in absent]
            for slot, names in grammar.names.items()
        }
        self._names["t"] = [name for name in tables if name not in absent] or self._names["t"]
        self._parts = {
            slot: {owner: [n for n in names if n not in absent] for owner, names in table.items()}
            for slot, table in grammar.parts.items()
        }

    def write(self, length: int) -> tuple[str, ...]:
        """A script; a template can be of several statements."""
        return tuple(text for _ in range(length) for text in self._statement())

    def _statement(self) -> list[str]:
        text = self._choose(self._grammar.operations)
        while found := _PARTS.search(text):
            text = text[: found.start()] + self._choose(found[1].split("|")) + text[found.end() :]
        filled: dict[str, str] = {}
        text = _SLOT.sub(lambda slot: self._fill(slot[1], filled), text)
        self._learn(filled)
        return text.split(" ;; ")

    def _fill(self, slot: str, filled: dict[str, str]) -> str:
        if slot not in filled:
            filled[slot] = self._pick(slot, filled)
        return filled[slot]

    def _pick(self, slot: str, filled: dict[str, str]) -> str:
        if slot in {"n", "w"}:
            return self._choose(self._names[slot])
        if slot in {"t", "u"}:
            return self._choose(self._names["t"])
        kind = "c" if slot in _COLUMNS_OF else slot
        table = self._fill(_COLUMNS_OF.get(slot, "t"), filled) if slot in {*_COLUMNS_OF, "i", "k"} else ""
        own = self._parts.get(kind, {}).get(table, ())
        if own and self._choose(range(_ELSEWHERE)):
            return self._choose(own)
        return self._choose(self._names[kind] or ["nothing"])

    def _learn(self, filled: dict[str, str]) -> None:
        for slot, name in filled.items():
            if slot.isupper():
                self._names.setdefault(slot.lower(), []).append(name)
            elif slot == "x":
                self._parts["c"].setdefault(filled.get("t", ""), []).append(name)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))
