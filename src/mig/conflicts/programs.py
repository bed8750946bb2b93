"""What the body of a trigger does when it fires, as far as its text tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mig.effects.footprint import Access, Effect
from mig.effects.sql import read_sql

_EVENTS = re.compile(
    r"\b(?:before|after|instead\s+of)\s+((?:insert|delete|truncate|update(?:\s+of\s+[^;()]+?)?)"
    r"(?:\s+or\s+(?:insert|delete|truncate|update(?:\s+of\s+[^;()]+?)?))*)\s+on\b",
    re.IGNORECASE,
)
_NO_TIME = re.compile(r"\b(insert|delete|update(?:\s+of\s+[^;()]+?)?)\s+on\b", re.IGNORECASE)
_WRITES = re.compile(
    r"\b(?:insert\s+(?:or\s+\w+\s+|ignore\s+)?into|replace\s+into|update|delete\s+from|truncate)\b[^;]*",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(r"\bnew\s*\.\s*[\"`\[]?(\w+)[\"`\]]?\s*:?=", re.IGNORECASE)
_OF_ROW = re.compile(r"\b(?:new|old)\s*\.\s*[\"`\[]?(\w+)", re.IGNORECASE)
# As in to_jsonb(NEW); RETURN NEW looks at nothing, and neither does REFERENCING NEW TABLE AS.
_WHOLE_ROW = re.compile(r"(?<!return )\b(?:new|old)\b(?!\s*\.|\s+(?:table|row|as)\b)", re.IGNORECASE)
_DYNAMIC = re.compile(
    r"\b(execute|prepare|call|perform|create|alter|drop|grant|revoke|refresh|copy|commit|set_config)\b",
    re.IGNORECASE,
)
_LOOKS = re.compile(r"\bselect\b|\bfor\b", re.IGNORECASE)
_EXECUTES = re.compile(r"\bexecute\s+(?:function|procedure)\s+([\w.\"]+)\s*\(", re.IGNORECASE)
_BEGIN = re.compile(r"\bbegin\b", re.IGNORECASE)
_PARAMETERS = re.compile(r"\((?:[^()]|\([^()]*\))*\)")
_QUOTED = re.compile(r"(\$\w*\$)(.*?)\1", re.DOTALL)
_ROWS = ("new.", "old.", "excluded.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``insert``, ``update`` (of some columns), ``delete`` or ``truncate``."""

    name: str
    columns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The effects of one run; ``assigned`` are columns of the row itself, ``doubt`` what cannot be read.

    ``looks`` says that it reads tables besides, of which the needs of the program tell.
    """

    effects: tuple[Effect, ...] = ()
    assigned: frozenset[str] = frozenset()
    doubt: str = ""
    looks: bool = False


@lru_cache(maxsize=4096)
def read_events(text: str) -> tuple[Event, ...]:
    """When a trigger fires; every event where its text does not tell."""
    found = _EVENTS.search(text) or _NO_TIME.search(text)
    if found is None:
        return tuple(Event(name=name) for name in ("insert", "update", "delete", "truncate"))
    return tuple(_read_event(part) for part in re.split(r"\s+or\s+", found[1], flags=re.IGNORECASE))


def _read_event(text: str) -> Event:
    name, _, columns = re.sub(r"\s+", " ", text.strip().lower()).partition(" of ")
    return Event(name=name, columns=frozenset(c.strip(' "`[]') for c in columns.split(",") if c.strip()))


def find_function(text: str) -> str:
    """The function that a PostgreSQL trigger runs."""
    found = _EXECUTES.search(text)
    return found[1].lower().replace('"', "").removeprefix("public.") if found else ""


@lru_cache(maxsize=4096)
def read_trigger(text: str, dialect: str) -> Body:
    """The body that stands in the trigger itself (SQLite, MariaDB and MySQL)."""
    found = _EVENTS.search(text) or _NO_TIME.search(text)
    return _read(text[found.end() :] if found else text, dialect)


@lru_cache(maxsize=4096)
def read_function(text: str, dialect: str) -> Body:
    """The body of a trigger function of PostgreSQL."""
    if dialect in {"mysql", "mariadb"}:
        begin = _BEGIN.search(text) or _PARAMETERS.search(text)
        return _read(text[begin.end() :], dialect) if begin else Body(doubt="a routine without parameters")
    found = _QUOTED.search(text)
    if found is None:
        return Body(doubt="a function whose body is not in its statement")
    return _read(found[2], dialect)


@lru_cache(maxsize=4096)
def read_row(trigger: str, program: str) -> tuple[str, ...]:
    """The columns of its row that a trigger looks at, in its condition or its body; ``*`` for all."""
    texts = {trigger, program}
    if any(_WHOLE_ROW.search(" ".join(text.split())) for text in texts):
        return ("*",)
    return tuple(sorted({name.lower() for text in texts for name in _OF_ROW.findall(text)}))


def _read(body: str, dialect: str) -> Body:
    if _DYNAMIC.search(body):
        return Body(doubt="it runs statements or programs that are not in its text")
    effects: list[Effect] = []
    for statement in _WRITES.findall(body):
        for operation in read_sql(statement, dialect):
            if operation.opaque:
                return Body(doubt=f"its statement cannot be read: {operation.opaque}")
            effects += [e for e in operation.effects if not e.name.startswith(_ROWS)]
    kept = tuple(e for e in effects if e.access in {Access.READ, Access.WRITE})
    return Body(
        effects=kept,
        assigned=frozenset(c.lower() for c in _ASSIGNED.findall(body)),
        looks=bool(_LOOKS.search(_WRITES.sub(" ", body))),
    )
