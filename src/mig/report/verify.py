"""What ``mig verify`` found, for people and as JSON."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from mig.report.json import finding_value
from mig.report.layout import pad, span
from mig.report.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.report.layout import Line
    from mig.schema.image import Difference
    from mig.usecases.verify import Drifted, VerifyResult


def render_verify(result: VerifyResult, *, quiet: bool = False) -> Iterator[Line]:
    """Every finding with what was expected and what was found, and one line at the end."""
    verified = result.verified
    if not quiet:
        yield (span(pad("database", 10), "label"), span(verified.status.database))
        if verified.remark and (verified.drift or result.ok):
            yield (span(pad("note", 10), "note"), span(verified.remark))
    for found in result.findings:
        yield ()
        yield from _finding(found)
    if not quiet or result.findings:
        yield ()
        yield (span(_summary(result), "good" if result.ok else "strong"),)


def verify_value(result: VerifyResult) -> dict[str, object]:
    verified = result.verified
    return {
        "version": 1,
        "ok": result.ok,
        "database": verified.status.database,
        "applied": len(verified.status.applied),
        "against": verified.against,
        "taken_at": verified.taken_at or None,
        "fingerprint": verified.fingerprint or None,
        "problem": verified.problem or None,
        "remark": verified.remark or None,
        "findings": [
            finding_value(found.finding) | {"difference": _difference_value(found.difference)}
            for found in result.findings
        ],
    }


def _difference_value(difference: Difference | None) -> dict[str, object] | None:
    if difference is None:
        return None
    return {
        "object": difference.object,
        "kind": difference.kind,
        "expected": difference.expected,
        "found": difference.found,
        "parts": difference.parts,
    }


def next_step(result: VerifyResult) -> str:
    """What to do about what was found first: the last line on standard error."""
    first = result.findings[0].finding
    return f"next: {first.fix}; mig explain {first.code} says more"


def _finding(found: Drifted) -> Iterator[Line]:
    finding, difference = found.finding, found.difference
    yield (
        span(f"{finding.code} ", "strong"),
        span(finding.severity.value, finding.severity.value),
        span(f"  {finding.message}{_with_parts(difference)}"),
    )
    if difference is None:
        return
    both = difference.expected is not None and difference.found is not None
    if both and "\n" in f"{difference.expected}{difference.found}":
        yield from _changed_lines(difference)
        return
    for word, text in (("expected", difference.expected), ("found", difference.found)):
        if text:
            lines = text.strip("\n").splitlines()
            yield (span(f"  {pad(word, 10)}", "label"), span(lines[0]))
            yield from ((span(" " * 12), span(line)) for line in lines[1:])


def _changed_lines(difference: Difference) -> Iterator[Line]:
    """The lines of a long definition that differ."""
    expected, found = (difference.expected or "").splitlines(), (difference.found or "").splitlines()
    words = {"-": "expected", "+": "found"}
    for line in list(unified_diff(expected, found, n=0, lineterm=""))[2:]:
        if line[0] in words:
            yield (span(f"  {pad(words[line[0]], 10)}", "label"), span(line[1:]))


def _with_parts(difference: Difference | None) -> str:
    return f", with {count(difference.parts, 'part')}" if difference and difference.parts else ""


def _summary(result: VerifyResult) -> str:
    verified, status = result.verified, result.verified.status
    counts = [count(len(status.applied), "applied migration")]
    counts += [f"{len(status.changed)} changed"] if status.changed else []
    counts += [f"{len(status.unknown)} unknown"] if status.unknown else []
    counts += ["1 interrupted"] if status.failed else []
    if verified.problem:
        counts.append("the schema was not compared")
    else:
        counts.append(f"{count(len(verified.drift), 'difference')} from {_expected(result)}")
    code = f" · mig explain {result.findings[0].finding.code}" if result.findings else ""
    return ", ".join(counts) + code


def _expected(result: VerifyResult) -> str:
    if result.verified.against == "replay":
        return "what the migrations make"
    return f"the schema of {result.verified.taken_at}"
