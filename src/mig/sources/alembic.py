"""The source for Alembic: reads and writes its revision files without running them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from mig.sources.alembic_header import read_migration
from mig.sources.alembic_layout import find_lineages
from mig.sources.alembic_links import is_version_file
from mig.sources.alembic_script import read_script

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mig.effects.footprint import Operation
    from mig.model import Lineage, Migration, Script
    from mig.sources.base import Draft, Neighbours, NewFile, Placement, Placing, Reading
    from mig.sources.editable import Editable
    from mig.sources.python_modules import Surroundings
    from mig.tree import Tree

_SHORTEST_PARTIAL = 4


class AlembicSource:
    """Alembic's convention: Python files with ``revision`` and ``down_revision``."""

    name = "alembic"
    version = 5
    reads_path = False
    late = ""
    declares_order = True
    rewrites_names = True
    kept: frozenset[str] = frozenset()
    has_extras = False

    def recognise(self, tree: Tree) -> tuple[Lineage, ...]:
        return find_lineages(tree)

    def is_candidate(self, lineage: Lineage, path: str) -> bool:
        if not path.endswith(".py"):
            return False
        folder, _, name = path.rpartition("/")
        return is_version_file(name) and (lineage.nested or folder in lineage.paths)

    def read(self, path: str, data: bytes) -> Reading:
        return read_migration(data)

    def resolve(self, lineage: Lineage, migrations: Sequence[Migration]) -> tuple[Migration, ...]:
        names = None
        resolved: list[Migration] = []
        for migration in migrations:
            if not migration.requires:
                resolved.append(migration)
                continue
            names = names or _Names(migrations)
            requires = tuple(dict.fromkeys(names.resolve(name) for name in migration.requires))
            resolved.append(
                migration if requires == migration.requires else replace(migration, requires=requires)
            )
        return tuple(resolved)

    def script(self, path: str, data: bytes, dialect: str) -> Script:
        return read_script(path, data)

    def operations(
        self, path: str, data: bytes, dialect: str, around: Surroundings | None = None
    ) -> tuple[Operation, ...]:
        from mig.sources.python_operations import read_file

        return read_file(data, "upgrade", dialect, around)

    def editable(self, path: str, data: bytes, dialect: str) -> Editable:
        from mig.sources.editable import read_python_scopes

        return read_python_scopes(path, data, dialect, ("upgrade", "downgrade"))

    def history(self, lineage: Lineage, beside: Neighbours) -> None:
        return None

    def new_id(self) -> str:
        return uuid.uuid4().hex[-12:]

    def write(
        self, draft: Draft, lineage: Lineage, tree: Tree, migrations: Mapping[str, Migration]
    ) -> NewFile:
        from mig.sources.alembic_writer import write_migration

        return write_migration(draft, lineage, tree, migrations)

    def place(self, placement: Placement) -> Placing:
        from mig.sources.placing import place_by_parents

        return place_by_parents(placement, self.reparent)

    def reparent(self, path: str, data: bytes, parents: tuple[str, ...]) -> bytes:
        """The file with these parents in its header; every byte outside the header stays.

        Raises:
            SourceError: the header cannot be rewritten safely.
        """
        from mig.sources.alembic_reparent import reparent_migration

        return reparent_migration(path, data, parents)


class _Names:
    """What ``depends_on`` may say instead of an id: a branch label, ``label@head``, the start of an id."""

    def __init__(self, migrations: Iterable[Migration]) -> None:
        self._ids: set[str] = set()
        self._labelled: dict[str, set[str]] = {}
        self._children: dict[str, set[str]] = {}
        for migration in migrations:
            self._ids.add(migration.id)
            for label in migration.labels:
                self._labelled.setdefault(label, set()).add(migration.id)
            for parent in migration.parents:
                self._children.setdefault(parent, set()).add(migration.id)

    def resolve(self, name: str) -> str:
        """The id that a name stands for; the name itself where there is none, or more than one."""
        if name in self._ids:
            return name
        label, at, revision = name.partition("@")
        if at:
            return self._on_branch(label, revision) or name
        return self._labelled_only(name) or self._only(self._starting(name, self._ids)) or name

    def _on_branch(self, label: str, revision: str) -> str:
        branch = self._descendants(self._labelled_only(label))
        if revision in ("head", "heads"):
            return self._only({one for one in branch if not self._children.get(one, set()) & branch})
        return revision if revision in branch else self._only(self._starting(revision, branch))

    def _labelled_only(self, label: str) -> str:
        return self._only(self._labelled.get(label, set()))

    def _descendants(self, start: str) -> set[str]:
        found: set[str] = set()
        pending = [start] if start else []
        while pending:
            one = pending.pop()
            if one not in found:
                found.add(one)
                pending.extend(self._children.get(one, ()))
        return found

    @staticmethod
    def _starting(prefix: str, ids: set[str]) -> set[str]:
        return {one for one in ids if one.startswith(prefix)} if len(prefix) >= _SHORTEST_PARTIAL else set()

    @staticmethod
    def _only(ids: set[str]) -> str:
        return next(iter(ids)) if len(ids) == 1 else ""
