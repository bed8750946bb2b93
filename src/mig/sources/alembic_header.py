"""Reads what one Alembic migration file declares: its id, its parents, and whether it can be reverted."""

from __future__ import annotations

import ast
import codecs
import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from mig.sources.base import Problem, Reading
from mig.sources.declarations import MEANING, find_in_python
from mig.sources.pysyntax import (
    UNKNOWN,
    Assigned,
    Module,
    Text,
    constants,
    decode,
    line_starts,
    parse_text,
    span,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEADER = ("revision", "down_revision", "branch_labels", "depends_on")

_MAX_DESCRIPTION = 200
_MAX_ID = 100
_MAX_SALVAGED = 12
_MAX_HEADER_LINES = 20
_FORBIDDEN_IN_IDS = "@-+:"
_HEADER_LINE = re.compile(
    r"^(?:revision|down_revision|branch_labels|depends_on)[ \t]*(?::[^=\r\n]*)?=(?!=)", re.MULTILINE
)
_COMMENTED = re.compile(r"#[ \t]*(?:(?:Revision ID|Revises|Create Date):|mig:order\b)")
_COMMENTED_MESSAGE = re.compile(r"^#[ \t]*(\S.*?)[ \t\r]*\n(?:#[ \t\r]*\n)*#[ \t]*Revision ID:", re.MULTILINE)
_CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
_NEWLINE = re.compile(r"\r\n|\r|\n")


class Header(NamedTuple):
    """The four header values, with what is wrong with them."""

    revision: str
    line: int
    parents: tuple[str, ...]
    requires: tuple[str, ...]
    labels: tuple[str, ...]
    problems: tuple[Problem, ...]


def read_migration(data: bytes) -> Reading:
    """What a file says; bad input gives problems and never an exception."""
    if not data.strip():
        return Reading(problems=(Problem("MIG009", "the file is empty", 0),))
    decoded = decode(data)
    module = decoded if isinstance(decoded, Problem) else parse_text(decoded)
    if isinstance(module, Problem):
        text = data.decode("latin-1") if isinstance(decoded, Problem) else decoded.text
        return _read_broken(text, module, data)
    names = constants(module.tree)
    if "revision" not in names and "down_revision" not in names and "upgrade" not in names:
        return Reading()
    header = read_header(names)
    declared, wrong = find_in_python(module, {*MEANING, "order"})
    return Reading(
        id=header.revision,
        parents=header.parents,
        line=header.line,
        description=_description(module),
        checksum=_checksum(module),
        reversible=is_reversible(module.tree, names),
        requires=header.requires,
        labels=header.labels,
        directives=declared,
        problems=(*_notes(data), *header.problems, *wrong),
    )


def read_header(names: dict[str, Assigned]) -> Header:
    """The header, from the names that a module binds."""
    problems = [problem for name in HEADER if name in names for problem in _doubts(name, names[name])]
    revision = names.get("revision")
    line = (
        revision.line
        if revision
        else min((names[n].line for n in ("down_revision", "upgrade") if n in names), default=1)
    )
    if revision is None:
        problems.append(Problem("MIG002", "revision is missing", line))
    if "down_revision" not in names:
        problems.append(Problem("MIG002", "down_revision is missing; None stands for no parent", line))
    return Header(
        revision=_revision(revision, problems),
        line=line,
        parents=_ids(names.get("down_revision"), "down_revision", problems),
        requires=_ids(names.get("depends_on"), "depends_on", problems),
        labels=_labels(names.get("branch_labels"), revision, problems),
        problems=tuple(sorted(problems, key=lambda problem: (problem.line, problem.message))),
    )


def _labels(bound: Assigned | None, revision: Assigned | None, problems: list[Problem]) -> tuple[str, ...]:
    """The branch labels; one that only running code could tell gets a name of its own.

    Alembic wants labels to be unique, so a computed one sets its branch apart, whatever it is.
    """
    if bound is not None and bound.value is UNKNOWN:
        return (f"computed in {revision.value}",) if revision is not None else ()
    return _ids(bound, "branch_labels", problems)


def find_docstring(tree: ast.Module) -> ast.Expr | None:
    """The first text that stands for itself above the functions; some projects put it below the imports."""
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return None
        match statement:
            case ast.Expr(value=ast.Constant(value=str())):
                return statement
            case _:
                pass
    return None


def find_function(tree: ast.Module, name: str) -> ast.FunctionDef | None:
    """The function of this name that counts: the last one at the top level."""
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    return found[-1] if found else None


def is_reversible(tree: ast.Module, names: dict[str, Assigned]) -> bool:
    """Whether ``downgrade`` does something, or has nothing to undo."""
    if "downgrade" not in names:
        return False
    downgrade, upgrade = find_function(tree, "downgrade"), find_function(tree, "upgrade")
    if downgrade is None or not all(_is_idle(one) or isinstance(one, ast.Raise) for one in downgrade.body):
        return True
    raises = any(isinstance(one, ast.Raise) for one in downgrade.body)
    return upgrade is not None and not raises and all(_is_idle(one) for one in upgrade.body)


def _is_idle(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Return(value=None):
            return True
        case _:
            return False


def _doubts(name: str, bound: Assigned) -> Iterator[Problem]:
    if bound.value is UNKNOWN:
        # Labels only name places in the graph; the ids and the order can be read without them.
        if name == "branch_labels":
            return
        yield Problem(
            "MIG002", f"{name} is not a literal, so it cannot be read without running the file", bound.line
        )
    elif bound.times > 1:
        yield Problem(
            "MIG002", f"{name} is assigned {bound.times} times, last on line {bound.line}", bound.line
        )


def _revision(bound: Assigned | None, problems: list[Problem]) -> str:
    if bound is None or bound.value is UNKNOWN:
        return ""
    value = bound.value
    if not isinstance(value, str) or not value or len(value) > _MAX_ID:
        problems.append(Problem("MIG002", f"revision is {_shown(value)}, which is no id", bound.line))
        return ""
    if wrong := sorted(set(value).intersection(_FORBIDDEN_IN_IDS)):
        problems.append(
            Problem(
                "MIG002",
                f"revision {_shown(value)} holds {' '.join(wrong)}, which Alembic refuses",
                bound.line,
            )
        )
    return value


def _ids(bound: Assigned | None, name: str, problems: list[Problem]) -> tuple[str, ...]:
    if bound is None or not (value := bound.value) or value is UNKNOWN:
        return ()
    items = sorted(value, key=str) if isinstance(value, set) else value
    items = (items,) if isinstance(items, str) else items
    if not isinstance(items, (tuple, list)) or not all(
        isinstance(i, str) and 0 < len(i) <= _MAX_ID for i in items
    ):
        problems.append(
            Problem(
                "MIG002",
                f"{name} is {_shown(value)}, which is no id, no tuple of ids and not None",
                bound.line,
            )
        )
        return ()
    return tuple(dict.fromkeys(items))


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, (int, float, complex)) else type(value).__name__
    return text if len(text) <= _MAX_ID else f"{text[:_MAX_ID]}..."


def _notes(data: bytes) -> Iterator[Problem]:
    if data.startswith(codecs.BOM_UTF8):
        yield Problem("MIG010", "file begins with a byte order mark", 1)
    if b"\r\n" in data:
        yield Problem("MIG011", "lines end with CRLF", 1)


def _description(module: Module) -> str:
    docstring = find_docstring(module.tree)
    if docstring is None:
        found = _COMMENTED_MESSAGE.search(module.text)
        return found[1][:_MAX_DESCRIPTION] if found else ""
    # The finder has made sure that the expression is a text.
    text = ast.literal_eval(docstring.value)
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:_MAX_DESCRIPTION]


def _checksum(module: Module) -> str:
    """A digest of what the migration does: neither of its header nor of what it says about itself."""
    text, starts = module.text, line_starts(module.text)
    pieces: list[str] = []
    end = 0
    for statement in _declarations(module.tree):
        start, following = span(statement, text, starts)
        pieces.append(text[end:start])
        end = following
    return _digest("".join((*pieces, text[end:])))


def _declarations(tree: ast.Module) -> Iterator[ast.stmt]:
    docstring = find_docstring(tree)
    for statement in tree.body:
        if statement is docstring or _is_header(statement):
            yield statement


def _is_header(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(targets=targets):
            return all(isinstance(target, ast.Name) and target.id in HEADER for target in targets)
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name in HEADER
        case _:
            return False


def _digest(text: str) -> str:
    lines = [line.rstrip() for line in _NEWLINE.split(text)]
    plain = "\n".join(line for line in lines if not (line.startswith("#") and _COMMENTED.match(line)))
    return hashlib.sha256(plain.strip("\n").encode("utf-8", "surrogatepass")).hexdigest()


def _read_broken(text: str, problem: Problem, data: bytes) -> Reading:
    """What can be told of a file that does not parse, so that the graph stays whole around it."""
    if conflict := _CONFLICT.search(text):
        line = _line_at(text, conflict.start())
        problem = Problem("MIG012", f"the text holds conflict marks, first on line {line}", line)
    problems = (*_notes(data), problem)
    statements = _salvage(text)
    module = parse_text(Text(_blank_except(text, statements), "utf-8", bom=False)) if statements else problem
    if isinstance(module, Problem):
        return Reading(problems=problems)
    header = read_header(constants(module.tree))
    return Reading(
        id=header.revision,
        parents=header.parents,
        line=header.line,
        checksum=_digest(text),
        requires=header.requires,
        labels=header.labels,
        problems=(*problems, *header.problems),
    )


def _salvage(text: str) -> list[tuple[int, int]]:
    """The spans of header assignments that parse by themselves, found line by line."""
    spans: list[tuple[int, int]] = []
    for tried, match in enumerate(_HEADER_LINE.finditer(text)):
        if tried == _MAX_SALVAGED:
            break
        if (end := _statement_end(text, match.start())) is not None:
            spans.append((match.start(), end))
    return spans


def _statement_end(text: str, start: int) -> int | None:
    for count, match in enumerate(re.finditer(r"\r\n|\r|\n|\Z", text[start : start + 4000])):
        end = start + match.start()
        if count >= _MAX_HEADER_LINES:
            break
        if isinstance(parse_text(Text(text[start:end], "utf-8", bom=False)), Module):
            return end
    return None


def _blank_except(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with nothing but its line ends outside the spans, so that line numbers stay true."""
    pieces: list[str] = []
    end = 0
    for start, following in spans:
        pieces += ["\n" * len(_NEWLINE.findall(text, end, start)), text[start:following]]
        end = max(end, following)
    return "".join(pieces)


def _line_at(text: str, offset: int) -> int:
    return len(_NEWLINE.findall(text, 0, offset)) + 1
