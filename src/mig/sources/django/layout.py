"""Finds the apps of a Django project and where their migrations lie, without importing settings."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from mig.errors import SourceError
from mig.sources.base import Problem
from mig.sources.pysyntax import parse
from mig.tree import REGULAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mig.tree import Entry, Tree

MAX_APPS = 5000
MAX_MIGRATION = "max_migration.txt"
"""Where django-linear-migrations keeps the name of an app's last migration, beside its migrations."""
_MAX_FILE = 512 * 1024
_MAX_SETTINGS = 50

_VENDORED = frozenset((".git", ".tox", ".venv", "build", "dist", "node_modules", "site-packages", "venv"))
_SAMPLES = frozenset(("example", "examples", "fixtures", "sample", "samples", "test", "testdata", "tests"))
# Migrations of South, from before Django had its own, look alike; so may a class that is something else.
_MARK = re.compile(
    rb"^class\s+Migration\s*\((?!\s*(?:(?:Schema|Data)Migration\b|object\s*\)|\)))", re.MULTILINE
)
_SWAPPABLE = re.compile(rb"^\s*(?:MIGRATION_MODULES|\w+_MODEL)\s*=", re.MULTILINE)
_SAID_MODULES = re.compile(rb"^\s*MIGRATION_MODULES\s*=\s*\{([^{}]*)\}", re.MULTILINE)
_SAID_MODULE = re.compile(rb"['\"](\w+)['\"]\s*:\s*['\"]([\w.]+)['\"]")
_SAID_MODEL = re.compile(rb"^\s*(\w+_MODEL)\s*=\s*['\"](\w+\.\w+)['\"]", re.MULTILINE)
_NUMBERED = re.compile(r"\d{4}_\w+\.py\Z")


class App(NamedTuple):
    """One app: its label, and the folder of its migrations."""

    label: str
    folder: str


class Project(NamedTuple):
    """The apps of a project, and the models that its settings choose: ``app.Model`` by the setting's name."""

    apps: tuple[App, ...]
    models: tuple[tuple[str, str], ...] = ()


def find_project(tree: Tree) -> Project:
    """The apps whose migrations a tree holds, sorted by label.

    Raises:
        SourceError: there are more of them than are looked at.
    """
    listed = tree.entries()
    folders = _find_folders(tree, listed)
    if not folders:
        return Project(())
    settings = _Settings(tree, listed)
    labels = _find_labels(tree, listed, folders)
    moved = {
        folder: label for label, module in settings.modules.items() for folder in _places(module, folders)
    }
    found = [
        App(moved.get(folder) or labels.get(folder) or _default_label(folder), folder) for folder in folders
    ]
    # Two apps with one label cannot be in one project; the one nearer to the root is the project's.
    chosen: dict[str, App] = {}
    for app in sorted(found, key=lambda app: (app.folder.count("/"), app.folder)):
        chosen.setdefault(app.label, app)
    if len(chosen) > MAX_APPS:
        raise SourceError(
            f"{tree.name} holds migrations of {len(chosen):,} apps, and mig looks at {MAX_APPS:,} at most",
            hint="name the folder of those that matter: path in [tool.mig]",
        )
    return Project(tuple(chosen[label] for label in sorted(chosen)), settings.models)


def _find_folders(tree: Tree, listed: Mapping[str, Entry]) -> list[str]:
    """The folders that hold a file which defines a migration."""
    first: dict[str, tuple[bool, str]] = {}
    for path, entry in listed.items():
        folder, _, name = path.rpartition("/")
        if entry.kind != REGULAR or not name.endswith(".py") or name[0] in "_~":
            continue
        is_numbered = bool(_NUMBERED.match(name))
        parts = folder.split("/")
        if (is_numbered or parts[-1] == "migrations") and _VENDORED.isdisjoint(parts):
            candidate = not is_numbered, path
            first[folder] = min(first.get(folder, candidate), candidate)
    by_path = {path: folder for folder, (_, path) in first.items()}
    marked = [
        by_path[content.path]
        for content in tree.read(sorted(by_path), _MAX_FILE)
        if _MARK.search(content.data or b"")
    ]
    real = [folder for folder in marked if _SAMPLES.isdisjoint(folder.split("/"))]
    return sorted(real or marked)


def _default_label(folder: str) -> str:
    parts = folder.split("/")
    return parts[-2] if parts[-1] == "migrations" and len(parts) > 1 else parts[-1]


def _find_labels(tree: Tree, listed: Mapping[str, Entry], folders: Sequence[str]) -> dict[str, str]:
    """The labels that ``apps.py`` gives to apps, by the folder of their migrations."""
    wanted = {f"{folder.rpartition('/')[0]}/apps.py".lstrip("/"): folder for folder in folders}
    found: dict[str, str] = {}
    for content in tree.read(sorted(path for path in wanted if path in listed), _MAX_FILE):
        label = next(_configured(content.data or b"", "label"), "")
        if label:
            found[wanted[content.path]] = label
    return found


def _configured(data: bytes, name: str) -> Iterator[str]:
    """The values that classes of a module bind a name to, where they are literal."""
    if name.encode() not in data:
        return
    module = parse(data)
    if isinstance(module, Problem):
        return
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                match statement:
                    case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Constant(value=str(text))):
                        if bound == name:
                            yield text
                    case _:
                        continue


class _Settings:
    """What settings modules say in literals: ``MIGRATION_MODULES``, ``AUTH_USER_MODEL`` and their like."""

    def __init__(self, tree: Tree, listed: Mapping[str, Entry]) -> None:
        self.modules: dict[str, str] = {}
        self._models: dict[str, str] = {}
        paths = [path for path in listed if path.endswith(".py") and "settings" in path.lower()]
        nearest = sorted(
            paths, key=lambda path: (not _SAMPLES.isdisjoint(path.split("/")), path.count("/"), path)
        )
        for content in tree.read(nearest[:_MAX_SETTINGS], _MAX_FILE):
            if content.data and _SWAPPABLE.search(content.data):
                self._read(content.data)

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self._models.items()))

    def _read(self, data: bytes) -> None:
        module = parse(data)
        if isinstance(module, Problem):
            self._search(data)
            return
        for node in ast.walk(module.tree):
            match node:
                case ast.Assign(targets=[ast.Name(id="MIGRATION_MODULES")], value=ast.Dict() as value):
                    self.modules.update(_literal_pairs(value))
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(model))):
                    if name.endswith("_MODEL") and model.count(".") == 1:
                        self._models.setdefault(name, model)
                case _:
                    continue

    def _search(self, data: bytes) -> None:
        """Take from the text what a module says that does not parse: it is in Python 2, or half merged."""
        for said in _SAID_MODULES.finditer(data):
            self.modules.update((a.decode(), m.decode()) for a, m in _SAID_MODULE.findall(said[1]))
        for name, model in _SAID_MODEL.findall(data):
            self._models.setdefault(name.decode(), model.decode())


def _literal_pairs(value: ast.Dict) -> Iterator[tuple[str, str]]:
    for key, item in zip(value.keys, value.values, strict=True):
        match key, item:
            case ast.Constant(value=str(label)), ast.Constant(value=str(module)):
                yield label, module
            case _:
                continue


def _places(module: str, folders: Iterable[str]) -> Iterator[str]:
    """The folders that a dotted module can be: those whose path ends so."""
    path = module.replace(".", "/")
    yield from (folder for folder in folders if folder == path or folder.endswith(f"/{path}"))
