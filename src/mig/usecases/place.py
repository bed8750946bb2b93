"""Puts what a rebase has decided into the files of ours, and reads them back before it is believed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.graph.dag import build_graph
from mig.graph.linearize import linearize
from mig.graph.reparent import with_parents
from mig.sources.base import Placed, Placement
from mig.sources.registry import source_of
from mig.usecases.check import base_trees
from mig.usecases.load import LineageReading, snapshot_of
from mig.usecases.mentions import note_mentions
from mig.usecases.write import Change, read_on_disk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mig.conflicts.rewrite import Replacement
    from mig.graph.dag import Graph
    from mig.graph.reparent import Parents
    from mig.model import LineageSnapshot, Migration
    from mig.rules.three_way import ThreeWay
    from mig.sources.base import Placing
    from mig.usecases.check import Sides
    from mig.usecases.project import Project
    from mig.usecases.rewrite import NewText


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What becomes of one lineage: new parents and new texts by id, and the graph with these parents."""

    three: ThreeWay
    parents: Parents
    graph: Graph
    texts: Mapping[str, NewText]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """One migration that got other parents, another name, or other names in its text.

    ``path`` and ``id`` are the new ones; ``changes`` are all files that belong to it, its own first if that
    is among them.
    """

    id: str
    path: str
    id_before: str
    path_before: str
    parents_before: tuple[str, ...]
    parents: tuple[str, ...]
    changes: tuple[Change, ...]
    replacements: tuple[Replacement, ...] = ()
    """The words of its text that are others now."""
    notes: tuple[str, ...] = ()
    """What a person should look at in the new text."""
    app: str = ""
    parents_moved: bool = False
    """Whether it comes after something else now, and not only after the same under another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """What is written in one lineage; ``ids`` are the new ids of those that get others."""

    rewritten: tuple[Rewritten, ...] = ()
    ids: Mapping[str, str]


def place_ours(project: Project, sides: Sides, decided: Decided) -> Rewriting:
    """The files of one lineage as they must be for what was decided.

    Raises:
        SourceError: a file cannot be rewritten, or would not be read back as it is meant.
    """
    three = decided.three
    if not three.ours or not (decided.parents or decided.texts or three.head.lineage.late):
        return Rewriting(ids={})
    placing = source_of(three.head.lineage).place(_placement(project, sides, decided))
    changes = _changes(project, decided, placing)
    if changes:
        _prove(project, decided, placing, [change for each in changes.values() for change in each])
    rewritten = [_rewritten(decided, placing, i, changes[i]) for i in _order(decided) if i in changes]
    return Rewriting(rewritten=note_mentions(project, three.head.lineage, rewritten), ids=placing.ids)


def _order(decided: Decided) -> tuple[str, ...]:
    """Ours in the order in which they will be applied."""
    three = decided.three
    if three.head.lineage.late:
        return tuple(m.id for m in three.merged.migrations if m.id in three.ours)
    part = build_graph(three.graph.migrations[i] for i in sorted(three.ours))
    return tuple(linearize(with_parents(part, decided.parents)))


def _placement(project: Project, sides: Sides, decided: Decided) -> Placement:
    three = decided.three
    texts = {text.path: text.after for text in decided.texts.values()}
    published = [m for m in three.graph.migrations.values() if m.id not in three.ours]
    return Placement(
        lineage=three.head.lineage,
        ours=tuple(three.graph.migrations[i] for i in _order(decided)),
        parents=decided.parents,
        published=tuple(published),
        tree=project.tree(),
        read=lambda path: texts[path] if path in texts else read_on_disk(project.root, path),
        unpublished=partial(_find_unpublished, project, sides, three),
        now=datetime.now(UTC),
    )


def _find_unpublished(project: Project, sides: Sides, three: ThreeWay) -> frozenset[str]:
    """The paths in the lineage's folders that neither the base nor a merge base has."""
    folders = three.head.lineage.paths
    published = {path for tree in base_trees(project.git, sides) for path in tree.entries(folders)}
    return frozenset(project.tree().entries(folders).keys() - published)


def _changes(project: Project, decided: Decided, placing: Placing) -> dict[str, list[Change]]:
    """The files to be written, by the migration that they belong to."""
    found: dict[str, list[Change]] = defaultdict(list)
    placed = {one.path for one in placing.files}
    only_text = [
        Placed(i, text.path, text.path, text.after)
        for i, text in sorted(decided.texts.items())
        if text.path not in placed
    ]
    before = {text.path: text.before for text in decided.texts.values()}
    for one in (*placing.files, *only_text):
        held = before[one.path] if one.path in before else read_on_disk(project.root, one.path)
        moved_from = one.path if one.moved != one.path else ""
        found[one.id].append(Change(path=one.moved, before=held, after=one.data, moved_from=moved_from))
    return dict(found)


def _rewritten(decided: Decided, placing: Placing, migration_id: str, changes: Sequence[Change]) -> Rewritten:
    migration = decided.three.graph.migrations[migration_id]
    text = decided.texts.get(migration_id)
    parents = decided.parents.get(migration_id, migration.parents)
    moved = {change.moved_from: change.path for change in changes}
    return Rewritten(
        id=placing.ids.get(migration_id, migration_id),
        path=moved.get(migration.path, migration.path),
        id_before=migration_id,
        path_before=migration.path,
        parents_before=migration.parents,
        parents=tuple(placing.ids.get(parent, parent) for parent in parents),
        changes=tuple(changes),
        replacements=text.replacements if text else (),
        notes=text.notes if text else (),
        app=migration.app,
        parents_moved=migration_id in decided.parents,
    )


def _prove(project: Project, decided: Decided, placing: Placing, changes: Sequence[Change]) -> None:
    """Read the lineage as it will be: all must be there under its new id, do the same, and stand right.

    Raises:
        SourceError: it is not so.
    """
    head = decided.three.head
    after = _read_after(project, head, changes)
    ids = placing.ids
    found = {m.id: m for m in after.migrations}
    for old in head.migrations:
        now = found.get(ids.get(old.id, old.id))
        is_same = now is not None and _is_meant(decided, ids, old, now)
        if old.id in decided.three.ours and not is_same:
            parents = ", ".join(_parents_after(decided, ids, old))
            raise SourceError(
                f"the parents in {old.path} cannot be rewritten safely",
                hint=f"write them by hand, {parents}; mig check says what else is wrong with the file",
            )
    if found.keys() != {ids.get(m.id, m.id) for m in head.migrations}:
        raise SourceError(
            "the names of ours would not be read back as they are meant",
            hint="mig check says what is wrong with the files; please report it where that is nothing",
        )


def _read_after(project: Project, head: LineageSnapshot, changes: Sequence[Change]) -> LineageSnapshot:
    """The lineage in the working tree, once these files are written."""
    lineage = head.lineage
    source = source_of(lineage)
    files = dict(project.reader(lineage).read(project.tree()).files)
    for change in changes:
        files.pop(change.moved_from or change.path, None)
    for change in changes:
        if source.is_candidate(lineage, change.path):
            files[change.path] = source.read(change.path, change.after)
    return snapshot_of(LineageReading(lineage, files))


def _is_meant(decided: Decided, ids: Mapping[str, str], old: Migration, now: Migration) -> bool:
    """Whether one of ours does what it did, and comes after what it is to come after."""
    three, text = decided.three, decided.texts.get(old.id)
    if three.head.lineage.late:
        newest = max(
            (m.version for m in three.graph.migrations.values() if m.id not in three.ours), default=()
        )
        return not old.version or now.version > newest or ids.get(old.id, old.id) == old.id
    source = source_of(three.head.lineage)
    checksum = source.read(old.path, text.after).checksum if text else old.checksum
    needs = {ids.get(i, i) for i in old.requires}
    is_needed = not ids or set(now.requires) == needs
    stands = {past: m.id for m in three.graph.migrations.values() for past in m.replaces}
    parents = {stands.get(parent, parent) for parent in now.parents}
    return is_needed and now.checksum == checksum and parents == set(_parents_after(decided, ids, old))


def _parents_after(decided: Decided, ids: Mapping[str, str], old: Migration) -> tuple[str, ...]:
    merged = decided.three.graph.migrations.get(old.id, old)
    return tuple(ids.get(i, i) for i in decided.parents.get(old.id, merged.parents))
