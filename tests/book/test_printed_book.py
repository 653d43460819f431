"""The book as one PDF has every page with its words, figures, answers and solutions, and links that stay inside it."""

import copy
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

import pytest
import site_laws
import yaml
from bs4 import BeautifulSoup, Tag
from pdf_words import Words, squeezed
from pypdf import PageObject, PdfReader
from pypdf.generic import ArrayObject, DictionaryObject
from tested_pages import ROOT, SITE

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import downloads
import joined_pages
import printed_book
from chromium import MISSING, find_chromium

MOST_WORDS, LEAST_WORDS = 500, 100  # on one sheet of a page of several
LEAST_MARKS = 5  # of a figure: a ground and a frame are no drawing
CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PLACES = joined_pages.places(CONTENTS)
PARTS = [part["caption"] for part in CONTENTS["parts"]]
UNPRINTED = "script, style, noscript, [data-control], .downloads, a.headerlink, .quiz-option > details > summary"
PAINTED = re.compile(rb"(?<=\n)(?:f\*?|S|B\*?|sh|/\w+ Do)(?=\n)")
DRAWING = re.compile(rb"/Figure <</MCID (?P<id>\d+) ?>>BDC(?P<drawn>.*?)(?=/\w+ <</MCID|\Z)", re.DOTALL)


class Book:
    """The printed book, and where its pages stand in it."""

    def __init__(self, pdf: Path) -> None:
        self.pdf = PdfReader(pdf)
        self.starts = printed_book.sheets(self.pdf)

    @cached_property
    def words(self) -> list[str]:
        return Words(self.pdf).sheets

    def sheets(self, place: joined_pages.Place) -> range:
        """Return the places in the PDF, from 0, of the sheets of a page."""
        starts = [self.starts[one.anchor] for one in PLACES] + [len(self.pdf.pages) + 1]
        first = PLACES.index(place)
        return range(starts[first] - 1, starts[first + 1] - 1)

    def text(self, place: joined_pages.Place) -> str:
        return "".join(self.words[sheet] for sheet in self.sheets(place))

    def has(self, place: joined_pages.Place, words: str) -> bool:
        """Tell whether words stand on one sheet of a page, or begin on one and go on at another's top."""
        if words in self.text(place):
            return True
        texts = [self.words[sheet] for sheet in self.sheets(place)]
        return any(words[: (cut := begun(words, one))] and words[cut:] in next_ for one, next_ in pairwise(texts))


def begun(words: str, text: str) -> int:
    """Return how many of the first letters of some words stand in a text, one after the other."""
    return next(cut for cut in range(len(words), -1, -1) if words[:cut] in text)


@pytest.fixture(scope="module")
def book() -> Book:
    pdf = SITE / "downloads" / f"{downloads.book_name()}.pdf"
    if not find_chromium():
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    assert pdf.is_file(), "run `make downloads`"
    return Book(pdf)


@pytest.fixture(params=PLACES, ids=[place.name for place in PLACES])
def place(request: pytest.FixtureRequest) -> joined_pages.Place:
    return request.param


@cache
def article(place: joined_pages.Place) -> Tag:
    return site_laws.content(site_laws.parse(SITE / f"{place.name}.html"))


def spoken(tag: Tag) -> str:
    """Return the words of an element as paper shows them."""
    copied = copy.copy(tag)
    for silent in copied.select(UNPRINTED):
        silent.decompose()
    return squeezed(copied.get_text())


def unprinted(book: Book, place: joined_pages.Place, selector: str) -> list[str]:
    """Return the words of elements of a page that are not on its sheets; formulas are no words."""
    silent = set(map(id, article(place).select(f":is({UNPRINTED}) *, :is({UNPRINTED})")))
    tags = [tag for tag in article(place).select(selector) if id(tag) not in silent and not tag.find("math")]
    return [tag.get_text() for tag in tags if not book.has(place, spoken(tag))]


def test_every_page_has_sheets_enough_for_its_words(book: Book, place: joined_pages.Place) -> None:
    words, sheets = len(article(place).get_text().split()), len(book.sheets(place))
    told = f"{place.name}: {words} words on {sheets} sheets"
    assert words / MOST_WORDS <= sheets <= 4 + words / LEAST_WORDS, told


def test_every_paragraph_is_printed(book: Book, place: joined_pages.Place) -> None:
    assert unprinted(book, place, "p, figcaption, dt, h1, h2, h3, h4") == []


def test_every_line_of_code_and_output_is_printed(book: Book, place: joined_pages.Place) -> None:
    lines = [line for code in article(place).select("pre") for line in code.get_text().splitlines()]
    assert [line for line in lines if not book.has(place, squeezed(line))] == []


def test_every_quiz_is_printed_with_its_answers(book: Book, place: joined_pages.Place) -> None:
    text, page = book.text(place), article(place)
    assert unprinted(book, place, ".quiz-prompt, .quiz-text, .quiz-said") == []
    verdicts = Counter(squeezed(tag.get_text()) for tag in page.select(".quiz-verdict"))
    assert {verdict: number for verdict, number in verdicts.items() if text.count(verdict) < number} == {}


def test_hints_and_solutions_are_printed_unfolded(book: Book, place: joined_pages.Place) -> None:
    assert unprinted(book, place, ".hint p, .solution p, .solution pre, .how-computed dd") == []


def structure(book: PdfReader) -> Iterator[DictionaryObject]:
    """Give the elements of a tagged PDF."""
    waiting = [book.root_object["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop()
        if isinstance(element, DictionaryObject):
            yield element
            children = element.get("/K", ArrayObject())
            waiting += [one.get_object() for one in (children if isinstance(children, ArrayObject) else [children])]


FALLBACK = re.compile("Serif|Times")  # what a browser takes where the book's letters are missing


def in_fallback(page: PageObject) -> str:
    """Return the Latin letters of a sheet that are not set in a font of the book."""
    found: list[str] = []

    def note(text: str, _: object, __: object, font: DictionaryObject | None, ___: object) -> None:
        if font and FALLBACK.search(str(font.get("/BaseFont", ""))):
            found.append(text)

    page.extract_text(visitor_text=note)
    return "".join(re.findall("[A-Za-z]+", " ".join(found)))


def test_every_page_is_printed_in_the_letters_of_the_book(book: Book, place: joined_pages.Place) -> None:
    assert in_fallback(book.pdf.pages[book.starts[place.anchor] - 1]) == ""


def drawings(page: PageObject) -> dict[int, int]:
    """Return how many times something is painted in each figure of a sheet."""
    return {
        int(one["id"]): len(PAINTED.findall(one["drawn"])) for one in DRAWING.finditer(page.get_contents().get_data())
    }


def drawn(book: PdfReader) -> Counter[str]:
    """Return how many times something is painted in the figures of each description; Chromium omits empty ones."""
    sheets = {page.indirect_reference.idnum: drawings(page) for page in book.pages}
    found: Counter[str] = Counter()
    for one in structure(book):
        if "/Alt" in one and isinstance(one["/K"], int):
            found[squeezed(one["/Alt"])] += sheets[one.raw_get("/Pg").idnum].get(one["/K"], 0)
    return found


def undrawn(book: PdfReader, pages: Mapping[str, Tag]) -> list[str]:
    """Return the images of some pages, by their alternative texts, of which a PDF shows nothing, or too little."""
    found, images = drawn(book), [(name, image["alt"]) for name, page in pages.items() for image in page.select("img")]
    times = Counter(squeezed(alt) for _, alt in images)
    return [f"{name}: {alt}" for name, alt in images if found[(one := squeezed(alt))] < LEAST_MARKS * times[one]]


def test_every_figure_is_drawn_and_described(book: Book) -> None:
    assert undrawn(book.pdf, {place.name: article(place) for place in PLACES}) == []


def test_interactive_plots_are_printed_as_pictures(book: Book, place: joined_pages.Place) -> None:
    captions = [plot.find_parent("figure").figcaption for plot in article(place).select(".force-plot")]
    for caption in captions:
        words = spoken(caption)[:40]
        (sheet,) = [sheet for sheet in book.sheets(place) if words in book.words[sheet]]
        content = book.pdf.pages[sheet].get_contents().get_data()
        assert len(PAINTED.findall(content)) > 20, f"{place.name}: {caption.get_text()[:60]}"


def links(book: PdfReader) -> Iterator[tuple[int, DictionaryObject]]:
    for number, page in enumerate(book.pages, 1):
        for annotation in page.get("/Annots", []):
            if annotation.get_object()["/Subtype"] == "/Link":
                yield number, annotation.get_object()


def test_links_stay_in_the_book_or_lead_to_the_web(book: Book) -> None:
    named = {name.lstrip("/") for name in book.pdf.named_destinations}
    inside = 0
    for sheet, link in links(book.pdf):
        if "/Dest" in link:
            inside += 1
            assert str(link["/Dest"]).lstrip("/") in named, f"sheet {sheet}: no such place, {link['/Dest']}"
        else:
            assert str(link["/A"]["/URI"]).startswith("https://"), f"sheet {sheet}: {link['/A']}"
    assert inside >= len(PLACES) + sum(len(article(place).select("a.reference.internal")) for place in PLACES)


def test_the_contents_name_every_part_and_page_with_its_sheet(book: Book) -> None:
    before = "".join(book.words[: min(book.starts.values()) - 1])
    for place in PLACES:
        line = squeezed(article(place).find("h1").find(string=True)) + str(book.starts[place.anchor])
        assert line in before, line
        assert squeezed(article(place).find("h1").find(string=True)) in book.words[book.starts[place.anchor] - 1]
    for part in PARTS:
        assert f"{squeezed(part)}{book.starts[f'part--{joined_pages.slug(part)}']}" in before


def test_the_bookmarks_are_parts_pages_and_sections(book: Book) -> None:
    outline = book.pdf.outline
    top = [item.title for item in outline if not isinstance(item, list)]
    first = article(PLACES[0]).find("h1").find(string=True)
    assert top == [first, *PARTS]
    for part, pages in zip(PARTS, [item for item in outline if isinstance(item, list)][1:], strict=True):
        titles = [item.title for item in pages if not isinstance(item, list)]
        below = [place for place in PLACES if place.part == part and place.depth == 1]
        assert titles == ["".join(article(place).find("h1").find_all(string=True)).rstrip("#") for place in below]


def test_title_and_language_are_told(book: Book) -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert book.pdf.metadata.title == config["title"]
    assert book.pdf.root_object["/Lang"] == config["sphinx"]["config"]["language"]


def test_pages_follow_each_other_in_the_order_of_the_contents(book: Book) -> None:
    assert [place.name for place in sorted(PLACES, key=lambda place: book.starts[place.anchor])] == [
        place.name for place in PLACES
    ]


SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='90'>{}</svg>"
PAGE = "<html><head><title>{0}</title></head><body><article class='bd-article'><h1>{0}</h1>{1}</article></body></html>"


@pytest.fixture
def small_book(tmp_path: Path) -> joined_pages.Joiner:
    """Two pages that share an anchor and point at each other; the second one shows an image."""
    (tmp_path / "one.html").write_text(PAGE.format("One", "<p id='here'>see <a href='two.html#here'>two</a></p>"))
    (tmp_path / "two.html").write_text(PAGE.format("Two", "<p id='here'><a href='#here'>me</a></p><img src='a.svg'>"))
    (tmp_path / "a.svg").write_text(SVG.format("<path d='M0 0h9'/>"))
    (tmp_path / "_static").mkdir()
    shutil.copy(SITE / joined_pages.STYLE, tmp_path / joined_pages.STYLE)
    contents = {"root": "one", "parts": [{"caption": "All", "chapters": [{"file": "two"}]}]}
    config = {"title": "Small: a book", "author": "Ada", "sphinx": {"config": {"language": "en"}}}
    return joined_pages.Joiner(tmp_path, tmp_path, config, contents)


def test_an_anchor_that_two_pages_share_stays_each_ones_own(small_book: joined_pages.Joiner) -> None:
    document = BeautifulSoup(small_book.document(), "html.parser")
    assert [link["href"] for link in document.select("article a")] == ["#two--here", "#two--here"]
    assert [tag["id"] for tag in document.select("article p")] == ["one--here", "two--here"]


def print_apart(document: Path, pdf: Path) -> None:
    """Print in a thread of its own, since the browser tests may keep a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(printed_book.print_book, document, pdf, find_chromium()).result()


def test_a_missing_image_is_named(small_book: joined_pages.Joiner, tmp_path: Path, book: Book) -> None:
    document = tmp_path / "book.html"
    document.write_text(small_book.document(), encoding="utf-8")
    print_apart(document, tmp_path / "book.pdf")
    assert len(PdfReader(tmp_path / "book.pdf").pages) == 4
    (tmp_path / "a.svg").unlink()
    with pytest.raises(printed_book.PrintError, match=r"without its images: file://\S*/a\.svg"):
        print_apart(document, tmp_path / "book.pdf")


def test_an_image_that_shows_nothing_is_named(small_book: joined_pages.Joiner, tmp_path: Path, book: Book) -> None:
    ground, line = "<path fill='#fff' d='M0 0h90v90H0'/>", "<path stroke='#000' d='M9 {0}h{0}'/>"
    drawings = {"full": ground + "".join(line.format(9 * i) for i in range(1, 7)), "blank": ground, "empty": ""}
    for name, marks in drawings.items():
        (tmp_path / f"{name}.svg").write_text(SVG.format(marks))
    images = "".join(f"<p><img src='{name}.svg' alt='The {name} one'></p>" for name in drawings)
    page = small_book.articles["two"]
    page.append(BeautifulSoup(images, "html.parser"))
    document = tmp_path / "book.html"
    document.write_text(small_book.document(), encoding="utf-8")
    print_apart(document, tmp_path / "book.pdf")
    page.find("img").decompose()  # that of the small book, which has no alternative text
    assert undrawn(PdfReader(tmp_path / "book.pdf"), {"two": page}) == ["two: The blank one", "two: The empty one"]
