"""Reads what the downs of a plan take away from the rows that a database holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects.footprint import Access
from mig.runner.losses import Takes, Threat
from mig.runner.plan import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.effects.footprint import Effect, Operation
    from mig.runner.plan import Plan
    from mig.runner.work import Work

_SHOWN = 80
# What takes whatever uses it along, columns and tables included.
_CASCADING = frozenset({"schema", "extension", "type", "domain", "sequence", "function"})


def find_threats(plan: Plan, dialect: str) -> tuple[Threat, ...]:
    """What the downs of a plan take away, in order, by the names that hold before any of them has run."""
    names = _Names()
    found: list[Threat] = []
    for step in plan.steps:
        if step.direction is Direction.DOWN and step.work is not None:
            operations = _operations(step.work, dialect)
            copied = _find_copied(operations)
            for operation in operations:
                found += _find_threats(step.id, operation, names, copied)
                names.follow(operation)
    gone = {threat.table for threat in found if threat.takes is Takes.TABLE}
    unique = dict.fromkeys(found)
    return tuple(t for t in unique if not (t.takes is not Takes.TABLE and t.table in gone))


class _Names:
    """What tables and columns were called before the plan, and which it has made itself."""

    def __init__(self) -> None:
        self._before: dict[str, str] = {}
        self._made: set[str] = set()

    def table(self, name: str) -> str:
        """The name of a table before the plan; empty where there was none."""
        return "" if name in self._made else self._before.get(f"table:{name}", name)

    def column(self, name: str) -> tuple[str, str]:
        """The same for a column, with its table."""
        table, _, column = name.rpartition(".")
        if f"column:{name}" in self._made:
            return "", ""
        return self.table(table), self._before.get(f"column:{name}", column)

    def follow(self, operation: Operation) -> None:
        """What the names are after an operation."""
        for effect in operation.effects:
            if effect.access is Access.DROP and effect.renamed_to and effect.kind == "table":
                new = effect.renamed_to.partition(":")[2]
                self._before[f"table:{new}"] = self.table(effect.name)
                if effect.name in self._made:
                    self._made.add(new)
            elif effect.access is Access.DROP and effect.renamed_to and effect.kind == "column":
                self._before[effect.renamed_to] = self.column(effect.name)[1]
            elif effect.access is Access.CREATE and effect.kind == "table" and not _is_renamed(operation):
                self._made.add(effect.name)
            elif effect.access is Access.CREATE and effect.kind == "column" and not _is_renamed(operation):
                self._made.add(effect.resource)


def _is_renamed(operation: Operation) -> bool:
    return any(effect.renamed_to for effect in operation.effects)


def _find_copied(operations: tuple[Operation, ...]) -> frozenset[str]:
    """Tables that are dropped and whose names another one then gets, as altering is done in SQLite."""
    named = {e.renamed_to for operation in operations for e in operation.effects if e.renamed_to}
    return frozenset(name.partition(":")[2] for name in named if name.startswith("table:"))


def _find_threats(
    migration_id: str, operation: Operation, names: _Names, copied: frozenset[str]
) -> Iterator[Threat]:
    if operation.opaque:
        text = " ".join(operation.text.split())
        shown = f"{text[:_SHOWN]}…" if len(text) > _SHOWN else text
        why = f"{operation.opaque}: {shown}" if shown else operation.opaque
        yield Threat(id=migration_id, takes=Takes.UNREAD, why=why, line=operation.line)
    if operation.kind == "drop foreign table":
        return
    for effect in operation.effects:
        takes, table, column = _taken(effect, names, copied)
        if takes is Takes.UNREAD:
            why = f"CASCADE of {effect.kind} {effect.name} takes along what uses it"
            yield Threat(id=migration_id, takes=takes, why=why, line=operation.line)
        elif takes is not None and table:
            yield Threat(
                id=migration_id,
                takes=takes,
                table=table,
                column=column,
                line=operation.line,
                if_exists=effect.aspect == "if",
            )


def _taken(effect: Effect, names: _Names, copied: frozenset[str]) -> tuple[Takes | None, str, str]:
    if effect.access is Access.WRITE and effect.kind == "rows":
        everything = effect.aspect == "truncate" or (effect.aspect == "delete" and not effect.detail)
        return (Takes.ROWS if everything else None), names.table(effect.name), ""
    if effect.access is not Access.DROP or effect.renamed_to or effect.implicit:
        return None, "", ""
    if effect.kind == "table":
        return (Takes.COPIED if effect.name in copied else Takes.TABLE), names.table(effect.name), ""
    if effect.kind == "column":
        return (Takes.COLUMN, *names.column(effect.name))
    if effect.kind in _CASCADING and "cascade" in effect.detail:
        return Takes.UNREAD, "", ""
    return None, "", ""


def _operations(work: Work, dialect: str) -> tuple[Operation, ...]:
    if work.is_python:
        from mig.sources.python_operations import read_file

        function = "downgrade" if "def downgrade" in work.text else "down"
        return read_file(work.text.encode(), function, dialect, None)
    from mig.effects.sql import read_statements

    return read_statements(work.statements, dialect)
