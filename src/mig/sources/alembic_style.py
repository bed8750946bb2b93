"""Learns from a project's own text how it lays out an Alembic migration."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mig.sources.alembic_header import HEADER

_WORD = re.compile(r"\w+")
_COMMENT_BLOCK = re.compile(r"\A(?:#[^\r\n]*\r?\n)+")
_UNFIT_COMMENT = re.compile(r"coding[:=]|\$\{|^##|Revision ID|Revises|Create Date|^#!", re.MULTILINE)
_IMPORT = re.compile(
    r"^(?:from __future__ import [\w, ]+|from (?:typing|collections\.abc) import [\w, ]+"
    r"|from alembic import op|import sqlalchemy as sa)[ \t]*(?:#[^\r\n]*)?$",
    re.MULTILINE,
)
_FUNCTION = r"^def {name}\([^()\r\n]*\)[^:\r\n]*:"
_FUNCTION_DOCSTRING = r'{signature}[ \t]*\r?\n[ \t]+("""[^"\r\n$]*""")'


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a migration is laid out; the defaults are those of Alembic's own template.

    ``annotations`` holds the header names that are written, in order, each with its annotation or
    nothing.  ``fields`` are the lines of the docstring below the message.
    """

    comment: str = ""
    docstring: bool = True
    docstring_first: bool = True
    fields: tuple[str, ...] = ("Revision ID", "Revises", "Create Date")
    imports: tuple[str, ...] = (
        "from typing import Sequence, Union",
        "",
        "from alembic import op",
        "import sqlalchemy as sa",
    )
    imports_first: bool = True
    note: str = "# revision identifiers, used by Alembic."
    quote: str = "'"
    annotations: tuple[tuple[str, str], ...] = (
        ("revision", "str"),
        ("down_revision", "Union[str, Sequence[str], None]"),
        ("branch_labels", "Union[str, Sequence[str], None]"),
        ("depends_on", "Union[str, Sequence[str], None]"),
    )
    upgrade: str = "def upgrade() -> None:"
    downgrade: str = "def downgrade() -> None:"
    upgrade_docstring: str = '"""Upgrade schema."""'
    downgrade_docstring: str = '"""Downgrade schema."""'


def learn_style(sample: str) -> Style:
    """The style of a migration or of a template; the default where the sample has no header."""
    sample = sample.replace("\r\n", "\n")
    header = _header(sample)
    if not {"revision", "down_revision"} <= {name for name, _ in header}:
        return Style()
    revision = re.search(r"^revision\b", sample, re.MULTILINE)
    imports = list(_IMPORT.finditer(sample))
    first_import = imports[0].start() if imports else 0
    docstring = re.search(r'^[rRuU]?("""|\'\'\')', sample, re.MULTILINE)
    own_imports = [match for match in imports if "alembic" in match[0] or "sqlalchemy" in match[0]]
    upgrade, downgrade = _signature(sample, "upgrade"), _signature(sample, "downgrade")
    return Style(
        comment=_comment(sample),
        docstring_first=docstring is None or not imports or docstring.start() < first_import,
        fields=tuple(name for name in ("Revision ID", "Revises", "Create Date") if f"{name}:" in sample),
        imports=_spaced([match[0].rstrip() for match in imports]),
        imports_first=revision is None or not own_imports or own_imports[0].start() < revision.start(),
        note=found[0] if (found := re.search(r"^# revision identifiers[^\n]*", sample, re.MULTILINE)) else "",
        quote='"' if re.search(r'^revision\b[^\n=]*=\s*"', sample, re.MULTILINE) else "'",
        annotations=_importable(header, [match[0] for match in imports]),
        upgrade=upgrade or "def upgrade():",
        downgrade=downgrade,
        upgrade_docstring=_docstring_of(sample, upgrade),
        downgrade_docstring=_docstring_of(sample, downgrade),
    )


def _header(sample: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[int, str, str]] = []
    for name in HEADER:
        match = re.search(rf"^{name}[ \t]*(?::[ \t]*([\w\[\], |.\"']+?))?[ \t]*=(?!=)", sample, re.MULTILINE)
        if match:
            found.append((match.start(), name, match[1] or ""))
    return tuple((name, annotation) for _, name, annotation in sorted(found))


def _importable(header: tuple[tuple[str, str], ...], imports: list[str]) -> tuple[tuple[str, str], ...]:
    """The header without annotations where they need a name that the new file would not have."""
    known = {"None", "list", "str", "tuple", *(word for line in imports for word in _WORD.findall(line))}
    if all(known.issuperset(_WORD.findall(annotation)) for _, annotation in header):
        return header
    return tuple((name, "") for name, _ in header)


def _comment(sample: str) -> str:
    """The block above everything else: a licence."""
    block = _COMMENT_BLOCK.match(sample)
    return "" if block is None or _UNFIT_COMMENT.search(block[0]) else block[0].rstrip("\n")


def _signature(sample: str, name: str) -> str:
    match = re.search(_FUNCTION.format(name=name), sample, re.MULTILINE)
    return match[0] if match else ""


def _docstring_of(sample: str, signature: str) -> str:
    if not signature:
        return ""
    match = re.search(_FUNCTION_DOCSTRING.format(signature=re.escape(signature)), sample)
    # A neighbour's own words describe the neighbour; only the template's two phrases are nobody's.
    return match[1] if match and match[1] in ('"""Upgrade schema."""', '"""Downgrade schema."""') else ""


def _spaced(imports: list[str]) -> tuple[str, ...]:
    """Imports with an empty line between the standard library's and the others."""
    ours = [line for line in imports if "alembic" in line or "sqlalchemy" in line]
    standard = [line for line in imports if line not in ours]
    return (*standard, *([""] if standard and ours else []), *ours)
