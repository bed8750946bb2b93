"""A repository with its configuration, ready to give snapshots."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mig.config import Config, LineageConfig, load_config
from mig.errors import ConfigError, GitError, SourceError
from mig.git.repo import Commit, Repo, open_repo
from mig.git.trees import CommitTree, GitTree, IndexTree, WorktreeTree
from mig.model import Lineage, Snapshot
from mig.sources.cache import ReadingCache
from mig.sources.registry import Sources, source_names, source_of
from mig.tree import DirectoryTree, content_key, is_under
from mig.usecases.load import LineageReader, LineageReading, snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mig.model import Extra, Fill, Migration, Script, ScriptReader
    from mig.sources.footprints import FootprintCache
    from mig.tree import Content, Entry, Tree

WORKTREE = "worktree"
INDEX = "index"
DISK = "disk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Where mig works: a folder, its configuration and, mostly, a Git repository.

    ``only`` is the lineage that the user restricted the command to, or empty.
    """

    root: Path
    config: Config
    repo: Repo | None
    only: str = ""
    _readers: dict[Lineage, LineageReader] = field(default_factory=dict, repr=False)
    _caches: dict[str, ReadingCache] = field(default_factory=dict, repr=False)
    _footprints: dict[str, FootprintCache] = field(default_factory=dict, repr=False)

    @property
    def git(self) -> Repo:
        """The Git repository.

        Raises:
            GitError: there is none here.
        """
        if self.repo is None:
            raise GitError(
                "no Git repository here or above", hint="run mig inside a clone, or name one: mig -C DIR ..."
            )
        return self.repo

    def tree(self, at: str = WORKTREE) -> Tree:
        """The files that ``at`` names: ``worktree``, ``index``, ``disk`` (no Git needed) or a ref.

        Raises:
            GitError: the ref does not exist, or there is no repository to have it.
        """
        if at == DISK or (at == WORKTREE and self.repo is None):
            return DirectoryTree(self.root)
        if at == INDEX:
            return IndexTree(self.git, INDEX)
        if at == WORKTREE and not self.git.bare:
            return WorktreeTree(self.git)
        commit = self.git.resolve("HEAD" if at == WORKTREE else at)
        return CommitTree(self.git, commit.ref, commit.id)

    @contextmanager
    def listing(self, tree: Tree) -> Iterator[None]:
        """List what ``lineages`` will ask for in the background, and end what nobody asked for."""
        if not isinstance(tree, GitTree):
            yield
            return
        for path in [one.path for one in self.config.lineages] or [self.config.path]:
            tree.prepare((path,))
        try:
            yield
        finally:
            tree.close()

    def lineages(self, tree: Tree, *others: Tree) -> tuple[Lineage, ...]:
        """The lineages that the configuration names, or else those that are recognised in a tree.

        Where a tree holds none the others are looked at in turn: all may have been deleted.  A lineage of
        many parts (Django's apps) has the parts that any of the trees has.

        Raises:
            SourceError: nothing is configured and nothing recognised.
            ConfigError: the lineage that the user asked for is not among them.
        """
        recognised = (_recognise_all(each, self.sources) for each in (tree, *others))
        found = self._configured(tree) or next(filter(None, recognised), ())
        found = tuple(_joined(one, others) if one.settings else one for one in found)
        if not found:
            raise SourceError(
                f"no migrations were recognised in {tree.name}",
                hint="mig init starts a folder; [tool.mig] in pyproject.toml can name source and path",
            )
        if self.only and self.only not in (names := [lineage.name for lineage in found]):
            raise ConfigError(
                f"there is no lineage {self.only!r}", hint=f"the lineages are {', '.join(names)}"
            )
        return tuple(lineage for lineage in found if self.only in ("", lineage.name))

    def refuse_missing_folders(self, lineages: Iterable[Lineage], trees: Sequence[Tree]) -> None:
        """See that the configured folders are there: a typing error must not look like a green check.

        Raises:
            ConfigError: no tree has it, and neither has the disk.
        """
        if not self.config.path and not self.config.lineages:
            return
        for path in (path for lineage in lineages for path in lineage.paths):
            if (self.root / path).is_dir() or any(tree.entries((path,)) for tree in trees):
                continue
            import difflib

            near = difflib.get_close_matches(path, _folders(trees), n=1)
            raise ConfigError(
                f"{self.config.file}: path = {path!r}: there is no such folder in {trees[0].name}",
                hint=f"is it {near[0]}?" if near else "mend the path, or mig init makes the folder",
            )

    def reader(self, lineage: Lineage) -> LineageReader:
        """The reader of a lineage, which keeps what it has read."""
        if lineage not in self._readers:
            self._readers[lineage] = LineageReader(lineage, self._cache(lineage))
        return self._readers[lineage]

    def _cache(self, lineage: Lineage) -> ReadingCache:
        name = _kept_as(lineage)
        if name not in self._caches:
            self._caches[name] = ReadingCache(self._cache_folder, name, source_of(lineage).version)
        return self._caches[name]

    @property
    def _cache_folder(self) -> Path | None:
        return self.repo.common_dir / "mig" if self.repo else None

    @property
    def sources(self) -> Sources:
        """The sources that this project knows."""
        return Sources(self.config.conventions)

    def footprints(self, lineage: Lineage) -> FootprintCache:
        """What is known of what a lineage's migrations do."""
        name, dialect = _kept_as(lineage), self.dialect_of(lineage)
        # The same text may mean something else in another dialect.
        key = f"{name} {dialect}"
        if key not in self._footprints:
            from mig.sources.footprints import FootprintCache  # not needed where nothing is unordered

            self._footprints[key] = FootprintCache(
                self._cache_folder,
                name,
                source_of(lineage).version,
                dialect,
                self.config.harmless,
                self.known_values(lineage),
            )
        return self._footprints[key]

    def known_values(self, lineage: Lineage) -> Mapping[str, str] | None:
        """What stands for ``${name}`` in a lineage's SQL in every database; None where that is mere text."""
        takes = source_of(lineage).has_extras and self.config.variable_names
        return self.config.known_values if takes else None

    def dialect_of(self, lineage: Lineage) -> str:
        """The dialect that a lineage's SQL is read in: as set, else as its folder says."""
        return self.config.dialect or lineage.dialect or self.config.sql_dialect

    def read(self, tree: Tree, lineages: Sequence[Lineage]) -> dict[str, LineageReading]:
        """What the files of each lineage say in a tree, by the lineage's name."""
        return {lineage.name: self.reader(lineage).read(tree) for lineage in lineages}

    def snapshot(self, at: str = WORKTREE) -> Snapshot:
        """All migrations as a commit, the index or the working tree holds them.

        Raises:
            GitError: there is no such commit.
            SourceError: no migrations are configured or recognised.
        """
        tree = self.tree(at)
        with uncollected(), self.listing(tree):
            lineages = self.lineages(tree)
            read = self.read(tree, lineages)
            self.save()
            return Snapshot(
                ref=tree.name,
                commit=self.commit(at).id,
                lineages=tuple(snapshot_of(read[lineage.name]) for lineage in lineages),
                read_script=self.script_reader(tree, lineages),
            )

    def script_reader(self, tree: Tree, lineages: Sequence[Lineage]) -> ScriptReader:
        """A function that reads what a migration of a tree does (see ``Snapshot.script``)."""
        readers = {lineage.name: self.reader(lineage) for lineage in lineages}

        def read(file: Migration | Extra, dialect: str, fill: Fill | None) -> Script:
            return readers[file.lineage].script(tree, file, dialect, fill)

        return read

    def commit(self, at: str) -> Commit:
        """The commit that a tree belongs to; for the index and the working tree, HEAD."""
        if self.repo is None:
            return Commit(at, "")
        return self.repo.head() if at in (WORKTREE, INDEX, DISK) else self.repo.resolve(at)

    def save(self) -> None:
        """Keep what was read for the next run."""
        for readings in self._caches.values():
            readings.save()
        for footprints in self._footprints.values():
            footprints.save()

    def _configured(self, tree: Tree) -> tuple[Lineage, ...]:
        wanted = self.config.lineages
        if not wanted and (self.config.source or self.config.path):
            wanted = (LineageConfig(name="default", path=self.config.path, source=self.config.source),)
        recognised = cache(lambda source: self.sources.find(source).recognise(tree))
        return tuple(_complete(one, recognised, self.sources) for one in wanted)


def _kept_as(lineage: Lineage) -> str:
    """The name under which is kept what a lineage's files say: another layout reads them differently."""
    if lineage.convention is None:
        return lineage.source
    return f"{lineage.source}-{content_key(repr(lineage.convention).encode())[:12]}"


def _folders(trees: Iterable[Tree]) -> set[str]:
    return {folder for tree in trees for path in tree.entries() if (folder := os.path.dirname(path))}


def load(path: str | Path = ".", at: str = WORKTREE) -> Snapshot:
    """All migrations of the repository that a folder belongs to; see ``Project.snapshot``."""
    return open_project(Path(path)).snapshot(at)


def open_project(
    start: Path,
    *,
    config_file: Path | None = None,
    lineage: str = "",
    environment: Mapping[str, str] | None = None,
    elsewhere: bool = False,
) -> Project:
    """The project that a folder belongs to.

    Args:
        start: a folder in it.
        config_file: the configuration to use instead of the one that is found.
        lineage: the only lineage to look at; empty: all.
        environment: the process's environment, by default ``os.environ``.
        elsewhere: the user named the folder, so a running hook's variables do not count.

    Raises:
        ConfigError: the configuration is wrong.
        GitError: Git refuses to read the repository.
    """
    repo = _find_repo(start, os.environ if environment is None else environment, elsewhere=elsewhere)
    root = repo.root if repo else start.resolve()
    explicit = config_file.resolve() if config_file else None
    config = load_config(start.resolve(), root, explicit, sources=source_names())
    return Project(root=root, config=config, repo=repo, only=lineage)


def _find_repo(start: Path, environment: Mapping[str, str], *, elsewhere: bool) -> Repo | None:
    try:
        return open_repo(start, environment, elsewhere=elsewhere)
    except GitError as error:
        if "no Git repository" in error.message or "git is not on the PATH" in error.message:
            return None
        raise


def _complete(
    wanted: LineageConfig, recognised: Callable[[str], tuple[Lineage, ...]], sources: Sources
) -> Lineage:
    """A configured lineage, with what the configuration leaves out recognised."""
    path = wanted.path
    for source in (wanted.source,) if wanted.source else sources.names:
        for found in recognised(source):
            if not path or any(is_under(place, path) for place in found.paths):
                return replace(found, name=wanted.name)
    source = wanted.source or "native"
    reader = sources.find(source)
    return Lineage(
        name=wanted.name,
        source=source,
        paths=(path or "migrations",),
        nested=not reader.late,
        late=reader.late,
        convention=sources.own_convention(source),
    )


def _recognise_all(tree: Tree, sources: Sources) -> tuple[Lineage, ...]:
    found: list[Lineage] = []
    rest = tree
    for name in sources.names:
        if sources.may_recognise(name, rest.entries()):
            more = sources.find(name).recognise(rest)
            found.extend(more)
            # A folder belongs to one lineage, and what is known need not be looked through again.
            rest = _Without(rest, tuple(f"{path}/" for one in more for path in one.paths)) if more else rest
    taken = [lineage.name for lineage in found]
    return tuple(
        replace(one, name=f"{one.source}-{one.name}") if taken.count(one.name) > 1 else one for one in found
    )


def _joined(lineage: Lineage, others: Iterable[Tree]) -> Lineage:
    """The lineage with the parts that it has in other trees besides."""
    same = [one for tree in others for one in source_of(lineage).recognise(tree)]
    paths = {path for one in (lineage, *same) for path in one.paths}
    settings = {key: value for one in (*reversed(same), lineage) for key, value in one.settings}
    return replace(lineage, paths=tuple(sorted(paths)), settings=tuple(sorted(settings.items())))


class _Without:
    """A tree without what lies in some folders."""

    def __init__(self, tree: Tree, folders: tuple[str, ...]) -> None:
        self.name = tree.name
        self._tree = tree
        self._folders = folders
        self._listed: dict[tuple[str, ...], Mapping[str, Entry]] = {}

    def entries(self, under: Sequence[str] = ("",)) -> Mapping[str, Entry]:
        key = tuple(under)
        if key not in self._listed:
            listed = self._tree.entries(under)
            self._listed[key] = {p: e for p, e in listed.items() if not p.startswith(self._folders)}
        return self._listed[key]

    def read(self, paths: Iterable[str], limit: int) -> Iterator[Content]:
        return self._tree.read(paths, limit)


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking through thousands of new objects, none of them garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
