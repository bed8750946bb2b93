"""Whole processes, timed one after the other, with the memory that they took."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# ru_maxrss is in kilobytes, but in bytes on macOS.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024

# What changes how fast Python or Git are, or what they and mig do.
_LEAKS = re.compile(r"(GIT_|MIG_|PYTHON|COVERAGE_|GITHUB_).*|CI|NO_COLOR|FORCE_COLOR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A command that is measured.

    ``prepare`` is called before each run and is not timed.  ``count`` says from what the command
    printed how much it found, which must be in ``expected``: who did not do the work is not fast.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    expected: range | None = None
    status: int = 0
    extra: Mapping[str, str]
    prepare: Callable[[], None]
    count: Callable[[bytes], int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run: seconds of the clock, and bytes of the largest process that it started."""

    seconds: float
    peak: int
    found: int | None


class BenchError(Exception):
    """A command did not do what it was measured for."""


def sealed(home: Path) -> dict[str, str]:
    """The environment without the user's settings."""
    kept = {name: value for name, value in os.environ.items() if not _LEAKS.fullmatch(name)}
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Bench"), ("EMAIL", "bench@example.org"))
    }
    sealing = {
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "LC_ALL": "C.UTF-8",
    }
    return {**kept, **identity, **sealing}


def measure(
    cases: Sequence[Case], rounds: int, environment: Mapping[str, str], scratch: Path
) -> list[list[Sample]]:
    """The samples of each case: all cases in turn, again and again, after one round that does not count.

    Alternating spreads what else the machine does over all of them.
    """
    samples: list[list[Sample]] = [[] for _ in cases]
    for _ in range(rounds + 1):
        for case, taken in zip(cases, samples, strict=True):
            case.prepare()
            taken.append(run(case, environment, scratch))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [taken[1:] for taken in samples]


def run(case: Case, environment: Mapping[str, str], scratch: Path) -> Sample:
    """Run a case once.

    Raises:
        BenchError: it ended with another status than it should, or found more or less.
    """
    out, err = scratch / "out", scratch / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        start = time.perf_counter()
        # The clock stops when wait4 returns, so the process is not waited for by its object.
        process = subprocess.Popen(
            case.command,
            cwd=case.folder,
            env={**environment, **case.extra},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    found = case.count(out.read_bytes()) if case.count and process.returncode == case.status else None
    if process.returncode != case.status or not _is_right(case, found):
        said = (out.read_bytes() + err.read_bytes())[-2000:].decode(errors="replace")
        raise BenchError(
            f"{case.name}: status {process.returncode} (expected {case.status}), "
            f"found {found} (expected {case.expected or 'anything'})\n{said}"
        )
    return Sample(seconds=seconds, peak=usage.ru_maxrss * _RSS_UNIT, found=found)


def _is_right(case: Case, found: int | None) -> bool:
    return case.expected is None or found in case.expected
