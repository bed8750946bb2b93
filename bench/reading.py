#!/usr/bin/env python3
"""Tell how many migrations of real repositories are read whole, and what keeps the rest from it."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mig.errors import MigError
from mig.graph.dag import build_graph
from mig.usecases.meaning import Meaning
from mig.usecases.project import open_project

if TYPE_CHECKING:
    from collections.abc import Sequence

_CAUSES = 5
_NAMES = re.compile(r"(?<=calls )[\w.()]+|(?<=parameter )\w+|(?<=op\.)\w+|(?<=what )[\w.]+(?= gives)|\d+")


@dataclass(slots=True, kw_only=True)
class Figures:
    """What reading one repository gave; ``causes`` counts migrations, ``examples`` name a place of each."""

    name: str
    commit: str = ""
    total: int = 0
    whole: int = 0
    operations: int = 0
    seconds: float = 0.0
    causes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    @property
    def share(self) -> float:
        return 100 * self.whole / self.total if self.total else 100.0


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="clones of Git repositories")
    parser.add_argument("--at", default="HEAD", help="the commit to read (default HEAD)")
    parser.add_argument("--dialect", default="", help="how SQL is read (default: as configured)")
    parser.add_argument(
        "--all", action="store_true", help="all causes and the places of each, not the commonest"
    )
    args = parser.parse_args(argv)
    try:
        found = [measure(path, args.at, args.dialect, every=args.all) for path in args.paths]
    except MigError as error:
        print(f"reading: {error.message}", file=sys.stderr)
        return 1
    print(render(found, _CAUSES if not args.all else None))
    return 0


def measure(path: Path, at: str, dialect: str, *, every: bool = False) -> Figures:
    """Read all migrations of a repository.

    Raises:
        MigError: there is no such commit, or nothing that was recognised.
    """
    project = open_project(path, elsewhere=True)
    tree = project.tree(at)
    snapshot = project.snapshot(at)
    figures = Figures(name=path.resolve().name, commit=snapshot.commit[:12])
    start = time.perf_counter()
    for lineage in snapshot.lineages:
        graph = build_graph(lineage.migrations)
        meaning = Meaning(
            graph, lineage.lineage, dialect or project.config.sql_dialect, (tree,), project.config.harmless
        )
        for migration in lineage.migrations:
            operations = meaning.footprint(migration.id).operations
            unread = {
                cause_of(o.opaque): f"{migration.path}:{o.line} {o.opaque}" for o in operations if o.opaque
            }
            figures.total += 1
            figures.whole += not unread
            figures.operations += len(operations)
            figures.causes.update(unread.keys())
            for cause, example in unread.items():
                before = figures.examples.get(cause)
                figures.examples[cause] = f"{before}<br>{example}" if before and every else before or example
    figures.seconds = time.perf_counter() - start
    return figures


def cause_of(reason: str) -> str:
    """A reason without the names in it, so that like ones are counted together."""
    return _NAMES.sub("...", reason.partition("; ")[0])


def render(found: Sequence[Figures], most: int | None) -> str:
    """The figures as Markdown."""
    lines = [
        "| repository | commit | migrations | operations | read whole | ms each |",
        "| --- | --- | --: | --: | --: | --: |",
    ]
    for one in found:
        each = 1000 * one.seconds / max(one.total, 1)
        lines.append(
            f"| {one.name} | `{one.commit}` | {one.total:,} | {one.operations:,} "
            f"| {one.share:.1f} % | {each:.1f} |"
        )
    lines += ["", "| repository | migrations | cause | for instance |", "| --- | --: | --- | --- |"]
    for one in found:
        for cause, count in one.causes.most_common(most):
            example = one.examples[cause].replace("|", "\\|")
            lines.append(f"| {one.name} | {count} | {cause} | {example} |")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
