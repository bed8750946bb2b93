"""JUnit's XML: a check as test cases, for what shows tests (Jenkins, Azure, CircleCI, Buildkite)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from mig.report import words
from mig.report.escape import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.findings import Finding, Severity
    from mig.report.formats import View
    from mig.usecases.check import CheckResult


def render_check(result: CheckResult, view: View) -> str:
    """One suite with a case for each finding: a failed one where it made the check fail, else a skipped one.

    A check that found nothing is one case that passed, because an empty suite counts as an error in places.
    """
    shown = [finding for finding in result.findings if finding.severity.rank >= view.least.rank]
    failed = sum(finding.severity.rank >= view.fail_on.rank for finding in shown)
    about = quoteattr(one_line(f"mig check: {words.sides(result, view.branch)}"))
    counts = f'tests="{len(shown) or 1}" failures="{failed}" errors="0"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="mig" {counts}>',
        f'  <testsuite name={about} {counts} skipped="{len(shown) - failed}">',
        *(line for finding in shown for line in _case(finding, view.fail_on)),
    ]
    if not shown:
        lines.append(f'    <testcase classname="mig" name={about}/>')
    return "\n".join((*lines, "  </testsuite>", "</testsuites>", ""))


def _case(finding: Finding, fail_on: Severity) -> Iterator[str]:
    place = finding.locations[0] if finding.locations else None
    file = f" file={quoteattr(one_line(place.path))}" if place else ""
    # The name tells two findings of one code apart and stays the same from run to run.
    name = " ".join((finding.code, *(finding.migrations or ([place.path] if place else []))))
    message = quoteattr(one_line(finding.message))
    classname = quoteattr(one_line(f"mig.{finding.lineage or 'check'}"))
    yield f"    <testcase classname={classname} name={quoteattr(one_line(name))}{file}>"
    if finding.severity.rank >= fail_on.rank:
        yield f'      <failure type="{finding.code}" message={message}>{_details(finding)}</failure>'
    else:
        yield f"      <skipped message={message}/>"
        yield f"      <system-out>{_details(finding)}</system-out>"
    yield "    </testcase>"


def _details(finding: Finding) -> str:
    lines = [finding.message]
    lines += [f"{p.side or 'at'}: {p.path}:{p.line} {p.text}".rstrip() for p in finding.locations]
    lines += [f"{label}: {text}" for label, text in (("then", finding.then), ("fix", finding.fix)) if text]
    return escape("\n".join(map(one_line, lines)))
