"""Find the browser that prints the book and that the tests look at it with: Chromium, headless, quiet."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]
MISSING = "no browser: install Chromium, or name one in the variable CHROMIUM"


def find_chromium() -> str | None:
    """Return the program that the variable CHROMIUM names, else the first Chromium or Chrome on the path, else None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
