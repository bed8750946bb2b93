"""Says cheaply whether changed paths can concern migrations; where that cannot be told, they do."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mig.errors import GitError
from mig.git.staged import is_top, search_staged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# A part of a path, not only its end: a folder that is named like a migration is a finding.
_SQL = re.compile(r"\.sql(?:/|\Z)", re.IGNORECASE)
_PYTHON = re.compile(r"\.py(?:/|\Z)", re.IGNORECASE)
_SETTINGS = re.compile(
    r"(?:\A|/)(?:mig\.toml|pyproject\.toml|env\.py|[^/]*\.ini|[^/]*\.mako)\Z", re.IGNORECASE
)
_USUAL_FOLDER = re.compile(r"(?:\A|/)(?:migrations|versions)/", re.IGNORECASE)

# Alembic's setting that puts migrations into folders of any name, and how far its value is followed.
_LOCATIONS = "version_locations"
_LOCATION_LINES = 30
_SEPARATORS = re.compile(r"""[\s,;:="'\[\]\\]+""")
_NEXT_SETTING = re.compile(r"\[|[\w.-]+\s*[=:]")


def concerns_migrations(paths: Iterable[str], folder: str, environment: Mapping[str, str]) -> bool:
    """Whether a change of these paths can change what the check says.

    Args:
        paths: what changed, relative to the repository's root.
        folder: the repository's root, where Git runs hooks.
        environment: what Git is run with.
    """
    python: list[str] = []
    for path in paths:
        if _SQL.search(path) or _SETTINGS.search(path):
            return True
        if _PYTHON.search(path):
            if _USUAL_FOLDER.search(path):
                return True
            python.append(path)
    return bool(python) and (
        not is_top(folder) or _is_configured(python, folder) or _is_located(python, folder, environment)
    )


def _is_configured(paths: list[str], folder: str) -> bool:
    """Whether a path lies in a folder that the configuration names."""
    for name, keys in (("mig.toml", ()), ("pyproject.toml", ("tool", "mig"))):
        try:
            with open(os.path.join(folder, name), "rb") as stream:
                data = stream.read()
        except FileNotFoundError:
            continue
        except OSError:
            return True
        if not keys or b"mig" in data:
            folders = _configured_folders(data, keys)
            if folders is None or any(_is_below(path, one) for path in paths for one in folders):
                return True
    return False


def _configured_folders(data: bytes, keys: tuple[str, ...]) -> list[str] | None:
    """The folders that a configuration names, or None where it is wrong."""
    import tomllib

    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
        for key in keys:
            table = table.get(key, {})
        named = [table["path"]] if "path" in table else []
        named += [lineage["path"] for lineage in table.get("lineage", [])]
        return [os.path.normpath(path).replace(os.sep, "/") for path in named]
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return None


def _is_located(paths: list[str], folder: str, environment: Mapping[str, str]) -> bool:
    """Whether a path lies in a folder that settings of Alembic could mean."""
    try:
        found = search_staged(folder, environment, _LOCATIONS, ("*.ini", "*pyproject.toml"), _LOCATION_LINES)
    except GitError:
        return True
    pieces = _pieces(found.splitlines())
    return pieces is None or any(f"/{piece}/" in f"/{path}" for path in paths for piece in pieces)


def _pieces(lines: list[str]) -> set[str] | None:
    """What the located folders end in, or None where a value leaves it open."""
    values = ""
    following = 0
    for line in lines:
        setting = line.lower().find(_LOCATIONS)
        if setting >= 0:
            is_comment = line.lstrip().startswith(("#", ";"))
            values += "" if is_comment else f" {line[setting + len(_LOCATIONS) :]}"
            following = 0 if is_comment else _LOCATION_LINES
        elif _NEXT_SETTING.match(line) or line == "--":
            following = 0
        elif following:
            following -= 1
            values += f" {line}"
            if not following:
                return None
    pieces = {_end(piece) for piece in _SEPARATORS.split(values.replace("%(here)s", "")) if piece}
    return None if "" in pieces else pieces


def _end(piece: str) -> str:
    """The part of a location that the folder's path surely ends in; empty where that is nothing."""
    plain = os.path.normpath(piece.rpartition("..")[2].strip("/") or ".").replace(os.sep, "/")
    return "" if plain == "." or "%" in plain else plain


def _is_below(path: str, folder: str) -> bool:
    return folder == "." or path.startswith(folder + "/")
