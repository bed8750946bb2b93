"""The source for Django: all apps of a project are one graph, in which each app has heads of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.model import Lineage, Script
from mig.sources.django import graph, header
from mig.sources.django.layout import MAX_MIGRATION, find_project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mig.effects.footprint import Operation
    from mig.model import Migration
    from mig.sources.base import Draft, Neighbours, NewFile, Placement, Placing, Reading
    from mig.sources.django.history import History
    from mig.sources.editable import Editable
    from mig.sources.python_modules import Surroundings
    from mig.tree import Tree

_APP = "app:"
_MODEL = "model:"


class DjangoSource:
    """Django's convention: a folder of numbered modules in each app, with dependencies on one another."""

    name = "django"
    version = 3
    reads_path = True
    late = ""
    # Django's own loader decides which of two published ones comes first, and nothing in a file changes that.
    declares_order = False
    rewrites_names = False
    kept = frozenset({MAX_MIGRATION})
    has_extras = False

    def recognise(self, tree: Tree) -> tuple[Lineage, ...]:
        project = find_project(tree)
        if not project.apps:
            return ()
        labels = tuple((f"{_APP}{app.folder}", app.label) for app in project.apps)
        return (
            Lineage(
                name="django",
                source=self.name,
                paths=tuple(sorted(app.folder for app in project.apps)),
                nested=False,
                settings=(*labels, *((f"{_MODEL}{setting}", model) for setting, model in project.models)),
            ),
        )

    def is_candidate(self, lineage: Lineage, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        # As Django's loader: every module of the package whose name does not begin with _ or ~.
        return folder in lineage.paths and name.endswith(".py") and name[0] not in "_~"

    def read(self, path: str, data: bytes) -> Reading:
        return header.read_migration(path, data)

    def resolve(self, lineage: Lineage, migrations: Sequence[Migration]) -> tuple[Migration, ...]:
        return graph.resolve(migrations, _without(_APP, lineage), _without(_MODEL, lineage))

    def script(self, path: str, data: bytes, dialect: str) -> Script:
        from mig.sources.django.script import read_script

        return read_script(path, data)

    def operations(
        self, path: str, data: bytes, dialect: str, around: Surroundings | None = None
    ) -> tuple[Operation, ...]:
        from mig.sources.django.operations import read_operations

        operations = read_operations(path, dialect, around)
        if dialect == "postgresql":
            return operations
        # What Django makes of them elsewhere (tables built anew on SQLite) is not modelled: never a commute.
        from mig.effects.footprint import unread_file

        return (*operations, unread_file(f"what Django does on {dialect} is not known"))

    def editable(self, path: str, data: bytes, dialect: str) -> Editable:
        raise SourceError(
            "names in Django's migrations are not replaced by mig",
            hint="write the new names by hand; mig check says where the old ones stand",
        )

    def history(self, lineage: Lineage, beside: Neighbours) -> History:
        from mig.sources.django.history import History  # not needed where nothing is unordered

        return History(beside, _without(_MODEL, lineage))

    def new_id(self) -> str:
        return ""

    def write(
        self, draft: Draft, lineage: Lineage, tree: Tree, migrations: Mapping[str, Migration]
    ) -> NewFile:
        from mig.sources.django.writer import write_merge

        return write_merge(draft, tree, migrations)

    def place(self, placement: Placement) -> Placing:
        from mig.sources.django.placing import place_in_apps

        return place_in_apps(placement)


def _without(prefix: str, lineage: Lineage) -> dict[str, str]:
    """The settings of a lineage whose names begin so, by the rest of their names."""
    return {key.removeprefix(prefix): value for key, value in lineage.settings if key.startswith(prefix)}
