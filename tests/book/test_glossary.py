"""The first use of a glossary term on a page leads to the glossary."""

from pathlib import Path

import pytest
import site_laws
from bs4 import BeautifulSoup
from tested_pages import ROOT, SITE

import glossary_links

CLOSED = ["a", "code", "pre", "math", "h1", "h2", "h3", "h4", "figcaption", "script", "style", "dt"]


def unlinked_terms(page: BeautifulSoup) -> list[str]:
    """Return the glossary terms that stand in a page's paragraphs while no link of theirs leads to the glossary."""
    body = site_laws.content(page)
    linked = {a["href"].split("#term-")[-1] for a in body.select("a[href*='glossary.html#term-']")}
    for tag in body.find_all(CLOSED):
        tag.decompose()
    prose = " ".join(paragraph.get_text() for paragraph in body.find_all("p"))
    used = [term for term in glossary_links.glossary_terms() if glossary_links.term_pattern(term).search(prose)]
    return [term for term in used if term.replace(" ", "-") not in linked]


def test_first_uses_are_linked(lesson: Path) -> None:
    page = site_laws.parse(SITE / lesson.relative_to(ROOT).with_suffix(".html"))
    assert unlinked_terms(page) == []


def test_a_page_without_the_link_is_refused() -> None:
    good = "<article><p>A <a href='glossary.html#term-coalition'>coalition</a> and coalitions.</p></article>"
    assert unlinked_terms(BeautifulSoup(good, "html.parser")) == []
    bad = "<article><h2>Coalition</h2><p>Two coalitions.</p></article>"
    assert unlinked_terms(BeautifulSoup(bad, "html.parser")) == ["coalition"]


@pytest.mark.parametrize(("text", "found"), [("Coalitions", True), ("coalitional", False), ("coalition-free", False)])
def test_a_term_is_a_whole_word_in_any_case_and_number(text: str, found: bool) -> None:
    assert bool(glossary_links.term_pattern("coalition").search(text)) is found


def test_every_term_is_used_in_a_lesson() -> None:
    texts = " ".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "book").glob("*/*.md") if path.stem != "glossary"
    )
    unused = [t for t in glossary_links.glossary_terms() if not glossary_links.term_pattern(t).search(texts)]
    assert unused == []
