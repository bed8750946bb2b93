"""The keys on the pages about JSON against what is printed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from mig.git.hooks import HookState
from tests.docs.pages import first_column, section

if TYPE_CHECKING:
    from tests.repositories import GitSandbox


def printed(shop: GitSandbox, *args: str) -> dict[str, object]:
    value = json.loads(shop.mig(*args, "--format", "json", expect=None).stdout)
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    ("title", "args"),
    [
        pytest.param("mig check", ["check"], id="check"),
        pytest.param("mig merge", ["merge", "--dry-run"], id="merge"),
        pytest.param("mig rebase", ["rebase", "--dry-run"], id="rebase"),
        pytest.param("mig radar", ["radar"], id="radar"),
    ],
)
def test_keys_in_tables_are_those_that_are_printed(shop: GitSandbox, title: str, args: list[str]) -> None:
    text = (
        section("docs/reference/json.md", title).partition("A finding:")[0].partition("One of `branches`:")[0]
    )
    assert set(first_column(text)) == set(printed(shop, *args))


@pytest.mark.parametrize(
    ("title", "args"),
    [
        pytest.param("mig heads", ["heads"], id="heads"),
        pytest.param("mig log", ["log"], id="log"),
        pytest.param("mig graph", ["graph"], id="graph"),
        pytest.param("mig show", ["show", "9f31c0a2b7de"], id="show"),
        pytest.param("mig explain", ["explain", "MIG101"], id="explain"),
        pytest.param("mig doctor", ["doctor"], id="doctor"),
        pytest.param("mig hooks status", ["hooks", "status"], id="hooks"),
        pytest.param("mig init", ["init"], id="init"),
    ],
)
def test_keys_in_a_line_are_those_that_are_printed(shop: GitSandbox, title: str, args: list[str]) -> None:
    text = section("docs/reference/json.md", title)
    printed_keys = set(printed(shop, *args))
    assert printed_keys <= set(re.findall(r'"(\w+)"', text))


def test_the_keys_of_a_branch_are_those_that_are_printed(shop: GitSandbox) -> None:
    branches = printed(shop, "radar", "feature/receipts~1", "--base", "main~1")["branches"]
    assert isinstance(branches, list)
    text = section("docs/reference/json.md", "mig radar").partition("One of `branches`:")[2]
    assert {key for cell in first_column(text) for key in cell.replace("`", "").split(", ")} == set(
        branches[0]
    )


def test_the_states_of_a_hook_are_those_that_there_are() -> None:
    text = section("docs/reference/json.md", "mig hooks status").partition("`state` is")[2]
    assert set(re.findall(r"`(\w+)`", text)) - {"kept"} == {state.name.lower() for state in HookState}


def test_the_keys_of_a_finding_are_those_that_are_printed(shop: GitSandbox) -> None:
    """The commit before the merge, against the one that was merged first: the demo's conflict."""
    findings = printed(shop, "check", "--head", "feature/receipts~1", "--base", "main~1")["findings"]
    assert isinstance(findings, list)
    assert findings
    text = section("docs/reference/json.md", "mig check").partition("A finding:")[2]
    finding, _, replay = text.partition("One of `deployed`:")[0].partition("A replay:")
    assert set(first_column(finding)) == set(findings[0])
    replayed = printed(shop, "check", "--head", "feature/receipts~1", "--base", "main~1", "--replay")[
        "findings"
    ]
    assert isinstance(replayed, list)
    assert set(first_column(replay)) == set(replayed[0]["replayed"])


def test_the_keys_of_an_environment_are_those_that_are_printed(shop: GitSandbox) -> None:
    deployed = printed(shop, "check", "--deployed", "production=main")["deployed"]
    assert isinstance(deployed, list)
    text = section("docs/reference/json.md", "mig check").partition("One of `deployed`:")[2]
    assert set(first_column(text)) == set(deployed[0])


@pytest.mark.parametrize(
    ("start", "args"),
    [
        pytest.param("`mig status`: ", ["status"], id="status"),
        pytest.param("With `--dry-run`:", ["up", "--dry-run"], id="dry-run"),
        pytest.param("`mig up`, `down`, `redo`: ", ["up", "head"], id="up"),
    ],
)
def test_keys_of_the_runner_are_those_that_are_printed(new: GitSandbox, start: str, args: list[str]) -> None:
    text = section("docs/reference/runner.md", "Results as JSON").partition(start)[2]
    shown = text[: text.index("}`")]
    assert set(re.findall(r'"(\w+)"', shown)) == all_keys(printed(new, *args))


def all_keys(value: object) -> set[str]:
    """The keys of a value and of the values in it."""
    if isinstance(value, dict):
        return set(value).union(*map(all_keys, value.values()))
    return set().union(*map(all_keys, value)) if isinstance(value, list) else set()
