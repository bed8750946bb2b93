"""What ``check`` reports: findings, their severities and the three verdicts."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mig.model import Location


class Severity(Enum):
    """How bad a finding is; ``rank`` orders them, the worst highest."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}


class Verdict(Enum):
    """What is known of two migrations that the DAG does not order."""

    COMMUTE = "commute"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedFailure:
    """The statement that failed in a replay; ``line`` 0: the file as a whole."""

    migration: str
    path: str
    line: int
    statement: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedOrder:
    """One order of two migrations on a real database: what failed, or None."""

    order: tuple[str, str]
    failed: ReplayedFailure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedDifference:
    """What one thing is after the first order and after the second; empty: it is not there."""

    resource: str
    first: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What running two migrations in both orders on a real database showed.

    ``verdict`` is unknown where they could not be run, and ``problem`` says why.  ``kinds`` is why they
    conflict: ``fails`` (one order does), ``fails both``, ``schema``, ``rows``, ``setting``, ``dead``.
    ``dead`` names what works after each of the two alone and not after both, with what the database says.
    """

    database: str
    verdict: Verdict
    problem: str = ""
    kinds: tuple[str, ...] = ()
    orders: tuple[ReplayedOrder, ...] = ()
    schema: tuple[ReplayedDifference, ...] = ()
    rows: tuple[ReplayedDifference, ...] = ()
    dead: tuple[tuple[str, str], ...] = ()

    @property
    def was_run(self) -> bool:
        """Whether the two were run, and not only tried."""
        return self.verdict is not Verdict.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that ``check`` reports.

    ``code`` is a key of the catalogue.  ``message`` is one line, lower case, without a full stop,
    and names both sides and the thing.  ``locations`` begins with the primary one.  ``fix`` is a
    command or an instruction; empty where there is nothing better than the code's own page.
    ``suppressed`` says why it does not count, where it would otherwise: ``ignored`` by a file that gives its
    reason, or found in the ``baseline``.
    """

    code: str
    severity: Severity
    message: str
    locations: tuple[Location, ...]
    lineage: str = ""
    migrations: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    verdict: Verdict | None = None
    then: str = ""
    fix: str = ""
    replayed: Replayed | None = None
    suppressed: str = ""


IGNORED, BASELINE = "ignored", "baseline"


def fingerprints(findings: Sequence[Finding]) -> tuple[str, ...]:
    """A digest of each finding that stays the same while it is about the same thing.

    Lines and messages do not count, because they change with what stands around.  Of several that are alike
    the first, the second and so on keep theirs.
    """
    times: Counter[tuple[str, ...]] = Counter()
    found = []
    for finding in findings:
        about = sorted(finding.migrations) or sorted({place.path for place in finding.locations})
        key = (finding.code, finding.lineage, *about)
        times[key] += 1
        text = "\0".join((*key, str(times[key])))
        found.append(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return tuple(found)


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings in the order of every report: worst first, among these conflicts, then by place."""

    def key(finding: Finding) -> tuple[object, ...]:
        place = finding.locations[0] if finding.locations else None
        return (
            -finding.severity.rank,
            finding.verdict is not Verdict.CONFLICT,
            finding.code,
            finding.lineage,
            place.path if place else "",
            place.line if place else 0,
            finding.migrations,
            finding.message,
        )

    return tuple(sorted(findings, key=key))
