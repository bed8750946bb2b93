"""Who runs: the names that the history and other runners are told."""

from __future__ import annotations

import getpass
import os
import re
import socket

_PROCESS = re.compile(r"(.*)@(.*) pid (\d+)")


def person() -> str:
    """``user@host``, as far as the system knows them."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user without a name
        user = str(os.getuid()) if hasattr(os, "getuid") else "unknown"
    return f"{user}@{socket.gethostname()}"


def process() -> str:
    """``user@host pid 123``: who is at work right now."""
    return f"{person()} pid {os.getpid()}"


def process_name() -> str:
    """The name of this process for the database's list of sessions (63 bytes in PostgreSQL)."""
    return f"mig {process()}".encode("ascii", "replace")[:63].decode()


def is_alive(name: str) -> bool:
    """Whether a process that ``process`` named runs on this host beside this one.

    False where that cannot be told.
    """
    found = _PROCESS.fullmatch(name)
    if found is None or found[2] != socket.gethostname() or os.name != "posix":
        return False
    if int(found[3]) == os.getpid():  # the name of one that has ended, in a container that was started again
        return False
    try:
        os.kill(int(found[3]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
