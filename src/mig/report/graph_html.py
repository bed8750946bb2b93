"""The DAG as one page of HTML that needs nothing else: no network, no script or style but its own."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from mig.report.escape import one_line, printable
from mig.report.graph import Choice, Drawing, arrange, clashes, summary
from mig.report.graph_layout import lay_out
from mig.report.words import command_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.report.formats import View
    from mig.usecases.check import CheckResult
    from mig.usecases.picture import Picture, PictureNode, PicturePair

_BETWEEN = 64


def render_html(picture: Picture, choice: Choice) -> str:
    """The page; what comes from the repository stands in it as JSON, and its script writes it as text."""
    style, script = _part("graph.css"), _part("graph.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}';"
        " base-uri 'none'; form-action 'none'"
    )
    filled = {
        "POLICY": policy,
        "TITLE": escape(one_line(f"mig graph: {_title(picture)}")),
        "STYLE": style,
        "DATA": _embedded(page_value(picture, choice)),
        "SCRIPT": script,
    }
    # Each mark is looked for in the template alone: what is put in may hold such words.
    pieces = _part("graph.html").split("@")
    return "".join(filled.get(piece, piece) if at % 2 else piece for at, piece in enumerate(pieces))


def render_check(result: CheckResult, view: View) -> str:  # noqa: ARG001 - as every format
    """A check as the same page."""
    from mig.usecases.picture import picture_of_findings

    picture = result.read_picture() if result.read_picture else picture_of_findings(result)
    return render_html(picture, Choice())


def render_json(picture: Picture, choice: Choice) -> str:
    """What is drawn, for programs: each migration, whose it is, and the pairs."""
    from mig.report.json import render

    return render(
        {
            "version": 1,
            "head": picture.head,
            "base": picture.base,
            "migrations": [
                {
                    "id": node.id,
                    "lineage": lineage.name,
                    "parents": list(node.parents),
                    "path": node.migration.path,
                    "description": node.migration.description,
                    "side": node.side,
                }
                for lineage in picture.lineages
                for node in (lineage.nodes if choice.most is None else lineage.nodes[-choice.most :])
            ],
            "pairs": [
                {
                    "migrations": list(pair.ids),
                    "verdict": pair.verdict.value,
                    "code": pair.code,
                    "message": pair.message,
                    "witness": pair.witness,
                    "fix": pair.fix,
                    "locations": [{"path": place.path, "line": place.line} for place in pair.places],
                    "lines": [list(lines) for lines in pair.lines],
                }
                for pair in picture.pairs
            ],
        }
    )


def page_value(picture: Picture, choice: Choice) -> dict[str, object]:
    """What the script of the page draws."""
    lineages: list[dict[str, object]] = []
    groups: list[dict[str, object]] = []
    nodes: list[dict[str, object]] = []
    pairs: list[dict[str, object]] = []
    bends: list[list[object]] = []
    left = 0
    for number, drawing in enumerate(arrange(picture, choice)):
        lowest, highest = drawing.layout.extent
        shift = left - lowest
        first = (len(groups), len(nodes))
        lineages.append(
            {
                "name": one_line(drawing.lineage.name),
                "height": drawing.layout.height,
                "x": (lowest + highest) // 2 + shift,
            }
        )
        bends += _bends(drawing, number, shift, first)
        inner: dict[int, tuple[int, int]] = {}
        for group, members in enumerate(drawing.folded.groups):
            height = 1
            if len(members) > 1:
                height = _unfold(drawing, group, number, first, inner, bends)
            groups.append(
                {
                    "lineage": number,
                    "x": drawing.layout.xs[group] + shift,
                    "layer": drawing.layout.layers[group],
                    "size": len(members),
                    "height": height,
                }
            )
        for at, node in enumerate(drawing.nodes):
            x, layer = inner.get(at, (0, 0))
            nodes.append(
                {
                    **_node(node),
                    "parents": [p + first[1] for p in drawing.parents[at]],
                    "after": [p + first[1] for p in drawing.others[at]],
                    "group": drawing.folded.group_of[at] + first[0],
                    "x": x,
                    "layer": layer,
                }
            )
        pairs += [_pair(pair, one + first[1], other + first[1]) for one, other, pair in drawing.pairs]
        left += highest - lowest + _BETWEEN
    title = _title(picture)
    return {
        "title": title,
        "base": one_line(picture.base),
        "counts": one_line(summary(picture).removeprefix(title).removeprefix(" · ")),
        "clashes": clashes(picture),
        "lineages": lineages,
        "groups": groups,
        "nodes": nodes,
        "pairs": pairs,
        "bends": bends,
    }


def _title(picture: Picture) -> str:
    return one_line(f"{picture.head} against {picture.base}" if picture.base else picture.head)


def _bends(drawing: Drawing, number: int, shift: int, first: tuple[int, int]) -> Iterator[list[object]]:
    """The edges that pass through layers: key, group (-1: none), lineage, first layer, places."""

    def key(group: int) -> str:
        members = drawing.folded.groups[group]
        return f"g{group + first[0]}" if len(members) > 1 else f"n{members[0] + first[1]}"

    for (parent, child), xs in drawing.layout.bends.items():
        layer = drawing.layout.layers[parent] + 1
        yield [f"{key(parent)}|{key(child)}", -1, number, layer, [x + shift for x in xs]]


def _unfold(
    drawing: Drawing,
    group: int,
    number: int,
    first: tuple[int, int],
    inner: dict[int, tuple[int, int]],
    bends: list[list[object]],
) -> int:
    """Lay out what a folded stretch holds, beside its own place; how many layers it takes."""
    members = drawing.folded.groups[group]
    place = {node: at for at, node in enumerate(members)}
    both = [(*drawing.parents[node], *drawing.others[node]) for node in members]
    layout = lay_out([tuple(place[p] for p in before if p in place) for before in both])
    middle = sum(layout.extent) // 2
    for at, node in enumerate(members):
        inner[node] = (layout.xs[at] - middle, layout.layers[at])
    for (parent, child), xs in layout.bends.items():
        key = f"n{members[parent] + first[1]}|n{members[child] + first[1]}"
        layer = layout.layers[parent] + 1
        bends.append([key, group + first[0], number, layer, [x - middle for x in xs]])
    return layout.height


def _node(node: PictureNode) -> dict[str, object]:
    migration = node.migration
    facts = [
        "reversible" if migration.reversible else "irreversible",
        *([] if migration.transactional else ["no transaction"]),
        *(["head"] if node.is_head else []),
        *(["merge migration"] if migration.is_merge else []),
        *([f"version {migration.version_text}"] if migration.version_text else []),
        *([f"app {migration.app}"] if migration.app else []),
        *migration.labels,
    ]
    return {
        "id": one_line(node.id),
        "words": one_line(node.words),
        "path": one_line(migration.path),
        "side": node.side,
        "head": node.is_head,
        "facts": [one_line(fact) for fact in facts],
        "text": None if node.text is None else printable(node.text.replace("\r\n", "\n").rstrip("\n")),
    }


def _pair(pair: PicturePair, one: int, other: int) -> dict[str, object]:
    return {
        "a": one,
        "b": other,
        "verdict": pair.verdict.value,
        "code": pair.code,
        "message": one_line(pair.message),
        "witness": one_line(pair.witness),
        "fix": one_line(pair.fix),
        "command": one_line(command_of(pair.fix)),
        "lines": [list(lines) for lines in pair.lines],
        "ignored": pair.is_ignored,
    }


def _embedded(value: object) -> str:
    """A value as JSON that no reader of HTML takes for markup, whatever is in it."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


@cache
def _part(name: str) -> str:
    return resources.files("mig.report.page").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
