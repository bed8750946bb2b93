"""Puts the names that theirs gave to things into ours, and proves the result before it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.conflicts.closure import build_schema
from mig.conflicts.ledger import Ledger
from mig.conflicts.missed import describe_miss
from mig.conflicts.moves import Moves
from mig.conflicts.naming import owner
from mig.conflicts.rewrite import RefusedError, Replacement, Rewriting, rewrite
from mig.effects.footprint import Footprint
from mig.errors import SourceError
from mig.sources.registry import source_of
from mig.usecases.check import Meanings
from mig.usecases.write import read_on_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mig.conflicts.ledger import Miss
    from mig.conflicts.schema import Schema
    from mig.graph.dag import Graph
    from mig.rules.three_way import ThreeWay
    from mig.usecases.project import Project

History = tuple[tuple[str, Footprint], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewText:
    """A file with new names in it, which lies on the disk as ``before``."""

    path: str
    before: bytes
    after: bytes
    replacements: tuple[Replacement, ...]
    notes: tuple[str, ...] = ()


def rewrite_ours(project: Project, three: ThreeWay, graph: Graph) -> dict[str, NewText]:
    """New texts for those of ours that use what was renamed before them, by id.

    Args:
        project: where the files lie.
        three: one lineage; its graph has the parents that ours have now.
        graph: the same migrations with the parents that ours will have.

    Raises:
        SourceError: a place cannot be rewritten with certainty, or the result would still miss something.
    """
    meanings = three.meaning
    if not isinstance(meanings, Meanings) or not three.ours or not three.is_sound():
        return {}
    history = meanings.of(graph).history(three.ours)
    work = _Work(project, three, graph, history, meanings.dialect)
    for migration_id, _ in history:
        if migration_id in three.ours:
            work.rewrite(migration_id)
    _prove(three, graph, meanings, work.texts)
    return work.texts


def find_unmet(three: ThreeWay, graph: Graph) -> tuple[tuple[str, Miss], ...]:
    """What ours will ask of their ancestors in vain, in a graph of the same migrations."""
    if three.meaning is None or not three.ours or not three.is_sound():
        return ()
    return three.meaning.misses(graph, three.ours)


class _Work:
    """The texts of ours one after the other, each on top of those before it."""

    def __init__(
        self, project: Project, three: ThreeWay, graph: Graph, history: History, dialect: str
    ) -> None:
        self.texts: dict[str, NewText] = {}
        self._project = project
        self._three = three
        self._graph = graph
        self._history = history
        self._dialect = dialect
        self._source = source_of(three.head.lineage)
        self._now: dict[str, Footprint] = {}

    def rewrite(self, migration_id: str) -> None:
        moves = self._find_moves(migration_id)
        if not moves.words():
            return
        migration = self._three.graph.migrations[migration_id]
        before = read_on_disk(self._project.root, migration.path)
        editable = self._source.editable(migration.path, before, self._dialect)
        try:
            done: Rewriting = rewrite(editable.text, editable.scopes, moves, self._knows(migration_id))
        except RefusedError as error:
            raise SourceError(
                f"{migration.path}:{error.line}: {error.why}",
                hint=f"write it by hand, as it must be where {_named(moves)}; then mig rebase",
            ) from None
        if not done.replacements:
            return
        try:
            after = editable.encode(done.text)
        except UnicodeEncodeError:
            raise SourceError(
                f"{migration.path}: its encoding has no characters for the new name",
                hint="store it as UTF-8, and run the command again",
            ) from None
        self.texts[migration_id] = NewText(
            path=migration.path, before=before, after=after, replacements=done.replacements, notes=done.notes
        )
        operations = self._source.operations(migration.path, after, self._dialect)
        self._now[migration_id] = Footprint(operations=operations)

    def _find_moves(self, migration_id: str) -> Moves:
        """The names that have changed between what the migration was written for and what it will meet."""
        before = self._three.graph.ancestors(migration_id)
        added = self._graph.ancestors(migration_id) - before
        moves = Moves(self._renamed_already(before - self._three.ours))
        for other, was in self._history:
            now = self._now.get(other, was)
            if other in added:
                for operation in now.operations:
                    moves.come_before(operation.effects)
            elif other in before and other in self._three.ours:
                for at, operation in enumerate(was.operations):
                    effects = now.operations[at].effects if at < len(now.operations) else operation.effects
                    moves.go_on(operation.effects, effects)
        return moves

    def _renamed_already(self, before: frozenset[str]) -> dict[str, str]:
        """Names that are certainly gone before it already: an earlier rebase left them in ours."""
        graph = self._three.graph
        ledger = Ledger(self._dialect, lambda one, other: one in graph.ancestors(other))
        for other, footprint in self._history:
            if other in before:
                ledger.enter(other, footprint)
        return {name: event.target for name, event in ledger.gone.items() if event.target}

    def _knows(self, migration_id: str) -> Callable[[str], bool | None]:
        """Whether the history before shows a thing; None where it does not show the table either."""
        before = self._three.graph.ancestors(migration_id)
        schema: list[Schema] = []

        def has(resource: str) -> bool | None:
            if not schema:
                footprints = [footprint for other, footprint in self._history if other in before]
                schema.append(build_schema(footprints, self._dialect, is_complete=False))
            column = f"column:{resource.partition(':')[2]}"
            if column in schema[0]:
                return True
            return False if f"table:{owner(resource.partition(':')[2])}" in schema[0] else None

        return has


def _named(moves: Moves) -> str:
    """The new names for people, as many as one reads."""
    changed = {
        old.partition(":")[2]: new.partition(":")[2]
        for old, new in moves.names.items()
        if old != new and not old.startswith("type:")
    }
    said = [f"{old} is {new}" if new else f"{old} is gone" for old, new in sorted(changed.items())]
    return ", ".join(said[:3])


def _prove(three: ThreeWay, graph: Graph, meanings: Meanings, texts: Mapping[str, NewText]) -> None:
    """See that ours, as they will be, ask nothing of their ancestors in vain.

    Raises:
        SourceError: they do; what was dropped has no other name, and what is there already is no name.
    """
    changed = meanings.with_contents({text.path: text.after for text in texts.values()})
    for migration_id, miss in changed.misses(graph, three.ours):
        path = three.graph.migrations[migration_id].path
        hint = "take it out, and run the command again"
        if not miss.is_taken:
            hint = "take the use out, or make it again there"
        raise SourceError(
            f"{path}:{miss.operation.line}: {describe_miss(miss, migration_id)}; other names do not help",
            hint=f"{hint}; mig explain MIG308",
        )
