"""Real Git repositories in temporary folders, and the text of migrations to put into them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


class GitSandbox:
    """A repository that a test works in, with the Git that users have."""

    def __init__(self, path: Path, *, bare: bool = False) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", *(["--bare"] if bare else []))

    @classmethod
    def clone(cls, origin: GitSandbox | str, path: Path, *options: str) -> GitSandbox:
        """Clone with ``git clone OPTIONS``; a shallow one needs a ``file://`` URL as its origin."""
        url = origin if isinstance(origin, str) else str(origin.path)
        _git(path.parent, "clone", "--quiet", *options, "--", url, str(path))
        return cls.at(path)

    @classmethod
    def at(cls, path: Path) -> GitSandbox:
        """The repository that is in this folder already: a clone, a linked worktree, a submodule."""
        sandbox = cls.__new__(cls)
        sandbox.path = path
        return sandbox

    @property
    def head(self) -> str:
        return self.git("rev-parse", "--verify", "HEAD")

    def git(self, *args: str, expect: int | None = 0, env: Mapping[str, str] | None = None) -> str:
        """Run git here; what it printed, without the newline at the end."""
        return _git(self.path, *args, expect=expect, env=env)

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def read(self, path: str) -> str:
        return (self.path / path).read_bytes().decode()

    def add(self, files: Mapping[str, str | bytes]) -> None:
        """Write files and stage them."""
        for path, text in files.items():
            self.write(path, text)
        self.git("add", "--", *files)

    def commit(self, message: str, files: Mapping[str, str | bytes] | None = None) -> str:
        """Commit the index, with these files written and staged first, and without hooks; the commit's id."""
        if files:
            self.add(files)
        self.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", message)
        return self.head

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Make a branch and check it out."""
        self.git("checkout", "--quiet", "-b", name, start)

    def checkout(self, ref: str) -> None:
        self.git("checkout", "--quiet", ref)

    def merge(self, ref: str, *options: str, expect: int | None = 0) -> str:
        return self.git("merge", "--no-edit", "--no-ff", *options, ref, expect=expect)

    def mig(
        self, *args: str, expect: int | None = 0, env: Mapping[str, str] | None = None, cwd: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run mig in a process of its own, without a terminal; ``expect`` None takes any status."""
        # -P: as with the command, nothing is imported from the folder.
        result = subprocess.run(
            [sys.executable, "-P", "-m", "mig", *args],
            cwd=self.path / cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        _expect(expect, result)
        return result


def native(
    id: str,
    parents: Iterable[str] | str = (),
    up: str = "",
    down: str | None = "",
    *,
    header: str = "",
    description: str = "",
) -> str:
    """A native SQL migration; ``down`` None leaves the section out, ``header`` adds directives."""
    parents = (parents,) if isinstance(parents, str) else tuple(parents)
    lines = [f"-- mig:id {id}"]
    lines += [f"-- mig:parents {', '.join(parents)}"] if parents else []
    lines += [header] if header else []
    lines += [f"-- {description}"] if description else []
    lines += ["", "-- mig:up", *([up] if up else [])]
    lines += ["", "-- mig:down", *([down] if down else [])] if down is not None else []
    return "\n".join(lines) + "\n"


def _git(folder: Path, *args: str, expect: int | None = 0, env: Mapping[str, str] | None = None) -> str:
    result = subprocess.run(
        ["git", *args],
        cwd=folder,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )
    _expect(expect, result)
    return result.stdout.removesuffix("\n")


def _expect(status: int | None, result: subprocess.CompletedProcess[str]) -> None:
    if status is not None and result.returncode != status:
        command = " ".join(result.args)
        output = f"{result.stdout}{result.stderr}"
        raise AssertionError(f"{command}: status {result.returncode}, expected {status}\n{output}")
