"""What a person reads of the radar: the branches, who clashes with whom, and the order of merging."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mig.findings import Verdict
from mig.report import words
from mig.report.layout import Line, cells, clip, fit, pad, span
from mig.usecases.radar.model import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mig.findings import Finding
    from mig.model import Location
    from mig.usecases.radar.model import Branch, Clash, Radar, Step

_MOST_BRANCHES = 100
_MOST_CLASHES = 50
_MOST_FINDINGS = 3
_MOST_NAMED = 5
_LABEL = 8
_STYLES = {
    Standing.OK: "good",
    Standing.DIVERGES: "",
    Standing.UNKNOWN: "warning",
    Standing.ERROR: "error",
    Standing.CONFLICT: "error",
}


def radar_lines(found: Radar, *, width: int | None = None, quiet: bool = False) -> Iterator[Line]:
    """The report; ``width`` is the terminal's, and None means that nothing is broken."""
    bad = [one for one in found.branches if one.standing.rank >= Standing.UNKNOWN.rank]
    if quiet and not (bad or found.clashes or found.problem):
        return
    about = f" · {pairs_of(found)}" if found.checked else ""
    yield from fit((span(title_of(found), "strong"), span(about, "dim")), width, 2)
    if found.problem:
        yield from fit((span(problem_of(found), "error"),), width, 2)
    shown = bad if quiet else found.branches
    if shown:
        yield ()
        yield from _table(shown, found, width)
    for one in bad[:_MOST_CLASHES]:
        if one.findings:
            yield ()
            yield (span(f"{one.ref} against {found.base.ref}", "strong"),)
            yield from _findings(one.findings, width)
    for clash in found.clashes[:_MOST_CLASHES]:
        yield ()
        yield from _clash(clash, width)
    if len(found.clashes) > _MOST_CLASHES:
        yield (span(f"... and {len(found.clashes) - _MOST_CLASHES:,} more (--format json lists all)", "dim"),)
    yield from _order(found, width)


def title_of(found: Radar) -> str:
    """How many branches were looked at, and what came out."""
    conflicts = sum(one.verdict is Verdict.CONFLICT for one in found.clashes)
    unknown = len(found.clashes) - conflicts
    chunks = [
        f"open branches against {found.base.ref} ({found.base.id[:7]})",
        f"{len(found.branches):,} with migrations, {found.idle:,} without",
    ]
    if conflicts:
        chunks.append(f"{words.count(conflicts, 'pair')} of branches in conflict")
    if unknown:
        chunks.append(f"{words.count(unknown, 'pair')} of branches unknown")
    return " · ".join(chunks)


def pairs_of(found: Radar) -> str:
    """How many pairs of migrations there were."""
    said = (
        f"{words.count(found.checked, 'unordered pair')} of migrations, {found.compared:,} compared closely"
    )
    return f"{said}, {found.skipped:,} too many" if found.skipped else said


def problem_of(found: Radar) -> str:
    """Why nothing can be told, or not of all, and what to do."""
    if found.skipped:
        return f"not everything is told: {found.problem}; mig radar --only REF compares one branch"
    base = found.base.ref
    return f"nothing can be told: {base} itself is broken: {found.problem}; mig check --head {base} says more"


def verdict_of(one: Branch) -> str:
    """How a branch stands to the base, in words."""
    said = one.standing.value
    if one.standing is Standing.DIVERGES and one.fix:
        said = f"{said}: {one.fix}"
    elif one.standing.rank >= Standing.UNKNOWN.rank and one.findings:
        said = f"{said}: {', '.join(dict.fromkeys(finding.code for finding in one.findings))}"
    return said


def notes_of(one: Branch) -> str:
    """What else there is to know of a branch."""
    notes = [f"on top of {', '.join(one.on_top_of)}"] if one.on_top_of else []
    notes += [f"not compared with other branches: {one.alone}"] if one.alone else []
    if one.same_version:
        shown = ", ".join(one.same_version[:_MOST_NAMED])
        more = (
            f" and {len(one.same_version) - _MOST_NAMED:,} more"
            if len(one.same_version) > _MOST_NAMED
            else ""
        )
        notes.append(
            f"a version of its is taken by {shown}{more}, too: whoever comes second is numbered anew"
        )
    return "; ".join(notes)


def date_of(one: Branch) -> str:
    """The day of the last commit, in UTC."""
    return datetime.fromtimestamp(one.committed, UTC).strftime("%Y-%m-%d") if one.committed < 1 << 34 else ""


def _table(shown: Sequence[Branch], found: Radar, width: int | None) -> Iterator[Line]:
    some = shown[:_MOST_BRANCHES]
    names = [", ".join((one.ref, *one.also)) for one in some]
    verdicts = [verdict_of(one) for one in some]
    room = max(cells(text) for text in (*names, "branch"))
    against = f"against {found.base.ref}"
    second = max(cells(text) for text in (*verdicts, against))
    header = f"{pad('branch', room)}  migrations  {pad(against, second)}  last commit"
    yield from [clip((span(header, "label"),), width)]
    for one, name, verdict in zip(some, names, verdicts, strict=True):
        line = (
            span(pad(name, room), "id"),
            span(f"  {len(one.migrations):>10,}  "),
            span(pad(verdict, second), _STYLES[one.standing]),
            span(f"  {date_of(one)} {one.author}", "dim"),
        )
        yield clip(line, width)
        if notes := notes_of(one):
            yield from fit((span(f"  {notes}", "dim"),), width, 2)
    if len(shown) > _MOST_BRANCHES:
        yield (span(f"... and {len(shown) - _MOST_BRANCHES:,} more (--format json lists all)", "dim"),)


def _clash(clash: Clash, width: int | None) -> Iterator[Line]:
    one, other = clash.branches
    yield from fit(
        (span(f"{one} and {other}", "strong"), span(f"  {clash.verdict.value}; {way_out(clash)}")), width, 2
    )
    yield from _findings(clash.findings, width)


def way_out(clash: Clash) -> str:
    """Which of two branches goes first."""
    if clash.verdict is Verdict.UNKNOWN:
        return "nobody can tell by reading them; whoever comes second runs mig check --replay"
    if clash.first:
        second = next(ref for ref in clash.branches if ref != clash.first)
        return f"merge {clash.first} first, then rebase {second}"
    return "whoever comes second has to be rewritten"


def _findings(findings: Sequence[Finding], width: int | None) -> Iterator[Line]:
    for finding in findings[:_MOST_FINDINGS]:
        title = (span(finding.code, finding.severity.value), span("  "), span(finding.message))
        yield from fit((span("  "), *title), width, _LABEL + 2)
        ids = finding.migrations if len(finding.migrations) == len(finding.locations) else ()
        for number, place in enumerate(finding.locations[:4]):
            yield from _place(ids[number] if ids else "", place, width)
        if finding.then:
            yield from fit((span("    then  ", "label"), span(finding.then)), width, _LABEL + 2)
    if len(findings) > _MOST_FINDINGS:
        yield (span(f"    ... and {words.count(len(findings) - _MOST_FINDINGS, 'more finding')}", "dim"),)


def _place(migration: str, place: Location, width: int | None) -> Iterator[Line]:
    path = f"{place.path}:{place.line}" if place.line else place.path
    begin = (span(f"    {place.side}  " if place.side else "    ", "label"),)
    line = (*begin, span(f"{migration}  " if migration else "", "id"), span(path, "path"))
    yield from fit((*line, span(f"  {place.text}" if place.text else "", "dim")), width, _LABEL + 2)


def _order(found: Radar, width: int | None) -> Iterator[Line]:
    bound = [step for step in found.order if step.after or step.rewritten_for]
    wanted = {ref for step in bound for ref in (step.ref, *step.after, *step.rewritten_for)}
    steps = [step for step in found.order if step.ref in wanted]
    if not steps:
        return
    yield ()
    yield (span("merge in this order", "strong"),)
    for number, step in enumerate(steps[:_MOST_BRANCHES], 1):
        yield from fit((span(f"  {number:>2}. "), span(step.ref, "id"), span(step_of(step))), width, 6)
    rest = len(found.order) - len(steps)
    if rest:
        yield (
            span(f"  the other {rest:,} at any time" if rest > 1 else "  the other one at any time", "dim"),
        )


def step_of(step: Step) -> str:
    """What to do about a branch when its turn comes."""
    said = f", after {', '.join(step.after)}" if step.after else ""
    if step.rewritten_for:
        said += f", rewritten for what {', '.join(step.rewritten_for)} brought"
    return said
