"""What the tests of the check share: small repositories, and the result as data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mig.usecases.check import CheckResult, check_project
from mig.usecases.project import open_project
from tests.repositories import GitSandbox, native

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from mig.findings import Finding

# Nobody can say by reading what this does.
OPAQUE = "DO $$ BEGIN EXECUTE 'x'; END $$;"

# Ids that read like the letters of a drawing: a is aaaaaaaaaaaa.
IDS = {
    **{letter: letter * 12 for letter in "abcdef"},
    "x": "1" * 12,
    "y": "2" * 12,
    "z": "3" * 12,
    "m": "4" * 12,
}
A, B, C, D, E, F, X, Y, Z, M = IDS.values()


def file_of(id: str, ending: str = ".sql") -> str:
    return f"migrations/20260101000000_{id}{ending}"


def text_of(id: str, parents: Iterable[str] | str = (), **more: Any) -> str:  # noqa: ANN401 - as native() takes them
    return native(id, parents, f"CREATE TABLE t_{id} (i int);", f"DROP TABLE t_{id};", **more)


def opaque_files(**parents: Iterable[str] | str) -> dict[str, str]:
    """Migrations like those of ``files``, of which nobody can say what they do."""
    return {file_of(IDS[i]): native(IDS[i], [IDS[p] for p in named], OPAQUE) for i, named in parents.items()}


def files(**parents: Iterable[str] | str) -> dict[str, str]:
    """Migrations by the letter of their id: ``files(a="", b="a", m="ab")``."""
    return {file_of(IDS[i]): text_of(IDS[i], [IDS[p] for p in named]) for i, named in parents.items()}


def start(path: Path, **parents: Iterable[str] | str) -> GitSandbox:
    """A repository with these migrations committed on ``main``, and a branch ``feature`` checked out."""
    repo = GitSandbox(path)
    repo.commit("start", files(**(parents or {"a": ""})))
    repo.branch("feature")
    return repo


def check(repo: GitSandbox, head: str = "worktree", base: str | None = None) -> CheckResult:
    return check_project(open_project(repo.path), head=head, base=base)


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


def one(result: CheckResult, code: str) -> Finding:
    (finding,) = (finding for finding in result.findings if finding.code == code)
    return finding


def as_json(
    repo: GitSandbox, *args: str, expect: int | None = 0, env: Mapping[str, str] | None = None, cwd: str = ""
) -> dict[str, Any]:
    """What ``mig check --format json`` prints, run as users run it."""
    answer = repo.mig("--format", "json", "check", *args, expect=expect, env=env, cwd=cwd)
    assert "Traceback" not in answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found
