"""Runs a server until standard input closes, then stops it and removes its folder.

A process of its own, in a session of its own, so that the server goes away however the tests end: by
themselves, by Ctrl-C, or killed.  Arguments: the account to run under (empty: this one), the name of the
signal that stops the server, the folder, the server's command.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from threading import Thread

_PATIENCE = 20  # seconds for an orderly stop


def main() -> int:
    account, stop, folder, *command = sys.argv[1:]
    server = subprocess.Popen(
        command,
        cwd=folder,
        env={"HOME": folder, "LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        user=account or None,
        group=_group(account),
        extra_groups=[] if account else None,
    )
    Thread(target=_stop_at_end_of_input, args=(server, signal.Signals[stop]), daemon=True).start()
    try:
        return server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stop_at_end_of_input(server: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    sys.stdin.buffer.read()
    server.send_signal(stop)
    try:
        server.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()


def _group(account: str) -> int | None:
    import pwd

    return pwd.getpwnam(account).pw_gid if account else None


if __name__ == "__main__":
    sys.exit(main())
