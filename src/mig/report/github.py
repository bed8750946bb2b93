"""What GitHub Actions reads of a check: annotations that stand beside the lines of a pull request."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mig.catalogue import find_code
from mig.findings import Severity, Verdict
from mig.report import words
from mig.report.escape import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.findings import Finding
    from mig.report.formats import View
    from mig.usecases.check import CheckResult

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render_check(result: CheckResult, view: View) -> str:
    """One workflow command a line, then the counts; notes only when asked for."""
    shown = [finding for finding in result.findings if finding.severity.rank >= view.least.rank]
    lines = list(_annotations(shown))
    if not view.quiet:
        found = ", ".join(words.kinds(result.findings)) or "nothing found"
        lines.append(one_line(f"mig check: {words.sides(result, view.branch)}: {found}"))
    return "".join(f"{line}\n" for line in lines)


def _annotations(findings: list[Finding]) -> Iterator[str]:
    # GitHub shows ten annotations a step: a migration that many others are unordered with gets one.
    alike = Counter(_subject(finding) for finding in findings)
    for finding in findings:
        number = alike.pop(_subject(finding), 0)
        if number:
            yield _annotation(finding, number - 1)


def _subject(finding: Finding) -> tuple[object, ...]:
    return (finding.code, finding.migrations[0]) if finding.verdict is Verdict.UNKNOWN else (id(finding),)


def _annotation(finding: Finding, more: int) -> str:
    known = find_code(finding.code)
    properties = {"title": f"{finding.code} {known.slug}" if known else finding.code}
    if finding.locations:
        place = finding.locations[0]
        line = {"line": str(place.line)} if place.line else {}
        properties = {"file": place.path, **line, **properties}
    lines = [finding.message + (f"; so it is with {words.count(more, 'other pair')} of it" if more else "")]
    lines += [f"{p.side}: {p.path}:{p.line} {p.text}".rstrip() for p in finding.locations if p.side]
    lines += [f"{label}: {text}" for label, text in (("then", finding.then), ("fix", finding.fix)) if text]
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_LEVELS[finding.severity]} {shown}::{_message(chr(10).join(lines))}"


def _message(text: str) -> str:
    """As the runner undoes it: ``%`` first, or the other escapes would be escaped."""
    return one_line(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
