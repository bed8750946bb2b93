"""The image of a schema: every object with its definition, its fingerprint, and how two images differ."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LAYOUT = 1
"""Raised when images are written in another way, so that those of another layout are not compared."""

RIGHTS = "rights:"
"""What begins the name under which an object's owner and privileges are kept, apart from its definition."""

_WHOLES = frozenset({"table", "view", "materialized view", "foreign table", "composite type", "schema"})

OWN_TABLES = ("mig_history", "mig_history_log", "mig_repeatables", "mig_schema")
"""What mig keeps in a database, which is no part of the schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaImage:
    """A schema as the database reports it, independent of the order of objects and columns.

    ``objects`` maps a resource (``column:public.users.email``) to its definition, and
    ``rights:`` with a resource to its owner and privileges.  ``server`` is the database and its
    version, since another version may write the same thing in other words.
    """

    objects: Mapping[str, str] = field(default_factory=dict)
    server: str = ""

    def without_rights(self) -> SchemaImage:
        """The image without owners and privileges, for comparing with a database of another account."""
        kept = {name: text for name, text in self.objects.items() if not name.startswith(RIGHTS)}
        return SchemaImage(objects=kept, server=self.server)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One object in which a schema is not as expected; None: it is not there.

    ``parts`` counts what comes or goes with it: a table's columns, constraints, indexes.
    """

    object: str
    expected: str | None
    found: str | None
    parts: int = 0

    @property
    def kind(self) -> str:
        """``added``, ``missing`` or ``changed``."""
        return "added" if self.expected is None else "missing" if self.found is None else "changed"


def fingerprint(image: SchemaImage) -> str:
    """The digest of an image, as 64 hex digits; the order of objects and of columns does not count."""
    text = json.dumps([LAYOUT, sorted(image.objects.items())], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def find_differences(expected: SchemaImage, found: SchemaImage) -> tuple[Difference, ...]:
    """What is not as expected, by name; what only comes or goes with its table is counted there."""
    one, other = expected.objects, found.objects
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    # The rights of what comes or goes say nothing more.
    names = [name for name in names if not name.startswith(RIGHTS) or _stays(name[len(RIGHTS) :], one, other)]
    differing = {name: (one.get(name), other.get(name)) for name in names}
    wholes = {_place(name): name for name in names if _is_whole(name) and None in differing[name]}
    parts = {name: _whole_of(name, differing, wholes) for name in names}
    counted = Counter(parts.values())
    return tuple(
        Difference(object=name, expected=differing[name][0], found=differing[name][1], parts=counted[name])
        for name in names
        if not parts[name]
    )


def keep_drift(expected: SchemaImage, before: SchemaImage, after: SchemaImage) -> SchemaImage:
    """What to expect after a run, so that what somebody had changed by hand before it still shows.

    Args:
        expected: what was expected before the run.
        before: what was there before the run.
        after: what is there after it: expected from now on, but for drift that the run left as it was.
    """
    objects = dict(after.objects)
    for name in expected.objects.keys() | before.objects.keys():
        was, there = expected.objects.get(name), before.objects.get(name)
        if was == there or there != after.objects.get(name):
            continue
        if was is None:
            objects.pop(name, None)
        else:
            objects[name] = was
    return SchemaImage(objects=objects, server=after.server)


def leave_out(objects: Mapping[str, str], tables: Iterable[str]) -> dict[str, str]:
    """The objects without tables and all that is theirs, where names say what they belong to."""
    gone = tuple(tables)
    inside = tuple(f"{table}{sign}" for table in gone for sign in ". ")
    return {
        name: text
        for name, text in objects.items()
        if (place := _place(name)) not in gone and not place.startswith(inside)
    }


def _place(name: str) -> str:
    """The object's name without its kind."""
    return name.removeprefix(RIGHTS).partition(":")[2]


def _is_whole(name: str) -> bool:
    return name.partition(":")[0] in _WHOLES


def _stays(name: str, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return name in one and name in other


def _whole_of(
    name: str, differing: Mapping[str, tuple[str | None, str | None]], wholes: Mapping[str, str]
) -> str:
    """The table that an object came or went with; empty where it stands for itself."""
    expected, found = differing[name]
    if None not in differing[name] or not wholes:
        return ""
    place = _place(name)
    owner = (expected or found or "").partition(" owned by ")[2].rpartition(".")[0]
    ends = [at for at, sign in enumerate(place) if sign in ". "]
    for inner in (*(place[:end] for end in ends), owner):
        whole = wholes.get(inner, name)
        if whole != name and (differing[whole][1] is None) == (found is None):
            return whole
    return ""
