"""The pages: their links, their codes, and the tutorial."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from mig.catalogue import all_codes
from tests.docs.pages import DOCS, PAGES, ROOT, Reader, find_blocks

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]


@cache
def anchors(page: Path) -> frozenset[str]:
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return frozenset(slugs | set(re.findall(r'<a id="([^"]+)">', text)))


def links(page: Path) -> list[str]:
    outside = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [
        link for link in re.findall(r"\]\(([^)\s]+)\)", outside) if not link.startswith(("https:", "http:"))
    ]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_leads_to_a_page_and_a_place_on_it(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.is_file(), f"{page}: {link}"
        assert not anchor or anchor in anchors(target), f"{page}: {link}"


def test_the_index_leads_to_every_page() -> None:
    index = DOCS / "index.md"
    linked = {(DOCS / link.partition("#")[0]).resolve() for link in links(index)}
    assert {page for page in PAGES if DOCS in page.parents} - linked == {index}


def test_decisions_are_numbered_one_after_the_other() -> None:
    pages = sorted((DOCS / "decisions").iterdir())
    for number, page in enumerate(pages, 1):
        assert page.name.startswith(f"{number:04}-")
        assert page.read_text(encoding="utf-8").startswith(f"# {number}. ")


def test_the_tutorial_prints_what_it_says(tmp_path: Path) -> None:
    reader = Reader(tmp_path / "ada", ["51d0c3a9e8f2", "9f31c0a2b7de", "77bc02d1a9e0"])
    for block in find_blocks(DOCS / "tutorial/first-conflict.md"):
        assert block.language == "console" or block.path
        reader.follow(block)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_code_that_a_page_names_is_in_the_catalogue(page: Path) -> None:
    named = set(re.findall(r"\bMIG\d{3}\b", page.read_text(encoding="utf-8")))
    assert named <= {code.code for code in all_codes()}


def test_the_page_of_codes_has_every_code() -> None:
    assert {code.code.lower() for code in all_codes()} <= anchors(DOCS / "reference/codes.md")


@pytest.mark.parametrize(
    ("name", "starts", "scene"),
    [
        pytest.param("docs/how-to/apply.md", "mig status", "interrupted", id="apply"),
        pytest.param("docs/how-to/environments.md", "mig check --deployed", "diverged", id="environments"),
        pytest.param("docs/how-to/graph.md", "mig graph\n", "diverged", id="graph"),
        pytest.param("docs/how-to/graph.md", "mig graph --format mermaid", "diverged", id="graph-mermaid"),
        pytest.param("docs/how-to/hooks.md", "mig hooks install", "diverged", id="hooks"),
        pytest.param("docs/how-to/merge.md", "mig merge", "merged", id="merge"),
        pytest.param("docs/how-to/radar.md", "mig radar", "open_branches", id="radar"),
        pytest.param("docs/how-to/replay.md", "mig check --replay", "diverged", id="replay"),
        pytest.param("docs/how-to/rebase.md", "mig rebase\n", "diverged", id="rebase"),
        pytest.param("docs/how-to/rebase.md", "mig rebase --add", "ordered", id="rebase-ordered"),
        pytest.param("docs/reference/commands.md", "mig check", "diverged", id="check"),
        pytest.param("docs/reference/exit-status.md", "mig check --base", "diverged", id="no-base"),
    ],
)
def test_what_a_page_shows_is_what_is_printed(
    name: str, starts: str, scene: str, request: pytest.FixtureRequest
) -> None:
    shop = request.getfixturevalue(scene)
    [block] = [b for b in find_blocks(ROOT / name) if b.text.startswith(f"$ {starts}")]
    Reader(shop.path, ["c07a2d11e5b4"]).follow(block)
