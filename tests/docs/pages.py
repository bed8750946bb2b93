"""Documentation pages as programs: their fenced blocks, and a reader who does what they say."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[2]
PAGES = tuple(sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]))

DOCS = ROOT / "docs"

_FENCE = re.compile(r"(?:^<!-- write (\S+) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARYING = (
    (re.compile(r"\b\d{14}(?=_)"), "STAMP"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"), "TIME"),
    (re.compile(r"\b\d+(?:\.\d)? m?s\b"), "DURATION"),
    (re.compile(r"\bSQLite \d+(\.\d+)+"), "SQLite VERSION"),
    (re.compile(r"(?<=merge base )[0-9a-f]{7,}"), "COMMIT"),
)

# New ids come from a file instead of from chance; everything else is the program as users run it.
_LAUNCHER = """\
#!{python} -P
import secrets
import sys
from pathlib import Path


def next_id(size, random=secrets.token_hex):
    if size != 6:
        return random(size)
    file = Path({ids!r})
    first, _, rest = file.read_text().partition("\\n")
    file.write_text(rest)
    return first


secrets.token_hex = next_id
from mig.cli import main

sys.exit(main())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block; ``path`` is where the reader is told to write it, or empty."""

    page: str
    line: int
    language: str
    text: str
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of a block, with what the page says that it prints."""

    line: str
    output: str = ""


def text_of(name: str) -> str:
    """A page, by its path below the repository's root."""
    return (ROOT / name).read_text(encoding="utf-8")


def section(name: str, title: str) -> str:
    """What stands below a heading of the second level."""
    found = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", text_of(name), re.MULTILINE | re.DOTALL)
    assert found, f"{name} has no section {title}"
    return found[1]


def first_column(text: str) -> list[str]:
    """What the first cells of tables name in backticks."""
    cells = re.findall(r"^\| (.*?) (?<!\\)\|", text, re.MULTILINE)
    return [word for cell in cells for word in re.findall(r"`([^`]+)`", cell)]


def identify(block: Block) -> str:
    """The name of a block in a test's id."""
    return f"{block.page}:{block.line}"


def find_blocks(page: Path) -> tuple[Block, ...]:
    text = page.read_text(encoding="utf-8")
    name = page.relative_to(ROOT).as_posix()
    return tuple(
        Block(
            page=name,
            line=text.count("\n", 0, found.start(2)) + 1,
            path=found[1] or "",
            language=found[2],
            text=found[3],
        )
        for found in _FENCE.finditer(text)
    )


def all_blocks(*languages: str) -> tuple[Block, ...]:
    return tuple(block for page in PAGES for block in find_blocks(page) if block.language in languages)


def find_commands(block: Block) -> tuple[Command, ...]:
    """What is typed in a block: in ``console`` behind ``$``, in ``sh`` every line."""
    if block.language == "sh":
        return tuple(Command(line=line) for line in block.text.splitlines() if line.strip())
    found: list[Command] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(Command(line=line.removeprefix("$ ")))
        else:
            found[-1] = replace(found[-1], output=f"{found[-1].output}{line}\n")
    return tuple(found)


def called_migs(command: str) -> Iterator[list[str]]:
    """The arguments of every call of mig in a line of shell."""
    words = shlex.split(command.replace(";", " ; ").replace("|", " | "), comments=True)
    while "mig" in words:
        words = words[words.index("mig") + 1 :]
        end = next((at for at, word in enumerate(words) if word in {";", "|", "||", "&&", ">"}), len(words))
        yield words[:end]
        words = words[end:]


def settle(text: str) -> str:
    """The text with what differs from run to run replaced."""
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


class Reader:
    """Somebody who types what a page says, in a folder and with a PATH of their own.

    On the page the folder is called ``/home/ada``; ``ids`` are those that new migrations get there.
    """

    def __init__(self, home: Path, ids: Iterable[str] = ()) -> None:
        self.home = self.folder = home
        home.mkdir(exist_ok=True)
        commands = home.parent / "bin"
        commands.mkdir()
        listed = home.parent / "ids"
        listed.write_text("".join(f"{one}\n" for one in ids))
        launcher = commands / "mig"
        launcher.write_text(_LAUNCHER.format(python=sys.executable, ids=str(listed)))
        launcher.chmod(0o755)
        self._path = f"{commands}{os.pathsep}{os.environ.get('PATH', os.defpath)}"

    def type(self, command: str) -> tuple[int, str]:
        """Run a line of shell; its status, and what appears on a screen that is no terminal."""
        if command.startswith("cd "):
            self.folder /= command.removeprefix("cd ")
            return 0, ""
        ended = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env={**os.environ, "PATH": self._path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
            check=False,
        )
        return ended.returncode, ended.stdout.replace(str(self.home), "/home/ada")

    def write(self, block: Block) -> None:
        """Save a block as the file that the page names; a pattern means the one file that there is."""
        if "*" in block.path:
            [target] = self.folder.glob(block.path)
        else:
            target = self.folder / block.path
        target.write_text(block.text, encoding="utf-8")

    def follow(self, block: Block) -> None:
        """Do what one block says, and compare what is printed.

        With MIG_TEST_WRITE_PAGES in the environment, write it into the page instead.
        """
        if block.path:
            self.write(block)
        elif block.language == "console":
            typed = [(command.line, *self.type(command.line)) for command in find_commands(block)]
            printed = "".join(f"$ {line}\n{output}" for line, _, output in typed)
            if settle(printed) != settle(block.text) and os.environ.get("MIG_TEST_WRITE_PAGES"):
                page = ROOT / block.page
                page.write_text(
                    page.read_text(encoding="utf-8").replace(block.text, printed, 1), encoding="utf-8"
                )
            else:
                assert settle(printed) == settle(block.text), f"{block.page}:{block.line}"
        elif block.language == "sh":
            for command in find_commands(block):
                status, output = self.type(command.line)
                assert status == 0, f"{block.page}:{block.line}: {command.line}\n{output}"
