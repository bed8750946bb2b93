"""An independent reader of migrations, small on purpose: what a tree holds, and whether it has diverged."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from history_django import Node, count_heads, is_django, read_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    ReadHeaders = Callable[[Iterable[str]], Mapping[str, "Header | Node | None"]]

_ALEMBIC = re.compile(r"(?:\A|.*/)(?:versions|alembic/[^/]*)/(?:[^/]+/)*(?!__init__)[^/]+\.py")
_ORDERED = re.compile(
    r"(?P<folder>.*/|)(?:"
    r"V(?P<flyway>[0-9]+(?:[._][0-9]+)*)__[^/]*\.sql"
    r"|(?P<folded>[0-9][0-9-]*)_[^/]*/(?:up|migration)\.sql"
    r"|(?P<number>[0-9]+)[_-][^/]*(?<!\.down)\.sql)"
)
_PASSED_OVER = re.compile(
    r"(?:\A|/)(?:tests?|testdata|fixtures|examples?|samples?|vendor|node_modules|target)/"
)
_REVISION = re.compile(rb"^revision(?:\s*:[^=\n]*)?\s*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)
_DOWN = re.compile(rb"^down_revision(?:\s*:[^=\n]*)?\s*=\s*(\([^)]*\)|\[[^]]*\]|[^\n]*)", re.MULTILINE)
_TEXT = re.compile(rb"['\"]([^'\"]+)['\"]")


@dataclass(frozen=True, slots=True)
class Header:
    """The two names that Alembic reads of a file."""

    revision: str
    down: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What one tree holds: Alembic's headers and Django's nodes by path, ordered versions by folder."""

    headers: Mapping[str, Header] = field(default_factory=dict)
    nodes: Mapping[str, Node] = field(default_factory=dict)
    versions: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)

    @property
    def paths(self) -> frozenset[str]:
        return (
            frozenset(self.headers)
            | frozenset(self.nodes)
            | {path for paths in self.versions.values() for path in paths}
        )

    def heads(self) -> int:
        """Revisions that no other one names, as ``alembic heads`` counts them."""
        named = {parent for header in self.headers.values() for parent in header.down}
        return len({header.revision for header in self.headers.values()} - named)

    def duplicates(self) -> frozenset[tuple[str, tuple[int, ...]]]:
        """Folder and version, of versions that several files have."""
        return frozenset(
            (folder, version)
            for folder, paths in self.versions.items()
            for version, count in Counter(paths.values()).items()
            if count > 1
        )


def is_migration(path: str) -> bool:
    """Whether a path looks like one of a migration."""
    if _PASSED_OVER.search(path):
        return False
    if path.endswith(".py"):
        return bool(_ALEMBIC.fullmatch(path)) or is_django(path)
    return bool(_ORDERED.fullmatch(path))


def read_state(
    blobs: Mapping[str, str], read: Callable[[Iterable[str]], Mapping[str, Header | Node | None]]
) -> State:
    """What a tree holds.

    Args:
        blobs: the blob of each path that looks like a migration's.
        read: gives the header of each blob, or None where it has none.
    """
    python = {path: blob for path, blob in blobs.items() if path.endswith(".py")}
    known = read(python.values())
    versions: dict[str, dict[str, tuple[int, ...]]] = defaultdict(dict)
    for path in blobs.keys() - python.keys():
        found = _ORDERED.fullmatch(path)
        if found:
            text = found["flyway"] or found["folded"] or found["number"]
            versions[found["folder"]][path] = _numbers(text)
    read_of = {path: known[blob] for path, blob in python.items()}
    return State(
        headers={path: one for path, one in read_of.items() if isinstance(one, Header)},
        nodes={path: one for path, one in read_of.items() if isinstance(one, Node)},
        versions=versions,
    )


def read_header(data: bytes) -> Header | Node | None:
    """The header of one file of Alembic's or Django's."""
    if (node := read_node(data)) is not None:
        return node
    revision, down = _REVISION.search(data), _DOWN.search(data)
    if not revision or not down:
        return None
    return Header(revision[1].decode(), tuple(name.decode() for name in _TEXT.findall(down[1])))


def has_diverged(base: State, merged: State) -> bool:
    """Whether a merge gives the base one head more, or a version twice that it has not."""
    leaves = count_heads(base.nodes)
    return (
        merged.heads() > max(base.heads(), 1)
        or any(count > max(leaves.get(app, 0), 1) for app, count in count_heads(merged.nodes).items())
        or bool(merged.duplicates() - base.duplicates())
    )


def _numbers(text: str) -> tuple[int, ...]:
    numbers = [int(part) for part in re.split(r"[._-]", text) if part]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
