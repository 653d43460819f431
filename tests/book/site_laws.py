"""Laws of a built page: each takes its HTML and returns what breaks them, in words that name the element."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

RAW_SYNTAX = re.compile(
    r"\{(?:cite|doc|ref|numref|eq|glue|term|math)[^}]*\}`|^:::|```|\$\$|\\(?:frac|mathrm|left|sum|begin)\b",
    re.M,
)
LOADING = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "object": "data",
}
LOADING_LINKS = {
    "stylesheet",
    "preload",
    "prefetch",
    "modulepreload",
    "preconnect",
    "dns-prefetch",
    "icon",
    "manifest",
}
FOREIGN_STYLE = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")\s]+)")


def parse(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def content(page: BeautifulSoup) -> Tag:
    found = page.find("article") or page.find("main")
    return found if isinstance(found, Tag) else page


def is_foreign(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https"} or url.startswith("//")


def errors_shown(page: BeautifulSoup) -> list[str]:
    found = content(page).select(".output.stderr, .output.traceback, .cell_output .stderr")
    return [f"error output on the page: {tag.get_text()[:120]!r}" for tag in found]


def images_undescribed(page: BeautifulSoup) -> list[str]:
    problems = []
    for image in content(page).find_all("img"):
        alt = " ".join(image.get("alt", "").split())
        figure = image.find_parent("figure")
        caption = " ".join(figure.figcaption.get_text().split()) if figure and figure.figcaption else ""
        if len(alt) < 30:
            problems.append(f"image {image.get('src')}: its alternative text {alt!r} is shorter than 30 characters")
        elif caption and (alt in caption or caption in alt):
            problems.append(f"image {image.get('src')}: its alternative text repeats its caption")
        elif Path(unquote(urlsplit(image.get("src", "")).path)).name in alt:
            problems.append(f"image {image.get('src')}: its alternative text is a file name")
    return problems


def figures_without_caption(page: BeautifulSoup) -> list[str]:
    drawn = content(page).select(".cell_output img, .cell_output .force-plot, .cell_output .shapbook-explorer")
    inside = [(tag, tag.find_parent("figure")) for tag in drawn]
    return [
        f"{tag.name} {tag.get('src') or tag.get('class')}: a figure without a caption"
        for tag, figure in inside
        if not (figure and figure.figcaption and len(figure.figcaption.get_text()) > 30)
    ]


def plots_undescribed(page: BeautifulSoup) -> list[str]:
    """Interactive plots bear their alternative text as a label."""
    labels = [" ".join(plot.get("aria-label", "").split()) for plot in content(page).select(".force-plot")]
    captions = " ".join(" ".join(tag.get_text().split()) for tag in content(page).find_all("figcaption"))
    return [
        f"interactive plot: its label {label!r} is no alternative text of its own"
        for label in labels
        if len(label) < 30 or label in captions
    ]


def raw_syntax(page: BeautifulSoup) -> list[str]:
    body = BeautifulSoup(str(content(page)), "html.parser")
    for tag in body.select("pre, code, script, style, math, noscript"):
        tag.decompose()
    return [f"raw markup: {match.group()!r}" for match in RAW_SYNTAX.finditer(body.get_text())]


def foreign_references(page: BeautifulSoup) -> list[str]:
    problems = []
    for name, attribute in LOADING.items():
        for tag in page.find_all(name):
            if is_foreign(tag.get(attribute, "")):
                problems.append(f"<{name}> loads {tag[attribute]}")
    for tag in page.find_all("link"):
        if LOADING_LINKS & set(tag.get("rel", [])) and is_foreign(tag.get("href", "")):
            problems.append(f"<link> loads {tag['href']}")
    styles = [tag.get_text() for tag in page.find_all("style")] + [tag["style"] for tag in page.select("[style]")]
    problems += [f"style loads {url}" for style in styles for url in FOREIGN_STYLE.findall(style)]
    return problems


def dead_links(path: Path, page: BeautifulSoup, ids_of: Callable[[Path], set[str]]) -> list[str]:
    """Return the internal links of a page that lead nowhere; `ids_of` gives the anchors of another page."""
    problems = []
    for tag in page.select("a[href], link[href], img[src], script[src]"):
        url = tag.get("href") or tag.get("src") or ""
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.exists():
            problems.append(f"<{tag.name}> leads to {url}, which is not there")
        elif parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in ids_of(target):
            problems.append(f"<{tag.name}> leads to {url}, which has no such anchor")
    return problems
