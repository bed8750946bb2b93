"""A real Chromium without a screen, for pages that mig writes."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver.chrome.webdriver import WebDriver

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--window-size=1280,800",
)


@contextmanager
def open_browser(profile: Path) -> Iterator[WebDriver]:
    """A browser with a new profile; whatever a page says to its console is kept.

    A machine without one skips what needs it, unless ``MIG_REQUIRE_BROWSER`` is set.
    """
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if not all(programs):
        problem = "chromium and chromedriver are not on the PATH"
        if os.environ.get("MIG_REQUIRE_BROWSER"):
            pytest.fail(problem)
        pytest.skip(problem)
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(programs[0])
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(programs[1])))
    try:
        yield driver
    finally:
        driver.quit()
