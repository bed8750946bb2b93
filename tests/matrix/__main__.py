"""Runs the whole matrix: ``python -m tests.matrix [--workers N] [sqlite] [postgresql] [mariadb]``."""

from __future__ import annotations

import argparse
import os
import time

from tests.matrix.corpus import DATABASES
from tests.matrix.oracle import run_matrix, summarize


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.matrix", description="Run every pair in both orders."
    )
    parser.add_argument("databases", nargs="*", help=f"of {', '.join(DATABASES)}; all by default")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes, each with its databases"
    )
    options = parser.parse_args()
    unknown = set(options.databases) - set(DATABASES)
    if unknown:
        parser.error(f"no database of the matrix: {', '.join(sorted(unknown))}")
    for database in options.databases or DATABASES:
        start = time.monotonic()
        truth = run_matrix(database, options.workers, lambda text: print(text, flush=True))  # noqa: T201
        print(f"{summarize(truth)}, {time.monotonic() - start:.0f} s", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
