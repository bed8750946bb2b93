"""Which migrations may have anything to do with each other at all; the others commute.

What an operation does besides its own effects is found in the schema, from name to name: each thing that
is looked up has a name that a migration of the context gave it, or spoke of.  So two migrations whose
contexts, themselves included, have no name in common cannot meet on a resource, and neither context
adds anything to what the other migration does.  What belongs to nobody (the session, the catalogue, marks for
what the history does not show) and what cannot be known is held against every other migration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mig.conflicts.commute import settle
from mig.conflicts.naming import last, owner
from mig.conflicts.settings import HARMLESS
from mig.effects.footprint import Access
from mig.findings import Verdict
from mig.usecases.meeting import Terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.conflicts.closure import Step
    from mig.effects.footprint import Effect, Operation

_WORD = re.compile(r"\w+")
_OF_A_TABLE = frozenset({"column", "values", "key", "cover"})
_NAMED_BELOW = frozenset({"index", "constraint", "trigger", "policy", "rule", "sequence"})
_OF_NOBODY = frozenset({"resolvable:schema", "unseen:schema"})
_PROGRAMS = frozenset({"trigger", "rule", "function", "view", "event"})


@dataclass(frozen=True, slots=True)
class Reach:
    """What a migration and its context touch.

    ``names`` are words of names, of columns those of their table.  ``shared`` are effects on what
    belongs to nobody.  ``is_wide`` says that it has to be compared with every other one.
    """

    names: frozenset[str]
    shared: frozenset[Effect]
    is_wide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Surrounding:
    """A migration with all earlier or unordered ones that may matter to it.

    ``fixed`` are the operations that come before it in any case, ``free`` those that come before only
    some pairs that it is part of.  ``closed`` are its steps without and with the free ones.
    """

    names: frozenset[str]
    own: tuple[Operation, ...]
    fixed: tuple[Operation, ...]
    free: tuple[Operation, ...]
    closed: tuple[Step, ...]


class Overlaps:
    """Says which pairs of migrations have to be compared; each migration is looked at once.

    Args:
        surrounding: gives what is around a migration.
        dialect: the SQL dialect.
    """

    def __init__(self, surrounding: Callable[[str], Surrounding], dialect: str) -> None:
        self._surrounding = surrounding
        self._dialect = dialect
        self._reaches: dict[str, Reach] = {}

    def may_meet(self, one: str, other: str) -> bool:
        """Whether two unordered migrations have anything in common."""
        first, second = self._reach(one), self._reach(other)
        if first.is_wide or second.is_wide or not first.names.isdisjoint(second.names):
            return True
        return any(self._clash(mine, theirs) for mine in first.shared for theirs in second.shared)

    def terms(self, migration_id: str) -> Terms:
        """What to look for to find all that ``may_meet`` is true of; it finds some more."""
        found = self._reach(migration_id)
        terms = found.names | {f" {effect.resource}" for effect in found.shared}
        return Terms(offers=terms, asks=terms, is_wide=found.is_wide)

    def _clash(self, one: Effect, other: Effect) -> bool:
        if one.resource != other.resource:
            return False
        rule = settle(one, other, self._dialect)
        return rule is None or rule.verdict is not Verdict.COMMUTE

    def _reach(self, migration_id: str) -> Reach:
        if migration_id not in self._reaches:
            self._reaches[migration_id] = find_reach(self._surrounding(migration_id))
        return self._reaches[migration_id]


def find_reach(around: Surrounding) -> Reach:
    """The reach of one migration."""
    context = (*around.own, *around.fixed, *around.free)
    closed = [effect for step in around.closed for effect in step.effects]
    names = set(around.names)
    touched = {e.resource for operation in context for e in operation.effects} | {e.resource for e in closed}
    for resource in touched:
        names.update(words_of(resource))
    for operation in context:
        if operation.opaque:
            names.update(_WORD.findall(operation.text.lower()))
    return Reach(
        names=frozenset(names),
        shared=frozenset(e for e in closed if e.resource in _OF_NOBODY or _is_harmless(e)),
        is_wide=_is_wide(around) or any(map(_takes_in, closed)),
    )


@lru_cache(maxsize=20_000)
def words_of(resource: str) -> tuple[str, ...]:
    """Words that all effects have in common that can meet on a resource, or on all of a table's."""
    kind, _, name = resource.partition(":")
    if resource in _OF_NOBODY or kind in {"setting", "session", "catalogue"}:
        return ()
    if kind == "state":
        # A field of a model is known by the model, as a column is by its table; many apps have one of a name.
        return (".".join(name.split(".")[:2]),)
    table = last(owner(name))
    texts = [table] if kind in _OF_A_TABLE and table else [last(name)]
    if kind in _NAMED_BELOW:
        texts.append(table)
    words = [word for text in texts for word in _WORD.findall(text.lower())]
    return tuple(words) or (resource,)


def _is_wide(around: Surrounding) -> bool:
    if any(step.doubt for step in around.closed):
        return True
    unread = (*around.own, *around.fixed, *around.free)
    if any(o.opaque and around.names & set(_WORD.findall(o.text.lower())) for o in unread):
        return True
    if not around.free:
        return False
    # Which of the free ones come before depends on the pair, and with them what runs, and what is there.
    return any(map(_runs, unread)) or any(map(_removes, around.free))


def _runs(operation: Operation) -> bool:
    return any(effect.kind in _PROGRAMS or effect.detail == "called" for effect in operation.effects)


def _removes(operation: Operation) -> bool:
    return bool(operation.opaque) or any(effect.access is Access.DROP for effect in operation.effects)


def _takes_in(effect: Effect) -> bool:
    """Whether an effect may concern whatever there is."""
    if effect.kind == "setting":
        return effect.access in {Access.ALTER, Access.WRITE} and effect.name not in HARMLESS
    return effect.kind in {"session", "catalogue"} and effect.access is not Access.NEED


def _is_harmless(effect: Effect) -> bool:
    return effect.kind == "setting" and effect.name in HARMLESS
