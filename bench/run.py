#!/usr/bin/env python3
"""Measure mig against alembic and against its floor, in one run, and print the medians."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from branches import BRANCHES, RECENT, build_branch_cases
from branches import TRUNK as TRUNK_OF_BRANCHES
from machine import describe_load, describe_machine
from measure import BenchError, measure, sealed
from results import Row, find_side_targets, find_targets, render_markdown, render_table, summarise
from scenario import build_cases, build_scenario
from sides import NEW, TRUNK, build_side_cases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SIZES = (100, 1_000, 10_000)
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", help=f"migrations (default {SIZES})")
    parser.add_argument("-n", "--rounds", type=int, help="runs of each command (default 7)")
    parser.add_argument("--quick", action="store_true", help="sizes 100 and 1000, 3 rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help="put the tables into this page, between its marks"
    )
    parser.add_argument("--radar", action="store_true", help="only mig radar, on hundreds of branches")
    args = parser.parse_args(argv)
    sizes = args.sizes or (SIZES[:2] if args.quick else SIZES)
    rounds = args.rounds or (3 if args.quick else 7)
    if min(sizes) < 20 or rounds < 1:
        parser.error("a size of at least 20 and one round")
    page = args.write.read_text(encoding="utf-8") if args.write else f"{BEGIN}{END}"
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        parser.error(f"{args.write} has no {BEGIN} and {END}")

    if args.radar:
        return measure_radar(max(args.sizes or (TRUNK_OF_BRANCHES,)), args.rounds or 3)
    about = {**describe_machine(), "load before": describe_load(), "runs of each": str(rounds)}
    try:
        tables = {size: measure_size(size, rounds) for size in sorted(set(sizes))}
        sides = measure_sides(rounds)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    about["load after"] = describe_load()
    report = render_report(about, tables, sides)
    print(report)
    if args.json:
        args.json.write_text(render_json(about, tables, sides), encoding="utf-8")
    if args.write:
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        args.write.write_text(f"{before}{BEGIN}\n{report}\n{END}{after}", encoding="utf-8")
    return 0


def measure_size(size: int, rounds: int) -> list[Row]:
    """All cases at one size, in repositories that are gone afterwards."""
    print(f"{size:,} migrations ", end="", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="mig-bench-") as folder:
        work = Path(os.path.realpath(folder))
        environment = sealed(work)
        cases = build_cases(build_scenario(work, size, environment))
        samples = measure(cases, rounds, environment, work)
    return [summarise(case.name, taken) for case, taken in zip(cases, samples, strict=True)]


def measure_sides(rounds: int) -> list[Row]:
    """Two branches with many new migrations each, whatever the size of the rest."""
    print(f"{NEW} against {NEW} ", end="", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="mig-bench-") as folder:
        work = Path(os.path.realpath(folder))
        environment = sealed(work)
        cases = build_side_cases(work, environment)
        samples = measure(cases, rounds, environment, work)
    return [summarise(case.name, taken) for case, taken in zip(cases, samples, strict=True)]


def measure_radar(size: int, rounds: int) -> int:
    """``mig radar`` on this many migrations; printed, and in no page."""
    about = {**describe_machine(), "load before": describe_load(), "runs of each": str(rounds)}
    with tempfile.TemporaryDirectory(prefix="mig-bench-") as folder:
        work = Path(os.path.realpath(folder))
        environment = sealed(work)
        cases = build_branch_cases(work, environment, size)
        samples = measure(cases, rounds, environment, work)
    rows = [summarise(case.name, taken) for case, taken in zip(cases, samples, strict=True)]
    about["load after"] = describe_load()
    print("; ".join(f"{word}: {value}" for word, value in about.items()))
    print(f"\n### {BRANCHES} open branches on {size + RECENT:,} migrations\n\n{render_table(rows)}")
    return 0


def render_report(about: Mapping[str, str], tables: Mapping[int, Sequence[Row]], sides: Sequence[Row]) -> str:
    """The machine, one table a size, and the targets, as Markdown."""
    parts = ["; ".join(f"{word}: {value}" for word, value in about.items()) + "."]
    for size, rows in tables.items():
        parts += [f"### {size:,} migrations", render_table(rows)]
    parts += [f"### {NEW} new migrations against {NEW}, on a trunk of {TRUNK}", render_table(sides)]
    found = [*find_targets(tables), *find_side_targets(sides)]
    targets = [(t.promise, t.measured, "yes" if t.met else "no") for t in found]
    parts += ["### Targets, set for 10,000 migrations", render_markdown([("", "measured", "met"), *targets])]
    return "\n\n".join(parts)


def render_json(about: Mapping[str, str], tables: Mapping[int, Sequence[Row]], sides: Sequence[Row]) -> str:
    sizes = {str(size): [dataclasses.asdict(row) for row in rows] for size, rows in tables.items()}
    found = [*find_targets(tables), *find_side_targets(sides)]
    targets = [dataclasses.asdict(target) for target in found]
    both = [dataclasses.asdict(row) for row in sides]
    return (
        json.dumps(
            {"version": 1, "machine": about, "sizes": sizes, "sides": both, "targets": targets}, indent=1
        )
        + "\n"
    )


if __name__ == "__main__":
    sys.exit(main())
