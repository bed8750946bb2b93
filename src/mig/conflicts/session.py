"""Under which settings of a session a statement of MariaDB or MySQL does something else.

Each has its source in the manual's page on the variable; ``setting:NAME`` is read where it matters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.conflicts.naming import owner
from mig.effects.footprint import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mig.conflicts.schema import Schema
    from mig.effects.footprint import Effect

_CHANGES = frozenset({Access.CREATE, Access.DROP, Access.ALTER})
_OF_TABLES = frozenset({"column", "values", "constraint", "index"})
_PROGRAMS = frozenset({"function", "trigger", "event"})
_WITH_MODE = frozenset({"table", "column", "function", "trigger", "event", "constraint"})
_AUTO = re.compile(r"\bauto_increment\b")
_READ_BY_MODE = re.compile(r"[\"\\]|\|\|")


def settings_minded(text: str, effects: tuple[Effect, ...], schema: Schema) -> Iterator[str]:
    """The names of those settings of ``MINDED`` that the outcome of a statement depends on."""
    for name, minds in MINDED.items():
        if minds(text, effects, schema):
            yield name


def _is_made(effect: Effect) -> bool:
    return effect.access is Access.CREATE and not effect.renamed_from


def _minds_step(_text: str, effects: tuple[Effect, ...], schema: Schema) -> bool:
    """The steps of AUTO_INCREMENT, which sequences can take over."""
    for effect in effects:
        if effect.kind == "sequence" and effect.access in _CHANGES | {Access.WRITE}:
            return True
        if effect.kind == "column" and effect.access in _CHANGES and _AUTO.search(effect.detail):
            return True
        is_insert = effect.kind == "rows" and effect.access is Access.WRITE and effect.aspect == "insert"
        if is_insert and f"table:{effect.name}" not in schema:
            return True
    return False


def _minds_engine(text: str, effects: tuple[Effect, ...], _schema: Schema) -> bool:
    """The engine of new tables, among which are sequences."""
    made = [e for e in effects if _is_made(e) and e.kind in {"table", "sequence"}]
    return bool(made) and not re.search(r"\bengine\b", text, re.IGNORECASE)


def _minds_names(text: str, effects: tuple[Effect, ...], _schema: Schema) -> bool:
    """The character set of the text: views and programs keep it, new columns may take it from a literal."""
    if not text.isascii():
        return True
    return any(
        (e.kind in {*_PROGRAMS, "view"} and e.access in {Access.CREATE, Access.ALTER} and not e.implicit)
        or (e.access is Access.WRITE and e.detail == "as query")
        for e in effects
    )


def _minds_mode(text: str, effects: tuple[Effect, ...], _schema: Schema) -> bool:
    """``sql_mode``: how text is read, what programs keep, and what becomes of values that do not fit."""
    if _READ_BY_MODE.search(text):
        return True
    for effect in effects:
        if effect.kind in {"rows", "values"} and effect.access is Access.WRITE:
            return True
        if effect.kind in _WITH_MODE and (_is_made(effect) or _is_altered(effect)):
            return True
        # Queries may break a rule on grouping.
        if effect.kind == "view" and effect.access in {Access.CREATE, Access.ALTER} and "(" in text:
            return True
    return False


def _is_altered(effect: Effect) -> bool:
    return effect.access is Access.ALTER and effect.kind != "table" and effect.aspect != "broken"


def _minds_foreign_keys(_text: str, effects: tuple[Effect, ...], schema: Schema) -> bool:
    """``foreign_key_checks``: whatever changes a table that has to do with a foreign key."""
    made = {e.name for e in effects if _is_made(e) and e.kind == "table"}
    for effect in effects:
        if effect.access is Access.NEED and effect.aspect == "foreign-key":
            return True
        if effect.access not in _CHANGES | {Access.WRITE} or effect.aspect == "dangling":
            continue
        table = _table_of(effect)
        if table and (table not in made and f"table:{table}" not in schema):
            return True
        if table and any(_is_foreign_key(resource, schema) for resource in _users(table, schema)):
            return True
    return False


def _table_of(effect: Effect) -> str:
    if effect.kind in {"table", "rows"}:
        # The name that a table gets is as it was under the old one.
        return "" if effect.renamed_from else effect.name
    return owner(effect.name) if effect.kind in _OF_TABLES and not effect.renamed_from else ""


def _users(table: str, schema: Schema) -> list[str]:
    return [thing.resource for thing in schema.users(f"table:{table}")]


def _is_foreign_key(resource: str, schema: Schema) -> bool:
    thing = schema.find(resource)
    return thing is not None and thing.kind == "constraint" and "foreign key" in thing.detail


MINDED: dict[str, Callable[[str, tuple[Effect, ...], Schema], bool]] = {
    "auto_increment_increment": _minds_step,
    "auto_increment_offset": _minds_step,
    "default_storage_engine": _minds_engine,
    "storage_engine": _minds_engine,
    "foreign_key_checks": _minds_foreign_keys,
    "names": _minds_names,
    "sql_mode": _minds_mode,
}
