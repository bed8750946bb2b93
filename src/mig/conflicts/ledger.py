"""What a history certainly made and took away, and what a later migration asks of it in vain."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.conflicts.additions import apply_step
from mig.conflicts.naming import NameIndex, Renaming, owner
from mig.conflicts.schema import Schema
from mig.effects.footprint import BATCH, Access

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from mig.conflicts.additions import Addition
    from mig.effects.footprint import Effect, Footprint, Operation

    Step = tuple[Operation, Addition | None]

# A table is looked for by its name in the name space: a view may have taken its place.
_ONLY_ONE = frozenset({"relation", "column", "index", "constraint", "type", "trigger", "schema", "policy"})
_CHECKED = _ONLY_ONE | {"sequence"}
_USES = frozenset({Access.NEED, Access.DROP, Access.ALTER})
_TEMPORARY = re.compile(r"\btemp(orary)?\b", re.IGNORECASE)
_ELSEWHERE = frozenset({"search_path", "schema", "current_schema"})
_BELOW = frozenset({"column", "constraint", "trigger", "policy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One migration that made a thing, dropped it, or gave it the name ``target``."""

    migration: str
    operation: Operation
    resource: str
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """What a migration needs and an ancestor took away; ``is_taken``: creates, and an ancestor did."""

    effect: Effect
    operation: Operation
    event: Event
    is_taken: bool = False


class Ledger:
    """Follows a history in linear order, and keeps only what is certain of it.

    What an unread statement, a branch of a program, or two migrations in no order leave open is in neither
    of its two books: ``gone``, by the name that no longer is, and ``made``.

    Args:
        dialect: the SQL dialect.
        comes_before: whether the DAG puts the first of two migrations before the second.
    """

    def __init__(self, dialect: str, comes_before: Callable[[str, str], bool]) -> None:
        self.gone: dict[str, Event] = {}
        self.made: dict[str, Event] = {}
        self._schema = Schema(dialect)
        self._names = NameIndex()
        self._renamed_to: dict[str, list[str]] = {}
        self._comes_before = comes_before
        self._last: dict[str, str] = {}
        self._blurred: set[str] = set()

    def enter(
        self, migration: str, footprint: Footprint, steps: Iterable[Step] | None = None
    ) -> tuple[Miss, ...]:
        """Take in what a migration does; what it asks of its ancestors in vain, one for an operation."""
        is_here = not any(_leads_elsewhere(e) for o in footprint.operations for e in o.effects)
        missed: list[Miss] = []
        for operation, addition in steps or ((o, None) for o in footprint.operations):
            effects = apply_step(operation, addition, self._schema)
            if operation.kind.startswith(BATCH):
                continue
            is_certain = is_here and _is_certain(operation)
            found = self._find_miss(migration, operation) if is_certain else None
            if found is not None:
                missed.append(found)
            self._take_in(migration, operation, effects, is_certain=is_certain)
        return tuple(missed)

    def _find_miss(self, migration: str, operation: Operation) -> Miss | None:
        # One statement may put something in the place of what it drops.
        dropped = {e.resource for e in operation.effects if e.access is Access.DROP}
        for effect in operation.effects:
            if effect.access is Access.CREATE and effect.resource in dropped:
                continue
            if effect.kind not in _CHECKED or effect.aspect == "if" or effect.implicit:
                continue
            if effect.access is Access.CREATE:
                event = self.made.get(effect.resource) if effect.kind in _ONLY_ONE else None
            elif effect.access in _USES and effect.detail != "candidate" and effect.aspect != "function":
                event = self.gone.get(effect.resource)
            else:
                continue
            if event is not None and self._comes_before(event.migration, migration):
                is_taken = effect.access is Access.CREATE
                return Miss(effect=effect, operation=operation, event=event, is_taken=is_taken)
        return None

    def _take_in(
        self, migration: str, operation: Operation, effects: Iterable[Effect], *, is_certain: bool
    ) -> None:
        if operation.opaque:
            self.gone.clear()
            self.made.clear()
        listed = list(effects)
        if _TEMPORARY.search(operation.text):
            # It stands in front of another one of its name, as long as a session lasts.
            self._blurred.update(e.resource for e in listed)
        for effect in listed:
            is_open = not is_certain or _is_open(effect, listed)
            if is_open or self._is_unordered(effect.resource, migration):
                self._forget(effect.resource)
                self._forget(effect.renamed_to)
            else:
                event = Event(migration=migration, operation=operation, resource=effect.resource)
                self._keep(effect, event)
            self._last[effect.resource] = migration

    def _keep(self, effect: Effect, event: Event) -> None:
        name = effect.resource
        if effect.access is Access.CREATE:
            if not effect.renamed_from:
                # A table that is new has none of the columns that another one of its name had.
                self._forget(name)
                self._put(self.made, name, event)
            return
        if effect.renamed_to:
            self._move(name, effect.renamed_to, event)
        else:
            self._forget(name)
            self._put(self.gone, name, event)

    def _put(self, book: dict[str, Event], name: str, event: Event) -> None:
        if name in self._blurred:
            return
        book[name] = event
        self._names.add(name)
        if event.target:
            self._names.add(event.target)
            self._renamed_to.setdefault(event.target, []).append(name)

    def _move(self, before: str, after: str, event: Event) -> None:
        """What lies below a table goes with it, and so does what is known to be gone from there."""
        self._forget(after)
        renaming = Renaming(before, after, self._schema.dialect)
        speaking = [(old, renaming.apply(old)) for old in self._names.find(renaming.before)]
        moved = [(old, new) for old, new in speaking if new != old]
        for old, new in moved:
            for name in self._renamed_to.pop(old, ()):
                if name in self.gone and self.gone[name].target == old:
                    self._put(self.gone, name, replace(self.gone[name], target=new))
        for old, new in moved:
            if old in self.gone and _is_below(old):
                self._put(self.gone, new, self.gone[old])
            if old in self.made:
                self._put(self.made, new, self.made.pop(old))
        self._put(self.gone, before, replace(event, target=after))

    def _forget(self, name: str) -> None:
        kind, _, short = name.partition(":")
        forgotten = [name]
        if kind in {"table", "relation"}:
            forgotten += [n for n in self._names.find(short) if _is_below(n) and _owner(n) == short]
        for book in (self.gone, self.made):
            for one in forgotten:
                book.pop(one, None)

    def _is_unordered(self, name: str, migration: str) -> bool:
        last = self._last.get(name, migration)
        return last != migration and not self._comes_before(last, migration)


def find_misses(
    history: Iterable[tuple[str, Footprint]],
    chosen: Collection[str],
    dialect: str,
    comes_before: Callable[[str, str], bool],
    steps: Callable[[str], Iterable[Step]] = lambda _: (),
) -> tuple[tuple[str, Miss], ...]:
    """What the chosen migrations of a history, which is in linear order, ask of it in vain.

    ``steps`` gives the operations of one with what they add, where that has been found already.
    """
    ledger = Ledger(dialect, comes_before)
    return tuple(
        (i, miss) for i, footprint in history for miss in ledger.enter(i, footprint, steps(i)) if i in chosen
    )


def _is_below(resource: str) -> bool:
    return resource.partition(":")[0] in _BELOW


def _owner(resource: str) -> str:
    return owner(resource.partition(":")[2])


def _is_certain(operation: Operation) -> bool:
    """Whether all that the operation says happens, to things that stay."""
    is_plain = not (operation.opaque or operation.is_conditional or operation.kind == "declared")
    return is_plain and not _TEMPORARY.search(operation.text)


def _is_open(effect: Effect, effects: list[Effect]) -> bool:
    """Whether it may be about a thing that is not there.

    DROP ... IF EXISTS leaves nothing behind, for certain; what goes along with a constraint may not be.
    """
    if effect.renamed_to or effect.renamed_from:
        # Which columns a view shows after a rename below it is up to the database.
        return effect.aspect == "if" or bool(effect.implicit)
    if effect.aspect != "if" or effect.implicit:
        return False
    return any(e.access is effect.access and e.aspect != "if" for e in effects)


def _leads_elsewhere(effect: Effect) -> bool:
    """Whether names without a schema may mean other things from here on."""
    return effect.kind in {"setting", "session"} and (
        effect.kind == "session" or effect.name.lower() in _ELSEWHERE
    )
