"""Keeps the operations that following a file has brought to light."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.effects.footprint import OF_TABLE, Access, Effect, Operation
from mig.effects.sql import read_sql
from mig.sources.python.conventions import look_for_conventions
from mig.sources.python.quoting import HOLE
from mig.sources.python.values import TooMuchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MOST_OPERATIONS = 5_000
_MOST_EFFECTS = 200_000
_MOST_CHARACTERS = 4_000_000


class Recorder:
    """The operations so far, in the order in which the file makes them."""

    def __init__(self, dialect: str, is_doubted: Callable[[], bool] = lambda: False) -> None:
        self.dialect = dialect
        self._is_doubted = is_doubted
        self.operations: list[Operation] = []
        self.line, self.column, self.text = 1, 1, ""
        self.is_muted = False
        self._effects = 0
        self.characters = 0
        self._seen: set[tuple[int, str]] = set()

    def at(self, line: int, column: int, text: str) -> None:
        """Where the call stands that what follows comes from."""
        self.line, self.column, self.text = line, column, text

    def sql(self, text: str, problems: Iterable[str] = (), *, is_made: bool = False, kind: str = "") -> None:
        """What SQL text does; ``problems`` say what of it is not known.

        ``is_made`` says that SQLAlchemy writes the text, which asks a naming convention for names.
        ``kind`` is that of the operations, where it is another than the statement's.
        """
        self.characters += len(text)
        if self.characters > _MOST_CHARACTERS or text.count(";") > 2 * _MOST_OPERATIONS:
            raise TooMuchError
        if self.is_muted:
            return
        found = [self._placed(operation) for operation in read_sql(text, self.dialect)]
        if is_made:
            found = [self._with_conventions(operation) for operation in found]
        reasons = [*problems]
        if reasons:
            if not found:
                found = [Operation(kind="unreadable", text=self.text, line=self.line, column=self.column)]
            found[0] = replace(found[0], opaque="; ".join([*reasons, *filter(None, [found[0].opaque])]))
        for operation in found:
            self._add(replace(operation, kind=kind) if kind else operation)

    def _placed(self, operation: Operation) -> Operation:
        effects = tuple(e for e in operation.effects if HOLE not in e.resource)
        opaque = operation.opaque
        if len(effects) < len(operation.effects):
            opaque = opaque or "a name in the SQL is put together as it runs"
        return replace(
            operation,
            line=self.line,
            column=self.column,
            text=self.text or operation.text,
            effects=effects,
            opaque=opaque.replace(HOLE, "?"),
        )

    def _with_conventions(self, operation: Operation) -> Operation:
        looked = look_for_conventions(operation.effects, self.dialect)
        added = tuple(e for e in looked if HOLE not in e.resource)
        return replace(operation, effects=operation.effects + added) if added else operation

    def effects(self, kind: str, effects: Iterable[Effect]) -> None:
        self._add(
            Operation(kind=kind, text=self.text, line=self.line, column=self.column, effects=tuple(effects))
        )

    def opaque(self, why: str, kind: str = "python") -> None:
        """Something that may do anything; said once for each line."""
        if self.is_muted or (self.line, why) in self._seen:
            return
        self._seen.add((self.line, why))
        self._add(Operation(kind=kind, text=self.text, line=self.line, column=self.column, opaque=why))

    def reads(self, *resources: str) -> None:
        """A look at whether something is there."""
        self._look(Access.READ, resources)

    def reads_all_of(self, table: str) -> None:
        """A look at all constraints or indexes of one table."""
        self._look(Access.READ, ("catalogue",), f"{OF_TABLE}{table}")

    def needs(self, *resources: str) -> None:
        """A look at a thing that must be there."""
        self._look(Access.NEED, resources)

    def _look(self, access: Access, resources: tuple[str, ...], detail: str = "") -> None:
        effects = tuple(Effect(resource=r, access=access, aspect="query", detail=detail) for r in resources)
        last = self.operations[-1] if self.operations else None
        if last is None or last.line != self.line or last.effects != effects:
            self.effects("inspect", effects)

    def _add(self, operation: Operation) -> None:
        if self.is_muted:
            return
        self._effects += len(operation.effects)
        if len(self.operations) >= _MOST_OPERATIONS or self._effects > _MOST_EFFECTS:
            raise TooMuchError
        doubted = not operation.is_conditional and self._is_doubted()
        self.operations.append(replace(operation, is_conditional=True) if doubted else operation)

    def summarise(self, start: int, what: str) -> None:
        """Say once why the operations of a helper from elsewhere could not all be read."""
        reasons = [o.opaque for o in self.operations[start:] if o.opaque]
        if not reasons:
            return
        kept = [replace(o, opaque="") for o in self.operations[start:] if o.effects]
        self.operations[start:] = kept
        self.opaque(f"{what}: {reasons[0]}")

    def guard(self, start: int, resource: str, access: Access, guard_at: int) -> None:
        """Turn what a branch does to the very thing whose being there it asks for into a no-op twin.

        ``if not has_table(t): create_table(t)`` is ``CREATE TABLE IF NOT EXISTS``; the look itself is
        then no effect of its own.
        """
        made = self.operations[start:]
        if not made or not all(_concerns(o, resource, access) for o in made):
            return
        self.operations[start:] = [
            replace(o, effects=tuple(_softened(e, access) for e in o.effects)) for o in made
        ]
        if 0 <= guard_at < start:
            del self.operations[guard_at]


def _concerns(operation: Operation, resource: str, access: Access) -> bool:
    """Whether an operation creates or drops the thing, or builds on a table that the branch creates."""
    if operation.opaque:
        return False
    changed = {e.resource for e in operation.effects if e.access is access}
    if resource in changed:
        return True
    needed = {e.resource for e in operation.effects if e.access is Access.NEED}
    return access is Access.CREATE and resource.startswith("table:") and resource in needed and bool(changed)


def _softened(effect: Effect, access: Access) -> Effect:
    return replace(effect, aspect="if") if effect.access is access and not effect.renamed_from else effect
