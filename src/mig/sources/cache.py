"""What files were found to say, kept by their content's key between runs."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import zlib
from typing import TYPE_CHECKING, Any

from mig import __version__
from mig.sources.base import Reading

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = 2


class ReadingCache:
    """Readings of one source's files, in one file under the repository's Git directory.

    The file can be deleted at any time.  It is not used when it was written by another version of
    the reader or of Python, is damaged, or cannot be read; where it cannot be written it is not.
    """

    def __init__(self, folder: Path | None, source: str, version: int) -> None:
        self._file = folder / f"readings-{source}.json" if folder else None
        # Python's own grammar decides what a Python file says.
        self._stamp = [_FORMAT, __version__, source, version, *sys.version_info[:2], *Reading._fields]
        self._rows = self._load()
        self._known: dict[str, Reading] = {}
        self._is_new = False

    def find(self, key: str) -> Reading | None:
        """The reading of the content with this key, if it is known; always the same object."""
        known = self._known.get(key)
        if known is None and (row := self._rows.get(key)) is not None:
            known = self._known[key] = Reading._make(row)
        return known

    def keep(self, key: str, reading: Reading) -> None:
        self._known[key] = reading
        self._is_new = True

    def save(self) -> None:
        """Write what is new, whole or not at all; a cache that cannot be written is no error."""
        if self._file is None or not self._is_new:
            return
        self._is_new = False
        rows = {**self._rows, **self._known}
        if len(rows) > 1000 + 4 * len(self._known):
            rows = dict(self._known)
        body = json.dumps({"stamp": self._stamp, "rows": rows}, separators=(",", ":")).encode()
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(exist_ok=True)
            write_whole(self._file, b"%08x\n" % zlib.crc32(body) + body)

    def _load(self) -> dict[str, Any]:  # rows are trusted because stamp and checksum fit
        if self._file is None:
            return {}
        try:
            data = self._file.read_bytes()
            body = data[9:]
            if data[:9] != b"%08x\n" % zlib.crc32(body):
                return {}
            stored = json.loads(body)
        except (OSError, ValueError):
            return {}
        rows: dict[str, Any] = stored["rows"] if stored["stamp"] == self._stamp else {}
        return rows


def write_whole(file: Path, data: bytes) -> None:
    """Write a file so that others see the old one or the new one, and nothing between.

    Raises:
        OSError: it cannot be written.
    """
    import tempfile

    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        os.replace(temporary, file)
    except OSError:
        os.unlink(temporary)
        raise
