"""``mig graph``: the DAG as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mig.cli._options import Globals
    from mig.report.graph import Choice
    from mig.usecases.picture import Picture

FORMATS = ("rich", "text", "mermaid", "dot", "svg", "html", "json")


@click.command(name="graph")
@click.option("--at", default="", metavar="REF", help="Draw this tree alone: worktree, index, or a Git ref.")
@click.option("--head", default="", metavar="REF", help="Compare this ref instead of the working tree.")
@click.option("--base", default="", metavar="REF", help="The branch that it will be merged into.")
@click.option(
    "-n", "--max-count", "most", type=click.IntRange(min=1), metavar="N", help="Fold all but the newest N."
)
@click.option("--all", "everything", is_flag=True, help="Fold nothing.")
@click.option("--ascii", "ascii_", is_flag=True, help="Draw text with plain ASCII.")
@click.option("--format", "wanted", type=click.Choice(FORMATS), help="How to draw it.")
@click.option("-o", "--output", default="", metavar="FILE", help="Write a file instead of standard output.")
@click.pass_obj
def command(
    options: Globals,
    *,
    at: str,
    head: str,
    base: str,
    most: int | None,
    everything: bool,
    ascii_: bool,
    wanted: str | None,
    output: str,
) -> None:
    """Draw the graph of migrations, with the pairs that clash.

    What is drawn is the merge of the working tree with its base; --at draws one tree as it is.
    """
    from dataclasses import replace

    from mig.cli._formats import Output
    from mig.cli._show import screen, write, write_lines
    from mig.report.graph import Choice, TextStyle, render_text
    from mig.report.layout import plain
    from mig.usecases.graph import draw_graph

    if at and (head or base):
        raise click.UsageError("--at and --head or --base exclude each other")
    if everything and most is not None:
        raise click.UsageError("--all and -n exclude each other")
    chosen = wanted or options.format or ("text" if output else None)
    where = screen(replace(options, format=chosen), FORMATS)
    picture = draw_graph(options.project(), at=at, head=head, base=base)
    choice = Choice(everything=everything, most=most)
    if where.format in ("rich", "text"):
        lines = render_text(
            picture, choice, TextStyle(width=where.width, unicode=where.unicode and not ascii_)
        )
        if not output:
            write_lines(lines, where)
            return
        drawn = plain(lines)
    else:
        drawn = _render(where.format, picture, choice)
    if output:
        Output(format=where.format, path=output).write(drawn)
    else:
        write(drawn)


def _render(name: str, picture: Picture, choice: Choice) -> str:
    if name == "svg":
        from mig.report.graph_svg import render_svg

        return render_svg(picture, choice)
    if name == "dot":
        from mig.report.graph_dot import render_dot

        return render_dot(picture, choice)
    if name == "mermaid":
        from mig.report.graph import render_mermaid

        return render_mermaid(picture, choice)
    from mig.report.graph_html import render_html, render_json

    return render_json(picture, choice) if name == "json" else render_html(picture, choice)
