"""Keeps ``commute`` back where the rules have not been held against a real database in both orders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.findings import Verdict

if TYPE_CHECKING:
    from mig.conflicts.compare import Comparison

PROVED = frozenset({"mariadb", "postgresql", "sqlite"})
"""Dialects of which every pair of the matrix (``tests/matrix``) has been run in both orders.

MySQL is not among them: it is read as MariaDB is, but differs where no pair has been run (names of checks,
atomic DDL, functional indexes, algorithms).
"""


def only_proved(comparison: Comparison, dialect: str) -> Comparison:
    """The comparison, with ``unknown`` in the place of a ``commute`` that is not proved for a dialect."""
    if dialect in PROVED or comparison.verdict is not Verdict.COMMUTE:
        return comparison
    return replace(comparison, verdict=Verdict.UNKNOWN)
