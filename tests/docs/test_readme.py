"""Every command and every output of the README, against the program."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

from mig.catalogue import FAMILIES
from mig.cli import COMMANDS
from mig.sources.registry import source_names
from tests.docs.pages import ROOT, Reader, find_blocks, find_commands

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repositories import GitSandbox

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = find_blocks(README)


def commands(language: str, first: str = "") -> list[str]:
    blocks = [block for block in BLOCKS if block.language == language]
    typed = [command.line for block in blocks for command in find_commands(block)]
    return [line for line in typed if line.startswith(first)]


def first_words() -> set[str]:
    return {line.split()[0] for line in commands("sh")}


def test_no_block_is_of_a_kind_that_nothing_checks() -> None:
    assert {block.language for block in BLOCKS} == {"console", "python", "sh", "yaml"}
    assert first_words() == {"echo", "make", "mig", "pip"}


def test_conflict_and_remedy_are_what_the_demo_prints(demo: Path) -> None:
    """After a change: ``python demo/demo.py --capture README.md``."""
    assert (demo / "README.md").read_text(encoding="utf-8") == TEXT


def test_every_output_comes_from_the_demo() -> None:
    captured = re.sub(r"<!-- demo:\w+ -->.*?<!-- /demo -->", "", TEXT, flags=re.DOTALL)
    assert "```console" not in captured


def test_the_two_commands_are_targets_of_make() -> None:
    targets = [shlex.split(line, comments=True)[1] for line in commands("sh", "make ")]
    assert targets == ["demo", "test"]
    for target in targets:
        subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=True)


def test_what_pip_installs_is_the_package_with_its_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = set(re.findall(r"mig-db(?:\[(\w+)\])?", TEXT)) - {""}
    assert f"pip install {project['name']} " in TEXT
    assert named == {"postgresql"}
    assert named <= set(project["optional-dependencies"])


def test_the_quick_start_has_five_lines_that_work(tmp_path: Path) -> None:
    reader = Reader(tmp_path / "ada", ["9f31c0a2b7de"])
    reader.type("git init --quiet")
    [block] = [b for b in BLOCKS if b.language == "sh" and "mig init" in b.text]
    assert len(find_commands(block)) == 5
    reader.follow(block)

    assert (reader.folder / "mig.toml").is_file()
    assert (reader.folder / ".git/hooks/pre-commit").is_file()
    _, status = reader.type("mig status --url sqlite:///shop.db")
    assert "1 applied, 0 pending" in status


def test_the_python_lines_run_in_the_demos_repository(demo: Path) -> None:
    """There, after the demo, the branch is merged and its last migration is reverted."""
    [block] = [b for b in BLOCKS if b.language == "python"]
    command = [sys.executable, "-P", "-c", block.text]
    result = subprocess.run(command, cwd=demo / "shop", capture_output=True, text=True, check=True)
    first, second = result.stdout.splitlines()
    assert first == "True []"
    assert "b4e6105fd83c" in second


def test_the_commands_are_those_of_the_help(shop: GitSandbox) -> None:
    listed = re.findall(r"^\| `mig (\w+)` \| (.*) \|$", TEXT, re.MULTILINE)
    assert dict(listed) == COMMANDS
    shown = re.sub(r"\s+", " ", shop.mig("--help").stdout)
    assert all(f" {name} {line}" in shown for name, line in listed)


def test_the_families_are_those_of_the_catalogue() -> None:
    listed = re.findall(r"^\| (MIG\d)xx \| ([\w ]+) \|", TEXT, re.MULTILINE)
    assert dict(listed) == FAMILIES


def test_the_sources_are_those_that_there_are() -> None:
    rows = TEXT.partition("## What it reads")[2].partition("##")[0]
    cells = re.findall(r"^\| ([\w, -]+) \|", rows, re.MULTILINE)[1:]
    listed = [name for cell in cells for name in cell.split(", ") if name.strip("- ")]
    assert listed == list(source_names())


def test_what_is_not_there_yet_is_not_there() -> None:
    section = TEXT.partition("## What is not there yet")[2].partition("##")[0]
    assert section
    assert not set(re.findall(r"`(?:mig )?(\w+)`", section)) & set(COMMANDS)


def test_the_hooks_for_the_framework_are_offered() -> None:
    [block] = [b for b in BLOCKS if b.language == "yaml"]
    named = set(re.findall(r"- id: (\S+)", block.text))
    offered = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert named
    assert named <= set(re.findall(r"^- id: (\S+)", offered, re.MULTILINE))
