"""Runs Git's plumbing as a process: arguments in, bytes out, errors named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from mig.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import IO

# What git rev-parse --local-env-vars lists: the variables that bind Git to one repository.
LOCAL_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)

# These variables of a user would change what the paths mean that are given to Git here.
_PATHSPEC_VARIABLES = (
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
)
# A partial clone fetches what it lacks as soon as somebody reads it; mig asks no network behind the
# user's back.  The first is not known to older versions of Git, the second ends every transport.
_SETTINGS = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}
_LACKING = re.compile(r"could not fetch ([0-9a-f]{40,64}) from promisor remote")

# A monitor is a program that the repository's configuration names; optional locks would write.
_ALWAYS = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")


class Running:
    """A Git process that was started and whose output is not yet wanted."""

    def __init__(self, process: subprocess.Popen[bytes], args: Sequence[str]) -> None:
        self._process = process
        self._args = args

    def result(self, data: bytes | None = None, *, ok: Sequence[int] = (0,)) -> bytes:
        """Feed ``data``, wait, and give what Git printed.

        Raises:
            GitError: Git exited with a status that is not in ``ok``.
        """
        out, err = self._process.communicate(data)
        if self._process.returncode not in ok:
            raise failure(self._args, err.decode("utf-8", "replace"))
        return out

    def ask(self, data: bytes) -> IO[bytes]:
        """Feed ``data`` to a process that answers as it goes, and give where its answer is read.

        What is asked at once has to fit into a pipe, and the answer to be read before the next question.

        Raises:
            OSError: Git has ended.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("it was started with feed")
        self._process.stdin.write(data)
        self._process.stdin.flush()
        return self._process.stdout

    def stop(self) -> None:
        """End a process whose answer nobody wants any more."""
        self._process.kill()
        self._process.communicate()


def start(
    args: Sequence[str], *, cwd: str | os.PathLike[str], env: Mapping[str, str], feed: bool = False
) -> Running:
    """Start ``git ARGS`` in a folder; several can run at once.

    Raises:
        GitError: there is no Git on the PATH, or no such folder.
    """
    try:
        process = subprocess.Popen(
            (*_ALWAYS, *args),
            cwd=cwd,
            env={k: v for k, v in env.items() if k not in _PATHSPEC_VARIABLES} | _SETTINGS,
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except NotADirectoryError:
        raise GitError(f"{os.fspath(cwd)} is not a folder", hint="check the path given with -C") from None
    except PermissionError:
        raise GitError(f"{os.fspath(cwd)} cannot be entered", hint="check the folder's permissions") from None
    except FileNotFoundError:
        raise _not_found(cwd) from None
    _widen(process.stdout)
    return Running(process, args)


def _widen(pipe: IO[bytes] | None) -> None:
    """Let Git write a whole listing before anybody reads it, where the system can; it saves waiting only."""
    try:
        import fcntl

        if pipe is not None and sys.platform == "linux":
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)
    except (ImportError, OSError):
        return


def run(
    args: Sequence[str],
    *,
    cwd: str | os.PathLike[str],
    env: Mapping[str, str],
    data: bytes | None = None,
    ok: Sequence[int] = (0,),
) -> bytes:
    """Run ``git ARGS`` and give what it printed.

    Raises:
        GitError: as ``start`` and ``Running.result`` do.
    """
    return start(args, cwd=cwd, env=env, feed=data is not None).result(data, ok=ok)


def outside_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what binds Git to the repository whose hook is running."""
    return {k: v for k, v in environment.items() if k not in LOCAL_VARIABLES and not k.startswith("GITHEAD_")}


class MissingObjectError(GitError):
    """A partial clone lacks an object, which only its remote has."""

    def __init__(self, key: str, path: str = "") -> None:
        what = f"the content of {path} ({key[:12]})" if path else f"the object {key[:12]}"
        super().__init__(
            f"this clone is a partial one and lacks {what}, and mig fetches nothing by itself",
            hint="git fetch --refetch --no-filter gets all that is missing",
        )
        self.key = key


def failure(args: Sequence[str], text: str) -> GitError:
    """The error for what Git said, with what to do where that is known."""
    if lacking := _LACKING.search(text):
        return MissingObjectError(lacking[1])
    said = text.strip().splitlines()
    last = next(
        (line for line in said if line.startswith(("fatal:", "error:"))), said[-1] if said else "no message"
    )
    last = last.removeprefix("fatal: ").removeprefix("error: ")
    if "not a git repository" in text:
        return GitError(
            "no Git repository here or above", hint="run mig inside a clone, or name one: mig -C DIR ..."
        )
    if "dubious ownership" in text:
        return GitError(last, hint="git config --global --add safe.directory DIR allows it")
    return GitError(f"git {args[0]}: {last}", hint="run the Git command by hand to see more")


def _not_found(cwd: str | os.PathLike[str] | Path) -> GitError:
    if not os.path.isdir(cwd):
        return GitError(f"there is no folder {os.fspath(cwd)}", hint="check the path given with -C")
    return GitError("git is not on the PATH", hint="install Git 2.30 or newer")
