"""Which paths a hook is about, asked of Git in one call and with next to nothing imported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from mig.errors import GitError
from mig.git import process

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NAMES = ("-r", "--name-only", "-z", "--no-renames", "--no-relative", "--no-ext-diff")


class Push(NamedTuple):
    """One ref that is pushed, here and there; ``known`` is what the remote has, empty for a new ref."""

    local_ref: str
    commit: str
    remote_ref: str
    known: str


def read_pushes(lines: Iterable[str]) -> list[Push]:
    """The commits in what Git tells the pre-push hook, without deletions and tags."""
    fields = [line.split(" ") for line in lines if line.count(" ") == 3]
    pushes = [Push(ref, commit, there, is_id(known)) for ref, commit, there, known in fields]
    return [push for push in pushes if is_id(push.commit) and not push.remote_ref.startswith("refs/tags/")]


def is_id(commit: str) -> str:
    """The id, or an empty text for the zeros that Git writes where there is no commit."""
    return commit if commit.strip("0") else ""


def staged_paths(folder: str, environment: Mapping[str, str]) -> list[str] | None:
    """The paths that differ between the index that Git names and what a commit of it will have as parents.

    None where that cannot be told cheaply.
    """
    merging = _merging(folder, environment)
    if merging is None:
        return None
    paths: list[str] = []
    for parent in ("HEAD", *merging):
        try:
            paths += _split(_run(folder, environment, "diff-index", "--cached", *_NAMES, parent, "--"))
        except GitError:
            # On an unborn branch all that is in the index is new.
            paths += _split(_run(folder, environment, "ls-files", "-z", "--full-name"))
    return paths


def changed_paths(folder: str, environment: Mapping[str, str], before: str, after: str) -> list[str] | None:
    """The paths that differ between two commits; None where one of them is not here."""
    try:
        return _split(_run(folder, environment, "diff-tree", *_NAMES, before, after, "--"))
    except GitError:
        return None


def pushed_paths(folder: str, environment: Mapping[str, str], push: Push, remote: str) -> list[str] | None:
    """The paths that a push changes in the remote's ref, or brings to the remote in a new one."""
    if push.known:
        return changed_paths(folder, environment, push.known, push.commit)
    return _new_paths(folder, environment, push.commit, remote)


def _new_paths(folder: str, environment: Mapping[str, str], commit: str, remote: str) -> list[str] | None:
    """The paths that any commit touches which a remote, as far as is known, does not have."""
    shown = ("--format=", "--no-show-signature", "--no-color", "-m")
    names = [option for option in _NAMES if option != "-r"]
    try:
        output = _run(
            folder, environment, "log", *shown, *names, commit, "--not", f"--remotes={remote}", "--"
        )
    except GitError:
        return None
    return _split(output)


def search_staged(
    folder: str, environment: Mapping[str, str], text: str, patterns: Sequence[str], after: int
) -> str:
    """The lines of staged files that hold a text in whatever case, each with the lines after it.

    A line ``--`` stands between places that are apart.

    Raises:
        GitError: Git could not search.
    """
    shown = (
        "-h",
        "-a",
        "-i",
        "-F",
        "--no-color",
        "--no-line-number",
        "--no-column",
        "--no-textconv",
        f"-A{after}",
    )
    specs = [f":(top,icase){pattern}" for pattern in patterns]
    args = ("grep", "--cached", *shown, "-e", text, "--", *specs)
    output = process.run(args, cwd=folder, env=environment, ok=(0, 1))
    return output.decode("utf-8", "surrogateescape")


def is_top(folder: str) -> bool:
    """Whether a folder is, for certain, the top of a work tree, where Git runs its hooks."""
    return os.path.lexists(os.path.join(folder, ".git"))


def _merging(folder: str, environment: Mapping[str, str]) -> list[str] | None:
    named = sorted(name.removeprefix("GITHEAD_") for name in environment if name.startswith("GITHEAD_"))
    git_dir = environment.get("GIT_DIR") or _git_dir(folder)
    if git_dir is None:
        return None
    try:
        with open(os.path.join(folder, git_dir, "MERGE_HEAD"), encoding="ascii") as stream:
            return stream.read().split()
    except FileNotFoundError:
        return named


def _git_dir(folder: str) -> str | None:
    path = os.path.join(folder, ".git")
    if os.path.isdir(path):
        return path
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            text = stream.read()
    except FileNotFoundError:
        return None
    return text.removeprefix("gitdir: ").rstrip("\n")


def _run(folder: str, environment: Mapping[str, str], *args: str) -> bytes:
    return process.run(args, cwd=folder, env=environment)


def _split(output: bytes) -> list[str]:
    return [path for path in output.decode("utf-8", "surrogateescape").split("\0") if path]
