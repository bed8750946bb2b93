"""``--format NAME`` and ``--format NAME=FILE``: one check in several formats at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from mig.cli._options import FORMATS
from mig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One format and the file that it goes to; no ``path``: standard output."""

    format: str
    path: str = ""

    def write(self, text: str) -> None:
        """Write the file, in place: it may be a pipe or a link that somebody has made for it.

        Raises:
            UsageError: it cannot be written.
        """
        try:
            with open(self.path, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            hint = "the folder must exist and be writable"
            raise UsageError(f"{self.path} cannot be written: {error.strerror}", hint=hint) from None


def output_of(value: str) -> Output:
    """A value of ``--format`` of a command that can write several.

    Raises:
        click.BadParameter: there is no such format.
    """
    name, mark, path = value.partition("=")
    if name not in FORMATS:
        import difflib

        near = difflib.get_close_matches(name, FORMATS, n=1)
        meant = f"did you mean {near[0]}?" if near else f"the formats are {', '.join(FORMATS)}"
        raise click.BadParameter(f"there is no format {name!r}; {meant}")
    if mark and (not path or name == "rich"):
        raise click.BadParameter(f"{value!r} names no file that this format could go to")
    return Output(format=name, path="" if path == "-" else path)


def refuse_two(outputs: Sequence[Output]) -> None:
    """See that at most one format goes to standard output, and no file is named twice.

    Raises:
        UsageError: two go to one place.
    """
    places = [os.path.abspath(output.path) if output.path else "" for output in outputs]
    for output, place in zip(outputs, places, strict=True):
        if places.count(place) > 1:
            where = output.path or "standard output"
            raise UsageError(
                f"two formats go to {where}", hint="give each a file of its own: --format sarif=mig.sarif"
            )
