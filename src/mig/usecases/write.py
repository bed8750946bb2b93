"""Writes files of migrations: all of them or none, and never outside the repository."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.git.moves import Move, move_staged
from mig.sources.base import MAX_FILE_BYTES
from mig.tree import read_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from mig.git.repo import Repo
    from mig.usecases.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file to be written; ``before`` is what it holds now, None where it must not exist yet.

    With ``moved_from`` that is the path at which it lies now, where ``before`` is its content, and where it
    is no longer afterwards.
    """

    path: str
    before: bytes | None
    after: bytes
    moved_from: str = ""


def read_on_disk(root: Path, path: str) -> bytes:
    """The bytes of a file as they lie on the disk, which a filter of Git may show differently.

    Raises:
        SourceError: it is not there, no regular file, or may not be read.
    """
    try:
        data = read_regular(root / path, path, MAX_FILE_BYTES).data
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read: {error.strerror}", hint="check that the file is checked out and readable"
        ) from None
    if data is None:
        raise SourceError(f"{path} is larger than {MAX_FILE_BYTES:,} bytes", hint="mig explain MIG008")
    return data


def write_changes(project: Project, changes: Sequence[Change], *, add: bool = False) -> None:
    """Write all files or none, and stage them if asked.

    A file that gets another name and that Git tracks is moved in the index too, as ``git mv`` does it:
    what else is not staged of it stays so.

    Raises:
        SourceError: a file cannot be written; those that were are put back.
        GitError: Git refuses to stage them, or there is no repository to do that.
    """
    if not changes:
        return
    if add:
        project.git  # noqa: B018 - asked for before anything is written
    moves = [Move(one.moved_from, one.path) for one in changes if one.moved_from]
    staging = partial(_move_staged, project.repo, moves) if project.repo and moves else None
    write_all(project.root, changes, staging)
    if add:
        project.git.run("add", "--", *(f":(top,literal){change.path}" for change in changes))


def _move_staged(repo: Repo, moves: Sequence[Move], undo: ExitStack) -> None:
    made = move_staged(repo, moves)
    undo.callback(move_staged, repo, [Move(one.moved, one.path) for one in made])


def write_all(
    root: Path, changes: Sequence[Change], staging: Callable[[ExitStack], None] | None = None
) -> None:
    """Write all files or none.

    New contents go to temporary files beside their targets first, so that what can fail has failed
    before the first target changes; after that, an error or an interrupt puts back what was
    replaced.  A file that moves is written under its new name before it is removed under the old one.

    Args:
        root: what the paths are relative to.
        changes: the files; one may move to where another lies that moves away.
        staging: what is to be done before old names are removed; it enters how to take that back.

    Raises:
        SourceError: a folder cannot be written, a file is not what it was, or lies elsewhere.
    """
    held = {change.moved_from or change.path: change.before for change in changes}
    leaving = {change.moved_from for change in changes} - {""}
    with ExitStack() as undo:
        staged = {change.path: _prepare(root, change, leaving, undo) for change in changes}
        for change in _in_order(changes):
            with _named(change.path):
                _put(root / change.path, held.get(change.path), staged[change.path], undo)
        if staging is not None:
            staging(undo)
        for path in sorted(leaving - staged.keys()):
            with _named(path):
                _remove(root / path, held[path] or b"", undo)
        undo.pop_all()
    for folder in sorted({(root / path).parent for path in (*staged, *leaving)}):
        _drop_empty(root, folder)
        _sync_folder(folder)


def _in_order(changes: Sequence[Change]) -> list[Change]:
    """The changes, each after the one that moves away what lies in its place."""
    away = {change.moved_from: change for change in changes if change.moved_from}
    found: dict[str, Change] = {}
    for change in changes:
        chain = [change]
        while (following := away.get(chain[-1].path)) and following not in (*chain, *found.values()):
            chain.append(following)
        found.update((one.path, one) for one in reversed(chain) if one.path not in found)
    return list(found.values())


def _prepare(root: Path, change: Change, leaving: Collection[str], undo: ExitStack) -> Path:
    target = root / change.path
    with _named(change.path):
        _refuse_elsewhere(root, change.path)
        _make_folders(target.parent, undo)
        mode = _expect(root / (change.moved_from or change.path), change)
        if change.moved_from and change.path not in leaving and os.path.lexists(target):
            raise SourceError(
                f"{change.path} exists already",
                hint=f"move it away, so that {change.moved_from} gets the name",
            )
        return _write_temporary(target, change.after, mode, undo)


def _refuse_elsewhere(root: Path, path: str) -> None:
    """A symbolic link on the way must not lead the writing out of the repository."""
    home = Path(os.path.realpath(root))
    folder = Path(os.path.realpath((root / path).parent))
    if folder != home and home not in folder.parents:
        raise SourceError(
            f"{path} lies behind a symbolic link that leaves the repository, to {folder}",
            hint="put the folder itself there, or set another path in the configuration",
        )


def _expect(target: Path, change: Change) -> int | None:
    """The mode of the file, if there is one; it must be what the change was made from."""
    try:
        found = os.lstat(target)
    except FileNotFoundError:
        if change.before is None:
            return None
        raise
    if change.before is None:
        raise SourceError(f"{change.path} exists already", hint="give the migration another message")
    same = (
        stat.S_ISREG(found.st_mode)
        and read_regular(target, change.path, MAX_FILE_BYTES).data == change.before
    )
    if not same:
        raise SourceError(f"{change.path} changed while mig was at work", hint="run the command again")
    return stat.S_IMODE(found.st_mode)


def _make_folders(folder: Path, undo: ExitStack) -> None:
    missing = [here for here in (folder, *folder.parents) if not os.path.lexists(here)]
    for here in reversed(missing):
        os.mkdir(here)
        undo.callback(_quietly, os.rmdir, here)
    if not folder.is_dir():
        raise NotADirectoryError(20, "its folder is no folder")


def _write_temporary(target: Path, data: bytes, mode: int | None, undo: ExitStack) -> Path:
    temporary = target.with_name(f".{secrets.token_hex(8)}.mig-new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    undo.callback(_quietly, os.unlink, temporary)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        if mode is not None:
            os.chmod(temporary, mode)
        os.fsync(descriptor)
    return temporary


def _put(target: Path, held: bytes | None, temporary: Path, undo: ExitStack) -> None:
    if held is None:
        undo.callback(_quietly, os.unlink, target)
    else:
        undo.callback(_restore, target, held, stat.S_IMODE(os.lstat(target).st_mode))
    os.replace(temporary, target)


def _remove(target: Path, held: bytes, undo: ExitStack) -> None:
    undo.callback(_restore, target, held, stat.S_IMODE(os.lstat(target).st_mode))
    os.unlink(target)


def _restore(target: Path, before: bytes, mode: int) -> None:
    """Put the old bytes back, unless they are there still."""
    if target.is_file() and target.read_bytes() == before:
        return
    with _named(str(target)), ExitStack() as undo:
        os.replace(_write_temporary(target, before, mode, undo), target)
        undo.pop_all()


def _drop_empty(root: Path, folder: Path) -> None:
    """Remove a folder of which all files have moved, and those above it that hold nothing else."""
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        _quietly(os.rmdir, folder)
        folder = folder.parent


def _quietly(action: Callable[[Path], None], path: Path) -> None:
    with suppress(OSError):
        action(path)


def _sync_folder(folder: Path) -> None:
    """Make the new names durable where the system can; not all file systems can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Turn an error of the system into one that names the file and says what to do."""
    try:
        yield
    except OSError as error:
        raise SourceError(
            f"{path} cannot be written: {error.strerror}",
            hint=f"check the permissions of {os.path.dirname(path) or '.'}; nothing was changed",
        ) from None
