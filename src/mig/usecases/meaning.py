"""What migrations do, read when somebody asks, and how two of them stand to each other."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mig.conflicts.closure import build_schema, close
from mig.conflicts.compare import Reason, compare_closures
from mig.conflicts.proved import only_proved
from mig.effects.declared import read_declaration
from mig.effects.footprint import Access, Footprint, Operation, unread_file
from mig.findings import Verdict
from mig.graph.dag import topological
from mig.sources.base import MAX_FILE_BYTES
from mig.sources.registry import find_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.closure import Closure
    from mig.conflicts.compare import Comparison
    from mig.conflicts.schema import Schema
    from mig.effects.footprint import Effect
    from mig.graph.dag import Graph
    from mig.model import Lineage, Migration
    from mig.tree import Tree

# Words that begin a name of something made below a table; a table is found by its own name.
_FOUND_BY_NAME = frozenset({"view", "index", "constraint", "trigger", "function", "sequence", "type"})
_PASSES_ON = re.compile(r"on (delete|update) (cascade|set)")
_WORD = re.compile(r"\w+")


class Meaning:
    """The footprints of one lineage's migrations and the verdicts on pairs of them.

    Args:
        graph: the DAG that says what comes before what.
        lineage: where the files lie, and in which convention.
        dialect: the SQL dialect.
        trees: the trees that hold the files; the first that has one counts.
    """

    def __init__(self, graph: Graph, lineage: Lineage, dialect: str, trees: Iterable[Tree]) -> None:
        self._graph = graph
        self._source = find_source(lineage.source)
        self._dialect = dialect
        self._held = [(tree, tree.entries(lineage.paths)) for tree in trees]
        self._contents: dict[str, bytes] = {}
        self._footprints: dict[str, Footprint] = {}
        self._closures: dict[tuple[str, frozenset[str]], Closure] = {}
        self._schemas: dict[frozenset[str], Schema] = {}
        self._position: dict[str, int] | None = None
        self._texts: dict[str, str] = {}
        self._speaking: dict[str, frozenset[str]] = {}

    def footprint(self, migration_id: str) -> Footprint:
        """What one migration does; what cannot be read is opaque."""
        found = self._footprints.get(migration_id)
        if found is None:
            self._read([migration_id])
            found = self._footprints[migration_id] = self._read_footprint(
                self._graph.migrations[migration_id]
            )
        return found

    def compare(self, one: str, other: str) -> Comparison:
        """The verdict on two migrations, on top of all that must come before either of them."""
        before = self._graph.ancestors(one, other) - {one, other}
        context = self._relevant(before, (one, other))
        schema = self._schema(context)
        first, second = (self._close(i, context, schema) for i in (one, other))
        found = compare_closures(first, second, schema, self._dialect)
        return only_proved(self._doubt(found, (one, other)), self._dialect)

    def _doubt(self, found: Comparison, pair: tuple[str, str]) -> Comparison:
        """``unknown`` for ``commute`` where an unread part of the history names what the pair touches."""
        if found.verdict is not Verdict.COMMUTE or not found.assumptions:
            return found
        names = {name for i in pair for name in _names(self.footprint(i).operations)}
        for unread in found.assumptions:
            if names & set(_WORD.findall(unread.text.lower())):
                sides = tuple(_first(self.footprint(i)) for i in pair)
                reason = Reason(
                    code="MIG300",
                    verdict=Verdict.UNKNOWN,
                    message=f"an earlier statement, which cannot be read, names it: {unread.opaque}",
                    resources=(),
                    operations=(sides[0], sides[1]),
                )
                return replace(found, verdict=Verdict.UNKNOWN, reasons=(reason,))
        return found

    def _close(self, migration_id: str, context: frozenset[str], schema: Schema) -> Closure:
        key = migration_id, context
        if key not in self._closures:
            self._closures[key] = close(self.footprint(migration_id), schema)
        return self._closures[key]

    def _schema(self, context: frozenset[str]) -> Schema:
        if context not in self._schemas:
            position = self._positions()
            ordered = sorted(context, key=lambda i: position[i])
            footprints = [self.footprint(i) for i in ordered]
            # Only what speaks of the pair was read, and a history may begin with tables that were there.
            self._schemas[context] = build_schema(footprints, self._dialect, is_complete=False)
        return self._schemas[context]

    def _positions(self) -> dict[str, int]:
        if self._position is None:
            self._position = {
                i: n for n, i in enumerate(topological(self._graph) or sorted(self._graph.migrations))
            }
        return self._position

    def _relevant(self, before: frozenset[str], pair: tuple[str, str]) -> frozenset[str]:
        """Those of the earlier migrations that speak of anything that the pair touches.

        What depends on a table names it, so their texts are searched for names before anything is
        parsed; the names of what they make are searched for in turn.
        """
        self._read(before)
        waiting = {name for i in pair for name in _names(self.footprint(i).operations)}
        searched: set[str] = set()
        chosen: set[str] = set()
        while waiting:
            name = waiting.pop()
            searched.add(name)
            for i in (self._speaking_of(name) & before) - chosen:
                chosen.add(i)
                waiting.update(set(_names_made(self.footprint(i).operations)) - searched)
        return frozenset(chosen)

    def _speaking_of(self, name: str) -> frozenset[str]:
        """The migrations that were read so far and hold a name as a word."""
        if name not in self._speaking:
            word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
            texts = self._texts.items()
            self._speaking[name] = frozenset(i for i, text in texts if name in text and word.search(text))
        return self._speaking[name]

    def _read(self, ids: Iterable[str]) -> None:
        """Get the contents of files that nobody has asked for yet, in one batch a tree."""
        unread = [i for i in ids if i not in self._texts]
        if not unread:
            return
        wanted = {self._graph.migrations[i].path for i in unread} - self._contents.keys()
        for tree, entries in self._held:
            here = sorted(path for path in wanted if path in entries)
            wanted.difference_update(here)
            for content in tree.read(here, MAX_FILE_BYTES):
                self._contents[content.path] = content.data or b""
        self._contents.update(dict.fromkeys(wanted, b""))
        for i in unread:
            data = self._contents[self._graph.migrations[i].path]
            self._texts[i] = data.decode("utf-8", "replace").lower()
        self._speaking.clear()

    def _read_footprint(self, migration: Migration) -> Footprint:
        data = self._contents[migration.path]
        operations = self._source.operations(migration.path, data, self._dialect)
        declared = [d for d in migration.directives if d.name == "touches"]
        if not declared:
            return Footprint(operations=operations)
        # A declaration says all that the unread parts touch, and so settles what is unknown of them.
        settled = tuple(_as_declared(one) if one.opaque else one for one in operations)
        said = (
            Operation(
                kind="declared", text=f"mig:touches {d.value}", line=d.line, effects=read_declaration(d.value)
            )
            for d in declared
        )
        return Footprint(operations=(*settled, *said))


def _as_declared(operation: Operation) -> Operation:
    """An operation without what was only feared of it because it could not be read."""
    feared = ("catalogue", "session")
    return replace(operation, opaque="", effects=tuple(e for e in operation.effects if e.kind not in feared))


def _first(footprint: Footprint) -> Operation:
    return footprint.operations[0] if footprint.operations else unread_file("")


def _names(operations: Iterable[Operation]) -> Iterator[str]:
    """The names of all things that operations touch; of columns, that of their table."""
    for operation in operations:
        for effect in operation.effects:
            yield from _name_of(effect)


def _names_made(operations: Iterable[Operation]) -> Iterator[str]:
    """The names by which later migrations could speak of what these operations made.

    A new table is not one of them: who touches it without touching what it refers to does not matter
    here, unless a foreign key passes deletes and updates on to it, or it inherits.
    """
    for operation in operations:
        passes_on = any(
            _PASSES_ON.search(e.detail.lower()) or e.detail in ("inherits", "partition")
            for e in operation.effects
        )
        for effect in operation.effects:
            made = effect.access is Access.CREATE and effect.kind in _FOUND_BY_NAME
            renamed = bool(effect.renamed_to or effect.renamed_from)
            if made or renamed or (passes_on and effect.access is Access.CREATE):
                yield from _name_of(effect)


def _name_of(effect: Effect) -> Iterator[str]:
    if effect.kind in ("setting", "session", "catalogue"):
        return
    parts = [part.strip('"').lower() for part in effect.name.split(".")]
    if effect.kind in ("column", "values") and len(parts) > 1:
        parts = parts[:-1]
    name = parts[-1].partition("(")[0]
    if name and name != "*":
        yield name
    if effect.kind in ("constraint", "trigger", "policy", "index") and len(parts) > 1:
        yield parts[-2]
