"""Runs a program at a terminal of its own and answers what it asks there."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Makes standard input the terminal that /dev/tty leads to, as a login shell does.
_TAKE = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def run_at_terminal(
    command: Sequence[str],
    folder: Path,
    answers: Sequence[str],
    question: str,
    env: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """The status of a command and all that the terminal showed.

    Each time that the question shows, the next answer is typed; after the last one the input is closed.
    """
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKE, *command],
        cwd=folder,
        env={**os.environ, "GIT_TERMINAL_PROMPT": "1", **(env or {})},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = _converse(master, [f"{answer}\n" for answer in answers], question)
    os.close(master)
    return process.wait(), shown


def _converse(master: int, answers: list[str], question: str) -> str:
    shown, answered = "", 0
    while data := _read(master):
        shown += data.decode("utf-8", "replace")
        while shown.count(question) > answered:
            # Control and D at the beginning of a line end the input.
            text = answers[answered] if answered < len(answers) else "\x04"
            os.write(master, text.encode())
            answered += 1
    return shown.replace("\r\n", "\n")


def _read(master: int) -> bytes:
    try:
        return os.read(master, 4096)
    except OSError:  # Linux says so when the last program has closed the terminal
        return b""
