"""The pages about commands against the help."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import click
import pytest

from mig.cli import COMMANDS, root
from tests.docs.pages import (
    PAGES,
    ROOT,
    called_migs,
    find_blocks,
    find_commands,
    first_column,
    section,
    text_of,
)

if TYPE_CHECKING:
    from tests.repositories import GitSandbox

# What it says of commands is about the past, too.
HISTORY = {"CHANGELOG.md"}


def visible_options(name: str) -> set[str]:
    command = root.commands.get(name) or root.get_command(click.Context(root), name)
    assert command is not None
    options = [param for param in command.params if isinstance(param, click.Option) and not param.hidden]
    return {longest(option) for option in options} - {"--format"}


def longest(option: click.Option) -> str:
    return max(option.opts, key=len)


def described_options(name: str) -> set[str]:
    page = "docs/reference/commands.md"
    [title] = re.findall(rf"^## (mig {name}\b.*)$", text_of(page), re.MULTILINE)
    text = section(page, title)
    same = re.search(r"options are those of `mig (\w+)`", text)
    names = {cell.split()[0].partition("\\")[0] for cell in first_column(text) if cell.startswith("-")}
    return names | (described_options(same[1]) if same else set())


def test_every_command_has_its_section_and_no_other() -> None:
    titles = re.findall(r"^## mig (\w+)", text_of("docs/reference/commands.md"), re.MULTILINE)
    assert sorted(titles) == sorted(COMMANDS)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"hooks"}))
def test_the_options_on_the_page_are_those_of_the_help(name: str) -> None:
    short = {"--message": "-m", "--max-count": "-n"}
    has = {short.get(option, option) for option in visible_options(name)}
    assert described_options(name) - {"-v"} == has


def test_the_commands_and_options_of_hooks_are_those_of_the_help(shop: GitSandbox) -> None:
    text = section("docs/reference/commands.md", "mig hooks")
    named = {cell.split()[2] for cell in first_column(text) if cell.startswith("mig hooks")}
    shown = shop.mig("hooks", "--help").stdout.partition("Commands:")[2]
    assert named == set(re.findall(r"^  (\w+) ", shown, re.MULTILINE))
    for name in ("install", "uninstall"):
        assert "--hook " in shop.mig("hooks", name, "--help").stdout


def test_the_global_options_are_those_of_the_help(shop: GitSandbox) -> None:
    shown = set(re.findall(r"^  (-\w|--[\w-]+)", shop.mig("--help").stdout, re.MULTILINE)) - {"-h"}
    table = text_of("docs/reference/commands.md").partition("## mig check")[0]
    named = {cell.split()[0] for cell in first_column(table) if cell.startswith("-")}
    assert named == shown - {"--version"}


def calls() -> list[tuple[str, list[str]]]:
    """Every call of mig that a page shows, in a block or in a line."""
    found = []
    for page in PAGES:
        name = page.relative_to(ROOT).as_posix()
        if name in HISTORY:
            continue
        lines = [
            command.line
            for block in find_blocks(page)
            if block.language in {"console", "sh"}
            for command in find_commands(block)
        ]
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        lines += [found for found in re.findall(r"`([^`\n]+)`", text) if re.search(r"(?:^|\s)mig ", found)]
        found += [(name, args) for line in lines for args in called_migs(line)]
    return found


def test_every_call_of_mig_on_any_page_names_a_command_and_options_that_exist() -> None:
    wrong = [f"{name}: mig {' '.join(args)}" for name, args in calls() if not exists(args)]
    assert len(calls()) > 100
    assert not wrong


def exists(args: list[str]) -> bool:
    words = [arg for arg in args if not arg.startswith("-")]
    general = {name for param in root.params for name in param.opts} | {"--help"}
    options = {arg for arg in args if arg.startswith("--")}
    name = next((word for word in words if word in COMMANDS), "")
    if not name:
        return options <= general | {"--version"} and not [w for w in words if w not in {"DIR", "..."}]
    command = root.get_command(click.Context(root), name)
    if isinstance(command, click.Group):
        command = command.commands.get(words[1]) if len(words) > 1 else command
    if command is None:
        return False
    return options <= general | {name for param in command.params for name in param.opts}


def test_the_readmes_exit_status_is_that_of_the_reference() -> None:
    rows = re.findall(r"^\| \d+ \| .* \|$", text_of("docs/reference/exit-status.md"), re.MULTILINE)
    assert rows == re.findall(r"^\| \d+ \| .* \|$", text_of("README.md"), re.MULTILINE)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_make_command_is_a_target(name: str) -> None:
    for target in sorted(set(re.findall(r"\bmake (\w+)(?=[`\s]| [A-Z]+=)", text_of(name)))):
        subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=True)
