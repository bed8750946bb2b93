"""Finds the places of a working tree that name something."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from mig.git.repo import Repo

_AT_ONCE = 200
# Whatever the configuration says of how matches are shown.
_FORM = (
    *("--fixed-strings", "--word-regexp", "--only-matching", "--line-number", "--no-column", "--no-color"),
    *("--full-name", "--null", "-I"),
)


class Mention(NamedTuple):
    """A line of a tracked file that holds a name as a word of its own."""

    name: str
    path: str
    line: int


def find_mentions(repo: Repo, names: Collection[str]) -> tuple[Mention, ...]:
    """Where tracked files hold one of the names, by path and line; binary files are passed over."""
    found: set[Mention] = set()
    ordered = sorted(names)
    for at in range(0, len(ordered), _AT_ONCE):
        chosen = [option for name in ordered[at : at + _AT_ONCE] for option in ("-e", name)]
        # Status 1 says that there is none; where Git cannot read them all, what it has read is told.
        output = repo.run("grep", *_FORM, *chosen, "--", ":/", ok=(0, 1, 128))
        for record in output.decode("utf-8", "surrogateescape").split("\n"):
            path, _, rest = record.partition("\0")
            line, _, name = rest.partition("\0")
            if line.isdigit() and name in names:
                found.add(Mention(name, path, int(line)))
    return tuple(sorted(found, key=lambda one: (one.path, one.line, one.name)))
