"""The schema as the operations before made it: what there is, how it is defined, and what needs what."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mig.conflicts.layers import Layers, Watched
from mig.conflicts.naming import NameIndex, Renaming, last, owner
from mig.effects.footprint import BATCH, Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.effects.footprint import Operation

PART = "part"
"""Aspect of the need that a column, a constraint or a trigger has of its table: it goes with it."""

INHERITS = frozenset({"inherits", "partition"})
"""Details of the need that a table has of the shape of the table above it."""

_ASPECTS_OF = {
    "view": frozenset({"view", "star"}),
    "index": frozenset({"index", "key"}),
    "constraint": frozenset({"foreign-key", "check", "key"}),
    "trigger": frozenset({"trigger", "function"}),
    "rule": frozenset({"trigger"}),
    "function": frozenset({"function"}),
    "policy": frozenset({"policy"}),
    "column": frozenset({"generated", "default", "table"}),
    "sequence": frozenset({"sequence"}),
}
_MYSQL = frozenset({"mysql", "mariadb"})
_HASHED = re.compile(r" \.\.\. [0-9a-f]{16}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing of the schema: ``needs`` are (resource, aspect), ``text`` the statement that made it."""

    resource: str
    detail: str = ""
    needs: frozenset[tuple[str, str]] = frozenset()
    text: str = ""
    kind: str = field(init=False, repr=False, compare=False)
    name: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kind, _, name = self.resource.partition(":")
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "name", name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was asked of a schema, and how else it stood."""

    things: Watched[Thing]
    users: Watched[dict[str, None]]
    state: tuple[object, ...]


class Schema:
    """A symbolic schema: operations are applied one after the other.

    ``is_complete`` says that it was built from a whole history, so that what is not in it is not there.
    ``opaque`` are the operations that could not be read: what they did is not in it.
    """

    __slots__ = ("_names", "_users", "dialect", "is_complete", "opaque", "settings", "things")

    def __init__(self, dialect: str, *, is_complete: bool = False) -> None:
        self.dialect = dialect
        self.is_complete = is_complete
        self.things = Layers[Thing]()
        self.opaque: list[Operation] = []
        self.settings: dict[str, str] = {}
        # The dictionaries within are replaced and never changed, so that copies can share them.
        self._users = Layers[dict[str, None]]()
        self._names = NameIndex()

    def copy(self) -> Schema:
        other = Schema(self.dialect, is_complete=self.is_complete)
        other.things = self.things.copy()
        other.opaque = list(self.opaque)
        other.settings = dict(self.settings)
        other._users = self._users.copy()
        other._names = self._names
        return other

    def watch(self) -> tuple[Schema, Seen]:
        """A copy that is not copied itself, and all that is asked of this schema by way of it."""
        other = Schema(self.dialect, is_complete=self.is_complete)
        things, users = Watched(self.things), Watched(self._users)
        other.things, other._users, other._names = things, users, self._names
        other.opaque, other.settings = list(self.opaque), dict(self.settings)
        return other, Seen(things=things, users=users, state=self._state())

    def _state(self) -> tuple[object, ...]:
        return self.dialect, self.is_complete, self.shows_all, dict(self.settings)

    def answers_as(self, seen: Seen) -> bool:
        """Whether all that was asked of another schema would have the same answers here."""
        asked = ((self.things, seen.things), (self._users, seen.users))
        return self._state() == seen.state and all(
            not watched.is_searched and all(here.get(name) == v for name, v in watched.seen.items())
            for here, watched in asked
        )

    def __contains__(self, resource: str) -> bool:
        return resource in self.things

    def find(self, resource: str) -> Thing | None:
        return self.things.get(resource)

    @property
    def shows_all(self) -> bool:
        """Whether what is not in it is not in the database either."""
        return self.is_complete and not self.opaque

    @property
    def enforces_foreign_keys(self) -> bool:
        """SQLite passes deletes on only where a connection asks for it, which mig's runner does not."""
        if self.dialect != "sqlite":
            return True
        return self.settings.get("foreign_keys", "").split("=")[-1].strip(" ();'") in {
            "on",
            "1",
            "true",
            "yes",
        }

    def find_function(self, name: str) -> Thing | None:
        return self.things.get(f"function:{name}")

    def users(self, resource: str) -> list[Thing]:
        """What needs a resource, sorted."""
        found = self._users.get(resource) or ()
        return [thing for name in sorted(found) if (thing := self.things.get(name))]

    def parts(self, table: str, kind: str) -> list[Thing]:
        """The columns, constraints, triggers or indexes of a table."""
        need, prefix = (f"table:{table}", PART), f"{kind}:"
        found = sorted(name for name in self._users.get(need[0]) or () if name.startswith(prefix))
        return [thing for name in found if (thing := self.things.get(name)) and need in thing.needs]

    def is_needed(self, resource: str) -> bool:
        """Whether anything needs a resource."""
        return bool(self._users.get(resource))

    def apply(self, operation: Operation, effects: Iterable[Effect]) -> None:
        """What the operation leaves behind."""
        if operation.opaque:
            self.opaque.append(operation)
        if operation.kind.startswith(BATCH):
            # The table is there again afterwards, with its keys and indexes.
            return
        listed = list(effects)
        needs = [e for e in listed if e.access is Access.NEED]
        counts = Counter(e.kind for e in listed if e.access is Access.CREATE)
        for effect in listed:
            if effect.access is Access.DROP:
                self._drop(effect)
            elif effect.access is Access.CREATE and not effect.renamed_from:
                self._create(effect, (needs, counts), operation)
            elif effect.access is Access.ALTER:
                self._alter(effect, needs)
                self._attach(effect, listed)
                self._tie(effect, needs)
            elif effect.kind == "setting" and effect.access is Access.WRITE:
                self.settings[effect.name] = effect.detail

    def _create(
        self, effect: Effect, around: tuple[list[Effect], Counter[str]], operation: Operation
    ) -> None:
        if effect.aspect == "if" and effect.resource in self.things and not is_replaced(operation):
            return
        needs = frozenset(self.needs_of(effect, *around))
        self.put(Thing(resource=effect.resource, detail=effect.detail, needs=needs, text=operation.text))

    def needs_of(
        self, made: Effect, effects: list[Effect], counts: Counter[str]
    ) -> Iterator[tuple[str, str]]:
        """What a thing needs that is made.

        Args:
            made: the effect that makes it.
            effects: all that its operation needs.
            counts: how many things of each kind the operation makes.
        """
        aspects = _ASPECTS_OF.get(made.kind, frozenset())
        many = counts[made.kind] > 1
        text = "" if _HASHED.search(made.detail) else made.detail
        for effect in effects:
            if effect.aspect not in aspects:
                continue
            # A key that a foreign key refers to is known by its table, which the text names.
            name = owner(effect.name) if effect.kind == "constraint" else last(effect.name)
            if not many or not text or effect.kind == "index" or _mentions(text, name):
                yield effect.resource, effect.aspect
        if made.kind == "table":
            # A table that inherits, or is a partition, changes with the one above it.
            for effect in effects:
                if effect.access is Access.NEED and effect.kind == "shape" and effect.detail in INHERITS:
                    yield effect.resource, effect.detail
        yield from self._parents(made, effects)

    def _parents(self, made: Effect, effects: list[Effect]) -> Iterator[tuple[str, str]]:
        if made.kind in {"column", "constraint"} or (made.kind == "index" and self.dialect in _MYSQL):
            yield f"table:{owner(made.name)}", PART
        elif made.kind in {"trigger", "policy", "rule"}:
            table = table_of_trigger(made, effects, self.dialect)
            if table:
                yield f"table:{table}", PART
        elif made.kind == "index":
            for table in sorted(tables_of_index(effects)):
                yield f"table:{table}", PART
        elif made.kind == "sequence" and made.detail and made.implicit:
            yield f"column:{made.detail}", PART
            yield f"table:{owner(made.detail)}", PART

    def put(self, thing: Thing) -> None:
        self._forget(thing.resource)
        self.things.put(thing.resource, thing)
        self._names.add(thing.resource)
        for resource, _ in thing.needs:
            self._users.put(resource, {**(self._users.get(resource) or {}), thing.resource: None})
            self._names.add(resource)

    def _forget(self, resource: str) -> None:
        thing = self.things.pop(resource)
        if thing is not None:
            for needed, _ in thing.needs:
                left = dict(self._users.get(needed) or {})
                left.pop(resource, None)
                self._users.put(needed, left)

    def _drop(self, effect: Effect) -> None:
        if effect.renamed_to:
            self._rename(effect.resource, effect.renamed_to)
        else:
            self._forget(effect.resource)

    def _alter(self, effect: Effect, needs: list[Effect]) -> None:
        thing = self.things.get(effect.resource)
        if thing is not None and effect.kind == "column" and effect.aspect == "type":
            self.put(replace(thing, needs=_with_type(thing.needs, effect, needs)))
        if thing is not None and effect.aspect in {"default", "null", "identity"}:
            self.put(replace(thing, detail=f"{thing.detail} ; {effect.aspect} {effect.detail}"))

    def _attach(self, effect: Effect, effects: list[Effect]) -> None:
        """ATTACH PARTITION and INHERIT put a table below another one."""
        thing = self.things.get(effect.resource)
        if effect.kind != "table" or effect.aspect != "partition" or thing is None:
            return
        above = [
            e.resource
            for e in effects
            if e.kind == "shape" and e.detail in INHERITS and e.name != effect.name
        ]
        if above and not any(e.access is Access.CREATE and e.kind == "table" for e in effects):
            self.put(replace(thing, needs=thing.needs | {(resource, "partition") for resource in above}))

    def _tie(self, effect: Effect, needs: list[Effect]) -> None:
        """OWNED BY gives a sequence to a column, with which it goes."""
        thing = self.things.get(effect.resource)
        if thing is None or effect.kind != "sequence" or "owned by" not in effect.detail:
            return
        column = next((e.resource for e in needs if e.kind == "column" and e.aspect == "sequence"), "")
        above = (column, f"table:{owner(column.partition(':')[2])}") if column else ()
        self.put(replace(thing, needs=frozenset((resource, PART) for resource in above)))

    def below(self, table: str) -> list[str]:
        """The tables that inherit from a table, at any depth."""
        found: list[str] = []
        waiting = [table]
        while waiting:
            name = waiting.pop()
            for thing in self.users(f"shape:{name}"):
                inherits = any((f"shape:{name}", aspect) in thing.needs for aspect in INHERITS)
                if thing.kind == "table" and inherits and thing.name not in found:
                    found.append(thing.name)
                    waiting.append(thing.name)
        return found

    def above(self, table: str) -> list[str]:
        """The tables that a table inherits from."""
        thing = self.things.get(f"table:{table}")
        if thing is None:
            return []
        return sorted(r.partition(":")[2] for r, a in thing.needs if a in INHERITS and r.startswith("shape:"))

    def _rename(self, before: str, after: str) -> None:
        """Give a thing, and all that has its name in theirs, the new name."""
        moved = Renaming(before, after, self.dialect)
        self.things.search()
        renamed = [r for r in self._names.find(moved.before) if moved.apply(r) != r]
        speaking = (name for r in renamed for name in (r, *(self._users.get(r) or ())))
        for old in dict.fromkeys(speaking):
            thing = self.things.get(old)
            if thing is not None:
                needs = frozenset((moved.apply(resource), aspect) for resource, aspect in thing.needs)
                self._forget(old)
                self.put(replace(thing, resource=moved.apply(old), needs=needs))


def _with_type(
    had: frozenset[tuple[str, str]], altered: Effect, effects: list[Effect]
) -> frozenset[tuple[str, str]]:
    """What a column needs when it has got another type: that one, and no more the type that it had."""
    is_hashed = bool(_HASHED.search(altered.detail))
    named = [e for e in effects if e.kind == "type" and e.aspect == "table"]
    fresh = {e.resource for e in named if is_hashed or _mentions(altered.detail, last(e.name))}
    kept = {need for need in had if not (need[0].startswith("type:") and need[1] == "table")}
    return frozenset(kept | {(resource, "table") for resource in fresh})


def is_replaced(operation: Operation) -> bool:
    """Whether it is OR REPLACE, where the last definition stays, and not IF NOT EXISTS."""
    return " or replace " in " ".join(operation.text[:200].lower().split())


def _mentions(text: str, name: str) -> bool:
    return name.strip('"') in text


def table_of_trigger(made: Effect, effects: Iterable[Effect], dialect: str) -> str:
    """The table that a trigger or policy is on: it is in its name, or the first that it needs."""
    if dialect == "postgresql":
        return owner(made.name)
    needed = (
        e.name for e in effects if e.access is Access.NEED and e.kind == "table" and e.aspect == "trigger"
    )
    return next(needed, "")


def tables_of_index(effects: Iterable[Effect]) -> set[str]:
    return {
        owner(e.name)
        for e in effects
        if e.access is Access.NEED and e.kind == "column" and e.aspect in {"index", "key"}
    } | {
        e.name
        for e in effects
        if e.access is Access.NEED and e.kind == "table" and e.aspect in {"index", "key"}
    }
