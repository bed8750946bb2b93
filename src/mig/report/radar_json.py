"""The radar as JSON: a contract with programs, so keys are added and never renamed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mig.report.json import VERSION, finding_value

if TYPE_CHECKING:
    from mig.usecases.radar.model import Branch, Clash, Radar


def radar_value(found: Radar) -> dict[str, object]:
    """All branches with migrations, all clashes, and the order."""
    return {
        "version": VERSION,
        "base": {"ref": found.base.ref, "commit": found.base.id},
        "problem": found.problem,
        "branches": [_branch(one) for one in found.branches],
        "idle": found.idle,
        "pairs": {"checked": found.checked, "compared": found.compared, "skipped": found.skipped},
        "clashes": [_clash(one) for one in found.clashes],
        "order": [
            {"ref": step.ref, "after": list(step.after), "rewritten_for": list(step.rewritten_for)}
            for step in found.order
        ],
    }


def _branch(one: Branch) -> dict[str, object]:
    return {
        "ref": one.ref,
        "also": list(one.also),
        "commit": one.commit,
        "author": one.author,
        "committed": datetime.fromtimestamp(min(one.committed, 1 << 34), UTC).isoformat(),
        "migrations": list(one.migrations),
        "on_top_of": list(one.on_top_of),
        "verdict": one.standing.value,
        "findings": [finding_value(finding) for finding in one.findings],
        "fix": one.fix,
        "alone": one.alone,
        "same_version": list(one.same_version),
    }


def _clash(one: Clash) -> dict[str, object]:
    return {
        "branches": list(one.branches),
        "verdict": one.verdict.value,
        "first": one.first or None,
        "findings": [finding_value(finding) for finding in one.findings],
    }
