"""Start Chromium for the tests of the site, and of the notebooks."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))

from chromium import MISSING, QUIET, find_chromium

NO_POPUPS = "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup"  # two pages more in every window, half its cost


@contextmanager
def started_browser() -> Iterator[Browser]:
    """Chromium, from the variable CHROMIUM or the path; where there is none the test is skipped, but in CI it fails."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, NO_POPUPS])
        yield browser
        browser.close()
