"""Writes the pages on conflicts, with what databases do in both orders: ``python -m tests.docs.outcomes``."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mig import compare
from mig.catalogue import Code, all_codes
from mig.replay.pair import replay_pair
from mig.sqltext.split import split
from tests.docs.pages import DOCS
from tests.matrix.oracle import make_replay, open_server

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.replay.outcome import Difference, Outcome
    from mig.replay.pair import PairOutcome

FOLDER = DOCS / "reference/conflicts"
_CASES = Path(__file__).with_name("outcomes.sql")
_CASE = re.compile(r"^-- case: (MIG\d+) (\w+) (.*)$", re.MULTILINE)
_PART = re.compile(r"^-- (base|A|B|way out)$", re.MULTILINE)
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}
_LONGEST = 160
_MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Two migrations on a base that show what a code is about."""

    code: str
    database: str
    title: str
    base: str
    a: str
    b: str
    way_out: str


def read_cases() -> tuple[Case, ...]:
    text = _CASES.read_text(encoding="utf-8")
    found = list(_CASE.finditer(text))
    ends = [heading.start() for heading in found[1:]] + [len(text)]
    return tuple(_case(heading, text[heading.end() : end]) for heading, end in zip(found, ends, strict=True))


def codes() -> tuple[Code, ...]:
    """The codes that have a page."""
    return tuple(code for code in all_codes() if code.code.startswith("MIG3"))


def replay_case(case: Case, url: str) -> PairOutcome:
    """What the database does with both orders."""
    with make_replay(case.database, url) as replay:
        failure = replay.build(_statements(case.base, case.database))
        if failure is not None:
            raise ValueError(f"the base of {case.title!r} fails: {failure.message}")
        return replay_pair(replay, *(_statements(text, case.database) for text in (case.a, case.b)))


def render_case(case: Case, outcome: PairOutcome) -> str:
    """One example: the three scripts, what mig says, what the database did, and the ways out."""
    lines = [f"## {case.title}", ""]
    for title, text in (("Both start from this", case.base), ("A", case.a), ("B", case.b)):
        lines += [f"{title}:", "", "```sql", text, "```", ""]
    lines += ["What mig says:", "", "```text", *_verdict(case), "```", ""]
    lines += [f"What {_NAMES[case.database]} does:", "", "```text", *_outcome(outcome), "```", ""]
    return "\n".join([*lines, f"Ways out: {case.way_out}"]) + "\n"


def render_head(code: Code, cases: Iterable[Case]) -> str:
    """The top of a code's page."""
    title = f"{code.title[0].upper()}{code.title[1:]}"
    lines = [f"# {code.code} {code.slug}", "", f"{title} ({code.severity.value}). {code.problem}", ""]
    lines += [f"What to do: {code.remedy}", ""]
    if list(cases):
        lines += [
            "Each example was run on a real database, in both orders; all codes are in the [index](index.md)."
        ]
    else:
        lines += ["[All codes](index.md)"]
    return "\n".join(lines) + "\n"


def render_index() -> str:
    """The page that leads to those of the codes."""
    lines = [
        "# Conflicts",
        "",
        "What `mig check` and `mig compare` say of two migrations that the graph does not order. Each page",
        "has examples with what a real database does in both orders (`python -m tests.docs.outcomes`).",
        "Which two accesses clash is in [the commutation table](../commutation.md); why pairs suffice, in",
        "[confluence](../../explanation/confluence.md).",
        "",
        "| code | what it says | examples |",
        "| --- | --- | --- |",
    ]
    for code in codes():
        titles = "; ".join(case.title for case in read_cases() if case.code == code.code)
        lines.append(f"| [{code.code}]({code.code}.md) | {code.title} | {titles} |")
    return "\n".join(lines) + "\n"


def _case(heading: re.Match[str], text: str) -> Case:
    found = list(_PART.finditer(text))
    ends = [part.start() for part in found[1:]] + [len(text)]
    parts = {part[1]: text[part.end() : end].strip() for part, end in zip(found, ends, strict=True)}
    return Case(
        code=heading[1],
        database=heading[2],
        title=heading[3],
        base=parts["base"],
        a=parts["A"],
        b=parts["B"],
        way_out=parts["way out"],
    )


def _statements(text: str, database: str) -> list[str]:
    return [statement.text for statement in split(text, database).statements]


def _verdict(case: Case) -> Iterator[str]:
    found = compare(case.a, case.b, case.database, case.base)
    for reason in found.reasons[:1]:
        yield f"{reason.code} {reason.verdict.value}  {reason.message}"
        if reason.witness:
            yield f"  then  {reason.witness}"
    if not found.reasons:
        yield found.verdict.value


def _outcome(outcome: PairOutcome) -> Iterator[str]:
    works = []
    for order in outcome.orders:
        names = ", then ".join(name.upper() for name in order.order)
        failure = order.failure
        if failure is None:
            works.append(names)
            yield f"{names}: both work"
        else:
            yield f"{names}: {failure.script.upper()} fails: {_short(failure.message)}"
    for difference in outcome.differences[:_MOST]:
        yield f"{difference.resource}"
        for names, value in zip(works, _told_apart(difference), strict=True):
            yield f"  {names}: {_short(value)}"
    if len(outcome.differences) > _MOST:
        yield f"... and {len(outcome.differences) - _MOST} more"
    for name, message in outcome.dead.items():
        yield f"{name} {_when_dead(name, outcome.orders)}: {_short(message)}"
    if outcome.verdict == "commute":
        yield "the result is the same"


def _told_apart(difference: Difference) -> tuple[str, str]:
    """Both sides of a difference, without what they have in common."""
    first, second = difference.first.split(), difference.second.split()
    if difference.kind == "rows":
        return difference.first or "no such row", difference.second or "no such row"
    if not (first and second):
        return ("is there", "is not there") if first else ("is not there", "is there")
    while first and second and first[0] == second[0] and not difference.resource.startswith("view:"):
        first, second = first[1:], second[1:]
    return " ".join(first) or "nothing of that", " ".join(second) or "nothing of that"


def _when_dead(name: str, orders: tuple[Outcome, ...]) -> str:
    after = [order for order in orders if name in order.image.dead]
    if len(after) == len(orders):
        return "does not work after either"
    return f"does not work after {', then '.join(part.upper() for part in after[0].order)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "index.md").write_text(render_index(), encoding="utf-8")
    cases = read_cases()
    with ExitStack() as stack:
        urls = {name: stack.enter_context(open_server(name)) for name in sorted({c.database for c in cases})}
        for code in codes():
            own = [case for case in cases if case.code == code.code]
            sections = [render_case(case, replay_case(case, urls[case.database])) for case in own]
            page = "\n".join([render_head(code, own), *sections])
            (FOLDER / f"{code.code}.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
