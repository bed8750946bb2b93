"""An independent reader of Django's migrations, small on purpose: which of an app's are leaves."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PATH = re.compile(r"(?:.*/)?(?:migrations/(?![_~])[^/]+|[0-9]{4}_\w+)\.py")
_CLASS = re.compile(rb"^class Migration\((?!object|SchemaMigration|DataMigration)[\w.]+\):", re.MULTILINE)
_LISTS = {
    name: re.compile(rf"^\s+{name}\s*=\s*\[(.*?)\n?[ \t]*\]".encode(), re.MULTILINE | re.DOTALL)
    for name in ("dependencies", "replaces")
}
_PAIR = re.compile(rb"\(\s*[ub]*['\"](\w+)['\"]\s*,\s*[ub]*['\"](\w+)['\"]\s*,?\s*\)")


@dataclass(frozen=True, slots=True)
class Node:
    """What one file says: pairs of an app and a name."""

    dependencies: tuple[tuple[str, str], ...]
    replaces: tuple[tuple[str, str], ...]


def is_django(path: str) -> bool:
    """Whether a path may be of a migration of Django's."""
    return bool(_PATH.fullmatch(path))


def read_node(data: bytes) -> Node | None:
    """What a file says, if it is a migration; one in Python 2 is read by its text."""
    if not _CLASS.search(data):
        return None
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        texts = {name: found[1] if (found := of.search(data)) else b"" for name, of in _LISTS.items()}
        pairs = {
            name: tuple((a.decode(), n.decode()) for a, n in _PAIR.findall(text))
            for name, text in texts.items()
        }
        return Node(pairs["dependencies"], pairs["replaces"])
    (found,) = (one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == "Migration")
    lists = {
        target.id: tuple(_pairs(node.value))
        for node in found.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in _LISTS
    }
    return Node(lists.get("dependencies", ()), lists.get("replaces", ()))


def _pairs(value: ast.expr) -> Iterator[tuple[str, str]]:
    """The pairs of literal names, wherever they stand in a list."""
    for node in ast.walk(value):
        match node:
            case ast.Tuple(elts=[ast.Constant(value=str(app)), ast.Constant(value=str(name))]):
                yield app, name
            case _:
                continue


def count_heads(nodes: Mapping[str, Node]) -> dict[str, int]:
    """How many leaves each folder has, as Django counts them where nothing is applied.

    Args:
        nodes: by path.
    """
    folders: dict[str, dict[str, Node]] = defaultdict(dict)
    for path, node in nodes.items():
        folder, _, name = path.rpartition("/")
        folders[folder][name.removesuffix(".py")] = node
    return {folder: _count(_label(folder, inside), inside) for folder, inside in folders.items()}


def _label(folder: str, nodes: Mapping[str, Node]) -> str:
    """The app that a folder is of: the one that its files name when they name one another."""
    named = Counter(
        app
        for own, node in nodes.items()
        for app, name in (*node.dependencies, *node.replaces)
        if name in nodes and name != own
    )
    parts = folder.split("/")
    return named.most_common(1)[0][0] if named else parts[-2] if len(parts) > 1 else parts[-1]


def _count(label: str, nodes: Mapping[str, Node]) -> int:
    stands = {old: new for new, node in nodes.items() for app, old in node.replaces if app == label}
    needed: set[str] = set()
    for name, node in nodes.items():
        for app, earlier in node.dependencies:
            kept, other = _last(name, stands), _last(earlier, stands)
            if app == label and kept != other:
                needed.add(other)
    return len(nodes.keys() - stands.keys() - needed)


def _last(name: str, stands: Mapping[str, str]) -> str:
    seen: set[str] = set()
    while name in stands and name not in seen:
        seen.add(name)
        name = stands[name]
    return name
