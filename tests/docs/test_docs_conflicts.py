"""The pages on conflicts, the commutation table and the matrix, against what they are made from."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from mig.report.commutation import render_page as render_commutation
from tests.docs.outcomes import FOLDER, codes, read_cases, render_case, render_head, render_index, replay_case
from tests.docs.pages import DOCS, find_blocks
from tests.matrix.page import PAGE
from tests.matrix.page import render_page as render_matrix

if TYPE_CHECKING:
    from tests.docs.outcomes import Case

_CASES = [
    pytest.param(
        case,
        id=f"{case.code}-{case.title.replace(' ', '-')}",
        marks=[] if case.database == "sqlite" else [getattr(pytest.mark, case.database)],
    )
    for case in read_cases()
]


@pytest.mark.parametrize("case", _CASES)
def test_an_example_is_what_happens_on_a_database(case: Case, request: pytest.FixtureRequest) -> None:
    """After a change: ``python -m tests.docs.outcomes``."""
    url = "" if case.database == "sqlite" else request.getfixturevalue(f"{case.database}_url")
    page = (FOLDER / f"{case.code}.md").read_text(encoding="utf-8")
    written = page.partition(f"## {case.title}\n")[2].partition("\n## ")[0]
    assert f"## {case.title}\n{written}".strip() == render_case(case, replay_case(case, url)).strip()


@pytest.mark.parametrize("code", codes(), ids=lambda code: code.code)
def test_a_page_begins_with_what_the_catalogue_says(code: object) -> None:
    [found] = [one for one in codes() if one is code]
    own = [case for case in read_cases() if case.code == found.code]
    page = (FOLDER / f"{found.code}.md").read_text(encoding="utf-8")
    assert page.startswith(render_head(found, own)), "python -m tests.docs.outcomes"
    assert page.count("\n## ") == len(own)


def test_every_verdict_has_two_examples_and_the_index_every_page() -> None:
    examples = Counter(case.code for case in read_cases())
    assert {code for code, count in examples.items() if count >= 2} >= {f"MIG30{n}" for n in range(8)}
    assert (FOLDER / "index.md").read_text(encoding="utf-8") == render_index()


def test_the_commutation_table_is_the_one_that_is_used() -> None:
    page = (DOCS / "reference/commutation.md").read_text(encoding="utf-8")
    command = "python -m mig.report.commutation > docs/reference/commutation.md"
    assert page == render_commutation(), command


def test_the_figures_are_what_scoring_the_truth_gives() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_matrix(), "python -m tests.matrix.page"


def test_the_example_of_confluence_runs() -> None:
    [block] = [b for b in find_blocks(DOCS / "explanation/confluence.md") if b.language == "python"]
    subprocess.run([sys.executable, "-P", "-c", block.text], check=True)
