"""Tell search engines and link previews what a page is about: description, social card, sitemap.

Card and sitemap need the address where the site is published, which follows from the repository; where none is known
they are left out.
"""

import re
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from repository import this_repository
from social_card import HEIGHT, WIDTH, draw_card

LONGEST = 160  # characters; search engines cut what is longer
CARD = "_static/social-card.png"
CARD_FINDING = "Bars of several features push a prediction up from its base value and down again, and add up to it."
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return the whole sentences of a text that fit, or the words of its first sentence that do."""
    text = " ".join(text.split())
    ends = [match.end() for match in re.finditer(r"[.?!](?=\s|$)", text) if match.end() <= longest]
    if ends:
        return text[: ends[-1]]
    return text if len(text) <= longest else text[: longest - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def description_of(document: nodes.document) -> str:
    """Return what the first paragraph of a page says, or nothing where it has formulas or there is none."""
    first = next((p for p in document.findall(nodes.paragraph) if isinstance(p.parent, nodes.section)), None)
    return "" if first is None or any(first.findall(nodes.math)) else shortened(first.astext())


def head_tags(title: str, book: str, description: str, site: str, url: str) -> str:
    """Return the meta elements of a page; those that need the site's address only if it is known."""
    named = {"description": description}
    properties = {"og:title": title, "og:description": description, "og:type": "article", "og:site_name": book}
    if site:
        card = f"{site}/{CARD}"
        properties |= {"og:url": url, "og:image": card, "og:image:alt": CARD_FINDING}
        properties |= {"og:image:width": str(WIDTH), "og:image:height": str(HEIGHT)}
        named |= {"twitter:card": "summary_large_image"}
    tags = [f'<meta name="{key}" content="{escape(value)}" />' for key, value in named.items()]
    tags += [f'<meta property="{key}" content="{escape(value)}" />' for key, value in properties.items()]
    return "\n".join(tags)


def site_address(app: Sphinx) -> str:
    return app.config.html_baseurl.rstrip("/")


def use_site_address(app: Sphinx, config: Config) -> None:
    repository = this_repository()
    if repository and not config.html_baseurl:
        config.html_baseurl = f"{repository.site}/"


def add_to_head(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    if page == app.config.root_doc:
        context["docstitle"] = ""  # the page's title is the book's; the theme would say it twice
    context["pagetitle"] = escape(context.get("pagetitle", ""))  # the theme takes this text for HTML
    book, title = app.config.html_title, re.sub(r"<[^>]*>", "", context.get("title", ""))
    description = (description_of(document) if document else "") or f"{title} of the book “{book}”."
    url = f"{site_address(app)}/{app.builder.get_target_uri(page)}"
    context["metatags"] = context.get("metatags", "") + head_tags(title, book, description, site_address(app), url)


def write_card_and_sitemap(app: Sphinx, error: Exception | None) -> None:
    site = site_address(app)
    if error or app.builder.format != "html" or not site:
        return
    draw_card(Path(app.outdir, CARD), app.config.html_title)
    pages = ElementTree.Element("urlset", xmlns=SITEMAP)
    for name in sorted(app.env.found_docs):
        location = ElementTree.SubElement(ElementTree.SubElement(pages, "url"), "loc")
        location.text = f"{site}/{app.builder.get_target_uri(name)}"
    ElementTree.ElementTree(pages).write(Path(app.outdir, "sitemap.xml"), encoding="utf-8", xml_declaration=True)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", use_site_address)
    app.connect("html-page-context", add_to_head)
    app.connect("build-finished", write_card_and_sitemap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
