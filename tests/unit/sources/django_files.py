"""Builds Django migrations for tests, and asks Django itself what it makes of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from mig.graph.dag import build_graph
from mig.sources.django.source import DjangoSource
from mig.tree import MemoryTree
from mig.usecases.footprints import Footprints

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from mig.effects.footprint import Operation
    from mig.model import Migration
    from mig.sources.footprints import FootprintCache

SOURCE = DjangoSource()

_ASK = """
import json, os, sys
import django
from django.conf import settings
from django.db.migrations.loader import MigrationLoader


def answer(job):
    sys.path.insert(0, job["root"])
    settings.configure(INSTALLED_APPS=job["installed"], DATABASES={}, **job["settings"])
    django.setup()
    graph = MigrationLoader(None, ignore_no_migrations=True).graph
    name, seen = ".".join, {}
    for target in graph.leaf_nodes():
        seen.update(dict.fromkeys(graph.forwards_plan(target)))
    ours = [key for key in seen if key[0] in job["apps"]]
    parents = {key: [p.key for p in graph.node_map[key].parents if p.key[0] in job["apps"]] for key in ours}
    return {
        "heads": sorted(name(key) for key in graph.leaf_nodes() if key[0] in job["apps"]),
        "before": {name(key): sorted(map(name, found)) for key, found in parents.items()},
        "order": [name(key) for key in ours],
    }


# Settings can be set up once in a process: each project is loaded in a copy of this one.
for job in json.load(sys.stdin):
    child = os.fork()
    if not child:
        try:
            print(json.dumps(answer(job)), flush=True)
        except Exception as error:
            print(json.dumps({"error": repr(error)}), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


class Project(NamedTuple):
    """Files by path, and settings besides the installed apps, which are those of the files."""

    files: Mapping[str, str]
    settings: Mapping[str, Any] = {}

    @property
    def apps(self) -> dict[str, str]:
        """The label of each app, and the module that it is installed by."""
        modules = sorted({path.partition("/")[0] for path in self.files if path.endswith("/__init__.py")})
        return {"store" if f"{name}/apps.py" in self.files else name: name for name in modules}

    @property
    def text(self) -> dict[str, str]:
        """The files, with the settings as a file."""
        shown = "".join(f"{name} = {value!r}\n" for name, value in self.settings.items())
        return {**self.files, "config/settings.py": shown}


def migration(*dependencies: str, body: str = "", **header: Iterable[str]) -> str:
    """The text of a migration; what it depends on, replaces and runs before is written ``app.name``."""
    lists = {"dependencies": dependencies, **header}
    written = "".join(f"    {name} = [{', '.join(map(_pair, given))}]\n" for name, given in lists.items())
    return (
        "from django.conf import settings\nfrom django.db import migrations, models\n\n\n"
        f"class Migration(migrations.Migration):\n{written}    operations = [{body}]\n"
    )


def _pair(name: str) -> str:
    if name.startswith("settings."):
        return f"migrations.swappable_dependency({name})"
    return repr(tuple(name.split(".", 1)))


def app(label: str, *names: str, **others: str) -> dict[str, str]:
    """An app whose migrations follow one another, and others with a text of their own."""
    folder = f"{label}/migrations"
    before = ("", *names)
    chain = {
        f"{folder}/{name}.py": migration(*([f"{label}.{earlier}"] if earlier else ()))
        for earlier, name in zip(before, names, strict=False)
    }
    rest = {f"{folder}/{name}.py": text for name, text in others.items()}
    return {f"{label}/__init__.py": "", f"{folder}/__init__.py": "", **chain, **rest}


def read_project(files: Mapping[str, str | bytes]) -> dict[str, Migration]:
    """The migrations of a project by id; none of its files may have a problem."""
    tree = MemoryTree(
        {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    )
    (lineage,) = SOURCE.recognise(tree)
    found = []
    for path in sorted(tree.entries(lineage.paths)):
        if SOURCE.is_candidate(lineage, path):
            reading = SOURCE.read(path, next(iter(tree.read((path,), 1 << 22))).data or b"")
            assert reading.problems == (), path
            if reading.id:
                found.append(reading.migration(lineage.name, path))
    return {one.id: one for one in SOURCE.resolve(lineage, found)}


def open_footprints(files: Mapping[str, str], cache: FootprintCache | None = None) -> Footprints:
    """The footprints of a project's migrations."""
    tree = MemoryTree({path: text.encode() for path, text in files.items()})
    (lineage,) = SOURCE.recognise(tree)
    return Footprints(build_graph(read_project(files).values()), lineage, "postgresql", [tree], cache=cache)


def read_operations(files: Mapping[str, str]) -> dict[str, tuple[Operation, ...]]:
    """What each migration of a project does, by id."""
    found = open_footprints(files)
    return {i: found.of(i).operations for i in read_project(files)}


def ask_django(root: Path, projects: Sequence[Project]) -> list[dict[str, Any]]:
    """What Django makes of each project: ``heads``, what is ``before`` each, ``order``; or ``error``."""
    jobs = []
    for number, project in enumerate(projects):
        folder = root / str(number)
        for path, text in project.text.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        installed = ["django.contrib.contenttypes", "django.contrib.auth", *project.apps.values()]
        jobs.append(
            {
                "root": str(folder),
                "installed": installed,
                "settings": project.settings,
                "apps": [*project.apps],
            }
        )
    # Django 5 walks migrations as they come out of a set, and loads a squash of a squash only where the
    # inner one comes first; with this seed it does.
    answer = subprocess.run(
        [sys.executable, "-B", "-c", _ASK],
        env={**os.environ, "PYTHONHASHSEED": "3"},
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    assert len(found) == len(projects), answer.stderr
    return found
