"""What readers do on the site works: follow deep links, go back, search, copy code, come back to their answers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from watching import PAGES, ROOT, Watched

QUIZZES = {path.stem for path in ROOT.glob("book/quizzes/*.yml")}
WITH_QUIZ = [path for path in PAGES if Path(path).stem in QUIZZES]
TARGETS = """() => [...document.querySelectorAll('article [id]')].map(target => target.id).filter(id =>
  document.getElementById(id).matches('figure, .exercise, .solution, .equation, dt, section:not(.solution *)'))"""
# a target begins below the header that sticks to the top, and above the lower third if there is text below it
STRAYED = """id => {
  const target = document.getElementById(id), box = target.getBoundingClientRect();
  const header = document.querySelector('.bd-header-article')?.getBoundingClientRect().bottom ?? 0;
  const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
  if (!target.checkVisibility({visibilityProperty: true})) return `#${id} leads to what cannot be seen`;
  if (box.top < header - 1) return `#${id} leads under the header: ${Math.round(box.top)} px, header ${header} px`;
  if (box.top < innerHeight * (end ? 1 : 2 / 3)) return null;
  return `#${id} leads elsewhere: it begins at ${Math.round(box.top)} px`;
}"""


FOLLOW = """id => new Promise(resolve => {
  const settled = () => Promise.allSettled(document.getAnimations().map(({finished}) => finished)).then(resolve);
  addEventListener('hashchange', () => requestAnimationFrame(() => setTimeout(settled)), {once: true});
  location.hash = id;
})"""


def strayed(page: Page, address: str) -> list[str]:
    """Follow every link to a part of a page, the last from outside, and return those that lead elsewhere."""
    page.goto(address)
    targets, found = page.evaluate(TARGETS), []
    for target in targets:
        page.evaluate(FOLLOW, target)
        found.append(page.evaluate(STRAYED, target))
    if targets:
        page.goto("about:blank")
        page.goto(f"{address}#{targets[-1]}")
        page.wait_for_load_state("networkidle")
        found.append(page.evaluate(STRAYED, targets[-1]))
    return [f"{address.rpartition('/')[2]}{fault}" for fault in found if fault]


@pytest.fixture
def still(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(reduced_motion="reduce", viewport={"width": 1280, "height": 800})
    yield page
    page.close()


@pytest.mark.parametrize("path", PAGES)
def test_deep_links_lead_to_their_targets(still: Page, site: str, path: str) -> None:
    assert strayed(still, f"{site}/{path}") == []


def test_a_link_that_leads_under_the_header_is_named(still: Page, serve: Callable[[Path], str], tmp_path: Path) -> None:
    page = """<!doctype html><title>x</title><style>{}</style><div class=bd-header-article
      style='position: sticky; top: 0; height: 60px'></div><article style='height: 4000px'><div style='height: 1500px'>
      </div><figure id=far>x</figure></article>"""
    (tmp_path / "under.html").write_text(page.format(""))
    (tmp_path / "below.html").write_text(page.format("html { scroll-padding-top: 60px }"))
    site = serve(tmp_path)
    assert strayed(still, f"{site}/under.html")[0] == "under.html#far leads under the header: 0 px, header 60 px"
    assert strayed(still, f"{site}/below.html") == []


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


@pytest.mark.parametrize("path", WITH_QUIZ)
def test_answers_stay_over_a_reload(browser: Browser, site: str, path: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/{path}")
    question = page.locator(".quiz form:has(input[type=radio])").first
    question.get_by_role("radio").nth(1).check()
    question.get_by_role("button", name="Check").click()
    told = question.get_by_role("status").text_content()
    assert told
    page.reload()
    expect(question.get_by_role("radio").nth(1)).to_be_checked()
    expect(question.get_by_role("status")).to_have_text(told)
    context.close()
