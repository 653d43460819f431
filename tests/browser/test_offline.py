"""Every page works from a folder, with the network cut, and asks no other host for anything."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import SITE
from playwright.sync_api import Browser, BrowserContext, expect
from watching import MADE_PAGES, PAGES, Watched, scroll_through


@pytest.fixture
def offline(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(offline=True)
    yield context
    context.close()


@pytest.mark.parametrize("path", PAGES + MADE_PAGES)
def test_page_opens_from_a_folder(offline: BrowserContext, path: str) -> None:
    watched = Watched(offline.new_page(), SITE.as_uri())
    watched.page.goto(f"{SITE.as_uri()}/{path}")
    scroll_through(watched.page)
    watched.page.wait_for_load_state("networkidle")
    assert watched.faults == []
    assert all(plot.locator("svg").count() for plot in watched.page.locator(".force-plot").all())


@pytest.mark.parametrize("term", ["background", "waterfall"])
def test_search_finds_a_term_from_a_folder(offline: BrowserContext, term: str) -> None:
    watched = Watched(offline.new_page(), SITE.as_uri())
    page = watched.page
    page.goto(f"{SITE.as_uri()}/{PAGES[0]}")
    page.locator(".search-button__button:visible").first.click()
    page.locator("#pst-search-dialog input").fill(term)
    page.keyboard.press("Enter")
    results = page.locator("#search-results li a")
    expect(results.first).to_be_visible()
    assert watched.faults == []
    results.first.click()
    expect(page.locator("article")).to_contain_text(term, ignore_case=True)


def test_a_foreign_script_is_refused(offline: BrowserContext, tmp_path: Path) -> None:
    (tmp_path / "tracked.html").write_text("<title>x</title><script src='https://example.org/count.js'></script>")
    watched = Watched(offline.new_page(), tmp_path.as_uri())
    watched.page.goto(f"{tmp_path.as_uri()}/tracked.html")
    assert f"foreign: https://example.org/count.js, asked for by {tmp_path.as_uri()}/tracked.html" in watched.faults
