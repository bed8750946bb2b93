"""``mig completion``: what a shell is offered, asked by a real bash."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.functional.checks import A, B, files, start

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repositories import GitSandbox


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    made = start(tmp_path / "shop")
    made.commit("ours", files(b="a"))
    made.write(
        "mig.toml", 'source = "native"\npath = "migrations"\n[databases.dev]\nurl = "sqlite:///secret.db"\n'
    )
    binary = tmp_path / "bin/mig"
    binary.parent.mkdir()
    binary.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m mig "$@"\n')
    binary.chmod(0o755)
    return made


def offered(repo: GitSandbox, *words: str) -> list[str]:
    """What bash offers behind these words, of which the last is being typed."""
    script = (
        'eval "$(mig completion bash)"\n'
        f"COMP_WORDS=({' '.join(map(shlex.quote, words))}) COMP_CWORD={len(words) - 1}\n"
        '_mig_completion mig\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    path = f"{repo.path.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", script],
        cwd=repo.path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not on the PATH")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(("mig", "che"), ["check"], id="command"),
        pytest.param(("mig", "show", ""), [B, A], id="ids, the newest first"),
        pytest.param(("mig", "show", "a"), [A], id="beginning of an id"),
        pytest.param(("mig", "up", "hea"), ["head", "heads"], id="target"),
        pytest.param(("mig", "check", "--base", "fea"), ["feature"], id="ref"),
        pytest.param(("mig", "explain", "MIG30"), [f"MIG30{n}" for n in range(10)], id="code"),
        pytest.param(("mig", "status", "--database", ""), ["dev"], id="database"),
        pytest.param(("mig", "heads", "--lineage", ""), ["default"], id="lineage"),
    ],
)
def test_bash_offers_commands_ids_refs_codes_and_names(
    repo: GitSandbox, words: tuple[str, ...], expected: list[str]
) -> None:
    assert offered(repo, *words) == expected


def test_nothing_is_offered_and_nothing_said_where_it_cannot_be_told(tmp_path: Path) -> None:
    env = {"_MIG_COMPLETE": "zsh_complete", "COMP_WORDS": "mig show ", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "mig"],
        cwd=tmp_path,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout.strip(), done.stderr) == ("", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_its_script(repo: GitSandbox, shell: str) -> None:
    assert f"_MIG_COMPLETE={shell}_complete" in repo.mig("completion", shell).stdout
    assert repo.mig("completion", env={"SHELL": f"/usr/bin/{shell}"}).stdout


def test_a_shell_that_is_not_known_is_an_error_with_the_known_ones(repo: GitSandbox) -> None:
    done = repo.mig("completion", expect=2, env={"SHELL": "/bin/tcsh"})
    assert done.stderr.splitlines() == [
        "mig: mig completes nothing in tcsh",
        "name one: mig completion bash|zsh|fish",
    ]
