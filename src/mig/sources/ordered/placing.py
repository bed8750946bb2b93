"""Gives ours versions above those that are published, by other names for their files."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from mig.graph.versions import parse_version, renumber
from mig.sources.base import Placed, Placing
from mig.sources.ordered.conventions import COMPILED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.model import Convention, Migration
    from mig.sources.base import Placement


class _Renumbered(NamedTuple):
    """A migration of ours, what its path is made of, and the version that it gets."""

    migration: Migration
    name: re.Match[str]
    version: str


def place_by_version(placement: Placement, convention: Convention) -> Placing:
    """The files of ours that get other names; what has no version, and baselines, stay as they are."""
    versioned = [(one, name) for one in placement.ours if (name := _versioned(one, convention)) is not None]
    wanted = renumber(
        [one.version_text for one, _ in versioned],
        [one.version_text for one in placement.published if one.version],
        placement.now,
    )
    files: list[Placed] = []
    ids: dict[str, str] = {}
    for (one, name), version in zip(versioned, wanted, strict=True):
        if version != one.version_text:
            renumbered = _Renumbered(one, name, _as_written(one.path, version))
            found = tuple(_Moving(placement, convention, renumbered).files())
            files.extend(found)
            ids[one.id] = _id_in(found[0].moved, convention)
    return Placing(tuple(files), ids)


def _versioned(one: Migration, convention: Convention) -> re.Match[str] | None:
    name = convention.file.fullmatch(one.path)
    is_baseline = bool(name and name.groupdict().get("baseline"))
    return name if one.version and not is_baseline else None


def _as_written(path: str, version: str) -> str:
    """The version as the file's name can hold it: that of a class has no points."""
    return version.replace(".", "_") if path.endswith(COMPILED) else version


def _id_in(path: str, convention: Convention) -> str:
    name = convention.file.fullmatch(path)
    return name["id"] if name else ""


class _Moving:
    """The files of one migration, its own first."""

    def __init__(self, placement: Placement, convention: Convention, one: _Renumbered) -> None:
        self._placement = placement
        self._convention = convention
        self._one = one
        self._path = one.migration.path
        end = one.name.end("id")
        self._folder = self._path[: end + 1] if self._path[end : end + 1] == "/" else ""

    def files(self) -> Iterator[Placed]:
        yield self._placed(self._path, self._one.name)
        for path in sorted(self._placement.unpublished() - {self._path}):
            if self._goes_along(path):
                yield self._placed(path, self._one.name)
            elif name := self._reverts(path):
                yield self._placed(path, name)

    def _goes_along(self, path: str) -> bool:
        """Whether a file lies in the migration's own folder, or is named after the whole of its name."""
        return path.startswith(self._folder or f"{self._path}.")

    def _reverts(self, path: str) -> re.Match[str] | None:
        """The parts of the path, where the file is what reverts this migration."""
        down = self._convention.down
        name = down.fullmatch(path) if down else None
        folders = (posixpath.dirname(self._path), *self._placement.lineage.paths)
        if name is None or posixpath.dirname(path) not in folders:
            return None
        parts = name.groupdict()
        if parse_version(parts.get("version") or "") != self._one.migration.version:
            return None
        # Flyway goes by the version alone, so that a name decides only between two of ours.
        is_named = parts.get("name") == self._one.name["name"]
        alike = [m for m in self._placement.ours if m.version == self._one.migration.version]
        return name if is_named or len(alike) == 1 else None

    def _placed(self, path: str, name: re.Match[str]) -> Placed:
        start, end = name.span("version")
        moved = f"{path[:start]}{self._one.version}{path[end:]}"
        data = self._placement.read(path)
        if path.endswith(COMPILED):
            data = _renamed_class(data, *(posixpath.basename(one).partition(".")[0] for one in (path, moved)))
        return Placed(self._one.migration.id, path, moved, data)


def _renamed_class(data: bytes, old: str, new: str) -> bytes:
    """The program with its class named after the file, as the language and the tool want it."""
    return re.sub(rb"\b%s\b" % re.escape(old.encode()), new.encode(), data)
