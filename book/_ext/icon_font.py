"""Ship the few icons the site shows, not the theme's library of some two thousand.

The theme loads its icons twice, as a script and as a font, together most of a page's weight. The script is emptied, and
`book.css` names a font with only the icons in use; an icon that is missing there still comes from the theme's font.
"""

import re
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

FONT = "_static/vendor/fontawesome/webfonts/fa-solid-900.ttf"
SCRIPT = "_static/scripts/fontawesome.js"
NAMED = re.compile(r'(?P<names>(?:\.fa-[\w-]+::?before,?)+)\{content:"\\(?P<point>[0-9a-f]+)"\}')
USED = re.compile(r"\bfa-[a-z0-9-]+")
ESCAPED = re.compile(r'"\\(?P<point>[ef][0-9a-f]{3})"')
PRIVATE = re.compile("[\ue000-\uf8ff]")


def icons_in_use(pages: list[str], styles: list[str]) -> set[int]:
    """Return the code points of the icons that pages name by class and style sheets draw themselves."""
    names = {name for page in pages for name in USED.findall(page)}
    style = "\n".join(styles)
    by_class = {int(rule["point"], 16) for rule in NAMED.finditer(style) if names & set(USED.findall(rule["names"]))}
    rest = NAMED.sub("", style)
    return by_class | {int(icon["point"], 16) for icon in ESCAPED.finditer(rest)} | set(map(ord, PRIVATE.findall(rest)))


def write_font(source: Path, target: Path, points: set[int], features: tuple[str, ...] = ()) -> None:
    """Write those glyphs of a font that draw the code points, and the variants that the features name, as WOFF."""
    font = TTFont(source, recalcTimestamp=False)  # else no two builds are alike
    subsetter = subset.Subsetter(subset.Options(layout_features=list(features), notdef_outline=False, hinting=False))
    subsetter.populate(unicodes=points)
    subsetter.subset(font)
    font.flavor = "woff"
    font.save(target)


def keep_icons_in_use(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    styles = [path.read_text(encoding="utf-8") for path in site.joinpath("_static").rglob("*.css")]
    write_font(site / FONT, site / "_static" / "fonts" / "icons.woff", icons_in_use(pages, styles))
    site.joinpath(SCRIPT).write_text("// The icons come from a font.\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", keep_icons_in_use)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
