"""What the databases said about each pair, as a text file that Git can compare.

One line for each operation with the digest of its text, then one line for each operation and kind of conflict
with the operations that it conflicts with in that way.  A pair that is in no line commutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = Path(__file__).parent / "truth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is known of one database.

    ``operations`` maps those of which every pair is known to their digests, ``conflicts`` a pair to its kind.
    """

    database: str
    version: str = ""
    base: str = ""
    operations: dict[str, str] = field(default_factory=dict)
    conflicts: dict[tuple[str, str], str] = field(default_factory=dict)

    def kind(self, a: str, b: str) -> str:
        """Why two operations do not commute; empty where they do.

        Raises:
            KeyError: an operation is not known.
        """
        _ = self.operations[a], self.operations[b]
        return self.conflicts.get(pair(a, b), "")

    def keep(self, version: str, base: str, digests: Mapping[str, str]) -> Truth:
        """What is still true of a corpus: nothing where the base has changed."""
        kept = {
            name: digest
            for name, digest in self.operations.items()
            if digests.get(name) == digest and self.base == base
        }
        conflicts = {names: kind for names, kind in self.conflicts.items() if set(names) <= kept.keys()}
        return Truth(database=self.database, version=version, base=base, operations=kept, conflicts=conflicts)


def pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a <= b else (b, a)


def read_truth(database: str) -> Truth:
    """The truth as last written; empty where there is none."""
    file = _file(database)
    if not file.exists():
        return Truth(database=database)
    first, *lines = file.read_text(encoding="utf-8").splitlines()
    version, _, base = first.rpartition(" base ")
    truth = Truth(database=database, version=version.removeprefix(f"{database} "), base=base)
    for line in lines:
        name, kind, *others = line.split()
        if name == "op":
            truth.operations[kind] = others[0]
        else:
            truth.conflicts.update({pair(name, other): kind for other in others})
    return truth


def write_truth(truth: Truth) -> None:
    grouped: dict[tuple[str, str], list[str]] = {}
    for (a, b), kind in sorted(truth.conflicts.items()):
        grouped.setdefault((a, kind), []).append(b)
    lines = [f"{truth.database} {truth.version} base {truth.base}"]
    lines += [f"op {name} {digest}" for name, digest in sorted(truth.operations.items())]
    lines += [" ".join((name, kind, *others)) for (name, kind), others in sorted(grouped.items())]
    file = _file(truth.database)
    file.parent.mkdir(exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text("\n".join(lines) + "\n", encoding="utf-8")
    new.replace(file)


def _file(database: str) -> Path:
    return _FOLDER / f"{database}.txt"
