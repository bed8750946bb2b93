"""Writes the page with the figures of the matrix: ``python -m tests.matrix.page``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.matrix.corpus import DATABASES
from tests.matrix.score import find_score
from tests.matrix.truth import read_truth

if TYPE_CHECKING:
    from tests.matrix.score import Score
    from tests.matrix.truth import Truth

PAGE = Path(__file__).parents[2] / "docs/reference/matrix.md"
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}
_TEXT = """\
# How good the verdicts are

Verdicts are held against databases. For each database there is a list of single operations (in
`tests/matrix`), written to be awkward: renames, drops, rebuilds, views, triggers, keys, data, settings.
Every pair of them was run in both orders on a real server, on a schema with rows and on one without, and
the two results were compared: did each order work, are schema, rows and settings the same, does every
view, function and trigger still work. What the database said is kept in `tests/matrix/truth`; what mig
says from reading alone is scored against it:

{table}

- *False commutes* are pairs that mig lets pass and that do not commute. {false}
- *False alarms* are conflicts among the pairs that do commute, in per cent of these. Some of them are
  rightly alarms for other rows than those that were there.
- *Unknown* is counted, in per cent, among the pairs of which both sides can be read. Pairs with opaque
  code (a `DO` block that puts SQL together, a routine that cannot be followed) are unknown on purpose and
  counted apart.

The rules were developed with these pairs at hand, so the figures say how well the rules know the matrix,
and not how they do on a pair that nobody has seen. For that, `python -m tests.matrix.generated` makes
scripts of several operations by chance and holds the verdicts on them against the databases as well.

`make matrix` runs the whole matrix (it goes on where it was interrupted; hours on a small machine) and
writes this page. `make test` runs a sample of the pairs again, CI a larger one."""


def render_page() -> str:
    """The page, in Markdown, for the databases of which the truth is known."""
    found = [(truth, find_score(name)) for name in DATABASES if (truth := read_truth(name)).operations]
    return _TEXT.format(table="\n".join(_table(found)), false=_false([score for _, score in found]))


def _table(found: list[tuple[Truth, Score]]) -> list[str]:
    lines = [
        "| database | operations | pairs | that commute | false commutes | false alarms | unknown | opaque |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for truth, score in found:
        cells = (
            f"{_NAMES[truth.database]} {truth.version}",
            f"{len(truth.operations)}",
            f"{score.total:,}",
            f"{score.commuting:,}",
            f"{len(score.false_commutes)}",
            f"{100 * len(score.false_alarms) / max(score.commuting, 1):.1f} %",
            f"{100 * len(score.unknowns) / max(score.readable, 1):.1f} %",
            f"{score.opaque:,}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _false(scores: list[Score]) -> str:
    pairs = [f"{a} and {b}" for score in scores for a, b, _ in score.false_commutes]
    locks = [names for names in pairs if "lock_table" in names]
    if not pairs:
        return "There are none."
    if len(locks) == len(pairs):
        return (
            f"The {len(pairs)} are all of `LOCK TABLE`, which PostgreSQL takes in a transaction only,"
            " and the run of some pairs has none."
        )
    return f"They are: {'; '.join(pairs)}."


def main() -> None:
    PAGE.write_text(render_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
