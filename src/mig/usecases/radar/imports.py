"""Branches whose Python migrations import code of the project that the branch changes too."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from mig.git.trees import read_blobs
from mig.sources.base import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.tree import Entry
    from mig.usecases.project import Project
    from mig.usecases.radar.gather import Open

_IMPORT = re.compile(rb"^[ \t]*(?:from[ \t]+(\.|\w+)|import[ \t]+(\w+(?:[ \t]*,[ \t]*\w+)*))", re.MULTILINE)
_LIBRARIES = frozenset({"alembic", "django", "sqlalchemy", "sqlmodel"}) | sys.stdlib_module_names


def set_apart_importing(project: Project, branches: Iterable[Open]) -> None:
    """Have those checked by themselves whose migrations may do what code of the branch's own says.

    Together all branches are read beside the base, whose modules are not theirs.
    """
    changing = [one for one in branches if one.changes_code and not one.peculiar]
    files = [(one, path, entry) for one in changing for path, entry in _python(one)]
    if not files:
        return
    contents = read_blobs(project.git, [(path, entry.key) for _, path, entry in files], MAX_FILE_BYTES)
    for (one, _, _), content in zip(files, contents, strict=True):
        if content.data is not None and _imports_others(content.data):
            one.peculiar = one.alone = "its migrations import code, and it changes code"


def _python(branch: Open) -> Iterator[tuple[str, Entry]]:
    for added in branch.added.values():
        yield from ((path, entry) for path, entry in added.items() if path.endswith(".py"))


def _imports_others(data: bytes) -> bool:
    """Whether a module imports any but the libraries that migrations are written with."""
    for found in _IMPORT.finditer(data):
        names = (found[1] or found[2]).decode("ascii", "replace").split(",")
        if not _LIBRARIES.issuperset(name.strip() for name in names):
            return True
    return False
