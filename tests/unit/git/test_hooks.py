from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from mig.cli._hook import HOOK_RUNS
from mig.errors import GitError
from mig.git.hooks import HOOKS, HookState, find_hooks, install, render_script, uninstall

ROOT = Path(__file__).parents[3]
PYTHON = "/opt/an environment/bin/python"


def put(path: Path, text: str | bytes, mode: int = 0o755) -> None:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)


def state(folder: Path, name: str = "pre-commit") -> HookState:
    (hook,) = find_hooks(folder, PYTHON, [name])
    return hook.state


def test_the_command_line_runs_every_hook_that_is_installed() -> None:
    assert tuple(HOOK_RUNS) == HOOKS


@pytest.mark.parametrize("name", HOOKS)
def test_the_repository_ships_the_scripts_that_install_writes(name: str) -> None:
    file = ROOT / "hooks" / name
    assert file.read_text() == render_script(name)
    assert os.access(file, os.X_OK)


@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_can_parse_the_script(shell: str, name: str) -> None:
    subprocess.run([shell, "-n"], input=render_script(name, "/it's/python"), encoding="utf-8", check=True)


def test_install_makes_the_folder_and_every_hook(tmp_path: Path) -> None:
    folder = tmp_path / "not there" / "hooks"
    changes = install(folder, PYTHON)
    assert [change.name for change in changes] == list(HOOKS)
    assert {hook.state for hook in find_hooks(folder, PYTHON)} == {HookState.CURRENT}
    assert sorted(os.listdir(folder)) == list(HOOKS)


def test_install_twice_changes_nothing(tmp_path: Path) -> None:
    install(tmp_path, PYTHON)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert {change.done for change in install(tmp_path, PYTHON)} == {"unchanged"}
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("#!/bin/sh\n# mig:hook pre-commit 0\nold\n", id="an older version"),
        pytest.param("#!/bin/sh\r\n# mig:hook pre-commit 7\r\nnewer\r\n", id="a newer one with CRLF"),
        pytest.param(render_script("pre-commit", "/another/python"), id="another interpreter"),
    ],
)
def test_our_script_is_known_again_and_renewed(tmp_path: Path, text: str) -> None:
    put(tmp_path / "pre-commit", text)
    assert state(tmp_path) is HookState.OUTDATED
    (change,) = install(tmp_path, PYTHON, ["pre-commit"])
    assert change.done == "updated"
    assert state(tmp_path) is HookState.CURRENT
    assert os.listdir(tmp_path) == ["pre-commit"]


def test_a_script_that_only_calls_mig_is_anothers(tmp_path: Path) -> None:
    put(tmp_path / "pre-commit", "#!/bin/sh\nexec mig hooks run pre-commit\n")
    assert state(tmp_path) is HookState.FOREIGN


def test_our_script_that_lost_its_permission_gets_it_back(tmp_path: Path) -> None:
    install(tmp_path, PYTHON, ["pre-commit"])
    (tmp_path / "pre-commit").chmod(0o644)
    assert state(tmp_path) is HookState.DISABLED
    install(tmp_path, PYTHON, ["pre-commit"])
    assert state(tmp_path) is HookState.CURRENT


@pytest.mark.parametrize("mode", [0o755, 0o644, 0o700])
def test_uninstall_restores_anothers_hook_byte_for_byte(tmp_path: Path, mode: int) -> None:
    data = b"#!/usr/bin/env python3\r\n\xff\x00 any bytes"
    put(tmp_path / "pre-push", data, mode)
    (change,) = install(tmp_path, PYTHON, ["pre-push"])
    assert "kept as pre-push.mig-kept" in change.done
    assert (tmp_path / "pre-push.mig-kept").read_bytes() == data
    uninstall(tmp_path)
    assert (tmp_path / "pre-push").read_bytes() == data
    assert (tmp_path / "pre-push").stat().st_mode & 0o777 == mode
    assert os.listdir(tmp_path) == ["pre-push"]


def test_a_link_is_kept_as_a_link_even_where_it_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "pre-commit").symlink_to("../scripts/check.sh")
    install(tmp_path, PYTHON, ["pre-commit"])
    assert (tmp_path / "pre-commit.mig-kept").is_symlink()
    uninstall(tmp_path)
    assert os.readlink(tmp_path / "pre-commit") == "../scripts/check.sh"


def test_uninstall_leaves_anothers_hook_alone(tmp_path: Path) -> None:
    put(tmp_path / "pre-commit", "#!/bin/sh\n")
    done = {change.name: change.done for change in uninstall(tmp_path)}
    assert done["pre-commit"] == "left alone: it is not mig's"
    assert done["pre-push"] == "was not installed"
    assert (tmp_path / "pre-commit").read_text() == "#!/bin/sh\n"


def test_two_hooks_of_others_for_one_name_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    put(tmp_path / "pre-push", "#!/bin/sh\necho one\n")
    install(tmp_path, PYTHON, ["pre-push"])
    put(tmp_path / "pre-push", "#!/bin/sh\necho two\n")
    with pytest.raises(GitError, match=r"pre-push is another's hook, and pre-push\.mig-kept"):
        install(tmp_path, PYTHON)
    assert sorted(os.listdir(tmp_path)) == ["pre-push", "pre-push.mig-kept"]
    assert (tmp_path / "pre-push.mig-kept").read_text() == "#!/bin/sh\necho one\n"


def test_a_folder_that_is_a_file_is_an_error_with_a_hint(tmp_path: Path) -> None:
    put(tmp_path / "hooks", "")
    with pytest.raises(GitError) as caught:
        install(tmp_path / "hooks", PYTHON)
    assert str(tmp_path / "hooks") in caught.value.message
    assert "can write to" in caught.value.hint


def test_the_pre_commit_framework_is_offered_every_stage() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    stages = [stage for found in re.findall(r"stages: \[(.+)\]", text) for stage in found.split(", ")]
    assert sorted(stages) == list(HOOKS)
    assert set(re.findall(r"entry: mig hooks run (\S+)\n", text)) == {*HOOKS} - {"pre-merge-commit"}
