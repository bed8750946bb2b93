"""Moves files in the index, as ``git mv`` does: what is staged of them is staged under the new name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mig.git.repo import Repo


class Move(NamedTuple):
    """A file and the path that it gets."""

    path: str
    moved: str


class _Staged(NamedTuple):
    mode: str
    blob: str


def move_staged(repo: Repo, moves: Sequence[Move]) -> tuple[Move, ...]:
    """Give the files that Git tracks other names in the index, and leave the disk alone.

    Returns:
        those of the moves that were made, so that they can be taken back the other way round.

    Raises:
        GitError: the index is locked, or cannot be written.
    """
    staged = _list_staged(repo, {os.path.dirname(move.path) for move in moves})
    made = tuple(move for move in moves if move.path in staged)
    if made:
        gone = "".join(f"0 {'0' * len(staged[one.path].blob)}\t{one.path}\0" for one in made)
        here = "".join(f"{staged[one.path].mode} {staged[one.path].blob}\t{one.moved}\0" for one in made)
        data = (gone + here).encode("utf-8", "surrogateescape")
        repo.run("update-index", "-z", "--index-info", data=data)
    return made


def _list_staged(repo: Repo, folders: set[str]) -> dict[str, _Staged]:
    """What the index holds in these folders, but for files that it holds in several versions."""
    paths = [f":(top,literal){folder}" for folder in sorted(folders)] if "" not in folders else []
    found: dict[str, _Staged] = {}
    listed = repo.run("ls-files", "-s", "-z", "--full-name", "--", *paths)
    for record in listed.decode("utf-8", "surrogateescape").split("\0"):
        meta, _, path = record.partition("\t")
        if path:
            mode, blob, stage = meta.split(" ")
            if stage == "0":
                found[path] = _Staged(mode, blob)
    return found
