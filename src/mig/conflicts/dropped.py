"""What goes, breaks or changes its name together with what an operation drops or renames."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.conflicts.naming import last, owner
from mig.conflicts.programs import read_events
from mig.conflicts.schema import PART
from mig.conflicts.views import columns_shown
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.schema import Schema, Thing

RESOLVABLE = "resolvable:schema"
_MYSQL = frozenset({"mysql", "mariadb"})
_PROGRAMS = frozenset({"view", "trigger"})
_BODIES = _PROGRAMS | {"function"}
_OF_SCHEMAS = frozenset({"table", "view", "index", "sequence", "type", "function"})
_WORDS = re.compile(r"\w+")
_ROWS = frozenset({"new", "old", "excluded"})
_NO_COLUMNS = frozenset(
    {"end", "rowid", "oid", "_rowid_", "true", "false", "new", "old", "abort", "fail", "ignore", "rollback"}
)
_IN_NAME_SPACE = frozenset({"view", "index", "sequence", "table"})


def follow_drops(effects: Iterable[Effect], text: str, schema: Schema) -> Iterator[Effect]:
    """Everything that goes with what is dropped; SQLite and MariaDB leave views that no longer work."""
    listed = tuple(effects)
    gone = {e.resource for e in listed if e.access is Access.DROP and not e.renamed_to}
    waiting = sorted(r for r in gone if r in schema)
    # Triggers of a view are on it as they are on a table.
    waiting += [f"table:{r.partition(':')[2]}" for r in waiting if r.startswith("view:")]
    for thing in _inside(gone, schema):
        gone.add(thing.resource)
        waiting.append(thing.resource)
        yield from _drop(thing, "it is in the schema", schema)
    while waiting:
        resource = waiting.pop()
        for thing in schema.users(resource):
            if thing.resource in gone:
                continue
            why = _why_it_goes(thing, resource, schema)
            if why:
                gone.add(thing.resource)
                waiting.append(thing.resource)
                yield from _drop(thing, why, schema)
            elif thing.kind in _PROGRAMS or thing.kind in {"constraint", "function"}:
                yield from _break(thing, resource, schema)
    yield from _resolve(listed, text, schema)
    yield from _break_by_rename(listed, schema)


def _break_by_rename(effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """Bodies of programs keep the old name; only SQLite writes them anew."""
    if schema.dialect == "sqlite":
        return
    for effect in effects:
        if effect.access is Access.DROP and effect.renamed_to:
            for thing in schema.users(effect.resource):
                names_it = (effect.resource, PART) not in thing.needs or effect.kind != "table"
                in_body = thing.kind == "function" or (
                    thing.kind == "trigger"
                    and (schema.dialect in _MYSQL or (effect.resource, "function") in thing.needs)
                )
                if names_it and in_body:
                    yield from _break(thing, effect.resource, schema)


def _break(
    thing: Thing, resource: str, schema: Schema, seen: frozenset[str] = frozenset()
) -> Iterator[Effect]:
    """What stays behind although what it needs is gone."""
    why = f"{thing.kind} {thing.name} can no longer be resolved"
    if thing.kind == "function":
        yield Effect(
            resource=thing.resource, access=Access.ALTER, aspect="broken", detail=resource, implicit=why
        )
        for trigger in schema.users(thing.resource):
            if trigger.kind == "trigger":
                yield from _break_writes(trigger, why)
        return
    if thing.kind == "constraint":
        yield Effect(
            resource=f"table:{owner(thing.name)}",
            access=Access.ALTER,
            aspect="dangling",
            detail=resource,
            implicit=why,
        )
        return
    if schema.dialect == "sqlite":
        detail = f"{thing.resource} needs {resource}"
        yield Effect(resource=RESOLVABLE, access=Access.ALTER, aspect="break", detail=detail, implicit=why)
    if thing.kind == "trigger":
        yield from _break_writes(thing, why)
    elif thing.kind == "view":
        yield from _break_above(thing, schema, seen)


def _break_above(view: Thing, schema: Schema, seen: frozenset[str]) -> Iterator[Effect]:
    """Who uses a view that no longer works fails; what is built on it no longer works either."""
    why = f"view {view.name} can no longer be resolved"
    for resource in (view.resource, f"table:{view.name}"):
        yield Effect(resource=resource, access=Access.ALTER, aspect="broken", implicit=why)
        for thing in schema.users(resource):
            if thing.kind in _BODIES and thing.resource not in seen:
                yield from _break(thing, resource, schema, seen | {thing.resource})


def _break_writes(trigger: Thing, why: str) -> Iterator[Effect]:
    """Whoever fires a trigger that no longer works fails."""
    table = _table(trigger)
    yield Effect(resource=f"table:{table}", access=Access.ALTER, aspect="dangling", implicit=why)
    for event in read_events(trigger.text):
        for column in sorted(event.columns):
            yield Effect(
                resource=f"values:{table}.{column}", access=Access.ALTER, aspect="broken", implicit=why
            )
        aspect = "broken-column" if event.columns else f"broken-{event.name}"
        yield Effect(resource=f"rows:{table}", access=Access.ALTER, aspect=aspect, implicit=why)


def _inside(gone: set[str], schema: Schema) -> list[Thing]:
    """What lies in a schema that is dropped."""
    names = tuple(f"{r.partition(':')[2]}." for r in gone if r.startswith("schema:"))
    if not names:
        return []
    return [t for t in schema.things.values() if t.kind in _OF_SCHEMAS and t.name.startswith(names)]


def _drop(thing: Thing, why: str, schema: Schema) -> Iterator[Effect]:
    yield Effect(resource=thing.resource, access=Access.DROP, aspect="if", implicit=why)
    if thing.kind in _IN_NAME_SPACE and f"relation:{thing.name}" in schema:
        yield Effect(resource=f"relation:{thing.name}", access=Access.DROP, aspect="if", implicit=why)


def _why_it_goes(thing: Thing, resource: str, schema: Schema) -> str:
    """Why a thing is dropped along with a resource that it needs; empty where it stays."""
    aspects = {aspect for needed, aspect in thing.needs if needed == resource}
    kind = resource.partition(":")[0]
    if PART in aspects and kind in {"table", "column"}:
        return f"it is part of {resource}"
    if (
        kind == "column"
        and thing.kind in {"index", "constraint"}
        and owner(resource.partition(":")[2]) == _table(thing)
    ):
        # SQLite refuses to drop a column that an index or a key uses.
        return "" if schema.dialect == "sqlite" else f"it is on {resource}"
    # Bodies of functions are looked at when they run.
    if (
        schema.dialect == "postgresql"
        and thing.kind != "function"
        and aspects - {"default", "function", PART}
    ):
        # Without CASCADE the drop would fail by itself.
        return f"it needs {resource}, and goes by CASCADE"
    return ""


def _table(thing: Thing) -> str:
    if thing.kind == "constraint":
        return owner(thing.name)
    return next((r.partition(":")[2] for r, a in sorted(thing.needs) if a == PART), "")


def _resolve(effects: tuple[Effect, ...], text: str, schema: Schema) -> Iterator[Effect]:
    """SQLite looks at every view and trigger when it renames something or drops a column."""
    if schema.dialect != "sqlite":
        return
    looks = any(
        e.access is Access.DROP and (e.renamed_to or e.kind == "column") and e.kind in {"table", "column"}
        for e in effects
    )
    if looks:
        yield Effect(
            resource=RESOLVABLE, access=Access.NEED, aspect="query", implicit="SQLite resolves all views"
        )
    if schema.shows_all:
        for resource in _find_missing(effects, text, schema):
            yield Effect(
                resource=RESOLVABLE,
                access=Access.ALTER,
                aspect="break",
                detail=resource,
                implicit=f"{resource} is not there",
            )


def _find_missing(effects: tuple[Effect, ...], text: str, schema: Schema) -> Iterator[str]:
    """What a new view or trigger names that is not there: it breaks renames from then on."""
    if not any(e.access is Access.CREATE and e.kind in _PROGRAMS for e in effects):
        return
    needed = [
        e for e in effects if e.access is Access.NEED and e.aspect in _PROGRAMS and e.resource not in schema
    ]
    named = set(re.findall(r"\bas\s+[\"`\[]?(\w+)", text.lower())) | _NO_COLUMNS
    # Within its body the table of a trigger is known as NEW and OLD only.
    inside = set(_WORDS.findall(text.lower().partition("begin")[2] or text.lower()))
    scope = tuple(e for e in effects if last(owner(e.name)) in inside)
    for effect in needed:
        is_table = effect.kind == "relation" and effect.name not in _ROWS
        if is_table or (effect.kind == "column" and not _may_be_elsewhere(effect, scope, named, schema)):
            yield effect.resource


def _may_be_elsewhere(effect: Effect, effects: tuple[Effect, ...], named: set[str], schema: Schema) -> bool:
    """Whether a name is an alias, a column of a view, or one of another table of the statement."""
    table, column = owner(effect.name), last(effect.name)
    view = schema.find(f"view:{table}")
    if view is not None and not effect.detail:
        shown = columns_shown(view.text)
        return shown is None or column in shown or column in _NO_COLUMNS
    if table in _ROWS or column in named or f"table:{table}" not in schema:
        return True
    if not effect.detail:
        return False
    others = [e for e in effects if e.kind == "column" and last(e.name) == column and e.access is Access.NEED]
    return any(e.resource in schema or f"table:{owner(e.name)}" not in schema for e in others)


def follow_moves(effects: Iterable[Effect], schema: Schema) -> Iterator[Effect]:
    """A table that goes to another schema takes its indexes and its own sequences with it (SET SCHEMA)."""
    for effect in effects:
        after = effect.renamed_to.partition(":")[2]
        if effect.kind != "table" or not after or owner(after) == owner(effect.name):
            continue
        for part in schema.users(effect.resource):
            if part.kind in {"index", "sequence"} and (effect.resource, PART) in part.needs:
                yield from _move(part, owner(after))


def _move(part: Thing, schema: str) -> Iterator[Effect]:
    name = last(part.name)
    moved = f"{schema}.{name}" if schema else name
    for kind in (part.kind, "relation"):
        before, after = f"{kind}:{part.name}", f"{kind}:{moved}"
        why = "it goes with its table"
        yield Effect(resource=before, access=Access.DROP, renamed_to=after, implicit=why)
        yield Effect(resource=after, access=Access.CREATE, renamed_from=before, implicit=why)


def follow_renames(effects: Iterable[Effect], schema: Schema) -> Iterator[Effect]:
    """SQLite writes views anew under new names, and so their columns change their names too."""
    if schema.dialect != "sqlite":
        return
    for effect in effects:
        if effect.kind == "column" and effect.access is Access.DROP and effect.renamed_to:
            yield from _rename_in_views(effect.resource, effect.renamed_to, schema, set())
        if effect.kind == "shape" and effect.access is Access.ALTER:
            yield from _reshape_views(effect, schema, set())


def _rename_in_views(before: str, after: str, schema: Schema, seen: set[str]) -> Iterator[Effect]:
    for view in schema.users(before):
        if view.kind != "view" or view.resource in seen:
            continue
        seen.add(view.resource)
        name, new = last(before.partition(":")[2]), last(after.partition(":")[2])
        old, fresh = f"column:{view.name}.{name}", f"column:{view.name}.{new}"
        why = f"the view {view.name} shows it"
        yield Effect(resource=old, access=Access.DROP, renamed_to=fresh, implicit=why)
        yield Effect(
            resource=f"shape:{view.name}", access=Access.ALTER, detail=f"rename {name} to {new}", implicit=why
        )
        yield from _rename_in_views(old, fresh, schema, seen)


def _reshape_views(effect: Effect, schema: Schema, seen: set[str]) -> Iterator[Effect]:
    """``SELECT *`` is looked at anew each time."""
    for view in schema.users(effect.resource):
        if view.kind == "view" and view.resource not in seen:
            seen.add(view.resource)
            shape = Effect(
                resource=f"shape:{view.name}",
                access=Access.ALTER,
                aspect=effect.aspect,
                detail=effect.detail,
                implicit=f"the view {view.name} shows all columns",
            )
            yield shape
            yield from _reshape_views(shape, schema, seen)
