"""Every page works from a folder, with the network cut, and asks no other host for anything.

Links lead to their targets there, and answers stay; what a server adds is looked at by the other tests.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import SITE
from playwright.sync_api import Browser, Page, expect
from watching import MADE_PAGES, PAGES, ROOT, Watched, scroll_through

QUIZZES = {path.stem for path in ROOT.glob("book/quizzes/*.yml")}
STILL = {"reduced_motion": "reduce", "viewport": {"width": 1280, "height": 800}}


@pytest.fixture(scope="module", params=PAGES + MADE_PAGES)
def opened(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Watched]:
    """Each page, opened from the folder, for all its laws."""
    with browser.new_page(offline=True, **STILL) as page:
        watched = Watched(page, SITE.as_uri())
        page.goto(f"{SITE.as_uri()}/{request.param}")
        yield watched


def test_page_opens_from_a_folder(opened: Watched) -> None:
    scroll_through(opened.page)
    opened.page.wait_for_load_state("networkidle")
    assert opened.faults == []
    assert all(plot.locator("svg").count() for plot in opened.page.locator(".force-plot").all())


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


def strayed(page: Page) -> list[str]:
    """Follow every link to a part of a page, the last from outside, and return those that lead elsewhere."""
    address = page.url
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


def test_deep_links_lead_to_their_targets(opened: Watched) -> None:
    assert strayed(opened.page) == []


def test_a_link_that_leads_under_the_header_is_named(
    browser: Browser, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    page = """<!doctype html><title>x</title><style>{}</style><div class=bd-header-article
      style='position: sticky; top: 0; height: 60px'></div><article style='height: 4000px'><div style='height: 1500px'>
      </div><figure id=far>x</figure></article>"""
    (tmp_path / "under.html").write_text(page.format(""))
    (tmp_path / "below.html").write_text(page.format("html { scroll-padding-top: 60px }"))
    site, still = serve(tmp_path), browser.new_page(**STILL)
    still.goto(f"{site}/under.html")
    assert strayed(still)[0] == "under.html#far leads under the header: 0 px, header 60 px"
    still.goto(f"{site}/below.html")
    assert strayed(still) == []
    still.close()


def test_answers_stay_over_a_reload(opened: Watched) -> None:
    page = opened.page
    question = page.locator(".quiz form:has(input[type=radio])").first
    assert question.count() == (Path(urlsplit(page.url).path).stem in QUIZZES)
    if question.count():
        question.get_by_role("radio").nth(1).check()
        question.get_by_role("button", name="Check").click()
        told = question.get_by_role("status").text_content()
        assert told
        page.reload()
        expect(question.get_by_role("radio").nth(1)).to_be_checked()
        expect(question.get_by_role("status")).to_have_text(told)
    assert opened.faults == []
