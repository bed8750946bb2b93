"""The demo's repository, built once for all tests of the documentation."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import ROOT
from tests.repositories import GitSandbox

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``shop``, the demo's repository, and ``README.md``, filled by the demo."""
    folder = tmp_path_factory.mktemp("demo")
    page = folder / "README.md"
    page.write_bytes((ROOT / "README.md").read_bytes())
    subprocess.run(
        [sys.executable, ROOT / "demo/demo.py", folder / "shop", "--capture", page],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )
    return folder


@pytest.fixture
def shop(demo: Path) -> GitSandbox:
    """The demo's repository as the demo leaves it; only to be read."""
    return GitSandbox.at(demo / "shop")


@pytest.fixture
def new(demo: Path, tmp_path: Path) -> GitSandbox:
    """A clone of the demo's repository, with no database yet."""
    return GitSandbox.clone(str(demo / "shop"), tmp_path / "shop")
