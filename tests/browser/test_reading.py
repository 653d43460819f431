"""What readers do on the site works: go back, search, copy code."""

from collections.abc import Iterator

import pytest
from conftest import SITE
from playwright.sync_api import Browser, BrowserContext, Page, expect
from watching import PAGES, Watched


@pytest.fixture
def still(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(reduced_motion="reduce", viewport={"width": 1280, "height": 800})
    yield page
    page.close()


@pytest.fixture
def offline(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(offline=True)
    yield context
    context.close()


def test_back_and_forward_lead_to_where_the_reader_was(still: Page, site: str) -> None:
    first, second = f"{site}/{PAGES[1]}", f"{site}/{PAGES[2]}"
    still.goto(first)
    link = still.locator("#pst-secondary-sidebar a[href^='#']").nth(3)
    target = link.get_attribute("href").removeprefix("#")
    link.click()
    at = still.url
    still.locator("a.right-next").click()
    still.wait_for_url(second)
    still.go_back()
    still.wait_for_url(at)
    still.wait_for_load_state("networkidle")
    assert at.endswith(f"#{target}")
    assert still.evaluate("scrollY") > 500
    still.go_forward()
    still.wait_for_url(second)


def test_search_finds_every_term_of_the_glossary(watched: Watched, site: str) -> None:
    page = watched.page
    page.goto(f"{site}/book/reference/glossary.html")
    terms = page.evaluate(
        "[...document.querySelectorAll('dl.glossary dt')].map(dt => dt.firstChild.textContent.trim())"
    )
    assert len(terms) > 20
    for term in terms:
        page.goto(f"{site}/search.html?q={term}")
        results = page.locator("#search-results li a[href*='reference/glossary']")
        expect(results.first, f"the search for {term!r} finds the glossary").to_be_visible()
    assert watched.faults == []


def test_code_is_copied_as_it_stands(browser: Browser, site: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{site}/book/redshifts/shap-explanations.html")
    block = page.locator(".cell_input .highlight").nth(1)
    button = block.locator("button.copybtn")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_class("copybtn o-tooltip--left success")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "\n" in copied
    assert copied.strip() == block.locator("pre").inner_text().strip()
    context.close()


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
