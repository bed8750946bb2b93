"""Tells whether the migrations of two groups of folders name each other, so that they are one history."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.sources.base import MAX_FILE_BYTES
from mig.tree import REGULAR

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mig.tree import Tree

_MAX_FILES = 2000
_REVISION = re.compile(rb"^revision\b[^=\n]*=[ \t]*[\"']([^\"'\n]+)[\"']", re.MULTILINE)
_NAMING = re.compile(
    rb"^(?:down_revision|depends_on)\b[^=\n]*=[ \t]*(\([^)]*\)|\[[^]]*\]|[^\n]*)", re.MULTILINE
)
_TEXT = re.compile(rb"[\"']([^\"'\n]+)[\"']")


def is_version_file(name: str) -> bool:
    """Whether Alembic would load a file of this name from a folder of versions."""
    return name.endswith(".py") and not name.startswith((".#", "__init__")) and name != "env.py"


def are_linked(tree: Tree, folders: Collection[str], others: Collection[str]) -> bool:
    """Whether a migration directly in one group of folders has its parent directly in the other.

    The files are searched for header lines and not parsed: this is about where to look, and what is found
    there is read in full afterwards.
    """
    first, second = (_read_links(tree, group) for group in (folders, others))
    return bool(first[0] & second[1] or second[0] & first[1])


def _read_links(tree: Tree, folders: Collection[str]) -> tuple[set[bytes], set[bytes]]:
    """The ids that the files of some folders have, and those that they name."""
    ids: set[bytes] = set()
    named: set[bytes] = set()
    for content in tree.read(list(_version_files(tree, folders))[:_MAX_FILES], MAX_FILE_BYTES):
        data = content.data or b""
        ids.update(_REVISION.findall(data))
        named.update(name for value in _NAMING.findall(data) for name in _TEXT.findall(value))
    return ids, named


def _version_files(tree: Tree, folders: Collection[str]) -> Iterator[str]:
    for path, entry in tree.entries().items():
        folder, _, name = path.rpartition("/")
        if folder in folders and entry.kind == REGULAR and is_version_file(name):
            yield path
