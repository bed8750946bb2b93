"""The files of a commit, of the index and of the working tree, without a checkout."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mig.errors import GitError
from mig.tree import (
    DIRECTORY,
    OTHER,
    REGULAR,
    SUBMODULE,
    SYMLINK,
    UNMERGED,
    Content,
    Entry,
    content_key,
    read_regular,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mig.git.process import Running
    from mig.git.repo import Repo

_KINDS = {"100": REGULAR, "120": SYMLINK, "160": SUBMODULE, "040": DIRECTORY}


class GitTree:
    """What the three kinds share: the listing is started early and kept, blobs are read in one batch."""

    def __init__(self, repo: Repo, name: str) -> None:
        self.repo = repo
        self.name = name
        self._started: dict[tuple[str, ...], tuple[Running, ...]] = {}
        self._listed: dict[tuple[str, ...], dict[str, Entry]] = {}

    def prepare(self, under: Sequence[str] = ("",)) -> None:
        """Start listing, so that Git works while the caller does something else."""
        key = tuple(under)
        if key not in self._listed and key not in self._started:
            self._started[key] = self._start(_pathspecs(key))

    def entries(self, under: Sequence[str] = ("",)) -> Mapping[str, Entry]:
        key = tuple(under)
        if key not in self._listed:
            self.prepare(key)
            self._listed[key] = self._collect(key, self._started.pop(key))
        return self._listed[key]

    def read(self, paths: Iterable[str], limit: int) -> Iterator[Content]:
        wanted = [(path, self._entry(path).key) for path in paths]
        yield from read_blobs(self.repo, wanted, limit)

    def _entry(self, path: str) -> Entry:
        for listed in self._listed.values():
            if path in listed:
                return listed[path]
        found = self.entries((path,)).get(path)
        if found is None:
            raise GitError(f"{self.name} has no file {path}")
        return found

    def _start(self, pathspecs: tuple[str, ...]) -> tuple[Running, ...]:
        raise NotImplementedError

    def _collect(self, under: tuple[str, ...], started: tuple[Running, ...]) -> dict[str, Entry]:
        raise NotImplementedError


class CommitTree(GitTree):
    """The files of one commit; an empty id (an unborn branch) has none."""

    def __init__(self, repo: Repo, name: str, commit: str) -> None:
        super().__init__(repo, name)
        self.commit = commit

    def _start(self, pathspecs: tuple[str, ...]) -> tuple[Running, ...]:
        if not self.commit:
            return ()
        return (self.repo.start("ls-tree", "-r", "-z", "--full-tree", self.commit, "--", *pathspecs),)

    def _collect(self, under: tuple[str, ...], started: tuple[Running, ...]) -> dict[str, Entry]:
        return _parse_ls_tree(started[0].result()) if started else {}


class IndexTree(GitTree):
    """The files as they are staged, in the index that Git names."""

    def _start(self, pathspecs: tuple[str, ...]) -> tuple[Running, ...]:
        return (self.repo.start("ls-files", "-s", "-z", "--", *pathspecs),)

    def _collect(self, under: tuple[str, ...], started: tuple[Running, ...]) -> dict[str, Entry]:
        return _parse_ls_files(started[0].result())


class WorktreeTree(IndexTree):
    """The files as they lie on the disk, but for those that Git ignores.

    Clean files are taken from the index, so that their blobs (without CRLF that a checkout put
    in) are read and their ids known without reading the disk.
    """

    def __init__(self, repo: Repo, name: str = "worktree") -> None:
        super().__init__(repo, name)
        self._on_disk: set[str] = set()

    def _start(self, pathspecs: tuple[str, ...]) -> tuple[Running, ...]:
        changed = self.repo.start(
            "diff-files", "--raw", "-z", "--no-ext-diff", "--ignore-submodules", "--", *pathspecs
        )
        new = self.repo.start("ls-files", "--others", "--exclude-standard", "-z", "--", *pathspecs)
        return (*super()._start(pathspecs), changed, new)

    def _collect(self, under: tuple[str, ...], started: tuple[Running, ...]) -> dict[str, Entry]:
        staged, changed, new = started
        entries = _parse_ls_files(staged.result())
        different = {_text(path) for path in changed.result().split(b"\0")[1::2]}
        different |= {_text(path) for path in new.result().split(b"\0") if path}
        for path in sorted(different | _odd_on_disk(self.repo, under)):
            entry = self._look(path.rstrip("/"))
            if entry is None:
                entries.pop(path, None)
            else:
                entries[path.rstrip("/")] = entry
        return dict(sorted(entries.items()))

    def _look(self, path: str) -> Entry | None:
        file = self.repo.root / path
        if file.is_symlink():
            return Entry(SYMLINK)
        if file.is_dir():
            return Entry(DIRECTORY)
        if not file.exists():
            return None
        if not file.is_file():
            return Entry(OTHER)
        self._on_disk.add(path)
        return Entry(REGULAR)

    def read(self, paths: Iterable[str], limit: int) -> Iterator[Content]:
        wanted = list(paths)
        blobs = super().read([path for path in wanted if self._is_blob(path)], limit)
        for path in wanted:
            if self._is_blob(path):
                yield next(blobs)
            else:
                yield self._from_disk(path, limit)

    def _is_blob(self, path: str) -> bool:
        return path not in self._on_disk and self._entry(path).kind == REGULAR

    def _from_disk(self, path: str, limit: int) -> Content:
        try:
            return read_regular(self.repo.root / path, path, limit)
        except OSError as error:
            raise GitError(
                f"{path} cannot be read: {error.strerror}", hint="check the file's permissions"
            ) from None


def read_blobs(repo: Repo, wanted: Sequence[tuple[str, str]], limit: int) -> Iterator[Content]:
    """The contents of blobs, given as (path, blob id), in this order and read by one process.

    Sizes are asked for first, so that what is over the limit is never transferred.

    Raises:
        GitError: a blob is missing (a partial clone, a damaged repository).
    """
    if not wanted:
        return
    ids = "".join(f"{blob}\n" for _, blob in wanted).encode()
    checked = repo.run("cat-file", "--batch-check=%(objectsize)", data=ids).split(b"\n")
    sizes = [int(size) if size.isdigit() else -1 for size in checked[: len(wanted)]]
    if -1 in sizes:
        path, blob = wanted[sizes.index(-1)]
        raise GitError(
            f"the content of {path} ({blob[:12]}) is not in this repository", hint="git fetch --refetch"
        )
    fitting = "".join(f"{blob}\n" for (_, blob), size in zip(wanted, sizes, strict=True) if size <= limit)
    data = repo.run("cat-file", "--batch", data=fitting.encode()) if fitting else b""
    at = 0
    for (path, _), size in zip(wanted, sizes, strict=True):
        if size > limit:
            yield Content(path, size, None)
            continue
        begin = data.index(b"\n", at) + 1
        at = begin + size + 1
        yield Content(path, size, data[begin : begin + size])


def key_of(content: Content) -> str:
    """The key of a content that was read, for entries that had none."""
    return content_key(content.data) if content.data is not None else ""


def _pathspecs(under: tuple[str, ...]) -> tuple[str, ...]:
    """Folders as Git takes them: literal, from the top, and never an option or a pattern."""
    return tuple(f":(top,literal){folder}" for folder in under) if under != ("",) else ()


def _parse_ls_tree(output: bytes) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    kinds = _KINDS
    for record in output.decode("utf-8", "surrogateescape").split("\0"):
        meta, tab, path = record.partition("\t")
        if tab:
            entries[path] = Entry(kinds.get(meta[:3], OTHER), meta.rpartition(" ")[2])
    return entries


def _parse_ls_files(output: bytes) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    kinds = _KINDS
    for record in output.decode("utf-8", "surrogateescape").split("\0"):
        meta, tab, path = record.partition("\t")
        if tab:
            mode, blob, stage = meta.split(" ")
            entries[path] = Entry(kinds.get(mode[:3], OTHER) if stage == "0" else UNMERGED, blob)
    return entries


def _odd_on_disk(repo: Repo, under: tuple[str, ...]) -> set[str]:
    """Folders that are named like a file of migrations; Git does not list them when they are empty."""
    odd: set[str] = set()
    for folder in under:
        if folder:
            try:
                with os.scandir(repo.root / folder) as listing:
                    odd |= {
                        f"{folder}/{i.name}"
                        for i in listing
                        if "." in i.name and i.is_dir(follow_symlinks=False)
                    }
            except (FileNotFoundError, NotADirectoryError):
                continue
    return {path for path in odd if path.endswith((".sql", ".py"))}


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
