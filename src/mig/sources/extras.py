"""Reads what stands beside the migrations of a lineage: repeatables and callbacks, both in SQL."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from mig.config import DIALECTS
from mig.errors import SourceError
from mig.model import CALLBACKS, REPEATABLE, Script
from mig.sources.base import Problem, Reading
from mig.sources.native_directives import BESIDE, find_directives, find_problems, split_ids
from mig.sources.native_sql import DIRECTIVE, decode
from mig.sqltext.digest import text_checksum
from mig.sqltext.variables import find_uses
from mig.tree import is_under

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.model import Directive, Lineage
    from mig.sqltext.split import Split

MOMENTS = ("before_up", "after_up", "before_down", "after_down", "before_each", "after_each")
"""The names of callbacks: when each of them is run."""
_MAX_PROBLEMS = 1000


class Place(NamedTuple):
    """Which role a file has, and what it is called: its path below the folder, without the ending."""

    role: str
    name: str


def find_place(lineage: Lineage, path: str) -> Place | None:
    """The place of a file that is a repeatable or a callback; None for any other path."""
    if not path.lower().endswith(".sql") or path.rpartition("/")[2].startswith("."):
        return None
    for folder in lineage.paths:
        if is_under(path, folder) and path != folder:
            role, mark, name = path[len(folder) + 1 if folder else 0 :].partition("/")
            if mark and role in (REPEATABLE, CALLBACKS):
                return Place(role, name[: -len(".sql")])
    return None


def read_extra(role: str, data: bytes) -> Reading:
    """What a repeatable or callback says.  Bad input gives problems and never an exception."""
    text, odd = decode(data)
    if not text:
        return Reading(problems=odd)
    directives = tuple(directive for _, directive in find_directives(text, DIRECTIVE))
    allowed = {name: check for name, check in BESIDE.items() if name != "needs" or role == REPEATABLE}
    dialects = _listed(directives, "dialect")
    return Reading(
        requires=_listed(directives, "needs"),
        line=next((d.line for d in directives if d.name == "needs"), 1),
        checksum=text_checksum(text),
        transactional=all(d.name != "no-transaction" for d in directives),
        directives=tuple((d.name, d.value, d.line) for d in directives if d.name in ("touches", "ignore")),
        dialects=tuple(name for name in dialects if name in DIALECTS),
        problems=(
            *odd,
            *islice(find_problems(directives, allowed), _MAX_PROBLEMS),
            *islice(_find_unreadable(text, dialects or DIALECTS), _MAX_PROBLEMS),
        ),
        variables=find_uses(text),
    )


def find_misnamed(place: Place) -> Iterator[Problem]:
    """A callback that would never be run."""
    name = place.name
    if place.role == CALLBACKS and name not in MOMENTS:
        import difflib

        near = difflib.get_close_matches(name, MOMENTS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"they are {', '.join(MOMENTS)}"
        yield Problem("MIG014", f"there is no callback {name} ({hint})", 0)


def read_script(path: str, data: bytes, dialect: str) -> Script:
    """The statements of a repeatable or callback, for one dialect.

    Raises:
        SourceError: it cannot be split into statements.
    """
    text, _ = decode(data)
    found = split_extra(text, dialect)
    for message, line in found.problems:
        raise SourceError(f"{path}:{line}: {message}", hint="mig explain MIG006")
    is_transactional = not any(d.name == "no-transaction" for _, d in find_directives(text, DIRECTIVE))
    return Script(language="sql", up=found.statements, down=None, transactional=is_transactional, text=text)


def split_extra(text: str, dialect: str) -> Split:
    """The statements of the whole text, with what keeps it from being split."""
    from mig.sqltext.split import split  # not needed where all readings are known

    return split(text, dialect)


def _find_unreadable(text: str, dialects: tuple[str, ...]) -> Iterator[Problem]:
    """What keeps a text from being split in each of its dialects, or that it does nothing."""
    found: Split | None = None
    for dialect in dialects:
        found = split_extra(text, dialect)
        if not found.problems:
            if not found.statements:
                yield Problem("MIG009", "the file holds no statement", 0)
            return
    if found is not None:
        yield from (Problem("MIG006", message, line) for message, line in found.problems)


def _listed(directives: tuple[Directive, ...], name: str) -> tuple[str, ...]:
    values = (part for d in directives if d.name == name for part in split_ids(d.value))
    return tuple(dict.fromkeys(part for part in values if part))
