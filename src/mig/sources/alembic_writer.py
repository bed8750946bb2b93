"""Writes Alembic migrations: new ones in the project's own style, and other parents into old ones."""

from __future__ import annotations

import posixpath
import re
import textwrap
from typing import TYPE_CHECKING

from mig.errors import SourceError
from mig.sources.alembic_layout import layout_of
from mig.sources.alembic_style import Style, learn_style
from mig.sources.base import MAX_FILE_BYTES, NewFile, Problem
from mig.sources.pysyntax import decode
from mig.tree import REGULAR, is_under

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mig.model import Lineage, Migration
    from mig.sources.alembic_layout import Layout
    from mig.sources.base import Draft
    from mig.tree import Tree

_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"%\((\w+)\)(?:0?\d{0,2}(?:\.\d{1,2})?)[sd]|%%")
_ODD_IN_PATHS = re.compile(r"[\x00-\x1f\x7f]")


def write_migration(
    draft: Draft, lineage: Lineage, tree: Tree, migrations: Mapping[str, Migration]
) -> NewFile:
    """The file of a new migration.

    Raises:
        SourceError: the settings give no usable file name.
    """
    layout = layout_of(lineage, tree)
    parents = tuple(sorted(draft.parents))
    known = [migrations[parent] for parent in draft.parents if parent in migrations]
    style = learn_style(_sample(tree, layout, known, migrations))
    path = posixpath.join(_folder(layout, known), _file_name(draft, layout))
    return NewFile(path, render(draft, parents, style).encode())


def render(draft: Draft, parents: Sequence[str], style: Style) -> str:
    """The text of a migration in a style."""
    docstring = "\n".join(_docstring(draft, parents, style))
    imports = "\n".join(_imports(draft, style))
    header = "\n".join((*_header_lines(draft.id, parents, style), *_order_lines(draft)))
    top = [docstring, imports] if style.docstring_first else [imports, docstring]
    if not style.imports_first:
        top, header = [docstring, header], imports
    blocks = [block for block in (style.comment, *top, header) if block]
    functions = [_function(style.upgrade, style.upgrade_docstring, draft.up)]
    if style.downgrade or draft.down.strip():
        functions.append(
            _function(style.downgrade or "def downgrade():", style.downgrade_docstring, draft.down)
        )
    return "\n\n".join(blocks) + "".join(f"\n\n\n{function}" for function in functions) + "\n"


def quoted(text: str, quote: str) -> str:
    """A Python literal of a text, in the wanted quotes where the text allows it."""
    literal = repr(text)
    plain = literal[0] == "'" and "\\" not in literal and '"' not in literal
    return f'"{literal[1:-1]}"' if quote == '"' and plain else literal


def scalar_or_tuple(ids: Sequence[str], quote: str) -> str:
    """Parents as Alembic writes them: None, one text, or a tuple."""
    items = [quoted(one, quote) for one in ids]
    if len(items) > 1:
        return f"({', '.join(items)})"
    return items[0] if items else "None"


def plain_text(text: str) -> str:
    """A text that can stand between triple quotes, on one line."""
    line = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    return line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _docstring(draft: Draft, parents: Sequence[str], style: Style) -> list[str]:
    values = {
        "Revision ID": plain_text(draft.id),
        "Revises": plain_text(", ".join(parents)),
        "Create Date": str(draft.created),
    }
    message = plain_text(draft.message) or "empty message"
    if not style.fields:
        return [f'"""{message[:-1]}\\""""' if message.endswith('"') else f'"""{message}"""']
    return [f'"""{message}', "", *(f"{name}: {values[name]}".rstrip() for name in style.fields), "", '"""']


def _header_lines(own: str, parents: Sequence[str], style: Style) -> list[str]:
    values = {"revision": quoted(own, style.quote), "down_revision": scalar_or_tuple(parents, style.quote)}
    lines = [style.note] if style.note else []
    for name, annotation in style.annotations:
        typed = f"{name}: {annotation}" if annotation else name
        lines.append(f"{typed} = {values.get(name, 'None')}")
    return lines


def _order_lines(draft: Draft) -> list[str]:
    if not draft.order:
        return []
    orders = (f"# mig:order {first} {second}" for first, second in draft.order)
    return ["# mig up keeps this order; alembic upgrade does not know it.", *orders]


def _imports(draft: Draft, style: Style) -> list[str]:
    """The style's imports, and those that the operations need."""
    lines = list(style.imports)
    for name, line in (("op", "from alembic import op"), ("sa", "import sqlalchemy as sa")):
        wanted = re.search(rf"\b{name}\.", f"{draft.up}\n{draft.down}") is not None
        is_argument = re.search(rf"\b{name}\b", style.upgrade) is not None
        if wanted and not is_argument and line not in lines:
            lines.append(line)
    return lines


def _function(signature: str, docstring: str, body: str) -> str:
    lines = [signature]
    if docstring:
        lines.append(f"    {docstring}")
    code = textwrap.dedent(body).strip("\n")
    lines.append(textwrap.indent(code, "    ") if code.strip() else "    pass")
    return "\n".join(lines)


def _sample(
    tree: Tree, layout: Layout, parents: Sequence[Migration], all_of_them: Mapping[str, Migration]
) -> str:
    """The text that the style is learnt from: a parent, else the template, else a neighbour."""
    template = posixpath.join(layout.script, "script.py.mako")
    neighbours = sorted(all_of_them.values(), key=lambda migration: migration.path)[-1:]
    entries = tree.entries((layout.script, *layout.versions))
    for path in (*(one.path for one in parents), template, *(one.path for one in neighbours)):
        if path in entries and entries[path].kind == REGULAR:
            data = next(iter(tree.read((path,), MAX_FILE_BYTES))).data
            text = decode(data or b"")
            if not isinstance(text, Problem) and text.text.strip():
                return text.text
    return ""


def _folder(layout: Layout, parents: Sequence[Migration]) -> str:
    """The folder of the first parent; the location it lies in where file names hold folders of their own."""
    if not parents:
        return layout.versions[0]
    folder = posixpath.dirname(parents[0].path)
    if "/" not in layout.settings.file_template:
        return folder
    return next((place for place in layout.versions if is_under(folder, place)), layout.versions[0])


def _file_name(draft: Draft, layout: Layout) -> str:
    template = layout.settings.file_template
    values = _tokens(draft, layout.settings.slug_length)
    unknown = {match[1] for match in _TOKEN.finditer(template) if match[1]} - values.keys()
    if unknown or "%" in _TOKEN.sub("", template):
        raise SourceError(
            f"{layout.settings.origin}: file_template {template[:80]!r} cannot be followed",
            hint=f"its tokens are {', '.join(f'%%({name})s' for name in sorted(values))}",
        )
    try:
        name = posixpath.normpath(f"{template % values}.py")
    except (TypeError, ValueError) as error:
        raise SourceError(
            f"{layout.settings.origin}: file_template: {error}", hint="correct the template"
        ) from None
    if name.startswith(("/", "../", ".#", "__init__")) or "\\" in name or _ODD_IN_PATHS.search(name):
        raise SourceError(
            f"{layout.settings.origin}: file_template gives {name!r}, which is no name for a migration",
            hint="correct the template; %%(rev)s_%%(slug)s is the usual one",
        )
    return name


def _tokens(draft: Draft, slug_length: int) -> dict[str, str | int]:
    created: datetime = draft.created
    return {
        "rev": draft.id,
        "slug": _slug(draft.message, slug_length),
        "epoch": int(created.timestamp()),
        "year": created.year,
        "month": created.month,
        "day": created.day,
        "hour": created.hour,
        "minute": created.minute,
        "second": created.second,
    }


def _slug(message: str, length: int) -> str:
    slug = "_".join(_WORD.findall(message)).lower()
    return slug if len(slug) <= length else slug[:length].rsplit("_", 1)[0] + "_"
