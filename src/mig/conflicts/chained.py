"""What a new trigger would set off: the triggers of the tables that it writes to have to work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.conflicts.data import Consequences
from mig.conflicts.naming import last
from mig.conflicts.programs import find_function, read_function, read_trigger
from mig.effects.footprint import Access, Effect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.conflicts.schema import Schema
    from mig.effects.footprint import Operation

_EVENTS = {"insert": "insert", "update": "update", "delete": "delete", "replace": "delete"}


def follow_chain(operation: Operation, effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """The writes of a new trigger's body, and those of the triggers that they fire in their turn."""
    made = [e for e in effects if e.kind == "trigger" and e.access is Access.CREATE and not e.renamed_from]
    for trigger in made:
        body = _body(operation.text, schema)
        consequences = Consequences(schema)
        consequences.follow(body)
        why = f"the trigger {last(trigger.name)} writes there"
        for effect in dict.fromkeys((*body, *consequences.found)):
            if effect.access is not Access.WRITE or effect.aspect not in _EVENTS:
                continue
            if effect.kind == "rows":
                aspect = f"fires-{_EVENTS[effect.aspect]}"
                yield Effect(resource=effect.resource, access=Access.NEED, aspect=aspect, implicit=why)
            elif effect.kind == "values" and effect.aspect == "update":
                yield Effect(resource=effect.resource, access=Access.NEED, aspect="fires", implicit=why)


def _body(text: str, schema: Schema) -> tuple[Effect, ...]:
    if schema.dialect != "postgresql":
        return read_trigger(text, schema.dialect).effects
    function = schema.find_function(find_function(text))
    return read_function(function.text, schema.dialect).effects if function else ()
