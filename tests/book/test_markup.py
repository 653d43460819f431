"""Tables, figures and icons are mended and measured as they should be."""

from pathlib import Path

import pytest
import site_laws
from fontTools.ttLib import TTFont
from tested_pages import SITE

from accessible_markup import with_lines, with_numbered_tables, with_plain_corners
from icon_font import FONT, icons_in_use, write_font
from legible_figures import LEGIBLE, measure


def test_only_empty_header_cells_become_plain() -> None:
    table = "<tr><th></th><th class='blank'>&nbsp;</th><th>ug</th></tr>"
    assert with_plain_corners(table) == "<tr><td></td><td class='blank'>&nbsp;</td><th>ug</th></tr>"


def test_styled_tables_are_numbered_in_their_order() -> None:
    table = '<style>#T_{0}_row0_col0 {{}}</style><table id="T_{0}"><td id="T_{0}_row0_col0">T_{0}</td></table>'
    numbered = table.replace("T_{0}", "T_{1}").replace(">T_{1}<", ">T_{0}<")  # what is no name stays
    html = "".join(table.format(drawn) for drawn in ("bb1d9", "0aaaa", "bb1d9"))
    expected = "".join(numbered.format(drawn, n) for drawn, n in (("bb1d9", 1), ("0aaaa", 2), ("bb1d9", 1)))
    assert with_numbered_tables(html) == expected


def test_parameters_of_a_signature_become_lines() -> None:
    html = '<dl><dt><span class="sig-paren">(</span>\n<dl>\n<dd>a,</dd>\n</dl>\n)</dt><dd>text</dd></dl>'
    lines = '<span class="sig-lines">\n<span class="sig-line">a,</span>\n</span>'
    assert with_lines(html) == f'<dl><dt><span class="sig-paren">(</span>\n{lines}\n)</dt><dd>text</dd></dl>'


def test_a_figure_stops_shrinking_where_its_smallest_letters_would_vanish() -> None:
    svg = (
        '<svg height="150pt" width="300pt"><g transform="translate(1 2) scale(0.1 -0.1)"/><text font-size="12"/></svg>'
    )
    size = measure(svg)
    assert (size.width, size.height) == pytest.approx((400, 200))
    assert size.legible_width == pytest.approx(400 * LEGIBLE / (10 * 4 / 3))
    assert measure(svg.replace("0.1 -0.1", "0.01 -0.01")).legible_width == pytest.approx(400)
    assert measure('<svg viewBox="0 0 3 4"/>') is None


def test_icons_named_by_pages_and_drawn_by_styles_are_kept(tmp_path: Path) -> None:
    style = (
        '.fa-bars:before,.fa-navicon:before{content:"\\f0c9"}.fa-ban:before{content:"\\f05e"}a:after{content:"\\f107"}'
    )
    assert icons_in_use(['<i class="fas fa-bars">'], [style, '--icon: "\uf0f3"']) == {0xF0C9, 0xF107, 0xF0F3}
    write_font(SITE / FONT, tmp_path / "icons.woff", {0xF0C9, 0xF107})
    assert set(TTFont(tmp_path / "icons.woff").getBestCmap()) == {0xF0C9, 0xF107}


def test_figures_after_the_first_wait_until_they_are_near(built_page: Path) -> None:
    """The room of a figure in a frame is kept for it; another is loaded at once, so that nothing moves."""
    _, *later = site_laws.parse(built_page).select("figure img") or [None]
    assert [
        image for image in later if ("figure-frame" in image.parent["class"]) != (image.get("loading") == "lazy")
    ] == []
