"""What is read through a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.conflicts.schema import owner
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.schema import Schema

_MYSQL = frozenset({"mysql", "mariadb"})
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
    waiting = sorted(
        {e.name if e.kind == "rows" else owner(e.name) for e in effects if _looks(e)}
        | {e.name for e in effects if e.access is Access.NEED and e.kind == "view"}
    )
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
