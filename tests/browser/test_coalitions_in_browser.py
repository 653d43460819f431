"""The figures "grow a coalition" and "grow a sample": by keyboard alone, told in words, on a phone, in the dark."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from shapbook.coalition_explorer import coalition_explorer, convergence_explorer
from shapbook.shapley import airport_game, glove_game, table_game, voting_game

STATIC = Path(__file__).parents[2] / "book" / "_static"
VOTE = voting_game([4, 4, 4, 2, 2, 1], 12, ["F", "G", "I", "B", "N", "L"])
FALLING = table_game([0.9, 1.2, 0.4, 0.1, 0.7, -0.3, 1.5, 0.25], ["gr", "ri", "iz"])
DARK = ":root { --pst-color-text-base: #ced6dd; --pst-color-text-muted: #9ca4af; --pst-color-background: #14181e;" \
    " --pst-color-surface: #29313d } body { background: #14181e }"  # fmt: skip


def write_page(folder: Path, style: str = "") -> Path:
    aircraft = ["small", "WWWWWW", "large", "giant"]  # the second as wide as six letters can be
    games = {"Gloves": glove_game(1, 2), "Colours": FALLING, "Runway": airport_game([1, 2, 3, 8], aircraft)}
    coalition = coalition_explorer(games, {title: f"Note on {title}." for title in games})
    sample = convergence_explorer(VOTE, {"F": ["F"], "B": ["B"], "L": ["L"]}, [16, 64, 256], n_runs=3, rng=0)
    for name in ("spectrum-explorer.css", "coalition-explorer.css", "coalition-explorer.js"):
        (folder / name).write_text((STATIC / name).read_text(encoding="utf-8"), encoding="utf-8")
    page = folder / "index.html"
    page.write_text(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        "<title>Explorers</title><link rel=icon href='data:,'><link rel=stylesheet href=spectrum-explorer.css>"
        "<link rel=stylesheet href=coalition-explorer.css><script src=coalition-explorer.js defer></script>"
        f"<style>{style}</style>{coalition._repr_html_()}{sample._repr_html_()}",
        encoding="utf-8",
    )
    (folder / "plain.html").write_text(
        "<!doctype html><title>Plain</title><link rel=icon href='data:,'><body><p>Text.</p>"
        "<div class=shapbook-explorer data-explorer=spectrum><p>Another figure.</p></div>"
        "<script src=coalition-explorer.js></script>"
    )
    return page


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("explorers"))


@pytest.fixture
def page(browser: Browser, serve: Callable[[Path], str], written: Path) -> Iterator[Page]:
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(f"{serve(written.parent)}/index.html")
    yield page
    page.close()
    assert faults == []


def coalition(page: Page) -> Locator:
    return page.locator("[data-explorer=coalition]")


def games_of(page: Page) -> list[dict]:
    return json.loads(coalition(page).locator("script").text_content())["games"]


def numbers(text: str) -> list[float]:
    return [float(part) for part in re.findall(r"-?\d+\.\d{3}", text.replace("−", "-"))]


def shown_means(page: Page) -> list[float]:
    """The numbers beside the bars."""
    texts = coalition(page).locator(".shapbook-explorer-mean svg text").all_text_contents()
    return [numbers(text)[0] for text in texts if re.fullmatch(r"−?\d\.\d{3}", text)]


def press(page: Page, name: str) -> None:
    """Reach a button with the Tab key, and press it."""
    for _ in range(60):
        if page.evaluate("document.activeElement.textContent") == name:
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    page.evaluate("document.activeElement.blur()")
    pytest.fail(f"no button {name!r} in reach of the Tab key")


def choose(page: Page, title: str) -> None:
    coalition(page).get_by_label("Game").select_option(title)


def test_a_coalition_grows_by_keyboard_and_says_so(page: Page) -> None:
    status = coalition(page).get_by_role("status")
    expect(status).to_contain_text("Nobody has joined: the value is 0.000.")
    press(page, "right 1")
    expect(status).to_contain_text("right 1 joins nobody and adds 0.000: the coalition is worth 0.000.")
    press(page, "right 2")
    expect(status).to_contain_text("right 2 joins right 1 and adds 0.000")
    press(page, "Undo")
    expect(status).to_contain_text("Undone.")
    page.evaluate("document.querySelector('select').focus()")
    press(page, "left 1")
    expect(status).to_contain_text("left 1 joins right 1 and adds +1.000: the coalition is worth 1.000.")
    expect(status).to_contain_text("No ordering is complete yet.")
    press(page, "Complete this ordering")
    expect(status).to_contain_text("Ordering right 1 0.000, left 1 +1.000, right 2 0.000. Sum: 1.000")
    expect(status).to_contain_text("Average over 1 of 6 orderings: left 1 1.000, right 1 0.000, right 2 0.000.")


def test_a_company_is_told_as_people_say_it(page: Page) -> None:
    choose(page, "Runway")
    for name in ("small", "large", "giant"):
        press(page, name)
    expect(coalition(page).get_by_role("status")).to_contain_text("giant joins small and large and adds +5.000")
    press(page, "WWWWWW")
    expect(coalition(page).get_by_role("status")).to_contain_text("WWWWWW joins small, large and giant and adds 0.000")


def test_a_player_joins_once_and_keeps_the_focus(page: Page) -> None:
    press(page, "left 1")
    button = coalition(page).get_by_role("button", name="left 1")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(coalition(page).get_by_role("status")).to_contain_text("left 1 joins nobody")
    assert coalition(page).locator(".shapbook-explorer-path text", has_text="…").count() == 2


@pytest.mark.parametrize(("title", "count"), [("Gloves", 6), ("Colours", 6), ("Runway", 24)])
def test_running_average_reaches_the_exact_values_one_ordering_at_a_time(page: Page, title: str, count: int) -> None:
    choose(page, title)
    game = next(game for game in games_of(page) if game["title"] == title)
    status = coalition(page).get_by_role("status")
    complete = coalition(page).get_by_role("button", name="Complete this ordering")
    total = game["values"][-1] - game["values"][0]
    complete.focus()
    for k in range(1, count + 1):
        expect(status).not_to_contain_text(f"Average over {k} of" if k < count else "Average over all")
        page.keyboard.press("Enter")
        words = status.inner_text()
        assert f"Average over {f'{k} of {count}' if k < count else f'all {count}'} orderings" in words
        assert sum(shown_means(page)) == pytest.approx(total, abs=0.0021), "the averages share out v(N) − v(∅)"
        ordering, _, rest = words.partition("Sum: ")
        assert sum(numbers(ordering)) == pytest.approx(total, abs=0.0021)
        assert numbers(rest)[0] == pytest.approx(total, abs=0.0006)
    assert shown_means(page) == pytest.approx(game["exact"], abs=0.00051)
    assert "the Shapley values: " in status.inner_text()
    page.keyboard.press("Enter")
    expect(status).to_contain_text("counted before, and counts once")
    assert shown_means(page) == pytest.approx(game["exact"], abs=0.00051)


def test_all_orderings_at_once_undone_and_started_over(page: Page) -> None:
    choose(page, "Colours")
    status = coalition(page).get_by_role("status")
    press(page, "All orderings")
    expect(status).to_contain_text("Average over all 6 orderings, the Shapley values")
    assert shown_means(page) == pytest.approx(games_of(page)[1]["exact"], abs=0.00051)
    expect(coalition(page).get_by_role("button", name="All orderings")).to_have_attribute("aria-disabled", "true")
    coalition(page).get_by_role("button", name="Undo").click()
    expect(status).to_contain_text("No ordering is complete yet.")
    assert shown_means(page) == []
    press(page, "All orderings")
    coalition(page).get_by_role("button", name="Start over").click()
    expect(status).to_contain_text("Started over. Nobody has joined: the value is 0.900.")


def test_contributions_by_hand_are_those_of_the_game(page: Page) -> None:
    choose(page, "Colours")
    game = games_of(page)[1]
    status = coalition(page).get_by_role("status")
    for ordering in permutations(range(3)):
        code = 0
        for player in ordering:
            coalition(page).get_by_role("button", name=game["players"][player], exact=True).click()
            added = game["values"][code | 1 << player] - game["values"][code]
            code |= 1 << player
            assert numbers(status.inner_text())[:2] == pytest.approx([added, game["values"][code]], abs=0.00051)
    expect(status).to_contain_text("Average over all 6 orderings")


def test_bars_end_where_the_exact_values_are_marked(page: Page) -> None:
    choose(page, "Runway")
    press(page, "All orderings")
    mean = coalition(page).locator(".shapbook-explorer-mean")
    ends = mean.locator("rect").evaluate_all("bars => bars.map(b => +b.getAttribute('x') + +b.getAttribute('width'))")
    marks = mean.locator("line.exact").evaluate_all("lines => lines.map(l => +l.getAttribute('x1'))")
    assert ends == pytest.approx(marks[:4], abs=0.01)
    assert len(ends) == 4


def test_a_tap_is_as_good_as_a_key(browser: Browser, serve: Callable[[Path], str], written: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"{serve(written.parent)}/index.html")
    coalition(page).get_by_role("button", name="right 2").tap()
    expect(coalition(page).get_by_role("status")).to_contain_text("right 2 joins nobody")
    heights = page.locator("button").evaluate_all("all => all.map(b => b.getBoundingClientRect().height)")
    assert min(heights) >= 32
    context.close()


@pytest.mark.parametrize("title", ["Gloves", "Colours", "Runway"])
def test_it_fits_a_phone(page: Page, title: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    choose(page, title)
    press(page, "All orderings")
    page.wait_for_timeout(100)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("option").first.evaluate("option => (option.textContent = 'a long title '.repeat(5))")
    inside = """select => select.getBoundingClientRect().right
      <= select.closest('.shapbook-explorer').getBoundingClientRect().right - 8"""
    assert page.locator("select").evaluate(inside)
    outside = """[...document.querySelectorAll('svg')].flatMap(svg => {
      const box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll('text')].filter(t => {
        const b = t.getBoundingClientRect();
        return b.left < box.left - 1 || b.right > box.right + 1;
      }).map(t => t.textContent);
    })"""
    assert page.evaluate(outside) == []


LUMINANCE = """element => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  };
  const style = getComputedStyle(element);
  const ink = light(element.tagName === 'text' ? style.fill : style.color);
  let behind = element;
  const clear = () => getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)';
  while (clear() && behind.parentElement) behind = behind.parentElement;
  const seen = getComputedStyle(behind).backgroundColor;
  const paper = seen === 'rgba(0, 0, 0, 0)' ? 1 : light(seen);
  return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
}"""


@pytest.mark.parametrize("style", ["", DARK], ids=["light", "dark"])
def test_words_are_legible(browser: Browser, tmp_path: Path, style: str) -> None:
    page = browser.new_page()
    page.goto(write_page(tmp_path, style).as_uri())
    press(page, "left 1")
    for words in page.locator("svg text, button, label, [role=status], select, .shown").all():
        assert words.evaluate(LUMINANCE) >= 4.5, words.evaluate("element => element.outerHTML")
    page.close()


def test_it_works_from_a_file(browser: Browser, written: Path) -> None:
    page = browser.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(written.as_uri())
    press(page, "All orderings")
    expect(coalition(page).get_by_role("status")).to_contain_text("left 1 0.667, right 1 0.167, right 2 0.167")
    assert all(url.startswith(("file:", "data:")) for url in requests)
    page.close()


def test_without_a_script_the_tables_are_open(browser: Browser, written: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(written.as_uri())
    expect(page.get_by_text("mean: Shapley values")).to_have_count(3)
    for cell in page.get_by_text("mean: Shapley values").all():
        expect(cell).to_be_visible()
    assert page.locator("button").count() == 0
    context.close()


def test_estimates_are_not_torn_from_their_errors_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("details").evaluate_all("all => all.forEach(d => (d.open = true))")
    lines = """cells => cells.map(cell => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return range.getClientRects().length;
    })"""
    cells = page.locator("[data-explorer=convergence] td")
    assert cells.first.inner_text().count("±") == 1
    assert set(cells.evaluate_all(lines)) <= {1}


def test_it_does_nothing_on_other_pages(browser: Browser, written: Path) -> None:
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((written.parent / "plain.html").as_uri())
    assert page.locator("body *:not(script)").count() == 3
    assert faults == []
    page.close()


def test_the_script_stays_small_and_at_home() -> None:
    script = (STATIC / "coalition-explorer.js").read_text(encoding="utf-8")
    style = (STATIC / "coalition-explorer.css").read_text(encoding="utf-8")
    assert len((script + style).encode()) < 40_000
    assert re.findall(r"(?:https?:)?//[\w.]+\.\w+\S*", script.replace("http://www.w3.org/2000/svg", "")) == []
    assert not re.search(r"\b(?:fetch|XMLHttpRequest|import|eval)\b", script)


def test_the_sample_grows_with_the_slider(page: Page) -> None:
    figure = page.locator("[data-explorer=convergence]")
    data = json.loads(figure.locator("script").text_content())
    slider, status = figure.get_by_role("slider"), figure.get_by_role("status")
    expect(slider).to_have_attribute("aria-valuetext", "16 orderings")
    widths = []
    for at, size in enumerate(data["sizes"]):
        if at:
            slider.focus()
            page.keyboard.press("ArrowRight")
        expect(figure.locator(".shown")).to_have_text(f"m = {size}")
        expect(status).to_contain_text(f"Run 1 of 3, {size} orderings: F is estimated as")
        mean, half = numbers(status.inner_text())
        assert mean == pytest.approx(data["runs"][0]["mean"][at][0], abs=0.00051)
        assert half == pytest.approx(1.96 * data["runs"][0]["error"][at][0], abs=0.00051)
        bar = figure.locator("svg line[stroke-width='3']").first
        widths.append(bar.evaluate("line => line.getAttribute('x2') - line.getAttribute('x1')"))
    assert widths[0] > 1.5 * widths[1] > 2.25 * widths[2]


def test_the_count_of_intervals_is_right_and_runs_differ(page: Page) -> None:
    figure = page.locator("[data-explorer=convergence]")
    data = json.loads(figure.locator("script").text_content())
    hits = [
        sum(abs(m - e) <= 1.96 * s for m, s, e in zip(run["mean"][0], run["error"][0], data["exact"], strict=True))
        for run in data["runs"]
    ]
    status = figure.get_by_role("status")
    for run in (0, 1, 2, 0):
        told = f"{hits[run]} of 3 intervals hold the exact value; in all runs together, {sum(hits)} of 9."
        expect(status).to_contain_text(f"Run {run + 1} of 3")
        expect(status).to_contain_text(told)
        figure.get_by_role("button", name="Another run").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_the_book_has_both(browser: Browser, site: str, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(f"{site}/book/origins/shapley-values.html")
    for words in page.locator(".shapbook-explorer :is(svg text, button, label, [role=status], summary)").all():
        assert words.evaluate(LUMINANCE) >= 4.5, words.evaluate("element => element.outerHTML")
    choose(page, "Three colours predict a redshift")
    coalition(page).get_by_role("button", name="All orderings").click()
    expect(coalition(page).get_by_role("status")).to_contain_text("the Shapley values: gr ")
    assert shown_means(page) == pytest.approx(games_of(page)[1]["exact"], abs=0.00051)
    slider = page.locator("[data-explorer=convergence]").get_by_role("slider")
    slider.focus()
    page.keyboard.press("End")
    expect(page.locator("[data-explorer=convergence]").get_by_role("status")).to_contain_text("4096 orderings")
    page.close()
