"""Finds the project's own Python modules in the tree that holds its migrations, and imports none."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mig.sources.base import Problem
from mig.sources.pysyntax import Module, parse
from mig.tree import REGULAR, content_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mig.sources.base import History
    from mig.sources.python.loaded import LoadedModules
    from mig.tree import Entry, Tree

_MAX_MODULE_BYTES = 256 * 1024
_MAX_SETTINGS_BYTES = 256 * 1024
_MAX_MODULES = 500
_MAX_PARTS = 12
_MAX_ROOTS = 40
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*\Z")
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*|[^\n]*)|import[ \t]+([^\n]*))", re.MULTILINE
)
_WORD = re.compile(r"\w+")
_MAX_MEMBERS = 20
_ELSEWHERE = {"alembic", "django", "sqlalchemy"} | sys.stdlib_module_names
_BESIDE = ("src", "lib")
_SETTINGS = ("alembic.ini", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class _Found:
    """A module's file: the key of its content and, once somebody asked, its syntax."""

    path: str
    key: str
    module: Module | None


_NOTHING = _Found("", "", None)


class ProjectModules:
    """The modules that migrations of one tree could import, by their dotted names.

    They are looked for where Python would: in what ``prepend_sys_path`` of Alembic's settings names, and
    in the folders above the migrations that are no packages themselves, with their ``src`` and ``lib``.
    A name that leads to different files from different places is not known, since only the running
    project could tell which of them it is.

    Args:
        tree: the files; nothing outside of it is read.
        folders: where the migrations lie.

    ``loaded`` is what reading migrations has made of the modules.
    """

    def __init__(self, tree: Tree, folders: Sequence[str]) -> None:
        self._tree = tree
        self._folders = tuple(folders)
        self._roots: tuple[str, ...] | None = None
        self._found: dict[str, _Found] = {}
        self._versions: dict[str, str] = {}
        self.loaded: LoadedModules = {}

    def find(self, name: str) -> Module | None:
        """The syntax of the module of this name; None where it is not known or cannot be parsed."""
        return self._look_up(name).module

    def key(self, name: str) -> str:
        """The key of the content of the module's file; empty where there is none."""
        return self._look_up(name).key

    def version(self, name: str) -> str:
        """What tells contents of the module's files apart; it is cheaper to ask for than the module."""
        if name not in self._versions:
            listed = self._choose(name) if _is_name(name) else {}
            unkeyed = [path for path, entry in listed.items() if not entry.key]
            read = self._tree.read(unkeyed, _MAX_MODULE_BYTES)
            keys = {one.path: content_key(one.data or b"") for one in read}
            self._versions[name] = " ".join(f"{p}:{e.key or keys[p]}" for p, e in listed.items())
        return self._versions[name]

    def are_imported(self, data: bytes) -> bool:
        """Whether a file imports one of them, as far as its lines tell; without parsing it."""
        return any(self.version(name) for name in find_imports(data))

    def surround(
        self, harmless: frozenset[str] = frozenset(), history: History | None = None
    ) -> Surroundings:
        """What one file may ask while it is read."""
        return Surroundings(self, harmless, history)

    def _look_up(self, name: str) -> _Found:
        if name not in self._found:
            if len(self._found) >= _MAX_MODULES or not _is_name(name):
                return _NOTHING
            self._found[name] = self._read(name)
        return self._found[name]

    def _choose(self, name: str) -> dict[str, Entry]:
        """The files that a module of this name may be, one for each place where it is looked for."""
        if self._roots is None:
            self._roots = self._find_roots()
        inner = name.replace(".", "/")
        packages = [_join(root, f"{inner}/__init__.py") for root in self._roots]
        modules = [_join(root, f"{inner}.py") for root in self._roots]
        there = self._regular([*packages, *modules])
        # In one folder a package goes before a module.
        chosen = [
            p if p in there else m for p, m in zip(packages, modules, strict=True) if {p, m} & there.keys()
        ]
        return {path: there[path] for path in chosen}

    def _read(self, name: str) -> _Found:
        contents = list(self._tree.read(self._choose(name), _MAX_MODULE_BYTES))
        if not contents or len({content.data for content in contents}) > 1 or contents[0].data is None:
            return _NOTHING
        path, data = contents[0].path, contents[0].data
        parsed = parse(data)
        if isinstance(parsed, Problem):
            return _Found(path, content_key(data), None)
        return _Found(path, content_key(data), replace(parsed, is_package=path.endswith("/__init__.py")))

    def _find_roots(self) -> tuple[str, ...]:
        above = list(dict.fromkeys(a for folder in self._folders for a in _above(folder)))[:_MAX_ROOTS]
        asked = [_join(folder, name) for folder in above for name in (*_SETTINGS, "__init__.py")]
        there = self._regular(asked)
        roots = [*self._prepended([path for path in asked if path in there and path.endswith(_SETTINGS)])]
        for folder in above:
            if _join(folder, "__init__.py") not in there:
                roots += [folder, *(_join(folder, name) for name in _BESIDE)]
        return tuple(dict.fromkeys(roots))[:_MAX_ROOTS]

    def _prepended(self, settings: Sequence[str]) -> Iterable[str]:
        from mig.sources.alembic_settings import read_ini, read_pyproject

        for content in self._tree.read(settings, _MAX_SETTINGS_BYTES):
            read = read_pyproject if content.path.endswith(".toml") else read_ini
            for one in read(content.path, content.data or b""):
                for place in one.prepend_sys_path:
                    folder = _normal(_join(content.path.rpartition("/")[0], place))
                    if folder is not None:
                        yield folder

    def _regular(self, paths: Iterable[str]) -> dict[str, Entry]:
        wanted = tuple(dict.fromkeys(paths))
        listed = self._tree.entries(wanted) if wanted else {}
        return {path: listed[path] for path in wanted if path in listed and listed[path].kind == REGULAR}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What reading one migration may ask of its project, and what it was answered.

    ``harmless`` are dotted names of which the project says that calls of them touch no database.
    ``history`` is what the source makes of all migrations of the lineage, where it makes something of them.
    ``answers`` holds the key of the content of each module that was asked for, empty where there is
    none: the operations of the migration are the same as long as the answers are.
    """

    modules: ProjectModules
    harmless: frozenset[str] = frozenset()
    history: History | None = None
    answers: dict[str, str] = field(default_factory=dict)

    def find_module(self, name: str) -> Module | None:
        """The project's module of this name, or None."""
        found = self.modules.find(name)
        self.answers[name] = self.modules.key(name)
        return found


def find_imports(data: bytes) -> Iterator[str]:
    """The modules that the lines of a file import, but for those that are of no project."""
    for match in _IMPORT.finditer(data[:_MAX_MODULE_BYTES]):
        owner, members, whole = (part.decode("utf-8", "replace") for part in match.groups(b""))
        names = [owner, *(f"{owner}.{member}" for member in _WORD.findall(members)[:_MAX_MEMBERS])]
        names = names if owner else [part.split()[0] for part in whole.split(",") if part.strip()]
        yield from (name for name in names if name.partition(".")[0] not in _ELSEWHERE)


def _is_name(name: str) -> bool:
    return len(name) < 300 and name.count(".") < _MAX_PARTS and bool(_NAME.match(name))


def _above(folder: str) -> list[str]:
    """The folders above a folder, the nearest first, with the repository's root as the last."""
    parts = folder.split("/")
    return ["/".join(parts[:size]) for size in range(len(parts) - 1, -1, -1)] if folder else [""]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _normal(path: str) -> str | None:
    """A path without ``.`` and ``..``; None where it leads out of the repository."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return None if path.startswith("/") else "/".join(parts)
