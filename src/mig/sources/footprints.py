"""What migrations do, and which words they hold, kept by their content's key between runs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mig
from mig.effects.footprint import Access, Effect, Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_FORMAT = 2
_READERS = ("effects", "sources", "sources/django", "sources/python", "sqltext")
_HEADER = re.compile(rb"mig-footprints ([0-9a-f]{16}) (\d{1,12}) ([0-9a-f]{8})\n")
_ASKED = "asked "
_MAX_BYTES = 64 * 1024 * 1024
_NO_WORD = bytes(sign if chr(sign).isalnum() or sign == 0x5F else 0x20 for sign in range(0x80)) + bytes(0x80)
_WORD = re.compile(r"\w+")


class FootprintCache:
    """The words and the operations of one source's files, in one file under the repository's Git directory.

    Each run that has read something new adds a block to the file, with one line for each content: its
    key, its words, its operations.  A block says by a stamp who wrote it, and has a checksum.  What
    another version wrote, or what is damaged, is not used, and the file is written anew; so it is when
    it becomes too large.  It can be deleted at any time, and where it cannot be written it is not.

    Args:
        folder: where the file lies; None: nothing is kept.
        source: the name of the source, whose ``version`` says how it reads.
        version: see ``Source.version``.
        dialect: the SQL dialect that the files are read in.
        harmless: the names whose calls in Python touch no database.
        values: what stands for ``${name}`` in SQL files, as far as that is known; None: they are read as
            they are.
    """

    def __init__(
        self,
        folder: Path | None,
        source: str,
        version: int,
        dialect: str,
        harmless: frozenset[str] = frozenset(),
        values: Mapping[str, str] | None = None,
    ) -> None:
        self.values = values
        self._file = folder / f"footprints-{source}-{dialect}" if folder else None
        given = () if values is None else ("variables", *(f"{k}={v}" for k, v in sorted(values.items())))
        self._stamp = _make_stamp(source, version, dialect, *sorted(harmless), *given)
        self._words: dict[str, bytes] = {}
        self._rows: dict[str, bytes] = {}
        self._used: set[str] = set()
        self._new: set[str] = set()
        self._is_whole = True
        self._size = 0
        self._load()

    @property
    def known_words(self) -> Mapping[str, bytes]:
        """By key, the words of a content: in lower case, with a space around each."""
        return self._words

    def use(self, keys: Iterable[str]) -> None:
        """Say which contents are needed, and stay when the file is written anew."""
        for key in keys:
            self._used.update((key, f"{_ASKED}{key}"))

    def asked(self, key: str) -> tuple[str, ...]:
        """What was asked for by name when something was read, and may be answered otherwise now."""
        found = self._words.get(f"{_ASKED}{key}", b"")
        return tuple(found.decode().split())

    def keep_asked(self, key: str, names: Sequence[str]) -> None:
        before = self.asked(key)
        if names or before:
            # Names stay: the more are asked for, the fewer are taken for the same.
            self._words[f"{_ASKED}{key}"] = " ".join(sorted({*before, *names})).encode()
            self._new.add(f"{_ASKED}{key}")

    def keep_words(self, key: str, words: bytes) -> None:
        self._words[key] = words
        self._new.add(key)

    def operations(self, key: str) -> tuple[Operation, ...] | None:
        """What the content with this key does, if it is known."""
        row = self._rows.get(key)
        if row is None:
            return None
        try:
            return tuple(_read_operation(one) for one in json.loads(row))
        except (ValueError, TypeError, LookupError):
            return None

    def keep_operations(self, key: str, operations: Sequence[Operation]) -> None:
        rows = [_write_operation(one) for one in operations]
        self._rows[key] = json.dumps(rows, separators=(",", ":")).encode("ascii")
        self._new.add(key)

    def save(self) -> None:
        """Add what is new to the file; a cache that cannot be written is no error."""
        file = self._file
        if file is None or not self._new:
            return
        block = self._make_block(self._new)
        with contextlib.suppress(OSError):
            file.parent.mkdir(exist_ok=True)
            if self._is_whole and self._size + len(block) <= _MAX_BYTES:
                self._append(file, block)
            else:
                self._replace(file)
        self._new.clear()

    def _append(self, file: Path, block: bytes) -> None:
        # One write to the end: blocks of runs at the same time come one after the other.
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            written = os.write(descriptor, block)
        finally:
            os.close(descriptor)
        self._is_whole = written == len(block)
        self._size += written

    def _replace(self, file: Path) -> None:
        """Write the file anew, with what this run has used."""
        from mig.sources.cache import write_whole

        block = self._make_block((self._used | self._new) & (self._words.keys() | self._rows.keys()))
        if len(block) <= _MAX_BYTES:
            write_whole(file, block)
            self._size, self._is_whole = len(block), True

    def _make_block(self, keys: set[str]) -> bytes:
        rows, words = self._rows, self._words
        lines = (b"%b\t%b\t%b\n" % (k.encode(), words.get(k, b""), rows.get(k, b"")) for k in sorted(keys))
        body = b"".join(lines)
        return b"mig-footprints %b %d %08x\n" % (self._stamp, len(body), zlib.crc32(body)) + body

    def _load(self) -> None:
        if self._file is None:
            return
        try:
            data = self._file.read_bytes() if self._file.stat().st_size <= 2 * _MAX_BYTES else b"\0"
        except OSError:
            return
        self._size = len(data)
        for body in self._read_blocks(data):
            for line in body.split(b"\n")[:-1]:
                key, words, row = line.split(b"\t")
                name = key.decode()
                if words:
                    self._words[name] = words
                if row:
                    self._rows[name] = row

    def _read_blocks(self, data: bytes) -> Iterator[bytes]:
        """The bodies of the blocks up to the first that is damaged or not ours."""
        at = 0
        while at < len(data):
            header = _HEADER.match(data, at)
            self._is_whole = False
            if header is None or header[1] != self._stamp:
                return
            at = header.end() + int(header[2])
            body = data[header.end() : at]
            if b"%08x" % zlib.crc32(body) != header[3]:
                return
            self._is_whole = True
            yield body


def find_words(data: bytes) -> bytes:
    """The words of a file, each once, in lower case with a space around each."""
    if data.isascii():
        words = dict.fromkeys(data.lower().translate(_NO_WORD).split())
    else:
        text = data.decode("utf-8", "replace").lower()
        words = dict.fromkeys(word.encode() for word in _WORD.findall(text))
    return b" %b " % b" ".join(words)


def _make_stamp(*given: str | int) -> bytes:
    """What tells readers apart that may read one file differently."""
    parts = [_FORMAT, mig.__version__, given, *sys.version_info[:2], *_read_stats()]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16].encode()


def _read_stats() -> list[tuple[str, int, int]]:
    """The readers' files with their sizes and times: a checkout of mig changes without a new version."""
    package, found = Path(mig.__file__).parent, []
    for folder in _READERS:
        with contextlib.suppress(OSError), os.scandir(package / folder) as listing:
            for item in listing:
                if item.name.endswith(".py"):
                    stat = item.stat()
                    found.append((f"{folder}/{item.name}", stat.st_size, stat.st_mtime_ns))
    return sorted(found)


def _write_operation(operation: Operation) -> list[Any]:  # JSON
    effects = [_write_effect(effect) for effect in operation.effects]
    return [
        operation.kind,
        operation.text,
        operation.line,
        operation.column,
        operation.opaque,
        operation.is_conditional,
        effects,
    ]


def _write_effect(effect: Effect) -> list[str]:
    row = [
        effect.resource,
        effect.access.value,
        effect.aspect,
        effect.detail,
        effect.renamed_to,
        effect.renamed_from,
        effect.implicit,
        effect.spared,
    ]
    while not row[-1]:
        row.pop()
    return row


def _read_operation(row: Sequence[Any]) -> Operation:  # trusted because stamp and checksum fit
    kind, text, line, column, opaque, is_conditional, effects = row
    return Operation(
        kind=kind,
        text=text,
        line=line,
        column=column,
        opaque=opaque,
        is_conditional=is_conditional,
        effects=tuple(_read_effect(effect) for effect in effects),
    )


_ACCESS: Mapping[str, Access] = {access.value: access for access in Access}


def _read_effect(row: Sequence[str]) -> Effect:
    resource, access, aspect, detail, renamed_to, renamed_from, implicit, spared = (
        *row,
        *_EMPTY[len(row) :],
    )
    return Effect(
        resource=resource,
        access=_ACCESS[access],
        aspect=aspect,
        detail=detail,
        renamed_to=renamed_to,
        renamed_from=renamed_from,
        implicit=implicit,
        spared=spared,
    )


_EMPTY = ("",) * 8
