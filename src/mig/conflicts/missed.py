"""The sentences of what a migration asks of its ancestors in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.conflicts.wording import noun, phrase, short

if TYPE_CHECKING:
    from mig.conflicts.ledger import Miss

# SQLite looks for what these name when they are used, and not when they are made.
_LATE = frozenset({"foreign-key", "trigger", "view"})


def describe_miss(miss: Miss, user: str) -> str:
    """``ours indexes users.email, which 77bc02d1a9e0 renamed to users.mail before``."""
    event = miss.event
    target = short(event.target) if event.target else ""
    done = "created" if miss.is_taken else f"renamed to {target}" if target else "dropped"
    return f"{user} {phrase(miss.effect).format(noun(miss.effect))}, which {event.migration} {done} before"


def describe_failure(miss: Miss, migration: str, dialect: str) -> str:
    """What happens when the migration is applied after its ancestors."""
    kind = "table" if miss.effect.kind == "relation" else miss.effect.kind
    what = f"{kind} {miss.effect.name}"
    is_late = dialect == "sqlite" and miss.effect.aspect in _LATE and not miss.is_taken
    happens = "makes what cannot work" if is_late else "fails"
    place = f"{migration} {happens} at {miss.operation.kind}, line {miss.operation.line}"
    return f"{place}: {what} exists" if miss.is_taken else f"{place}: no {what}"
