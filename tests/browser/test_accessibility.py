"""Every page is whole by keyboard, and free of what axe-core finds (WCAG 2.2 AA and best practices), light and dark."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import axe
import keyboard
import pytest
from playwright.sync_api import Browser, Page
from watching import MADE_PAGES, PAGES, open_everything, scroll_through


@pytest.fixture
def still(browser: Browser) -> Iterator[Page]:
    """A page whose colours do not fade from one to another."""
    page = browser.new_page(reduced_motion="reduce")
    yield page
    page.close()


@pytest.fixture(scope="module", params=PAGES + MADE_PAGES)
def opened(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Page]:
    """One visit to each page, for all its laws in their order: axe-core leaves only parts of it."""
    with browser.new_page(reduced_motion="reduce") as page:
        page.goto(f"{site}/{request.param}")
        yield page


def of_page(page: Page, found: list[str]) -> list[str]:
    return [f"{urlsplit(page.url).path}: {fault}" for fault in found]


def test_dropdowns_open_by_keyboard(opened: Page) -> None:
    assert of_page(opened, keyboard.open_by_keyboard(opened)) == []


def test_page_is_whole_by_keyboard(opened: Page) -> None:
    assert of_page(opened, keyboard.walk(opened)) == []


def test_the_skip_link_leads_into_the_content(opened: Page) -> None:
    assert of_page(opened, keyboard.skip(opened)) == []


def test_page_is_accessible(opened: Page) -> None:
    opened.evaluate("document.activeElement.blur()")
    open_everything(opened)
    scroll_through(opened)  # so that what is drawn when it comes into view is judged too
    opened.wait_for_load_state("networkidle")
    assert of_page(opened, axe.faults(opened)) == []


OUT_OF_REACH = """[...document.querySelectorAll('article pre')]
  .filter(box => box.scrollWidth > box.clientWidth && box.tabIndex !== 0).map(box => box.outerHTML.slice(0, 80))"""


def test_code_that_scrolls_is_reached_as_soon_as_its_box_is_open(still: Page, site: str) -> None:
    still.goto(f"{site}/book/origins/from-shapley-to-shap.html")
    still.wait_for_timeout(800)  # what the theme does on arrival is done
    open_everything(still)
    still.wait_for_timeout(100)
    assert still.evaluate(OUT_OF_REACH) == []


GOOD = "<!doctype html><html lang=en><title>A page</title><main><h1>Heading</h1><p>Words.</p>{}</main>"


NIGHT = "<style>@media (prefers-color-scheme: dark) { #night { background: #000; color: #555 } }</style>"
OWL = "<style>@media (prefers-color-scheme: light) { #owl { display: none } }</style>"
BOTH = ("light", "dark")


@pytest.mark.parametrize(
    ("html", "schemes", "told"),
    [
        ("<img id=mute src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>", BOTH, "image-alt: #mute"),
        (f"{OWL}<img id=owl src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>", ("dark",), "image-alt: #owl"),
        ("<p id=pale style='color: #999'>Pale words</p>", BOTH, "color-contrast: #pale"),
        ("<pre><span class=k id=dim style='color: #aaa'>def</span></pre>", BOTH, "color-contrast: #dim"),
        (f"{NIGHT}<p id=night>Words for the day</p>", ("dark",), "color-contrast: #night"),
        ("<h4 id=deep>A heading out of order</h4>", BOTH, "heading-order: #deep"),
    ],
)
def test_a_fault_is_named(
    still: Page, serve: Callable[[Path], str], tmp_path: Path, html: str, schemes: tuple[str, ...], told: str
) -> None:
    (tmp_path / "good.html").write_text(GOOD.format(""))
    (tmp_path / "broken.html").write_text(GOOD.format(html))
    still.goto(f"{serve(tmp_path)}/good.html")
    assert axe.faults(still) == []
    still.goto(f"{serve(tmp_path)}/broken.html")
    found = [fault.partition(", <")[0] for fault in of_page(still, axe.faults(still))]
    assert sorted(found) == [f"/broken.html: {scheme}, {told}" for scheme in sorted(schemes)]


SHUT = (
    "<details><summary id=shut onkeydown='if (event.key === `Enter`) event.preventDefault()'>Shut</summary></details>"
)
TRAP = "<button id=trap onkeydown='event.preventDefault()'>Held</button><button>After</button>"


@pytest.mark.parametrize(
    ("html", "told"),
    [
        (SHUT, "is not opened by Enter: <summary id="),
        (TRAP, "keyboard trap, Tab does not get beyond: <button id="),
        ("<button id=blind style='outline: none'>Blind</button>", "does not show that it has the focus: <button id="),
        ("<button id=ghost style='opacity: 0'>Ghost</button>", "has the focus and cannot be seen: <button id="),
        ("<div id=mouse role=button onclick='x()'>Mouse</div>", "is not reached by Tab: <div id="),
        ("<p style='position: fixed; inset: 0; background: #fff'>Over</p>", "has the focus under something else: <a"),
        ("<button tabindex=1>First</button>", "is not reached by Tab: <button tabindex="),
    ],
)
def test_what_stops_a_keyboard_is_named(
    still: Page, serve: Callable[[Path], str], tmp_path: Path, html: str, told: str
) -> None:
    head = "<a href='#end'>To the end</a> <details><summary>More</summary><p>Words.</p></details>"
    (tmp_path / "good.html").write_text(GOOD.format(head + "<button id=end>End</button>"))
    (tmp_path / "broken.html").write_text(GOOD.format(head + html))
    still.goto(f"{serve(tmp_path)}/good.html")
    assert keyboard.open_by_keyboard(still) + keyboard.walk(still) == []
    still.goto(f"{serve(tmp_path)}/broken.html")
    found = keyboard.open_by_keyboard(still) + keyboard.walk(still)
    assert found
    assert found[0].startswith(told)


def test_a_skip_link_that_leads_nowhere_is_named(still: Page, serve: Callable[[Path], str], tmp_path: Path) -> None:
    page = "<a href='#{}'>Skip</a><a href='other.html'>Menu</a><main id=content><a href='#y'>In the text</a></main>"
    (tmp_path / "good.html").write_text(page.format("content"))
    (tmp_path / "broken.html").write_text(page.format("gone"))
    (tmp_path / "without.html").write_text(page.partition("</a>")[2])
    for name, told in (
        ("good", None),
        ("broken", "the skip link does not lead into"),
        ("without", "the first stop is"),
    ):
        still.goto(f"{serve(tmp_path)}/{name}.html")
        found = keyboard.skip(still)
        assert [fault[: len(told or "")] for fault in found] == ([told] if told else [])
