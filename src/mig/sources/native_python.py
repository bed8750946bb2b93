"""Reads and writes native migrations in Python, as syntax trees and never by importing them."""

from __future__ import annotations

import ast
import codecs
import re
from itertools import islice
from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.model import Script, Statement
from mig.sources.base import Problem, Reading
from mig.sources.native_directives import ID, find_directives, find_problems
from mig.sources.native_sql import find_conflict_marks
from mig.sources.pysyntax import Module, constants, line_starts, parse, span
from mig.sqltext.digest import text_checksum

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mig.model import Directive
    from mig.sources.base import Draft
    from mig.sources.pysyntax import Assigned

_DIRECTIVE = re.compile(r"^#[ \t]*mig:([^\s]*)[ \t]*([^\r\n]*)", re.MULTILINE)
_HEADER = ("id", "parents")
_MAX_PROBLEMS = 1000


def read_python(data: bytes) -> Reading:
    """What a native Python file says.  Bad input gives problems and never an exception."""
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        return Reading(problems=(Problem("MIG009", "the file is empty", 0),))
    module = parse(data)
    if isinstance(module, Problem):
        marks = find_conflict_marks(data.decode("utf-8", "replace"))
        return Reading(problems=marks or (module,))
    names = constants(module.tree)
    directives = tuple(directive for _, directive in find_directives(module.text, _DIRECTIVE))
    functions = _functions(module)
    problems = (
        *_find_oddities(module),
        *islice(find_problems(directives), _MAX_PROBLEMS),
        *_find_header_problems(names),
        *islice(_find_misplaced(directives), _MAX_PROBLEMS),
        *(() if "up" in functions else (Problem("MIG005", "there is no def up(op)", 1),)),
    )
    migration_id = names["id"].value if "id" in names else None
    if not isinstance(migration_id, str) or not ID.match(migration_id):
        return Reading(problems=problems)
    parents = names["parents"].value if "parents" in names else ()
    return Reading(
        id=migration_id,
        parents=tuple(dict.fromkeys(p for p in _strings(parents) if ID.match(p))),
        line=names["id"].line,
        description=_describe(module),
        checksum=_checksum(module, names),
        reversible=_is_reversible(functions) and not any(d.name == "irreversible" for d in directives),
        transactional=not any(d.name == "no-transaction" for d in directives),
        directives=tuple((d.name, d.value, d.line) for d in directives),
        problems=problems,
    )


def _functions(module: Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in module.tree.body if isinstance(node, ast.FunctionDef)}


def _is_reversible(functions: Mapping[str, ast.FunctionDef]) -> bool:
    """Whether there is a down that does something, or an up that does nothing."""
    if "down" not in functions:
        return False
    return bool(_doing(functions["down"])) or not ("up" in functions and _doing(functions["up"]))


def _doing(function: ast.FunctionDef) -> list[ast.stmt]:
    return [node for node in function.body if not isinstance(node, ast.Pass) and not _is_text(node)]


def read_script(path: str, data: bytes) -> Script:
    """The file's text, and the statements of up and down as people read them.

    Raises:
        SourceError: the file does not parse.
    """
    module = parse(data)
    if isinstance(module, Problem):
        raise SourceError(
            f"{path}:{module.line}: {module.message}", hint="mig check says what is wrong with it"
        )
    functions = _functions(module)
    reading = read_python(data)
    down = functions.get("down")
    return Script(
        language="python",
        up=_statements(functions.get("up"), module),
        down=_statements(down, module) if down and reading.reversible else None,
        transactional=reading.transactional,
        text=module.text,
    )


def render_python(draft: Draft) -> bytes:
    """The text of a new native Python migration."""
    message = draft.message.replace("\\", "\\\\").replace('"', '\\"')
    parents = ", ".join(f'"{parent}"' for parent in draft.parents)
    comma = "," if len(draft.parents) == 1 else ""
    lines = [
        f'"""{message}"""',
        *(f"# mig:order {first} {second}" for first, second in draft.order),
        "import sqlalchemy as sa",
        "",
        f'id = "{draft.id}"',
        f"parents = ({parents}{comma})",
        "",
        "",
        "def up(op):",
        *_indented(draft.up),
        "",
        "",
        "def down(op):",
        *_indented(draft.down),
    ]
    return ("\n".join(lines) + "\n").encode()


def reparent_python(path: str, data: bytes, parents: tuple[str, ...]) -> bytes:
    """The file with these parents in its header and every other byte as it was.

    Raises:
        SourceError: id or parents are not plain literals.
    """
    module = parse(data)
    names = {} if isinstance(module, Problem) else constants(module.tree)
    if isinstance(module, Problem) or "id" not in names:
        raise SourceError(f"{path} has no id that can be read", hint="mig check says what is wrong with it")
    value = "(" + ", ".join(f'"{parent}"' for parent in parents) + ("," if len(parents) == 1 else "") + ")"
    node = names["parents"].node if "parents" in names else None
    if node is not None:
        start, end = span(node, module.text)
        text = module.text[:start] + value + module.text[end:]
    elif "parents" not in names:
        _, end = span(names["id"].statement, module.text)
        end_of_line = "\r\n" if "\r\n" in module.text else "\n"
        text = module.text[:end] + f"{end_of_line}parents = {value}" + module.text[end:]
    else:
        raise SourceError(
            f"{path}: parents is not assigned a literal", hint="write parents = (...) at the top level"
        )
    return module.encode(text)


def _find_oddities(module: Module) -> Iterator[Problem]:
    if module.bom:
        yield Problem("MIG010", "the file begins with a byte order mark", 1)
    if "\r" in module.text:
        yield Problem(
            "MIG011", "lines end with CRLF", module.text.count("\n", 0, module.text.index("\r")) + 1
        )


def _find_header_problems(names: Mapping[str, Assigned]) -> Iterator[Problem]:
    for name in _HEADER:
        if name in names and names[name].times > 1:
            yield Problem("MIG004", f"{name} is assigned {names[name].times} times", names[name].line)
    if "id" not in names:
        yield Problem("MIG002", 'there is no id = "..." at the top level', 1)
    elif not isinstance(value := names["id"].value, str) or not ID.match(value):
        yield Problem("MIG002", "id must be a literal of 12 lower-case hexadecimal digits", names["id"].line)
    if "parents" in names and (wrong := _wrong_parents(names["parents"].value)):
        yield Problem("MIG002", wrong, names["parents"].line)


def _wrong_parents(value: object) -> str:
    if not isinstance(value, (tuple, list)) or not all(isinstance(p, str) and ID.match(p) for p in value):
        return "parents must be a literal tuple of ids of 12 lower-case hexadecimal digits"
    return "parents names an id twice" if len(set(value)) < len(value) else ""


def _find_misplaced(directives: Iterable[Directive]) -> Iterator[Problem]:
    for directive in directives:
        if directive.name in ("id", "parents", "up", "down", "statement", "end", "dialect"):
            message = f"mig:{directive.name} is for SQL files; in Python it is code"
            yield Problem("MIG003", message, directive.line)


def _strings(value: object) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, (tuple, list)) else ()


def _describe(module: Module) -> str:
    docstring = ast.get_docstring(module.tree) or ""
    return " ".join(docstring.split("\n\n")[0].split())


def _checksum(module: Module, names: Mapping[str, Assigned]) -> str:
    """SHA-256 over the whole text without the docstring and the header's assignments."""
    starts = line_starts(module.text)
    cut = [span(names[name].statement, module.text, starts) for name in _HEADER if name in names]
    first = module.tree.body[0] if module.tree.body else None
    if isinstance(first, ast.Expr) and ast.get_docstring(module.tree, clean=False) is not None:
        cut.append(span(first, module.text, starts))
    kept, at = [], 0
    for start, end in sorted(cut):
        kept.append(module.text[at:start].rstrip("\r\n"))
        at = end
    text = "".join((*kept, module.text[at:])).replace("\r\n", "\n").replace("\r", "\n")
    return text_checksum(text)


def _statements(function: ast.FunctionDef | None, module: Module) -> tuple[Statement, ...]:
    if function is None:
        return ()
    starts = line_starts(module.text)
    return tuple(
        Statement(text=module.text[slice(*span(node, module.text, starts))], line=node.lineno)
        for node in _doing(function)
    )


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _indented(text: str) -> list[str]:
    lines = [f"    {line}".rstrip() for line in text.strip("\n").split("\n")] if text.strip() else []
    return lines or ["    pass"]
