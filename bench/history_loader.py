#!/usr/bin/env python3
"""Hold the graph that mig reads of a Django project against the one that Django's own loader builds.

This EXECUTES modules of the clone: for each commit the folders of migrations are written to a throwaway
folder, and a process of its own loads them with Django's MigrationLoader.  Imports are replaced by dummies
(see loader_django.py), but that is no sandbox: run it on repositories that you would run anyway.  mig itself
executes nothing, and neither does history.py.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from history_django import is_django, read_node
from history_events import find_events, open_clone
from history_truth import is_migration
from loader_django import write_app

from mig.errors import SourceError
from mig.graph.dag import build_graph
from mig.graph.linearize import has_cycle, linearize
from mig.usecases.project import open_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from history_events import Clone

    from mig.graph.dag import Graph
    from mig.model import Snapshot
    from mig.usecases.project import Project

_PROGRAM = Path(__file__).with_name("loader_django.py")
_LABEL = re.compile(rb"^\s+label\s*=\s*['\"](\w+)['\"]", re.MULTILINE)
_MODEL = re.compile(rb"^\s*(\w+_MODEL)\s*=\s*['\"](\w+\.\w+)['\"]", re.MULTILINE)
_MODULES = re.compile(rb"^\s*MIGRATION_MODULES\s*=\s*\{([^}]*)\}", re.MULTILINE)
_ENTRY = re.compile(rb"['\"](\w+)['\"]\s*:\s*['\"]([\w.]+)['\"]")
_WHERE = ("*/migrations/*.py", "*/[0-9][0-9][0-9][0-9]_*.py")
_REFUSALS = {"NodeNotFoundError": "missing", "CircularDependencyError": "cycle"}
_IDENTITY = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One commit: ``unloaded`` is why Django cannot load it at all, ``differences`` what is not the same."""

    commit: str
    apps: int
    migrations: int
    heads: int = 0
    refused: str = ""
    """What Django refuses the graph for: ``missing`` or ``cycle``."""
    unloaded: str = ""
    passed_over: tuple[str, ...] = ()
    """Apps whose folder of migrations has no ``__init__.py``, where Django sees none."""
    differences: tuple[str, ...] = ()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clone", type=Path, help="a clone, with a work tree or bare")
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="so many commits (100)")
    parser.add_argument(
        "--merged",
        action="store_true",
        help="what plain merges give of the newest merges with migrations on both sides, not commits",
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    args = parser.parse_args(argv)
    found: list[Comparison] = []
    with tempfile.TemporaryDirectory(prefix="mig-loader-") as folder:
        clone = open_clone(args.clone.resolve(), Path(folder) / "work")
        commits = find_merged(clone, args.limit) if args.merged else find_commits(clone, args.limit)
        with Django() as django:
            project = open_project(clone.work)
            for number, commit in enumerate(commits):
                root = Path(folder) / str(number)
                found.append(compare(clone, project, django, commit, root))
    print(json.dumps([asdict(one) for one in found], indent=1) if args.json else "\n".join(render(found)))
    return 1 if any(one.differences for one in found) else 0


def find_commits(clone: Clone, limit: int) -> Iterator[str]:
    """Commits that change migrations or merge such changes, spread evenly over all of the history."""
    listed = clone.git(*("rev-list", "--all", "--full-history", "--", *_WHERE), at=clone.path).split()
    count = min(limit, len(listed))
    yield from (listed[number * len(listed) // count] for number in range(count))


def find_merged(clone: Clone, limit: int) -> Iterator[str]:
    """Commits of what Git makes of merges with migrations on both sides; not where it stops in one."""
    left = limit
    for event in find_events(clone):
        truth = clone.truth(event)
        if truth is None or truth.has_text_conflict or not left:
            continue
        # 1: it stops in another file, which no migration is.
        answer = clone.git("merge-tree", "--write-tree", "-z", event.base, event.head, ok=(0, 1))
        tree = answer.partition("\0")[0]
        yield clone.git(*_IDENTITY, "commit-tree", tree, "-p", event.base, data="merged").strip()
        left -= 1


class Django:
    """The process that asks Django, for as many projects as there are."""

    def __enter__(self) -> Self:
        # Django 5 walks migrations as they come out of a set, and loads a squash of a squash only where the
        # inner one comes first; with this seed it does.
        self._process = subprocess.Popen(
            [sys.executable, "-B", _PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": "3"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self

    def __exit__(self, *_raised: object) -> None:
        self._process.communicate()

    def ask(self, job: Mapping[str, object]) -> dict[str, Any]:
        """What Django makes of a project: ``heads``, ``before`` each, ``order``; or ``error``."""
        to, answers = self._process.stdin, self._process.stdout
        if to is None or answers is None:
            raise ValueError("the process has no pipes")
        to.write(f"{json.dumps(job)}\n")
        to.flush()
        told: dict[str, Any] = json.loads(answers.readline())
        return told


def compare(clone: Clone, project: Project, django: Django, commit: str, root: Path) -> Comparison:
    """One commit as Django and as mig see it."""
    job = check_out(clone, commit, root)
    told = django.ask(job)
    blank = Comparison(
        commit=commit,
        apps=len(job["apps"]),
        migrations=len(told.get("order", ())),
        passed_over=tuple(job["passed_over"]),
    )
    refused = _REFUSALS.get(told.get("error", "").partition(":")[0], "")
    if "error" in told and not refused:
        return replace(blank, unloaded=told["error"])
    try:
        snapshot = project.snapshot(commit)
    except SourceError as error:
        # A commit from before there were any.
        differences = (error.message,) if told.get("order") else ()
        return replace(blank, refused=refused, differences=differences)
    differences = tuple(find_differences(snapshot, told, refused, blank.passed_over))
    return replace(blank, refused=refused, heads=len(told.get("heads", ())), differences=differences)


def find_differences(
    snapshot: Snapshot, told: Mapping[str, Any], refused: str, passed_over: Sequence[str]
) -> Iterator[str]:
    """What mig says otherwise than Django: of heads, of what is directly before each, of the order."""
    graph = build_graph(
        migration
        for lineage in snapshot.lineages
        if lineage.lineage.source == "django"
        for migration in lineage.migrations
        if migration.app not in passed_over
    )
    if refused:
        is_refused = has_cycle(graph) if refused == "cycle" else bool(graph.missing())
        if not is_refused:
            yield f"Django refuses ({refused}): {told['error']}"
        return
    before: dict[str, list[str]] = told["before"]
    for i in sorted(before.keys() | graph.migrations.keys()):
        ours = sorted(graph.before[i]) if i in graph else None
        if ours != before.get(i):
            yield f"{i}: mig has {ours} before it, Django {before.get(i)}"
    if sorted(graph.heads()) != told["heads"]:
        yield f"heads: mig has {sorted(graph.heads())}, Django {told['heads']}"
    yield from _find_wrong_orders(graph, told)


def _find_wrong_orders(graph: Graph, told: Mapping[str, Any]) -> Iterator[str]:
    if graph.missing():
        yield f"mig misses {graph.missing()[0]}"
    elif has_cycle(graph):
        yield "mig sees a cycle"
    elif not _keeps(linearize(graph), told["before"]) or not _keeps(told["order"], graph.before):
        yield "the order of one is none of the other's"


def _keeps(order: Sequence[str], before: Mapping[str, Sequence[str]]) -> bool:
    at = {i: position for position, i in enumerate(order)}
    return all(at.get(earlier, -1) < at[i] for i in order for earlier in before.get(i, ()))


def check_out(clone: Clone, commit: str, root: Path) -> dict[str, Any]:
    """Write a commit's migrations below ``root``, an app a package, and say what Django has to know.

    Which folders are apps, and their labels, is found out here and not asked of mig.
    """
    listed = (line.partition("\t") for line in clone.git("ls-tree", "-r", "-z", commit).split("\0"))
    blobs = {path: about.split()[2] for about, _, path in listed if about.startswith("100")}
    python = {path: blob for path, blob in blobs.items() if path.endswith(".py")}
    likely = [path for path in python if is_django(path) and is_migration(path)]
    contents = clone.read(blobs[path] for path in likely)
    folders = {path.rpartition("/")[0] for path in likely if read_node(contents[blobs[path]]) is not None}
    inside = {folder: [p for p in python if p.startswith(f"{folder}/")] for folder in folders}
    settings = _settings(clone, python)
    labels = _labels(clone, python, folders, settings)
    packages = {label: f"app{number}" for number, label in enumerate(labels)}
    texts = clone.read(blobs[path] for folder in labels.values() for path in inside[folder])
    for label, folder in labels.items():
        write_app(root / "checked", packages[label], label)
        for path in inside[folder]:
            file = root / "checked" / packages[label] / "migrations" / path.removeprefix(f"{folder}/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(texts[blobs[path]])
    return {
        "root": str(root),
        "apps": {label: f"checked.{package}" for label, package in packages.items()},
        "passed_over": sorted(
            label for label, folder in labels.items() if f"{folder}/__init__.py" not in python
        ),
        "modules": dict(_modules({packages[label]: folder for label, folder in labels.items()})),
        "models": _models(settings),
    }


def _settings(clone: Clone, python: Mapping[str, str]) -> tuple[bytes, ...]:
    """The texts of modules that may be settings, those nearest to the root first."""
    paths = sorted((path for path in python if "settings" in path), key=lambda path: (path.count("/"), path))
    texts = clone.read(python[path] for path in paths)
    return tuple(texts[python[path]] for path in paths)


def _labels(
    clone: Clone, python: Mapping[str, str], folders: set[str], settings: tuple[bytes, ...]
) -> dict[str, str]:
    """The folder of each app by its label; of two with one label the one nearer to the root."""
    modules = {folder: f"{folder.rpartition('/')[0]}/apps.py" for folder in folders}
    texts = clone.read(python[path] for path in modules.values() if path in python)
    moved = {
        module.decode().replace(".", "/"): label.decode()
        for text in settings
        for modules_text in _MODULES.findall(text)
        for label, module in _ENTRY.findall(modules_text)
    }
    found = {
        label: folder
        for place, label in moved.items()
        for folder in folders
        if f"/{folder}".endswith(f"/{place}")
    }
    for folder in sorted(folders - {*found.values()}, key=lambda folder: (folder.count("/"), folder)):
        said = _LABEL.search(texts.get(python.get(modules[folder], ""), b""))
        *_, parent, own = ("", *folder.split("/"))
        label = said[1].decode() if said else parent if own == "migrations" and parent else own
        found.setdefault(label, folder)
    return found


def _modules(folders: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The packages by the names that the project may import them by."""
    for package, folder in folders.items():
        parts = folder.split("/")
        for start in range(len(parts) - 1):
            yield ".".join(parts[start:]), f"checked.{package}.migrations"


def _models(settings: tuple[bytes, ...]) -> dict[str, str]:
    """The models that settings choose, by the settings' names."""
    found: dict[str, str] = {}
    for text in settings:
        for name, model in _MODEL.findall(text):
            found.setdefault(name.decode(), model.decode())
    return found


def render(found: Sequence[Comparison]) -> Iterator[str]:
    """The figures, and what is not the same."""
    loaded = [one for one in found if not one.unloaded]
    yield f"commits      {len(found)}, of which Django loads {len(loaded)}"
    yield f"refused      {sum(bool(one.refused) for one in loaded)} by Django"
    yield f"apps         {max((one.apps for one in loaded), default=0)} at most"
    yield f"migrations   {max((one.migrations for one in loaded), default=0)} at most"
    yield f"diverged     {sum(one.heads > one.apps for one in loaded)} commits have more heads than apps"
    yield f"passed over  {sum(bool(one.passed_over) for one in loaded)} commits: an app has no __init__.py"
    yield f"the same     {sum(not one.differences for one in loaded)}"
    for cause, count in Counter(one.unloaded[:160] for one in found if one.unloaded).most_common():
        yield f"not loaded   {count} x {cause}"
    for one in loaded:
        yield from (f"differs: {one.commit[:10]} {difference}" for difference in one.differences)


if __name__ == "__main__":
    sys.exit(main())
