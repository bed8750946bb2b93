"""The files of a commit, of the index and of the working tree, without a checkout."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mig.errors import GitError
from mig.git.process import MissingObjectError
from mig.tree import (
    DIRECTORY,
    OTHER,
    REGULAR,
    SUBMODULE,
    SYMLINK,
    UNMERGED,
    Content,
    Entry,
    read_bounded,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mig.git.process import Running
    from mig.git.repo import Repo

_KINDS = {"100": REGULAR, "120": SYMLINK, "160": SUBMODULE, "040": DIRECTORY}
_EVERYTHING = ("",)
# The blob without bytes, in both object formats: what git add -N records until there is content.
_EMPTY_BLOBS = frozenset(
    (
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
    )
)
# From so many listings of parts on, one of everything costs less.
_MANY_LISTINGS = 4
_BATCH_BYTES = 32 * 1024 * 1024


class GitTree:
    """What the three kinds share: the listing is started early and kept, blobs are read in batches."""

    def __init__(self, repo: Repo, name: str) -> None:
        self.repo = repo
        self.name = name
        self._started: dict[tuple[str, ...], tuple[Running, ...]] = {}
        self._listed: dict[tuple[str, ...], dict[str, Entry]] = {}
        self._folders: frozenset[str] | None = None

    def prepare(self, under: Sequence[str] = _EVERYTHING) -> None:
        """Start listing, so that Git works while the caller does something else."""
        key = tuple(under)
        if key not in self._listed and key not in self._started and not self._has_everything():
            self._started[key] = self._start(_pathspecs(key))

    def entries(self, under: Sequence[str] = _EVERYTHING) -> Mapping[str, Entry]:
        key = tuple(under)
        if key not in self._listed:
            self._listed[key] = self._list(key)
        return self._listed[key]

    def read(self, paths: Iterable[str], limit: int) -> Iterator[Content]:
        wanted = [(path, self._entry(path).key) for path in paths]
        yield from read_blobs(self.repo, wanted, limit)

    def close(self) -> None:
        """End the listings that were started and that nobody has asked for."""
        while self._started:
            for running in self._started.popitem()[1]:
                running.stop()

    def _has_everything(self) -> bool:
        return _EVERYTHING in self._listed or _EVERYTHING in self._started

    def _list(self, key: tuple[str, ...]) -> dict[str, Entry]:
        is_part = key not in self._started and key != _EVERYTHING
        if is_part and (self._has_everything() or len(self._listed) >= _MANY_LISTINGS):
            return self._pick(key, self.entries(_EVERYTHING))
        self.prepare(key)
        return self._collect(self._started.pop(key))

    def _pick(self, key: tuple[str, ...], everything: Mapping[str, Entry]) -> dict[str, Entry]:
        """What of everything lies at or below some paths, of which few are folders."""
        if self._folders is None:
            self._folders = _folders_of(everything)
        below = tuple(f"{path}/" for path in key if path in self._folders)
        if below:
            return {path: e for path, e in everything.items() if path.startswith(below) or path in key}
        return {path: everything[path] for path in sorted({*key}) if path in everything}

    def _entry(self, path: str) -> Entry:
        for listed in self._listed.values():
            if path in listed:
                return listed[path]
        found = self.entries((path,)).get(path)
        if found is None:
            raise GitError(
                f"{self.name} has no file {path}", hint=f"git log --all -- {path} shows who has it"
            )
        return found

    def _start(self, pathspecs: tuple[str, ...]) -> tuple[Running, ...]:
        raise NotImplementedError

    def _collect(self, started: tuple[Running, ...]) -> dict[str, Entry]:
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

    def _collect(self, started: tuple[Running, ...]) -> dict[str, Entry]:
        return _parse_ls_tree(started[0].result()) if started else {}


class IndexTree(GitTree):
    """The files as they are staged, in the index that Git names."""

    def _start(self, pathspecs: tuple[str, ...]) -> tuple[Running, ...]:
        return (self.repo.start("ls-files", "-s", "-z", "--", *pathspecs),)

    def _collect(self, started: tuple[Running, ...]) -> dict[str, Entry]:
        entries = _parse_ls_files(started[0].result())
        if any(entry.key in _EMPTY_BLOBS for entry in entries.values()):
            for path in self._only_intended():
                entries.pop(path, None)
        return entries

    def _only_intended(self) -> list[str]:
        """The paths that ``git add -N`` announced, which are in the index and in no commit of it."""
        output = self.repo.run("diff-files", "--name-only", "-z", "--diff-filter=A", "--ignore-submodules")
        return _paths(output)


class WorktreeTree(IndexTree):
    """The files as they lie on the disk, but for those that Git ignores.

    Clean files are taken from the index, so that their blobs (without CRLF that a checkout put
    in) are read and their ids known without reading the disk.
    """

    def __init__(self, repo: Repo, name: str = "worktree") -> None:
        super().__init__(repo, name)
        self._on_disk: set[str] = set()
        self._linked = {"": False}

    def _list(self, key: tuple[str, ...]) -> dict[str, Entry]:
        entries = super()._list(key)
        odd = _odd_folders(self.repo, key) - entries.keys()
        return dict(sorted((entries | dict.fromkeys(odd, Entry(DIRECTORY))).items())) if odd else entries

    def _start(self, pathspecs: tuple[str, ...]) -> tuple[Running, ...]:
        start = self.repo.start
        changed = start("diff-files", "--name-only", "-z", "--ignore-submodules", "--", *pathspecs)
        new = start("ls-files", "--others", "--exclude-standard", "-z", "--", *pathspecs)
        return (*super()._start(pathspecs), changed, new)

    def _collect(self, started: tuple[Running, ...]) -> dict[str, Entry]:
        staged, changed, new = started
        entries = _parse_ls_files(staged.result())
        tracked = self._really_changed(sorted(set(_paths(changed.result()))), entries)
        different = {*tracked, *(path.rstrip("/") for path in _paths(new.result()))}
        for path in different:
            entry = self._look(path)
            if entry is None:
                entries.pop(path, None)
            else:
                entries[path] = entry
                self._on_disk.add(path)
        return dict(sorted(entries.items())) if different else entries

    def _really_changed(self, paths: list[str], entries: Mapping[str, Entry]) -> list[str]:
        """The paths without those whose content Git would store as it is in the index.

        A file that was only touched or copied looks changed; compared byte by byte, the CRLF that
        a checkout put in would count as a change.
        """
        asked = [path for path in paths if "\n" not in path and self._look(path) == Entry(REGULAR)]
        if not asked:
            return paths
        feed = "".join(f"{path}\n" for path in asked).encode("utf-8", "surrogateescape")
        # A file that cannot be read ends the list early; those behind it count as changed.
        ids = self.repo.run("hash-object", "--stdin-paths", data=feed, ok=(0, 128)).decode().split()
        same = {p for p, blob in zip(asked, ids, strict=False) if entries.get(p) == Entry(REGULAR, blob)}
        return [path for path in paths if path not in same]

    def _look(self, path: str) -> Entry | None:
        """What lies on the disk at a path, and None where it is there by way of a link only."""
        file = self.repo.root / path
        if self._is_behind_link(path):
            return None
        if file.is_symlink():
            return Entry(SYMLINK)
        if file.is_dir():
            return Entry(DIRECTORY)
        if not file.exists():
            return None
        return Entry(REGULAR if file.is_file() else OTHER)

    def _is_behind_link(self, path: str) -> bool:
        folder = path.rpartition("/")[0]
        if folder not in self._linked:
            self._linked[folder] = (self.repo.root / folder).is_symlink() or self._is_behind_link(folder)
        return self._linked[folder]

    def read(self, paths: Iterable[str], limit: int) -> Iterator[Content]:
        wanted = list(paths)
        for path in wanted:
            self._entry(path)
        blobs = super().read([path for path in wanted if path not in self._on_disk], limit)
        for path in wanted:
            on_disk = path in self._on_disk
            yield read_bounded(self.repo.root / path, path, limit) if on_disk else next(blobs)


def entry_of(mode: str, key: str) -> Entry | None:
    """The entry that Git writes as a mode and an object's id; None where the mode says that there is none."""
    return Entry(_KINDS.get(mode[:3], OTHER), key) if mode.strip("0") else None


def read_blobs(repo: Repo, wanted: Sequence[tuple[str, str]], limit: int) -> Iterator[Content]:
    """The contents of blobs, given as (path, blob id), in this order.

    Sizes are asked for first, so that what is over the limit is never transferred, and no more
    than a few megabytes are held at once.

    Raises:
        GitError: a blob is missing (a partial clone, a damaged repository).
    """
    blobs, session = [blob for _, blob in wanted], repo.session
    # Where the session has no answer, the batch says why.
    sizes = (session and session.sizes(blobs)) or _sizes(repo, wanted)
    fitting = [(blob, size) for blob, size in zip(blobs, sizes, strict=True) if size <= limit]
    few = session.contents(fitting) if session else None
    contents = iter(few) if few else _contents(repo, fitting)
    for (path, _), size in zip(wanted, sizes, strict=True):
        yield Content(path, size, next(contents) if size <= limit else None)


def _sizes(repo: Repo, wanted: Sequence[tuple[str, str]]) -> list[int]:
    if not wanted:
        return []
    try:
        checked = _cat_file(repo, "--batch-check=%(objectsize)", [blob for _, blob in wanted]).split(b"\n")
    except MissingObjectError as error:
        path = next((path for path, blob in wanted if blob == error.key), "")
        raise MissingObjectError(error.key, path) from None
    sizes = [int(size) if size.isdigit() else -1 for size in checked[: len(wanted)]]
    if -1 in sizes:
        path, blob = wanted[sizes.index(-1)]
        message = f"the content of {path} ({blob[:12]}) is not in this repository"
        raise GitError(message, hint="git fetch --refetch --no-filter, or git fsck to see what is damaged")
    return sizes


def _contents(repo: Repo, blobs: Sequence[tuple[str, int]]) -> Iterator[bytes]:
    begin = 0
    while begin < len(blobs):
        end, total = begin, 0
        while end < len(blobs) and (end == begin or total + blobs[end][1] <= _BATCH_BYTES):
            total += blobs[end][1]
            end += 1
        data, at = _cat_file(repo, "--batch", [blob for blob, _ in blobs[begin:end]]), 0
        for _, size in blobs[begin:end]:
            start = data.index(b"\n", at) + 1
            at = start + size + 1
            yield data[start : start + size]
        begin = end


def _cat_file(repo: Repo, how: str, blobs: list[str]) -> bytes:
    feed = "".join(f"{blob}\n" for blob in blobs).encode()
    # A blob that git replace puts in another's place would be remembered under a wrong name.
    return repo.run("--no-replace-objects", "cat-file", "--buffer", how, data=feed)


def _pathspecs(under: tuple[str, ...]) -> tuple[str, ...]:
    """Folders as Git takes them: literal, from the top, and never an option or a pattern."""
    return () if "" in under else tuple(f":(top,literal){folder}" for folder in under)


def _folders_of(paths: Iterable[str]) -> frozenset[str]:
    """All folders above some paths."""
    found, waiting = set[str](), {path.rpartition("/")[0] for path in paths}
    while waiting:
        found |= waiting
        waiting = {folder.rpartition("/")[0] for folder in waiting} - found
    return frozenset(found)


def _parse_ls_tree(output: bytes) -> dict[str, Entry]:
    """Records ``<mode> SP <type> SP <object> TAB <file>``."""
    kind = _KINDS.get
    parts = [record.partition("\t") for record in _text(output).split("\0") if record]
    return {path: Entry(kind(meta[:3], OTHER), meta.rpartition(" ")[2]) for meta, _, path in parts}


def _parse_ls_files(output: bytes) -> dict[str, Entry]:
    """Records ``<mode> SP <object> SP <stage> TAB <file>``."""
    kind = _KINDS.get
    parts = [record.partition("\t") for record in _text(output).split("\0") if record]
    entries = {path: Entry(kind(meta[:3], OTHER), meta[7:-2]) for meta, _, path in parts}
    for path in {path for meta, _, path in parts if meta[-1] != "0"}:
        entries[path] = Entry(UNMERGED)
    return entries


def _odd_folders(repo: Repo, under: tuple[str, ...]) -> set[str]:
    """Folders that are named like a file of migrations; Git does not list them when they are empty."""
    odd: set[str] = set()
    for folder in under:
        try:
            # Most file systems count a folder's subfolders as links to it: 2 are its name and its dot.
            if os.stat(repo.root / folder).st_nlink == 2:
                continue
            with os.scandir(repo.root / folder) as listing:
                odd |= {
                    f"{folder}/{item.name}" if folder else item.name
                    for item in listing
                    if item.name.lower().endswith((".sql", ".py")) and item.is_dir(follow_symlinks=False)
                }
        except OSError:
            continue
    return odd


def _paths(output: bytes) -> list[str]:
    return [path for path in _text(output).split("\0") if path]


def _text(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")
