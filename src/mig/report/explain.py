"""The catalogue of codes for people; ``python -m mig.report.explain`` prints the page of the docs."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from mig.catalogue import FAMILIES, Code, all_codes
from mig.report.layout import Line, fit, span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MARKDOWN = re.compile(r"([\\`*_<>\[\]|])")


def render_code(code: Code, *, width: int | None = None) -> Iterator[Line]:
    """One code: what it means, an example, the way out."""
    style = code.severity.value
    yield (span(f"{code.code} {style}", style), span(f"  {code.slug}", "strong"))
    yield from fit((span(code.title),), width)
    yield ()
    yield from fit((span(code.problem),), width)
    yield ()
    yield (span("example", "label"),)
    yield from fit((span(f"  {code.example}"),), width, 2)
    yield ()
    yield (span("what to do", "label"),)
    yield from fit((span(f"  {code.remedy}"),), width, 2)
    if code.code.startswith("MIG3"):
        yield ()
        yield (span("in the documentation", "label"),)
        page = span(f"docs/reference/conflicts/{code.code}.md", "path")
        yield from fit((span("  "), page, span(": what databases do in both orders")), width, 2)


def render_codes(codes: Iterable[Code], *, width: int | None = None) -> Iterator[Line]:
    """All codes by family, a line each."""
    family = ""
    for code in codes:
        if code.family != family:
            yield from ((),) if family else ()
            family = code.family
            yield (span(f"{code.code[:4]}xx", "strong"), span(f"  {family}", "strong"))
        style = code.severity.value
        yield from fit(
            (span(f"  {code.code}", "id"), span(f" {style:<8} ", style), span(code.title)), width, 19
        )


def code_value(code: Code) -> dict[str, object]:
    """A code as JSON has it."""
    return {
        "code": code.code,
        "slug": code.slug,
        "family": code.family,
        "severity": code.severity.value,
        "title": code.title,
        "problem": code.problem,
        "example": code.example,
        "remedy": code.remedy,
    }


def render_page() -> str:
    """The page of the docs, in Markdown: a table, then a section for each code."""
    lines = ["# Codes", "", _INTRODUCTION, "", "| code | severity | what it says |", "| --- | --- | --- |"]
    lines += [
        f"| [{code.code}](#{code.code.lower()}) | {code.severity.value} | {_markdown(code.title)} |"
        for code in all_codes()
    ]
    for prefix, family in FAMILIES.items():
        codes = [code for code in all_codes() if code.code.startswith(prefix)]
        lines += ["", f"## {family[0].upper()}{family[1:]}"]
        lines += [line for code in codes for line in _section(code)]
    return "\n".join(lines) + "\n"


_INTRODUCTION = (
    "What `mig check` and the runner report. `mig explain CODE` prints the same. This page is written by\n"
    "`python -m mig.report.explain > docs/reference/codes.md`."
)


def _section(code: Code) -> Iterator[str]:
    title = f"{code.title[0].upper()}{code.title[1:]}"
    yield from ("", f'### <a id="{code.code.lower()}"></a>{code.code} {code.slug}', "")
    yield from (
        f"{_markdown(title)} ({code.severity.value}).",
        "",
        _markdown(code.problem),
        "",
        "Example:",
        "",
    )
    yield from (f"    {code.example}", "", f"What to do: {_markdown(code.remedy)}")


def _markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


if __name__ == "__main__":
    sys.stdout.write(render_page())
