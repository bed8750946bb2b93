"""Writes other parents into an Alembic migration, and leaves every other byte as it is."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.sources.alembic_header import find_docstring, read_migration
from mig.sources.alembic_writer import plain_text, quoted, scalar_or_tuple
from mig.sources.base import Problem
from mig.sources.pysyntax import UNKNOWN, Assigned, Module, constants, line_starts, parse, span

if TYPE_CHECKING:
    from collections.abc import Sequence

_REVISES = re.compile(r"^([ \t]*(?:#[ \t]*)?Revises:[ \t]*)([^\r\n]*?)(?=[ \t]*$|[ \t]*\r)", re.MULTILINE)
_PREFIXED_QUOTE = re.compile(r"[rRuU]?(['\"])")


def reparent_migration(path: str, data: bytes, parents: Sequence[str]) -> bytes:
    """The file with these parents.

    Raises:
        SourceError: ``down_revision`` is not one plain literal, or the result would not read back.
    """
    before = read_migration(data)
    if before.id and tuple(before.parents) == tuple(parents):
        return data
    module = parse(data)
    if isinstance(module, Problem):
        raise _refusal(path, module.message)
    edits = [_value_edit(path, module, parents), *_mention_edits(module, parents)]
    text = module.text
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end:]
    try:
        written = module.encode(text)
    except UnicodeEncodeError:
        raise _refusal(path, f"its encoding, {module.encoding}, cannot hold the new parents") from None
    after = read_migration(written)
    if (after.id, tuple(after.parents), after.checksum) != (before.id, tuple(parents), before.checksum):
        raise _refusal(path, "the result would not read back as meant")
    return written


def _value_edit(path: str, module: Module, parents: Sequence[str]) -> tuple[int, int, str]:
    names = constants(module.tree)
    bound = names.get("down_revision")
    if bound is None or bound.times != 1 or bound.node is None or not _is_plain(bound):
        raise _refusal(path, "down_revision is not assigned once, as a plain literal")
    starts = line_starts(module.text)
    start, end = span(bound.node, module.text, starts)
    old = module.text[start:end]
    revision = names.get("revision")
    own = module.text[slice(*span(revision.node, module.text, starts))] if revision and revision.node else ""
    quote = next((match[1] for text in (old, own) if (match := _PREFIXED_QUOTE.search(text))), "'")
    if isinstance(bound.node, ast.List) and parents:
        return start, end, f"[{', '.join(quoted(one, quote) for one in parents)}]"
    return start, end, scalar_or_tuple(parents, quote)


def _is_plain(bound: Assigned) -> bool:
    if bound.value is UNKNOWN or not _has_one_target(bound.statement):
        return False
    match bound.node:
        case ast.Constant():
            return True
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return all(isinstance(item, ast.Constant) for item in items)
        case _:
            return False


def _has_one_target(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.AnnAssign) or (
        isinstance(statement, ast.Assign) and len(statement.targets) == 1
    )


def _mention_edits(module: Module, parents: Sequence[str]) -> list[tuple[int, int, str]]:
    """The ``Revises:`` line of the docstring, or of the comment that some projects have instead."""
    docstring = find_docstring(module.tree)
    first = next((s for s in module.tree.body if isinstance(s, ast.FunctionDef)), None)
    starts = line_starts(module.text)
    if docstring is not None:
        start, end = span(docstring, module.text, starts)
    else:
        start, end = 0, span(first, module.text, starts)[0] if first else len(module.text)
    for match in _REVISES.finditer(module.text, start, end):
        commented = "#" in match[1]
        if commented == (docstring is None):
            gap = "" if match[1].endswith((" ", "\t")) or not parents else " "
            return [(match.start(2), match.end(2), gap + plain_text(", ".join(parents)))]
    return []


def _refusal(path: str, why: str) -> SourceError:
    return SourceError(
        f"{path}: the parents cannot be rewritten: {why}",
        hint="set down_revision by hand, then run mig check",
    )
