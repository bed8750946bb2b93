"""The files that other repositories use in CI: the action for GitHub, the job for GitLab."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from tests.functional.checks import files, start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.repositories import GitSandbox

ROOT = Path(__file__).parents[2]
ACTION = (ROOT / "action.yml").read_text()
SCRIPTS = [textwrap.dedent(block) for block in re.findall(r"run: \|\n((?: {8}.*\n)+)", ACTION)]


def run_check(repo: GitSandbox, folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The action's second step, with the mig that is tested where the first one would have put it."""
    binary = folder / "mig/bin/mig"
    binary.parent.mkdir(parents=True)
    binary.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m mig "$@"\n')
    binary.chmod(0o755)
    names = dict.fromkeys(("MIG_BASE", "MIG_ARGUMENTS", "MIG_SARIF", "MIG_COMMENT"), "")
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", SCRIPTS[1]],
        cwd=repo.path,
        env={
            **os.environ,
            **names,
            "GITHUB_ACTIONS": "true",
            "RUNNER_TEMP": str(folder),
            "GITHUB_OUTPUT": str(folder / "output"),
            **env,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_script_of_the_action_holds_text_that_others_can_name() -> None:
    assert len(SCRIPTS) == 2
    assert all("${{" not in script for script in SCRIPTS)


def test_the_action_prints_annotations_writes_reports_and_gives_the_status(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    repo.commit("ours", files(b="a"))
    base = repo.git("rev-parse", "HEAD~1")
    repo.git("checkout", "--quiet", "-b", "theirs", base)
    repo.commit("theirs", files(c="a"))
    repo.git("checkout", "--quiet", "feature")
    env = {
        "MIG_BASE": "theirs",
        "MIG_SARIF": "o.sarif",
        "MIG_COMMENT": "o.md",
        "MIG_ARGUMENTS": "--strict -v",
    }
    done = run_check(repo, tmp_path / "runner", env)
    assert done.returncode == 1, done.stderr
    assert "::error " in done.stdout
    assert (repo.path / "o.sarif").exists()
    assert (repo.path / "o.md").exists()
    assert (tmp_path / "runner/output").read_text() == "status=1\n"


def test_what_is_named_to_the_action_is_never_run(tmp_path: Path) -> None:
    repo = start(tmp_path / "shop")
    base = f"$(touch {tmp_path / 'ran'})`touch {tmp_path / 'ran'}`"
    done = run_check(repo, tmp_path / "runner", {"MIG_BASE": base, "MIG_ARGUMENTS": "; touch ran"})
    assert done.returncode in (2, 3)
    assert not (tmp_path / "ran").exists()
    assert not (repo.path / "ran").exists()


def test_the_job_for_gitlab_uses_formats_that_there_are() -> None:
    job = (ROOT / "ci/gitlab.yml").read_text()
    (line,) = re.findall(r"- (mig check.*)", job)
    repo_formats = re.findall(r"--format (\w+)", line)
    assert repo_formats == ["text", "gitlab", "junit"]
