"""Every page tells search engines and link previews what it is about, and the card and sitemap are right."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
import site_laws
from PIL import Image
from tested_pages import NAMES, SITE

import page_head
from social_card import HEIGHT, WIDTH, draw_card


def test_every_page_describes_itself(built_page: Path) -> None:
    page = site_laws.parse(built_page)
    (description,) = page.select("meta[name=description]")
    assert 20 <= len(description["content"]) <= page_head.LONGEST
    assert page.select_one("meta[property='og:description']")["content"] == description["content"]
    assert page.select_one("link[rel=icon]")


def test_titles_and_descriptions_tell_pages_apart() -> None:
    pages = [site_laws.parse(SITE / f"{name}.html") for name in NAMES]
    for told in (
        [page.title.get_text() for page in pages],
        [page.select_one("meta[name=description]")["content"] for page in pages],
    ):
        assert max(Counter(told).values()) == 1, Counter(told).most_common(1)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("One. Two is longer.", "One. Two is longer."),
        ("One. Two is much longer than may be.", "One."),
        ("A sentence that goes, on and on", "A sentence that goes, on…"),
        ("At redshift 2.96 it ends.\nThere is more.", "At redshift 2.96 it ends."),
    ],
)
def test_a_description_ends_with_a_sentence_or_a_word(text: str, short: str) -> None:
    assert page_head.shortened(text, 26) == short


def test_the_card_is_named_where_the_address_is_known() -> None:
    there = page_head.head_tags("A & B", "Book", "Why?", "https://a.github.io/b", "https://a.github.io/b/p.html")
    assert 'property="og:image" content="https://a.github.io/b/_static/social-card.png"' in there
    assert 'content="A &amp; B"' in there
    assert "og:image" not in page_head.head_tags("A", "Book", "Why?", "", "/p.html")


def test_the_card_has_the_size_it_claims(tmp_path: Path) -> None:
    draw_card(tmp_path / "card.png", "Title: what it is about")
    with Image.open(tmp_path / "card.png") as card:
        assert card.size == (WIDTH, HEIGHT)
        assert len(card.convert("RGB").getcolors(100_000)) > 10


def test_the_sitemap_lists_every_page(tmp_path: Path) -> None:
    app = SimpleNamespace(
        outdir=tmp_path,
        builder=SimpleNamespace(format="html", get_target_uri=lambda name: f"{name}.html"),
        config=SimpleNamespace(html_baseurl="https://a.github.io/b/", html_title="Title: rest"),
        env=SimpleNamespace(found_docs={"book/intro", "book/two"}),
    )
    page_head.write_card_and_sitemap(app, None)
    listed = [place.text for place in ElementTree.parse(tmp_path / "sitemap.xml").iter(f"{{{page_head.SITEMAP}}}loc")]
    assert listed == ["https://a.github.io/b/book/intro.html", "https://a.github.io/b/book/two.html"]
