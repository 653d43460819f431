"""Print the whole book as one PDF with Chromium."""

import logging
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from playwright.sync_api import Error, Page, sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from chromium import QUIET
from joined_pages import ANCHORS

SCALE = 0.8  # of the letters on the screen: 16 px become 9.6 points
WIDTH, MARGIN = 210, 18  # mm, of A4 and of its white border
PIXELS_PER_MM = 96 / 25.4
PATIENCE = 600_000  # ms
COLUMN = {"width": round((WIDTH - 2 * MARGIN) * PIXELS_PER_MM / SCALE), "height": 1200}
FOOTER = "<p style='font: 9px sans-serif; margin: 0 auto'><span class='pageNumber'></span></p>"
PAPER = {
    "format": "A4",
    "scale": SCALE,
    "margin": {"top": f"{MARGIN}mm", "bottom": f"{MARGIN + 4}mm", "left": f"{MARGIN}mm", "right": f"{MARGIN}mm"},
    "print_background": True,
    "display_header_footer": True,
    "header_template": "<span></span>",
    "footer_template": FOOTER,
    "outline": True,
    "tagged": True,
}
HEADINGS = "h1, h2, h3, h4, h5, h6"
DRAWN = """[...document.querySelectorAll('.force-plot, .shapbook-explorer')].every(
  plot => [...plot.querySelectorAll('svg :is(path, rect, circle, line)')].some(mark => mark.getBBox().width > 0))"""
MISSING = "[...document.images].filter(image => !image.complete || !image.naturalWidth).map(image => image.src)"
NUMBER = """numbers => document.querySelectorAll('.contents a').forEach(
  line => line.querySelector('.contents-number').textContent = numbers[line.hash.slice(1)])"""

logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns that its copy of a tagged PDF has more objects


class PrintError(Exception):
    """Why the book could not be printed."""


def print_book(document: Path, pdf: Path, browser: str) -> None:
    """Print the joined pages as one PDF.

    Raises:
        PrintError: If Chromium fails, or an image or interactive figure is missing.
    """
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser, args=QUIET)
            page = chromium.new_page(viewport=COLUMN, color_scheme="light")
            page.set_default_timeout(PATIENCE)
            page.emulate_media(media="print")
            page.goto(document.as_uri())
            draw_everything(page)
            book = PdfWriter(clone_from=BytesIO(page.pdf(**PAPER)))
            number_contents(book, page)
            title, headings = page.title(), page.locator(HEADINGS).all_inner_texts()
            chromium.close()
    except Error as error:
        msg = f"Chromium could not print the book: {error.message.strip()}"
        raise PrintError(msg) from error
    name_bookmarks(book, headings)
    describe(book, title)
    book.write(pdf)


def number_contents(book: PdfWriter, page: Page) -> None:
    """Write the numbers of the sheets into the contents.

    Chromium cannot number them, so they are taken from the printed book; the sheets with the contents are printed once
    more, and what is drawn on them takes the place of what was drawn there.
    """
    numbers = sheets(book)
    page.evaluate(NUMBER, numbers)
    front = PdfReader(BytesIO(page.pdf(**PAPER, page_ranges=f"1-{min(numbers.values()) - 1}")))
    for sheet, numbered in zip(book.pages, front.pages, strict=False):
        for key in ("/Contents", "/Resources"):
            sheet[NameObject(key)] = numbered.raw_get(key).clone(book)


def draw_everything(page: Page) -> None:
    """Bring every interactive figure into view, where it is drawn, and wait for images and fonts."""
    for plot in page.locator(".force-plot, .shapbook-explorer").all():
        plot.scroll_into_view_if_needed()
    page.wait_for_function(DRAWN)
    page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
    page.evaluate("document.fonts.ready.then(() => true)")
    missing = page.evaluate(MISSING)
    if missing:
        msg = f"The book cannot be printed without its images: {', '.join(missing)}"
        raise PrintError(msg)


def sheets(book: PdfWriter) -> dict[str, int]:
    """Return the numbers of the sheets, from 1, to which the contents of a book lead."""
    numbers = {page.indirect_reference.idnum: number for number, page in enumerate(book.pages, 1)}
    places = {name.lstrip("/"): place.raw_get("/Page").idnum for name, place in book.named_destinations.items()}
    return {name: numbers[place] for name, place in places.items() if name.startswith(ANCHORS)}


def name_bookmarks(book: PdfWriter, headings: Sequence[str]) -> None:
    """Give every bookmark the words of its heading; Chromium says them twice where a heading moved to another sheet."""

    def below(parent: DictionaryObject) -> Iterator[DictionaryObject]:
        child = parent.get("/First")
        while child:
            bookmark = child.get_object()
            yield bookmark
            yield from below(bookmark)
            child = bookmark.get("/Next")

    for bookmark, heading in zip(below(book.root_object["/Outlines"]), headings, strict=True):
        bookmark[NameObject("/Title")] = TextStringObject(heading)


def describe(book: PdfWriter, title: str) -> None:
    """Say the title and the date, that of SOURCE_DATE_EPOCH if there is one."""
    date = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", datetime.now(UTC).timestamp())), UTC)
    book.metadata = {"/Title": title} | dict.fromkeys(("/CreationDate", "/ModDate"), f"D:{date:%Y%m%d%H%M%S}Z")
