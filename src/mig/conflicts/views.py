"""What is read through a view."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mig.conflicts.naming import owner
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.schema import Schema

_MYSQL = frozenset({"mysql", "mariadb"})
_INNER = re.compile(r"\([^()]*\)")
_VIEW = re.compile(r"\bview\s+(?:if\s+not\s+exists\s+)?\S+\s+(?:\(([^()]*)\)\s*)?as\s+select\s")
_LIST = re.compile(r"\bas\s+select\s+(?:distinct\s+|all\s+)?(.*?)(?:\s+from\s|;|$)")
_NAMED = re.compile(r"(?:\w+\.)?(\w+)|.*\sas\s+(\w+)")
_UNQUOTED = str.maketrans("", "", '"`[]')
_READ_AS = {"table": "rows:{}", "column": "values:{}", "shape": "values:{}.*"}


def _looks(effect: Effect) -> bool:
    if effect.kind not in {"rows", "values"}:
        return False
    return effect.access is Access.READ or effect.detail == "refresh"


def redefines(effects: Iterable[Effect], schema: Schema) -> Iterator[Effect]:
    """Who changes the columns of a view changes its definition, which OR REPLACE would write anew."""
    for effect in effects:
        if effect.kind == "shape" and effect.access is Access.ALTER and f"view:{effect.name}" in schema:
            yield Effect(
                resource=f"view:{effect.name}",
                access=Access.ALTER,
                aspect="definition",
                detail=effect.detail,
                implicit="its columns are part of its definition",
            )


def reads_below(effects: Iterable[Effect], schema: Schema) -> Iterator[Effect]:
    """Who reads a view reads the tables below it."""
    looked = {e.name if e.kind == "rows" else owner(e.name) for e in effects if _looks(e)}
    looked |= {e.name for e in effects if e.access is Access.NEED and e.kind == "view"}
    yield from _look_below(looked, schema)
    if schema.dialect in _MYSQL:
        # A view over one that is broken cannot be made.
        shown = {e.name for e in effects if e.access is Access.NEED and e.kind == "table"}
        for effect in _look_below(shown & {e.name for e in effects if e.aspect == "view"}, schema):
            if effect.access is Access.NEED:
                yield replace(effect, aspect="view")


def _look_below(names: set[str], schema: Schema) -> Iterator[Effect]:
    waiting = sorted(names)
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        view = schema.find(f"view:{name}")
        if view is None or name in seen:
            continue
        seen.add(name)
        for resource in sorted(r for r, aspect in view.needs if aspect in {"view", "star"}):
            kind, _, below = resource.partition(":")
            why = f"the view {name} shows it"
            if schema.dialect in _MYSQL:
                # Its views are not written anew, and die with the names in them.
                yield Effect(resource=resource, access=Access.NEED, aspect="query", implicit=why)
            if kind in _READ_AS:
                read = _READ_AS[kind].format(below)
                yield Effect(resource=read, access=Access.READ, aspect="query", implicit=why)
            if kind == "table":
                waiting.append(below)


def columns_shown(text: str) -> frozenset[str] | None:
    """The columns that CREATE VIEW names; None where it shows all that there are."""
    flat = " ".join(text.lower().translate(_UNQUOTED).split())
    named = _VIEW.search(flat)
    if named is not None and named[1] is not None:
        return frozenset(name.strip() for name in named[1].split(","))
    while _INNER.search(flat):
        flat = _INNER.sub("", flat)
    listed = _LIST.search(flat)
    items = [item.strip() for item in listed[1].split(",")] if listed else ["*"]
    if any(item.endswith("*") for item in items):
        return None
    found = (_NAMED.fullmatch(item) for item in items)
    return frozenset(name[1] or name[2] for name in found if name is not None)
