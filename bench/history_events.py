"""Finds, in a clone's history, the merges in which both sides added migrations."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from history_truth import Header, State, has_diverged, is_migration, read_header, read_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from history_django import Node

_PULL = re.compile(r"\(#(\d+)\)\s*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One merge: ``base`` is what was merged into, ``head`` what was merged; ``commit`` has both."""

    commit: str
    base: str
    head: str
    kind: str
    """``merge`` for a merge commit, ``pull`` for a pull request that was squashed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What Git makes of an event: whether it stops at a text conflict, and what the merged tree holds."""

    has_text_conflict: bool
    has_diverged: bool
    migrations: int


@dataclass(frozen=True, kw_only=True)
class Clone:
    """A clone that is only read; ``work`` is a bare repository that borrows its objects and takes ours."""

    path: Path
    work: Path
    _headers: dict[str, Header | Node | None] = field(default_factory=dict, repr=False)
    _states: dict[str, State] = field(default_factory=dict, repr=False)

    def git(self, *args: str, data: str = "", ok: tuple[int, ...] = (0,), at: Path | None = None) -> str:
        """What Git prints.

        Raises:
            subprocess.CalledProcessError: it ends with another status than those of ``ok``.
        """
        return self._run(*args, data=data.encode(), ok=ok, at=at).decode("utf-8", "surrogateescape")

    def _run(self, *args: str, data: bytes, ok: tuple[int, ...] = (0,), at: Path | None = None) -> bytes:
        done = subprocess.run(
            ["git", "-c", "core.quotePath=false", *args],
            cwd=at or self.work,
            input=data,
            capture_output=True,
            check=False,
        )
        if done.returncode not in ok:
            raise subprocess.CalledProcessError(done.returncode, args, done.stdout, done.stderr)
        return done.stdout

    def state(self, tree: str) -> State:
        """The migrations of a commit or a tree."""
        if tree not in self._states:
            listed = self.git("ls-tree", "-r", "-z", "--full-tree", tree).split("\0")
            parted = (line.partition("\t") for line in listed if line.startswith("100"))
            blobs = {path: about.split(" ")[2] for about, _, path in parted if is_migration(path)}
            self._states[tree] = read_state(blobs, self._read_headers)
        return self._states[tree]

    def _read_headers(self, blobs: Iterable[str]) -> Mapping[str, Header | Node | None]:
        blobs = tuple(blobs)
        for blob, data in self.read(blob for blob in blobs if blob not in self._headers).items():
            self._headers[blob] = read_header(data)
        return {blob: self._headers[blob] for blob in blobs}

    def read(self, blobs: Iterable[str]) -> dict[str, bytes]:
        """The contents of blobs."""
        wanted = sorted(set(blobs))
        if not wanted:
            return {}
        answer = self._run("cat-file", "--batch", data="".join(f"{one}\n" for one in wanted).encode())
        found: dict[str, bytes] = {}
        position = 0
        for blob in wanted:
            end = answer.index(b"\n", position)
            size = int(answer[position:end].split(b" ")[2])
            found[blob] = answer[end + 1 : end + 1 + size]
            position = end + size + 2
        return found

    def truth(self, event: Event) -> Truth | None:
        """What a plain merge makes of an event; None where the sides did not both add migrations.

        None too where Git cannot merge them.
        """
        bases = self.git("merge-base", event.base, event.head, ok=(0, 1)).split()
        if not bases:
            return None
        before, base, head = (self.state(one) for one in (bases[0], event.base, event.head))
        if not (base.paths - before.paths - head.paths and head.paths - before.paths - base.paths):
            return None
        # 1: there are conflicts; the tree that is named first holds the files that merged cleanly.
        # 128: a clone without all contents lacks one that Git would have to merge.
        answer = self.git("merge-tree", "--write-tree", "-z", event.base, event.head, ok=(0, 1, 128))
        if not answer:
            return None
        tree, *told = answer.split("\0")
        merged = self.state(tree)
        stages = (line for line in told[: told.index("")] if "\t" in line)
        return Truth(
            has_text_conflict=any(is_migration(line.partition("\t")[2]) for line in stages),
            has_diverged=has_diverged(base, merged),
            migrations=len(merged.paths),
        )


def open_clone(path: Path, work: Path) -> Clone:
    """Make an empty bare repository in ``work`` that borrows the objects of a clone.

    Raises:
        subprocess.CalledProcessError: there is no repository at ``path``.
    """
    clone = Clone(path=path, work=work)
    work.mkdir(parents=True, exist_ok=True)
    clone.git("init", "--quiet", "--bare", ".")
    objects = clone.git("rev-parse", "--git-path", "objects", at=path).rstrip("\n")
    (work / "objects/info/alternates").write_text(f"{os.path.join(path, objects)}\n", encoding="utf-8")
    return clone


def find_events(clone: Clone) -> tuple[Event, ...]:
    """The merges of a clone's history whose sides may both have added migrations, the newest first.

    Several merges of the same two sets of additions are one event: the first that happened.
    """
    parents = _read_parents(clone)
    masks = _additions(parents, _find_adding(clone))
    seen: set[tuple[int, int]] = set()
    found: list[Event] = []
    for event in _candidates(clone, parents):
        base, head = masks.get(event.base, 0), masks.get(event.head, 0)
        sides = (base & ~head, head & ~base)
        if all(sides) and sides not in seen:
            seen.add(sides)
            found.append(event)
    return tuple(reversed(found))


def _read_parents(clone: Clone) -> dict[str, tuple[str, ...]]:
    """The parents of every commit, parents before children."""
    listed = clone.git("rev-list", "--all", "--topo-order", "--reverse", "--parents", at=clone.path)
    return {commit: tuple(rest) for commit, *rest in (line.split() for line in listed.splitlines())}


def _find_adding(clone: Clone) -> frozenset[str]:
    """The commits that add or rename a file that looks like a migration's."""
    listed = clone.git(
        *("log", "--all", "--no-merges", "--diff-filter=AR", "--name-only", "--format=\x01%H"),
        *("--", "*.sql", "*.py"),
        at=clone.path,
    )
    parted = (block.partition("\n") for block in listed.split("\x01")[1:])
    return frozenset(commit for commit, _, paths in parted if any(map(is_migration, paths.split("\n"))))


def _additions(parents: Mapping[str, tuple[str, ...]], adding: frozenset[str]) -> dict[str, int]:
    """For each commit the adding commits that it has in its history, as the bits of a number."""
    bits = {commit: 1 << number for number, commit in enumerate(c for c in parents if c in adding)}
    masks: dict[str, int] = {}
    for commit, before in parents.items():
        mask = bits.get(commit, 0)
        for parent in before:
            mask |= masks.get(parent, 0)
        masks[commit] = mask
    return masks


def _candidates(clone: Clone, parents: Mapping[str, tuple[str, ...]]) -> Iterator[Event]:
    pulls = _read_pulls(clone)
    subjects = clone.git("log", "--first-parent", "--format=%H %s", "HEAD", at=clone.path).splitlines()
    squashed = {}
    for line in subjects:
        commit, _, subject = line.partition(" ")
        number = _PULL.search(subject)
        if number and number[1] in pulls and len(parents.get(commit, ())) == 1:
            squashed[commit] = pulls[number[1]]
    for commit, before in parents.items():
        if commit in squashed:
            yield Event(commit=commit, base=before[0], head=squashed[commit], kind="pull")
        for other in before[1:]:
            yield Event(commit=commit, base=before[0], head=other, kind="merge")


def _read_pulls(clone: Clone) -> dict[str, str]:
    """The commit of each pull request's head, by its number, where the clone has them."""
    listed = clone.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/pull/*/head", at=clone.path)
    return {line.split("/")[2]: line.split(" ")[1] for line in listed.splitlines()}
