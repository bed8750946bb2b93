"""Tenants, and the lists that name them; read one by one, as there may be very many."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_LINE = re.compile(r"(\S+)\s+(\S+)")
_HOW = "each line holds a name and a URL; URLs may be env:NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One database, or one schema of a database.

    ``url`` is as it was given: it may be ``env:NAME``, which is looked up where the work is done.
    ``schemas`` is the search path to use there, the tenant's own schema first.
    """

    name: str
    url: str = field(repr=False)  # shown by tracebacks and by the pages of a cluster
    schemas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenants:
    """A list of tenants that is read whenever it is asked for; ``once``: only one time, as from a pipe."""

    label: str
    read: Callable[[], Iterator[Tenant]]
    once: bool = False

    def count(self) -> int | None:
        """How many there are, None where that cannot be known; all of them are looked at for mistakes.

        Raises:
            ConfigError: the list is wrong.
        """
        return None if self.once else sum(1 for _ in self.read())


def tenants_of_file(path: Path, label: str) -> Tenants:
    """The tenants that a file names: TOML, CSV, or lines.

    Raises:
        ConfigError: there is no such file.
    """
    if not path.is_file():
        hint = "name a file, - for standard input, query:SQL or schemas:PATTERN"
        raise ConfigError(f"{label}: there is no such file", hint=hint)

    def read() -> Iterator[Tenant]:
        try:
            if path.suffix.lower() == ".toml":
                yield from _read_toml(path.read_text(encoding="utf-8"), label)
                return
            with path.open(encoding="utf-8", newline="") as stream:
                read_stream = read_csv if path.suffix.lower() == ".csv" else read_lines
                yield from read_stream(stream, label)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", "") or "it is not UTF-8"
            raise ConfigError(f"{label} cannot be read: {reason}", hint=_HOW) from None

    return Tenants(label=label, read=read)


def read_lines(stream: Iterable[str], label: str) -> Iterator[Tenant]:
    """A name and a URL on each line; empty lines and those that begin with ``#`` do not count.

    Raises:
        ConfigError: a line is something else.
    """
    for number, line in enumerate(stream, 1):
        text = line.strip()
        if text and not text.startswith("#"):
            found = _LINE.fullmatch(text)
            if found is None:  # not shown: it may hold a password
                raise ConfigError(f"{label}:{number}: no name and URL", hint=_HOW)
            yield Tenant(name=found[1], url=found[2])


def read_csv(stream: Iterable[str], label: str) -> Iterator[Tenant]:
    """The columns ``name`` and ``url`` of a CSV file with a header.

    Raises:
        ConfigError: a column is missing, or a row has no value there.
    """
    rows = csv.DictReader(stream)
    if not {"name", "url"} <= {*(rows.fieldnames or ())}:
        raise ConfigError(f"{label}:1: no columns name and url", hint="the first line names the columns")
    for row in rows:
        if not row["name"] or not row["url"]:
            raise ConfigError(f"{label}:{rows.line_num}: no name or no url", hint=_HOW)
        yield Tenant(name=row["name"], url=row["url"])


def _read_toml(text: str, label: str) -> Iterator[Tenant]:
    import tomllib

    hint = '[tenants] with NAME = "URL" on each line'
    try:
        named = tomllib.loads(text).get("tenants")
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{label}: {error}", hint=hint) from None
    if not isinstance(named, dict):
        raise ConfigError(f"{label}: no table tenants", hint=hint)
    for name, url in named.items():
        if not isinstance(url, str):
            raise ConfigError(f"{label}: the URL of {name} is no text", hint=hint)
        yield Tenant(name=name, url=url)
