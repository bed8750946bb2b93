"""Which migrations have nothing to do with one another, told by what they do themselves and no schema.

This is for migrations of plain tables, columns, keys and indexes, and for PostgreSQL.  There only two things
make an operation reach beyond what it names: what needs a thing goes when that is dropped, and rows that are
written are checked against others.  What needs a thing was made by an operation that names it.  So a
migration that only adds stays within its own names, and any other within those and what the operations name
that speak of a thing that it drops, writes to or gives another type.  Two migrations commute where neither
changes a name that the other uses.  Programs (views, triggers, functions), types, inheritance, cascades of
rows and what cannot be read reach further: who comes near them is compared exactly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.conflicts.names import find_names
from mig.effects.footprint import Access
from mig.usecases.meeting import Terms
from mig.usecases.overlaps import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mig.effects.footprint import Effect, Footprint, Operation

_WORD = re.compile(r"\w+")
_PLAIN = frozenset(
    {
        "column",
        "constraint",
        "index",
        "names",
        "relation",
        "rows",
        "sequence",
        "shape",
        "state",
        "table",
        "values",
    }
)
_CHANGES = frozenset({Access.ALTER, Access.CREATE, Access.DROP, Access.WRITE})
_REACHING = re.compile(r"on (?:delete|update) (?:cascade|set)|\b(?:called|inherits|like|partition)\b")
_TEMPORARY = re.compile(r"\b(?:create|into)\s+(?:(?:or\s+replace|global|local)\s+)*temp", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What some operations do, as far as that can be told without a schema.

    ``names`` are the words of all that they touch, ``spoken`` the names by which files speak of these,
    ``changed`` are the words of what they change, and ``loose`` of what
    they drop, write to or give another type; ``passed_on`` are those of what changes with them, although
    they only need it.  ``unread`` are words in the text of what cannot be read.  ``is_plain`` says that
    nothing reaches further than is said above, and ``is_read`` that all of it is read.
    """

    names: frozenset[str]
    spoken: frozenset[str]
    changed: frozenset[str]
    loose: frozenset[str]
    passed_on: frozenset[str]
    unread: frozenset[str]
    is_plain: bool
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """How far a migration reaches, with all that is around it."""

    names: frozenset[str]
    changed: frozenset[str]
    unread: frozenset[str]
    is_plain: bool


class Apart:
    """Says of two unordered migrations that they commute, where that can be told at once.

    Args:
        footprint: gives what a migration does, by its id.
        near: gives all migrations that speak of what one touches, or of what they make of it.
    """

    def __init__(self, footprint: Callable[[str], Footprint], near: Callable[[str], Iterable[str]]) -> None:
        self._footprint = footprint
        self._near = near
        self._traits: dict[str, Traits] = {}
        self._odd: set[str] = set()
        self._unread: set[str] = set()
        self._parts: dict[str, tuple[Traits, ...]] = {}
        self._reaches: dict[str, _Reach] = {}

    def are_apart(self, one: str, other: str) -> bool:
        """Whether two unordered migrations are known to commute; False says nothing."""
        first, second = self._of(one), self._of(other)
        if not all(each.is_plain and each.is_read for each in (first, second)) or _meet(first, second):
            return False
        if first.loose and second.loose:
            # What both do to tables that the history does not show could meet there.
            return False
        far, wide = self._reach(one), self._reach(other)
        names = first.spoken | second.spoken
        return (
            far.is_plain
            and wide.is_plain
            and far.unread.isdisjoint(names)
            and wide.unread.isdisjoint(names)
            and not _meet(far, wide)
        )

    def terms(self, migration_id: str) -> Terms:
        """What to look for to find all that are not apart from a migration."""
        own, far = self._of(migration_id), self._reach(migration_id)
        loose = {"loose"} if own.loose else set[str]()
        return Terms(
            offers=frozenset(
                loose
                | {f"names {word}" for word in far.names}
                | {f"changes {word}" for word in far.changed}
                | {f"speaks {word}" for word in own.spoken}
                | {f"unread {word}" for word in far.unread}
            ),
            asks=frozenset(
                loose
                | {f"names {word}" for word in far.changed}
                | {f"changes {word}" for word in far.names}
                | {f"speaks {word}" for word in far.unread}
                | {f"unread {word}" for word in own.spoken}
            ),
            is_wide=not (own.is_plain and own.is_read and far.is_plain and far.unread.isdisjoint(own.spoken)),
        )

    def _of(self, migration_id: str) -> Traits:
        if migration_id not in self._traits:
            found = self._traits[migration_id] = find_traits(self._footprint(migration_id).operations)
            if not found.is_plain:
                self._odd.add(migration_id)
            if not found.is_read:
                self._unread.add(migration_id)
        return self._traits[migration_id]

    def _reach(self, migration_id: str) -> _Reach:
        if migration_id not in self._reaches:
            self._reaches[migration_id] = self._find_reach(migration_id, frozenset(self._near(migration_id)))
        return self._reaches[migration_id]

    def _find_reach(self, migration_id: str, near: frozenset[str]) -> _Reach:
        own = self._of(migration_id)
        for i in near:
            self._of(i)
        names, changed = set(own.names), set(own.changed)
        for i in near if own.loose else ():
            if not own.loose.isdisjoint(self._of(i).names):
                for part in self._operations_of(i):
                    if not own.loose.isdisjoint(part.names):
                        names |= part.names
                        changed |= part.changed | part.passed_on
        return _Reach(
            names=frozenset(names),
            changed=frozenset(changed),
            unread=frozenset[str]().union(*(self._of(i).unread for i in near & self._unread)),
            is_plain=near.isdisjoint(self._odd),
        )

    def _operations_of(self, migration_id: str) -> tuple[Traits, ...]:
        """The operations that leave something behind which can need what it names."""
        if migration_id not in self._parts:
            operations = self._footprint(migration_id).operations
            self._parts[migration_id] = tuple(find_traits((one,)) for one in operations if _makes(one))
        return self._parts[migration_id]


def _meet(one: Traits | _Reach, other: Traits | _Reach) -> bool:
    """Whether one of them changes what the other uses."""
    return not (one.changed.isdisjoint(other.names) and one.names.isdisjoint(other.changed))


def find_traits(operations: Iterable[Operation]) -> Traits:
    """The traits of some operations."""
    listed = tuple(operations)
    effects = dict.fromkeys(effect for one in listed for effect in one.effects)
    unread = [one for one in listed if one.opaque]
    return Traits(
        names=_words(effects),
        spoken=frozenset(find_names(listed)),
        changed=_words(e for e in effects if e.access in _CHANGES or _is_indexed(e)),
        loose=_words(e for e in effects if _is_loose(e)),
        passed_on=_words(e for e in effects if e.kind == "sequence" or e.aspect in {"index", "key"}),
        unread=frozenset(word for one in unread for word in _WORD.findall(one.text.lower())),
        is_plain=all(map(_is_plain, listed)),
        is_read=not unread,
    )


def _words(effects: Iterable[Effect]) -> frozenset[str]:
    return frozenset(word for effect in effects for word in words_of(effect.resource))


def _is_indexed(effect: Effect) -> bool:
    """Whether it is a table that gets an index: a foreign key to it may choose that one."""
    return effect.kind == "table" and effect.access is Access.NEED and effect.aspect in {"index", "key"}


def _is_loose(effect: Effect) -> bool:
    """Whether an effect can reach what the operation does not name."""
    if effect.renamed_from or effect.access in {Access.DROP, Access.WRITE}:
        return True
    return effect.access is Access.ALTER and effect.aspect == "type"


def _makes(operation: Operation) -> bool:
    made = {Access.ALTER, Access.CREATE}
    return any(effect.access in made or effect.renamed_to for effect in operation.effects)


def _is_plain(operation: Operation) -> bool:
    if operation.is_conditional or _TEMPORARY.search(operation.text):
        return False
    made = {effect.name for effect in operation.effects if effect.kind == "table"}
    return all(
        (effect.kind in _PLAIN or _is_plain_type(effect, made))
        and not _REACHING.search(effect.detail.lower())
        for effect in operation.effects
    )


def _is_plain_type(effect: Effect, made: set[str]) -> bool:
    """Whether a type is that of the rows of a table, or only used: who changes one is not plain."""
    return effect.kind == "type" and (effect.name in made or effect.access in {Access.NEED, Access.READ})
