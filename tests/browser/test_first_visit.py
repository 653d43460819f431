"""Every page opens without a fault, light, and with a layout that stays where it is."""

from collections.abc import Callable, Iterator
from pathlib import Path

import first_visit
import pytest
from conftest import SITE
from first_visit import Visit, plot_data, too_heavy, visit
from playwright.sync_api import Browser
from watching import MADE_PAGES, PAGES


@pytest.fixture(scope="module", params=PAGES + MADE_PAGES)
def visited(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Visit]:
    """One visit to each page, for all its laws."""
    with visit(browser, site, request.param, SITE) as visited:
        yield visited


def test_page_opens_without_a_fault(visited: Visit) -> None:
    assert visited.faults == []


@pytest.fixture(scope="module")
def welcome(browser: Browser, site: str) -> Visit:
    with visit(browser, site, PAGES[0], SITE) as visited:
        return visited


def test_page_is_light(visited: Visit, welcome: Visit) -> None:
    data = plot_data(SITE / visited.path)
    assert too_heavy(visited.path, visited.files, known=welcome.files, data=data) == []


def test_nothing_moves_on_a_laptop(visited: Visit) -> None:
    assert visited.unsteady == []


LATE = """<!doctype html><title>x</title>
<div id=first style='height: 10px'></div><p id=pushed style='height: 300px'>Words</p>
<script>
  const grow = () => { first.style.height = '300px' };
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(grow, 50))); // after the first picture
</script>"""


def test_a_moving_element_is_named(browser: Browser, serve: Callable[[Path], str], tmp_path: Path) -> None:
    (tmp_path / "moving.html").write_text(LATE)
    (tmp_path / "still.html").write_text(LATE.replace("'300px'", "'10px'"))
    site = serve(tmp_path)
    with visit(browser, site, "moving.html", tmp_path) as moving, visit(browser, site, "still.html", tmp_path) as still:
        assert still.unsteady == []
        (fault,) = moving.unsteady
    assert fault.startswith("moving.html: its layout moves by 0.")
    assert fault.endswith('by <p id="pushed" style="height: 300px">Words</p>')


def test_a_heavy_page_is_named(browser: Browser, serve: Callable[[Path], str], tmp_path: Path) -> None:
    noise = bytes((i * i * 7919 >> 7) % 251 for i in range(400_000))
    (tmp_path / "heavy.html").write_text("<title>x</title><img src=large.png>")
    (tmp_path / "large.png").write_bytes(noise + noise[::-1] + noise[::3] + noise[::7])
    with visit(browser, serve(tmp_path), "heavy.html", tmp_path) as heavy:
        assert set(heavy.files) == {"heavy.html", "large.png"}
    limit, later = first_visit.WITHOUT_FIGURES / 1000, first_visit.LATER / 1000
    assert too_heavy("heavy.html", {"heavy.html": 100, "large.png": 400_000}, known={"heavy.html"}) == [
        f"heavy.html without figures: 400 KB, more than {limit:.0f} KB; the heaviest file is large.png, 400 KB",
        f"heavy.html without figures and what the welcome brought: 400 KB, more than {later:.0f} KB; "
        "the heaviest file is large.png, 400 KB",
    ]
