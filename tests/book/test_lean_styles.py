"""The build drops style rules that nothing can match, and keeps every other; formulas get the signs they need."""

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from tested_pages import ROOT, SITE

from icon_font import write_font
from lean_styles import is_loaded, lean, names_in_use
from maths_font import SHAPES, signs_in_use, with_font

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


def test_a_sheet_that_no_page_loads_is_told_from_one_that_is() -> None:
    pages = ['<link rel="stylesheet" href="../_static/book.css?v=1" />', "<p>printed-book.css</p>"]
    assert is_loaded("_static/book.css", pages)
    assert not is_loaded("_static/printed-book.css", pages)


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
