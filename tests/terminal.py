"""Runs mig in a pseudo-terminal, as users see it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.repositories import GitSandbox


def run_in_terminal(
    sandbox: GitSandbox, *args: str, width: int = 80, env: Mapping[str, str] | None = None
) -> str:
    """What mig prints on a terminal of this width, standard error included."""
    if sys.platform == "win32":
        pytest.skip("there are no pseudo-terminals")
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "mig", *args],
        cwd=sandbox.path,
        env={**os.environ, "TERM": "xterm-256color", **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        shown = b"".join(_chunks(ours))
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def _chunks(descriptor: int) -> list[bytes]:
    chunks: list[bytes] = []
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # Linux: the other end was closed
            return chunks
        if not chunk:
            return chunks
        chunks.append(chunk)
