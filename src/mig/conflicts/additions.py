"""Operations that only add to a schema: what they leave behind, found once for all schemas.

A history is mostly made of these, and is applied over and over, with one part of it or another left out.
Nothing that ``closure`` finds around such an operation becomes part of the schema, but for the keys that
its foreign keys refer to, and for columns of tables that inherit, where this gives up.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.conflicts.closure import apply_operation, effects_alone
from mig.conflicts.defined import need_keys
from mig.conflicts.naming import owner
from mig.conflicts.schema import Schema, Thing, is_replaced
from mig.effects.footprint import BATCH, Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mig.effects.footprint import Operation

_DIALECTS = frozenset({"postgresql", "sqlite"})
_MADE = frozenset(
    {"column", "constraint", "index", "names", "relation", "sequence", "state", "table", "type"}
)
_KEPT_IN_THINGS = frozenset({"column", "sequence", "table", "type", "view"})
_SET = frozenset({"default", "identity", "null"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What one operation adds.

    ``referring`` are its effects that say what its foreign keys refer to, ``above`` the shapes of the
    tables that it adds to.
    """

    operation: Operation
    things: tuple[Thing, ...]
    made: tuple[Effect, ...]
    needs: tuple[Effect, ...]
    referring: tuple[Effect, ...]
    above: tuple[str, ...]

    def put(self, schema: Schema) -> bool:
        """Add it to a schema, if nothing there makes more of it; whether that was so."""
        if any(map(schema.is_needed, self.above)):
            return False
        keys = list(dict.fromkeys(need_keys(self.referring, schema))) if self.referring else []
        if keys:
            counts = Counter(effect.kind for effect in self.made)
            needs = [*self.needs, *(key for key in keys if key not in self.needs)]
            things: Iterable[Thing] = [
                replace(thing, needs=frozenset(schema.needs_of(effect, needs, counts)))
                for thing, effect in zip(self.things, self.made, strict=True)
            ]
        else:
            things = self.things
        if self.operation.opaque:
            schema.opaque.append(self.operation)
        for thing in things:
            schema.put(thing)
        return True


def apply_step(operation: Operation, addition: Addition | None, schema: Schema) -> tuple[Effect, ...]:
    """Apply an operation to a schema, which changes; its effects that make things or take them away."""
    if addition is not None and addition.put(schema):
        return addition.made
    effects = apply_operation(operation, schema)
    return tuple(e for e in effects if e.access in {Access.CREATE, Access.DROP})


def find_addition(operation: Operation, dialect: str) -> Addition | None:
    """What an operation adds to any schema, but for what is said above; None: it does more than that."""
    if not _is_addition(operation, dialect):
        return None
    listed = tuple(dict.fromkeys(effects_alone(operation, dialect)))
    made = tuple(e for e in listed if e.access is Access.CREATE)
    needs = tuple(e for e in listed if e.access is Access.NEED)
    counts, schema = Counter(e.kind for e in made), Schema(dialect)
    return Addition(
        operation=operation,
        things=tuple(
            Thing(
                resource=effect.resource,
                detail=effect.detail,
                needs=frozenset(schema.needs_of(effect, list(needs), counts)),
                text=operation.text,
            )
            for effect in made
        ),
        made=made,
        needs=needs,
        referring=tuple(e for e in needs if e.kind == "table" and e.aspect == "foreign-key" and e.detail),
        above=tuple(
            dict.fromkeys(f"shape:{owner(e.name)}" for e in made if e.kind in {"column", "constraint"})
        ),
    )


def _is_addition(operation: Operation, dialect: str) -> bool:
    return (
        dialect in _DIALECTS
        and operation.kind != BATCH
        and not is_replaced(operation)
        and all(map(_is_plain, operation.effects))
    )


def _is_plain(effect: Effect) -> bool:
    is_every_sequence = effect.kind == "sequence" and effect.name.endswith("*")
    if effect.kind == "setting" or effect.renamed_to or effect.renamed_from or is_every_sequence:
        return False
    if effect.access is Access.CREATE:
        return effect.kind in _MADE and effect.aspect != "if"
    if effect.access is Access.NEED:
        return effect.kind != "shape"
    if effect.access is Access.ALTER:
        # What an ALTER changes of what is kept is asked of the schema.
        return effect.kind not in _KEPT_IN_THINGS and effect.aspect not in _SET
    return effect.access is not Access.DROP
