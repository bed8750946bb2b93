"""The graph of Django's migrations: what files declare, and whether Django says the same of them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from mig.graph.dag import build_graph
from mig.graph.linearize import find_cycles
from tests.unit.sources.django_files import Project, app, ask_django, migration, read_project

if TYPE_CHECKING:
    from pathlib import Path

USER_APP = app(
    "users",
    "0001_initial",
    "0002_more",
)
USER_MODEL = {
    "users/models.py": "from django.contrib.auth.models import AbstractUser\nfrom django.db import models\n"
    "class User(AbstractUser):\n    groups = None\n    user_permissions = None\n"
}

PROJECTS: dict[str, Project] = {
    "chain": Project(app("shop", "0001_initial", "0002_b", "0003_c")),
    "two heads": Project(app("shop", "0001_initial", "0002_b") | app("shop", "0001_initial", "0002_c")),
    "two apps": Project(
        app("shop", "0001_initial") | app("bill", x=migration("shop.0001_initial")),
    ),
    "merge": Project(
        app("shop", "0001_initial", "0002_b")
        | app("shop", "0001_initial", "0002_c")
        | app("shop", merge=migration("shop.0002_b", "shop.0002_c")),
    ),
    "first": Project(app("shop", "0001_initial", "0002_b") | app("bill", x=migration("shop.__first__"))),
    "latest": Project(app("shop", "0001_initial", "0002_b") | app("bill", x=migration("shop.__latest__"))),
    "own first": Project(app("shop", "0001_initial", x=migration("shop.__first__", "shop.0001_initial"))),
    "run before": Project(
        app("shop", "0001_initial", "0002_b") | app("bill", x=migration(run_before=["shop.0002_b"])),
    ),
    "squash": Project(
        app("shop", "0001_initial", "0002_b", "0003_c", "0004_d")
        | app("shop", s=migration(replaces=["shop.0001_initial", "shop.0002_b", "shop.0003_c"])),
    ),
    "squash inherits": Project(
        app("bill", "0001_initial", "0002_b")
        | app("shop", "0001_initial", x2=migration("shop.0001_initial", "bill.0002_b"))
        | app("shop", s=migration(replaces=["shop.0001_initial", "shop.x2"])),
    ),
    "squash whose replaced are gone": Project(
        app("shop", s=migration(replaces=["shop.0001_initial", "shop.0002_b"]), x=migration("shop.0002_b"))
        | app("bill", x=migration("shop.0001_initial")),
    ),
    "squash of a squash": Project(
        app("shop", "0001_initial", "0002_b", "0003_c", "0004_d")
        | app("shop", r=migration(replaces=["shop.0001_initial", "shop.0002_b"]))
        | app("shop", s=migration(replaces=["shop.r", "shop.0003_c"])),
    ),
    "squash in the middle": Project(
        app("shop", "0001_initial", "0002_b", "0003_c", "0004_d")
        | app("shop", s=migration("shop.0001_initial", replaces=["shop.0002_b", "shop.0003_c"])),
    ),
    "latest with a squash": Project(
        app("shop", "0001_initial", "0002_b", "0003_c")
        | app("shop", a=migration(replaces=["shop.0001_initial", "shop.0002_b"]))
        | app("bill", x=migration("shop.__latest__")),
    ),
    "swappable": Project(
        USER_APP | USER_MODEL | app("shop", x=migration("settings.AUTH_USER_MODEL")),
        {"AUTH_USER_MODEL": "users.User"},
    ),
    "swappable elsewhere": Project(app("shop", x=migration("settings.AUTH_USER_MODEL"))),
    "outside": Project(app("shop", x=migration("auth.0001_initial", "contenttypes.__first__"))),
    "modules": Project(
        {
            "shop/__init__.py": "",
            "shop/db/__init__.py": "",
            "shop/db/0001_initial.py": migration(),
            "shop/db/0002_b.py": migration("shop.0001_initial"),
        },
        {"MIGRATION_MODULES": {"shop": "shop.db"}},
    ),
    "label": Project(
        app("shop", "0001_initial")
        | {
            "shop/apps.py": "from django.apps import AppConfig\nclass Shop(AppConfig):\n"
            "    name = 'shop'\n    label = 'store'\n"
        }
        | {"shop/migrations/0002_b.py": migration("store.0001_initial")},
    ),
    "helpers": Project(
        app("shop", "0001_initial", _helper="x = 1\n")
        | {"shop/migrations/~0002_old.py": migration("shop.nothing")},
    ),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    said = ask_django(tmp_path_factory.mktemp("django"), list(PROJECTS.values()))
    return dict(zip(PROJECTS, said, strict=True))


def assert_agrees(project: Project, said: dict[str, Any]) -> None:
    assert "error" not in said
    found = read_project(project.text)
    graph = build_graph(found.values())
    assert {i: sorted(graph.before[i]) for i in found} == said["before"]
    assert sorted(graph.heads()) == said["heads"]
    # Django's plan is one of the orders that the graph allows.
    at = {i: n for n, i in enumerate(said["order"])}
    assert all(at[earlier] < at[i] for i in found for earlier in graph.before[i])


@pytest.mark.parametrize("name", PROJECTS)
def test_django_makes_the_same_graph(name: str, answers: dict[str, dict[str, Any]]) -> None:
    assert_agrees(PROJECTS[name], answers[name])


def random_project(seed: int) -> Project:
    """Three apps, whose migrations depend on earlier ones anywhere, with a squash in one of them at times."""
    chance = random.Random(seed)  # noqa: S311 - projects to try out, no secrets
    made: list[str] = []
    files: dict[str, str] = {}
    for number in range(chance.randint(3, 12)):
        label = chance.choice("abc")
        own = [name for name in made if name.startswith(f"{label}.")]
        needed = {chance.choice(own)} if own else set()
        needed.update(chance.sample(made, k=min(len(made), chance.randint(0, 2))))
        name = f"{number:04}_m"
        files |= app(label, **{name: migration(*sorted(needed))})
        made.append(f"{label}.{name}")
    label = chance.choice("abc")
    own = [name for name in made if name.startswith(f"{label}.")]
    if chance.random() < 0.7 and own:
        files |= app(label, **{"0000_squash": migration(replaces=own[: chance.randint(1, len(own))])})
    return Project(files)


def test_django_makes_the_same_graph_of_random_projects(tmp_path: Path) -> None:
    projects = [random_project(seed) for seed in range(24)]
    agreed = 0
    for project, said in zip(projects, ask_django(tmp_path, projects), strict=True):
        if "CircularDependencyError" in said.get("error", ""):
            assert find_cycles(build_graph(read_project(project.text).values()))
        else:
            assert_agrees(project, said)
            agreed += 1
    assert agreed > 12
