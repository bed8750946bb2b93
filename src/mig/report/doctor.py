"""What mig makes of a repository, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.report.layout import pad, span
from mig.report.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.report.layout import Line
    from mig.usecases.doctor import Diagnosis, Recognised


def render_diagnosis(found: Diagnosis) -> Iterator[Line]:
    """What was found and why, and how to say otherwise."""
    yield _row("config", found.config or "none; mig init writes one")
    yield _row("base", f"{found.base or 'none'} ({found.base_from})")
    yield _row("hooks", ", ".join(found.hooks) or "none; mig hooks install")
    for lineage in found.lineages:
        yield ()
        yield from _lineage(lineage)
    yield ()
    yield (span("wrong? name source and path, dialect and base in [tool.mig] of pyproject.toml or mig.toml"),)


def _lineage(one: Recognised) -> Iterator[Line]:
    yield (span("lineage ", "label"), span(one.name, "id"))
    yield _row("source", f"{one.source} ({one.why})")
    yield _row("folders", ", ".join(path or "." for path in one.folders))
    yield _row("dialect", f"{one.dialect} ({one.dialect_from})")
    said = [count(one.migrations, "migration"), count(len(one.heads), "head")]
    if one.problems:
        said.append(f"{count(one.problems, 'problem')}: mig check says which")
    yield _row("holds", ", ".join(said))


def _row(word: str, text: str) -> Line:
    return (span(pad(word, 9), "label"), span(text))
