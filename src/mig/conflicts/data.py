"""What rows that are written bring with them: triggers, foreign keys, defaults, made-up keys."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.conflicts.keys import ANY_KEY, find_keys, unique_keys
from mig.conflicts.naming import last, owner
from mig.conflicts.programs import find_function, read_events, read_function, read_row, read_trigger
from mig.conflicts.schema import Thing
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mig.conflicts.programs import Body, Event
    from mig.conflicts.schema import Schema

_DEEPEST = 8
_ON_DELETE = re.compile(r"on delete (cascade|set null|set default)")
_ON_UPDATE = re.compile(r"on update (cascade|set null|set default)")
_STAMP = re.compile(r"\bon update (?:current_timestamp|now|localtime)")
_AUTO = re.compile(r"\bauto_?increment\b")
_FILLS = frozenset({"refresh", "as query"})
"""How a materialized view or a new table gets its rows: nothing fires on that."""


@dataclass(slots=True, kw_only=True)
class Writes:
    """What a statement writes into one table: the columns that it inserts and updates, ``*`` for all."""

    table: str
    inserts: bool = False
    updates: bool = False
    deletes: bool = False
    inserted: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)
    converted: set[str] = field(default_factory=set)
    upserts: bool = False
    minds_keys: bool = False
    literals: dict[str, str] = field(default_factory=dict)

    @property
    def gives_all(self) -> bool:
        return "*" in self.inserted


def group_writes(effects: Iterable[Effect]) -> dict[str, Writes]:
    """The writes of one statement by table."""
    found: dict[str, Writes] = {}
    for effect in effects:
        if effect.access is not Access.WRITE or effect.kind not in {"rows", "values"}:
            continue
        if effect.detail in _FILLS:
            continue
        is_row = effect.kind == "rows"
        table = effect.name if is_row else owner(effect.name)
        writes = found.setdefault(table, Writes(table=table))
        if is_row:
            _note_rows(writes, effect)
        elif effect.aspect == "convert":
            writes.converted.add(last(effect.name))
        elif effect.aspect == "insert":
            writes.inserted.add(last(effect.name))
            writes.literals[last(effect.name)] = effect.detail
        else:
            writes.updates = True
            writes.updated.add(last(effect.name))
    return found


def _note_rows(writes: Writes, effect: Effect) -> None:
    if effect.aspect == "insert":
        writes.inserts = True
        writes.upserts = writes.upserts or effect.detail == "upsert"
        writes.minds_keys = effect.detail in {"upsert", "ignore", "replace"}
    elif effect.aspect == "update":
        writes.updates = True
    elif effect.detail != "drop" and effect.aspect != "convert":
        writes.deletes = True


class Consequences:
    """Collects what one statement's writes bring with them; ``doubts`` is what cannot be known."""

    __slots__ = ("_schema", "_seen", "doubts", "found")

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._seen: set[tuple[str, str]] = set()
        self.found: dict[Effect, None] = {}
        self.doubts: dict[str, None] = {}

    def follow(self, effects: Iterable[Effect], depth: int = 0) -> None:
        for writes in group_writes(effects).values():
            self._follow_table(writes, depth)

    def call(self, effects: Iterable[Effect]) -> None:
        """Functions that a statement calls do what stands in their bodies."""
        for effect in effects:
            if effect.kind == "function" and effect.access is Access.NEED and effect.detail == "called":
                self._call(effect.name, 0)

    def _call(self, name: str, depth: int) -> None:
        function = self._schema.find_function(name)
        if function is not None:
            body = read_function(function.text, self._schema.dialect)
            self._follow_body(body, f"the function {name}", function, depth)
        elif not self._schema.is_complete:
            self.doubts[f"it calls {name}, whose body is not known"] = None

    def _follow_body(self, body: Body, why: str, program: Thing, depth: int) -> None:
        if body.doubt:
            self.doubts[f"{why}: {body.doubt}"] = None
        follow = [_with_reason(effect, why) for effect in body.effects]
        for resource, aspect in sorted(program.needs) if body.looks else ():
            kind, _, name = resource.partition(":")
            if kind == "table" and aspect in {"trigger", "function"}:
                follow.append(
                    Effect(resource=f"rows:{name}", access=Access.READ, aspect="query", implicit=why)
                )
                follow.append(
                    Effect(resource=f"values:{name}.*", access=Access.READ, aspect="query", implicit=why)
                )
        self._add(follow, (program.resource, why), depth)
        for resource, aspect in sorted(program.needs):
            if resource.startswith("function:") and aspect == "function" and depth < _DEEPEST:
                self._call(resource.partition(":")[2], depth + 1)

    def _put(self, resource: str, access: Access, aspect: str, why: str, detail: str = "") -> None:
        self.found[Effect(resource=resource, access=access, aspect=aspect, detail=detail, implicit=why)] = (
            None
        )

    def _follow_table(self, writes: Writes, depth: int) -> None:
        if writes.updates and not writes.upserts:
            # An UPDATE looks at every row: new rows are met or not.
            self._put(f"rows:{writes.table}", Access.WRITE, "update", "the rows that are changed")
        if writes.inserts:
            self._follow_defaults(writes)
        if writes.inserts or writes.updates:
            self._follow_parents(writes)
        if writes.inserts or writes.updates or writes.converted:
            self._follow_keys(writes)
            self._follow_generated(writes)
        if writes.updates:
            self._follow_stamps(writes)
        if writes.deletes or writes.updates:
            self._follow_children(writes, depth)
        self._fire(writes, depth)
        self._follow_view(writes, depth)

    def _follow_defaults(self, writes: Writes) -> None:
        """Columns that an INSERT leaves out get their defaults."""
        table = writes.table
        for column in self._schema.parts(table, "column"):
            name = last(column.name)
            if (writes.gives_all or name in writes.inserted) and not _is_made_up(name, writes.literals):
                if _AUTO.search(column.detail) or _is_rowid(column.detail, self._schema.dialect):
                    self._put(f"sequence:{table}.auto", Access.WRITE, "raise", "the highest key so far")
                continue
            self._put(column.resource, Access.READ, "default", "a column that the INSERT leaves out")
            self._follow_default(table, column)

    def _follow_default(self, table: str, column: Thing) -> None:
        why = "a key that the database makes"
        if _AUTO.search(column.detail):
            self._put(f"sequence:{table}.auto", Access.WRITE, "advance", why)
        elif _is_rowid(column.detail, self._schema.dialect):
            # The highest key that is there, and one more.
            self._put(f"sequence:{table}.auto", Access.WRITE, "advance", why)
            self._put(f"rows:{table}", Access.READ, "query", why)
            self._put(f"values:{column.name}", Access.READ, "query", why)
        for thing in self._schema.users(column.resource):
            if thing.kind == "sequence":
                self._put(thing.resource, Access.WRITE, "advance", why)
        for resource, aspect in sorted(column.needs):
            if aspect == "default" and resource.startswith("sequence:"):
                self._put(resource, Access.WRITE, "advance", why)
            elif aspect == "default" and resource.startswith("function:"):
                self._put(resource, Access.NEED, "query", why)

    def _follow_generated(self, writes: Writes) -> None:
        for name in sorted(writes.updated | writes.converted):
            for thing in self._schema.users(f"column:{writes.table}.{name}"):
                if thing.kind == "column" and (f"column:{writes.table}.{name}", "generated") in thing.needs:
                    self._put(f"values:{thing.name}", Access.WRITE, "update", "a generated column")

    def _follow_stamps(self, writes: Writes) -> None:
        """Columns that are ON UPDATE CURRENT_TIMESTAMP: all of them get the same, the time of the last."""
        for column in self._schema.parts(writes.table, "column"):
            if _STAMP.search(column.detail) and last(column.name) not in writes.updated:
                self._put(f"values:{column.name}", Access.WRITE, "update", "ON UPDATE sets it", "now")

    def _follow_parents(self, writes: Writes) -> None:
        """A foreign key looks its row up."""
        given = writes.inserted | writes.updated
        for key in self._foreign_keys(writes.table):
            own = {last(r) for r, _ in key.needs if r.startswith(f"column:{writes.table}.")}
            if not own & given and "*" not in given:
                continue
            for parent in _parents(key):
                self._put(f"rows:{parent}", Access.READ, "exists", "a foreign key looks its row up")
                for column in sorted(_parent_columns(key, parent, writes.table)):
                    self._put(
                        f"values:{parent}.{column}", Access.READ, "exists", "a foreign key looks its row up"
                    )

    def _foreign_keys(self, table: str) -> list[Thing]:
        return [t for t in self._schema.parts(table, "constraint") if "foreign key" in t.detail]

    def _follow_keys(self, writes: Writes) -> None:
        """Rows of one key fail, or are passed over."""
        given = writes.inserted | writes.updated | writes.converted
        for unique in unique_keys(writes.table, self._schema):
            columns = {last(r) for r, _ in unique.needs if r.startswith(f"column:{writes.table}.")}
            if columns & given or "*" in given or not columns:
                keys = (
                    ANY_KEY
                    if columns & (writes.updated | writes.converted)
                    else find_keys(unique.detail, columns, writes.literals)
                )
                self._put(f"key:{writes.table}.{unique.name}", Access.WRITE, "", "a unique key", keys)
            if writes.minds_keys:
                self._put(unique.resource, Access.READ, "query", "what the INSERT does on a double key")

    def _follow_children(self, writes: Writes, depth: int) -> None:
        if not self._schema.enforces_foreign_keys:
            return
        for key in self._schema.users(f"table:{writes.table}"):
            if key.kind != "constraint" or (f"table:{writes.table}", "foreign-key") not in key.needs:
                continue
            child = owner(key.name)
            deletes, updates = _ON_DELETE.search(key.detail), _ON_UPDATE.search(key.detail)
            columns = {last(r) for r, _ in key.needs if r.startswith(f"column:{writes.table}.")}
            if writes.deletes and deletes:
                self._cascade(key, child, deletes[1], depth)
            if updates and (writes.updated & columns or not columns or "*" in writes.updated):
                self._cascade(key, child, "set null", depth)

    def _cascade(self, key: Thing, child: str, action: str, depth: int) -> None:
        why = "a foreign key passes it on"
        self._put(key.resource, Access.READ, "cascade", why)
        if action == "cascade":
            follow = [Effect(resource=f"rows:{child}", access=Access.WRITE, aspect="delete", implicit=why)]
        else:
            names = sorted(r for r, _ in key.needs if r.startswith(f"column:{child}."))
            follow = [
                Effect(
                    resource=f"values:{n.partition(':')[2]}",
                    access=Access.WRITE,
                    aspect="update",
                    implicit=why,
                )
                for n in names
            ]
        self._add(follow, (key.resource, action), depth)

    def _add(self, effects: list[Effect], mark: tuple[str, str], depth: int) -> None:
        """Take effects that follow, and what follows from them; each cause once."""
        self.found.update(dict.fromkeys(effects))
        if mark in self._seen or depth >= _DEEPEST:
            return
        self._seen.add(mark)
        self.follow(effects, depth + 1)

    def _fire(self, writes: Writes, depth: int) -> None:
        for trigger in (
            *self._schema.parts(writes.table, "trigger"),
            *self._schema.parts(writes.table, "rule"),
        ):
            for event in read_events(trigger.text):
                if _fires(event, writes):
                    self._run(trigger, writes.table, depth, inserts=event.name == "insert")

    def _run(self, trigger: Thing, table: str, depth: int, *, inserts: bool) -> None:
        self._put(trigger.resource, Access.READ, "fire", "a trigger fires")
        if not inserts:
            self._put(f"rows:{table}", Access.READ, "query", "a trigger fires for each row that is met")
        why = f"the trigger {last(trigger.name)}"
        program = self._program(trigger)
        body = _read_program(program, self._schema.dialect)
        assigned = [
            Effect(resource=f"values:{table}.{c}", access=Access.WRITE, aspect="update", implicit=why)
            for c in sorted(body.assigned)
        ]
        self.found.update(dict.fromkeys(assigned))
        if not inserts:
            # A new row has values of its own.
            for column in read_row(trigger.text, program.text):
                self._put(f"values:{table}.{column}", Access.READ, "query", why)
        self._follow_body(body, why, program, depth)

    def _program(self, trigger: Thing) -> Thing:
        """What runs: the trigger itself, or in PostgreSQL its function."""
        if self._schema.dialect != "postgresql" or trigger.kind == "rule":
            return trigger
        name = find_function(trigger.text)
        self._put(f"function:{name}", Access.NEED, "query", "a trigger runs it")
        return self._schema.find_function(name) or Thing(resource=f"function:{name}")

    def _follow_view(self, writes: Writes, depth: int) -> None:
        """Rows written into a view go into the tables below it."""
        view = self._schema.find(f"view:{writes.table}")
        if view is None or self._schema.dialect == "sqlite":
            return
        aspects = [a for a, is_so in (("insert", writes.inserts), ("delete", writes.deletes)) if is_so]
        follow = []
        for name in sorted(
            n.partition(":")[2] for n, a in view.needs if a == "view" and n.startswith("table:")
        ):
            why = f"through the view {writes.table}"
            follow += [
                Effect(resource=f"rows:{name}", access=Access.WRITE, aspect=a, implicit=why) for a in aspects
            ]
            kind = "insert" if writes.inserts else "update"
            if writes.inserts or writes.updates:
                follow.append(
                    Effect(resource=f"values:{name}.*", access=Access.WRITE, aspect=kind, implicit=why)
                )
        self._add(follow, (view.resource, "view"), depth)


def _is_made_up(column: str, literals: dict[str, str]) -> bool:
    """Whether NULL, DEFAULT or 0 may ask for the default, or for a key that the database makes."""
    given = literals.get(column, literals.get("*", ""))
    return not {"null", "default", "0"}.isdisjoint(re.split(r"[\n\t]", given))


def _read_program(program: Thing, dialect: str) -> Body:
    if program.kind == "function":
        return read_function(program.text, dialect)
    return read_trigger(program.text, dialect)


def _with_reason(effect: Effect, why: str) -> Effect:
    return Effect(
        resource=effect.resource,
        access=effect.access,
        aspect=effect.aspect,
        detail=effect.detail,
        implicit=why,
    )


def _fires(event: Event, writes: Writes) -> bool:
    if event.name == "insert":
        return writes.inserts
    if event.name == "update":
        hit = (
            not event.columns or not writes.updated or "*" in writes.updated or event.columns & writes.updated
        )
        return writes.updates and bool(hit)
    return writes.deletes


def _parents(key: Thing) -> list[str]:
    return sorted(r.partition(":")[2] for r, a in key.needs if a == "foreign-key" and r.startswith("table:"))


def _parent_columns(key: Thing, parent: str, child: str) -> set[str]:
    named = {last(r) for r, _ in key.needs if r.startswith(f"column:{parent}.")}
    return named if named and parent != child else {"*"}


def _is_rowid(detail: str, dialect: str) -> bool:
    return dialect == "sqlite" and detail.startswith("integer") and "primary key" in detail
