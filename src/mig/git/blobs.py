"""Reads a few blobs at a time through Git processes that stay, where one for each would take longer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from mig.git.process import Running

# So many ids fit into the pipe of any system at once, and so nobody waits for anybody.
_MOST = 32
_MOST_BYTES = 4 * 1024 * 1024
_ID = re.compile(r"[0-9a-f]{40,64}\Z")
_CHECK = ("cat-file", "--batch-check=%(objecttype) %(objectsize)")
_READ = ("cat-file", "--batch")


class BlobSession:
    """Two processes of ``git cat-file``, one that tells sizes and one that gives contents.

    Each is started by the first question, and both are ended when the session is.  What has no plain
    answer (a blob that is missing, a process that has ended) has none here; who asks asks otherwise then.

    Args:
        start: starts Git in the repository with some arguments; see ``Repo.start``.
    """

    def __init__(self, start: Callable[..., Running]) -> None:
        self._start = start
        self._running: dict[tuple[str, ...], Running] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._running:
            self._running.popitem()[1].stop()

    def sizes(self, blobs: Sequence[str]) -> list[int] | None:
        """The sizes of a few blobs in bytes."""
        if not 0 < len(blobs) <= _MOST or not all(map(_ID.match, blobs)):
            return None
        told = [line.split() for line, _ in self._ask(_CHECK, blobs, [0] * len(blobs))]
        if len(told) < len(blobs) or any(len(words) != 2 or words[0] != b"blob" for words in told):
            self._end(_CHECK)
            return None
        return [int(size) for _, size in told]

    def contents(self, blobs: Sequence[tuple[str, int]]) -> list[bytes] | None:
        """The contents of a few blobs, given with their sizes in bytes."""
        if not 0 < len(blobs) <= _MOST or sum(size for _, size in blobs) > _MOST_BYTES:
            return None
        # Each content has a line break behind it.
        found = self._ask(_READ, [blob for blob, _ in blobs], [size + 1 for _, size in blobs])
        due = [(b"%b blob %d\n" % (blob.encode(), size), size) for blob, size in blobs]
        if [(header, len(data) - 1) for header, data in found] != due:
            self._end(_READ)
            return None
        return [data[:-1] for _, data in found]

    def _ask(
        self, how: tuple[str, ...], blobs: Sequence[str], sizes: Sequence[int]
    ) -> list[tuple[bytes, bytes]]:
        """A line for each blob, and as many bytes behind it; nothing where Git has ended."""
        if how not in self._running:
            # A blob that git replace puts in another's place would be remembered under a wrong name.
            self._running[how] = self._start("--no-replace-objects", *how, feed=True)
        try:
            answer = self._running[how].ask("".join(f"{blob}\n" for blob in blobs).encode())
            return [(answer.readline(), answer.read(size)) for size in sizes]
        except OSError:
            return []

    def _end(self, how: tuple[str, ...]) -> None:
        """End a process that has not answered as it should; what else it says belongs to no question."""
        self._running.pop(how).stop()
