"""Every page opens in a real browser without an error or a foreign request, and its moving parts move."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from watching import Watched

STRAYED = """[...document.querySelectorAll('.unbroken > math')].filter(formula => {
  const next = formula.nextSibling;
  if (!next || !formula.getClientRects().length) return false;
  const range = document.createRange();
  range.setStart(next, 0);
  range.setEnd(next, 1);
  return range.getBoundingClientRect().top > formula.getBoundingClientRect().bottom - 1;
}).map(formula => formula.parentElement.textContent)"""

# room between the end of what stands under a root and the end of the root, in em
ROOM = """[...document.querySelectorAll('math msqrt')].filter(root => root.getClientRects().length).map(root => {
  const style = getComputedStyle(root);
  const end = root.getBoundingClientRect().right + parseFloat(style.marginRight);
  return (end - root.lastElementChild.getBoundingClientRect().right) / parseFloat(style.fontSize);
})"""


def test_no_line_begins_with_the_punctuation_after_a_formula(watched: Watched, site: str) -> None:
    page = watched.page
    page.goto(f"{site}/book/origins/shapley-values.html")
    assert page.locator(".unbroken > math").count() > 30
    for width in (360, 390, 640, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(STRAYED) == []


def test_roots_end_where_their_bar_ends(watched: Watched, site: str) -> None:
    watched.page.goto(f"{site}/book/origins/shapley-values.html")
    room = watched.page.evaluate(ROOM)
    assert len(room) >= 5
    assert -0.02 < min(room) <= max(room) < 0.2


SIZES = """() => [...document.querySelectorAll('math')].map(formula => formula.getBoundingClientRect())
  .map(box => [box.width, box.height])"""
WHOLE_FONT = """async address => {
  const whole = await new FontFace('Whole', `url("${address}")`).load();
  document.fonts.add(whole);
  document.querySelectorAll('math').forEach(formula => { formula.style.fontFamily = 'Whole, math' });
}"""


@pytest.mark.parametrize("path", ["book/reference/notation.html", "book/origins/from-shapley-to-shap.html"])
def test_formulas_look_as_with_the_whole_font(watched: Watched, site: str, path: str) -> None:
    """At ten times the size, for the height of a letter is rounded to pixels by what else its font holds."""
    page = watched.page
    page.goto(f"{site}/{path}")
    page.add_style_tag(content="math { font-size: 10em }")
    page.evaluate("document.fonts.ready")
    shown = page.evaluate(SIZES)
    page.evaluate(WHOLE_FONT, f"{site}/_static/fonts/stix-two-math.woff")
    assert len(shown) > 100
    for (width, height), (whole_width, whole_height) in zip(shown, page.evaluate(SIZES), strict=True):
        assert width == pytest.approx(whole_width, abs=5)
        assert height == pytest.approx(whole_height, abs=1)


def test_the_two_first_pages_show_their_figures(watched: Watched, site: str) -> None:
    page = watched.page
    page.goto(f"{site}/book/redshifts/data-and-model.html")
    assert page.locator("article figure img").count() >= 3
    page.goto(f"{site}/book/redshifts/shap-explanations.html")
    waterfall = page.locator("figure#fig-waterfall-near img")
    assert waterfall.evaluate("image => image.complete && image.naturalWidth") > 300
    assert watched.faults == []


def test_force_plots_are_drawn_when_they_come_into_view(watched: Watched, site: str) -> None:
    page = watched.page
    page.goto(f"{site}/book/redshifts/shap-explanations.html")
    plots = page.locator(".force-plot")
    assert plots.count() >= 1
    assert page.evaluate("window.SHAP === undefined"), "the library waits until a plot is near"
    for plot in plots.all():
        plot.scroll_into_view_if_needed()
        expect(plot.locator("svg").first).to_be_visible()
        assert len(plot.get_attribute("aria-label")) > 30
        for select in plot.locator("select").all():
            assert select.get_attribute("aria-label")
    assert watched.faults == []


def test_the_spectrum_moves_with_the_slider(watched: Watched, site: str) -> None:
    page = watched.page
    page.goto(f"{site}/book/redshifts/shap-explanations.html")
    explorer = page.locator("[data-explorer=spectrum]")
    slider = explorer.get_by_role("slider")
    slider.scroll_into_view_if_needed()
    before, drawn = explorer.get_by_role("status").inner_text(), explorer.locator("svg").first.inner_html()
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(explorer.get_by_role("status")).not_to_have_text(before)
    assert explorer.locator("svg").first.inner_html() != drawn
    assert watched.faults == []


def test_a_fault_is_seen(browser: Browser, serve: object, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text(
        "<title>x</title><script>undefinedFunction()</script><script src='gone.js'></script>"
        "<script>console.warn('careful')</script>"
    )
    address = serve(tmp_path)
    watched = Watched(browser.new_page(), address)
    watched.page.goto(f"{address}/bad.html")
    told = " | ".join(watched.faults)
    assert "undefinedFunction is not defined" in told
    assert "404" in told
    assert "console warning: careful" in told


def test_a_foreign_script_is_refused(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "tracked.html").write_text("<title>x</title><script src='https://example.org/count.js'></script>")
    with browser.new_context(offline=True) as offline:
        watched = Watched(offline.new_page(), tmp_path.as_uri())
        watched.page.goto(f"{tmp_path.as_uri()}/tracked.html")
    assert f"foreign: https://example.org/count.js, asked for by {tmp_path.as_uri()}/tracked.html" in watched.faults
