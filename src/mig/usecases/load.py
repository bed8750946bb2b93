"""From a tree to a lineage's migrations: what is a file of it, what does it say, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.errors import SourceError
from mig.findings import Finding
from mig.model import Lineage, LineageSnapshot, Location, Migration, Script
from mig.sources.base import MAX_FILE_BYTES, Problem, Reading
from mig.sources.cache import ReadingCache
from mig.sources.registry import find_source
from mig.tree import DIRECTORY, REGULAR, Entry, content_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mig.tree import Tree

_ODD = {
    "symlink": ("MIG007", "is a symbolic link, which is not followed"),
    "submodule": ("MIG007", "is a submodule, not a file"),
    "directory": ("MIG007", "is a folder, not a file"),
    "other": ("MIG007", "is no regular file"),
    "unmerged": ("MIG012", "is unmerged: the index holds several versions of it"),
}


@dataclass(frozen=True, slots=True)
class LineageReading:
    """What the files of one lineage say in one tree, by path."""

    lineage: Lineage
    files: Mapping[str, Reading]


class LineageReader:
    """Reads one lineage from any number of trees; equal contents are read once, ever."""

    def __init__(self, lineage: Lineage, cache_folder: Path | None) -> None:
        self.lineage = lineage
        self.source = find_source(lineage.source)
        self.cache = ReadingCache(cache_folder, self.source.name, self.source.version)

    def read(self, tree: Tree) -> LineageReading:
        """What the lineage's files say in a tree."""
        files: dict[str, Reading] = {}
        unread: list[tuple[str, str]] = []
        for path, entry in self._candidates(tree):
            if entry.kind != REGULAR:
                files[path] = _odd_file(path, entry)
                continue
            key = _cache_key(path, entry.key)
            known = self.cache.find(key) if entry.key else None
            if known is None:
                unread.append((path, entry.key))
            else:
                files[path] = known
        self._read_files(tree, unread, files)
        return LineageReading(self.lineage, files)

    def script(self, tree: Tree, migration: Migration, dialect: str) -> Script:
        """What one migration of a tree does.

        Raises:
            SourceError: the file is too large, or cannot be read as a script.
        """
        content = next(iter(tree.read((migration.path,), MAX_FILE_BYTES)))
        if content.data is None:
            raise SourceError(
                f"{migration.path} is larger than {MAX_FILE_BYTES} bytes", hint="mig explain MIG008"
            )
        return self.source.script(migration.path, content.data, dialect)

    def _candidates(self, tree: Tree) -> Iterator[tuple[str, Entry]]:
        is_candidate, lineage = self.source.is_candidate, self.lineage
        folders: set[str] = set()
        for path, entry in tree.entries(lineage.paths).items():
            if is_candidate(lineage, path):
                yield path, entry
            elif (folder := path.rpartition("/")[0]) not in folders:
                # Git lists no folders: one that is named like a file shows only in the paths below it.
                folders.add(folder)
                if is_candidate(lineage, folder):
                    yield folder, Entry(DIRECTORY)

    def _read_files(self, tree: Tree, unread: list[tuple[str, str]], files: dict[str, Reading]) -> None:
        contents = tree.read([path for path, _ in unread], MAX_FILE_BYTES)
        for (path, listed), content in zip(unread, contents, strict=True):
            if content.data is None:
                message = f"the file has {content.size:,} bytes; mig reads at most {MAX_FILE_BYTES:,}"
                files[path] = Reading(problems=(Problem("MIG008", message, 0),))
                continue
            key = _cache_key(path, listed or content_key(content.data))
            known = self.cache.find(key)
            if known is None:
                known = self.source.read(path, content.data)
                self.cache.keep(key, known)
            files[path] = known


def snapshot_of(
    reading: LineageReading, like: Mapping[str, tuple[Reading, Migration]] | None = None
) -> LineageSnapshot:
    """The migrations and the findings of a reading.

    Args:
        reading: what the files say.
        like: for some paths, a reading and the migration that was made of it, to be used again.
    """
    name = reading.lineage.name
    made: list[Migration] = []
    for path, file in sorted(reading.files.items()):
        if file.id:
            before = like.get(path) if like else None
            made.append(before[1] if before and before[0] is file else file.migration(name, path))
    return LineageSnapshot(
        lineage=reading.lineage,
        migrations=find_source(reading.lineage.source).resolve(made),
        findings=tuple(find_file_problems(reading)),
    )


def find_file_problems(reading: LineageReading) -> Iterator[Finding]:
    """What is wrong with the files, each by itself."""
    for path, file in sorted(reading.files.items()):
        for code, message, line in file.problems:
            yield Finding(
                code=str(code),
                severity=severity_of(str(code)),
                message=str(message),
                lineage=reading.lineage.name,
                migrations=(file.id,) if file.id else (),
                locations=(Location(path=path, line=int(line)),),
            )


def merge_readings(merge_base: LineageReading, head: LineageReading, base: LineageReading) -> LineageReading:
    """The files as a merge of head and base will have them, file by file.

    A file that both sides changed differently is taken from head: Git will ask a person about its
    text, and the rules on history and ids speak of it.
    """
    merged = dict(head.files)
    before = merge_base.files
    for path in base.files.keys() | before.keys():
        theirs, was = base.files.get(path), before.get(path)
        if theirs is not was and theirs != was and head.files.get(path) == was:
            if theirs is None:
                merged.pop(path, None)
            else:
                merged[path] = theirs
    return LineageReading(head.lineage, merged)


def _cache_key(path: str, key: str) -> str:
    # The ending chooses the reader: the same bytes mean different things as .sql and as .py.
    return f"{path.rpartition('.')[2].lower()}:{key}"


def _odd_file(path: str, entry: Entry) -> Reading:
    code, what = _ODD[entry.kind]
    return Reading(problems=(Problem(code, f"{path.rpartition('/')[2]} {what}", 0),))
