"""What repeatables do, and how new migrations stand to those that databases have already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.conflicts.needs import find_needs
from mig.effects.footprint import unread_file
from mig.effects.sql import read_split
from mig.graph.dag import build_graph
from mig.model import Migration
from mig.sources.base import MAX_FILE_BYTES
from mig.sources.extras import split_extra
from mig.sources.native_sql import decode
from mig.sqltext.digest import text_checksum
from mig.sqltext.variables import fill_known
from mig.tree import MemoryTree
from mig.usecases.footprints import as_declared, doubt_names
from mig.usecases.meaning import Meaning

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mig.conflicts.compare import Comparison
    from mig.effects.footprint import Operation
    from mig.model import Extra, Lineage
    from mig.tree import Tree
    from mig.usecases.project import Project


class Repeated:
    """The repeatables of one lineage, as any of the trees holds them.

    Args:
        project: where they are.
        lineage: the lineage.
        trees: those of head, base and merge base.
    """

    def __init__(self, project: Project, lineage: Lineage, trees: Sequence[Tree]) -> None:
        self.dialect = project.dialect_of(lineage)
        self._project = project
        self._lineage = lineage
        self._trees = trees
        self._values = project.known_values(lineage)
        self._texts: dict[tuple[str, str], str] = {}
        self._operations: dict[tuple[str, str], tuple[Operation, ...]] = {}

    def operations(self, extra: Extra) -> tuple[Operation, ...]:
        """What a repeatable does; what cannot be read is opaque."""
        key = extra.path, extra.checksum
        if key not in self._operations:
            text = self._text(extra)
            found = read_split(split_extra(text, self.dialect), self.dialect) if text else (unread_file(""),)
            is_filled = self._values is not None
            self._operations[key] = tuple(map(doubt_names, found)) if is_filled else found
        return self._operations[key]

    def needs(self, extras: Iterable[Extra]) -> dict[str, frozenset[str]]:
        """What must come before each of these, by name."""
        chosen = tuple(extras)
        declared = {one.name: one.needs for one in chosen}
        if len(chosen) < 2:
            return {one.name: frozenset() for one in chosen}
        return find_needs({one.name: self.operations(one) for one in chosen}, declared)

    def compare(
        self, migrations: Sequence[Migration], heads: tuple[str, ...], chain: Sequence[Extra]
    ) -> Meets:
        """Verdicts on repeatables that were run one after the other, against migrations that come then.

        Args:
            migrations: all that there are.
            heads: the newest that a database has that has run the repeatables.
            chain: the repeatables in the order in which they were run.
        """
        return Meets(self, migrations, heads, chain)

    def meaning(self, migrations: Sequence[Migration], chain: Mapping[str, Extra]) -> Meaning:
        """What the migrations and, under an id of their own, these repeatables mean."""
        texts = {extra.path: self._text(extra).encode() for extra in chain.values()}
        meaning = Meaning(
            build_graph(migrations),
            self._lineage,
            self.dialect,
            (MemoryTree(texts), *self._trees),
            self._project.config.harmless,
            self._project.footprints(self._lineage),
        )
        by_id = {migration.id: migration for migration in migrations}
        for own_id, extra in chain.items():
            meaning.know(own_id, as_declared(by_id[own_id], self.operations(extra)))
        return meaning

    def _text(self, extra: Extra) -> str:
        """The text that has the checksum, from whichever tree holds it."""
        key = extra.path, extra.checksum
        if key not in self._texts:
            text = next((text for text in self._candidates(extra.path) if _fits(text, extra)), "")
            self._texts[key] = text if self._values is None else fill_known(text, self._values)
        return self._texts[key]

    def _candidates(self, path: str) -> Iterable[str]:
        for tree in self._trees:
            if path in tree.entries(self._lineage.paths):
                for content in tree.read((path,), MAX_FILE_BYTES):
                    yield decode(content.data or b"")[0]


class Meets:
    """See ``Repeated.compare``."""

    def __init__(
        self,
        repeated: Repeated,
        migrations: Sequence[Migration],
        heads: tuple[str, ...],
        chain: Sequence[Extra],
    ) -> None:
        own: list[Migration] = []
        for extra in chain:
            # Whatever stands before one in the chain was there when it ran.
            own.append(
                Migration(
                    id=id_of(extra),
                    lineage=extra.lineage,
                    parents=(own[-1].id,) if own else heads,
                    path=extra.path,
                    checksum=extra.checksum,
                    directives=extra.directives,
                )
            )
        self._meaning = repeated.meaning(
            (*migrations, *own), dict(zip((one.id for one in own), chain, strict=True))
        )

    def verdict(self, extra: Extra, migration_id: str) -> Comparison:
        """The verdict on one of the repeatables and one migration that comes after it or before it."""
        return self._meaning.compare_exactly(id_of(extra), migration_id)

    def operations(self, migration_id: str) -> tuple[Operation, ...]:
        """What a migration does."""
        return self._meaning.footprint(migration_id).operations


def id_of(extra: Extra) -> str:
    """What findings call a repeatable where migrations have their id."""
    return f"repeatable:{extra.name}"


def _fits(text: str, extra: Extra) -> bool:
    return text_checksum(text) == extra.checksum
