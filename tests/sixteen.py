"""Starts sixteen ``mig up`` together, many times, and sees that every migration is applied once.

``python -m tests.sixteen DATABASE -n 50`` for sqlite, postgresql or mariadb; ``--lock-wait 0`` lets those
that do not get the lock end with status 3.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.crash import COUNT, fork_mig, place_of, write_files


def start_together(folder: Path, url: str, *options: str, count: int = 16) -> tuple[list[int], list[str]]:
    """The exit statuses of so many that were started together, and the ids that they say they applied."""
    with tempfile.TemporaryDirectory() as place:
        children = []
        for number in range(count):
            with Path(place, str(number)).open("wb") as file:
                children.append(fork_mig(folder, url, ("up", *options), file.fileno()))
        statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        said = "".join(Path(place, str(number)).read_text() for number in range(count))
    sys.stderr.writelines(f"{line}\n" for line in said.splitlines() if line.startswith("mig: "))
    return statuses, [line.split()[1] for line in said.splitlines() if line.startswith("applied ")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["sqlite", "postgresql", "mariadb"])
    parser.add_argument("-n", type=int, default=50)
    parser.add_argument("--lock-wait", default="300")
    args = parser.parse_args()
    met: Counter[int] = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name, place_of(args.kind, Path(name)) as fresh:
        write_files(Path(name), args.kind)
        for number in range(args.n):
            with fresh() as database:
                statuses, applied = start_together(Path(name), database.url, "--lock-wait", args.lock_wait)
                rows = database.query("SELECT count(*), count(DISTINCT id) FROM mig_history")
            met.update(statuses)
            if sorted(applied) != [f"{id:012x}" for id in range(1, COUNT + 1)] or rows != [(COUNT, COUNT)]:
                sys.exit(f"round {number}: {statuses} {rows} {sorted(applied)}")
            if not set(statuses) <= ({0, 3} if args.lock_wait == "0" else {0}):
                sys.exit(f"round {number}: {statuses}")
    shown = ", ".join(f"{count} ended with {status}" for status, count in sorted(met.items()))
    seconds = time.monotonic() - began
    sys.stdout.write(f"{args.kind}: {args.n} rounds of 16: every migration once; {shown}; {seconds:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
