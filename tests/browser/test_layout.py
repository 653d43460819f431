"""Every page fits every screen, and its figures stay legible there; nothing moves on a phone."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from conftest import SITE
from first_visit import Visit, visit
from playwright.sync_api import Browser, Page, expect
from watching import MADE_PAGES, PAGES, PHONE, Watched

LEAST = 9.0  # px: letters smaller than this cannot be read on a phone; exponents and indices may be
WIDTHS = (320, 390, 640, 1280)  # the narrowest phone, a usual one, a laptop zoomed to 200 %, a laptop
STICKING_OUT = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room + 1) return [];
  const held = element => {
    for (let box = element.parentElement; box && box !== document.body; box = box.parentElement)
      if (getComputedStyle(box).overflowX !== 'visible') return true;
    return false;
  };
  const out = element => element.getBoundingClientRect().right > room + 1 && !held(element)
    && getComputedStyle(element).position !== 'fixed' && getComputedStyle(element).visibility === 'visible';
  return [...document.body.querySelectorAll('*')]
    .filter(element => out(element) && !out(element.parentElement))
    .map(element => element.outerHTML.slice(0, 120));
}"""
FIGURES = """[...document.querySelectorAll('article figure img')].map(image => {
  const frame = image.parentElement;
  return [image.src, image.getBoundingClientRect().width, frame.scrollWidth <= frame.clientWidth
    || (getComputedStyle(frame).overflowX === 'auto' && frame.tabIndex === 0)];
})"""
CUT_OFF = """[...document.querySelectorAll('.figure-frame')]
  .filter(frame => frame.scrollWidth > frame.clientWidth).map(frame => frame.innerHTML)"""
LETTERS = re.compile(r'scale\((?P<outlined>0\.\d+) -|font-size="(?P<plain>[\d.]+)')
WIDTH = re.compile(r'<svg[^>]*?\bviewBox="[-\d.]+ [-\d.]+ (?P<width>[\d.]+) ')


def sticking_out(page: Page) -> list[str]:
    name = page.url.rpartition("/")[2]
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{name} at {width} px: {element}" for element in page.evaluate(STICKING_OUT)]
    return found


def letters(svg: str) -> float:
    """Return the size of the smallest letters of a figure, as a part of its width."""
    sizes = [100 * float(m["outlined"]) if m["outlined"] else float(m["plain"]) for m in LETTERS.finditer(svg)]
    width = WIDTH.search(svg)
    return min(sizes) / float(width["width"]) if sizes and width else 1.0


@pytest.fixture(scope="module", params=PAGES + MADE_PAGES)
def on_phone(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Visit]:
    """One visit to each page, for all its laws."""
    with visit(browser, site, request.param, SITE, width=PHONE["width"]) as visited:
        yield visited


def test_nothing_moves_on_a_phone(on_phone: Visit) -> None:
    assert on_phone.unsteady == []


def test_figures_are_legible_on_a_phone(on_phone: Visit) -> None:
    page, path = on_phone.page, on_phone.path
    page.set_viewport_size(PHONE)
    for address, width, within_reach in page.evaluate(FIGURES):
        file = SITE / unquote(urlsplit(address).path).lstrip("/")
        size = width * letters(file.read_text(encoding="utf-8"))
        assert size >= LEAST, f"{path}: letters of {size:.1f} px in {file.name}, {width:.0f} px wide"
        assert within_reach, f"{path}: the right part of {file.name} cannot be scrolled to"


def test_page_fits_every_width(on_phone: Visit) -> None:
    assert sticking_out(on_phone.page) == []


def test_figures_are_seen_whole_on_a_wide_screen(on_phone: Visit) -> None:
    on_phone.page.set_viewport_size({"width": 1280, "height": 800})
    assert [f"{on_phone.path}: {figure}" for figure in on_phone.page.evaluate(CUT_OFF)] == []


def test_an_element_that_sticks_out_is_named(browser: Browser, serve: Callable[[Path], str], tmp_path: Path) -> None:
    (tmp_path / "wide.html").write_text(
        "<meta name=viewport content='width=device-width'><div style='overflow: auto'><p style='width: 500px'>x</div>"
        "<table id=wide style='width: 350px'><tr><td>x</table>"
    )
    page = browser.new_page()
    page.goto(f"{serve(tmp_path)}/wide.html")
    found = sticking_out(page)
    page.close()
    assert [fault.partition(" style")[0] for fault in found] == ['wide.html at 320 px: <table id="wide"']


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_choice_of_colours_is_kept(watched: Watched, site: str, mode: str) -> None:
    page = watched.page
    page.goto(f"{site}/{PAGES[0]}")
    button = page.locator(".theme-switch-button:visible").first
    for _ in range(3):
        if page.locator("html").get_attribute("data-mode") == mode:
            break
        button.click()
    page.goto(f"{site}/{PAGES[1]}")
    expect(page.locator("html")).to_have_attribute("data-theme", mode)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", mode)
    assert watched.faults == []


def test_a_page_has_its_colours_without_scripts(browser: Browser, site: str) -> None:
    """The background and the letters are those of the light page: neither is left to the browser."""
    shown = []
    for scripts in (True, False):
        page = browser.new_page(java_script_enabled=scripts, color_scheme="light")
        page.goto(f"{site}/{PAGES[1]}")
        shown.append(page.evaluate("(b => [b.color, b.backgroundColor])(getComputedStyle(document.body))"))
        page.close()
    assert shown[0] == shown[1] != ["rgb(0, 0, 0)", "rgba(0, 0, 0, 0)"]


def test_a_dark_page_is_printed_light(watched: Watched, site: str) -> None:
    page = watched.page
    page.emulate_media(color_scheme="dark")
    page.goto(f"{site}/{PAGES[1]}")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_band_on_top_of_a_page_is_not_printed_on_its_sheets(watched: Watched, site: str) -> None:
    page, widths = watched.page, {}
    page.goto(f"{site}/{PAGES[1]}")
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        widths[media] = page.evaluate("getComputedStyle(document.body).borderTopWidth")
    assert widths == {"screen": "4px", "print": "0px"}


def test_nothing_moves_for_readers_who_ask_for_that(browser: Browser, site: str) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.goto(f"{site}/{PAGES[1]}")
    longest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('*')].map(e => parseFloat(getComputedStyle(e).transitionDuration)))"
    )
    page.close()
    assert longest < 0.01
