"""The site that is taken away works from its folder with the network cut, and the welcome page hands out both files.

Its other pages are the same bytes as the site's (`tests/book/test_site_archive.py`), which `test_offline.py` opens.
"""

import zipfile
from pathlib import Path

import pytest
from conftest import SITE
from playwright.sync_api import Browser, Page, expect
from watching import MADE_PAGES, PAGES, Watched, scroll_through

DOWNLOADS = sorted((SITE / "downloads").glob("*"))


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    (archive,) = [path for path in DOWNLOADS if path.suffix == ".zip"]
    with zipfile.ZipFile(archive) as content:
        content.extractall(folder)
    return folder / archive.stem


@pytest.fixture
def offline_page(browser: Browser) -> Page:
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", ["index.html", *PAGES[:3], *MADE_PAGES])
def test_an_unpacked_page_opens_without_a_network(offline_page: Page, unpacked: Path, path: str) -> None:
    watched = Watched(offline_page, unpacked.as_uri())
    offline_page.goto(f"{unpacked.as_uri()}/{path}")
    expect(offline_page.locator("main h1:visible").first).to_be_visible()
    scroll_through(offline_page)
    offline_page.wait_for_load_state("networkidle")
    assert watched.faults == []


def test_the_welcome_page_hands_out_the_files(watched: Watched, site: str) -> None:
    page = watched.page
    page.goto(f"{site}/{PAGES[0]}")
    links = page.locator(".downloads a")
    assert {link.get_attribute("href").rpartition("/")[2] for link in links.all()} == {file.name for file in DOWNLOADS}
    assert {file.suffix for file in DOWNLOADS} == {".pdf", ".zip"}
    for link in links.all():
        with page.expect_download() as handed:
            link.click()
        file = SITE / "downloads" / handed.value.suggested_filename
        assert Path(handed.value.path()).read_bytes() == file.read_bytes()


def test_nothing_is_offered_in_the_unpacked_site(offline_page: Page, unpacked: Path) -> None:
    offline_page.goto(f"{unpacked.as_uri()}/{PAGES[0]}")
    assert offline_page.locator(".downloads").count() == 0
    assert not (unpacked / "downloads").exists()
