"""The operations of the matrix, read from one SQL file for each database."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from mig.sqltext.split import split

DATABASES = ("sqlite", "postgresql", "mariadb")
_FOLDER = Path(__file__).parent
_HEADING = re.compile(r"^-- (section|op): (\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """``base`` makes the schema, ``rows`` fills it; ``operations`` maps a name to its statements."""

    database: str
    base: tuple[str, ...]
    rows: tuple[str, ...]
    operations: dict[str, tuple[str, ...]]

    @property
    def variants(self) -> dict[str, tuple[str, ...]]:
        """The bases that each pair is run on: what holds for the rows of one may be luck."""
        return {"full": (*self.base, *self.rows), "empty": self.base}

    def digest(self, name: str) -> str:
        """What an operation's truth depends on besides the database: its own text."""
        return _digest(self.operations[name])

    @property
    def base_digest(self) -> str:
        return _digest((*self.base, *self.rows))


def read_corpus(database: str) -> Corpus:
    text = (_FOLDER / f"{database}.sql").read_text(encoding="utf-8")
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    sections: dict[str, tuple[str, ...]] = {}
    operations: dict[str, tuple[str, ...]] = {}
    for heading, end in zip(headings, ends, strict=True):
        kept = sections if heading[1] == "section" else operations
        if heading[2] in kept:
            raise ValueError(f"{database}.sql has two of {heading[0]}")
        kept[heading[2]] = _statements(text[heading.end() : end], database)
    return Corpus(database=database, base=sections["base"], rows=sections["rows"], operations=operations)


def _statements(text: str, database: str) -> tuple[str, ...]:
    found = split(text, database)
    if found.problems:
        raise ValueError(f"{database}.sql: {found.problems[0]}")
    return tuple(statement.text for statement in found.statements)


def _digest(statements: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(statements).encode()).hexdigest()[:12]
