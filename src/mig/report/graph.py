"""A picture of the DAG made ready to be drawn: stretches folded, everything in its place; and as text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from mig.findings import Verdict
from mig.report.graph_fold import Folded, cut, fold, unfolded
from mig.report.graph_layout import Layout, lay_out
from mig.report.graph_text import draw
from mig.report.layout import Line, Span, clip, fit, span
from mig.report.words import command_of, count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.usecases.picture import Picture, PictureLineage, PictureNode, PicturePair

_MOST_PAIRS = 100
_MOST_MARKS = 4
"""How many pairs are told below the drawing, and how many are marked at one migration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of a picture is drawn.

    That is ``everything``, or the newest ``most`` of each lineage and what clashes, or, with neither, all but
    long stretches in which nothing is new and nothing clashes.
    """

    everything: bool = False
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One lineage in groups; those of more than one migration are folded.

    ``parents`` and ``others`` give, for each migration, the numbers of those that it begins from, and of
    those that must come before it for other reasons.  ``pairs`` names both migrations by number.
    """

    lineage: PictureLineage
    parents: tuple[tuple[int, ...], ...]
    others: tuple[tuple[int, ...], ...]
    folded: Folded
    layout: Layout
    pairs: tuple[tuple[int, int, PicturePair], ...]

    @property
    def nodes(self) -> tuple[PictureNode, ...]:
        return self.lineage.nodes

    def members(self, group: int) -> tuple[PictureNode, ...]:
        return tuple(self.nodes[node] for node in self.folded.groups[group])

    def is_other(self, parent: int, group: int) -> bool:
        """Whether one group begins from another only because it is declared to come after it."""
        first = self.folded.group_of
        return not any(first[p] == parent for node in self.folded.groups[group] for p in self.parents[node])


def arrange(picture: Picture, choice: Choice = Choice()) -> tuple[Drawing, ...]:
    """Each lineage of a picture, folded and laid out."""
    return tuple(_arrange(lineage, choice) for lineage in picture.lineages)


def _arrange(lineage: PictureLineage, choice: Choice) -> Drawing:
    number = {node.id: at for at, node in enumerate(lineage.nodes)}
    parents = tuple(tuple(number[p] for p in node.parents) for node in lineage.nodes)
    others = tuple(tuple(number[p] for p in node.after) for node in lineage.nodes)
    both = [(*a, *b) for a, b in zip(parents, others, strict=True)]
    pairs = tuple((number[pair.ids[0]], number[pair.ids[1]], pair) for pair in lineage.pairs)
    folded = _fold(lineage, both, {i for one, other, _ in pairs for i in (one, other)}, choice)
    return Drawing(
        lineage=lineage,
        parents=parents,
        others=others,
        folded=folded,
        layout=lay_out(folded.parents),
        pairs=pairs,
    )


def _fold(
    lineage: PictureLineage, parents: list[tuple[int, ...]], clashing: set[int], choice: Choice
) -> Folded:
    has_cycle = any(p >= node for node, before in enumerate(parents) for p in before)
    if choice.everything or has_cycle:
        return unfolded(parents)
    if choice.most is not None:
        return cut(parents, clashing, choice.most)
    kept = {at for at, node in enumerate(lineage.nodes) if node.side or node.is_head} | clashing
    return fold(parents, kept.union(*(parents[node] for node in kept)))


def fold_words(size: int) -> str:
    """What a folded stretch is called."""
    return f"… {count(size, 'migration')} …"


def side_of(node: PictureNode) -> str:
    return node.side or "published"


def summary(picture: Picture) -> str:
    """What is drawn, in one line."""
    ours = sum(node.side == "ours" for node in picture.nodes)
    theirs = sum(node.side == "theirs" for node in picture.nodes)
    parts = [f"{picture.head} against {picture.base}" if picture.base else picture.head]
    parts.append(count(len(picture.nodes), "migration"))
    if picture.base:
        parts.append(f"{ours:,} of ours, {theirs:,} of theirs")
    if picture.is_checked:
        parts.append(clashes(picture))
    return " · ".join(parts)


def clashes(picture: Picture) -> str:
    """How many pairs clash, or may."""
    verdicts = [pair.verdict for pair in picture.pairs]
    conflicts, unknown = verdicts.count(Verdict.CONFLICT), verdicts.count(Verdict.UNKNOWN)
    found = [count(conflicts, "conflict")] if conflicts or not unknown else []
    return ", ".join(found + ([f"{unknown:,} unknown"] if unknown else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStyle:
    """``width`` is where lines are cut off, None: nowhere; ``unicode`` draws with lines that join."""

    width: int | None = None
    unicode: bool = False


def render_text(picture: Picture, choice: Choice, style: TextStyle) -> Iterator[Line]:
    """The graph in lanes, the newest on top, and below it the pairs that clash."""
    yield from fit((span(summary(picture), "strong"),), style.width)
    for drawing in arrange(picture, choice):
        yield ()
        if len(picture.lineages) > 1:
            yield (span(drawing.lineage.name, "strong"),)
        yield from _lanes(drawing, style)
        for number, (_, _, pair) in enumerate(drawing.pairs[:_MOST_PAIRS], 1):
            yield ()
            for line in _pair(pair, number):
                yield from fit(line, style.width, 10)
        if len(drawing.pairs) > _MOST_PAIRS:
            yield ()
            yield (span(f"… and {count(len(drawing.pairs) - _MOST_PAIRS, 'more pair')}; mig check has all"),)


def _lanes(drawing: Drawing, style: TextStyle) -> Iterator[Line]:
    size = len(drawing.folded.groups)
    parents = {str(g): [str(p) for p in drawing.folded.parents[g]] for g in range(size)}
    marks: dict[int, list[Span]] = {}
    for number, (one, other, pair) in enumerate(drawing.pairs, 1):
        style_ = "error" if pair.verdict is Verdict.CONFLICT else "warning"
        for node in (one, other):
            group = drawing.folded.group_of[node]
            marks.setdefault(group, []).append(span(f" [{number} {pair.verdict.value}]", style_))
    for row in draw((str(g) for g in reversed(range(size))), parents):
        lanes = row.spans(unicode=style.unicode)
        seen = lanes if style.width is None else islice(lanes, style.width + 1)
        entry = _entry(drawing, int(row.id), _few(marks.get(int(row.id), []))) if row.id else ()
        yield clip((*seen, Span(" "), *entry), style.width)


def _few(marks: list[Span]) -> Line:
    more = len(marks) - _MOST_MARKS
    return (*marks[:_MOST_MARKS], span(f" and {more:,} more", "dim")) if more > 0 else tuple(marks)


def _entry(drawing: Drawing, group: int, marks: Line) -> Line:
    members = drawing.members(group)
    if len(members) > 1:
        return (span(fold_words(len(members)), "dim"),)
    (node,) = members
    side = (span(f" {node.side}", node.side),) if node.side else ()
    head = (span(" (head)", "dim"),) if node.is_head else ()
    return (span(node.id, "id"), *side, *head, *marks, span(f" {node.words}"))


def _pair(pair: PicturePair, number: int) -> Iterator[Line]:
    style = "error" if pair.verdict is Verdict.CONFLICT else "warning"
    yield (span(f"[{number} {pair.verdict.value}]", style), span(f" {pair.code}  {pair.message}"))
    for migration, place in zip(pair.ids, pair.places, strict=True):
        where = f"{place.path}:{place.line}" if place.line else place.path
        side = span(f"  {place.side:<7}", place.side or "dim")
        yield (side, span(f" {migration}", "id"), span("  "), span(where, "path"))
    if pair.witness:
        yield (span("  then   ", "label"), span(f" {pair.witness}"))
    if pair.fix:
        command = command_of(pair.fix)
        words = span(pair.fix.removeprefix(command))
        yield (span("  fix     ", "label"), *((span(command, "command"),) if command else ()), words)


def render_mermaid(picture: Picture, choice: Choice) -> str:
    """A mermaid flowchart, the oldest on top."""
    from mig.report.mermaid import render_flowchart

    migrations, sides, conflicts = [], {}, []
    for at, drawing in enumerate(arrange(picture, choice)):
        size = len(drawing.folded.groups)
        names = {group: f"{at}.{group}" for group in range(size)}
        for group in range(size):
            members = drawing.members(group)
            words = fold_words(len(members)) if len(members) > 1 else members[0].words
            name = f"{members[0].id} to {members[-1].id}" if len(members) > 1 else members[0].id
            migrations.append(
                (
                    name,
                    replace(
                        members[0].migration,
                        id=names[group],
                        description=words,
                        parents=tuple(names[p] for p in drawing.folded.parents[group]),
                        requires=(),
                    ),
                )
            )
            sides[names[group]] = side_of(members[0])
        conflicts += [
            (names[drawing.folded.group_of[one]], names[drawing.folded.group_of[other]], pair.verdict.value)
            for one, other, pair in drawing.pairs
        ]
    labels = {migration.id: name for name, migration in migrations}
    lines = render_flowchart([m for _, m in migrations], sides, conflicts=conflicts, labels=labels)
    return "".join(f"{line}\n" for line in lines)
