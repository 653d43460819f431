"""Every page is light: what a first visit transfers, compressed, stays within its limits."""

import gzip
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from conftest import SITE
from playwright.sync_api import Browser
from watching import MADE_PAGES, PAGES, scroll_through

WHOLE_PAGE = 1_500_000  # bytes, read from top to bottom
WITHOUT_FIGURES = 320_000  # bytes of text, style, scripts and fonts
PLOT_DATA = re.compile(rb'<script type="application/json">.*?</script>', re.DOTALL)
SHAP_SCRIPT = "_static/shap/bundle.js"  # comes only when an interactive plot is near


@cache
def transferred(file: Path) -> int:
    content = file.read_bytes()
    return min(len(content), len(gzip.compress(content, 6)))


@cache
def plot_data(file: Path) -> int:
    """Return the bytes that the data of interactive plots add to a page: they are its figures."""
    if file.suffix != ".html":
        return 0
    content = file.read_bytes()
    return transferred(file) - len(gzip.compress(PLOT_DATA.sub(b"", content), 6))


def weights(browser: Browser, site: str, path: str, folder: Path) -> dict[str, int]:
    """Return the bytes of every file that a first visit transfers."""
    page = browser.new_page()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.goto(f"{site}/{path}")
    scroll_through(page)
    page.wait_for_load_state("networkidle")
    page.close()
    files = {unquote(urlsplit(url).path).lstrip("/") for url in asked if url.startswith(site)}
    return {file: transferred(folder / file) for file in files if (folder / file).is_file()}


def too_heavy(path: str, files: dict[str, int], data: int = 0) -> list[str]:
    frame = {file: size for file, size in files.items() if not file.startswith("_images/") and file != SHAP_SCRIPT}
    told = []
    for what, part, limit in (("", files, WHOLE_PAGE), (" without figures", frame, WITHOUT_FIGURES)):
        total, heaviest = sum(part.values()) - (data if part is frame else 0), max(part, key=part.get)
        if total > limit:
            told.append(
                f"{path}{what}: {total / 1000:.0f} KB, more than {limit / 1000:.0f} KB; "
                f"the heaviest file is {heaviest}, {part[heaviest] / 1000:.0f} KB"
            )
    return told


@pytest.mark.parametrize("path", PAGES + MADE_PAGES)
def test_page_is_light(browser: Browser, site: str, path: str) -> None:
    assert too_heavy(path, weights(browser, site, path, SITE), plot_data(SITE / path)) == []


def test_a_heavy_page_is_named(browser: Browser, serve: Callable[[Path], str], tmp_path: Path) -> None:
    noise = bytes((i * i * 7919 >> 7) % 251 for i in range(400_000))
    (tmp_path / "heavy.html").write_text("<title>x</title><img src=large.png>")
    (tmp_path / "large.png").write_bytes(noise + noise[::-1] + noise[::3] + noise[::7])
    (fault,) = too_heavy("heavy.html", {"heavy.html": 100, "large.png": 400_000})
    assert fault == ("heavy.html without figures: 400 KB, more than 320 KB; the heaviest file is large.png, 400 KB")
    files = weights(browser, serve(tmp_path), "heavy.html", tmp_path)
    assert set(files) == {"heavy.html", "large.png"}
