"""Flyway: one history may lie in several folders, beside its SQL in Java, and where its settings say."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from mig.sources.ordered.conventions import COMPILED, FLYWAY, build_flyway
from mig.sources.ordered.flyway_settings import find_settings
from mig.sources.ordered.recognise import dialect_of, find_folders, make_lineages
from mig.tree import is_under

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mig.model import Lineage
    from mig.sources.ordered.flyway_settings import FlywaySettings
    from mig.tree import Tree

# Folders that the class path joins: a class and a resource of one package are in one location.
_CLASSPATH = re.compile(r"(\A|.*/)src/main/(?:java|resources|kotlin|groovy)(?:/(.*)|\Z)")
_STANDARD = re.compile(r"((?:\A|.*/)db/migration)(?:/.*)?")


def find_flyway(tree: Tree) -> tuple[Lineage, ...]:
    """The lineages of Flyway's in a tree, sorted by name."""
    settings = find_settings(tree)
    found: list[Lineage] = []
    for naming in _namings(settings):
        convention = build_flyway(dict(naming))
        holding = {
            folder: paths
            for folder, paths in find_folders(tree, convention).items()
            if tuple(sorted(_governing(folder, settings).items())) == naming
        }
        is_own = dict(naming) != FLYWAY
        found += make_lineages(convention, _places(holding, settings), is_configured=is_own)
    return tuple(sorted(found, key=lambda lineage: lineage.name))


def _namings(settings: Iterable[FlywaySettings]) -> list[tuple[tuple[str, str], ...]]:
    """The ways in which files are named in a tree, each once."""
    return sorted({tuple(sorted(one.items())) for one in (FLYWAY, *(each.naming for each in settings))})


def _governing(folder: str, settings: Iterable[FlywaySettings]) -> Mapping[str, str]:
    """How files in a folder are named: as the nearest settings above it say."""
    above = [one for one in settings if is_under(folder, one.root)]
    return max(above, key=lambda one: len(one.root)).naming if above else FLYWAY


def _places(
    holding: Mapping[str, list[str]], settings: Iterable[FlywaySettings]
) -> dict[str, tuple[str, ...]]:
    """The folders of each history, by the folder that names it; those of Java alone are none."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for folder in holding:
        grouped[_history_of(folder, settings)].append(folder)
    # Helper classes may be named like migrations: only beside SQL, or in Flyway's own folder, are they some.
    return {
        place: tuple(sorted(folders))
        for place, folders in grouped.items()
        if _STANDARD.fullmatch(place) or any(_has_sql(holding[folder]) for folder in folders)
    }


def _has_sql(paths: Iterable[str]) -> bool:
    return any(not path.endswith(COMPILED) for path in paths)


def _history_of(folder: str, settings: Iterable[FlywaySettings]) -> str:
    """The place that stands for all folders of one history; another dialect is another history."""
    joined = _CLASSPATH.sub(
        lambda found: f"{found[1]}src/main/resources/{found[2] or ''}".rstrip("/"), folder
    )
    for one in settings:
        places = [_place_of(location, one.root) for location in one.locations]
        if any(place is not None and is_under(joined, place) for place in places):
            # All locations of one setting are one history, named after the first.
            return _with_dialect(next(place for place in places if place is not None), joined)
    standard = _STANDARD.fullmatch(joined)
    return _with_dialect(standard[1], joined) if standard else joined


def _with_dialect(place: str, folder: str) -> str:
    dialect = dialect_of(folder)
    return f"{place}/{dialect}" if dialect and dialect != dialect_of(place) else place


def _place_of(location: str, root: str) -> str | None:
    """The folder that a location means, or None where it is not in the repository."""
    kind, _, rest = location.rpartition(":")
    if kind not in ("", "classpath", "filesystem"):
        return None
    path = re.split(r"[*{$]", rest.strip("/"), maxsplit=1)[0].rstrip("/")
    below = path if kind == "filesystem" else f"src/main/resources/{path}"
    place = posixpath.normpath(posixpath.join(root, below))
    return None if place.startswith("../") else "" if place == "." else place
