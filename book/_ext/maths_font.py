"""Give pages with formulas a font of the signs in use, inside a style sheet of its own.

A page is not drawn before its style sheets have come, and a line of script unpacks the font before the first formula is
read; so formulas never change their font, and with it their size, under the reader's eyes. A page without formulas does
not wait for the font.
"""

import base64
import re
import unicodedata
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from icon_font import write_font

SHEET = "maths.css"
UNPACK = 'document.fonts.load("1em STIX Two Math");'
ADDRESS = re.compile(r"url\(\"(?P<font>fonts/[^\"]+)\"\)")
FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
ALPHABETS = (*range(0x1D400, 0x1D800), *range(0x2100, 0x2150))  # browsers set a lone letter in italics from here
DRAWN = "√−"  # a root has no sign in the page, and a hyphen is shown as a minus
SHAPES = ("ssty", "dtls", "flac")  # signs for exponents, dotless letters, flat accents


def signs_in_use(pages: list[str]) -> set[int]:
    """Return the code points of all formulas, and of what browsers draw besides."""
    signs = {sign for page in pages for formula in FORMULA.findall(page) for sign in unescape(TAG.sub("", formula))}
    plain = {unicodedata.normalize("NFKC", sign) for sign in signs}
    italics = {
        sign
        for sign in map(chr, ALPHABETS)
        if unicodedata.normalize("NFKC", sign) in plain
        and (sign == "ℎ" or "MATHEMATICAL ITALIC" in unicodedata.name(sign, ""))
    }
    return set(map(ord, signs | italics | set(DRAWN)))


def with_font(css: str, home: Path, points: set[int]) -> str:
    """Return a style sheet that holds the glyphs it needs of the font that it named."""

    def embedded(match: re.Match[str]) -> str:
        with TemporaryDirectory() as folder:
            target = Path(folder, "font.woff")
            write_font(home / match["font"], target, points, SHAPES)
            content = base64.b64encode(target.read_bytes()).decode()
        return f'url("data:font/woff;base64,{content}")'

    return ADDRESS.sub(embedded, css)


def style_formulas(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    if "<math" in context.get("body", ""):
        app.add_css_file(SHEET)
        app.add_js_file(None, body=UNPACK)


def embed_font(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    sheet = site / "_static" / SHEET
    signs = signs_in_use([path.read_text(encoding="utf-8") for path in site.rglob("*.html")])
    sheet.write_text(with_font(sheet.read_text(encoding="utf-8"), sheet.parent, signs), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", style_formulas)
    app.connect("build-finished", embed_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
