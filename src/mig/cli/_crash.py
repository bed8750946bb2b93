"""The crash report: written when mig itself is wrong, and named to the user."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
import traceback

from mig import __version__

_URL_PASSWORD = re.compile(r"(://[^/\s:@]*:)[^\s'\"]*@")
_NAMED_PASSWORD = re.compile(
    r"(?i)((?:password|passwd|pwd|secret|token)[\w-]*['\"]?\s*[=:]\s*['\"]?)[^&\s'\"]+"
)


def report_crash(error: BaseException) -> int:
    """Write the report to a file, print its path, and give the exit status for a bug."""
    text = "\n".join(
        (
            f"mig {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"arguments: {sys.argv[1:]}",
            "",
            "".join(traceback.format_exception(error)),
        )
    )
    descriptor, path = tempfile.mkstemp(prefix="mig-crash-", suffix=".log")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write(_NAMED_PASSWORD.sub(r"\1***", _URL_PASSWORD.sub(r"\1***@", text)))
    print(f"mig: a bug in mig: {type(error).__name__}", file=sys.stderr)
    print(f"please report it with {path}", file=sys.stderr)
    return 70
