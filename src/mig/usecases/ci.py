"""What a CI system says about the change that it builds: where it goes and which commit it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mig.git.repo import Repo

_HEADS = "refs/heads/"
_MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that a CI system builds.

    ``base`` is the branch that it goes to, or a commit of it, and ``head`` the commit that is to be checked;
    empty: CI does not say, so that the working tree and the default branch are right.
    """

    system: str
    base: str = ""
    head: str = ""
    branch: str = ""
    """What people call the head; for display only, since anybody can name a branch anything."""


def find_change(environment: Mapping[str, str]) -> Change | None:
    """What the environment says, or None outside of every system that is known.

    Each system documents its variables; what only some builds have (pull requests) is empty in the others.
    """
    for mark, read in _SYSTEMS.items():
        if environment.get(mark):
            return read(environment)
    return None


def find_base(repo: Repo, change: Change) -> str:
    """The ref of a change's base in a clone, where branches of others are below ``origin``.

    Raises:
        GitError: the clone has not fetched it.
    """
    name = change.base.removeprefix(_HEADS)
    if not name:
        return ""
    found = next((ref for ref in (f"refs/remotes/origin/{name}", name) if repo.find(ref)), "")
    if not found:
        raise GitError(
            f"{change.system} builds a change for {name}, which this clone has not fetched",
            hint=f"check out with the full history (fetch-depth: 0), or: git fetch origin {name}",
        )
    return found.removeprefix("refs/remotes/")


def find_head(repo: Repo, change: Change) -> str:
    """The commit of a change where it is not simply what is checked out.

    Raises:
        GitError: the clone has not fetched it.
    """
    if not change.head:
        return ""
    here = repo.head().id
    if change.head == here:
        return ""
    if repo.find(change.head) is None:
        raise GitError(
            f"{change.system} builds {change.head[:12]}, which this clone has not fetched",
            hint=f"git fetch origin {change.head}; nothing of it is executed by mig check",
        )
    return change.head


def _github(environment: Mapping[str, str]) -> Change:
    """``pull_request``, ``pull_request_target`` and ``merge_group`` say more in the event's own file.

    Under ``pull_request`` GitHub checks out its own merge of both sides, and under ``pull_request_target``
    the base; what is meant is the head of the pull request.
    """
    event = _event(environment.get("GITHUB_EVENT_PATH", ""))
    asked, queued = event.get("pull_request"), event.get("merge_group")
    if isinstance(asked, dict):
        head, base = asked.get("head"), asked.get("base")
        return Change(
            system="GitHub Actions",
            base=_text(base, "ref") or environment.get("GITHUB_BASE_REF", ""),
            head=_text(head, "sha"),
            branch=_text(head, "ref"),
        )
    if isinstance(queued, dict):
        return Change(system="GitHub Actions", base=_text(queued, "base_sha"), head=_text(queued, "head_sha"))
    return Change(system="GitHub Actions", base=environment.get("GITHUB_BASE_REF", ""))


def _event(path: str) -> Mapping[str, object]:
    try:
        with open(path, "rb") as file:
            value = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(value: object, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _named(system: str, base: str = "", head: str = "") -> Callable[[Mapping[str, str]], Change]:
    """A system that has the base, and perhaps the head, in a variable."""

    def read(environment: Mapping[str, str]) -> Change:
        return Change(system=system, base=environment.get(base, ""), head=environment.get(head, ""))

    return read


def _azure(environment: Mapping[str, str]) -> Change:
    # Azure checks out its own merge of both sides too.
    return Change(
        system="Azure Pipelines",
        base=environment.get("SYSTEM_PULLREQUEST_TARGETBRANCH", ""),
        head=environment.get("SYSTEM_PULLREQUEST_SOURCECOMMITID", ""),
    )


_SYSTEMS: dict[str, Callable[[Mapping[str, str]], Change]] = {
    "GITHUB_ACTIONS": _github,
    "GITLAB_CI": _named(
        "GitLab CI", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"
    ),
    "BITBUCKET_BUILD_NUMBER": _named("Bitbucket Pipelines", "BITBUCKET_PR_DESTINATION_BRANCH"),
    "TF_BUILD": _azure,
    # Only pipelines are told a pull request's base, and no job: mig check --base takes it from there.
    "CIRCLECI": _named("CircleCI"),
    "BUILDKITE": _named("Buildkite", "BUILDKITE_PULL_REQUEST_BASE_BRANCH"),
    "JENKINS_URL": _named("Jenkins", "CHANGE_TARGET"),
}
