"""The DAG for Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.findings import Verdict
from mig.report.escape import one_line
from mig.report.graph import Choice, Drawing, arrange, fold_words, side_of, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.usecases.picture import Picture

_COLOURS = {
    "ours": ("#d8f0f3", "#0b7285"),
    "theirs": ("#f3dcf1", "#862e9c"),
    "published": ("#f1f3f5", "#868e96"),
}


def render_dot(picture: Picture, choice: Choice) -> str:
    """A digraph: edges run from a child to its parents, and the newest is on top."""
    drawings = arrange(picture, choice)
    lines = [
        "digraph migrations {",
        f"  label={_quoted(summary(picture))};",
        '  node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=11];',
        '  edge [color="#868e96", arrowsize=0.6];',
    ]
    for number, drawing in enumerate(drawings):
        if len(drawings) > 1:
            lines += [f"  subgraph cluster_{number} {{", f"  label={_quoted(drawing.lineage.name)};"]
        lines += _drawing(drawing, number)
        lines += ["  }"] if len(drawings) > 1 else []
    return "\n".join((*lines, "}", ""))


def _drawing(drawing: Drawing, number: int) -> Iterator[str]:
    for group in range(len(drawing.folded.groups)):
        members = drawing.members(group)
        fill, line = _COLOURS[side_of(members[0])]
        label = fold_words(len(members)) if len(members) > 1 else f"{members[0].id}\n{members[0].words}"
        yield f'  m{number}_{group} [label={_quoted(label)}, fillcolor="{fill}", color="{line}"];'
    for group, parents in enumerate(drawing.folded.parents):
        for parent in parents:
            style = " [style=dotted]" if drawing.is_other(parent, group) else ""
            yield f"  m{number}_{group} -> m{number}_{parent}{style};"
    for one, other, pair in drawing.pairs:
        ends = [f"m{number}_{drawing.folded.group_of[node]}" for node in (one, other)]
        colour = "#c92a2a" if pair.verdict is Verdict.CONFLICT else "#b35c00"
        label = _quoted(f"{pair.verdict.value} {pair.code}")
        yield (
            f'  {" -> ".join(ends)} [dir=none, constraint=false, style=dashed, color="{colour}",'
            f' fontcolor="{colour}", label={label}, tooltip={_quoted(pair.message)}];'
        )


def _quoted(text: str) -> str:
    """A text as a string of DOT, in which a backslash begins an escape of Graphviz's own."""
    lines = (one_line(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n", 1))
    # Graphviz reads entities of HTML in every string.
    return '"' + "\\n".join(line.replace("&", "&amp;") for line in lines) + '"'
