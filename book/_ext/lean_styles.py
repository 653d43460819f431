"""Ship the style rules that the site can use, not the theme's whole library of components.

A rule goes if it asks for a class or an id that no page bears and no script of the site names.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PART = re.compile(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[^{};\"'/]+|.", re.DOTALL)
COMMENT = re.compile(r"/\*(?!!).*?\*/", re.DOTALL)
LICENCE = re.compile(r"/\*!.*?\*/", re.DOTALL)
CONDITIONS = ("@media", "@supports", "@layer", "@container")
ASKED = re.compile(r"[.#](?P<name>(?:[\w-]|\\.)+)")
NO_NAMES = re.compile(r"\[[^\]]*\]|:(?:not|is|where|has)\([^()]*(?:\([^()]*\)[^()]*)*\)")  # of such, any may do
BORNE = re.compile(r"\b(?:class|id)=(?:\"(?P<plain>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s>]+))")
INLINE = re.compile(r"<script\b.*?</script>", re.DOTALL)
WORD = re.compile(r"[\w-]+")


def blocks(css: str) -> Iterator[tuple[str, str | None]]:
    """Yield each statement of a style sheet with the content of its block, which is None if it has none."""
    head: list[str] = []
    body: list[str] = []
    depth = 0
    for part in PART.findall(css):
        depth -= part == "}"
        if part == "}" and depth == 0:
            yield "".join(head).strip(), "".join(body)
            head, body = [], []
        elif part == ";" and depth == 0:
            yield "".join(head).strip(), None
            head = []
        elif depth or part != "{":
            (body if depth else head).append(part)
        depth += part == "{"


def alternatives(selectors: str) -> list[str]:
    """Split a list of selectors at the commas that stand outside brackets."""
    found, depth = [""], 0
    for letter in selectors:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return found


def is_usable(selector: str, names: set[str]) -> bool:
    asked = ASKED.finditer(NO_NAMES.sub("", selector))
    return all(re.sub(r"\\(.)", r"\1", match["name"]) in names for match in asked)


def lean(css: str, names: set[str]) -> str:
    """Return a style sheet without the rules that ask for a class or an id that is not among the names.

    Licences stay, at its top.
    """
    kept = LICENCE.findall(css)
    for head, body in blocks(COMMENT.sub("", LICENCE.sub("", css))):
        if body is None:
            kept.append(f"{head};")
        elif head.startswith(CONDITIONS):
            inside = lean(body, names)
            kept += [f"{head}{{{inside}}}"] if inside else []
        elif head.startswith("@"):
            kept.append(f"{head}{{{body}}}")
        else:
            usable = [selector for selector in alternatives(head) if is_usable(selector, names)]
            kept += [f"{','.join(usable)}{{{body}}}"] if usable else []
    return "".join(kept)


def names_in_use(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """Return every class and id that pages bear, and every word of the scripts, which may set them."""
    borne = {name for page in pages for match in BORNE.finditer(page) for name in "".join(match.groups("")).split()}
    return borne | {word for script in scripts for word in WORD.findall(script)}


def is_loaded(sheet: str, pages: Iterable[str]) -> bool:
    """Tell whether a page loads a style sheet; others are for documents that are made of the pages later."""
    return any(sheet in page for page in pages)


def write_lean_styles(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    scripts = [path.read_text(encoding="utf-8") for path in site.joinpath("_static").rglob("*.js")]
    names = names_in_use(pages, scripts + [script for page in pages for script in INLINE.findall(page)])
    for sheet in site.joinpath("_static").rglob("*.css"):
        if is_loaded(sheet.relative_to(site).as_posix(), pages):
            sheet.write_text(lean(sheet.read_text(encoding="utf-8"), names), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", write_lean_styles, priority=600)  # after the fonts, which read the whole styles
    return {"parallel_read_safe": True, "parallel_write_safe": True}
