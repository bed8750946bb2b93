"""GitLab's code quality report: findings that stand beside the lines of a merge request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mig.findings import Severity, fingerprints
from mig.report.escape import one_line

if TYPE_CHECKING:
    from mig.findings import Finding
    from mig.report.formats import View
    from mig.usecases.check import CheckResult

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render_check(result: CheckResult, view: View) -> str:
    """A list of issues as GitLab reads it; notes only when asked for."""
    marks = fingerprints(result.findings)
    issues = [
        _issue(finding, mark)
        for finding, mark in zip(result.findings, marks, strict=True)
        if finding.severity.rank >= view.least.rank
    ]
    return json.dumps(issues, indent=2) + "\n"


def _issue(finding: Finding, mark: str) -> dict[str, object]:
    fix = f"; fix: {finding.fix}" if finding.fix else ""
    place = finding.locations[0] if finding.locations else None
    return {
        "description": one_line(f"{finding.code}: {finding.message}{fix}"),
        "check_name": finding.code,
        "fingerprint": mark,
        "severity": _SEVERITIES[finding.severity],
        # GitLab takes no issue without a place.
        "location": {
            "path": one_line(place.path) if place else ".",
            "lines": {"begin": max(place.line, 1) if place else 1},
        },
    }
