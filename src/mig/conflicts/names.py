"""The names by which files speak of what operations touch and make."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from mig.effects.footprint import Access

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.effects.footprint import Effect, Operation

# Kinds of things that are made below a table and found by a name of their own; a table is found by its own.
_FOUND_BY_NAME = frozenset({"view", "index", "constraint", "trigger", "function", "sequence", "type"})
_PROGRAMS = frozenset({"trigger", "rule", "function"})
_DEFINES = frozenset({Access.ALTER, Access.CREATE})
_PASSES_ON = re.compile(r"on (delete|update) (cascade|set)")


def find_names(operations: Iterable[Operation]) -> Iterator[str]:
    """The names of all things that operations touch; of columns, that of their table."""
    for operation in operations:
        for effect in operation.effects:
            yield from _name_of(effect)


def find_names_made(operations: Iterable[Operation]) -> Iterator[str]:
    """The names by which later migrations could speak of what these operations made.

    A new table is not one of them: who touches it without touching what it refers to does not matter
    here, unless a foreign key passes deletes and updates on to it, or it inherits.  Neither is the table
    of a new constraint: foreign keys join most tables of a schema, and what they refuse stands where
    they are made, which names both of their tables.
    """
    for operation in operations:
        passes_on = any(
            _PASSES_ON.search(e.detail.lower()) or e.detail in ("inherits", "partition")
            for e in operation.effects
        )
        if any(e.access in _DEFINES and e.kind in _PROGRAMS for e in operation.effects):
            # What it runs on is written and checked as if the statement that sets it off had named it.
            yield from find_names((operation,))
            continue
        created = {e.resource for e in operation.effects if e.access is Access.CREATE}
        for effect in operation.effects:
            # In PostgreSQL a table makes the type of its rows, of the same name.
            is_row_type = effect.kind == "type" and f"table:{effect.name}" in created
            made = effect.access is Access.CREATE and effect.kind in _FOUND_BY_NAME and not is_row_type
            renamed = bool(effect.renamed_to or effect.renamed_from)
            if renamed or (passes_on and effect.access is Access.CREATE):
                yield from _name_of(effect)
            elif made:
                yield from islice(_name_of(effect), 1 if effect.kind == "constraint" else None)


def _name_of(effect: Effect) -> Iterator[str]:
    if effect.kind in ("setting", "session", "catalogue"):
        return
    parts = [part.strip('"').lower() for part in effect.name.split(".")]
    if effect.kind == "state":
        # Files speak of a model of Django's by its own name, wherever its app is.
        yield parts[min(1, len(parts) - 1)]
        return
    if effect.kind in ("column", "values") and len(parts) > 1:
        parts = parts[:-1]
    name = parts[-1].partition("(")[0]
    if name and name != "*":
        yield name
    if effect.kind in ("constraint", "trigger", "policy", "index") and len(parts) > 1:
        yield parts[-2]
