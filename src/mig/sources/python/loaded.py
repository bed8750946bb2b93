"""Keeps what modules of a project bind, for the next migration that imports them.

To read a module costs more than most migrations do.  It binds the same for each of them as long as nothing
that it holds is changed: what a migration has changed is not kept.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING

from mig.sources.python.values import Items, Names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.sources.pysyntax import Module
    from mig.sources.python.values import Scope

_MOST_PARTS = 20_000
_ATOMS = (str, int, float, bytes, type(None), ast.AST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What it took to read a module: steps, and how deep it went into expressions and calls."""

    steps: int
    depth: int
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The names that a module binds, with all that could be changed of them as it was at first."""

    module: Module
    scope: Scope
    cost: Cost
    held: tuple[tuple[object, object], ...]

    def is_unchanged(self) -> bool:
        """Whether everything is as it was when the module had been read."""
        return all(_state_of(part) == before for part, before in self.held)


LoadedModules = dict[tuple[object, ...], Loaded]
"""By the module's name and all else that reading it depends on."""


def keep_loaded(module: Module, scope: Scope, cost: Cost) -> Loaded | None:
    """A module for the next one that imports it; None where it holds too much."""
    held: list[tuple[object, object]] = []
    waiting: list[object] = [scope]
    seen: dict[int, object] = {}
    while waiting:
        part = waiting.pop()
        if isinstance(part, _ATOMS) or id(part) in seen:
            continue
        seen[id(part)] = part
        is_known = isinstance(part, (list, dict, tuple)) or is_dataclass(part)
        if not is_known or len(seen) > _MOST_PARTS:
            return None
        if isinstance(part, (list, dict)):
            held.append((part, _state_of(part)))
        waiting.extend(_parts_of(part))
    return Loaded(module=module, scope=scope, cost=cost, held=tuple(held))


def _parts_of(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, (list, tuple)):
        yield from value
    elif is_dataclass(value):
        yield from (getattr(value, one.name) for one in fields(value))


def _state_of(value: object) -> object:
    """All of a list or a dictionary that can be changed, its order too."""
    own = (value.born, value.is_doubtful) if isinstance(value, (Items, Names)) else ()
    if isinstance(value, dict):
        return (*own, getattr(value, "factory", ""), [*value], [*value.values()])
    return (*own, list(value)) if isinstance(value, list) else own
