"""The source for ordered SQL: one class, and a convention that says the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.graph.versions import parse_version
from mig.model import Script
from mig.sources.base import Problem, Reading
from mig.sources.native_sql import decode
from mig.sources.ordered.conventions import CONVENTIONS, PROGRAMS
from mig.sources.ordered.recognise import find_lineages, folder_of
from mig.sources.ordered.sections import read_file, take_apart
from mig.sqltext.split import split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mig.effects.footprint import Operation
    from mig.model import Convention, Lineage, Migration
    from mig.sources.base import Draft, Neighbours, NewFile, Placement, Placing
    from mig.sources.editable import Editable
    from mig.sources.python_modules import Surroundings
    from mig.tree import Tree


class OrderedSource:
    """Migrations that a version in the file's name puts in order.

    Args:
        name: that of a convention.
        convention: what the project says of it; None: it is one of the table's.
    """

    version = 3
    reads_path = True
    declares_order = False
    rewrites_names = True
    kept: frozenset[str] = frozenset()
    has_extras = False

    def __init__(self, name: str, convention: Convention | None = None) -> None:
        self.name = name
        self._is_own = convention is not None
        self._convention = convention or next(one for one in CONVENTIONS if one.name == name)
        self.late = self._convention.late.value

    def recognise(self, tree: Tree) -> tuple[Lineage, ...]:
        if self.name == "flyway" and not self._is_own:
            from mig.sources.ordered.flyway import find_flyway  # of no use to the others

            return find_flyway(tree)
        return find_lineages(tree, self._convention, is_configured=self._is_own)

    def is_candidate(self, lineage: Lineage, path: str) -> bool:
        return folder_of(path, self._convention) in lineage.paths or self._is_misnamed(path, lineage.paths)

    def read(self, path: str, data: bytes) -> Reading:
        named = self._convention.file.fullmatch(path)
        if named is not None:
            return read_file(named, data, self._convention)
        shown = path.rpartition("/")[2]
        message = f"{shown} is named like a migration of {self.name}'s, but has no version that it knows"
        return Reading(problems=(Problem("MIG013", message, 0),))

    def _is_misnamed(self, path: str, folders: tuple[str, ...]) -> bool:
        """Whether the tool passes over a file that somebody may take for a migration."""
        convention, folder = self._convention, path.rpartition("/")[0]
        if convention.misnamed is None or folder not in folders or not convention.misnamed.fullmatch(path):
            return False
        known = (convention.file, convention.down)
        return not any(pattern and pattern.fullmatch(path) for pattern in known)

    def resolve(self, lineage: Lineage, migrations: Sequence[Migration]) -> tuple[Migration, ...]:
        """The migrations in the order of their versions, each the child of the one before."""
        versions = [(self._version(one), one) for one in migrations if not self._is_baseline(one)]
        # A baseline stands for what is up to its version; where that is there, it says nothing more.
        for one in filter(self._is_baseline, migrations):
            if not any(() < version <= self._version(one) for version, _ in versions):
                versions.append((self._version(one), one))
        # What has no version (Flyway's repeatable ones) comes after all that have one.
        ordered = sorted(versions, key=lambda pair: (not pair[0], pair[0], pair[1].id))
        before: tuple[str, ...] = ()
        resolved: list[Migration] = []
        for version, one in ordered:
            text = self._version_text(one)
            resolved.append(replace(one, version=version, version_text=text, parents=before))
            before = (one.id,)
        return tuple(resolved)

    def script(self, path: str, data: bytes, dialect: str) -> Script:
        text, _ = decode(data)
        if path.endswith(PROGRAMS):
            return Script(language="sql", up=(), down=None, text=text)
        sections = take_apart(text, self._convention)
        if sections is None:
            raise SourceError(
                f"{path} has no section of {self.name}'s to apply",
                hint=f"see {self._convention.source}" if self._convention.source else "mig explain MIG005",
            )
        up = split(sections.up, dialect, first_line=sections.up_line).statements
        down = None
        if sections.down is not None:
            down = split(sections.down, dialect, first_line=sections.down_line).statements
        return Script(language="sql", up=up, down=down)

    def operations(
        self, path: str, data: bytes, dialect: str, around: Surroundings | None = None
    ) -> tuple[Operation, ...]:
        from mig.effects.footprint import unread_file
        from mig.effects.sql import read_sql

        if path.endswith(PROGRAMS):
            return (unread_file(f"it is a program ({path.rpartition('.')[2]}), which is not read"),)
        sections = take_apart(decode(data)[0], self._convention)
        if sections is None:
            return (unread_file(f"there is no section of {self.name}'s to apply"),)
        operations = read_sql(sections.up, dialect, sections.up_line)
        return tuple(self._without_placeholders(one) for one in operations)

    def _without_placeholders(self, operation: Operation) -> Operation:
        """The operation, opaque where the tool puts something into its text before it is run."""
        found = self._convention.placeholder and self._convention.placeholder.search(operation.text)
        if not found:
            return operation
        why = f"{found[0]} stands for what only the tool knows"
        return replace(operation, opaque="; ".join(filter(None, (operation.opaque, why))))

    def editable(self, path: str, data: bytes, dialect: str) -> Editable:
        from mig.conflicts.rewrite import DOWN, UP
        from mig.sources.editable import SqlPart, read_sql_parts

        if path.endswith(PROGRAMS):
            raise SourceError(
                f"{path} is a program, in which mig replaces no names",
                hint="write the new names by hand; mig check says where the old ones stand",
            )
        text = data.decode("utf-8", "surrogateescape")
        sections = take_apart(text, self._convention)
        parts = []
        if sections is not None:
            parts.append(SqlPart(UP, sections.up, sections.up_line))
            if sections.down is not None:
                parts.append(SqlPart(DOWN, sections.down, sections.down_line))
        return read_sql_parts(path, text, parts, dialect)

    def history(self, lineage: Lineage, beside: Neighbours) -> None:
        return None

    def new_id(self) -> str:
        return ""

    def write(
        self, draft: Draft, lineage: Lineage, tree: Tree, migrations: Mapping[str, Migration]
    ) -> NewFile:
        raise SourceError(
            f"{self.name} orders migrations by version, and has no merge migrations",
            hint=f"write it with {self.name}; mig check compares it, mig rebase renumbers it",
        )

    def place(self, placement: Placement) -> Placing:
        from mig.sources.ordered.placing import place_by_version

        return place_by_version(placement, self._convention)

    def _is_baseline(self, migration: Migration) -> bool:
        found = self._convention.file.fullmatch(migration.path)
        return bool(found and found.groupdict().get("baseline"))

    def _version(self, migration: Migration) -> tuple[int, ...]:
        return parse_version(self._version_text(migration))

    def _version_text(self, migration: Migration) -> str:
        found = self._convention.file.fullmatch(migration.path)
        text = found["version"] or "" if found else ""
        # A name goes on with a line after its version, which sorts after any digit.
        return text.ljust(self._convention.digits, "9") if text.isdigit() else text
