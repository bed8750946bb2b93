"""The ``mig:`` directives of native migrations: which there are, and what their values may be."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from mig.config import DIALECTS
from mig.model import Directive
from mig.sources.base import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

ID = re.compile(r"[0-9a-f]{12}\Z")
_SHOWN = 40
_REASON = r'"[^"\n]+"'
ACCESSES = "create|drop|alter|need|read|write"


def _nothing(value: str) -> str:
    return "takes no value" if value else ""


def _matching(pattern: str, form: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)
    return lambda value: "" if compiled.fullmatch(value) else f"must be written: {form}"


def _an_id(value: str) -> str:
    return "" if ID.match(value) else f"must be 12 lower-case hexadecimal digits, not {_short(value)}"


def _ids(value: str) -> str:
    ids = split_ids(value)
    wrong = [i for i in ids if not ID.match(i)]
    if wrong:
        form = "must be ids of 12 lower-case hexadecimal digits, separated by commas"
        return f"{form}, not {_short(wrong[0])}"
    twice = sorted(i for i, times in Counter(ids).items() if times > 1)
    return f"names {twice[0]} twice" if twice else ""


def _dialects(value: str) -> str:
    names = split_ids(value)
    wrong = [name for name in names if name not in DIALECTS]
    if wrong or not names:
        return f"must be one of {', '.join(DIALECTS)}, not {_short((wrong or [value])[0])}"
    return ""


def _names(value: str) -> str:
    return "" if all(split_ids(value)) and value else "must be names of repeatables, separated by commas"


_TIMES = ("lock-timeout", "statement-timeout")
_VALUES: dict[str, Callable[[str], str]] = {
    "id": _an_id,
    "parents": _ids,
    "up": _nothing,
    "down": _nothing,
    "dialect": _dialects,
    "no-transaction": _nothing,
    "irreversible": _nothing,
    "statement": _nothing,
    "end": _nothing,
    "touches": _matching(
        rf"[a-z]+:\S+ ({ACCESSES})", "touches KIND:NAME ACCESS, as in column:users.email write"
    ),
    "commutes-with": _matching(rf"[0-9a-f]{{12}} {_REASON}", 'commutes-with ID "REASON"'),
    "order": _matching(r"([0-9a-f]{12}) (?!\1)[0-9a-f]{12}", "order FIRST_ID SECOND_ID"),
    **{name: _matching(r"\d+(ms|s|min|h)?", f"{name} 5s, 500ms, 2min, or 0 for none") for name in _TIMES},
    "phase": _matching("expand|contract", "phase expand, or phase contract"),
    "ignore": _matching(rf"MIG\d{{3}} {_REASON}", 'ignore MIG3xx "REASON"'),
}
# Those of a file that is no migration but runs beside them.
BESIDE: Mapping[str, Callable[[str], str]] = {
    "needs": _names,
    **{
        name: _VALUES[name] for name in ("dialect", "no-transaction", "statement", "end", "touches", "ignore")
    },
}
_MAY_REPEAT = frozenset(
    {"up", "down", "dialect", "statement", "end", "touches", "commutes-with", "order", "ignore", "needs"}
)


def split_ids(value: str) -> tuple[str, ...]:
    """The parts of a comma-separated value; none for an empty one."""
    return tuple(part.strip() for part in value.split(",")) if value else ()


def find_problems(
    directives: Iterable[Directive], values: Mapping[str, Callable[[str], str]] = _VALUES
) -> Iterator[Problem]:
    """What is wrong with the directives of one file, each by itself; ``values`` are those it may have."""
    first: dict[str, int] = {}
    for directive in directives:
        name, line = directive.name, directive.line
        if name not in values:
            yield Problem("MIG003", f"unknown directive mig:{_shortened(name)}{_nearest(name, values)}", line)
            continue
        wrong = values[name](directive.value)
        if wrong:
            yield Problem("MIG002" if name in ("id", "parents") else "MIG003", f"mig:{name} {wrong}", line)
        if name in first and name not in _MAY_REPEAT:
            yield Problem("MIG004", f"mig:{name} stands in line {first[name]} and again in line {line}", line)
        first.setdefault(name, line)


def find_directives(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], Directive]]:
    """The directives of a text in order, each with its match; lines are counted from one to the next."""
    line, at = 1, 0
    for match in pattern.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        yield match, Directive(name=match[1], value=match[2].rstrip(), line=line)


def _short(value: str) -> str:
    return repr(_shortened(value))


def _shortened(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."


def _nearest(name: str, values: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name[:_SHOWN], values, n=1)
    return f" (did you mean mig:{near[0]}?)" if near else ""
