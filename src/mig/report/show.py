"""One migration in full, as ``mig show`` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.report.escape import printable
from mig.report.layout import Line, Span, pad, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mig.model import Statement
    from mig.usecases.read import Shown

_LABEL = 12


def render_show(shown: Shown, *, named: bool = False) -> Iterator[Line]:
    """Header, description, and the text of up and down; ``named``: say which lineage it is of."""
    migration = shown.migration
    yield (span(pad("migration", _LABEL), "label"), span(migration.id, "id"))
    if named:
        yield _field("lineage", migration.lineage)
    yield _ids("parents", migration.parents, "none: a root")
    yield _ids("children", shown.children, "none: a head")
    if migration.requires:
        yield _ids("requires", migration.requires, "")
    yield (span(pad("file", _LABEL), "label"), span(f"{migration.path}:{migration.line}", "path"))
    yield _field("checksum", migration.checksum)
    yield _field("reversible", "yes" if migration.reversible else "no")
    for directive in migration.directives:
        yield _field("directive", f"mig:{directive.name} {directive.value}".rstrip())
    if migration.description:
        yield ()
        yield (span(f"    {migration.description}"),)
    yield from _script(shown)


def _script(shown: Shown) -> Iterator[Line]:
    yield ()
    if shown.script is None:
        yield (span(shown.problem, "warning"),)
        return
    end = ";" if shown.script.language == "sql" else ""
    yield from _section("up", shown.script.up, end)
    yield ()
    if shown.script.down is None:
        yield (span("down", "strong"), span("  none: irreversible"))
    else:
        yield from _section("down", shown.script.down, end)


def _section(name: str, statements: Sequence[Statement], end: str) -> Iterator[Line]:
    yield (span(name, "strong"), span("" if statements else "  nothing"))
    for statement in statements:
        for line in printable(statement.text + end).expandtabs(4).split("\n"):
            yield (Span(f"  {line}"),)


def _ids(label: str, ids: Sequence[str], none: str) -> Line:
    if not ids:
        return _field(label, none)
    return (span(pad(label, _LABEL), "label"), span(", ".join(ids), "id"))


def _field(label: str, text: str) -> Line:
    return (span(pad(label, _LABEL), "label"), span(text))
