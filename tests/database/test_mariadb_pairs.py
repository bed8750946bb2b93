"""The pairs of mariadb_pairs.sql in both orders on a server, and what mig says of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mig.conflicts.closure import build_schema
from mig.conflicts.compare import compare_footprints
from mig.effects.footprint import Footprint
from mig.effects.sql import read_sql
from mig.replay.mariadb import MariadbReplay
from mig.replay.pair import replay_pair
from tests.database.replaying import statements

if TYPE_CHECKING:
    from collections.abc import Iterator

_CASE = re.compile(
    r"^-- case: (?P<title>[^\n]+)\n-- real: (?P<real>\w+)(?:, mig says (?P<said>\w+))?\n"
    r"-- base\n(?P<base>.*?)-- a\n(?P<a>.*?)-- b\n(?P<b>.*?)(?=^-- case: |\Z)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Two scripts on a base: what the server shows, and what mig says."""

    title: str
    real: str
    said: str
    base: str
    a: str
    b: str


def read_cases() -> list[Case]:
    text = Path(__file__).with_name("mariadb_pairs.sql").read_text(encoding="utf-8")
    found = [
        Case(**{**each.groupdict(), "said": each["said"] or each["real"]}) for each in _CASE.finditer(text)
    ]
    if len(found) != text.count("-- case: "):
        raise ValueError("a case of mariadb_pairs.sql is not written as the others")
    return found


_CASES = read_cases()
_EACH = pytest.mark.parametrize("case", [pytest.param(case, id=case.title) for case in _CASES])


@pytest.fixture(scope="module")
def server(mariadb_url: str) -> Iterator[MariadbReplay]:
    with MariadbReplay(mariadb_url) as opened:
        yield opened


@_EACH
@pytest.mark.mariadb
def test_both_orders_go_as_they_went(case: Case, server: MariadbReplay) -> None:
    assert server.build(statements(case.base, "mariadb")) is None
    outcome = replay_pair(server, statements(case.a, "mariadb"), statements(case.b, "mariadb"))
    assert outcome.verdict == case.real, outcome.differences


@_EACH
@pytest.mark.parametrize("is_complete", [True, False], ids=["whole history", "part of it"])
def test_mig_says_so(case: Case, *, is_complete: bool) -> None:
    base, a, b = (Footprint(operations=read_sql(text, "mariadb")) for text in (case.base, case.a, case.b))
    schema = build_schema([base], "mariadb", is_complete=is_complete)
    assert compare_footprints(a, b, schema, "mariadb").verdict.value == case.said


def test_no_pair_that_conflicts_is_said_to_commute() -> None:
    assert [case.title for case in _CASES if case.real == "conflict" and case.said == "commute"] == []
    assert len(_CASES) > 100
