"""Adds to each operation what the database does without being told, in the schema that it meets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mig.conflicts.chained import follow_chain
from mig.conflicts.data import Consequences, group_writes
from mig.conflicts.defined import follow_definitions
from mig.conflicts.dropped import RESOLVABLE, follow_drops, follow_moves, follow_renames
from mig.conflicts.fresh import Fresh
from mig.conflicts.inherited import follow_inheritance
from mig.conflicts.mysql import number_names
from mig.conflicts.naming import Renaming, last, owner
from mig.conflicts.schema import is_replaced
from mig.conflicts.settings import hidden_names
from mig.conflicts.typed import follow_types
from mig.conflicts.unseen import follow_unseen
from mig.conflicts.views import reads_below, redefines
from mig.conflicts.wrapped import find_wrapping, without_wrapping
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.schema import Schema, Seen
    from mig.effects.footprint import Footprint, Operation

_WITH_ALL = frozenset({"values", "sequence", "column"})
_WIDE = frozenset({"setting", "session", "catalogue"})
_MYSQL = frozenset({"mysql", "mariadb"})
_CHANGES = frozenset({Access.CREATE, Access.DROP, Access.ALTER})
_MAKES_NOTHING = re.compile(r"\s*create\b", re.IGNORECASE)
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An operation with all its effects; ``doubt`` says what of it cannot be known."""

    operation: Operation
    effects: tuple[Effect, ...]
    doubt: str = ""
    exact: dict[str, list[Effect]] = field(default_factory=dict, compare=False, repr=False)
    """Effects by resource."""
    below: dict[str, list[Effect]] = field(default_factory=dict, compare=False, repr=False)
    """Effects on values and sequences by table, for those that mean all of a table's."""
    wide: tuple[Effect, ...] = ()
    """Effects on the session or the whole catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A migration in its schema: its steps, and what it makes itself."""

    steps: tuple[Step, ...]
    made: frozenset[str]


def close(footprint: Footprint, schema: Schema) -> Closure:
    """The operations of a migration with what is implicit; the schema that is given stays as it is."""
    return close_watched(footprint, schema)[0]


def close_watched(footprint: Footprint, schema: Schema) -> tuple[Closure, Seen]:
    """The same, and what was asked of the schema: it is the same in each that has the same answers."""
    now, seen = schema.watch()
    steps: list[Step] = []
    made: set[str] = set()
    renamings: list[Renaming] = []
    fresh = Fresh()
    wrapping = find_wrapping(footprint) if schema.dialect == "sqlite" else ""
    for at, operation in enumerate(footprint.operations, 1):
        if wrapping:
            now.settings["foreign_keys"] = "foreign_keys = on"
        effects, doubts = _close_operation(operation, now)
        effects = fresh.follow(operation, effects, doubts)
        if wrapping:
            effects = without_wrapping(effects, wrapping, is_last=at == len(footprint.operations))
        for effect in effects:
            if effect.access is Access.CREATE:
                made.add(effect.resource)
            if effect.renamed_to:
                renamings.insert(0, Renaming(effect.renamed_to, effect.resource, schema.dialect))
        now.apply(operation, effects)
        everything = (*effects, *_as_before(effects, renamings))
        opaque = "" if _is_followed(operation, effects, now) else operation.opaque
        doubt = opaque or "; ".join(doubts)
        steps.append(_make_step(operation, everything, doubt))
    if schema.dialect in _MYSQL:
        steps = _keep_session(steps, schema)
    return Closure(steps=tuple(steps), made=frozenset(made)), seen


def _keep_session(steps: list[Step], schema: Schema) -> list[Step]:
    """The steps without settings that they put back, and without reading variables that they have set."""
    from mig.conflicts.settings import restored_settings

    restored = restored_settings((e for step in steps for e in step.effects), schema)
    variables: set[str] = set()
    kept = []
    for step in steps:
        gone = {e for e in step.effects if e.kind == "setting" and e.name in restored}
        gone |= {e for e in step.effects if e.resource in variables and e.access is Access.READ}
        if gone and all(e in gone for e in step.effects if e.kind == "setting"):
            gone |= {e for e in step.effects if e.kind == "session"}
        left = tuple(e for e in step.effects if e not in gone)
        # Who leaves another value behind still meets the one that is put back.
        back = sorted((e for e in gone if e.kind == "setting"), key=lambda e: (e.name, e.detail))
        left += tuple(replace(e, access=Access.READ) for e in back)
        kept.append(_make_step(step.operation, left, step.doubt) if gone else step)
        variables |= {e.resource for e in step.effects if e.kind == "variable" and e.access is Access.WRITE}
    return kept


def _make_step(operation: Operation, effects: tuple[Effect, ...], doubt: str) -> Step:
    exact: dict[str, list[Effect]] = {}
    below: dict[str, list[Effect]] = {}
    for effect in effects:
        exact.setdefault(effect.resource, []).append(effect)
        if effect.kind in _WITH_ALL:
            below.setdefault(f"{effect.kind}:{owner(effect.name)}", []).append(effect)
    wide = tuple(e for e in effects if e.kind in _WIDE and e.access is not Access.NEED)
    return Step(operation=operation, effects=effects, doubt=doubt, exact=exact, below=below, wide=wide)


def build_schema(
    footprints: Iterable[Footprint], dialect: str, *, is_complete: bool = True, schema: Schema | None = None
) -> Schema:
    """The schema that a history leaves; with ``schema`` on top of that one, which changes."""
    from mig.conflicts.schema import Schema

    now = schema or Schema(dialect, is_complete=is_complete)
    for footprint in footprints:
        for _ in follow(footprint, now):
            pass
    return now


def follow(footprint: Footprint, schema: Schema) -> Iterator[tuple[Operation, tuple[Effect, ...]]]:
    """Each operation with its effects on things, implicit ones too; the schema that is given changes."""
    for operation in footprint.operations:
        yield operation, apply_operation(operation, schema)


def apply_operation(operation: Operation, schema: Schema) -> tuple[Effect, ...]:
    """The effects of one operation on things; the schema that is given changes."""
    effects, _ = _close_operation(operation, schema, follows_rows=False)
    schema.apply(operation, effects)
    return effects


def effects_alone(operation: Operation, dialect: str) -> tuple[Effect, ...]:
    """The effects that an operation has in a schema that holds nothing."""
    from mig.conflicts.schema import Schema

    effects = tuple(_reduce(operation, Schema(dialect)))
    return effects + tuple(_tables_of_columns(effects))


def _close_operation(
    operation: Operation, schema: Schema, *, follows_rows: bool = True
) -> tuple[tuple[Effect, ...], tuple[str, ...]]:
    if schema.dialect in _MYSQL:
        operation = number_names(operation, schema)
    effects = tuple(_reduce(operation, schema))
    effects += tuple(_tables_of_columns(effects))
    effects += tuple(follow_inheritance(effects, schema))
    found = dict.fromkeys(effects)
    found.update(dict.fromkeys(follow_drops(effects, operation.text, schema)))
    found.update(dict.fromkeys(follow_renames(effects, schema)))
    found.update(dict.fromkeys(follow_moves(effects, schema)))
    found.update(dict.fromkeys(follow_definitions(operation, effects, schema)))
    found.update(dict.fromkeys(redefines(effects, schema)))
    if not follows_rows:
        return tuple(found), ()
    found.update(dict.fromkeys(follow_unseen(effects, schema)))
    found.update(dict.fromkeys(_hide(operation, effects, schema)))
    found.update(dict.fromkeys(_follow_programs(operation, tuple(found), schema)))
    found.update(dict.fromkeys(follow_chain(operation, effects, schema)))
    consequences = Consequences(schema)
    consequences.call(tuple(found))
    consequences.follow(tuple(found))
    found.update(consequences.found)
    found.update(dict.fromkeys(reads_below(tuple(found), schema)))
    found.update(dict.fromkeys(follow_types(operation, tuple(found), schema)))
    found.update(dict.fromkeys(_settings(operation, tuple(found), schema)))
    return tuple(found), tuple(consequences.doubts)


def _tables_of_columns(effects: tuple[Effect, ...]) -> Iterator[Effect]:
    """Who needs a column needs its table under its name, where the statement's reader did not say so."""
    said = {e.name for e in effects if e.kind in {"table", "view", "relation", "type"}}
    for effect in effects:
        table = owner(effect.name)
        if effect.kind != "column" or effect.access is not Access.NEED or effect.detail == "candidate":
            continue
        if table and table not in said:
            said.add(table)
            yield replace(effect, resource=f"table:{table}", detail="", implicit="a column of it is needed")


def _reduce(operation: Operation, schema: Schema) -> Iterator[Effect]:
    """The effects without those that IF [NOT] EXISTS makes idle here, and with wildcards resolved."""
    effects = operation.effects
    if _is_idle(operation, schema):
        yield from _find_nothing_to_do(effects)
        return
    alone = _read_for_itself(operation)
    for effect in effects:
        if effect.kind == "catalogue" and effect.detail == "drop schema" and schema.shows_all:
            # What lies in the schema, and what needs that, is known.
            continue
        if effect.access is Access.READ and (effect.resource in alone or _is_idle_read(effect, operation)):
            continue
        if (
            effect.access is Access.NEED
            and effect.kind == "shape"
            and _is_plain_star(effect, operation, schema)
        ):
            yield replace(effect, aspect="star")
            continue
        if effect.resource.startswith("sequence:") and effect.name.endswith("*"):
            yield from _name_sequences(effect, schema)
        elif effect.access is Access.WRITE and effect.kind == "rows" and effect.detail == "replace":
            yield replace(effect, aspect="replace") if effect.aspect == "delete" else effect
        else:
            yield from _settle_if(_refine(effect), operation, schema)


def _find_nothing_to_do(effects: tuple[Effect, ...]) -> Iterator[Effect]:
    """What CREATE ... IF NOT EXISTS looks for where it is there already."""
    first = next(e for e in effects if e.access is Access.CREATE)
    yield Effect(resource=first.resource, access=Access.NEED, aspect="query", implicit="IF NOT EXISTS")
    if any(e.kind in {"trigger", "index"} and e.access is Access.CREATE for e in effects):
        # The table that it is on is looked for first.
        yield from (e for e in effects if e.access is Access.NEED and e.kind in {"table", "relation"})


def _refine(effect: Effect) -> Effect:
    """Tells apart what the reader calls by one word and the table by two."""
    if effect.access is Access.ALTER and effect.aspect == "default" and effect.detail.endswith(" expression"):
        # DROP EXPRESSION can be done once, as DROP IDENTITY.
        return replace(effect, aspect="identity")
    if effect.access is Access.ALTER and effect.aspect == "options" and "engine" in effect.detail.split():
        return replace(effect, aspect="definition")
    if effect.aspect == "options" and effect.detail in {"set logged", "set unlogged"}:
        return replace(effect, aspect="logged")
    if effect.access is Access.ALTER and effect.aspect == "options" and "versioning" in effect.detail.split():
        # As a partition, it can be added and dropped once.
        return replace(effect, aspect="partition")
    return effect


def _is_idle_read(effect: Effect, operation: Operation) -> bool:
    """Whether what is read goes nowhere: a query's result, or the NULLs of a column that is new."""
    if operation.kind == "select":
        # A call such as setval keeps what was read.
        keeps = any(e.access is Access.WRITE for e in operation.effects)
        return effect.kind in {"rows", "values"} and not keeps
    if operation.kind != "add column" or effect.aspect not in {"validate", "exists"} or effect.detail:
        return False
    made = [e for e in operation.effects if e.access is Access.CREATE and e.kind == "column"]
    return len(made) == 1 and not {"default", "generated", "as"} & set(made[0].detail.split())


def _is_plain_star(effect: Effect, operation: Operation, schema: Schema) -> bool:
    """Whether a view of SQLite shows all columns and does nothing else with them.

    A union, a natural join, or names of its own for the columns count them.
    """
    words = _WORDS.findall(operation.text.lower())
    is_alone = words.count("select") == 1 and not {"natural", "using"} & set(words)
    has_names = re.match(r"[^(]*\sas\s", operation.text.lower()) is None
    return schema.dialect == "sqlite" and effect.aspect == "view" and is_alone and not has_names


def _is_idle(operation: Operation, schema: Schema) -> bool:
    """Whether a CREATE ... IF NOT EXISTS finds what it would create."""
    first = next((e for e in operation.effects if e.access is Access.CREATE), None)
    if first is None or first.aspect != "if" or not _MAKES_NOTHING.match(operation.text):
        return False
    named = [
        e for e in operation.effects if e.access is Access.CREATE and e.aspect == "if" and e.kind != "type"
    ]
    return not is_replaced(operation) and any(e.resource in schema for e in named)


def _settle_if(effect: Effect, operation: Operation, schema: Schema) -> Iterator[Effect]:
    exists = effect.resource in schema
    if effect.aspect != "if" or effect.access not in {Access.CREATE, Access.DROP}:
        # OR REPLACE of what is not there yet changes nothing.
        if effect.access is Access.ALTER and not exists and schema.is_complete and is_replaced(operation):
            return
        yield effect
    elif effect.access is Access.CREATE and exists:
        if not is_replaced(operation) or effect.kind in {"relation", "type"}:
            yield replace(effect, access=Access.NEED, aspect="query", detail="")
        else:
            yield replace(effect, access=Access.ALTER, aspect="definition")
    elif effect.access is Access.DROP and not exists and _is_known(effect, schema):
        if not effect.implicit:
            yield replace(effect, access=Access.READ, aspect="absent")
    else:
        yield effect


def _is_known(effect: Effect, schema: Schema) -> bool:
    """Whether what is not in the schema is not in the database either."""
    return schema.shows_all and effect.kind != "relation"


def _read_for_itself(operation: Operation) -> frozenset[str]:
    """``rows:t`` where an UPDATE or DELETE of t reads of t only the row that it changes."""
    text = operation.text.lower()
    if " limit " in f" {' '.join(text.split())} ":
        return frozenset()
    written = group_writes(operation.effects)
    found = set()
    for table, writes in written.items():
        name = last(table).strip('"').lower()
        mentions = re.findall(rf"(?<![\w.]){re.escape(name)}\b(?!\s*\.)|\.\s*{re.escape(name)}\b", text)
        if not writes.inserts and len(mentions) == 1:
            found.add(f"rows:{table}")
    return frozenset(found)


def _name_sequences(effect: Effect, schema: Schema) -> Iterator[Effect]:
    """The sequences behind ``sequence:t.*``: of the table's columns, and its counter."""
    table = owner(effect.name)
    names = [t.resource for t in schema.users(f"table:{table}") if t.kind == "sequence"] if table else []
    if schema.dialect != "postgresql":
        names.append(f"sequence:{table}.auto")
    for name in names or [effect.resource]:
        yield replace(effect, resource=name)


def _follow_programs(operation: Operation, effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """A trigger that comes, goes or changes makes writes of its table mean something else."""
    for effect in effects:
        if effect.kind == "table" and effect.access is Access.ALTER and "trigger" in effect.detail.split():
            for event in ("insert", "update", "delete", "truncate"):
                yield Effect(
                    resource=f"rows:{effect.name}",
                    access=Access.ALTER,
                    aspect=f"trigger-{event}",
                    implicit="its triggers are switched on or off",
                )
        if effect.kind not in {"trigger", "rule"} or effect.access not in _CHANGES:
            continue
        if effect.renamed_to or effect.renamed_from:
            continue
        yield from _fires_on(effect, operation, effects, schema)


def _hide(operation: Operation, effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """A temporary table stands in front of another until the session ends, for triggers and views too."""
    for name in hidden_names(operation.text, effects, schema):
        why = f"a temporary thing hides {name}"
        yield Effect(resource=RESOLVABLE, access=Access.ALTER, aspect="break", implicit=why)
        yield Effect(resource=f"view:{name}", access=Access.ALTER, aspect="hidden", implicit=why)
        for event in ("insert", "update", "delete"):
            yield Effect(resource=f"rows:{name}", access=Access.ALTER, aspect=f"broken-{event}", implicit=why)


def _fires_on(
    effect: Effect, operation: Operation, effects: tuple[Effect, ...], schema: Schema
) -> Iterator[Effect]:
    from mig.conflicts.programs import read_events
    from mig.conflicts.schema import table_of_trigger

    thing = schema.find(effect.resource)
    text = operation.text if effect.access is Access.CREATE else thing.text if thing else ""
    table = table_of_trigger(effect, effects, schema.dialect)
    if effect.access is not Access.CREATE and thing is not None:
        table = next((r.partition(":")[2] for r, a in thing.needs if a == "part"), table)
    prefix = "un" if effect.access is Access.DROP else ""
    for event in read_events(text):
        why = f"the trigger {last(effect.name)}"
        if event.columns:
            for column in sorted(event.columns):
                resource = f"values:{table}.{column}"
                yield Effect(
                    resource=resource, access=Access.ALTER, aspect="trigger", detail="update", implicit=why
                )
        else:
            yield Effect(
                resource=f"rows:{table}",
                access=Access.ALTER,
                aspect=f"{prefix}trigger-{event.name}",
                implicit=why,
            )


def _is_followed(operation: Operation, effects: tuple[Effect, ...], schema: Schema) -> bool:
    """Whether all that is opaque is a call of functions whose bodies the schema has."""
    if not operation.opaque.lower().startswith(("call runs", "calls ")):
        return False
    called = [e for e in effects if e.kind == "function" and e.access is Access.NEED and e.detail == "called"]
    return bool(called) and all(e.resource in schema for e in called)


def _settings(operation: Operation, effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """What the statement does under one setting and not under another."""
    from mig.conflicts.settings import settings_read

    for resource in settings_read(operation.text, effects, schema):
        yield Effect(resource=resource, access=Access.READ, aspect="query", implicit="it depends on it")


def _as_before(effects: Iterable[Effect], renamings: list[Renaming]) -> Iterator[Effect]:
    """The same effects under the names that things had before the migration renamed them."""
    if not renamings:
        return
    for effect in effects:
        name = effect.resource
        for renaming in renamings:
            name = renaming.apply(name)
        if (
            name != effect.resource
            and effect.kind in {"rows", "values", "column", "shape", "cover"}
            and not (effect.renamed_to or effect.renamed_from)
        ):
            yield replace(effect, resource=name, implicit=effect.implicit or "renamed before")
