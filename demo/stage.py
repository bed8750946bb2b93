"""Where the demo plays: a folder of its own, commands that are shown and run, and what they must say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Mapping

MARKER = "mig-demo"
_LEAKS = re.compile(r"(GIT_|MIG_|PYTHON).*|DATABASE_URL|CLICOLOR_FORCE")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_CONFIGURATION = {
    "user.name": "Ada Example",
    "user.email": "ada@example.org",
    "commit.gpgSign": "false",
    "core.autocrlf": "false",
    # Where Git looks anyway, unless the user's configuration sends it elsewhere.
    "core.hooksPath": ".git/hooks",
}


class DemoError(Exception):
    """The demo cannot go on."""


class Stage:
    """A folder with a Git repository, sealed from the user's configuration.

    ``terminal`` False: print plainly, even on a terminal.
    """

    def __init__(self, folder: Path, *, terminal: bool = True) -> None:
        self.folder = folder
        self.captured: dict[str, list[str]] = {}
        self._terminal = terminal and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._minutes = 0
        self._spoke = True
        self._scenes = 0
        _clear(folder)
        self._environment = self._build_environment()
        self._quietly("git", "init", "--quiet", "--template=", "--initial-branch=main")
        (folder / ".git" / MARKER).write_text("The demo of mig made this folder and may delete it.\n")
        for name, value in _CONFIGURATION.items():
            self._quietly("git", "config", name, value)

    def _build_environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not _LEAKS.fullmatch(name)}
        path = f"{self._commands()}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        sealing = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_MERGE_AUTOEDIT": "no"}
        color = {} if self._terminal else {"NO_COLOR": "1"}
        return {
            **kept,
            **sealing,
            **color,
            "GIT_PAGER": "cat",
            "PATH": path,
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
        }

    def _commands(self) -> Path:
        """The folder that ``mig`` is in: this Python's; else, not installed, a launcher is written."""
        beside = Path(sys.executable).parent
        if shutil.which("mig", path=str(beside)):
            return beside
        folder = self.folder / ".git" / "mig-demo-bin"
        folder.mkdir(parents=True)
        launcher = folder / "mig"
        launcher.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m mig "$@"\n')
        launcher.chmod(0o755)
        return folder

    @property
    def path_to_mig(self) -> str:
        """What to put before PATH where ``mig`` is not on it; empty where it is."""
        return "" if shutil.which("mig") else self._environment["PATH"].partition(os.pathsep)[0]

    def scene(self, title: str) -> None:
        """Begin the next part of the walk."""
        self._scenes += 1
        print(f"\n{self._strong(f'{self._scenes}. {title}')}")
        self._spoke = True

    def tell(self, text: str) -> None:
        """Say something to the reader."""
        print()
        print(textwrap.fill(" ".join(text.split()), width=88))
        self._spoke = True

    def write(self, *files: tuple[str, str]) -> None:
        """Write files of the repository, given as path and text."""
        for name, text in files:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")

    def run(self, command: str, *says: str, status: int = 0, capture: str = "") -> None:
        """Show a command, run it, show what it prints, and compare that with what it should be.

        Args:
            command: what a user would type.
            says: phrases that the output must hold.
            status: the exit status that it must end with.
            capture: the name of the block that command and output belong to.

        Raises:
            DemoError: the status is another, or a phrase is missing.
        """
        print(f"{chr(10) if self._spoke else ''}{self._strong(f'$ {command}')}", flush=True)
        ended, plain = self._show(shlex.split(command))
        self._spoke = bool(plain)
        if capture:
            self.captured.setdefault(capture, []).append(f"$ {command}\n{plain.rstrip()}".rstrip())
        if ended != status:
            raise DemoError(f"`{command}` ended with status {ended}, not {status}")
        for phrase in says:
            if phrase not in plain:
                raise DemoError(f"`{command}` did not say {phrase!r}")

    def _show(self, command: list[str]) -> tuple[int, str]:
        """Run a command and pass on what it prints; its status, and the text without colours."""
        if self._terminal:
            status, output = run_on_terminal(command, self.folder, self._environment_now())
        else:
            ended = self._run(command)
            status, output = ended.returncode, ended.stdout
            print(output, end="", flush=True)
        return status, _ESCAPES.sub("", output).replace("\r\n", "\n")

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        # A session of its own has no terminal, so that a hook has nobody to ask.
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment_now(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            check=False,
        )

    def _quietly(self, *command: str) -> None:
        ended = self._run(list(command))
        if ended.returncode:
            raise DemoError(f"`{shlex.join(command)}` ended with status {ended.returncode}\n{ended.stdout}")

    def _environment_now(self) -> dict[str, str]:
        """The environment, with a time for commits that makes their ids the same on every run."""
        self._minutes += 1
        date = f"2026-11-20T{9 + self._minutes // 60:02}:{self._minutes % 60:02}:00+00:00"
        return {**self._environment, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}

    def _strong(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self._terminal else text


def _clear(folder: Path) -> None:
    """Make the folder empty: only one that is new, empty, or the demo's own.

    Raises:
        DemoError: it holds something else.
    """
    if (folder / ".git" / MARKER).is_file() and not folder.is_symlink():
        shutil.rmtree(folder)
    if (
        folder.is_symlink()
        or (folder.exists() and not folder.is_dir())
        or (folder.exists() and any(folder.iterdir()))
    ):
        raise DemoError(f"{folder} was not made by the demo, so it is left alone; name another folder")
    folder.mkdir(parents=True, exist_ok=True)


def run_on_terminal(command: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a command as it looks on this terminal, on one of its own; its status, and what it printed."""
    import termios  # not on Windows

    ours, its = os.openpty()
    size = os.get_terminal_size()
    termios.tcsetwinsize(its, (size.lines, size.columns))
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=its,
        stderr=its,
        # It prints to the terminal, but has none that it could ask anything on.
        start_new_session=True,
    )
    os.close(its)
    with open(ours, "rb", buffering=0) as stream:
        output = b"".join(_pass_on(stream))
    return process.wait(), output.decode(errors="replace")


def _pass_on(stream: io.FileIO) -> Iterator[bytes]:
    while True:
        try:
            piece = stream.read(4096)
        except OSError:  # how Linux says that the other end is closed
            return
        if not piece:
            return
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        yield piece
