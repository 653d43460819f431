"""The site can be taken away as a zip file: all of it, the same bytes, and the same zip file for the same date."""

import re
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from tested_pages import ROOT, SITE

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import downloads

ARCHIVE = SITE / "downloads" / f"{downloads.book_name()}.zip"
WELCOME = f"{yaml.safe_load((ROOT / '_toc.yml').read_text(encoding='utf-8'))['root']}.html"
OFFER = re.compile(r'<div class="downloads">.*?</div>', re.DOTALL)


def files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def packed(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as content:
        assert content.testzip() is None
        return {name.partition("/")[2]: content.read(name) for name in content.namelist()}


def test_every_file_of_the_site_is_packed_with_the_same_bytes() -> None:
    assert ARCHIVE.is_file(), "run `make downloads`"
    inside = packed(ARCHIVE)
    outside = {name: path for name, path in files(SITE).items() if not name.startswith("downloads/")}
    assert inside.keys() == outside.keys()
    assert [name for name, path in outside.items() if inside[name] != path.read_bytes()] == [WELCOME]


def test_the_packed_welcome_page_lacks_the_offer_only() -> None:
    shown = (SITE / WELCOME).read_text(encoding="utf-8")
    assert OFFER.search(shown)
    assert OFFER.sub(downloads.OFFER, shown) == packed(ARCHIVE)[WELCOME].decode()


def test_all_is_packed_in_one_folder() -> None:
    with zipfile.ZipFile(ARCHIVE) as content:
        assert {name.partition("/")[0] for name in content.namelist()} == {ARCHIVE.stem}


@pytest.fixture
def small_site(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / Path(WELCOME).parent).mkdir(parents=True)
    (site / WELCOME).write_text(f"<p>Welcome.</p>{downloads.OFFER}", encoding="utf-8")
    (site / "b.css").write_text("p { color: red }")
    return site


def test_the_same_files_and_date_give_the_same_bytes(
    small_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bytes_of(date: str) -> bytes:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", date)
        for path in files(small_site).values():
            path.touch()
        return downloads.zip_site(small_site, tmp_path / "site.zip").read_bytes()

    assert bytes_of("1700000000") == bytes_of("1700000000") != bytes_of("1800000000")


def test_without_a_browser_the_page_offers_the_zip_file_alone(
    small_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "ROOM", tmp_path / "room")
    monkeypatch.setattr(downloads, "find_chromium", lambda: None)
    said: list[str] = []
    downloads.offer(downloads.make_downloads(small_site, said.append), small_site)
    page = (small_site / WELCOME).read_text(encoding="utf-8")
    assert re.findall('href="([^"]*)"', page) == [f"{'../' * WELCOME.count('/')}downloads/{ARCHIVE.name}"]
    assert [path.name for path in (small_site / "downloads").iterdir()] == [ARCHIVE.name]
    assert said == [
        "The book is not printed as a PDF: no browser: install Chromium, or name one in the variable CHROMIUM."
    ]


def test_a_site_without_downloads_offers_none(small_site: Path) -> None:
    before = {name: path.read_bytes() for name, path in files(small_site).items()}
    downloads.offer([], small_site)
    assert {name: path.read_bytes() for name, path in files(small_site).items()} == before
