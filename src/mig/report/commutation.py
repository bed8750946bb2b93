"""The commutation table for people; ``python -m mig.report.commutation`` prints the page of the docs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mig.conflicts.table import RULES, THINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.conflicts.rule import Rule

_GENERAL = "Whatever has a name"
_TITLES = {
    "relation": "Names of tables, indexes, views and sequences",
    "column": "Columns",
    "table": "Tables",
    "view": "Views",
    "index": "Indexes",
    "constraint": "Keys, checks and other constraints",
    "trigger": "Triggers",
    "policy": "Policies",
    "function": "Functions and procedures",
    "sequence": "Sequences and counters",
    "type": "Types and domains",
    "schema": "Schemas",
    "extension": "Extensions",
    "shape": "The columns of a table, all together",
    "parts": "The keys and indexes of a table, all together",
    "names": "Names that the database makes",
    "rows": "Which rows there are",
    "values": "What stands in columns",
    "key": "Values of a unique key",
    "grants": "Rights",
    "setting": "Settings",
    "session": "The session",
    "catalogue": "All that there is",
    "resolvable": "What SQLite resolves when it renames or drops",
    "cover": "Indexes that serve foreign keys (MariaDB, MySQL)",
    "unseen": "What the history does not show",
}
_INTRODUCTION = """\
# The commutation table

Two operations are compared effect by effect: what one does to a resource is held against what the other
does to the same resource. This is the table that says which two accesses to one resource commute; it is
the one that mig uses, printed by `python -m mig.report.commutation > docs/reference/commutation.md`.

The rows are numbered in the order in which they are tried: **the first one that fits counts**, in either
direction, be it in the section of the resource's kind or in the first one, which is for all that have a
name. A pair of accesses that no row fits is *unknown*, never *commute*.

| word | meaning |
| --- | --- |
| create, drop, rename | it comes, goes, or gets another name; *if*: `IF [NOT] EXISTS`, `OR REPLACE` |
| alter | its definition changes; the words behind it say what of it |
| need | it must be there: for an index, a view, a key, a statement that runs now (*query*) |
| read, write | its rows, values or numbers are used or changed |
| implicit | the database does it although the statement does not say so |
| any | whatever is done |
"""


def render_page() -> str:
    """The whole page, in Markdown."""
    numbered = list(enumerate(RULES, 1))
    general = [(number, rule) for number, rule in numbered if _is_general(rule)]
    lines = [_INTRODUCTION.rstrip(), *_section(_GENERAL, general, "")]
    kinds = dict.fromkeys(kind for rule in RULES if not _is_general(rule) for kind in rule.kinds.split())
    known = [kind for kind in _TITLES if kind in kinds]
    for kind in (*known, *sorted(kinds.keys() - _TITLES.keys())):
        own = [(n, rule) for n, rule in numbered if not _is_general(rule) and kind in rule.kinds.split()]
        lines += _section(_TITLES.get(kind, kind.capitalize()), own, kind)
    return "\n".join(lines) + "\n"


def _is_general(rule: Rule) -> bool:
    return rule.kinds.startswith(THINGS)


def _section(title: str, rules: list[tuple[int, Rule]], kind: str) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    if kind:
        yield from (f"Resources written `{kind}:NAME`.", "")
    yield from ("| | one side | the other | verdict | why |", "| --- | --- | --- | --- | --- |")
    for number, rule in rules:
        cells = (_access(rule.one), _access(rule.other), _verdict(rule), _why(rule))
        yield f"| {number} | {' | '.join(cells)} |"


def _access(pattern: str) -> str:
    access, _, aspects = pattern.removesuffix("~").partition(":")
    words = ["any" if access == "*" else access.lower()]
    words += [", ".join(aspects.split("|"))] if aspects else []
    words += ["(implicit)"] if pattern.endswith("~") else []
    return " ".join(words)


def _why(rule: Rule) -> str:
    notes = [f"where both say {'the same' if rule.details == 'same' else 'different things'}"]
    notes = notes if rule.details else []
    notes += [f"{' and '.join(map(_database, rule.dialects.split()))} only"] if rule.dialects else []
    return f"{rule.why} ({'; '.join(notes)})" if notes else rule.why


def _database(dialect: str) -> str:
    return {"postgresql": "PostgreSQL", "mariadb": "MariaDB", "mysql": "MySQL", "sqlite": "SQLite"}[dialect]


def _verdict(rule: Rule) -> str:
    return (
        f"{rule.verdict.value} [{rule.code}](conflicts/{rule.code}.md)" if rule.code else rule.verdict.value
    )


if __name__ == "__main__":
    sys.stdout.write(render_page())
