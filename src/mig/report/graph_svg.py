"""The DAG as one SVG picture, dark or light as the reader has it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape as xml_escape

from mig.findings import Verdict
from mig.report.escape import one_line
from mig.report.graph import Choice, Drawing, arrange, fold_words, side_of, summary
from mig.report.layout import cells

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mig.usecases.picture import Picture

WIDTH, HEIGHT, GAP = 240, 52, 96
_MARGIN, _TOP, _BETWEEN = 32, 96, 64

_STYLE = """
svg { background: #fff; font-family: system-ui, -apple-system, 'Segoe UI', sans-serif; }
.title { font-size: 15px; font-weight: 600; fill: #1a1d21; } .small { font-size: 12px; fill: #5c6670; }
.id { font: 12px ui-monospace, 'SF Mono', Menlo, Consolas, monospace; fill: #5c6670; }
.words { font-size: 13px; fill: #1a1d21; } .edge { fill: none; stroke: #a3adb8; stroke-width: 1.5; }
.other { stroke-dasharray: 2 4; } .box { fill: #f6f7f9; stroke: #c3cad2; } .fold { stroke-dasharray: 5 4; }
.published { fill: #868e96; } .ours { fill: #0b7285; } .theirs { fill: #862e9c; } .side { font-size: 11px; font-weight: 600; }
.conflict { stroke: #d6293e; } .unknown { stroke: #b35c00; } .pair { fill: none; stroke-width: 2.5; stroke-dasharray: 7 5; }
.badge { fill: #fff; stroke-width: 2; } .sign { font-size: 13px; font-weight: 700; text-anchor: middle; fill: #1a1d21; }
@media (prefers-color-scheme: dark) {
svg { background: #14171a; } .title, .words, .sign { fill: #e8ebee; } .small, .id { fill: #9aa5b1; }
.box { fill: #1d2226; stroke: #3c454d; } .badge { fill: #14171a; } .edge { stroke: #58636e; }
.ours { fill: #3bc9db; } .theirs { fill: #da77f2; } .conflict { stroke: #ff6b7d; } .unknown { stroke: #ffa94d; }
}
"""  # noqa: E501 - a rule of CSS is easiest to read on one line


def render_svg(picture: Picture, choice: Choice) -> str:
    """The picture, the newest on top; what stands behind a clipped text is in its tooltip."""
    body: list[str] = []
    left, bottom = _MARGIN, 0
    for drawing in arrange(picture, choice):
        lowest, highest = drawing.layout.extent
        if len(picture.lineages) > 1:
            middle, name = left + (highest - lowest) // 2, text(drawing.lineage.name)
            body.append(
                f'<text class="small" text-anchor="middle" x="{middle}" y="{_TOP - 10}">{name}</text>'
            )
        body += _drawing(drawing, left - lowest)
        left += highest - lowest + _BETWEEN
        bottom = max(bottom, drawing.layout.height * GAP)
    words = summary(picture)
    width = max(left - _BETWEEN + _MARGIN, 2 * _MARGIN + 9 * cells(words), 480)
    height = _TOP + bottom + _MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
        f"<title>{text(words)}</title>",
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="{_MARGIN}" y="34">{text(words)}</text>',
        *_legend(),
    )
    return "\n".join((*head, *body, "</svg>", ""))


def text(value: str) -> str:
    """A text as XML can hold it."""
    return xml_escape(one_line(value), {'"': "&quot;", "'": "&#39;"})


def clipped(value: str, most: int) -> str:
    """The beginning of a text, in columns of a terminal."""
    words = one_line(value)
    if cells(words) <= most:
        return words
    while cells(words) > most - 1:
        words = words[:-1]
    return f"{words}…"


def y_of(layer: int, layers: int) -> int:
    """The middle of a layer; layers count from the roots, which stand at the bottom."""
    return (layers - 1 - layer) * GAP + HEIGHT // 2


def _legend() -> Iterator[str]:
    x = _MARGIN
    for side in ("ours", "theirs", "published"):
        yield f'<rect class="{side}" x="{x}" y="48" width="12" height="12" rx="3"/>'
        yield f'<text class="small" x="{x + 18}" y="58">{side}</text>'
        x += 34 + 7 * len(side)
    for verdict in ("conflict", "unknown"):
        yield f'<path class="pair {verdict}" d="M{x} 54H{x + 26}"/>'
        yield f'<text class="small" x="{x + 32}" y="58">{verdict}</text>'
        x += 48 + 7 * len(verdict)


def _drawing(drawing: Drawing, shift: int) -> Iterator[str]:
    layout, folded = drawing.layout, drawing.folded
    at = [
        (x + shift, _TOP + y_of(layer, layout.height))
        for x, layer in zip(layout.xs, layout.layers, strict=True)
    ]
    for group, parents in enumerate(folded.parents):
        for parent in parents:
            bends = [
                (x + shift, _TOP + y_of(layout.layers[parent] + 1 + number, layout.height))
                for number, x in enumerate(layout.bends.get((parent, group), ()))
            ]
            kind = "edge other" if drawing.is_other(parent, group) else "edge"
            yield f'<path class="{kind}" d="{_curve([at[parent], *bends, at[group]])}"/>'
    for group, (x, y) in enumerate(at):
        yield from _box(drawing, group, x, y)
    for one, other, pair in drawing.pairs:
        yield from _pair(at[folded.group_of[one]], at[folded.group_of[other]], pair.verdict, pair.message)


def _curve(points: Sequence[tuple[int, int]]) -> str:
    """From the upper edge of a parent, through the layers between, to the lower edge of a child."""
    (x, y), *rest = points
    y -= HEIGHT // 2
    drawn = [f"M{x} {y}"]
    for number, (right, middle) in enumerate(rest):
        above = middle + HEIGHT // 2 if number == len(rest) - 1 else middle
        half = (y + above) // 2
        drawn.append(f"C{x} {half} {right} {half} {right} {above}")
        x, y = right, above
    return "".join(drawn)


def _box(drawing: Drawing, group: int, x: int, y: int) -> Iterator[str]:
    members = drawing.members(group)
    node, left, top = members[0], x - WIDTH // 2, y - HEIGHT // 2
    side = side_of(node)
    if len(members) > 1:
        yield f'<g><rect class="box fold" x="{left}" y="{top}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        words = fold_words(len(members))
        yield f'<text class="small" text-anchor="middle" x="{x}" y="{y + 4}">{words}</text></g>'
        return
    yield f"<g><title>{text(f'{node.id} {node.words} {node.migration.path}')}</title>"
    yield f'<rect class="box" x="{left}" y="{top}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
    yield f'<rect class="{side}" x="{left}" y="{top + 8}" width="4" height="{HEIGHT - 16}" rx="2"/>'
    yield f'<text class="id" x="{left + 14}" y="{top + 20}">{text(clipped(node.id, 22))}</text>'
    if node.side:
        right = left + WIDTH - 10
        yield f'<text class="side {side}" text-anchor="end" x="{right}" y="{top + 20}">{side}</text>'
    yield f'<text class="words" x="{left + 14}" y="{top + 39}">{text(clipped(node.words, 30))}</text></g>'


def _pair(one: tuple[int, int], other: tuple[int, int], verdict: Verdict, message: str) -> Iterator[str]:
    (x1, y1), (x2, y2) = sorted((one, other))
    half = WIDTH // 2
    if x2 - x1 >= WIDTH:
        x1, x2 = x1 + half, x2 - half
        bend, path = 0, f"M{x1} {y1}C{(x1 + x2) // 2} {y1} {(x1 + x2) // 2} {y2} {x2} {y2}"
    else:
        x1, x2, bend = x1 + half, x2 + half, 60
        path = f"M{x1} {y1}C{x1 + 80} {y1} {x2 + 80} {y2} {x2} {y2}"
    x, y = (x1 + x2) // 2 + bend, (y1 + y2) // 2
    sign = "✕" if verdict is Verdict.CONFLICT else "?"
    yield f'<g><title>{text(message)}</title><path class="pair {verdict.value}" d="{path}"/>'
    yield f'<circle class="badge {verdict.value}" cx="{x}" cy="{y}" r="11"/>'
    yield f'<text class="sign" x="{x}" y="{y + 5}">{sign}</text></g>'
