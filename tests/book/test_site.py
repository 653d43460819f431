"""Every page of the built site obeys the laws, and each law refuses a page that breaks it."""

import re
from pathlib import Path

import pytest
import site_laws
from bs4 import BeautifulSoup
from tested_pages import NAMES, ROOT, SITE, anchors


def test_every_page_of_the_contents_is_built() -> None:
    missing = [name for name in NAMES if not (SITE / f"{name}.html").is_file()]
    assert not missing, f"run `make book`; not built: {missing}"
    assert (SITE / "index.html").is_file()


def test_every_page_is_newer_than_its_source(built_page: Path) -> None:
    source = ROOT / built_page.relative_to(SITE).with_suffix(".md")
    assert built_page.stat().st_mtime >= source.stat().st_mtime, "run `make book`"


def test_no_error_or_warning_is_shown(built_page: Path) -> None:
    assert site_laws.errors_shown(site_laws.parse(built_page)) == []


def test_every_image_is_described(built_page: Path) -> None:
    assert site_laws.images_undescribed(site_laws.parse(built_page)) == []


def test_every_drawn_figure_has_a_caption(built_page: Path) -> None:
    assert site_laws.figures_without_caption(site_laws.parse(built_page)) == []


def test_every_interactive_plot_is_described(built_page: Path) -> None:
    assert site_laws.plots_undescribed(site_laws.parse(built_page)) == []


def test_no_raw_markup_is_left(built_page: Path) -> None:
    assert site_laws.raw_syntax(site_laws.parse(built_page)) == []


def test_nothing_is_loaded_from_another_host(built_page: Path) -> None:
    assert site_laws.foreign_references(site_laws.parse(built_page)) == []


def test_every_internal_link_is_alive(built_page: Path) -> None:
    assert site_laws.dead_links(built_page, site_laws.parse(built_page), anchors) == []


def test_no_style_sheet_loads_from_another_host() -> None:
    for path in SITE.rglob("*.css"):
        assert not site_laws.FOREIGN_STYLE.findall(path.read_text(encoding="utf-8")), path


def test_figures_are_vectors_or_twice_as_sharp(built_page: Path) -> None:
    images = site_laws.content(site_laws.parse(built_page)).select(".cell_output img")
    assert [image["src"] for image in images if not image["src"].endswith(".svg")] == []


def test_vector_figures_turn_dark() -> None:
    figures = list((SITE / "_images").glob("*.svg"))
    assert figures
    for path in figures:
        assert "prefers-color-scheme: dark" in path.read_text(encoding="utf-8"), path


GOOD = "<p>A page with <img src='a.svg' alt='The scatter grows with redshift, most of all above two.'></p>"
BROKEN = [
    (
        site_laws.errors_shown,
        "<div class='output stderr'>UserWarning</div>",
        "error output on the page: 'UserWarning'",
    ),
    (site_laws.images_undescribed, "<img src='a.svg' alt='a plot'>", "shorter than 30 characters"),
    (site_laws.images_undescribed, "<img src='a.svg'>", "alternative text '' is shorter"),
    (
        site_laws.images_undescribed,
        "<figure><img src='a.svg' alt='Predicted against true redshift of all.'><figcaption>Fig. 1 "
        "Predicted against true redshift of all.</figcaption></figure>",
        "repeats its caption",
    ),
    (
        site_laws.figures_without_caption,
        "<div class='cell_output'><img src='a.svg'></div>",
        "without a caption",
    ),
    (site_laws.plots_undescribed, "<div class='force-plot' aria-label='Force plot'></div>", "no alternative text"),
    (
        site_laws.plots_undescribed,
        "<figure><div class='force-plot' aria-label='Force plots of a thousand galaxies.'></div>"
        "<figcaption>Fig. 2 Force plots of a thousand galaxies.</figcaption></figure>",
        "no alternative text of its own",
    ),
    (site_laws.raw_syntax, "<p>see {ref}`here`</p>", "{ref}`"),
    (site_laws.raw_syntax, r"<p>the sum \frac{1}{2}</p>", r"\\frac"),
    (
        site_laws.foreign_references,
        "<script src='https://example.org/a.js'></script>",
        "<script> loads https://example.org",
    ),
    (
        site_laws.foreign_references,
        "<link rel='stylesheet' href='//example.org/a.css'>",
        "<link> loads //example.org",
    ),
    (
        site_laws.foreign_references,
        "<p style='background: url(https://example.org/a.png)'></p>",
        "style loads",
    ),
]


@pytest.mark.parametrize(("law", "html", "message"), BROKEN)
def test_each_law_refuses_a_broken_page(law, html: str, message: str) -> None:  # noqa: ANN001
    assert law(BeautifulSoup(f"<article>{GOOD}</article>", "html.parser")) == []
    problems = law(BeautifulSoup(f"<article>{GOOD}{html}</article>", "html.parser"))
    assert len(problems) == 1
    assert re.search(re.escape(message), problems[0])


def test_dead_links_are_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<a href='#here' id='here'>x</a><a href='#there'>x</a><a href='gone.html'>x</a><a href='page.html#here'>x</a>"
    )
    problems = site_laws.dead_links(page, site_laws.parse(page), anchors)
    assert problems == [
        "<a> leads to #there, which has no such anchor",
        "<a> leads to gone.html, which is not there",
    ]
