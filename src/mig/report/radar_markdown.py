"""The radar as Markdown: a comment on a pull request, or an issue that is written anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.findings import Verdict
from mig.report import words
from mig.report.markdown import code, text
from mig.report.radar import date_of, notes_of, problem_of, step_of, title_of, verdict_of, way_out
from mig.usecases.radar.model import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.findings import Finding
    from mig.usecases.radar.model import Clash, Radar

MARKER = "<!-- mig:radar -->"
"""What a comment of the radar begins with, so that the next run finds it and writes over it."""

_MOST_CHARACTERS = 60_000
_MOST_FINDINGS = 5
_MARKS = {
    Standing.OK: "✅",
    Standing.DIVERGES: "↪️",
    Standing.UNKNOWN: "❔",
    Standing.ERROR: "❌",
    Standing.CONFLICT: "❌",
}


def render_radar(found: Radar, only: str = "") -> str:
    """The comment: how the branches stand, who clashes with whom, and in which order they can be merged."""
    lines = [MARKER, f"### mig radar{f': {text(only)}' if only else ''}", "", text(title_of(found)), ""]
    room = _MOST_CHARACTERS
    for block in _blocks(found):
        room -= sum(len(line) + 1 for line in block)
        if room < 0:
            lines += ["", "… and more; `mig radar` shows everything.", ""]
            break
        lines += block
    return "\n".join(lines).rstrip("\n") + "\n"


def _blocks(found: Radar) -> Iterator[list[str]]:
    if found.problem:
        yield [f"❌ {text(problem_of(found))}", ""]
    if found.branches:
        yield [
            f"| branch | migrations | against {text(found.base.ref)} | last commit |",
            "| --- | --- | --- | --- |",
        ]
    for one in found.branches:
        name = " ".join(code(name) for name in (one.ref, *one.also))
        notes = f"<br>{text(notes)}" if (notes := notes_of(one)) else ""
        verdict = f"{_MARKS[one.standing]} {text(verdict_of(one))}"
        who = f"{date_of(one)} {_cell(text(one.author))}"
        yield [f"| {_cell(name)}{_cell(notes)} | {len(one.migrations)} | {_cell(verdict)} | {who} |"]
    yield [""]
    for one in found.branches:
        if one.standing.rank >= Standing.UNKNOWN.rank and one.findings:
            title = f"#### {_MARKS[one.standing]} {text(one.ref)} against {text(found.base.ref)}"
            yield [title, "", *_findings(one.findings)]
    for clash in found.clashes:
        yield list(_clash(clash))
    yield list(_order(found))


def _clash(clash: Clash) -> Iterator[str]:
    mark = "❌" if clash.verdict is Verdict.CONFLICT else "❔"
    yield f"#### {mark} {text(clash.branches[0])} and {text(clash.branches[1])}"
    yield ""
    yield f"**{text(way_out(clash))}**"
    yield ""
    yield from _findings(clash.findings)


def _findings(findings: tuple[Finding, ...]) -> Iterator[str]:
    for finding in findings[:_MOST_FINDINGS]:
        yield f"{finding.code}: {text(finding.message)}"
        yield ""
        ids = finding.migrations if len(finding.migrations) == len(finding.locations) else ()
        for number, place in enumerate(finding.locations):
            where = code(f"{place.path}:{place.line}" if place.line else place.path)
            who = f"**{text(place.side)}** " if place.side else ""
            said = f"<br>{code(place.text)}" if place.text else ""
            yield f"- {who}{code(ids[number]) if ids else ''} {where}{said}"
        yield ""
        if finding.then:
            yield f"**then** {text(finding.then)}"
            yield ""
    if len(findings) > _MOST_FINDINGS:
        yield f"… and {words.count(len(findings) - _MOST_FINDINGS, 'more finding')}."
        yield ""


def _order(found: Radar) -> Iterator[str]:
    bound = [step for step in found.order if step.after or step.rewritten_for]
    wanted = {ref for step in bound for ref in (step.ref, *step.after, *step.rewritten_for)}
    if wanted:
        yield "#### Merge in this order"
        yield ""
        for step in found.order:
            if step.ref in wanted:
                yield f"1. {code(step.ref)}{text(step_of(step))}"


def _cell(value: str) -> str:
    """A piece of a table's row; a bar in code would end the cell there, too."""
    return value.replace("\\|", "|").replace("|", "\\|")
