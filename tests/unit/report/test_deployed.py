"""Environments as people read them: in a pipe, and on a terminal of some width."""

from __future__ import annotations

import pytest

from mig.findings import Verdict
from mig.model import Location
from mig.report.deployed import deployed_lines, sentence
from mig.report.layout import plain
from mig.rules.frontier import Deployed

FRESH = Deployed(name="fresh", lineage="default", applied=(), pending=("a", "b", "c"))
STAGING = Deployed(name="staging", lineage="default", applied=("a",), pending=("b", "c"))
PRODUCTION = Deployed(
    name="production",
    lineage="default",
    applied=("a",),
    pending=("b", "c"),
    verdict=Verdict.CONFLICT,
    step=2,
    migration="c",
    location=Location(path="m/c.sql", line=5),
    fails=True,
    message="after a, column users.email is called users.mail there",
    fix="mig rebase",
)
REFUSED = Deployed(
    name="old", lineage="default", applied=("c",), pending=("b",), verdict=Verdict.CONFLICT, migration="b"
)
DOUBTFUL = Deployed(
    name="dev", lineage="default", applied=("a",), pending=("b",), verdict=Verdict.UNKNOWN, step=1
)


@pytest.mark.parametrize(
    ("deployed", "said"),
    [
        pytest.param([FRESH, STAGING], "safe on fresh databases and staging", id="safe"),
        pytest.param(
            [FRESH, STAGING, PRODUCTION],
            "safe on fresh databases and staging; fails on production at step 2",
            id="fails",
        ),
        pytest.param(
            [FRESH, REFUSED, DOUBTFUL],
            "safe on fresh databases; refused on old; not known to be safe on dev at step 1",
            id="refused",
        ),
    ],
)
def test_the_team_hears_one_sentence(deployed: list[Deployed], said: str) -> None:
    assert sentence(deployed) == said


def test_a_pipe_gets_a_line_for_each_and_no_path_is_broken() -> None:
    assert plain(deployed_lines([FRESH, PRODUCTION], None)) == (
        "safe on fresh databases; fails on production at step 2\n"
        "  fresh: safe (0 applied, 3 pending)\n"
        "  production: fails at step 2 of 2, c (1 applied, 2 pending)\n"
        "    m/c.sql:5: after a, column users.email is called users.mail there\n"
        "    fix  mig rebase\n"
    )


def test_a_terminal_gets_a_table_within_its_width() -> None:
    shown = plain(deployed_lines([FRESH, PRODUCTION], 50))
    assert shown.splitlines()[2:4] == [
        "  fresh       safe     0 applied, 3 pending",
        "  production  unsafe   1 applied, 2 pending",
    ]
    assert all(len(line) <= 50 for line in shown.splitlines())


def test_nothing_is_said_where_nothing_was_asked() -> None:
    assert plain(deployed_lines([], None)) == ""
