"""Finds the folders that hold ordered migrations, and tells the tools apart."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.model import Lineage
from mig.sources.base import MAX_FILE_BYTES
from mig.tree import REGULAR, is_under

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mig.model import Convention
    from mig.tree import Tree

MAX_LINEAGES = 5000

# Folders in which migrations are somebody else's, or material for tests.
_PASSED_OVER = frozenset(
    (
        ".git",
        ".tox",
        ".venv",
        "build",
        "dist",
        "example",
        "examples",
        "fixtures",
        "node_modules",
        "sample",
        "samples",
        "site-packages",
        "target",
        "test",
        "testdata",
        "testing",
        "tests",
        "third_party",
        "vendor",
        "vendored",
        "venv",
    )
)
_DIALECTS = {
    "mariadb": "mariadb",
    "mysql": "mysql",
    "pg": "postgresql",
    "pgsql": "postgresql",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
    # Of these nothing is proved, so that no pair of theirs is said to commute.
    **{
        name: name
        for name in (
            *("bigquery", "cassandra", "clickhouse", "cockroach", "cockroachdb", "db2", "derby", "duckdb"),
            *("firebird", "h2", "hana", "hsqldb", "informix", "mssql", "oracle", "redshift", "snowflake"),
            *("spanner", "sqlserver", "sybase", "vertica"),
        )
    },
}
_LOOKED_AT = 3
_FEWEST = 2
"""Of files whose names say little, one alone is no history."""


def find_lineages(tree: Tree, convention: Convention, *, is_configured: bool = False) -> tuple[Lineage, ...]:
    """The folders of a tree that hold migrations of one convention, each a lineage, sorted by name."""
    places = {folder: (folder,) for folder in find_folders(tree, convention)}
    return make_lineages(convention, places, is_configured=is_configured)


def find_folders(tree: Tree, convention: Convention) -> dict[str, list[str]]:
    """The folders of a tree that are one convention's, and the paths of the migrations in each."""
    listed = tree.entries()
    folders: dict[str, list[str]] = {}
    for path, entry in listed.items():
        folder = folder_of(path, convention)
        if folder is not None and entry.kind == REGULAR:
            folders.setdefault(folder, []).append(path)
    beside = {posixpath.dirname(p) for p in listed if posixpath.basename(p) in convention.settings}
    return {
        folder: paths
        for folder, paths in sorted(folders.items())
        if _is_of(tree, convention, folder, paths, beside)
    }


def make_lineages(
    convention: Convention, places: Mapping[str, tuple[str, ...]], *, is_configured: bool = False
) -> tuple[Lineage, ...]:
    """A lineage for each place, which is a folder, and the folders that hold its migrations.

    ``is_configured``: the convention is the project's own, and so is written down with the lineage.

    Raises:
        SourceError: there are more of them than are looked at.
    """
    if len(places) > MAX_LINEAGES:
        raise SourceError(
            f"{len(places):,} folders hold migrations of {convention.name}'s, and mig looks at "
            f"{MAX_LINEAGES:,} at most",
            hint="name the folder of those that matter: path in [tool.mig]",
        )
    chosen = sorted(places)
    return tuple(
        Lineage(
            name=name,
            source=convention.name,
            paths=places[place],
            nested=False,
            late=convention.late.value,
            dialect=dialect_of(place),
            convention=convention if is_configured else None,
        )
        for place, name in zip(chosen, _names(chosen), strict=True)
    )


def folder_of(path: str, convention: Convention) -> str | None:
    """The folder whose migration a file is, or None where its name is not one of the convention's."""
    found = convention.file.fullmatch(path) if path.endswith(convention.endings) else None
    if found is None or (convention.down and convention.down.fullmatch(path)):
        return None
    folder = path[: found.start("id")].rstrip("/")
    return None if is_passed_over(folder) else folder


def is_passed_over(folder: str) -> bool:
    """Whether what lies in a folder is somebody else's, or material for tests."""
    return not _PASSED_OVER.isdisjoint(folder.lower().split("/"))


def _is_of(tree: Tree, convention: Convention, folder: str, paths: list[str], beside: set[str]) -> bool:
    if convention.settings and not any(_is_near(folder, place) for place in beside):
        return False
    if convention.is_marked:
        texts = sorted(path for path in paths if path.endswith(".sql"))
        return any(_holds_mark(tree, convention, texts[:_LOOKED_AT]))
    if convention.folders:
        is_named = not convention.folders.isdisjoint(folder.lower().split("/"))
        return is_named and (bool(convention.settings) or len(paths) >= _FEWEST)
    return True


def _is_near(folder: str, place: str) -> bool:
    """Whether settings that lie in ``place`` are about a folder: it is below, or right beside."""
    return is_under(folder, place) or is_under(place, posixpath.dirname(folder))


def _holds_mark(tree: Tree, convention: Convention, paths: Iterable[str]) -> Iterator[bool]:
    mark = convention.up_mark
    for content in tree.read(paths, MAX_FILE_BYTES):
        text = (content.data or b"").decode("utf-8", "replace")
        yield bool(mark and mark.search(text))


def dialect_of(folder: str) -> str:
    """The dialect that a folder's path names, or an empty text."""
    return next((_DIALECTS[part] for part in reversed(folder.lower().split("/")) if part in _DIALECTS), "")


def _names(folders: list[str]) -> list[str]:
    """A short name for each folder: what tells it from the others, ``default`` where there is one only."""
    if len(folders) < 2:
        return ["default"] * len(folders)
    shared = {part for part in folders[0].split("/") if all(part in each.split("/") for each in folders)}
    return ["-".join(p for p in each.split("/") if p not in shared) or "default" for each in folders]
