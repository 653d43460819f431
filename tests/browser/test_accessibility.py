"""Every page is free of what axe-core finds (WCAG 2.2 AA and best practices), light and dark, and whole by keyboard."""

from collections.abc import Callable, Iterator
from pathlib import Path

import axe
import keyboard
import pytest
from playwright.sync_api import Browser, Page
from watching import MADE_PAGES, PAGES, open_everything, scroll_through


def faults(page: Page) -> list[str]:
    return [f"{page.url.rpartition('/')[2]}, {fault}" for fault in axe.faults(page)]


@pytest.fixture
def still(browser: Browser) -> Iterator[Page]:
    """A page whose colours do not fade from one to another."""
    page = browser.new_page(reduced_motion="reduce")
    yield page
    page.close()


@pytest.mark.parametrize("path", PAGES + MADE_PAGES)
def test_page_is_accessible(still: Page, site: str, path: str) -> None:
    still.goto(f"{site}/{path}")
    open_everything(still)
    scroll_through(still)  # so that what is drawn when it comes into view is judged too
    still.wait_for_load_state("networkidle")
    assert faults(still) == []


@pytest.mark.parametrize("path", PAGES + MADE_PAGES)
def test_page_is_whole_by_keyboard(still: Page, site: str, path: str) -> None:
    still.goto(f"{site}/{path}")
    found = keyboard.open_by_keyboard(still) + keyboard.walk(still) + keyboard.skip(still)
    assert [f"{path}: {fault}" for fault in found] == []


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
BOTH = ("dark", "light")


@pytest.mark.parametrize(
    ("html", "schemes", "told"),
    [
        ("<img id=mute src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>", ("light",), "image-alt: #mute"),
        ("<p id=pale style='color: #999'>Pale words</p>", BOTH, "color-contrast: #pale"),
        ("<pre><span class=k id=dim style='color: #aaa'>def</span></pre>", BOTH, "color-contrast: #dim"),
        (f"{NIGHT}<p id=night>Words for the day</p>", ("dark",), "color-contrast: #night"),
        ("<h4 id=deep>A heading out of order</h4>", ("light",), "heading-order: #deep"),
    ],
)
def test_a_fault_is_named(
    still: Page, serve: Callable[[Path], str], tmp_path: Path, html: str, schemes: tuple[str, ...], told: str
) -> None:
    (tmp_path / "good.html").write_text(GOOD.format(""))
    (tmp_path / "broken.html").write_text(GOOD.format(html))
    still.goto(f"{serve(tmp_path)}/good.html")
    assert faults(still) == []
    still.goto(f"{serve(tmp_path)}/broken.html")
    assert [fault.partition(", <")[0] for fault in faults(still)] == [f"broken.html, {s}, {told}" for s in schemes]


TRAP = "<button id=trap onkeydown='event.preventDefault()'>Held</button><button>After</button>"


@pytest.mark.parametrize(
    ("html", "told"),
    [
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
