"""What each migration of a lineage does and which words its file holds, read when somebody asks."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from mig.conflicts.names import find_names
from mig.effects.declared import read_declaration
from mig.effects.footprint import Footprint, Operation
from mig.sources.base import MAX_FILE_BYTES, Neighbours, cache_key
from mig.sources.footprints import FootprintCache, find_words
from mig.sources.registry import source_of
from mig.sqltext.variables import fill_known, find_uses
from mig.tree import content_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mig.graph.dag import Graph
    from mig.model import Lineage, Migration
    from mig.sources.base import History
    from mig.sources.python_modules import ProjectModules
    from mig.tree import Tree

_WORD = re.compile(r"\w+")
_HELD_BYTES = 32 * 1024 * 1024
# From so many names on, one look at all words costs less than one for each name.
_MANY_NAMES = 50


class Footprints:
    """The footprints of one lineage's migrations.

    Args:
        graph: the migrations.
        lineage: where the files lie, and in which convention.
        dialect: the SQL dialect.
        trees: the trees that hold the files; the first that has one counts.
        harmless: dotted names whose calls in Python migrations touch no database.
        cache: what earlier runs have read; None: nothing.
    """

    def __init__(
        self,
        graph: Graph,
        lineage: Lineage,
        dialect: str,
        trees: Iterable[Tree],
        harmless: frozenset[str] = frozenset(),
        cache: FootprintCache | None = None,
    ) -> None:
        self._migrations = graph.migrations
        self._source = source_of(lineage)
        self._history = self._source.history(
            lineage, Neighbours(graph=graph, key=self._key_of, read=self._contents_of)
        )
        self._ids = {migration.path: i for i, migration in graph.migrations.items()}
        self._dialect = dialect
        self._held = [(tree, tree.entries(lineage.paths)) for tree in trees]
        self._folders = lineage.paths
        self._harmless = harmless
        self._modules: dict[int, ProjectModules] = {}
        self._cache = cache or FootprintCache(None, lineage.source, self._source.version, dialect)
        # What the cache knows a content by; there is none before somebody has looked at a file on the disk.
        self._keys: dict[str, str] = {}
        for _, entries in reversed(self._held):
            self._keys.update((p, cache_key(p, e.key) if e.key else "") for p, e in entries.items())
        self._contents: dict[str, bytes] = {}
        self._bytes = 0
        self._footprints: dict[str, Footprint] = {}
        self._words: dict[str, bytes] = {}
        self._speaking: dict[str, frozenset[str]] = {}
        self._index: dict[bytes, list[str]] | None = None

    @property
    def are_known(self) -> bool:
        """Whether all of them are read to find those that speak of something, and so cost nothing more."""
        return self._history is not None

    def of(self, migration_id: str) -> Footprint:
        """What one migration does; what cannot be read is opaque."""
        found = self._footprints.get(migration_id)
        if found is None:
            self.prepare([migration_id])
            found = self._footprints[migration_id]
        return found

    def know(self, migration_id: str, footprint: Footprint) -> None:
        """Take this for what one does whose file says it in another way."""
        self._footprints[migration_id] = footprint

    def prepare(self, ids: Iterable[str]) -> None:
        """Read the footprints of several migrations, with their files in one batch."""
        wanted = [self._migrations[i] for i in ids if i not in self._footprints]
        unread = []
        for migration in wanted:
            known = self._cache.operations(self._kept_as(migration))
            if known is None:
                unread.append(migration)
            else:
                self._footprints[migration.id] = as_declared(migration, known)
        for migration, data in self._read(unread):
            self._footprints[migration.id] = as_declared(migration, self._operations(migration.path, data))

    def _operations(self, path: str, data: bytes) -> tuple[Operation, ...]:
        migration = self._migrations[self._ids[path]]
        found = self._cache.operations(self._kept_as(migration))
        if found is None:
            modules = self._modules_beside(path)
            around = modules.surround(self._harmless, self._history) if modules is not None else None
            found = self._source.operations(path, data, self._dialect, around)
            if self._cache.values is not None and path.lower().endswith(".sql"):
                found = tuple(map(doubt_names, found))
            if self._history is not None:
                asked = around.answers if around is not None else ()
                self._cache.keep_asked(self._history.context(migration.id), sorted(asked))
                self._cache.keep_operations(self._kept_as(migration), found)
            else:
                # What depends on other files is known by what they are, too.
                asked = around.answers if around is not None else ()
                self._cache.keep_asked(self._keys[path], sorted(asked))
                self._cache.keep_operations(self._kept_as(migration), found)
        return found

    def _kept_as(self, migration: Migration) -> str:
        """The key that operations are kept under; empty where nobody has looked at the file yet."""
        if self._history is None:
            return self._kept_with_modules(migration.path)
        context = self._history.context(migration.id)
        asked = self._cache.asked(context)
        if not asked:
            return context
        answers = "".join(f"{name}\0{self._history.answer(name)}\0" for name in asked)
        return content_key(f"{context}\0{answers}".encode())

    def _kept_with_modules(self, path: str) -> str:
        """The key of a file together with what it asked of its project when it was read."""
        key = self._keys.get(path, "")
        asked = self._cache.asked(key) if key else ()
        modules = self._modules_beside(path) if asked else None
        if modules is None:
            return key
        answers = "".join(f"{name}\0{modules.version(name)}\0" for name in asked)
        kept = content_key(f"{key}\0{answers}".encode())
        self._cache.use((kept,))
        return kept

    def _key_of(self, path: str) -> str:
        """The key of a path's content."""
        if not self._keys.get(path) and path in self._ids:
            for _ in self._read([self._migrations[self._ids[path]]]):
                pass
        return self._keys.get(path, "")

    def _contents_of(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The contents of migrations' files."""
        found = self._read([self._migrations[self._ids[path]] for path in paths])
        yield from ((migration.path, data) for migration, data in found)

    def _modules_beside(self, path: str) -> ProjectModules | None:
        """The modules in the tree that holds a Python file; SQL refers to none."""
        tree = next((tree for tree, entries in self._held if path in entries), None)
        if tree is None or not path.lower().endswith(".py"):
            return None
        if id(tree) not in self._modules:
            from mig.sources.python_modules import ProjectModules

            self._modules[id(tree)] = ProjectModules(tree, self._folders)
        return self._modules[id(tree)]

    def speaking_of(self, name: str) -> frozenset[str]:
        """The migrations whose files hold a name as a word, or all the words of it."""
        if name not in self._speaking:
            self._speaking[name] = self._holding_all(name)
        return self._speaking[name]

    def _holding_all(self, name: str) -> frozenset[str]:
        words = [word.encode() for word in _WORD.findall(name.lower())]
        found = [self._holding(word) for word in words] or [self._migrations]
        return frozenset(found[0]).intersection(*found[1:])

    def _holding(self, word: bytes) -> Iterable[str]:
        if not self._words:
            self._find_words()
        if self._index is None:
            if len(self._speaking) < _MANY_NAMES:
                needle = b" %b " % word
                return [i for i, words in self._words.items() if needle in words]
            index = defaultdict(list)
            for i, words in self._words.items():
                for each in words.split():
                    index[each].append(i)
            self._index = dict(index)
        return self._index.get(word, ())

    def _find_words(self) -> None:
        if self._history is not None:
            self._find_words_meant(self._history)
            return
        known, unread, importing = self._cache.known_words, [], []
        for migration in self._migrations.values():
            words = known.get(self._keys.get(migration.path, ""))
            if words is None:
                unread.append(migration)
            else:
                self._words[migration.id] = words
        for migration, data in self._read(unread):
            words = self._words[migration.id] = find_words(data)
            if not _imports(migration.path, data):
                self._cache.keep_words(self._keys[migration.path], words)
            else:
                importing.append(migration)
        for migration in importing:
            modules = self._modules_beside(migration.path)
            if modules is not None and modules.are_imported(next(self._read([migration]))[1]):
                # What the project's own modules do for a migration is not in its text.
                names = " ".join(find_names(self.of(migration.id).operations))
                self._words[migration.id] += find_words(names.encode())
        self._cache.use(self._keys.values())

    def _find_words_meant(self, history: History) -> None:
        """The names of what each migration touches, where its text speaks of it by others."""
        known = self._cache.known_words
        unknown = [m for m in self._migrations.values() if self._kept_as(m) not in known]
        self.prepare(migration.id for migration in unknown)
        for migration in unknown:
            operations = self.of(migration.id).operations
            words = find_words(" ".join(find_names(operations)).encode())
            if any(operation.opaque for operation in operations):
                words += b"".join(find_words(data) for _, data in self._read([migration]))
            self._cache.keep_words(self._kept_as(migration), words)
        self._words = {i: known[self._kept_as(one)] for i, one in self._migrations.items()}
        for migration in self._migrations.values():
            self._cache.use((self._kept_as(migration), history.context(migration.id)))

    def _read(self, migrations: Iterable[Migration]) -> Iterator[tuple[Migration, bytes]]:
        """The contents of files, in one batch a tree; a file that none of the trees has is empty."""
        wanted: dict[str, list[Migration]] = defaultdict(list)
        for migration in migrations:
            if migration.path in self._contents:
                yield migration, self._contents[migration.path]
            else:
                wanted[migration.path].append(migration)
        for tree, entries in self._held:
            here = sorted(path for path in wanted if path in entries)
            for content in tree.read(here, MAX_FILE_BYTES):
                data = content.data or b""
                for migration in wanted.pop(content.path):
                    yield migration, self._hold(content.path, data)
        for path, rest in wanted.items():
            for migration in rest:
                yield migration, self._hold(path, b"")

    def _hold(self, path: str, data: bytes) -> bytes:
        if not self._keys.get(path):
            self._keys[path] = cache_key(path, content_key(data))
        data = fill_bytes(path, data, self._cache.values)
        if self._bytes + len(data) <= _HELD_BYTES:
            self._contents[path] = data
            self._bytes += len(data)
        return data


def _imports(path: str, data: bytes) -> bool:
    """Whether a Python file imports what may be of its project."""
    if not path.lower().endswith(".py"):
        return False
    from mig.sources.python_modules import find_imports

    return any(find_imports(data))


def as_declared(migration: Migration, operations: tuple[Operation, ...]) -> Footprint:
    """The footprint with what the migration declares that it touches."""
    declared = [d for d in migration.directives if d.name == "touches"]
    if not declared:
        return Footprint(operations=operations)
    # A declaration says all that the unread parts touch, and so settles what is unknown of them.
    settled = tuple(_settled(one) if one.opaque else one for one in operations)
    said = (
        Operation(
            kind="declared", text=f"mig:touches {d.value}", line=d.line, effects=read_declaration(d.value)
        )
        for d in declared
    )
    return Footprint(operations=(*settled, *said))


def _settled(operation: Operation) -> Operation:
    """An operation without what was only feared of it because it could not be read."""
    feared = ("catalogue", "session")
    return replace(operation, opaque="", effects=tuple(e for e in operation.effects if e.kind not in feared))


def fill_bytes(path: str, data: bytes, values: Mapping[str, str] | None) -> bytes:
    """The bytes of an SQL file with the values that are known; None: nothing in it stands for a value."""
    if values is None or b"${" not in data or not path.lower().endswith(".sql"):
        return data
    text = data.decode("utf-8", "surrogateescape")
    return fill_known(text, values).encode("utf-8", "surrogateescape")


def doubt_names(operation: Operation) -> Operation:
    """An operation that may do anything where a name in it stands for what differs between databases."""
    names = [name for name, _ in find_uses(operation.text)]
    if not names:
        return operation
    why = f"${{{names[0]}}} is not the same in all databases"
    return replace(operation, opaque="; ".join(filter(None, (operation.opaque, why))))
