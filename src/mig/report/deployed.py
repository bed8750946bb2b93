"""How environments are shown: one sentence for the team, and a line for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.findings import Verdict
from mig.report.layout import Line, cells, fit, pad, span
from mig.rules.frontier import FRESH, said_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mig.report.layout import Span
    from mig.rules.frontier import Deployed

_WORDS = {
    Verdict.COMMUTE: ("safe", "good"),
    Verdict.CONFLICT: ("unsafe", "error"),
    Verdict.UNKNOWN: ("unknown", "warning"),
}


def deployed_lines(deployed: Sequence[Deployed], width: int | None) -> Iterator[Line]:
    """The sentence, then what is to be said of each environment; a table where there is a terminal."""
    if not deployed:
        return
    yield from fit((span(sentence(deployed), "strong"),), width, 2)
    names = [_name(one, deployed) for one in deployed]
    size = max(map(cells, names))
    for name, one in zip(names, deployed, strict=True):
        word, style = _WORDS[one.verdict]
        counts = f"{len(one.applied):,} applied, {len(one.pending):,} pending"
        if width is None:
            yield (span(f"  {name}: "), *_verdict(one), span(f" ({counts})"))
        else:
            yield from fit(
                (span(f"  {pad(name, size)}  "), span(pad(word, 7), style), span(f"  {counts}")), width, 2
            )
        if one.message:
            yield from _reason(one, width, 4 if width is None else size + 4)


def sentence(deployed: Sequence[Deployed]) -> str:
    """``safe on fresh databases and on staging; fails on production at step 2``."""
    safe = [_place(one, deployed) for one in deployed if one.verdict is Verdict.COMMUTE]
    parts = [f"safe on {_listed(safe)}"] if safe else []
    parts += [_short(one, deployed) for one in deployed if one.verdict is not Verdict.COMMUTE]
    return "; ".join(parts)


def deployed_value(one: Deployed) -> dict[str, object]:
    place = one.location
    return {
        "name": one.name,
        "lineage": one.lineage,
        "applied": list(one.applied),
        "pending": list(one.pending),
        "verdict": one.verdict.value,
        "step": one.step,
        "migration": one.migration or None,
        "path": place.path if place else None,
        "line": place.line if place else None,
        "fails": one.fails,
        "message": one.message,
        "fix": one.fix,
    }


def _short(one: Deployed, deployed: Sequence[Deployed]) -> str:
    at = f" at step {one.step}" if one.step else ""
    if one.verdict is Verdict.UNKNOWN:
        return f"not known to be safe on {_place(one, deployed)}{at}"
    if one.step is None:
        return f"refused on {_place(one, deployed)}"
    return f"{'fails' if one.fails else 'another schema'} on {_place(one, deployed)}{at}"


def _verdict(one: Deployed) -> tuple[Span, ...]:
    said = said_of(one).removeprefix("is ")
    return (span(said, _WORDS[one.verdict][1]),)


def _reason(one: Deployed, width: int | None, indent: int) -> Iterator[Line]:
    gap = span(" " * indent)
    place = one.location
    where = (span(f"{place.path}:{place.line}", "path"), span(": ")) if place else ()
    yield from fit((gap, *where, span(one.message)), width, indent)
    if one.fix:
        yield from fit((gap, span("fix  "), span(one.fix, "command")), width, indent)


def _name(one: Deployed, deployed: Sequence[Deployed]) -> str:
    several = len({each.lineage for each in deployed}) > 1
    return f"{one.lineage}: {one.name}" if several else one.name


def _place(one: Deployed, deployed: Sequence[Deployed]) -> str:
    name = "fresh databases" if one.name == FRESH else one.name
    several = len({each.lineage for each in deployed}) > 1
    return f"{name} ({one.lineage})" if several else name


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}"
