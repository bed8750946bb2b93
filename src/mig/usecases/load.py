"""From a tree to a lineage's migrations: what is a file of it, what does it say, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.errors import ConfigError, SourceError
from mig.findings import Finding
from mig.model import REPEATABLE, Extra, Lineage, LineageSnapshot, Location, Migration, Script
from mig.sources import extras
from mig.sources.base import MAX_FILE_BYTES, Problem, Reading, cache_key
from mig.sources.extras import find_misnamed, find_place, read_extra
from mig.sources.registry import source_of
from mig.tree import DIRECTORY, REGULAR, Content, Entry, content_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mig.model import Fill
    from mig.sources.cache import ReadingCache
    from mig.sources.extras import Place
    from mig.tree import Tree

_MAX_PROBLEMS = 20

_ODD = {
    "symlink": ("MIG007", "is a symbolic link, which is not followed"),
    "submodule": ("MIG007", "is a submodule, which is not read"),
    "directory": ("MIG007", "is a folder, not a file"),
    "file": ("MIG007", "is a file, not a folder of migrations"),
    "other": ("MIG007", "is no regular file"),
    "unmerged": ("MIG012", "is unmerged: the index holds several versions of it"),
}


@dataclass(frozen=True, slots=True)
class LineageReading:
    """What the files of one lineage say in one tree, by path.

    Within one reader, equal contents are one object, so that trees are compared by identity.
    """

    lineage: Lineage
    files: Mapping[str, Reading]


class LineageReader:
    """Reads one lineage from any number of trees; equal contents are read once, ever."""

    def __init__(self, lineage: Lineage, cache: ReadingCache) -> None:
        self.lineage = lineage
        self.source = source_of(lineage)
        self.cache = cache
        self._named: dict[str, bool] = {}
        self._odd: dict[tuple[str, str], Reading] = {}
        self._entries: dict[str, Entry] = {}
        self._files: dict[str, Reading] = {}

    def read(self, tree: Tree) -> LineageReading:
        """What the lineage's files say in a tree.

        Mostly the tree differs little from the one that was read before, and only those files are
        looked at.
        """
        entries = self._candidates(tree)
        if entries != self._entries:
            files = dict(self._files)
            for path in self._entries.keys() - entries.keys():
                del files[path]
            self._look(tree, entries, files)
            self._entries, self._files = entries, files
        return LineageReading(self.lineage, self._files)

    def script(self, tree: Tree, file: Migration | Extra, dialect: str, fill: Fill | None = None) -> Script:
        """What one migration of a tree does, or what runs beside them (see ``Snapshot.script``).

        Raises:
            SourceError: the file is too large, or cannot be read as a script.
        """
        content = next(iter(tree.read((file.path,), MAX_FILE_BYTES)))
        if content.data is None:
            message = f"{file.path}: {_unread(content).message}"
            raise SourceError(message, hint=f"mig explain {_unread(content).code}")
        data = content.data
        if fill is not None and self.source.has_extras and file.path.lower().endswith(".sql"):
            data = _filled(file.path, data, fill)
        if isinstance(file, Extra):
            return extras.read_script(file.path, data, dialect)
        return self.source.script(file.path, data, dialect)

    def place(self, path: str) -> Place | None:
        """What a file is that runs beside the migrations; None for any other."""
        return find_place(self.lineage, path) if self.source.has_extras else None

    def _look(self, tree: Tree, entries: dict[str, Entry], files: dict[str, Reading]) -> None:
        unread: list[tuple[str, str]] = []
        for path, entry in entries.items() - self._entries.items() if self._entries else entries.items():
            known = self._known(path, entry)
            if known is None:
                unread.append((path, entry.key))
            else:
                files[path] = known
        for path, key, reading in self._read_files(tree, sorted(unread)):
            files[path] = reading
            entries[path] = Entry(REGULAR, key)

    def _candidates(self, tree: Tree) -> dict[str, Entry]:
        listed, named = tree.entries(self.lineage.paths), self._named
        for path in listed.keys() - named.keys():
            named[path] = self.source.is_candidate(self.lineage, path) or self.place(path) is not None
        found = {path: entry for path, entry in listed.items() if named[path]}
        if len(found) < len(listed):
            found.update(self._odd_folders([path for path in listed if not named[path]]))
            found.update((p, e) for p in self.lineage.paths if (e := listed.get(p)) and e.kind != DIRECTORY)
        return found

    def _odd_folders(self, paths: list[str]) -> Iterator[tuple[str, Entry]]:
        """Folders named like a migration: Git lists no folders, they show only in the paths below them."""
        seen = {*self.lineage.paths, ""}
        for path in paths:
            folder = path.rpartition("/")[0]
            while folder not in seen:
                seen.add(folder)
                if self.source.is_candidate(self.lineage, folder):
                    yield folder, Entry(DIRECTORY)
                folder = folder.rpartition("/")[0]

    def _known(self, path: str, entry: Entry) -> Reading | None:
        if entry.kind != REGULAR or path in self.lineage.paths:
            return self._odd_file(path, *(_ODD[entry.kind]))
        return self.cache.find(self._key(path, entry.key)) if entry.key else None

    def _key(self, path: str, key: str) -> str:
        if place := self.place(path):
            return f"{place.role}:{key}"
        return f"{path}:{key}" if self.source.reads_path else cache_key(path, key)

    def _odd_file(self, path: str, code: str, what: str) -> Reading:
        problem = Problem(code, f"{path.rpartition('/')[2]} {what}", 0)
        return self._odd.setdefault((path, what), Reading(problems=(problem,)))

    def _read_files(self, tree: Tree, unread: list[tuple[str, str]]) -> Iterator[tuple[str, str, Reading]]:
        contents = tree.read([path for path, _ in unread], MAX_FILE_BYTES)
        for (path, listed), content in zip(unread, contents, strict=True):
            if content.data is None:
                problem = _unread(content)
                # No file on the disk is listed with this key, so it will be looked at again.
                yield (
                    path,
                    listed or "?",
                    self._odd.setdefault((path, problem.message), Reading(problems=(problem,))),
                )
                continue
            content_id = listed or content_key(content.data)
            key = self._key(path, content_id)
            known = self.cache.find(key)
            if known is None:
                place = self.place(path)
                read = read_extra(place.role, content.data) if place else self.source.read(path, content.data)
                known = _bounded(read)
                self.cache.keep(key, known)
            yield path, content_id, known


class SnapshotMaker:
    """Makes snapshots of one lineage; a file that says the same in two of them is one migration."""

    def __init__(self, lineage: Lineage) -> None:
        self._lineage = lineage
        self._made: dict[str, tuple[Reading, Migration]] = {}

    def snapshot(self, reading: LineageReading) -> LineageSnapshot:
        """The migrations and the findings of a reading."""
        name, made = self._lineage.name, self._made
        migrations: list[Migration] = []
        extras: list[Extra] = []
        variables: dict[str, Location] = {}
        for path, file in sorted(reading.files.items()):
            for variable, line in file.variables:
                variables.setdefault(str(variable), Location(path=path, line=int(line)))
            if file.id:
                before = made.get(path)
                if before is None or before[0] is not file:
                    before = made[path] = file, file.migration(name, path)
                migrations.append(before[1])
            elif file.checksum and (place := find_place(self._lineage, path)):
                extras.append(file.as_extra(name, path, place.role, place.name))
        return LineageSnapshot(
            lineage=self._lineage,
            migrations=source_of(self._lineage).resolve(self._lineage, migrations),
            findings=tuple(find_file_problems(reading)),
            extras=tuple(extras),
            variables=tuple(variables.items()),
        )


def has_repeatables(reading: LineageReading) -> bool:
    """Whether there are any beside the migrations."""
    places = (find_place(reading.lineage, path) for path, file in reading.files.items() if not file.id)
    return any(place is not None and place.role == REPEATABLE for place in places)


def snapshot_of(reading: LineageReading) -> LineageSnapshot:
    """The migrations and the findings of one reading."""
    return SnapshotMaker(reading.lineage).snapshot(reading)


def find_file_problems(reading: LineageReading) -> Iterator[Finding]:
    """What is wrong with the files, each by itself."""
    for path, file, problems in _problems_of(reading):
        for code, message, line in problems:
            yield Finding(
                code=str(code),
                severity=severity_of(str(code)),
                message=str(message),
                lineage=reading.lineage.name,
                migrations=(file.id,) if file.id else (),
                locations=(Location(path=path, line=int(line)),),
            )


def _problems_of(reading: LineageReading) -> Iterator[tuple[str, Reading, Sequence[Sequence[str | int]]]]:
    has_extras = source_of(reading.lineage).has_extras
    for path, file in sorted(reading.files.items()):
        # The name of a callback is no part of what its bytes say.
        place = find_place(reading.lineage, path) if has_extras and not file.id else None
        misnamed = tuple(find_misnamed(place)) if place else ()
        if file.problems or misnamed:
            yield path, file, (*misnamed, *file.problems)


def _filled(path: str, data: bytes, fill: Fill) -> bytes:
    """The bytes of a text with values in it; what is no text is left to its reader."""
    try:
        return fill(data.decode("utf-8")).encode()
    except UnicodeDecodeError:
        return data
    except ConfigError as error:
        raise ConfigError(f"{path}: {error.message}", hint=error.hint) from None


def merge_readings(merge_base: LineageReading, head: LineageReading, base: LineageReading) -> LineageReading:
    """The files as a merge of head and base will have them, file by file.

    A file that both sides changed differently is taken from head: Git will ask a person about its
    text, and the rules on history and ids speak of it.  A file that the base has moved, moves.
    """
    if base.files is merge_base.files:
        return head
    merged, before = dict(head.files), merge_base.files
    theirs = {path: file for path, file in base.files.items() if before.get(path) is not file}
    gone = before.keys() - base.files.keys()
    merged.update((path, file) for path, file in theirs.items() if head.files.get(path) is before.get(path))
    moved = {file.id for path, file in theirs.items() if file.id and path not in before}
    for path in gone & head.files.keys():
        if head.files[path] is before[path] or (head.files[path].id or before[path].id) in moved:
            del merged[path]
    return LineageReading(head.lineage, merged)


def join_bases(bases: list[LineageReading], published: LineageReading) -> LineageReading:
    """Several merge bases as one, as Git merges them first: what any of them has, was there."""
    joined: dict[str, Reading] = {}
    for one in bases:
        for path, file in one.files.items():
            if path not in joined or published.files.get(path) is file:
                joined[path] = file
    return LineageReading(published.lineage, joined)


def _unread(content: Content) -> Problem:
    if content.error:
        return Problem("MIG007", f"the file cannot be read: {content.error}", 0)
    return Problem("MIG008", f"the file has {content.size:,} bytes; mig reads at most {MAX_FILE_BYTES:,}", 0)


def _bounded(reading: Reading) -> Reading:
    """The reading with no more problems than a person would look at."""
    rest = len(reading.problems) - _MAX_PROBLEMS
    if rest <= 1:
        return reading
    code, _, line = reading.problems[_MAX_PROBLEMS]
    more = Problem(str(code), f"and {rest} more problems from here on", int(line))
    return reading._replace(problems=(*reading.problems[:_MAX_PROBLEMS], more))
