"""What is measured: the repositories, and the commands that are run in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from measure import Case

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FLOOR = "python -c 'import click'"
VERSION = "mig --version"
IDLE_HOOK = "pre-commit hook, no migration staged"
HOOK = "pre-commit hook, one new migration, diverging"
HEADS = "mig heads"
CHECK = "mig check, one new migration"
CHECK_STAGED = "mig check --staged, one new migration"
CHECK_DIVERGING = "mig check, one new migration, diverging"
CHECK_COLD = "mig check, diverging, cold cache"
CHECK_ALL = "mig check --all"
ALEMBIC = "alembic heads"
ALEMBIC_COLD = "alembic heads, fresh clone"

# What the console scripts do, so that it makes no difference whether they are installed.
MIG = (sys.executable, "-P", "-c", "import sys; from mig.cli import main; sys.exit(main())")
_ALEMBIC = (
    sys.executable,
    "-P",
    "-c",
    "import sys; from alembic.config import main; sys.exit(main(prog='alembic'))",
)
_GENERATOR = Path(__file__).with_name("gen_corpus.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Two repositories of one graph.

    In ``repo``, the branch ``feature`` stands on ``main`` and has one migration more, staged in the
    file ``ours``; ``origin/main`` has another one more, so ``feature`` diverges from it and not from
    ``main``.  In ``alembic`` both of them are there.
    """

    repo: Path
    alembic: Path
    ours: Path
    idle_index: Path
    environment: Mapping[str, str]


def build_scenario(work: Path, size: int, environment: Mapping[str, str]) -> Scenario:
    """Generate the graph with this many migrations and the two that diverge."""
    out = work / str(size)
    options = ("--size", str(size), "--defect", "same-column", "--format", "alembic", "--format", "mig")
    # In a process of its own: a child's peak memory counts what its parent had when it was started.
    subprocess.run(
        [sys.executable, _GENERATOR, out, *options], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    repo = out / "mig"
    *_, theirs, ours = sorted((repo / "migrations").iterdir())
    text = ours.read_text(encoding="utf-8")
    ours.unlink()
    _commit_history(repo, theirs, environment)
    idle = repo / ".git" / "index-idle"
    shutil.copy(repo / ".git" / "index", idle)
    (repo / "notes.txt").write_text("not a migration\n", encoding="utf-8")
    _git(repo, {**environment, "GIT_INDEX_FILE": str(idle)})("add", "--", "notes.txt")
    ours.write_text(text, encoding="utf-8")
    return Scenario(repo=repo, alembic=out / "alembic", ours=ours, idle_index=idle, environment=environment)


def _commit_history(repo: Path, theirs: Path, environment: Mapping[str, str]) -> None:
    """``main`` with all but theirs, ``origin/main`` with theirs too, and ``feature`` on ``main``.

    One commit for all: thousands of commits to a folder of thousands take Git a minute to write and
    make no difference to what is measured.
    """
    git = _git(repo, environment)
    git("init", "--quiet", "--template=", "--initial-branch=main")
    git("add", "--all")
    git("rm", "--quiet", "--cached", "--", f"migrations/{theirs.name}")
    git("commit", "--quiet", "-m", "everything that is merged")
    git("checkout", "--quiet", "-b", "theirs")
    git("add", "--all")
    git("commit", "--quiet", "-m", "theirs")
    git("update-ref", "refs/remotes/origin/main", "theirs")
    git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    git("checkout", "--quiet", "-b", "feature", "main")
    git("branch", "--quiet", "-D", "theirs")
    # As in a clone, the objects are in one pack.
    git("repack", "--quiet", "-a", "-d")


def _git(repo: Path, environment: Mapping[str, str]) -> Callable[..., None]:
    def git(*args: str) -> None:
        subprocess.run(["git", *args], cwd=repo, env=environment, check=True, stdin=subprocess.DEVNULL)

    return git


def build_cases(scenario: Scenario) -> list[Case]:
    """The cases in the order in which they take turns: mig and alembic alternate."""
    repo, new, nothing = scenario.repo, _renewal(scenario), _do_nothing
    index = {"GIT_INDEX_FILE": str(scenario.idle_index)}
    check = (*MIG, "--format", "json", "check")
    hook = (*MIG, "hooks", "run", "pre-commit")
    versions = scenario.alembic / "migrations" / "versions"

    def mig(
        name: str, command: tuple[str, ...], prepare: Callable[[], None] = nothing, **rest: object
    ) -> Case:
        values = {"extra": {}, "count": None, **rest}
        return Case(name=name, command=command, folder=repo, prepare=prepare, **values)  # type: ignore[arg-type]

    def alembic(name: str, prepare: Callable[[], None]) -> Case:
        return Case(
            name=name,
            command=(*_ALEMBIC, "heads"),
            folder=scenario.alembic,
            expected=range(2, 3),
            extra={},
            prepare=prepare,
            count=_count_alembic_heads,
        )

    return [
        mig(FLOOR, (sys.executable, "-c", "import click")),
        mig(VERSION, (*MIG, "--version")),
        mig(IDLE_HOOK, hook, extra=index),
        mig(HOOK, hook, new, status=1),
        mig(
            CHECK_COLD, check, _forgetting(repo, new), status=1, expected=range(1, 10), count=_count_findings
        ),
        alembic(ALEMBIC, nothing),
        mig(CHECK, (*check, "--base", "main"), new, expected=range(1), count=_count_findings),
        mig(
            CHECK_STAGED,
            (*check, "--staged", "--base", "main"),
            new,
            expected=range(1),
            count=_count_findings,
        ),
        alembic(ALEMBIC_COLD, lambda: shutil.rmtree(versions / "__pycache__", ignore_errors=True)),
        mig(CHECK_DIVERGING, check, new, status=1, expected=range(1, 10), count=_count_findings),
        mig(CHECK_ALL, (*check, "--all", "--base", "main"), expected=range(1), count=_count_findings),
        mig(HEADS, (*MIG, "--format", "json", "heads"), expected=range(1, 2), count=_count_heads),
    ]


def _do_nothing() -> None:
    """Nothing is to be prepared."""


def _renewal(scenario: Scenario) -> Callable[[], None]:
    """Change the new migration and stage it, so that no cache has seen it and it is new each time."""
    text = scenario.ours.read_text(encoding="utf-8")
    git = _git(scenario.repo, scenario.environment)
    changes = iter(range(sys.maxsize))

    def renew() -> None:
        scenario.ours.write_text(f"{text}-- change {next(changes)}\n", encoding="utf-8")
        git("add", "--", os.path.relpath(scenario.ours, scenario.repo))

    return renew


def _forgetting(repo: Path, then: Callable[[], None]) -> Callable[[], None]:
    def forget() -> None:
        shutil.rmtree(repo / ".git" / "mig", ignore_errors=True)
        then()

    return forget


def _count_findings(out: bytes) -> int:
    return len(json.loads(out)["findings"])


def _count_heads(out: bytes) -> int:
    return sum(len(heads) for heads in json.loads(out)["heads"].values())


def _count_alembic_heads(out: bytes) -> int:
    return sum(line.endswith(b"(head)") for line in out.splitlines())
