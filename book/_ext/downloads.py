"""Make what readers take with them: the whole book as a PDF, and the site as a zip file that opens without a network.

`book/build.py --downloads` makes both of a rendered site and offers them on the welcome page. Where there is no browser
to print with there is no PDF, and the page offers the zip file alone. The zip file is the site without the offer.
"""

import hashlib
import os
import shutil
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml

from chromium import MISSING, find_chromium
from joined_pages import joiner, slug
from printed_book import print_book
from repository import ROOT

FOLDER = "downloads"  # of the site
ROOM = ROOT / "_build" / FOLDER
OFFER = "<!-- downloads -->"  # what the offer takes the place of
PRINTING = [Path(__file__).with_name(f"{name}.py") for name in ("joined_pages", "printed_book")]


@dataclass(frozen=True)
class Download:
    """A file to take away, and what the welcome page says of it."""

    file: Path
    title: str
    remark: str

    def item(self, up: str) -> str:
        size = f"{self.file.stat().st_size / 1e6:.0f} MB"
        link = f'<a href="{up}{FOLDER}/{self.file.name}" download>{escape(self.title)}</a>'
        return f"<li>{link}, {escape(self.remark)} ({size})</li>"


def book_name() -> str:
    """Return the name of the files: the main title of the book, in small letters."""
    config = yaml.safe_load(ROOT.joinpath("_config.yml").read_text(encoding="utf-8"))
    return slug(config["title"].partition(":")[0])


def make_downloads(site: Path, say: Callable[[str], None]) -> list[Download]:
    """Make the downloads of a rendered site; a PDF of the same pages is not printed again."""
    ROOM.mkdir(parents=True, exist_ok=True)
    archive = zip_site(site, ROOM / f"{book_name()}.zip")
    made = [Download(archive, "this site as a zip file", "to unpack and read without a network")]
    browser = find_chromium()
    if browser:
        start = time.perf_counter()
        pdf = printed(site, browser)
        say(f"The PDF took {time.perf_counter() - start:.1f} s.")
        made.insert(0, Download(pdf, "the whole book as a PDF", "with all answers and solutions"))
    else:
        say(f"The book is not printed as a PDF: {MISSING}.")
    return made


def printed(site: Path, browser: str) -> Path:
    """Return the PDF of a site's pages, printed anew if anything that it shows has changed."""
    pdf, record = ROOM / f"{book_name()}.pdf", ROOM / "printed.sha256"
    document = ROOM / f"{book_name()}.html"
    document.write_text(joiner(site, ROOM).document(), encoding="utf-8")
    digest = hashlib.sha256(document.read_bytes())
    for path in [*PRINTING, *sorted(site.joinpath("_images").rglob("*")), *sorted(site.joinpath("_static").rglob("*"))]:
        digest.update(path.read_bytes() if path.is_file() else b"")
    digest.update(os.environ.get("SOURCE_DATE_EPOCH", "").encode())
    if not (pdf.is_file() and record.is_file() and record.read_text() == digest.hexdigest()):
        record.unlink(missing_ok=True)
        print_book(document, pdf, browser)
        record.write_text(digest.hexdigest())
    return pdf


def zip_site(site: Path, archive: Path) -> Path:
    """Write the files of a site into a zip file, the same bytes for the same files and date."""
    moment = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(path for path in site.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{archive.stem}/{path.relative_to(site).as_posix()}", moment[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(entry, path.read_bytes())
    return archive


def offer(downloads: list[Download], site: Path) -> None:
    """Put the downloads into a site, and links to them on its welcome page."""
    if not downloads:
        return
    folder = site / FOLDER
    folder.mkdir()
    for download in downloads:
        shutil.copy(download.file, folder)
    root = yaml.safe_load(ROOT.joinpath("_toc.yml").read_text(encoding="utf-8"))["root"]
    page = site / f"{root}.html"
    items = "\n".join(download.item("../" * root.count("/")) for download in downloads)
    text = page.read_text(encoding="utf-8")
    offered = f'<div class="downloads">\n<p>Take it with you:</p>\n<ul>\n{items}\n</ul>\n</div>'
    page.write_text(text.replace(OFFER, offered), encoding="utf-8")
