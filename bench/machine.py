"""What the figures depend on: the machine and the versions, without its name or anybody's."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path


def describe_machine() -> dict[str, str]:
    """Words and values, in the order in which they are shown."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout
    return {
        "processor": f"{_processor()}, {_cores()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "Git": git.removeprefix("git version ").strip(),
        "mig": _mig_version(),
        **{name: importlib.metadata.version(name) for name in ("alembic", "SQLAlchemy", "click")},
    }


def describe_load() -> str:
    """How busy the machine is: the load average of the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def _cores() -> int | None:
    """The cores that this process may use, which in a container are often fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _mig_version() -> str:
    from mig import __version__

    return __version__


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
