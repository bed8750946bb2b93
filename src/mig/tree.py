"""A read-only set of files: the one thing that readers of migrations are given."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mig.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

REGULAR = "file"
SYMLINK = "symlink"
SUBMODULE = "submodule"
DIRECTORY = "directory"
OTHER = "other"
UNMERGED = "unmerged"


class Entry(NamedTuple):
    """One path of a tree.

    ``kind`` is one of the constants above.  ``key`` names the content: equal keys mean equal bytes
    (a Git blob id where there is one).  An empty key means that nobody has looked yet.
    """

    kind: str
    key: str = ""


class Content(NamedTuple):
    """What a file holds.

    ``data`` is None where the file is larger than the reader's limit, or cannot be read at all;
    ``error`` then says why.
    """

    path: str
    size: int
    data: bytes | None
    error: str = ""


class Tree(Protocol):
    """Files by path, ``/`` between the parts, relative to the repository's root."""

    @property
    def name(self) -> str:
        """The tree in a person's words: ``worktree``, ``index``, a ref."""

    def entries(self, under: Sequence[str] = ("",)) -> Mapping[str, Entry]:
        """All entries at or below the given folders (``""`` is the root)."""

    def read(self, paths: Iterable[str], limit: int) -> Iterator[Content]:
        """The contents of regular files, in the order asked for; at most ``limit`` bytes each."""


def content_key(data: bytes) -> str:
    """The id that Git would give these bytes as a blob (SHA-1 object format)."""
    digest = hashlib.sha1(b"blob %d\0" % len(data), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def is_under(path: str, folder: str) -> bool:
    """Whether a path lies in a folder; every path lies in the folder ``""``."""
    return not folder or path == folder or path.startswith(folder + "/")


@dataclass(frozen=True, slots=True)
class MemoryTree:
    """A tree of given bytes, for tests and for text that is on no disk."""

    files: Mapping[str, bytes]
    name: str = "memory"

    def entries(self, under: Sequence[str] = ("",)) -> Mapping[str, Entry]:
        return {
            path: Entry(REGULAR, content_key(self.files[path]))
            for path in sorted(self.files)
            if any(is_under(path, folder) for folder in under)
        }

    def read(self, paths: Iterable[str], limit: int) -> Iterator[Content]:
        for path in paths:
            data = self.files[path]
            yield Content(path, len(data), data if len(data) <= limit else None)


@dataclass(frozen=True, slots=True)
class DirectoryTree:
    """The files of a folder as they lie on the disk, with or without Git.

    Folders that begin with a dot are left out; symbolic links are listed and never followed.
    """

    root: Path
    name: str = "worktree"

    def entries(self, under: Sequence[str] = ("",)) -> Mapping[str, Entry]:
        found: dict[str, Entry] = {}
        for folder in under:
            if link := _find_link(self.root, folder):
                found[link] = Entry(SYMLINK)
            else:
                _scan(os.fspath(self.root), folder, found)
        return dict(sorted(found.items()))

    def read(self, paths: Iterable[str], limit: int) -> Iterator[Content]:
        root = os.fspath(self.root)  # joining paths as objects takes longer than opening the files
        for path in paths:
            yield read_bounded(os.path.join(root, path), path, limit)


def read_bounded(file: str | Path, path: str, limit: int) -> Content:
    """Read a regular file, or say why that is not possible."""
    try:
        return read_regular(file, path, limit)
    except OSError as error:
        return Content(path, 0, None, error.strerror or "it cannot be read")


def read_regular(file: str | Path, path: str, limit: int) -> Content:
    """Read a file that must be a regular one, bounded, without following a link in its place.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    # Without O_NONBLOCK, opening a named pipe would wait for somebody to write to it.
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            # Asked for the limit, Python would make room for it: most files are a thousandth of that.
            data = stream.read(min(found.st_size, limit) + 1)
            if len(data) > found.st_size:  # it has grown, or is of a kind that has no size
                data += stream.read(limit + 1 - len(data))
    finally:
        os.close(descriptor)
    return Content(path, max(found.st_size, len(data)), data if len(data) <= limit else None)


def _find_link(root: Path, folder: str) -> str:
    """The first part of a folder's path that is a symbolic link, or an empty text."""
    above, _, _ = folder.rpartition("/")
    return (above and _find_link(root, above)) or (folder if folder and (root / folder).is_symlink() else "")


def _scan(root: str, folder: str, found: dict[str, Entry]) -> None:
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            listing = os.scandir(os.path.join(root, here) if here else root)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            message = f"the folder {here or root} cannot be read: {error.strerror}"
            raise SourceError(message, hint="check the folder's permissions") from None
        with listing:
            for item in listing:
                path = f"{here}/{item.name}" if here else item.name
                if item.is_symlink():
                    found[path] = Entry(SYMLINK)
                elif not item.is_dir():
                    found[path] = Entry(REGULAR if item.is_file(follow_symlinks=False) else OTHER)
                elif not item.name.startswith("."):
                    found[path] = Entry(DIRECTORY)
                    pending.append(path)
