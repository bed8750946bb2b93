"""The scripts that Git runs as hooks: writes them, knows them again, and gives back what was there before."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from mig.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mig.git.repo import Repo

HOOKS = ("post-checkout", "post-merge", "post-rewrite", "pre-commit", "pre-merge-commit", "pre-push")
KEPT = ".mig-kept"

# Every version of the script has this line, so that later versions know the earlier ones.
_MARK = re.compile(rb"^# mig:hook [a-z-]+ \d+\r?$", re.MULTILINE)
_MARKED_WITHIN = 512

_SCRIPT = r"""#!/bin/sh
# mig:hook @NAME@ 1
# Written by "mig hooks install"; "mig hooks uninstall" restores the hook that was here before.

name=@NAME@
python=@PYTHON@
kept=${0%/*}/$name.mig-kept

# What Git says on standard input is for the kept hook and for mig.
input=
case $name in pre-push | post-rewrite) input=$(cat) ;; esac

feed() {
    case $name in
        pre-push | post-rewrite)
            if [ -n "$input" ]; then
                printf '%s\n' "$input" 2>/dev/null | "$@"
            else
                "$@" </dev/null
            fi
            ;;
        *) "$@" ;;
    esac
}

# A shell script is read under the name that it had, because some look at $0 to know which hook they are.
run_kept() {
    first=
    IFS= read -r first 2>/dev/null <"$kept" || :
    case $first in
        '#!/bin/sh' | '#!/usr/bin/env sh' | '#!/bin/bash' | '#!/usr/bin/env bash')
            # shellcheck disable=SC2016,SC2086
            feed ${first#??} -c 'mig_kept=$1; shift; . "$mig_kept"' "${0%/*}/$name" "$kept" "$@"
            ;;
        *) feed "$kept" "$@" ;;
    esac
}

if [ -x "$kept" ]; then
    run_kept "$@" || exit $?
fi

case ${MIG_SKIP:-0} in 0) ;; *) exit 0 ;; esac

# -P: nothing is imported from the folder that is being committed.
status=127
if [ -x "$python" ]; then
    feed "$python" -P -m mig hooks run "$name" "$@" >&2
    status=$?
    if [ "$status" -eq 1 ] && ! "$python" -P -c 'import mig' 2>/dev/null; then status=127; fi
fi
if [ "$status" -eq 127 ] && command -v mig >/dev/null 2>&1; then
    feed mig hooks run "$name" "$@" >&2
    status=$?
fi
if [ "$status" -eq 127 ]; then
    echo "mig: the $name hook cannot find mig${python:+ (it was installed with $python)}" >&2
    echo "pip install mig-db and run mig hooks install again; MIG_SKIP=1 leaves the hook out once" >&2
    status=1
fi

# What Git has done is done: a hook that comes after it only informs.
case $name in post-*) exit 0 ;; esac
exit "$status"
"""


class HookState(Enum):
    """What is at a hook's place."""

    ABSENT = "absent"
    CURRENT = "installed"
    OUTDATED = "outdated"
    DISABLED = "not executable"
    FOREIGN = "another's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One hook of a repository; ``kept`` tells whether another's hook is kept beside it."""

    name: str
    path: Path
    state: HookState
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HookChange:
    """What was done to one hook, in words."""

    name: str
    path: Path
    done: str


def find_folder(repo: Repo) -> Path:
    """The folder that Git takes its hooks from: core.hooksPath, or that of the repository."""
    return Path(os.path.normpath(repo.root / repo.text("rev-parse", "--git-path", "hooks")))


def find_scope(repo: Repo) -> str:
    """Where core.hooksPath is set if that is for more than this repository (``global``), else empty."""
    scope = repo.text("config", "--show-scope", "--get", "core.hooksPath", ok=(0, 1)).partition("\t")[0]
    return "" if scope in ("local", "worktree") else scope


def render_script(name: str, interpreter: str = "") -> str:
    """The script of a hook; without an interpreter it takes mig from the PATH."""
    return _SCRIPT.replace("@NAME@", name).replace("@PYTHON@", shlex.quote(interpreter))


def find_hooks(folder: Path, interpreter: str, names: Sequence[str] = HOOKS) -> tuple[Hook, ...]:
    """The state of each hook; ``interpreter`` is what ``install`` would write into it now."""
    return tuple(
        Hook(
            name=name,
            path=folder / name,
            state=_state(folder / name, name, interpreter),
            kept=os.path.lexists(_kept(folder / name)),
        )
        for name in sorted(names)
    )


def install(folder: Path, interpreter: str, names: Sequence[str] = HOOKS) -> tuple[HookChange, ...]:
    """Write the hooks.  Another's hook is kept beside ours, which runs it first.

    Raises:
        GitError: the folder cannot be written, or two hooks of others are there for one name.
    """
    hooks = find_hooks(folder, interpreter, names)
    for hook in hooks:
        _refuse_a_second(hook)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(
            HookChange(name=hook.name, path=hook.path, done=_install(hook, interpreter)) for hook in hooks
        )
    except OSError as error:
        raise _unwritable(folder, error) from None


def uninstall(folder: Path, names: Sequence[str] = HOOKS) -> tuple[HookChange, ...]:
    """Remove our hooks, and put those of others back as they were.

    Raises:
        GitError: the folder cannot be written.
    """
    try:
        return tuple(
            HookChange(name=hook.name, path=hook.path, done=_uninstall(hook))
            for hook in find_hooks(folder, "", names)
        )
    except OSError as error:
        raise _unwritable(folder, error) from None


def _install(hook: Hook, interpreter: str) -> str:
    if hook.state is HookState.CURRENT:
        return "unchanged"
    text = os.fsencode(render_script(hook.name, interpreter))
    temporary = hook.path.with_name(f"{hook.name}.mig-{os.getpid()}")
    temporary.write_bytes(text)
    temporary.chmod(0o755)
    if hook.state is HookState.FOREIGN:
        os.rename(hook.path, _kept(hook.path))
    os.replace(temporary, hook.path)
    if hook.state is HookState.FOREIGN:
        return f"installed; the hook that was there is kept as {_kept(hook.path).name} and runs first"
    return "installed" if hook.state is HookState.ABSENT else "updated"


def _uninstall(hook: Hook) -> str:
    if hook.state is HookState.FOREIGN:
        return "left alone: it is not mig's"
    if hook.kept:
        os.replace(_kept(hook.path), hook.path)
        return "removed; the hook that was there before is restored"
    if hook.state is HookState.ABSENT:
        return "was not installed"
    hook.path.unlink()
    return "removed"


def _state(path: Path, name: str, interpreter: str) -> HookState:
    if not os.path.lexists(path):
        return HookState.ABSENT
    # A link is somebody's own, wherever it leads.
    if path.is_symlink() or not path.is_file():
        return HookState.FOREIGN
    data = path.read_bytes()
    if not _MARK.search(data[:_MARKED_WITHIN]):
        return HookState.FOREIGN
    if not os.access(path, os.X_OK):
        return HookState.DISABLED
    current = data == os.fsencode(render_script(name, interpreter))
    return HookState.CURRENT if current else HookState.OUTDATED


def _refuse_a_second(hook: Hook) -> None:
    if hook.state is HookState.FOREIGN and hook.kept:
        kept = _kept(hook.path)
        raise GitError(
            f"{hook.path} is another's hook, and {kept.name} beside it is one that mig kept before",
            hint=f"remove the one of the two that is not wanted, then run mig hooks install again: {kept}",
        )


def _kept(path: Path) -> Path:
    return path.with_name(path.name + KEPT)


def _unwritable(folder: Path, error: OSError) -> GitError:
    where = error.filename if isinstance(error.filename, str) else folder
    return GitError(f"{where}: {error.strerror}", hint=f"make {folder} a folder that you can write to")
