"""In which order repeatables run: what one makes that another one names, and what files declare."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from mig.conflicts.names import find_names
from mig.effects.footprint import Access

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mig.effects.footprint import Operation

_WORD = re.compile(r"\w+")
# What one file can make and another one use; below a table nothing is found without naming the table.
_MADE = frozenset({"relation", "table", "view", "sequence", "type", "function", "schema", "role"})


def find_needs(
    operations: Mapping[str, Sequence[Operation]], declared: Mapping[str, Iterable[str]]
) -> dict[str, frozenset[str]]:
    """What must come before each repeatable, by name.

    Where files declare an order, what was read says nothing against it: functions may call one another.

    Args:
        operations: what each of them does.
        declared: the names that each file says it needs; names that do not exist are passed over.
    """
    makes = {name: frozenset(_find_made(found)) for name, found in operations.items()}
    uses = {name: frozenset(_find_used(found)) - makes[name] for name, found in operations.items()}
    said = {name: frozenset(declared.get(name, ())) & operations.keys() for name in operations}
    before = {name: _all_before(name, said) for name in operations}
    return {
        name: said[name]
        | {
            other
            for other in operations
            if other != name and uses[name] & makes[other] and name not in before[other]
        }
        for name in operations
    }


def order_by_needs(needs: Mapping[str, Iterable[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names in an order that keeps to their needs, and a circle among them; one of the two is empty."""
    sorter = TopologicalSorter({name: sorted(before) for name, before in sorted(needs.items())})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = tuple(error.args[1])
        at = circle.index(min(circle))
        return (), (*circle[at:-1], *circle[:at], circle[at])
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered.extend(ready)
        sorter.done(*ready)
    return tuple(ordered), ()


def with_dependents(names: Iterable[str], needs: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Some names with all that need them, each with the one that made it part of it; empty for the first."""
    found = dict.fromkeys(sorted(names), "")
    waiting = list(found)
    while waiting:
        here = waiting.pop(0)
        for name in sorted(name for name, before in needs.items() if here in before and name not in found):
            found[name] = here
            waiting.append(name)
    return found


def _all_before(name: str, said: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        fresh = said[waiting.pop()] - found
        found |= fresh
        waiting.extend(fresh)
    return frozenset(found)


def _find_made(operations: Sequence[Operation]) -> Iterator[str]:
    for operation in operations:
        for effect in operation.effects:
            if effect.access is Access.CREATE and effect.kind in _MADE:
                yield effect.name.rpartition(".")[2].partition("(")[0].strip('"').lower()


def _find_used(operations: Sequence[Operation]) -> Iterator[str]:
    yield from find_names(operations)
    for operation in operations:
        if operation.opaque:
            yield from _WORD.findall(operation.text.lower())
