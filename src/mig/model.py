"""The plain data that everything else speaks in: migrations, lineages, snapshots."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from mig.errors import SourceError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from mig.findings import Finding

    Fill = Callable[[str], str]
    ScriptReader = Callable[["Migration | Extra", str, Fill | None], "Script"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file.

    ``line`` counts from 1; 0 means the file as a whole.  ``side`` is ``ours``, ``theirs`` or
    empty; ``text`` is the source text there, shortened, for people.
    """

    path: str
    line: int = 0
    side: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """One ``-- mig:NAME VALUE`` line of a native migration (or its Python equivalent)."""

    name: str
    value: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One node of the DAG, as its file declares it.

    ``parents`` are the ids that this one continues; a migration that is nobody's parent is a
    head.  ``requires`` are ids that must be applied before it without being its parents
    (Alembic's ``depends_on``): they order, but they join no heads.  ``app`` is the part of
    the lineage in which its heads are counted, for Django.  ``version`` is what sorts it in a
    lineage that is ordered so, and ``version_text`` how that is written; there the parents are not
    declared but follow from it.  ``order`` holds
    the pairs ``(first, second)`` that a merge migration declares with ``-- mig:order``.  ``replaces``
    are ids that this one stands for (Django's squashes): a database has either it or all of them.
    """

    id: str
    lineage: str
    parents: tuple[str, ...]
    path: str
    line: int = 1
    requires: tuple[str, ...] = ()
    order: tuple[tuple[str, str], ...] = ()
    app: str = ""
    version: tuple[int, ...] = ()
    version_text: str = ""
    replaces: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    description: str = ""
    checksum: str = ""
    reversible: bool = False
    transactional: bool = True
    directives: tuple[Directive, ...] = ()

    @property
    def location(self) -> Location:
        return Location(path=self.path, line=self.line)

    @property
    def is_merge(self) -> bool:
        return len(self.parents) > 1


REPEATABLE, CALLBACKS = "repeatable", "callbacks"
"""The roles of files beside the migrations, and the folders that hold them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """A file beside the migrations that a run executes: a repeatable, or a callback.

    ``role`` is one of the constants above; ``name`` the path below it without the ending.
    ``needs`` are names of repeatables that come before it.  ``dialects`` are those it is for; none: all.
    ``checksum`` covers the text as it is written, with the names of variables in it.
    """

    name: str
    role: str
    lineage: str
    path: str
    line: int = 1
    needs: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    checksum: str = ""
    transactional: bool = True
    directives: tuple[Directive, ...] = ()

    @property
    def location(self) -> Location:
        return Location(path=self.path, line=self.line)


class Late(Enum):
    """What a tool does with a migration whose version is below what a database has applied already."""

    APPLIED = "applied"
    REFUSED = "refused"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """How a tool that orders migrations by version lays them out.

    ``file`` is matched with the end of a path; its group ``id`` is what names the migration, ``version``
    what sorts it, ``name`` the words in it.  Without a version a migration is a repeatable one, and with a
    group ``baseline`` it stands for all up to its version.  ``down`` is the same for a file that only
    reverts, where ``version`` and ``name`` say which one, and ``misnamed`` for one that the tool passes over
    because of its name.  ``up_mark`` opens the section that is applied and ``down_mark`` the one that
    reverts; without them the whole file is applied.  Between ``begin_mark`` and ``end_mark`` semicolons end
    nothing.  ``no_transaction`` is what a file says that must not run in one.  ``placeholder`` is what the
    tool replaces in the text before it is run.  ``settings`` are names of files above or beside the folder by
    which the tool is known where its files look like another's.
    """

    name: str
    file: re.Pattern[str]
    late: Late
    source: str = ""
    """Where the tool documents this."""
    endings: tuple[str, ...] = (".sql",)
    down: re.Pattern[str] | None = None
    misnamed: re.Pattern[str] | None = None
    up_mark: re.Pattern[str] | None = None
    down_mark: re.Pattern[str] | None = None
    begin_mark: str = ""
    end_mark: str = ""
    no_transaction: re.Pattern[str] | None = None
    placeholder: re.Pattern[str] | None = None
    settings: tuple[str, ...] = ()
    folders: frozenset[str] = frozenset()
    """Names of which the folder's path must hold one, because the files' names say too little."""
    digits: int = 0
    """How many a version has where the tool sorts names as text, so that a shorter one comes after all that
    begin as it does; 0: versions are compared as numbers."""
    is_marked: bool = False
    """Whether a folder must hold ``up_mark`` to be recognised, because the names say too little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """A set of migrations with a DAG of its own.

    ``source`` names the convention they are written in, ``paths`` the folders that hold them,
    relative to the repository's root and without a slash at the end.  ``nested`` tells whether
    folders below those belong to it too.  ``late`` is empty where migrations name their parents; where
    they are ordered by version it says what the tool does with one that comes too late: ``applied``,
    ``refused`` or ``skipped``.  ``dialect`` is that of its SQL where the folder says so.  ``convention``
    says how its files are laid out where the project has settings for that.
    ``settings`` is what else its source found out when it recognised it.
    """

    name: str
    source: str
    paths: tuple[str, ...]
    nested: bool = True
    late: str = ""
    dialect: str = ""
    convention: Convention | None = None
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageSnapshot:
    """All migrations of one lineage in one tree, with what is wrong with their files.

    ``migrations`` is sorted by path and holds every readable file, so two files with one id
    are both here.  ``extras`` are repeatables and callbacks, sorted by path too; ``variables`` the names
    that the files use as ``${name}``, each with the first place where it stands.
    """

    lineage: Lineage
    migrations: tuple[Migration, ...] = ()
    findings: tuple[Finding, ...] = ()
    extras: tuple[Extra, ...] = ()
    variables: tuple[tuple[str, Location], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All migrations of a repository as one tree holds them.

    ``ref`` says which tree in a person's words (``worktree``, ``index``, ``origin/main``);
    ``commit`` is the commit's id where there is one.  ``read_script`` reads what a migration does,
    on demand, because most questions never ask.
    """

    ref: str
    commit: str = ""
    lineages: tuple[LineageSnapshot, ...] = ()
    read_script: ScriptReader | None = field(default=None, compare=False, repr=False)

    def script(self, file: Migration | Extra, dialect: str, fill: Fill | None = None) -> Script:
        """What a migration of this snapshot does, read for one SQL dialect, or what stands beside them.

        Args:
            file: the migration, repeatable or callback.
            dialect: the SQL dialect.
            fill: puts values into the text of an SQL file before it is read; None: it stays as written.

        Raises:
            SourceError: the file cannot be read, or has no section for the dialect.
        """
        if self.read_script is None:
            raise SourceError(f"{self.ref} holds no files to read {file.path} from")
        return self.read_script(file, dialect, fill)

    @property
    def migrations(self) -> tuple[Migration, ...]:
        return tuple(m for lineage in self.lineages for m in lineage.migrations)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(f for lineage in self.lineages for f in lineage.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One SQL statement as written, without the semicolon, and the line and column where it begins."""

    text: str
    line: int
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What a migration does, in the language of its file (``sql`` or ``python``).

    For SQL, ``up`` and ``down`` are the statements in order; ``down`` is None where the migration
    cannot be reverted.  For Python, ``text`` is the whole file and only the runner executes it;
    ``up`` and ``down`` then hold the calls that were read from the syntax tree, for people.
    """

    language: str
    up: tuple[Statement, ...]
    down: tuple[Statement, ...] | None
    transactional: bool = True
    text: str = ""
