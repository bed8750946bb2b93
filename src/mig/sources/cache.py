"""What files were found to say, kept by their content's key between runs."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from typing import TYPE_CHECKING

from mig.sources.base import Reading

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = 1


class ReadingCache:
    """Readings of one source's files, in one file under the repository's Git directory.

    The file can be deleted at any time.  It is not used when it was written by another version of
    the reader, is damaged, or cannot be read; it is never written to a place that is not writable.
    """

    def __init__(self, folder: Path | None, source: str, version: int) -> None:
        self._file = folder / f"readings-{source}.json" if folder else None
        self._stamp = [_FORMAT, source, version]
        self._rows = self._load()
        self._known: dict[str, Reading] = {}
        self._new: dict[str, Reading] = {}

    def find(self, key: str) -> Reading | None:
        """The reading of the content with this key, if it is known."""
        known = self._known.get(key)
        if known is None and (row := self._rows.get(key)) is not None:
            # One object for one content: comparing two trees then compares identities.
            known = self._known[key] = Reading(*row)
        return known

    def keep(self, key: str, reading: Reading) -> None:
        self._new[key] = self._known[key] = reading

    def save(self) -> None:
        """Write what is new, whole or not at all; a cache that cannot be written is no error."""
        if self._file is None or not self._new:
            return
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(self._file, json.dumps({"stamp": self._stamp, "rows": {**self._rows, **self._new}}))
        self._new = {}

    def _load(self) -> dict[str, list[object]]:
        if self._file is None:
            return {}
        try:
            stored = json.loads(self._file.read_bytes())
            return stored["rows"] if stored["stamp"] == self._stamp else {}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {}


def _write_whole(file: Path, text: str) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(text)
        os.replace(temporary, file)
    except OSError:
        os.unlink(temporary)
        raise
