#!/usr/bin/env python3
"""Measure applying migrations on PostgreSQL: mig, its peers, the driver alone, and fleets, in one run."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.append(str(Path(__file__).parents[1]))  # where the tests' servers are

from machine import describe_load, describe_machine
from measure import BenchError, measure, sealed
from results import Target, render_markdown, summarise
from runner_cases import (
    APPLY,
    FLEET,
    FLEET_FLOOR,
    NOTHING,
    OURS,
    SCHEMAS,
    Peers,
    Server,
    build_fleet_cases,
    build_run_cases,
    install_peers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from measure import Case
    from results import Row

BEGIN, END = "<!-- runner:begin -->", "<!-- runner:end -->"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows, and how many times the floor of the same round each of them took."""

    title: str
    rows: Sequence[Row]
    ratios: Mapping[str, float]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000, help="migrations (default 1000)")
    parser.add_argument(
        "--fleet", type=int, default=1_000, help="databases and schemas (default 1000; 0: none)"
    )
    parser.add_argument("-n", "--rounds", type=int, default=5, help="runs of each command (default 5)")
    parser.add_argument("--url", help="a server to measure on, such as postgresql://postgres@127.0.0.1/")
    parser.add_argument("--no-peers", action="store_true", help="measure mig and the floor only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into this page")
    args = parser.parse_args(argv)
    if args.size < 20 or args.rounds < 1:
        parser.error("a size of at least 20 and one round")
    page = args.write.read_text(encoding="utf-8") if args.write else f"{BEGIN}{END}"
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        parser.error(f"{args.write} has no {BEGIN} and {END}")
    about = {**describe_machine(), "load before": describe_load(), "runs of each": str(args.rounds)}
    try:
        with find_server(args.url) as server:
            about["PostgreSQL"] = str(server.query("postgres", "SHOW server_version")[0][0])
            tables = measure_all(server, args.size, args.fleet, args.rounds, with_peers=not args.no_peers)
    except (BenchError, subprocess.CalledProcessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    about["load after"] = describe_load()
    report = render_report(about, tables, args.fleet)
    print(report)
    if args.json:
        args.json.write_text(render_json(about, tables, args.fleet), encoding="utf-8")
    if args.write:
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        args.write.write_text(f"{before}{BEGIN}\n{report}\n{END}{after}", encoding="utf-8")
    return 0


@contextmanager
def find_server(url: str | None) -> Iterator[Server]:
    """The server that was named, or a throwaway one whose data is in memory where there is room."""
    if url:
        yield Server(url=url.rstrip("/") + "/")
        return
    from tests.servers import postgresql

    started = postgresql.start_trusting_server(postgresql.find_binaries()[0])
    try:
        yield Server(url=started.url.replace("+psycopg", "").removesuffix("postgres"))
    finally:
        started.stop()


def measure_all(server: Server, size: int, fleet: int, rounds: int, *, with_peers: bool) -> list[Table]:
    """A table for each of the questions, on databases that are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="mig-bench-") as folder:
        work = Path(os.path.realpath(folder))
        environment = sealed(work)
        peers = install_peers(work) if with_peers else Peers(programs={})
        for reason in peers.lacking:
            print(f"note: {reason}", file=sys.stderr)
        cases = build_run_cases(work, size, server, peers, environment)
        tables = [
            _measure(f"{size:,} migrations, {kind}", cases[kind], rounds, environment, work)
            for kind in (APPLY, NOTHING)
        ]
        if fleet:
            tenants = build_fleet_cases(work, fleet, server, environment)
            tables.append(_measure(f"{fleet:,} tenants, {NOTHING}", tenants, rounds, environment, work))
    return tables


def _measure(
    title: str, cases: Sequence[Case], rounds: int, environment: Mapping[str, str], work: Path
) -> Table:
    print(f"{title} ", end="", file=sys.stderr, flush=True)
    samples = measure(cases, rounds, environment, work)
    floor, *_ = samples
    return Table(
        title=title,
        rows=[summarise(case.name, taken) for case, taken in zip(cases, samples, strict=True)],
        # By round: what else the machine did then, it did to both.
        ratios={
            case.name: statistics.median(
                one.seconds / least.seconds for one, least in zip(taken, floor, strict=True)
            )
            for case, taken in zip(cases, samples, strict=True)
        },
    )


def find_targets(tables: Sequence[Table], fleet: int) -> list[Target]:
    """What was promised, for the figures at hand."""
    apply, nothing = tables[0].ratios[OURS], tables[1].ratios[OURS]
    found = [
        Target(promise="applying: at most 1.3 x floor", measured=f"{apply:.2f} x", met=apply <= 1.3),
        Target(promise="nothing to do: at most 2.5 x floor", measured=f"{nothing:.2f} x", met=nothing <= 2.5),
    ]
    if fleet:
        taken = {row.case: row.median for row in tables[2].rows}
        each = taken[FLEET] / fleet * 1_000
        found += [
            Target(
                promise="1,000 databases, nothing to do: at most 5 s",
                measured=f"{each:.1f} s (floor {taken[FLEET_FLOOR] / fleet * 1_000:.1f} s)",
                met=each <= 5,
            ),
            Target(
                promise="as many schemas: faster still",
                measured=f"{taken[SCHEMAS] / fleet * 1_000:.1f} s",
                met=taken[SCHEMAS] < taken[FLEET],
            ),
        ]
    return found


def render_report(about: Mapping[str, str], tables: Sequence[Table], fleet: int) -> str:
    """The machine, the tables and the targets, as Markdown."""
    parts = ["; ".join(f"{word}: {value}" for word, value in about.items()) + "."]
    for table in tables:
        lines = [("", "median", "min - max", "x floor")]
        lines += [
            (
                row.case,
                f"{row.median:.2f} s",
                f"{row.fastest:.2f} - {row.slowest:.2f} s",
                f"{table.ratios[row.case]:.2f}",
            )
            for row in table.rows
        ]
        parts += [f"### {table.title}", render_markdown(lines)]
    targets = [(t.promise, t.measured, "yes" if t.met else "no") for t in find_targets(tables, fleet)]
    parts += ["### Targets of the runner", render_markdown([("", "measured", "met"), *targets])]
    return "\n\n".join(parts)


def render_json(about: Mapping[str, str], tables: Sequence[Table], fleet: int) -> str:
    value = {
        "version": 1,
        "machine": about,
        "tables": [dataclasses.asdict(table) for table in tables],
        "targets": [dataclasses.asdict(target) for target in find_targets(tables, fleet)],
    }
    return json.dumps(value, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())
