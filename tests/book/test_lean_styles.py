"""The build drops style rules that nothing can match, and keeps every other; formulas get the signs they need."""

import re
from pathlib import Path

import pytest
import site_laws
from fontTools.ttLib import TTFont
from tested_pages import ROOT, SITE

from icon_font import write_font
from lean_styles import ONE_SHEET, lean, names_in_use, whole
from maths_font import SHAPES, SHEET, signs_in_use, with_font

NAMED = re.compile(r"\.[\w-]+|--[\w-]+")
LINKED = "link[rel=stylesheet]"
FONT = ROOT / "book" / "_static" / "fonts" / "stix-two-math.woff"


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".used{a:b}.unused{a:b}", ".used{a:b}"),
        ("#used{a:b}#unused{a:b}", "#used{a:b}"),
        ("p{a:b}", "p{a:b}"),
        ("p.used>a.unused,p .used{a:b}", "p .used{a:b}"),
        ("p:not(.unused),:is(.unused,.used:not(.gone)) a{a:b}", "p:not(.unused),:is(.unused,.used:not(.gone)) a{a:b}"),
        ('[fill="#fff"] .used{a:b}', '[fill="#fff"] .used{a:b}'),
        ('.used::after{content:"} .unused{"}', '.used::after{content:"} .unused{"}'),
        (".a\\:b{a:b}", ".a\\:b{a:b}"),
        ("@media print{.unused{a:b}}@media print{.used{a:b}.unused{a:b}}", "@media print{.used{a:b}}"),
        ("@keyframes unused{0.5%{a:b}to{a:b}}", "@keyframes unused{0.5%{a:b}to{a:b}}"),
        ('@charset "utf-8";.used{a:b}', '@charset "utf-8";.used{a:b}'),
        ("/* .used{ */.unused{a:b}/*! Licence of a.unused */p{a:b}", "/*! Licence of a.unused */p{a:b}"),
        ("p{background:url(data:image/svg+xml;base64,x)}", "p{background:url(data:image/svg+xml;base64,x)}"),
    ],
)
def test_only_rules_that_nothing_can_match_are_dropped(css: str, kept: str) -> None:
    assert lean(css, {"used", "a:b"}) == kept


def test_a_name_is_in_use_if_a_page_bears_it_or_a_script_says_it() -> None:
    pages = ["<p class='one two' id=\"three\"><a class=four>", "<p>five"]
    assert names_in_use(pages, ["list.add('sixth-name')"]) == {
        "one",
        "two",
        "three",
        "four",
        "list",
        "add",
        "sixth-name",
    }


def test_a_sheet_is_moved_with_what_it_imports_and_names(tmp_path: Path) -> None:
    (tmp_path / "styles").mkdir()
    (tmp_path / "basic.css").write_text("p{background:url(plain.png)}")
    words = 'a{src:url("../fonts/a.woff"),url(#mark),url("data:font/woff;base64,x")}'
    (tmp_path / "styles" / "theme.css").write_text(f'@charset "utf-8";@import "../basic.css";{words}')
    moved = words.replace("../", "")
    assert whole("styles/theme.css", tmp_path) == f'p{{background:url("plain.png")}}{moved}'


def test_every_page_links_one_sheet_and_only_pages_with_formulas_another(built_page: Path) -> None:
    sheets = [Path(link["href"].partition("?")[0]).name for link in site_laws.parse(built_page).select(LINKED)]
    formulas = "<math" in built_page.read_text(encoding="utf-8")
    assert sheets == [ONE_SHEET, SHEET] if formulas else [ONE_SHEET]


def test_the_one_sheet_holds_all_and_the_books_own_rules_come_after_the_themes() -> None:
    sheet = (SITE / "_static" / ONE_SHEET).read_text(encoding="utf-8")
    assert "@import" not in sheet
    assert sheet.index("--bs-breakpoint-xs") < sheet.index(".bd-sidebar-primary") < sheet.index("STIX Two Text")
    assert {"--orange", ".quiz-question", ".force-plot", ".highlight", ".copybtn"} <= set(NAMED.findall(sheet))


def test_a_lone_letter_needs_its_italics() -> None:
    signs = signs_in_use(["<p>q</p><math><mi>h</mi><mo>&lt;</mo><mi>ϕ</mi></math>"])
    assert signs == set(map(ord, "h<ϕℎ𝜑𝜙√−"))


def test_the_font_of_formulas_holds_every_sign_it_can(tmp_path: Path) -> None:
    signs = signs_in_use([path.read_text(encoding="utf-8") for path in SITE.rglob("*.html")])
    write_font(FONT, tmp_path / "signs.woff", signs, SHAPES)
    small, whole = TTFont(tmp_path / "signs.woff"), TTFont(FONT)
    assert set(small.getBestCmap()) >= signs & set(whole.getBestCmap())
    assert len(small.getGlyphOrder()) < 0.7 * len(whole.getGlyphOrder())
    assert "MATH" in small
    assert {record.FeatureTag for record in small["GSUB"].table.FeatureList.FeatureRecord} >= {"ssty"}


def test_a_style_sheet_carries_its_font() -> None:
    css = with_font('a{src: url("fonts/stix-two-math.woff")}', FONT.parents[1], {ord("x")})
    assert css.startswith('a{src: url("data:font/woff;base64,d09GR')
