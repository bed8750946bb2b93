"""The radar against ``mig check``, branch by branch and two by two, on random repositories."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from mig.findings import Severity, Verdict
from mig.usecases.check import check_project
from mig.usecases.project import open_project
from mig.usecases.radar.model import Standing
from mig.usecases.radar.run import watch
from tests.functional.branching import sketch

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mig.findings import Finding
    from mig.usecases.radar.model import Branch, Radar

SEEDS = range(12)
USUAL = {"MIG101", "MIG205"}
CLEAN = {Standing.OK, Standing.DIVERGES}


def _pairs(findings: Iterable[Finding], verdict: Verdict) -> set[frozenset[str]]:
    return {
        frozenset(one.migrations)
        for one in findings
        if one.verdict is verdict and one.code != "MIG308" and not one.suppressed
    }


def _errors(findings: Iterable[Finding]) -> set[str]:
    return {one.code for one in findings if one.severity is Severity.ERROR}


@pytest.mark.parametrize("ordered", [False, True], ids=["parents", "versions"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_radar_says_of_a_branch_what_a_check_says(seed: int, ordered: bool, tmp_path: Path) -> None:
    drawn = sketch(tmp_path / "repo", seed, ordered=ordered)
    found = watch(open_project(drawn.repo.path), drawn.branches, base="main")
    known = {name: one for one in found.branches for name in (one.ref, *one.also)}
    for ref in drawn.branches:
        result = check_project(open_project(drawn.repo.path), head=ref, base="main")
        said = known.get(ref)
        if said is None:
            assert not result.ours
            assert not _errors(result.findings)
            continue
        assert set(said.migrations) == set(result.ours), ref
        for verdict in (Verdict.CONFLICT, Verdict.UNKNOWN):
            assert _pairs(said.findings, verdict) == _pairs(result.findings, verdict), ref
        assert _errors(said.findings) - USUAL == _errors(result.findings) - USUAL, ref
        if said.standing is Standing.OK:
            assert result.ok(Severity.WARNING), ref
        if said.standing is Standing.DIVERGES:
            assert _errors(result.findings) <= USUAL, ref
        if "MIG101" in _errors(result.findings):
            assert said.standing is not Standing.OK, ref


@pytest.mark.parametrize("ordered", [False, True], ids=["parents", "versions"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_radar_says_of_two_branches_what_a_check_says_of_their_merge(
    seed: int, ordered: bool, tmp_path: Path
) -> None:
    drawn = sketch(tmp_path / "repo", seed, ordered=ordered, branches=4)
    found = watch(open_project(drawn.repo.path), drawn.branches, base="main")
    known = {one.ref: one for one in found.branches}
    for first, second in permutations(sorted(known), 2):
        one, other = known[first], known[second]
        if one.alone or other.alone or not _is_apart(one, other):
            continue
        if first not in drawn.merged:
            continue
        result = check_project(open_project(drawn.repo.path), head=second, base=f"with/{first}")
        mine, theirs = set(one.migrations), set(other.migrations)
        clashes = [
            finding
            for clash in found.concerning(first)
            if clash in found.concerning(second)
            for finding in clash.findings
        ]
        for verdict in (Verdict.CONFLICT, Verdict.UNKNOWN):
            if verdict is Verdict.UNKNOWN and {one.standing, other.standing} - CLEAN:
                # What the base does to one of them can make what the other one does unknown.
                continue
            wanted = {
                pair
                for pair in _pairs(result.findings, verdict)
                if pair & (mine - theirs) and pair & (theirs - mine)
            }
            assert _pairs(clashes, verdict) >= wanted, (first, second)


def _is_apart(one: Branch, other: Branch) -> bool:
    """Whether neither is on top of the other."""
    return one.ref not in other.on_top_of and other.ref not in one.on_top_of


def test_the_order_of_merging_holds_what_each_step_says(tmp_path: Path) -> None:
    drawn = sketch(tmp_path / "repo", 3, ordered=False, branches=8)
    found = watch(open_project(drawn.repo.path), drawn.branches, base="main")
    place = {step.ref: at for at, step in enumerate(found.order)}
    assert len(place) == len(found.order) >= len(found.branches)
    for step in found.order:
        assert all(place[other] < place[step.ref] for other in (*step.after, *step.rewritten_for))
    for clash in found.clashes:
        if clash.verdict is Verdict.CONFLICT:
            _assert_told(found, *clash.branches)


def _assert_told(found: Radar, one: str, other: str) -> None:
    steps = {step.ref: step for step in found.order}
    told = [other in (*steps[one].after, *steps[one].rewritten_for)]
    told.append(one in (*steps[other].after, *steps[other].rewritten_for))
    assert told.count(True) == 1
