"""Unique keys: which a table has, and whether the rows of two INSERTs can have one in common."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mig.conflicts.schema import Schema, Thing

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_NOT_LITERAL = frozenset({"", "expression", "volatile", "default"})
ANY_KEY = "?"
"""Stands for keys that are not known."""


def unique_keys(table: str, schema: Schema) -> list[Thing]:
    """The keys and indexes of a table that let no value in twice."""
    listed = (*schema.parts(table, "constraint"), *schema.parts(table, "index"))
    return [thing for thing in listed if thing.detail.startswith(("unique", "primary key"))]


def find_keys(definition: str, columns: set[str], literals: dict[str, str]) -> str:
    """The keys of literal rows, one a line, equal ones in one form; ``?`` where they are not known."""
    words = definition.split()
    # Expressions, prefixes and conditions say more than the values of the columns.
    is_plain = definition.count("(") == 1 and not {"where", "nulls", "exclude"} & set(words)
    if not is_plain or not columns or columns - literals.keys():
        return ANY_KEY
    by_column = [literals[name].split("\n") for name in sorted(columns)]
    rows = zip(*by_column, strict=False)
    found = {"\t".join(_fold(value) for value in row) for row in rows}
    if any(value in _NOT_LITERAL for key in found for value in key.split("\t")):
        return ANY_KEY
    return "\n".join(sorted(found))


def _fold(literal: str) -> str:
    """A value as the laxest comparison sees it: without case, accents and space, numbers by value."""
    text = literal.strip("'\"").strip()
    if _NUMBER.fullmatch(text):
        return str(float(text))
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def keys_meet(one: str, other: str) -> bool:
    """Whether two sets of keys can have one in common; a NULL is never equal to anything."""
    if ANY_KEY in {one, other}:
        return True
    common = set(one.split("\n")) & set(other.split("\n"))
    return any("null" not in key.split("\t") for key in common)
