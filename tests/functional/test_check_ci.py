"""``mig check`` in CI systems: it finds the base and the head of a change by what they say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.functional.checks import B, C, files
from tests.repositories import GitSandbox

if TYPE_CHECKING:
    from pathlib import Path


class Forge:
    """A clone as CI has it, of a repository in which feature and release both went on from main."""

    def __init__(self, folder: Path, *options: str) -> None:
        origin = GitSandbox(folder / "origin")
        origin.commit("start", files(a=""))
        origin.git("branch", "-M", "main")
        origin.branch("feature")
        self.head = origin.commit("ours", files(b="a"))
        origin.git("checkout", "--quiet", "main")
        origin.branch("release")
        self.base = origin.commit("theirs", files(c="a"))
        origin.git("merge", "--quiet", "--no-ff", "-m", "as the forge merges", "feature")
        self.merged = origin.head
        origin.git("reset", "--quiet", "--hard", self.base)
        origin.git("update-ref", "refs/pull/1/merge", self.merged)
        origin.git("checkout", "--quiet", "main")
        self.clone = GitSandbox.clone(f"file://{origin.path}", folder / "clone", *options)

    def check(self, env: dict[str, str], *args: str, expect: int = 1) -> dict[str, Any]:
        done = self.clone.mig("check", *args, "--format", "json", expect=expect, env=env)
        value: dict[str, Any] = json.loads(done.stdout)
        return value


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    made = Forge(tmp_path)
    made.clone.git("checkout", "--quiet", "--detach", "origin/feature")
    return made


SYSTEMS = {
    "GitHub Actions": {"GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "release"},
    "GitLab CI": {"GITLAB_CI": "true", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "release"},
    "Bitbucket Pipelines": {"BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_PR_DESTINATION_BRANCH": "release"},
    "Azure Pipelines": {"TF_BUILD": "True", "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/release"},
    "Buildkite": {"BUILDKITE": "true", "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "release"},
    "Jenkins": {"JENKINS_URL": "https://ci.example", "CHANGE_TARGET": "release"},
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_base_of_a_change_is_the_one_that_ci_names(system: str, forge: Forge) -> None:
    told = forge.check(SYSTEMS[system])
    assert told["base"] == {"ref": "origin/release", "commit": forge.base}
    assert told["migrations"] == {"total": 3, "ours": [B], "theirs": [C]}


@pytest.mark.parametrize("mark", ["GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "BUILDKITE"])
def test_a_build_of_no_pull_request_goes_against_the_default_branch(mark: str, forge: Forge) -> None:
    told = forge.check({mark: "true"}, expect=0)
    assert told["base"]["ref"] == "origin/main"


def test_what_the_user_names_goes_before_what_ci_says(forge: Forge) -> None:
    told = forge.check(SYSTEMS["GitHub Actions"], "--base", "origin/main", expect=0)
    assert told["base"]["ref"] == "origin/main"


def event(folder: Path, value: object) -> dict[str, str]:
    file = folder / "event.json"
    file.write_text(json.dumps(value))
    return {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(file), "GITHUB_BASE_REF": "release"}


def test_githubs_own_merge_is_not_what_is_checked(forge: Forge, tmp_path: Path) -> None:
    forge.clone.git("fetch", "--quiet", "origin", "refs/pull/1/merge")
    forge.clone.git("checkout", "--quiet", "--detach", forge.merged)
    env = event(
        tmp_path,
        {"pull_request": {"head": {"sha": forge.head, "ref": "feature"}, "base": {"ref": "release"}}},
    )
    assert forge.check(env)["migrations"] == {"total": 3, "ours": [B], "theirs": [C]}
    shown = forge.clone.mig("check", expect=1, env=env).stdout
    assert shown.startswith("feature against origin/release · ")


def test_pull_request_target_checks_the_head_while_the_base_is_checked_out(
    forge: Forge, tmp_path: Path
) -> None:
    forge.clone.git("checkout", "--quiet", "--detach", "origin/release")
    env = event(
        tmp_path,
        {"pull_request": {"head": {"sha": forge.head, "ref": "feature"}, "base": {"ref": "release"}}},
    )
    assert forge.check(env)["migrations"] == {"total": 3, "ours": [B], "theirs": [C]}


def test_a_merge_queue_is_checked_against_what_it_stands_on(forge: Forge, tmp_path: Path) -> None:
    forge.clone.git("fetch", "--quiet", "origin", "refs/pull/1/merge")
    env = event(tmp_path, {"merge_group": {"head_sha": forge.merged, "base_sha": forge.base}})
    told = forge.check(env)
    assert told["base"] == {"ref": forge.base, "commit": forge.base}
    assert told["migrations"] == {"total": 3, "ours": [B], "theirs": []}


def test_a_head_that_was_not_fetched_is_an_error_with_the_command(tmp_path: Path, forge: Forge) -> None:
    env = event(tmp_path, {"pull_request": {"head": {"sha": "f" * 40}, "base": {"ref": "release"}}})
    done = forge.clone.mig("check", expect=3, env=env)
    assert done.stderr.splitlines() == [
        "mig: GitHub Actions builds ffffffffffff, which this clone has not fetched",
        f"git fetch origin {'f' * 40}; nothing of it is executed by mig check",
    ]


def test_a_base_that_was_not_fetched_is_an_error_with_the_command(tmp_path: Path) -> None:
    forge = Forge(tmp_path, "--depth=1", "--single-branch", "--branch=feature")
    done = forge.clone.mig("check", expect=3, env=SYSTEMS["GitLab CI"])
    assert done.stderr.splitlines() == [
        "mig: GitLab CI builds a change for release, which this clone has not fetched",
        "check out with the full history (fetch-depth: 0), or: git fetch origin release",
    ]


@pytest.mark.parametrize("value", [[], {"pull_request": 3}, {"pull_request": {"head": "x", "base": None}}])
def test_an_event_that_says_nothing_of_use_is_passed_over(
    value: object, forge: Forge, tmp_path: Path
) -> None:
    told = forge.check(event(tmp_path, value))
    assert told["base"]["ref"] == "origin/release"


@pytest.mark.parametrize(
    "name", ["--upload-pack=x", "-x", "a\nb", "../../etc", "refs/heads/release", "x^{tree}"]
)
def test_a_hostile_name_of_a_base_is_a_name_and_nothing_else(name: str, forge: Forge) -> None:
    env = {"GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": name}
    done = forge.clone.mig("check", expect=1 if name == "refs/heads/release" else 3, env=env)
    assert "Traceback" not in done.stderr


def test_annotations_come_with_a_summary_for_the_page_of_the_run(forge: Forge, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    env = SYSTEMS["GitHub Actions"] | {"GITHUB_STEP_SUMMARY": str(summary)}
    forge.clone.mig("check", "--format", "github", expect=1, env=env)
    assert summary.read_text().startswith("before\n<!-- mig:check -->\n### ❌ mig check: ")
    forge.clone.mig("check", expect=1, env=env)
    assert summary.read_text().count("<!-- mig:check -->") == 1
