"""The crash report keeps no secret."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mig.cli._crash import report_crash

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["up", "--url", "postgresql://ada:s3cr3t@db/shop"], id="in the URL"),
        pytest.param(["up", "--url", "postgresql://ada:s3cr3t/@x@db/shop"], id="with a slash and an at sign"),
        pytest.param(["up", "--url", "postgresql://db/shop?user=ada&password=s3cr3t"], id="as a parameter"),
    ],
)
def test_a_crash_report_names_the_bug_and_no_password(
    arguments: Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mig", *arguments])
    assert report_crash(ValueError("lost postgresql://ada:s3cr3t@db/shop")) == 70
    printed = capsys.readouterr().err
    found = re.search(r"please report it with (\S+)", printed)
    assert found is not None
    written = Path(found[1])
    try:
        text = written.read_text(encoding="utf-8")
    finally:
        written.unlink()
    assert "ValueError" in text
    assert "s3cr3t" not in text + printed
