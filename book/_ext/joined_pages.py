"""Join the pages of the built site into one document, for paper: title, contents, then every page in its order.

Links between pages become links inside the document, everything folded is opened, and the headings of a page stand
below those of its part, so that the outline of the printed book is that of its contents.
"""

import copy
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

from repository import ROOT

HEADING = re.compile(r"h[1-6]")
REFERRING = ("for", "headers", "aria-controls", "aria-describedby", "aria-labelledby")
OWN_SCRIPTS = {path.name for path in ROOT.joinpath("book", "_static").glob("*.js")}
STYLE = "_static/printed-book.css"
PLAIN_TOKENS = ".highlight :is(span.n, span.p, span.w)"  # look like plain code, and would be a third of the PDF
NO_NUMBER = "000"
ANCHORS = PART, PAGE = "part--", "page--"
SKELETON = """\
<!DOCTYPE html>
<html lang="{language}" data-theme="light" data-mode="light">
<head><meta charset="utf-8"><title>{title}</title></head>
<body><main class="bd-main"><div class="bd-content"><div class="bd-article-container"></div></div></main></body>
</html>
"""


@dataclass(frozen=True)
class Place:
    """Where a page stands in the book: its name, its part (none for the first page), and how deep it is in it."""

    name: str
    part: str
    depth: int

    @property
    def anchor(self) -> str:
        return f"{PAGE}{slug(self.name)}"


def slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower()).strip("-")


def places(contents: Mapping[str, Any]) -> list[Place]:
    """Return the places of the pages that a table of contents names, in its order."""

    def below(node: Mapping[str, Any], part: str, depth: int) -> Iterator[Place]:
        if "file" in node:
            yield Place(node["file"], part, depth)
        for child in [*node.get("chapters", []), *node.get("sections", [])]:
            yield from below(child, part, depth + 1)

    first = Place(contents["root"], "", 0)
    parts = contents.get("parts", [contents])
    return [first, *(place for part in parts for place in below(part, part.get("caption", ""), 0))]


class Joiner:
    """The pages of a site on their way into one document, which will stand in a folder of its own."""

    def __init__(self, site: Path, folder: Path, config: Mapping[str, Any], contents: Mapping[str, Any]) -> None:
        self.site, self.folder, self.config = site, folder, config
        self.places = places(contents)
        self.pages = {place.name: self.read(place.name) for place in self.places}
        self.articles = {name: page.find("article").extract() for name, page in self.pages.items()}
        ids = {name: {tag["id"] for tag in article.select("[id]")} for name, article in self.articles.items()}
        times = Counter(one for found in ids.values() for one in found)
        self.ids = {
            name: {one: one if times[one] == 1 else f"{slug(name)}--{one}" for one in found}
            for name, found in ids.items()
        }

    def read(self, name: str) -> BeautifulSoup:
        return BeautifulSoup(self.site.joinpath(f"{name}.html").read_text(encoding="utf-8"), "html.parser")

    def document(self) -> str:
        """Return the document; its contents leave room for the numbers of the sheets."""
        title, language = self.config["title"], self.config["sphinx"]["config"]["language"]
        document = BeautifulSoup(SKELETON.format(language=language, title=escape(title)), "html.parser")
        for element in self.files():
            document.head.append(element)
        body = document.select_one(".bd-article-container")
        body.extend([*self.front(title), self.contents()])
        for place in self.places:
            if self.opens_part(place):
                body.append(made("h1", place.part, {"id": part_anchor(place), "class": "part-title"}))
            body.append(self.article(place))
        return str(document)

    def opens_part(self, place: Place) -> bool:
        return bool(place.part) and next(one for one in self.places if one.part == place.part) == place

    def files(self) -> list[Tag]:
        """Return the style sheets of all pages, each once, then the book's own scripts and the style for paper."""
        found: dict[str, Tag] = {}
        for name, page in self.pages.items():
            for tag in page.select("link[rel=stylesheet][href], script[src]"):
                key = "href" if tag.name == "link" else "src"
                file = self.file(name, tag[key])
                if file and (tag.name == "link" or PurePosixPath(file).name in OWN_SCRIPTS):
                    attributes = {"rel": "stylesheet"} if tag.name == "link" else {"defer": ""}
                    found.setdefault(file, made(tag.name, "", attributes | {key: self.from_here(file)}))
        return [*found.values(), made("link", "", {"rel": "stylesheet", "href": self.from_here(STYLE)})]

    def front(self, title: str) -> list[Tag]:
        """Return the lines of the title page."""
        canonical = self.pages[self.places[0].name].select_one("link[rel=canonical]")
        main, _, rest = title.partition(": ")
        page = made("header", "", {"class": "title-page"})
        page.extend([made("p", main, {"class": "title"}), made("p", rest, {"class": "subtitle"})])
        page.append(made("p", self.config["author"]))
        if canonical:
            where = made("p", "Its figures move, its quizzes answer and its pages run at ")
            where.append(made("a", canonical["href"], {"href": canonical["href"]}))
            page.append(where)
        return [page]

    def contents(self) -> Tag:
        """Return the table of contents, with links."""
        listed = made("nav", "", {"class": "contents", "aria-label": "Contents"})
        listed.append(made("p", "Contents", {"class": "contents-title"}))
        for place in self.places:
            if self.opens_part(place):
                listed.append(contents_line(place.part, part_anchor(place), "part-line"))
            heading = self.articles[place.name].find("h1")
            title = "".join(heading.find_all(string=True)).rstrip("#") if heading else place.name
            listed.append(contents_line(title, place.anchor, f"page-line depth-{place.depth}"))
        return listed

    def article(self, place: Place) -> Tag:
        """Return a page for paper: opened, its links inside the document, its headings below those of its part."""
        article = copy.copy(self.articles[place.name])
        for link in article.select("a.headerlink"):
            link.decompose()
        for token in article.select(PLAIN_TOKENS):
            token.unwrap()
        for folded in article.select("details"):
            folded["open"] = ""
        for heading in article.find_all(HEADING):
            level = int(heading.name[1])
            heading["class"] = [*heading.get("class", []), f"level-{level}"]
            heading.name = f"h{min(6, level + (place.depth + 1 if place.part else 0))}"
        self.rename(place.name, article)
        for tag in article.select("[src]"):
            file = self.file(place.name, tag["src"])
            tag["src"] = self.from_here(file) if file else tag["src"]
            if tag.name == "img":
                tag["loading"] = "eager"
        for link in article.select("a[href]"):
            link["href"] = self.inside(place.name, link["href"])
            if not link["href"]:
                link.unwrap()
        opening = "first-page" if self.opens_part(place) else ""
        article["id"], article["class"] = place.anchor, [*article.get("class", []), "printed-page", opening]
        return article

    def rename(self, name: str, article: Tag) -> None:
        ids = self.ids[name]
        for tag in article.select("[id]"):
            tag["id"] = ids[tag["id"]]
        for key in REFERRING:
            for tag in article.select(f"[{key}]"):
                named = tag[key] if isinstance(tag[key], list) else tag[key].split()
                tag[key] = " ".join(ids.get(one, one) for one in named)

    def inside(self, name: str, url: str) -> str:
        """Return where a link of a page leads in the document; nothing if to a file of the site that is no page."""
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            return url
        file = self.file(name, url)
        target = (file or f"{name}.html").removesuffix(".html")
        place = next((place for place in self.places if place.name == target), None)
        if not place:
            return ""
        return f"#{self.ids[target].get(unquote(parts.fragment), place.anchor)}"

    def file(self, name: str, url: str) -> str:
        """Return the path in the site of what a page names, or nothing if that is on another host or in the page."""
        parts = urlsplit(url)
        if parts.scheme or parts.netloc or not parts.path:
            return ""
        return os.path.normpath(PurePosixPath(name).parent / unquote(parts.path))

    def from_here(self, file: str) -> str:
        """Return the address of a file of the site, seen from the folder of the document."""
        return Path(os.path.relpath(self.site / file, self.folder)).as_posix()


def part_anchor(place: Place) -> str:
    return f"{PART}{slug(place.part)}"


def made(name: str, text: str, attributes: Mapping[str, str] | None = None) -> Tag:
    """Return a new element."""
    tag = Tag(name=name, attrs=dict(attributes or {}), can_be_empty_element=name == "link")
    if text:
        tag.append(text)
    return tag


def contents_line(title: str, anchor: str, classes: str) -> Tag:
    line = made("a", "", {"href": f"#{anchor}", "class": classes})
    line.append(made("span", title, {"class": "contents-name"}))
    line.append(made("span", NO_NUMBER, {"class": "contents-number"}))
    return line


def joiner(site: Path, folder: Path) -> Joiner:
    """Return the pages of this book's site, ready to be joined."""
    config, contents = (
        yaml.safe_load(ROOT.joinpath(name).read_text(encoding="utf-8")) for name in ("_config.yml", "_toc.yml")
    )
    return Joiner(site, folder, config, contents)
