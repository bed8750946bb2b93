"""Markdown: a check as one comment on a pull request, which a later run can replace."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.findings import Severity, Verdict
from mig.report import words
from mig.report.escape import one_line
from mig.report.mermaid import render_flowchart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mig.findings import Finding
    from mig.model import Location
    from mig.report.formats import View
    from mig.usecases.check import CheckResult

MARKER = "<!-- mig:check -->"
"""What a comment of mig's begins with, so that the next run finds it and writes over it."""

_MOST_CHARACTERS = 60_000
"""GitHub takes comments of at most 65,536 characters."""
_MOST_DRAWN = 60
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&$:@!^=+-]|(?<=www)\.)", re.IGNORECASE)
_TICKS = re.compile(r"`+")
_MARKS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTE: "ℹ️"}  # noqa: RUF001 - the sign that people know


def render_check(result: CheckResult, view: View) -> str:
    """The comment: who against whom, each finding with both sides and the way out, and the graph."""
    shown = [finding for finding in result.findings if finding.severity.rank >= view.least.rank]
    found = ", ".join(words.kinds(shown)) or "nothing found"
    mark = "✅" if result.ok(view.fail_on) else _MARKS[Severity.ERROR]
    chunks = [words.sides(result, view.branch), words.whose(result), words.pairs(result)]
    chunks += [words.suppressed(result.findings)]
    head = [MARKER, f"### {mark} mig check: {text(found)}", ""]
    head += [" · ".join(text(chunk) for chunk in chunks if chunk), ""]
    drawing = list(_graph(result))
    room = _MOST_CHARACTERS - sum(len(line) + 1 for line in (*head, *drawing))
    return "\n".join((*head, *_findings(shown, room), *drawing)).rstrip("\n") + "\n"


def text(value: str) -> str:
    """A text that Markdown shows as it is: no markup, no HTML, no links, and nobody is mentioned."""
    # GitHub looks for names behind an @ in what Markdown has made, where no backslash is left.
    return _MARKUP.sub(r"\\\1", one_line(value)).replace("\\@", "\\@\u200b")


def code(value: str) -> str:
    """A text as code, between more backticks than it holds."""
    shown = one_line(value)
    longest = max((len(run) for run in _TICKS.findall(shown)), default=0)
    fence, pad = "`" * (longest + 1), " " if shown[:1] == "`" or shown[-1:] == "`" else ""
    return f"{fence}{pad}{shown}{pad}{fence}" if shown.strip() else ""


def _findings(shown: Sequence[Finding], room: int) -> Iterator[str]:
    for number, finding in enumerate(shown):
        lines = list(_finding(finding))
        room -= sum(len(line) + 1 for line in lines)
        if room < 0:
            yield f"… and {words.count(len(shown) - number, 'more finding')}; `mig check` shows them all."
            yield ""
            return
        yield from lines


def _finding(finding: Finding) -> Iterator[str]:
    yield f"#### {_MARKS[finding.severity]} {finding.code}: {text(finding.message)}"
    yield ""
    paired = len(finding.migrations) == len(finding.locations)
    for number, place in enumerate(finding.locations[:_MOST_DRAWN]):
        yield _place(place, finding.migrations[number] if paired else "")
    yield ""
    if finding.then:
        yield f"**then** {text(finding.then)}"
        yield ""
    if finding.fix:
        yield f"**fix** {_command(finding.fix)}"
        yield ""


def _place(place: Location, migration: str) -> str:
    where = code(f"{place.path}:{place.line}" if place.line else place.path)
    parts = [f"**{place.side}**" if place.side else "", code(migration), where]
    return f"- {' '.join(part for part in parts if part)}" + (f"<br>{code(place.text)}" if place.text else "")


def _command(fix: str) -> str:
    """An instruction; the command that it begins with can be copied."""
    command = words.command_of(fix)
    return f"{code(command)}{text(fix.removeprefix(command))}"


def _graph(result: CheckResult) -> Iterator[str]:
    """The new migrations of both sides and what they begin from, where there are two sides to see."""
    if not result.theirs or not 0 < len(result.fresh) <= _MOST_DRAWN:
        return
    sides = dict.fromkeys(result.ours, "ours") | dict.fromkeys(result.theirs, "theirs")
    conflicts = [
        (finding.migrations[0], finding.migrations[1], "conflict")
        for finding in result.findings
        if finding.verdict is Verdict.CONFLICT and len(finding.migrations) == 2 and not finding.suppressed
    ]
    known = {parent for migration in result.fresh for parent in migration.parents}
    yield from ("<details><summary>The graph</summary>", "", "```mermaid")
    yield from render_flowchart(result.fresh, sides, known=known, conflicts=conflicts)
    yield from ("```", "", "</details>")
