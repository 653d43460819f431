"""The words of a PDF that Chromium wrote, sheet by sheet; pypdf's own way takes minutes for a whole book."""

import re
import unicodedata

from pypdf import PageObject, PdfReader
from pypdf.generic import DictionaryObject

SHOWN = re.compile(rb"/(?P<font>F\d+) [\d.]+ Tf|<(?P<glyphs>[0-9A-F]+)> Tj")
RANGES = re.compile(r"beginbf(?P<kind>char|range)\n(?P<lines>.*?)endbf", re.DOTALL)


def squeezed(text: str) -> str:
    """Return a text without blanks, ligatures and other things of layout."""
    return re.sub(r"[\s\u00ad\u200b]+", "", unicodedata.normalize("NFKC", text))


def characters(font: DictionaryObject) -> dict[int, str]:
    """Return which characters the glyphs of a font stand for."""
    table: dict[int, str] = {}
    for part in RANGES.finditer(font["/ToUnicode"].get_data().decode()):
        for line in part["lines"].splitlines():
            codes = re.findall("[0-9A-F]+", line)
            first, last, text = int(codes[0], 16), int(codes[-2], 16), bytes.fromhex(codes[-1]).decode("utf-16-be")
            table |= {glyph: text[:-1] + chr(ord(text[-1]) + glyph - first) for glyph in range(first, last + 1)}
    return table


class Words:
    """The sheets of a PDF as squeezed texts, without their numbers."""

    def __init__(self, book: PdfReader) -> None:
        self.fonts: dict[int, tuple[int, dict[int, str]]] = {}
        self.sheets = [self.of(page).removesuffix(str(number)) for number, page in enumerate(book.pages, 1)]

    def font(self, page: PageObject, name: str) -> tuple[int, dict[int, str]]:
        """Return how many digits a glyph of a font has, and its characters."""
        reference = page["/Resources"]["/Font"].raw_get(name)
        if reference.idnum not in self.fonts:
            font = reference.get_object()
            self.fonts[reference.idnum] = 4 if font["/Subtype"] == "/Type0" else 2, characters(font)
        return self.fonts[reference.idnum]

    def of(self, page: PageObject) -> str:
        found, digits, table = [], 4, {}
        for shown in SHOWN.finditer(page.get_contents().get_data()):
            if shown["font"]:
                digits, table = self.font(page, f"/{shown['font'].decode()}")
            else:
                codes = shown["glyphs"].decode()
                found += [table.get(int(codes[i : i + digits], 16), "") for i in range(0, len(codes), digits)]
        return squeezed("".join(found))
