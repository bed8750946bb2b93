"""Puts ours after theirs in each app: numbers in their names, and every place that names one of them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.sources.base import Placed, Placing
from mig.sources.django.layout import MAX_MIGRATION
from mig.sources.django.naming import number_of, renumbered
from mig.sources.django.references import Wanted, rewrite_references

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mig.model import Migration
    from mig.sources.base import Placement


def place_in_apps(placement: Placement) -> Placing:
    """The files of ours that get other names, or that name others.

    Raises:
        SourceError: a file names its dependencies in a way that cannot be rewritten.
    """
    ids = _new_ids(placement)
    work = _Work(placement, ids)
    return Placing((*work.migrations(), *work.last_names()), ids)


def _new_ids(placement: Placement) -> dict[str, str]:
    """The ids of ours that get another number: those that would not be above what they come after.

    Only apps in which something of ours moves are numbered anew.  Squashes, what they replace, and names
    without a number stay as they are: numbers are there for people.
    """
    moving = {one.app for one in placement.ours if one.id in placement.parents}
    taken = {one.id for one in placement.published}
    found: dict[str, str] = {}
    for one in placement.ours:
        name = _name(one.id)
        number = number_of(name)
        parents = placement.parents.get(one.id, one.parents)
        top = max((number_of(_name(found.get(parent, parent))) or 0 for parent in parents), default=0)
        if one.app not in moving or number is None or number > top or one.replaces or "_squashed_" in name:
            taken.add(one.id)
            continue
        new = _first_free(one.app, name, top + 1, taken)
        found[one.id] = new
        taken.add(new)
    return found


def _first_free(app: str, name: str, number: int, taken: set[str]) -> str:
    while (new := f"{app}.{renumbered(name, number)}") in taken:
        number += 1
    return new


def _name(migration_id: str) -> str:
    return migration_id.partition(".")[2]


@dataclass(frozen=True, slots=True)
class _Work:
    placement: Placement
    ids: Mapping[str, str]

    def migrations(self) -> Iterator[Placed]:
        """The files of ours, and of what their squashes replace, that change."""
        stands = {
            old: one.id for one in (*self.placement.published, *self.placement.ours) for old in one.replaces
        }
        for one in self.placement.ours:
            wanted = self._wanted(one, stands)
            unmet = set(wanted.swapped)
            changed = []
            for path in (one.path, *self._replaced(one)):
                data = self.placement.read(path)
                after, done = rewrite_references(path, data, wanted)
                unmet -= done
                changed.append((path, self._moved(one, path), data, after))
            if unmet:
                raise SourceError(
                    f"{one.path}: the dependency on {min(unmet)} cannot be rewritten",
                    hint="set dependencies by hand, then run mig check",
                )
            for path, moved, data, after in changed:
                if (path, data) != (moved, after):
                    yield Placed(one.id, path, moved, after)

    def last_names(self) -> Iterator[Placed]:
        """The files that name the last migration of an app, where the project keeps them."""
        last = {one.app: one for one in self.placement.ours if not self._is_followed(one)}
        for _, one in sorted(last.items()):
            folder = posixpath.dirname(one.path)
            path = f"{folder}/{MAX_MIGRATION}"
            if path not in self.placement.tree.entries((folder,)):
                continue
            name = _name(self.ids.get(one.id, one.id)).encode()
            if self.placement.read(path).split() != [name]:
                yield Placed(one.id, path, path, name + b"\n")

    def _is_followed(self, one: Migration) -> bool:
        """Whether another of ours, or what is published, comes after it in its app."""
        others = (*self.placement.published, *self.placement.ours)
        return any(one.id in self.placement.parents.get(each.id, each.parents) for each in others)

    def _wanted(self, one: Migration, stands: Mapping[str, str]) -> Wanted:
        parents = self.placement.parents.get(one.id, one.parents)
        gone = [parent for parent in one.parents if parent not in parents]
        new = [self.ids.get(parent, parent) for parent in parents if parent not in one.parents]
        fresh = dict(zip(gone, new, strict=False))
        return Wanted(
            app=one.app,
            names=self.ids,
            stands=stands,
            swapped={parent: fresh.get(parent, "") for parent in gone},
            added=tuple(new[len(gone) :]),
            own=one.path,
        )

    def _replaced(self, one: Migration) -> list[str]:
        """The paths of what a squash of ours replaces, as far as nobody has published them."""
        folder = posixpath.dirname(one.path)
        paths = (f"{folder}/{_name(old)}.py" for old in one.replaces)
        unpublished = self.placement.unpublished() if one.replaces else frozenset()
        return [path for path in paths if path in unpublished]

    def _moved(self, one: Migration, path: str) -> str:
        new = self.ids.get(one.id)
        is_moved = new and path == one.path
        return f"{posixpath.dirname(path)}/{_name(new)}.py" if new and is_moved else path
