#!/usr/bin/env python3
"""Replay the merges of a clone's history as mig check, and hold what it says against the truth.

An event is a merge commit, or a pull request that was squashed, in which both sides added migrations.
The truth is the tree that a plain Git merge of the two sides produces, read by a small reader of its own.
The clone is only read; nothing of the project is run.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from history_events import Event, Truth, find_events, open_clone

from mig.errors import MigError
from mig.findings import Severity, Verdict
from mig.usecases.check import CheckResult, check_project
from mig.usecases.project import open_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_TELLING = ("MIG101", "MIG107")
"""The codes that say, as errors, what the truth is asked about: one head more, one version twice."""
_VERDICTS = ("checked", "commute", "conflict", "unknown", "assumed")
_SHOWN = 12
_COLD = "empty before each event (--cold)"
_WARM = "empty before the first event; the others have what those before them left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One event, what Git makes of it, and what mig says; ``failure`` is an error, ``crash`` a bug."""

    event: Event
    truth: Truth
    seconds: float
    processor_seconds: float
    """Without those spent waiting for others on a busy machine; those of Git's processes count."""
    reported: bool = False
    verdicts: dict[str, int] = dataclasses.field(default_factory=dict)
    codes: dict[str, int] = dataclasses.field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    conflicts: tuple[tuple[str, str, str], ...] = ()
    """Both files and the message of each pair that conflicts."""
    failure: str = ""
    crash: str = ""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clone", type=Path, help="a clone, with a work tree or bare")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="the newest N events only")
    parser.add_argument("--config", type=Path, metavar="FILE", help="a mig.toml to use")
    parser.add_argument("--cold", action="store_true", help="empty mig's cache before each event")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="mig-history-") as folder:
        try:
            clone, work = args.clone.resolve(), Path(folder)
            replays = list(replay_all(clone, work, args.limit, args.config, is_cold=args.cold))
        except subprocess.CalledProcessError as error:
            print(f"history: {error.stderr.decode(errors='replace').strip()}", file=sys.stderr)
            return 1
    if args.json:
        print(json.dumps([dataclasses.asdict(one) for one in replays], indent=1))
    else:
        print("\n".join(render(replays)))
        print(f"cache        {_COLD if args.cold else _WARM}")
    return 1 if any(one.crash for one in replays) else 0


def replay_all(
    path: Path, work: Path, limit: int, config: Path | None, *, is_cold: bool = False
) -> Iterator[Replay]:
    """Each event of a clone, the newest first.

    The first one meets no cache of mig's; the others meet what those before them have left, as in a clone
    that is used, but for ``is_cold``.
    """
    clone = open_clone(path, work)
    events = find_events(clone)
    print(f"{len(events)} merges may have migrations on both sides", file=sys.stderr)
    replayed = 0
    for event in events:
        truth = clone.truth(event)
        if truth is None:
            continue
        if is_cold:
            shutil.rmtree(work / "mig", ignore_errors=True)
        yield replay(work, event, truth, config)
        replayed += 1
        if replayed == limit:
            break


def replay(repository: Path, event: Event, truth: Truth, config: Path | None) -> Replay:
    """One event as mig sees it, in a project that is opened anew."""
    begun, busy = time.perf_counter(), _busy()
    result, failure, crash = _check(repository, event, config)
    blank = Replay(
        event=event,
        truth=truth,
        seconds=time.perf_counter() - begun,
        processor_seconds=_busy() - busy,
        failure=failure,
        crash=crash,
    )
    return _summarise(blank, result) if result else blank


def _check(repository: Path, event: Event, config: Path | None) -> tuple[CheckResult | None, str, str]:
    """What mig says, or the error that it ends with, or the traceback of a bug."""
    try:
        project = open_project(repository, config_file=config)
        return check_project(project, head=event.head, base=event.base), "", ""
    except MigError as error:
        return None, error.message, ""
    except Exception:  # noqa: BLE001 - to find these is what this program is for
        return None, "", traceback.format_exc()


def _busy() -> float:
    """The processor's time that this process and its children have had, in seconds."""
    return sum(os.times()[:4])


def _summarise(blank: Replay, result: CheckResult) -> Replay:
    unsettled = [one for one in result.findings if one.verdict is Verdict.UNKNOWN]
    conflicts = [one for one in result.findings if one.verdict is Verdict.CONFLICT]
    return dataclasses.replace(
        blank,
        reported=any(one.code in _TELLING and one.severity is Severity.ERROR for one in result.findings),
        verdicts={word: getattr(result.pairs, word) for word in _VERDICTS},
        codes=dict(Counter(f"{one.code} {one.severity.value}" for one in result.findings)),
        unknown=tuple(one.message for one in unsettled),
        conflicts=tuple(
            (one.locations[0].path, one.locations[-1].path, f"{one.code} {one.message}") for one in conflicts
        ),
    )


def render(replays: Sequence[Replay]) -> Iterator[str]:
    """The figures, and the events that are worth a look."""
    if not replays:
        yield "no merge has migrations on both sides"
        return
    judged = [one for one in replays if not one.failure and not one.crash]
    yield from _render_figures(replays, judged)
    yield from _render_causes("failure", (one.failure for one in replays if one.failure))
    yield from _render_causes("unknown", (_shape(m) for one in replays for m in one.unknown))
    for one in judged:
        if one.reported is not one.truth.has_diverged:
            told = "reported" if one.reported else "not reported"
            yield f"differs: {told}: {_name(one.event)}"
    for one in replays:
        if one.crash:
            yield f"crash: {_name(one.event)}\n{one.crash}"
        for first, second, message in one.conflicts:
            yield f"conflict: {_name(one.event)}\n  {first}\n  {second}\n  {message}"


def _render_figures(replays: Sequence[Replay], judged: Sequence[Replay]) -> Iterator[str]:
    kinds = Counter(one.event.kind for one in replays)
    quiet = sum(not one.truth.has_text_conflict for one in replays)
    yield f"events       {len(replays)} ({', '.join(f'{kinds[kind]} {kind}' for kind in sorted(kinds))})"
    yield f"migrations   {max(one.truth.migrations for one in replays)} at most"
    yield f"no conflict  {quiet} events in which Git sees none in the text of migrations"
    for truth in (True, False):
        reported = [one.reported for one in judged if one.truth.has_diverged is truth]
        word = "divergence" if truth else "none"
        yield f"{word:12} {len(reported)} in truth: {sum(reported)} reported, {reported.count(False)} not"
    yield f"pairs        {_render_counts(one.verdicts for one in judged)}"
    yield f"findings     {_render_counts(one.codes for one in judged)}"
    for title in ("seconds", "processor_seconds"):
        taken = sorted(getattr(one, title) for one in replays)
        most = f"95 % {taken[int(0.95 * (len(taken) - 1))]:.2f}, most {taken[-1]:.2f}"
        yield f"{title.replace('_seconds', ' s'):12} median {statistics.median(taken):.2f}, {most}"
    yield f"failures     {sum(bool(one.failure) for one in replays)}"
    yield f"crashes      {sum(bool(one.crash) for one in replays)}"


def _render_causes(title: str, causes: Iterable[str]) -> Iterator[str]:
    for cause, count in Counter(causes).most_common(_SHOWN):
        yield f"{title:12} {count} x {cause}"


def _shape(message: str) -> str:
    """A message without the names in it, so that those of one cause are counted together."""
    return re.sub(r"\b\w*[0-9_]\w*(\.\w+)*\b|\"[^\"]*\"|'[^']*'|`[^`]*`", "…", message)[:160]


def _render_counts(counts: Iterable[dict[str, int]]) -> str:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return ", ".join(f"{word} {count}" for word, count in sorted(total.items()))


def _name(event: Event) -> str:
    return f"{event.commit[:10]} ({event.kind}: {event.head[:10]} into {event.base[:10]})"


if __name__ == "__main__":
    sys.exit(main())
