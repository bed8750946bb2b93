"""The migrations of a tree as lines: heads, linear order, drawn graph."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from mig.report.graph_text import draw
from mig.report.layout import Line, Span, cells, clip, pad, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mig.model import Migration


def render_heads(heads: Mapping[str, Sequence[Migration]], *, width: int | None = None) -> Iterator[Line]:
    """A line for each head: id, path, description."""
    listed = [head for found in heads.values() for head in found]
    sizes = [
        max((cells(text) for text in texts), default=0) for texts in zip(*map(_columns, listed), strict=True)
    ]
    for head in listed:
        lineage, *columns = map(pad, _columns(head), sizes)
        named = (span(lineage, "label"), span("  ")) if len(heads) > 1 else ()
        row = (*named, span(columns[0], "id"), span("  "), span(columns[1], "path"), span("  "))
        yield _shortened(row, head.description, width)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStyle:
    """How the log is shown.

    ``most`` is how many of the newest migrations of each lineage to show; ``width`` is where lines
    are cut off; ``unicode`` draws with lines that join; ``verbose`` adds paths.
    """

    graph: bool = False
    reverse: bool = False
    most: int | None = None
    width: int | None = None
    unicode: bool = False
    verbose: bool = False


def newest(migrations: Sequence[Migration], most: int | None) -> Sequence[Migration]:
    """The last ones of migrations in linear order."""
    return migrations if most is None else migrations[max(len(migrations) - most, 0) :]


def render_log(ordered: Mapping[str, Sequence[Migration]], style: LogStyle) -> Iterator[Line]:
    """The migrations, given in linear order, the newest first; each lineage under its name."""
    for number, (lineage, found) in enumerate(ordered.items()):
        if len(ordered) > 1:
            yield from ((),) if number else ()
            yield (span(lineage, "strong"),)
        heads = frozenset(m.id for m in found).difference(*(m.parents for m in found))
        yield from _drawn(found[::-1], heads, style) if style.graph else _listed(found, heads, style)


def _listed(ordered: Sequence[Migration], heads: frozenset[str], style: LogStyle) -> Iterator[Line]:
    shown = newest(ordered, style.most)
    for migration in shown if style.reverse else reversed(shown):
        yield clip(_entry(migration, heads, style), style.width)


def _drawn(migrations: Sequence[Migration], heads: frozenset[str], style: LogStyle) -> Iterator[Line]:
    by_id = {m.id: m for m in migrations}
    parents = {m.id: [parent for parent in m.parents if parent in by_id] for m in migrations}
    drawn = 0
    for row in draw(by_id, parents):
        if row.id and drawn == style.most:
            return
        drawn += bool(row.id)
        entry = _entry(by_id[row.id], heads, style) if row.id else ()
        lanes = row.spans(unicode=style.unicode)
        # More lanes than there are columns are not even made.
        seen = lanes if style.width is None else islice(lanes, style.width + 1)
        yield clip((*seen, Span(" "), *entry), style.width)


def _columns(migration: Migration) -> tuple[str, str, str]:
    return migration.lineage, migration.id, migration.path


def _shortened(row: Line, description: str, width: int | None) -> Line:
    """The row with as much of the description as there is room for, but ids and paths whole."""
    used = sum(cells(piece.text) for piece in row)
    if width is None:
        return (*row, span(description))
    room = width - used
    return (*row, *clip((span(description),), room)) if room > 10 else row


def _entry(migration: Migration, heads: frozenset[str], style: LogStyle) -> Line:
    """One migration as the log shows it: id, what is special about it, what it is for."""
    is_head = migration.id in heads
    marks = [
        *(["head"] if is_head else []),
        *(["merge"] if migration.is_merge else []),
        *(["irreversible"] if not migration.reversible else []),
        *migration.labels,
    ]
    about = migration.description or migration.path.rpartition("/")[2]
    entry = [span(migration.id, "id")]
    entry += [span(f" ({', '.join(marks)})", "ours" if is_head else "dim")] if marks else []
    entry.append(span(f" {about}"))
    if style.verbose and migration.description:
        entry.append(span(f"  {migration.path}", "dim"))
    return tuple(entry)
