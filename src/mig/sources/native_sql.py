"""Reads and writes native migrations in SQL: directives, sections, checksum."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from mig.config import DIALECTS
from mig.errors import SourceError
from mig.model import Directive, Script
from mig.sources.base import Problem, Reading
from mig.sources.native_directives import ID, find_directives, find_problems, split_ids
from mig.sqltext.digest import without_trailing_space
from mig.sqltext.variables import find_uses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mig.model import Statement
    from mig.sources.base import Draft
    from mig.sqltext.split import Split

DIRECTIVE = re.compile(r"^[ \t]*--[ \t]*mig:([^\s]*)[ \t]*([^\r\n]*)", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*--[ \t]?(.*)")
_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)
# Without any of these every dialect splits a text at its semicolons, so that nobody need try.
_MAY_STAY_OPEN = re.compile(
    r"""['"`$\[\\\0]|/\*|mig:|\b(?:begin|case|copy|delimiter|loop|package|rule)\b""", re.IGNORECASE
)
_BEGINS_WITH_WORD = re.compile(r"\s*[A-Za-z]")
_SHORT = 50_000
_BOM = "\ufeff"
# Directives that make the file's structure, and are kept nowhere else.
_STRUCTURE = ("id", "parents", "up", "down", "dialect", "statement", "end")
_MAX_PROBLEMS = 1000
_HEADER_ONLY = frozenset(
    {"id", "parents", "order", "no-transaction", "irreversible", "phase", "lock-timeout", "statement-timeout"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One ``mig:up`` or ``mig:down`` with the text below it; no dialects: for all of them."""

    kind: str
    text: str
    first_line: int
    dialects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A file taken apart: the directives above the first section, and the sections."""

    header: tuple[Directive, ...]
    description: str
    sections: tuple[Section, ...]
    body: tuple[Directive, ...]


def decode(data: bytes) -> tuple[str, tuple[Problem, ...]]:
    r"""The text of a file with ``\n`` as line ends, and what is odd about its bytes."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return "", (Problem("MIG001", f"byte 0x{data[error.start]:02x} is not UTF-8", line),)
    odd = []
    if text.startswith(_BOM):
        text = text.removeprefix(_BOM)
        odd.append(Problem("MIG010", "the file begins with a byte order mark", 1))
    if not text.strip():
        return "", (Problem("MIG009", "the file is empty", 0),)
    if "\r" in text:
        line = text.count("\n", 0, text.index("\r")) + 1
        odd.append(Problem("MIG011", "lines end with CRLF", line))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    odd.extend(find_conflict_marks(text))
    return text, tuple(odd)


def find_conflict_marks(text: str) -> tuple[Problem, ...]:
    """The first line that Git writes into a file that it cannot merge; ``=======`` alone is no mark."""
    marks = _CONFLICT.search(text)
    if marks is None:
        return ()
    line = text.count("\n", 0, marks.start()) + 1
    return (Problem("MIG012", "the text holds conflict marks of Git", line),)


def read_sql(data: bytes) -> Reading:
    """What a native SQL file says.  Bad input gives problems and never an exception."""
    text, odd = decode(data)
    if not text:
        return Reading(problems=odd)
    parts = take_apart(text)
    # Of a name that stands twice the first counts, as the finding about it says.
    values = {d.name: d for d in reversed(parts.header)}
    parents = split_ids(values["parents"].value) if "parents" in values else ()
    # One that only declares an order may do nothing, as one that only joins heads.
    is_merge = len(parents) > 1 or "order" in values
    problems = (
        *odd,
        *islice(find_problems((*parts.header, *parts.body)), _MAX_PROBLEMS),
        *islice(_find_layout_problems(parts), _MAX_PROBLEMS),
        *_find_section_problems(parts, is_merge=is_merge),
    )
    migration_id = values.get("id")
    if migration_id is None or not ID.match(migration_id.value):
        missing = () if migration_id else (Problem("MIG002", "there is no -- mig:id in the header", 1),)
        return Reading(problems=(*problems, *missing))
    return Reading(
        id=migration_id.value,
        parents=tuple(dict.fromkeys(p for p in parents if ID.match(p))),
        line=migration_id.line,
        description=parts.description,
        checksum=checksum(parts.sections),
        reversible=_is_reversible(parts, is_merge=is_merge),
        transactional="no-transaction" not in values,
        directives=tuple(
            (d.name, d.value, d.line) for d in (*parts.header, *parts.body) if d.name not in _STRUCTURE
        ),
        problems=problems,
        variables=find_uses(text),
    )


def read_script(path: str, data: bytes, dialect: str) -> Script:
    """The statements of a file, for one dialect.

    Raises:
        SourceError: the file cannot be read, or has no up section for the dialect.
    """
    text, _ = decode(data)
    parts = take_apart(text)
    up = _find_up(path, parts, dialect)
    down = find_section(parts.sections, "down", dialect)
    names = {d.name for d in parts.header}
    up_statements = _statements(path, up, dialect)
    down_statements = _statements(path, down, dialect) if down else None
    irreversible = "irreversible" in names or (not down_statements and bool(up_statements))
    return Script(
        language="sql",
        up=up_statements,
        down=None if irreversible else down_statements or (),
        transactional="no-transaction" not in names,
        text=text,
    )


def split_up(path: str, data: bytes, dialect: str) -> Split:
    """The up section for one dialect, with what keeps it from being split.

    Raises:
        SourceError: the file cannot be read, or has no up section for the dialect.
    """
    return _split(_find_up(path, take_apart(decode(data)[0]), dialect), dialect)


def _find_up(path: str, parts: Parts, dialect: str) -> Section:
    up = find_section(parts.sections, "up", dialect)
    if up is None:
        raise SourceError(
            f"{path} has no up section for {dialect}",
            hint=f"add one that begins with -- mig:up and -- mig:dialect {dialect}",
        )
    return up


def _statements(path: str, section: Section, dialect: str) -> tuple[Statement, ...]:
    found = _split(section, dialect)
    for message, line in found.problems:
        raise SourceError(f"{path}:{line}: {message}", hint="mig explain MIG006")
    return found.statements


def take_apart(text: str) -> Parts:
    """Header and sections of a text; anything goes, problems are found afterwards."""
    header: list[Directive] = []
    body: list[Directive] = []
    opened: list[tuple[str, int, list[Directive]]] = []
    bounds: list[int] = []
    for match, directive in find_directives(text, DIRECTIVE):
        if directive.name in ("up", "down"):
            opened.append((directive.name, directive.line, []))
            bounds.extend((match.start(), match.end()))
        if opened:
            opened[-1][2].append(directive)
            body.append(directive)
        else:
            header.append(directive)
    ends = [*bounds[2::2], len(text)]
    sections = tuple(
        Section(
            kind=kind,
            text=text[start:end],
            first_line=line,
            dialects=tuple(name for d in inside if d.name == "dialect" for name in split_ids(d.value)),
        )
        for (kind, line, inside), start, end in zip(opened, bounds[1::2], ends, strict=False)
    )
    head = text[: bounds[0]] if bounds else text
    return Parts(header=tuple(header), description=_describe(head), sections=sections, body=tuple(body))


def checksum(sections: Sequence[Section]) -> str:
    """SHA-256 over up and down, without trailing white space; the header does not count."""
    digest = hashlib.sha256()
    for section in sections:
        digest.update(f"{section.kind} {','.join(section.dialects)}\n".encode())
        digest.update(without_trailing_space(section.text).encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()


def render_sql(draft: Draft) -> bytes:
    """The text of a new native SQL migration."""
    lines = [f"-- mig:id {draft.id}"]
    if draft.parents:
        lines.append(f"-- mig:parents {', '.join(draft.parents)}")
    lines.extend(f"-- mig:order {first} {second}" for first, second in draft.order)
    # A message is never taken for a directive.
    message = re.sub(r"^(\s*mig):", r"\1 :", draft.message, flags=re.MULTILINE)
    lines.extend(f"-- {line}".rstrip() for line in message.splitlines())
    lines.extend(("", "-- mig:up", *_block(draft.up), "", "-- mig:down", *_block(draft.down)))
    return ("\n".join(lines).rstrip("\n") + "\n").encode()


def reparent_sql(path: str, data: bytes, parents: tuple[str, ...]) -> bytes:
    """The file with these parents in its header and every other byte as it was.

    Raises:
        SourceError: the file has no readable ``mig:id``.
    """
    text = data.decode("utf-8", "surrogateescape")
    mark = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    header_end = next((m.start() for m in DIRECTIVE.finditer(text) if m[1] in ("up", "down")), len(text))
    found = {m[1]: m for m in reversed(list(DIRECTIVE.finditer(text, 0, header_end)))}
    value = ", ".join(parents)
    if "parents" in found:
        old = found["parents"]
        gap = "" if text[old.start(2) - 1 : old.start(2)] in (" ", "\t") or not value else " "
        text = text[: old.start(2)] + gap + value + text[old.start(2) + len(old[2].rstrip()) :]
    elif "id" in found:
        after = found["id"].end()
        end_of_line = "\r\n" if text[after : after + 2] == "\r\n" else "\n"
        text = text[:after] + (f"{end_of_line}-- mig:parents {value}" if value else "") + text[after:]
    else:
        raise SourceError(
            f"{path} has no -- mig:id line to put the parents after",
            hint="mig check says what is wrong with it",
        )
    return (mark + text).encode("utf-8", "surrogateescape")


def _find_layout_problems(parts: Parts) -> Iterator[Problem]:
    """Directives in the wrong place, and sections that stand twice for one dialect."""
    for directive in parts.body:
        if directive.name in _HEADER_ONLY:
            yield Problem("MIG003", f"mig:{directive.name} belongs above the first section", directive.line)
    for directive in parts.header:
        if directive.name in ("statement", "end", "dialect"):
            yield Problem("MIG003", f"mig:{directive.name} belongs inside a section", directive.line)
    first: dict[tuple[str, str], int] = {}
    for section in parts.sections:
        for dialect in section.dialects or ("",):
            line = first.setdefault((section.kind, dialect), section.first_line)
            if line != section.first_line:
                shown = f" for {dialect}" if dialect else ""
                message = (
                    f"mig:{section.kind}{shown} stands in line {line} and again in line {section.first_line}"
                )
                yield Problem("MIG004", message, section.first_line)


def _find_section_problems(parts: Parts, *, is_merge: bool) -> Iterator[Problem]:
    ups = [section for section in parts.sections if section.kind == "up"]
    if not ups:
        yield Problem("MIG005", "there is no -- mig:up section", 1)
    for section in parts.sections:
        if not _is_blank(section):
            yield from islice(_find_unclosed(section), _MAX_PROBLEMS)
        elif section.kind == "up" and not is_merge:
            yield Problem("MIG005", "the up section is empty", section.first_line)


def _find_unclosed(section: Section) -> Iterator[Problem]:
    """What keeps a section from being split; without a dialect, what is wrong in each of them."""
    if not section.dialects and len(section.text) < _SHORT and not _MAY_STAY_OPEN.search(section.text):
        return
    found: Split | None = None
    for dialect in section.dialects[:1] or DIALECTS:
        found = _split(section, dialect)
        if not found.problems:
            return
    if found is not None:
        for (message, line), column in zip(found.problems, found.columns, strict=True):
            yield Problem("MIG006", f"{message}, column {column}" if column else message, line)


def _split(section: Section, dialect: str) -> Split:
    from mig.sqltext.split import split  # not needed where all readings are known

    return split(section.text, dialect, first_line=section.first_line)


def _is_blank(section: Section) -> bool:
    from mig.sqltext.split import is_blank  # the same

    return not _BEGINS_WITH_WORD.match(section.text) and is_blank(
        section.text, section.dialects[0] if section.dialects else "postgresql"
    )


def _is_reversible(parts: Parts, *, is_merge: bool) -> bool:
    if any(d.name == "irreversible" for d in parts.header):
        return False
    downs = [section for section in parts.sections if section.kind == "down"]
    does_nothing = is_merge and all(_is_blank(s) for s in parts.sections)
    return does_nothing or any(not _is_blank(s) for s in downs)


def find_section(sections: Iterable[Section], kind: str, dialect: str) -> Section | None:
    """The section of one direction that counts for a dialect: its own, else that for all of them."""
    fitting = [s for s in sections if s.kind == kind]
    exact = [s for s in fitting if dialect in s.dialects]
    general = [s for s in fitting if not s.dialects]
    return next(iter(exact or general), None)


def _describe(header: str) -> str:
    """The first paragraph of plain comments in the header, on one line."""
    lines: list[str] = []
    for line in header.split("\n"):
        comment = _COMMENT.match(line)
        if comment and not comment[1].startswith("mig:"):
            lines.append(comment[1].strip())
        if lines and (not comment or not lines[-1]):
            break
    return " ".join(line for line in lines if line)


def _block(text: str) -> list[str]:
    return text.strip("\n").split("\n") if text.strip() else []
