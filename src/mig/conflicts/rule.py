"""The form of a row of the commutation table, and the codes of its conflicts."""

from __future__ import annotations

from dataclasses import dataclass

from mig.findings import Verdict

COMMUTE, CONFLICT, UNKNOWN = Verdict.COMMUTE, Verdict.CONFLICT, Verdict.UNKNOWN

CREATED = "MIG301"
RENAMED = "MIG302"
DROPPED = "MIG303"
ALTERED = "MIG304"
SCHEMA_DATA = "MIG305"
DATA = "MIG306"
WIDE = "MIG307"
REPLAYED = "MIG310"
NOT_KNOWN = "MIG300"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Settles two accesses to one resource of these kinds.

    ``details`` is empty, ``same`` or ``different``: what the details of the two effects must be to
    one another.  ``dialects`` is empty for all.  ``why`` is for people, in the docs and in findings.
    """

    kinds: str
    one: str
    other: str
    verdict: Verdict
    why: str
    code: str = ""
    details: str = ""
    dialects: str = ""


def commute(kinds: str, one: str, other: str, why: str, *, details: str = "", dialects: str = "") -> Rule:
    return Rule(
        kinds=kinds, one=one, other=other, verdict=COMMUTE, why=why, details=details, dialects=dialects
    )


def conflict(  # noqa: PLR0913 - a row of the table has these columns
    kinds: str, one: str, other: str, code: str, why: str, *, details: str = "", dialects: str = ""
) -> Rule:
    return Rule(
        kinds=kinds,
        one=one,
        other=other,
        verdict=CONFLICT,
        why=why,
        code=code,
        details=details,
        dialects=dialects,
    )


def unknown(kinds: str, one: str, other: str, why: str, *, details: str = "") -> Rule:
    return Rule(kinds=kinds, one=one, other=other, verdict=UNKNOWN, code=NOT_KNOWN, why=why, details=details)
