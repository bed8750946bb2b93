"""A repository in the mig layout: one commit a migration, one Git branch a branch of the graph."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from corpus.layouts import AUTHOR, mig_path, mig_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from corpus.history import Corpus, Migration


def write_git(root: Path, corpus: Corpus) -> None:
    """A repository in the ``mig`` layout whose commits have the graph's shape.

    ``main`` holds what is merged and is checked out; branches that were left
    open stay on Git branches of their own.
    """
    root.mkdir(parents=True, exist_ok=True)
    git = ["git", "-C", str(root)]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "fast-import", "--quiet", "--force"], input=b"".join(_commits(corpus)), check=True)
    subprocess.run([*git, "reset", "--quiet", "--hard", "main"], check=True)


def _commits(corpus: Corpus) -> Iterator[bytes]:
    marks: dict[str, int] = {}
    for m in corpus.migrations:
        text = mig_text(m).encode()
        who = f"{AUTHOR} {int(m.time.timestamp())} +0000"
        yield f"commit refs/heads/{m.branch}\nmark :{m.serial}\ncommitter {who}\n".encode()
        yield f"data {len(m.slug)}\n{m.slug}\n".encode()
        first, *rest = [marks[parent] for parent in m.parents if parent in marks] or [0]
        if first:
            yield f"from :{first}\n".encode()
        yield from (f"merge :{mark}\n".encode() for mark in rest)
        # A merge commit has the tree of its first parent until told otherwise.
        for other in _merged_in(corpus, m):
            yield _file(other, mig_text(other).encode())
        yield _file(m, text)
        yield b"\n"
        marks[m.id] = m.serial


def _file(m: Migration, text: bytes) -> bytes:
    return f"M 100644 inline {mig_path(m)}\ndata {len(text)}\n".encode() + text + b"\n"


def _merged_in(corpus: Corpus, m: Migration) -> Iterator[Migration]:
    """The migrations that a merge brings in through its second and later parents."""
    for tip in corpus.parents(m)[1:]:
        parent = tip
        while parent.branch == tip.branch:
            yield parent
            parent = corpus.by_id[parent.parents[0]]
