"""The native source: SQL and Python files with ids and parents, side by side in one folder."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.model import Lineage
from mig.sources import native_python, native_sql
from mig.sources.base import MAX_FILE_BYTES, NewFile
from mig.tree import DIRECTORY, REGULAR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mig.effects.footprint import Operation
    from mig.model import Migration, Script
    from mig.sources.base import Draft, Neighbours, Placement, Placing, Reading
    from mig.sources.editable import Editable
    from mig.sources.python_modules import Surroundings
    from mig.tree import Tree

_MARK = re.compile(rb"""^(?:[ \t]*--[ \t]*mig:id\b|id[ \t]*=[ \t]*["'][0-9a-f]{12}["'])""", re.MULTILINE)
_DEFAULT_FOLDER = "migrations"
_LOOKED_AT = 5


class NativeSource:
    """``mig``'s own format (see the reference page on native migrations)."""

    name = "native"
    version = 4
    reads_path = False
    late = ""
    declares_order = True
    rewrites_names = True
    kept: frozenset[str] = frozenset()
    has_extras = True

    def recognise(self, tree: Tree) -> tuple[Lineage, ...]:
        """A folder ``migrations`` at the root with a file that has a native migration's header."""
        if _is_marked(tree):
            return (Lineage(name="default", source=self.name, paths=(_DEFAULT_FOLDER,)),)
        return ()

    def is_candidate(self, lineage: Lineage, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return (
            folder in lineage.paths
            and name.lower().endswith((".sql", ".py"))
            and not name.startswith((".", "__"))
        )

    def read(self, path: str, data: bytes) -> Reading:
        return native_python.read_python(data) if path.lower().endswith(".py") else native_sql.read_sql(data)

    def resolve(self, lineage: Lineage, migrations: Sequence[Migration]) -> tuple[Migration, ...]:
        return tuple(migrations)

    def script(self, path: str, data: bytes, dialect: str) -> Script:
        if path.lower().endswith(".py"):
            return native_python.read_script(path, data)
        return native_sql.read_script(path, data, dialect)

    def operations(
        self, path: str, data: bytes, dialect: str, around: Surroundings | None = None
    ) -> tuple[Operation, ...]:
        if path.lower().endswith(".py"):
            from mig.sources.python_operations import read_file

            return read_file(data, "up", dialect, around)
        from mig.effects.footprint import unread_file
        from mig.effects.sql import read_split

        try:
            # What stands around a part that cannot be split is read all the same.
            return read_split(native_sql.split_up(path, data, dialect), dialect)
        except SourceError as error:
            return (unread_file(error.message),)

    def editable(self, path: str, data: bytes, dialect: str) -> Editable:
        from mig.sources.editable import read_python_scopes, read_sql_scopes

        if path.lower().endswith(".py"):
            return read_python_scopes(path, data, dialect, ("up", "down"))
        return read_sql_scopes(path, data, dialect)

    def history(self, lineage: Lineage, beside: Neighbours) -> None:
        return None

    def new_id(self) -> str:
        return secrets.token_hex(6)

    def write(
        self, draft: Draft, lineage: Lineage, tree: Tree, migrations: Mapping[str, Migration]
    ) -> NewFile:
        folder, ending = lineage.paths[0], draft.ending or ".sql"
        taken = {path for path, entry in tree.entries((folder,)).items() if entry.kind != DIRECTORY}
        slug, created = slugify(draft.message), draft.created
        # The stamp sorts a child behind its parents even where a clock is behind.
        while (path := f"{folder}/{created:%Y%m%d%H%M%S}_{slug}{ending}".lstrip("/")) in taken:
            created += timedelta(seconds=1)
        render = native_python.render_python if ending == ".py" else native_sql.render_sql
        return NewFile(path, render(draft))

    def place(self, placement: Placement) -> Placing:
        from mig.sources.placing import place_by_parents

        return place_by_parents(placement, self.reparent)

    def reparent(self, path: str, data: bytes, parents: tuple[str, ...]) -> bytes:
        """The file with these parents in its header; every byte outside the header stays.

        Raises:
            SourceError: the header cannot be rewritten safely.
        """
        rewrite = native_python.reparent_python if path.lower().endswith(".py") else native_sql.reparent_sql
        return rewrite(path, data, parents)


def _is_marked(tree: Tree) -> bool:
    """Whether one of the first files has a native header; other tools name their files alike."""
    prefix = f"{_DEFAULT_FOLDER}/"
    regular = (path for path, entry in tree.entries((_DEFAULT_FOLDER,)).items() if entry.kind == REGULAR)
    names = (path.removeprefix(prefix) for path in regular if path.lower().endswith((".sql", ".py")))
    first = list(islice((name for name in names if "/" not in name), _LOOKED_AT))
    contents = tree.read([prefix + name for name in first], MAX_FILE_BYTES)
    return any(c.data and _MARK.search(c.data) for c in contents)


def slugify(message: str) -> str:
    """A message as a part of a file name: lower case, words joined by ``_``, at most 50 characters."""
    words = re.findall(r"[^\W_]+", message.lower())
    slug = "_".join(words)[:50].rstrip("_")
    return slug or "migration"
