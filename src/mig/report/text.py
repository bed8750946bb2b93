"""What a person reads of a check: who against whom, what clashes, where, and what to do."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from mig.findings import Severity, Verdict
from mig.report import words
from mig.report.layout import Line, cells, clip, fit, pad, span, width_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mig.findings import Finding
    from mig.model import Location
    from mig.report.formats import View
    from mig.report.layout import Span
    from mig.usecases.check import CheckResult

_LABEL = 10
_MOST_PLACES = 10
_MOST_PAIRS = 10
_MOST_PROBLEMS = 3


def render_check(result: CheckResult, view: View, *, width: int | None = None) -> Iterator[Line]:
    """The report; ``width`` is the terminal's, and None means that nothing is broken."""
    quiet, least = view.quiet, (view.fail_on if view.quiet else view.least).rank
    shown = [one for one in result.findings if one.severity.rank >= least or (not quiet and _is_settled(one))]
    if not shown:
        if not quiet:
            yield from _all_is_well(result, view.branch, width)
            yield from _deployed(result, width)
        return
    if not quiet:
        chunks = [
            words.sides(result, view.branch),
            _merge_base(result),
            words.whose(result),
            words.pairs(result),
        ]
        yield from _joined(chunks, width, first="strong")
    named = len(result.heads) > 1
    for block in _blocks(shown):
        if not quiet or block[0] is not shown[0]:
            yield ()
        yield from render_block(block, width=width, named=named)
    if not quiet:
        yield ()
        yield from _deployed(result, width)
        yield from [()] if result.deployed else []
        yield from _summary(result, view, width)


def _deployed(result: CheckResult, width: int | None) -> Iterator[Line]:
    if result.deployed:
        from mig.report.deployed import deployed_lines  # asked for seldom

        yield from deployed_lines(result.deployed, width)


def render_block(
    block: Sequence[Finding], *, width: int | None = None, named: bool = False
) -> Iterator[Line]:
    """One finding, or a table of pairs that have the same code; ``named``: say which lineage it is of."""
    finding = block[0]
    prefix = f"{finding.lineage}: " if named and finding.lineage else ""
    title = f"{prefix}{finding.message if len(block) == 1 else _about_all(block)}"
    style = finding.severity.value
    yield from fit((span(f"{finding.code} {style}", style), span("  "), span(title, "strong")), width, _LABEL)
    yield from _table(block, width) if len(block) > 1 else _places(finding, width)
    yield from _why(block, width) if len(block) > 1 else ()
    yield from _not_replayed(block, width) if len(block) > 1 else ()
    for label, text in (("then", finding.then), ("fix", _common_fix(block))):
        if text:
            yield from fit((_label(label), *_commands(text)), width, _LABEL)


def _blocks(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    """Findings as they are shown: pairs of which nothing is known together, the others one by one."""

    def key(finding: Finding) -> tuple[object, ...]:
        alike = finding.verdict is Verdict.UNKNOWN or _is_settled(finding)
        is_pair = alike and len(finding.locations) == 2
        return (
            (finding.code, finding.verdict, finding.severity, finding.lineage) if is_pair else (id(finding),)
        )

    for _, alike in groupby(findings, key):
        yield list(alike)


def _is_settled(finding: Finding) -> bool:
    """Whether nothing but a replay has shown that a pair commutes: that has to be seen."""
    return finding.verdict is Verdict.COMMUTE and finding.replayed is not None


def _about_all(block: Sequence[Finding]) -> str:
    if _is_settled(block[0]):
        return f"{len(block):,} pairs commute with the rows that migrations insert, as replay alone has shown"
    return f"{len(block):,} pairs are not ordered, and not proved to commute"


def _why(block: Sequence[Finding], width: int | None) -> Iterator[Line]:
    """What keeps the pairs of a table from being proved, the commonest reason first."""
    if _is_settled(block[0]):
        return
    reasons = Counter(finding.message for finding in block)
    for number, (reason, times) in enumerate(reasons.most_common(_MOST_PROBLEMS)):
        text = f"{words.count(times, 'pair')}: {reason}" if len(reasons) > 1 else reason
        yield from fit((_label("" if number else "why"), span(text)), width, _LABEL)
    if len(reasons) > _MOST_PROBLEMS:
        yield (_label(""), span(f"... and {len(reasons) - _MOST_PROBLEMS:,} more reasons", "dim"))


def _not_replayed(block: Sequence[Finding], width: int | None) -> Iterator[Line]:
    """Why pairs in a table could not be run, the commonest reason first."""
    problems = Counter(one.replayed.problem for one in block if one.replayed and one.replayed.problem)
    for problem, number in problems.most_common(_MOST_PROBLEMS):
        text = f"{words.count(number, 'pair')} not replayed: {problem}"
        yield from fit((_label("note"), span(text)), width, _LABEL)
    if len(problems) > _MOST_PROBLEMS:
        yield (_label(""), span(f"... and {len(problems) - _MOST_PROBLEMS:,} more reasons", "dim"))


def _all_is_well(result: CheckResult, branch: str, width: int | None) -> Iterator[Line]:
    hidden = words.severities(result.findings)
    chunks = [words.sides(result, branch), words.whose(result), words.pairs(result)]
    chunks += [f"{', '.join(hidden)} (-v shows them)"] if hidden else []
    chunks += [words.suppressed(result.findings)]
    yield from _joined(chunks, width, begin=(span("ok", "good"), span(": ")))


def _summary(result: CheckResult, view: View, width: int | None) -> Iterator[Line]:
    counts = words.kinds(result.findings)
    dropped = words.suppressed(result.findings)
    if not view.verbose and any(finding.severity is Severity.NOTE for finding in result.findings):
        counts[-1] += " (-v shows them)"
    begin = (span("ok", "good"), span(": ")) if result.ok(view.fail_on) else ()
    code = result.findings[0].code
    yield from fit(
        (
            *begin,
            span(", ".join(counts), "strong"),
            *((span(" · ", "dim"), span(dropped)) if dropped else ()),
            span(" · ", "dim"),
            span(f"mig explain {code}", "command"),
        ),
        width,
        2,
    )


def _merge_base(result: CheckResult) -> str:
    if result.base is None:
        return ""
    return f"merge base {result.merge_base[:7]}" if result.merge_base else "no common commit"


def _joined(
    chunks: Iterable[str], width: int | None, *, first: str = "", begin: tuple[Span, ...] = ()
) -> Iterator[Line]:
    """The chunks with dots between them; lines are broken at the dots."""
    row: list[Span] = list(begin)
    for number, chunk in enumerate(chunk for chunk in chunks if chunk):
        piece = span(chunk, first if number == 0 else "")
        if number and width is not None and width_of(row) + 3 + cells(chunk) > width:
            yield tuple(row)
            row = [span("  "), piece]
        else:
            row += [span(" · ", "dim"), piece] if number else [piece]
    yield tuple(row)


def _places(finding: Finding, width: int | None) -> Iterator[Line]:
    ids = _ids(finding)
    for migration, place in list(zip(ids, finding.locations, strict=True))[:_MOST_PLACES]:
        yield from _place(migration, place, width)
    if len(ids) > _MOST_PLACES:
        yield (_label(""), span(f"... and {len(ids) - _MOST_PLACES} more (--format json lists all)", "dim"))


def _ids(finding: Finding) -> Sequence[str]:
    """The id of the migration at each location; empty where the finding does not say."""
    places, ids = len(finding.locations), finding.migrations
    if len(ids) == places:
        return ids
    return ids * places if len(ids) == 1 else ("",) * places


def _place(migration: str, place: Location, width: int | None) -> Iterator[Line]:
    """Id, path and description on one line; where that is too narrow, what does not fit goes below."""
    begin = (_label(place.side or "at"), *_id_of(migration))
    path = span(f"{place.path}:{place.line}" if place.line else place.path, "path")
    text = span(place.text, "dim")
    gap, indent = span("  "), span(" " * _LABEL)
    fits = width is None or width_of((*begin, path)) <= width
    if fits and (width is None or not text.text or width_of((*begin, path, gap, text)) <= width):
        yield (*begin, path, gap, text) if text.text else (*begin, path)
    elif fits:
        yield (*begin, path)
        yield from fit((indent, text), width, _LABEL)
    else:
        yield from fit((*begin, text), width, _LABEL) if migration else ()
        yield (indent if migration else begin[0], path)


def _id_of(migration: str) -> tuple[Span, ...]:
    return (span(migration, "id"), span("  ")) if migration else ()


def _label(text: str) -> Span:
    return _side(pad(f"  {text}", _LABEL))


def _side(title: str) -> Span:
    """A label; the two sides have colours of their own."""
    return span(title, title.strip() if title.strip() in ("ours", "theirs") else "label")


def _commands(text: str) -> Iterator[Span]:
    """An instruction; one that begins with a command shows how far that goes."""
    command, comma, rest = text.partition(",")
    if text.startswith(("mig ", "git ")):
        yield span(command, "command")
        yield span(f"{comma}{rest}")
    else:
        yield span(text)


def _common_fix(block: Sequence[Finding]) -> str:
    fixes = {finding.fix for finding in block}
    return fixes.pop() if len(fixes) == 1 else ""


def _table(block: Sequence[Finding], width: int | None) -> Iterator[Line]:
    """Pairs of migrations side by side: ids in full, descriptions as far as there is room."""
    rows = [finding.locations for finding in block[:_MOST_PAIRS]]
    titles = [_side_of([finding.locations[column] for finding in block], column) for column in (0, 1)]
    ids = [max(cells(finding.migrations[column]) for finding in block[:_MOST_PAIRS]) for column in (0, 1)]
    texts = [max(cells(_about(row[column])) for row in rows) for column in (0, 1)]
    if width is not None:
        room = max((width - sum(ids) - 8) // 2, 8)
        texts[0] = min(texts[0], max(room, 2 * room - texts[1]))
        texts[1] = min(texts[1], 2 * room - texts[0])
    sizes = [ids[column] + 2 + texts[column] for column in (0, 1)]
    yield (span("  "), _side(pad(titles[0], sizes[0] + 2)), _side(titles[1]))
    before = ""
    for finding, row in zip(block, rows, strict=False):
        first, second = finding.migrations
        left = _cell(first, ids[0], row[0], texts[0]) if first != before else (span(" " * sizes[0]),)
        yield (span("  "), *left, span("  "), *_cell(second, ids[1], row[1], texts[1]))
        before = first
    if len(block) > _MOST_PAIRS:
        yield (span(f"  ... and {len(block) - _MOST_PAIRS:,} more (--format json lists all)", "dim"),)


def _cell(migration: str, size: int, place: Location, room: int) -> Iterator[Span]:
    yield span(pad(migration, size), "id")
    yield span("  ")
    text = clip((span(_about(place)),), room)
    yield from text
    yield span(" " * (room - width_of(text)))


def _about(place: Location) -> str:
    return place.text or place.path.rpartition("/")[2]


def _side_of(places: Sequence[Location], column: int) -> str:
    found = {place.side for place in places}
    side = found.pop() if len(found) == 1 else ""
    return side or ("one", "other")[column]
