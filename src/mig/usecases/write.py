"""Writes files of migrations: all of them or none, and never outside the repository."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.sources.base import MAX_FILE_BYTES
from mig.tree import read_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mig.usecases.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file to be written; ``before`` is what it holds now, None where it must not exist yet."""

    path: str
    before: bytes | None
    after: bytes


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

    Raises:
        SourceError: a file cannot be written; those that were are put back.
        GitError: the files are to be staged and Git refuses, or there is no repository.
    """
    if not changes:
        return
    if add:
        project.git  # noqa: B018 - asked for before anything is written
    write_all(project.root, changes)
    if add:
        project.git.run("add", "--", *(f":(top,literal){change.path}" for change in changes))


def write_all(root: Path, changes: Sequence[Change]) -> None:
    """Write all files or none.

    New contents go to temporary files beside their targets first, so that what can fail has failed
    before the first target changes; after that, an error or an interrupt puts back what was
    replaced.

    Raises:
        SourceError: a folder cannot be written, a file is not what it was, or lies elsewhere.
    """
    with ExitStack() as undo:
        staged = [(change, _prepare(root, change, undo)) for change in changes]
        for change, temporary in staged:
            with _named(change.path):
                _put(root / change.path, change, temporary, undo)
        undo.pop_all()
    for folder in sorted({(root / change.path).parent for change in changes}):
        _sync_folder(folder)


def _prepare(root: Path, change: Change, undo: ExitStack) -> Path:
    target = root / change.path
    with _named(change.path):
        _refuse_elsewhere(root, change.path)
        _make_folders(target.parent, undo)
        mode = _expect(target, change)
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


def _put(target: Path, change: Change, temporary: Path, undo: ExitStack) -> None:
    if change.before is None:
        undo.callback(_quietly, os.unlink, target)
    else:
        undo.callback(_restore, target, change.before)
    os.replace(temporary, target)


def _restore(target: Path, before: bytes) -> None:
    """Put the old bytes back, unless they are there still."""
    if target.is_file() and target.read_bytes() == before:
        return
    with _named(str(target)), ExitStack() as undo:
        os.replace(_write_temporary(target, before, stat.S_IMODE(os.lstat(target).st_mode), undo), target)
        undo.pop_all()


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
