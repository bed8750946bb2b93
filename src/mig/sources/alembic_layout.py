"""Finds where a repository keeps its Alembic migrations, from settings and, without them, from marks."""

from __future__ import annotations

import posixpath
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.model import Lineage
from mig.sources.alembic_links import are_linked, is_version_file
from mig.sources.alembic_settings import Settings, read_ini, read_pyproject
from mig.sources.ordered.recognise import dialect_of
from mig.tree import REGULAR, is_under

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from mig.tree import Tree

MAX_SETTINGS_BYTES = 256 * 1024
MAX_LAYOUTS = 200

_MARKS = (".ini", "pyproject.toml", "env.py", "script.py.mako")
_VENDORED = frozenset(
    (
        ".nox",
        ".tox",
        ".venv",
        "dist-packages",
        "node_modules",
        "site-packages",
        "third_party",
        "vendor",
        "vendored",
        "venv",
    )
)
_SAMPLES = frozenset(
    (
        "example",
        "examples",
        "fixtures",
        "sample",
        "samples",
        "templates",
        "test",
        "testdata",
        "testing",
        "tests",
    )
)
_DIALECTS = frozenset(
    (
        "mariadb",
        "mssql",
        "mysql",
        "oracle",
        "pg",
        "pgsql",
        "postgres",
        "postgresql",
        "snowflake",
        "sqlite",
        "sqlite3",
    )
)
_RETIRED = frozenset(("archive", "archived", "backup", "deprecated", "legacy", "old", "squashed"))
_COMMON = frozenset(("alembic", "app", "database", "db", "lib", "migration", "migrations", "src", "versions"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One script directory: its folder, the folders of its migrations, and the settings found for it."""

    script: str
    versions: tuple[str, ...]
    nested: bool = False
    settings: Settings = field(default_factory=Settings)
    label: str = ""


@dataclass(frozen=True, slots=True)
class _Listing:
    """What recognition needs to know of a tree, from one walk over its paths."""

    files: frozenset[str]
    folders: frozenset[str]
    python: Counter[str]
    """How many files that Alembic would load lie directly in a folder; no folder has none."""

    def has_python_below(self, folder: str) -> bool:
        return any(is_under(one, folder) for one in self.python)

    def folders_below(self, folders: Collection[str]) -> frozenset[str]:
        """Folders below these that may hold migrations which Alembic is told of."""
        return frozenset(
            one
            for one in self.python
            if one not in folders
            and any(is_under(one, f) for f in folders)
            and _RETIRED.isdisjoint(one.split("/"))
        )

    def python_children(self, folder: str) -> set[str]:
        """The folders next below this one that hold migrations, at any depth."""
        below = (
            one[len(folder) :].lstrip("/") for one in self.python if one != folder and is_under(one, folder)
        )
        return {one.partition("/")[0] for one in below}


def find_lineages(tree: Tree) -> tuple[Lineage, ...]:
    """The lineages of a tree, sorted by name."""
    layouts = find_layouts(tree)
    names = _names([layout.label or layout.script for layout in layouts])
    found = [
        Lineage(
            name=name,
            source="alembic",
            paths=layout.versions,
            nested=layout.nested,
            dialect=_dialect_of(layout.versions),
        )
        for name, layout in zip(names, layouts, strict=True)
    ]
    return tuple(sorted(found, key=lambda lineage: lineage.name))


def _dialect_of(folders: tuple[str, ...]) -> str:
    """The dialect that all folders of versions name in their paths, or an empty text."""
    named = {dialect_of(folder) for folder in folders}
    return named.pop() if len(named) == 1 else ""


def find_layouts(tree: Tree) -> tuple[Layout, ...]:
    """All script directories of a tree; those of tests and examples only where there are no others.

    Raises:
        SourceError: there are more of them than are looked at.
    """
    listing = _list(tree)
    found: dict[tuple[str, ...], Layout] = {}
    for layout in _from_settings(tree, listing):
        if not _is_known(layout, found) and not _is_vendored(layout.script):
            found[layout.versions] = layout
    configured = {layout.script for layout in found.values()}
    for layout in _from_marks(tree, listing):
        if (
            layout.script not in configured
            and not _is_known(layout, found)
            and not _is_vendored(layout.script)
        ):
            found[layout.versions] = layout
    layouts = [part for layout in found.values() for part in _by_dialect(layout, listing)]
    real = [layout for layout in layouts if not _SAMPLES.intersection(layout.script.split("/"))]
    chosen = sorted(real or layouts, key=lambda layout: layout.versions)
    if len(chosen) > MAX_LAYOUTS:
        raise SourceError(
            f"{tree.name} has {len(chosen):,} folders of Alembic's, and mig looks at {MAX_LAYOUTS:,} at most",
            hint="name the folder of those that matter: path in [tool.mig]",
        )
    return tuple(chosen)


def _is_known(layout: Layout, found: Iterable[tuple[str, ...]]) -> bool:
    return any(set(layout.versions) & set(versions) for versions in found)


def layout_of(lineage: Lineage, tree: Tree) -> Layout:
    """The layout that a lineage was recognised by, or one made up for a configured path."""
    for layout in find_layouts(tree):
        if set(layout.versions) & set(lineage.paths):
            return layout
    listing = _list(tree)
    folder = lineage.paths[0]
    while folder and not ({f"{folder}/env.py", f"{folder}/script.py.mako"} & listing.files):
        folder = posixpath.dirname(folder)
    script = folder or lineage.paths[0]
    versions = tuple(f"{path}/versions" if path == folder else path for path in lineage.paths)
    return Layout(script=script, versions=versions, nested=lineage.nested)


def _list(tree: Tree) -> _Listing:
    marks: set[str] = set()
    folders: set[str] = set()
    python: Counter[str] = Counter()
    for path, entry in tree.entries().items():
        folder, _, name = path.rpartition("/")
        folders.add(folder)
        if path.endswith(_MARKS) and entry.kind == REGULAR:
            marks.add(path)
        if is_version_file(name):
            python[folder] += 1
    for folder in tuple(folders):
        parent = posixpath.dirname(folder)
        while parent not in folders:
            folders.add(parent)
            parent = posixpath.dirname(parent)
    return _Listing(frozenset(marks), frozenset(folders), python)


def _from_settings(tree: Tree, listing: _Listing) -> Iterator[Layout]:
    """The layouts that ``alembic.ini`` files and ``pyproject.toml`` describe."""
    for settings in _settings(tree, listing):
        home = posixpath.dirname(settings.origin)
        script = _locate(settings.script_location, home, listing) if settings.script_location else home
        if script is None or not _is_script_folder(script, settings, listing):
            continue
        places = settings.version_locations or (f"{script}/versions",)
        located = (_locate(place, home, listing) or _planned(place, home) for place in places)
        versions = tuple(dict.fromkeys(place for place in located if place is not None))
        if versions:
            yield _layout(script, versions, settings, listing, tree)


def _settings(tree: Tree, listing: _Listing) -> Iterator[Settings]:
    paths = [path for path in sorted(listing.files) if _is_settings_file(path)]
    for content in tree.read(paths, MAX_SETTINGS_BYTES):
        if content.data is not None:
            read = read_ini if content.path.endswith(".ini") else read_pyproject
            yield from read(content.path, content.data)


def _is_settings_file(path: str) -> bool:
    name = path.rpartition("/")[2]
    return (
        (name == "pyproject.toml" or "alembic" in name)
        and not _is_vendored(path)
        and not path.endswith(".mako")
    )


def _is_script_folder(folder: str, settings: Settings, listing: _Listing) -> bool:
    """Whether the folder that settings lead to has a sign of Alembic, so that chance names do not count."""
    signs = {posixpath.join(folder, name) for name in ("env.py", "script.py.mako")}
    if signs & listing.files or posixpath.join(folder, "versions") in listing.folders:
        return True
    return bool(settings.script_location and settings.version_locations)


def _from_marks(tree: Tree, listing: _Listing) -> Iterator[Layout]:
    """Folders with ``env.py`` beside ``script.py.mako`` or a folder of versions."""
    for path in sorted(listing.files):
        folder, _, name = path.rpartition("/")
        versions = posixpath.join(folder, "versions")
        has_versions = listing.has_python_below(versions)
        has_template = posixpath.join(folder, "script.py.mako") in listing.files
        if name == "env.py" and (has_versions or (has_template and not _SAMPLES & set(folder.split("/")))):
            yield _layout(folder, (versions,), Settings(), listing, tree)


def _layout(
    script: str, versions: tuple[str, ...], settings: Settings, listing: _Listing, tree: Tree
) -> Layout:
    # Projects that nest their versions may tell Alembic so in their own code: then only the files show it.
    nested = settings.recursive or _go_on_below(versions, listing, tree)
    if nested:
        versions = tuple(
            v for v in versions if not any(v != other and is_under(v, other) for other in versions)
        )
    return Layout(script=script, versions=versions, nested=nested, settings=settings)


def _go_on_below(versions: tuple[str, ...], listing: _Listing, tree: Tree) -> bool:
    """Whether migrations go on in folders below those of the settings.

    They do where more lie below than above, or where one below and one above name each other.
    """
    folders = listing.folders_below(versions)
    above, below = (sum(listing.python[one] for one in group) for group in (set(versions), folders))
    if below > above:
        return True
    return bool(folders) and are_linked(tree, versions, folders)


def _by_dialect(layout: Layout, listing: _Listing) -> Sequence[Layout]:
    """A layout whose versions are kept once for each database, as one layout for each of them.

    Such projects choose the folder while they run, and each folder has a history of its own.
    """
    if len(layout.versions) > 1 or layout.versions[0] in listing.python:
        return (layout,)
    folder = layout.versions[0]
    children = sorted(listing.python_children(folder))
    if len(children) < 2 or not _DIALECTS.issuperset(children):
        return (layout,)
    paths = [posixpath.join(folder, child) for child in children]
    return [
        replace(
            layout,
            versions=(path,),
            nested=layout.settings.recursive or path not in listing.python,
            label=path,
        )
        for path in paths
    ]


def _locate(place: str, home: str, listing: _Listing) -> str | None:
    """The folder that a setting means: relative to its file or to a folder above, or in a package."""
    relative = _package_path(place)
    if relative is None:
        return None
    for base in _bases(home, packages=":" in place):
        path = _inside(posixpath.join(base, relative))
        if path is not None and path in listing.folders:
            return path
    return None


def _planned(place: str, home: str) -> str | None:
    """The folder that a setting will mean once it exists."""
    relative = _package_path(place)
    return None if relative is None else _inside(posixpath.join(home, relative))


def _package_path(place: str) -> str | None:
    """A location as a relative path; ``package.sub:folder`` becomes ``package/sub/folder``."""
    place = place.replace("\\", "/")
    if posixpath.isabs(place) or not place:
        return None
    if ":" not in place:
        return place
    package, *rest = place.split(":")
    return "/".join((package.replace(".", "/"), *rest))


def _bases(home: str, *, packages: bool) -> Iterator[str]:
    """The folders that Alembic may be run in: that of the settings, and those above."""
    folder = home
    while True:
        yield folder
        if packages:
            yield posixpath.join(folder, "src")
            yield posixpath.join(folder, "lib")
        if not folder:
            return
        folder = posixpath.dirname(folder)


def _inside(path: str) -> str | None:
    """The path made plain, or None where it leads out of the repository."""
    plain = posixpath.normpath(path) if path else ""
    if plain == ".." or plain.startswith(("/", "../")):
        return None
    return "" if plain == "." else plain


def _is_vendored(path: str) -> bool:
    return not _VENDORED.isdisjoint(path.split("/"))


def _names(folders: Sequence[str]) -> list[str]:
    """A short and unique name for each folder; a single one is called ``default``."""
    if len(folders) == 1:
        return ["default"]
    parts = [
        [part for part in folder.split("/") if part not in _COMMON] or [folder or "root"]
        for folder in folders
    ]
    names = [_shortest(own, [other for other in parts if other is not own]) for own in parts]
    return [name if names.count(name) == 1 else folder for name, folder in zip(names, folders, strict=True)]


def _shortest(own: Sequence[str], others: Collection[Sequence[str]]) -> str:
    for length in range(1, len(own) + 1):
        if all(other[-length:] != own[-length:] for other in others):
            return "/".join(own[-length:])
    return "/".join(own)
