"""Runs a server until standard input closes, then stops it and removes its folder.

With MIG_TEST_RESTART in the environment a server that ends before is started again, as after a crash.

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
from threading import Event, Thread

_PATIENCE = 20  # seconds for an orderly stop


def main() -> int:
    account, stop, folder, *command = sys.argv[1:]
    running = [_start(account, folder, command)]
    ended = Event()
    Thread(target=_stop_at_end_of_input, args=(running, ended, signal.Signals[stop]), daemon=True).start()
    try:
        while True:
            status = running[-1].wait()
            if ended.is_set() or "MIG_TEST_RESTART" not in os.environ:
                return status
            running.append(_start(account, folder, command))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(account: str, folder: str, command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env={"HOME": folder, "LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        user=account or None,
        group=_group(account),
        extra_groups=[] if account else None,
    )


def _stop_at_end_of_input(running: list[subprocess.Popen[bytes]], ended: Event, stop: signal.Signals) -> None:
    sys.stdin.buffer.read()
    ended.set()
    server = running[-1]
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
