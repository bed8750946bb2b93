"""What a source is: how files of one convention become migrations, and migrations files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mig.model import Directive, Extra, Migration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from mig.effects.footprint import Operation
    from mig.graph.dag import Graph
    from mig.model import Lineage, Script
    from mig.sources.editable import Editable
    from mig.sources.python_modules import Surroundings
    from mig.tree import Tree

MAX_FILE_BYTES = 4 * 1024 * 1024


class Problem(NamedTuple):
    """Something wrong in one file: a code of the catalogue, a message, a line (0: the whole file)."""

    code: str
    message: str
    line: int


def cache_key(path: str, key: str) -> str:
    """What a file's content is kept under, of which ``key`` is the content's own (see ``Entry``)."""
    # The ending chooses the reader: the same bytes mean different things as .sql and as .py.
    return f"{path.rpartition('.')[2].lower()}:{key}"


class Reading(NamedTuple):
    """What one file says, whatever its neighbours and its path are.

    A pure function of the file's bytes and its ending, and made of JSON's types only, so that it
    can be cached under the content's key.  An empty ``id`` means that the file holds no migration
    that could be used; ``problems`` then says why, and is empty for a file that is none at all.
    Of a repeatable ``requires`` are the names that it needs, and ``dialects`` those it is for.
    ``variables`` are the names that the text uses as ``${name}``, with the first line of each.
    """

    id: str = ""
    parents: Sequence[str] = ()
    line: int = 1
    description: str = ""
    checksum: str = ""
    reversible: bool = False
    transactional: bool = True
    requires: Sequence[str] = ()
    labels: Sequence[str] = ()
    directives: Sequence[Sequence[str | int]] = ()
    problems: Sequence[Sequence[str | int]] = ()
    replaces: Sequence[str] = ()
    dialects: Sequence[str] = ()
    variables: Sequence[Sequence[str | int]] = ()

    def migration(self, lineage: str, path: str) -> Migration:
        """The migration that this file is when it lies at ``path``."""
        directives = self._directives() if self.directives else ()
        return Migration(
            id=self.id,
            lineage=lineage,
            parents=tuple(self.parents),
            path=path,
            line=self.line,
            requires=tuple(self.requires),
            replaces=tuple(self.replaces),
            labels=tuple(self.labels),
            description=self.description,
            checksum=self.checksum,
            reversible=self.reversible,
            transactional=self.transactional,
            directives=directives,
            order=_declared_order(directives) if directives else (),
        )

    def as_extra(self, lineage: str, path: str, role: str, name: str) -> Extra:
        """The repeatable or callback that this file is when it lies at ``path``."""
        return Extra(
            name=name,
            role=role,
            lineage=lineage,
            path=path,
            line=self.line,
            needs=tuple(self.requires),
            dialects=tuple(self.dialects),
            checksum=self.checksum,
            transactional=self.transactional,
            directives=self._directives(),
        )

    def _directives(self) -> tuple[Directive, ...]:
        return tuple(
            Directive(name=str(name), value=str(value), line=int(line))
            for name, value, line in self.directives
        )


def _declared_order(directives: tuple[Directive, ...]) -> tuple[tuple[str, str], ...]:
    pairs = (directive.value.split() for directive in directives if directive.name == "order")
    return tuple((pair[0], pair[1]) for pair in pairs if len(pair) == 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A migration that is to be written.

    ``order`` holds pairs of ids that a merge migration puts in order; ``up`` and ``down`` are the
    text of the sections, in the language of the file.  ``ending`` chooses between ``.sql`` and
    ``.py`` where the source knows both.
    """

    id: str
    parents: tuple[str, ...]
    message: str
    created: datetime
    order: tuple[tuple[str, str], ...] = ()
    up: str = ""
    down: str = ""
    ending: str = ""
    is_named: bool = True
    """Whether a person gave the message, so that a name is made of it."""


class NewFile(NamedTuple):
    """A file to be written: its path in the repository and its bytes.

    ``beside`` are files that must say something else then, with what they will hold, by path.
    """

    path: str
    data: bytes
    beside: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The migrations of a lineage, for a source whose files mean something only beside the others.

    ``key`` gives the key of the content of a path (see ``Entry``), and ``read`` the contents of paths.
    """

    graph: Graph
    key: Callable[[str], str]
    read: Callable[[Iterable[str]], Iterable[tuple[str, bytes]]]


class History(Protocol):
    """What a source makes of a lineage's migrations together."""

    def context(self, migration_id: str) -> str:
        """A digest of all that the operations of a migration depend on, its own file included.

        What was asked for by name while they were read is left out: see ``answer``.
        """

    def answer(self, name: str) -> str:
        """What is answered now to something that ``Surroundings.answers`` says was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where ours are to stand, for a source to write it into their files.

    ``ours`` are in the order in which they will be applied, with ids, parents and paths as they are;
    ``parents`` are the new ones of those that get others, by id; ``published`` are all others that there
    will be.  ``tree`` holds the files, ``read`` gives the bytes of one, and ``unpublished`` the paths that
    are nobody else's.
    """

    lineage: Lineage
    ours: tuple[Migration, ...]
    parents: Mapping[str, tuple[str, ...]]
    published: tuple[Migration, ...]
    tree: Tree
    read: Callable[[str], bytes]
    unpublished: Callable[[], frozenset[str]]
    now: datetime


class Placed(NamedTuple):
    """A file as it will be: ``path`` is where it lies, ``moved`` where it will.

    ``id`` is the migration that it holds or goes with, by the id that this has now.
    """

    id: str
    path: str
    moved: str
    data: bytes


class Placing(NamedTuple):
    """What makes ours stand where they are to stand; ``ids`` are the new ids of those that get others."""

    files: tuple[Placed, ...]
    ids: Mapping[str, str]


class Source(Protocol):
    """One convention.  A source knows no Git and no terminal, and executes nothing."""

    name: str
    version: int
    """Raised whenever the same bytes are read differently, so that caches are thrown away."""
    reads_path: bool
    """Whether what a file says depends on its name, because that holds the id."""
    late: str
    """Empty where files name their parents; else what the tool does with a version that comes too late."""
    declares_order: bool
    """Whether a merge migration can put two others in order, and what applies them keeps to it."""
    rewrites_names: bool
    """Whether names in files can be replaced (``editable``)."""
    kept: frozenset[str]
    """Names of files beside the migrations that are written anew with them, whatever they held."""
    has_extras: bool
    """Whether folders beside the migrations hold repeatables and callbacks, and SQL may have variables."""

    def recognise(self, tree: Tree) -> tuple[Lineage, ...]:
        """The lineages that this tree holds, found by the convention's marks."""

    def is_candidate(self, lineage: Lineage, path: str) -> bool:
        """Whether the file of this path must be read; ``path`` lies in a folder of the lineage."""

    def read(self, path: str, data: bytes) -> Reading:
        """What a file says.  Bad input gives problems and never an exception."""

    def resolve(self, lineage: Lineage, migrations: Sequence[Migration]) -> tuple[Migration, ...]:
        """The migrations with what needs the whole lineage: labels turned into ids, versions into an order.

        Where heads are counted in parts of the lineage, for Django in each app, ``app`` names the part.
        """

    def script(self, path: str, data: bytes, dialect: str) -> Script:
        """The statements of a file that ``read`` found no problem in.

        Raises:
            SourceError: the file has no section for this dialect.
        """

    def operations(
        self, path: str, data: bytes, dialect: str, around: Surroundings | None = None
    ) -> tuple[Operation, ...]:
        """What a file's up does to the database; what cannot be read is in opaque operations.

        ``around`` gives what the file may refer to besides itself, and notes what it was asked for;
        without it, that is not known.
        """

    def editable(self, path: str, data: bytes, dialect: str) -> Editable:
        """The file's text and the parts of it in which names can be replaced, up and down.

        Raises:
            SourceError: the file cannot be taken apart.
        """

    def history(self, lineage: Lineage, beside: Neighbours) -> History | None:
        """What the other migrations say, where a file's operations depend on them; None where they do not."""

    def new_id(self) -> str:
        """A fresh id in the convention's form, random."""

    def write(
        self, draft: Draft, lineage: Lineage, tree: Tree, migrations: Mapping[str, Migration]
    ) -> NewFile:
        """The file for a new migration, named and laid out as the convention does it.

        ``migrations`` are those that exist, by id; ``tree`` holds templates and settings.
        """

    def place(self, placement: Placement) -> Placing:
        """The files of ours that must change for ours to stand there; every other byte of them stays.

        Where files name their parents these are other ones; where versions order them, the files get
        other names.

        Raises:
            SourceError: a file cannot be rewritten safely.
        """
