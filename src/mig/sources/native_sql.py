"""Reads and writes native migrations in SQL: directives, sections, checksum."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.model import Directive, Script
from mig.sources.base import Problem, Reading
from mig.sources.native_directives import ID, find_problems, split_ids
from mig.sqltext.split import is_blank, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mig.sources.base import Draft

_DIRECTIVE = re.compile(r"^[ \t]*--[ \t]*mig:([^\s]*)[ \t]*([^\r\n]*)", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*--[ \t]?(.*)")
_CONFLICT = re.compile(r"^(<{7}|>{7}|\|{7}) |^={7}$", re.MULTILINE)
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)
_BOM = "\ufeff"


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
    """The text of a file with ``\\n`` as line ends, and what is odd about its bytes."""
    if not data.strip():
        return "", (Problem("MIG009", "the file is empty", 0),)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return "", (Problem("MIG001", f"byte 0x{data[error.start]:02x} is not UTF-8", line),)
    odd = []
    if text.startswith(_BOM):
        text = text.removeprefix(_BOM)
        odd.append(Problem("MIG010", "the file begins with a byte order mark", 1))
    if "\r" in text:
        line = text.count("\n", 0, text.index("\r")) + 1
        odd.append(Problem("MIG011", "lines end with CRLF", line))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if marks := _CONFLICT.search(text):
        odd.append(
            Problem("MIG012", "the text holds conflict marks of Git", text.count("\n", 0, marks.start()) + 1)
        )
    return text, tuple(odd)


def read_sql(data: bytes) -> Reading:
    """What a native SQL file says.  Bad input gives problems and never an exception."""
    text, odd = decode(data)
    if not text:
        return Reading(problems=odd)
    parts = take_apart(text)
    problems = [*odd, *find_problems((*parts.header, *parts.body)), *_find_layout_problems(parts)]
    values = {d.name: d for d in parts.header}
    migration_id = values.get("id")
    if migration_id is None or not ID.match(migration_id.value):
        if migration_id is None:
            problems.append(Problem("MIG002", "there is no -- mig:id in the header", 1))
        return Reading(problems=tuple(problems))
    parents = split_ids(values["parents"].value) if "parents" in values else ()
    problems.extend(_find_section_problems(parts, is_merge=len(parents) > 1))
    return Reading(
        id=migration_id.value,
        parents=tuple(dict.fromkeys(p for p in parents if ID.match(p))),
        line=migration_id.line,
        description=parts.description,
        checksum=checksum(parts.sections),
        reversible=_is_reversible(parts, is_merge=len(parents) > 1),
        transactional="no-transaction" not in values,
        directives=tuple((d.name, d.value, d.line) for d in parts.header if d.name not in ("id", "parents")),
        problems=tuple(problems),
    )


def read_script(path: str, data: bytes, dialect: str) -> Script:
    """The statements of a file, for one dialect.

    Raises:
        SourceError: the file cannot be read, or has no up section for the dialect.
    """
    text, _ = decode(data)
    parts = take_apart(text)
    up = _section_for(parts.sections, "up", dialect)
    if up is None:
        raise SourceError(
            f"{path} has no up section for {dialect}",
            hint=f"add one that begins with -- mig:up and -- mig:dialect {dialect}",
        )
    down = _section_for(parts.sections, "down", dialect)
    names = {d.name for d in parts.header}
    up_statements = split(up.text, dialect, first_line=up.first_line).statements
    down_statements = split(down.text, dialect, first_line=down.first_line).statements if down else None
    irreversible = "irreversible" in names or (not down_statements and bool(up_statements))
    return Script(
        language="sql",
        up=up_statements,
        down=None if irreversible else down_statements or (),
        transactional="no-transaction" not in names,
        text=text,
    )


def take_apart(text: str) -> Parts:
    """Header and sections of a text; anything goes, problems are found afterwards."""
    header: list[Directive] = []
    body: list[Directive] = []
    opened: list[tuple[str, int, list[Directive]]] = []
    bounds: list[int] = []
    for match in _DIRECTIVE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        directive = Directive(name=match[1], value=match[2].rstrip(), line=line)
        if directive.name in ("up", "down"):
            opened.append((directive.name, line, []))
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
        digest.update(_TRAILING.sub("", section.text).strip("\n").encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()


def render_sql(draft: Draft) -> bytes:
    """The text of a new native SQL migration."""
    lines = [f"-- mig:id {draft.id}"]
    if draft.parents:
        lines.append(f"-- mig:parents {', '.join(draft.parents)}")
    lines.extend(f"-- mig:order {first} {second}" for first, second in draft.order)
    lines.extend(f"-- {line}".rstrip() for line in draft.message.splitlines())
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
    header_end = next((m.start() for m in _DIRECTIVE.finditer(text) if m[1] in ("up", "down")), len(text))
    found = {m[1]: m for m in reversed(list(_DIRECTIVE.finditer(text, 0, header_end)))}
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
        if directive.name in ("id", "parents", "order", "no-transaction", "irreversible", "phase"):
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
        dialect = section.dialects[0] if section.dialects else "postgresql"
        if is_blank(section.text, dialect):
            if section.kind == "up" and not is_merge:
                yield Problem("MIG005", "the up section is empty", section.first_line)
            continue
        if section.dialects:
            yield from (
                Problem("MIG006", *p)
                for p in split(section.text, dialect, first_line=section.first_line).problems
            )


def _is_reversible(parts: Parts, *, is_merge: bool) -> bool:
    if any(d.name == "irreversible" for d in parts.header):
        return False
    downs = [section for section in parts.sections if section.kind == "down"]
    does_nothing = is_merge and all(is_blank(s.text, "postgresql") for s in parts.sections)
    return does_nothing or any(not is_blank(s.text, (s.dialects or ("postgresql",))[0]) for s in downs)


def _section_for(sections: Iterable[Section], kind: str, dialect: str) -> Section | None:
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
