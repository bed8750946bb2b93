#!/usr/bin/env python3
"""Generate one migration history and write it in the layouts of several tools.

The history is a directed acyclic graph: a trunk from which, once in every
``--period`` migrations, a few parallel branches fork and are joined again by
a merge migration.  The same seed and size always give the same bytes, so a
timing taken on one machine can be repeated on another, and a measurement of
one tool is about the same graph and the same SQL as that of the next.

    gen_corpus.py OUT --size 1000 --format mig --format alembic
    gen_corpus.py OUT --size 1000 --format mig --git --open 2
    gen_corpus.py OUT --size 100  --format mig --defect cycle

Every format goes to ``OUT/<format>``; ``OUT/graph.json`` holds the plain
graph, for tests that want to know the right answer without parsing a layout.

The SQL is the common part of SQLite (3.35 or newer) and PostgreSQL, so every
history applies to both, in any topological order: parallel branches never
touch the same table unless ``--defect`` asks for it.  The standard library is
all that is needed.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.git import write_git
from corpus.history import DEFECTS, Corpus, build
from corpus.layouts import (
    write_dbmate,
    write_flyway,
    write_goose,
    write_liquibase,
    write_mig,
    write_rails,
    write_sqitch,
    write_yoyo,
)
from corpus.python_layouts import write_alembic, write_django

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from corpus.layouts import Files

FORMATS: dict[str, Callable[[Corpus], Files]] = {
    "mig": write_mig,
    "alembic": write_alembic,
    "django": write_django,
    "sqitch": write_sqitch,
    "yoyo": write_yoyo,
    "dbmate": write_dbmate,
    "flyway": write_flyway,
    "goose": write_goose,
    "liquibase": write_liquibase,
    "rails": write_rails,
}


def graph_json(corpus: Corpus) -> str:
    nodes = [
        {
            "serial": m.serial,
            "id": m.id,
            "slug": m.slug,
            "parents": list(m.parents),
            "branch": m.branch,
            "up": m.up(),
            "down": m.down(),
        }
        for m in corpus.migrations
    ]
    return json.dumps({"heads": corpus.heads(), "migrations": nodes}, indent=1) + "\n"


def write_tree(root: Path, files: Files) -> None:
    made: set[Path] = set()
    for name, text in files:
        path = root / name
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_text(text, encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder to write to; made if need be")
    parser.add_argument("--size", type=int, default=100, help="merged migrations (default 100)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--width", type=int, default=3, help="most parallel branches (1: a chain)")
    parser.add_argument("--period", type=int, default=20, help="one fork and merge in this many")
    parser.add_argument("--open", type=int, default=0, metavar="K", help="branches left unmerged")
    parser.add_argument("--defect", choices=DEFECTS, default="", help="one thing to get wrong")
    parser.add_argument("--format", action="append", choices=FORMATS, help="repeatable (default: all)")
    parser.add_argument("--git", action="store_true", help="also OUT/git, a repository in the mig layout")
    args = parser.parse_args(argv)
    if args.size < 1:
        parser.error("--size must be at least 1")
    if args.git and args.defect in ("cycle", "dangling-parent", "duplicate-id"):
        parser.error("--git needs a graph that commits can follow: not this defect")

    corpus = build(args.size, args.seed, args.width, args.period, args.open, args.defect)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "graph.json").write_text(graph_json(corpus), encoding="utf-8")
    for name in args.format or FORMATS:
        write_tree(args.out / name, FORMATS[name](corpus))
    if args.git:
        write_git(args.out / "git", corpus)
    merges = sum(len(m.parents) > 1 for m in corpus.migrations)
    print(
        f"{len(corpus.migrations)} migrations, {merges} merges, {len(corpus.tables)} tables, "
        f"{len(corpus.heads())} heads"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
