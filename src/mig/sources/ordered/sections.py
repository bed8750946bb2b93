"""Takes one file of ordered SQL apart: what is applied, what reverts it, what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.sources.base import Problem, Reading
from mig.sources.declarations import MEANING, find_in_sql
from mig.sources.native_sql import decode
from mig.sources.ordered.conventions import PROGRAMS
from mig.sqltext.digest import text_checksum

if TYPE_CHECKING:
    from mig.model import Convention


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """The text that is applied and the line on which it begins, and the same of what reverts it."""

    up: str
    up_line: int = 1
    down: str | None = None
    down_line: int = 1


def take_apart(text: str, convention: Convention) -> Sections | None:
    """The sections of a file, or None where the mark that opens the first is missing."""
    if convention.up_mark is None:
        return Sections(up=text)
    up = convention.up_mark.search(text)
    if up is None:
        return None
    down = convention.down_mark.search(text, up.end()) if convention.down_mark else None
    end = down.start() if down else len(text)
    return Sections(
        up=_as_regions(text[up.end() : end], convention),
        up_line=_line_of(text, up.end()),
        down=_as_regions(text[down.end() :], convention) if down else None,
        down_line=_line_of(text, down.end()) if down else 1,
    )


def read_file(name: re.Match[str], data: bytes, convention: Convention) -> Reading:
    """What a file says whose path has been matched with the convention's."""
    text, odd = decode(data)
    migration_id = name["id"]
    description = " ".join(name["name"].replace("-", "_").split("_"))
    if not text:
        # An empty migration is a placeholder that all of these tools apply.
        empty = [problem for problem in odd if problem.code == "MIG009"]
        return Reading(id=migration_id if empty else "", description=description, problems=odd)
    is_program = name.string.endswith(PROGRAMS)
    sections = Sections(up=text) if is_program else take_apart(text, convention)
    if sections is None:
        missing = Problem("MIG005", f"there is no section of {convention.name}'s to apply", 1)
        return Reading(problems=(*odd, missing))
    declared, wrong = find_in_sql(text, MEANING)
    return Reading(
        id=migration_id,
        description=description,
        checksum=_checksum(sections),
        reversible=bool(sections.down and sections.down.strip()),
        transactional=not (convention.no_transaction and convention.no_transaction.search(text)),
        directives=declared,
        problems=(*odd, *wrong),
    )


def _as_regions(text: str, convention: Convention) -> str:
    """The text with the tool's marks around one statement written as mig's, line for line."""
    for mark, ours in ((convention.begin_mark, "mig:statement"), (convention.end_mark, "mig:end")):
        if mark:
            text = re.sub(rf"(?m)^[ \t]*--[ \t]*{re.escape(mark)}[^\n]*$", f"-- {ours}", text)
    return text


def _checksum(sections: Sections) -> str:
    """A digest of what is applied, but for line endings and trailing space."""
    return text_checksum(sections.up)


def _line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
