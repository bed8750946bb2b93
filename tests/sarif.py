"""The official JSON schema of SARIF 2.1.0, from the package in which its makers publish it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from typing import Any

import pytest

_PACKAGE = "@microsoft/jest-sarif@1.0.0-beta.0"
_MEMBER = "package/lib/schemas/sarif-2.1.0-rtm.5.json"


@cache
def load_schema() -> dict[str, Any]:
    """The schema; npm gets it, and nothing of the package is run.

    A machine without npm or without a registry skips what needs it, unless ``MIG_REQUIRE_SCHEMAS`` is set.
    """
    npm = shutil.which("npm")
    problem = "npm is not on the PATH"
    if npm:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                (npm, "pack", "--silent", "--ignore-scripts", _PACKAGE),
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            if done.returncode == 0:
                with tarfile.open(os.path.join(folder, done.stdout.split()[-1])) as archive:
                    member = archive.extractfile(_MEMBER)
                    assert member is not None
                    schema: dict[str, Any] = json.load(member)
                    return schema
            problem = f"npm pack {_PACKAGE}: {done.stderr.strip()}"
    if os.environ.get("MIG_REQUIRE_SCHEMAS"):
        pytest.fail(problem)
    pytest.skip(problem)
