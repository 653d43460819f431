"""Ship one style sheet with the rules that the site can use, not a dozen with the theme's whole library of components.

A rule goes if it asks for a class or an id that no page bears and no script of the site names. A sheet that only some
pages link, such as that of formulas, which holds their font, stays by itself.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

THEME = ("styles/theme.css", "styles/pydata-sphinx-theme.css")  # the theme's template would link them by itself
ONE_SHEET = "site.css"  # linked by `layout.html`
IMPORT = re.compile(r"@import\s+\"(?P<sheet>[^\"]+)\";")
CHARSET = re.compile(r"@charset\s+\"[^\"]+\";")
ADDRESS = re.compile(r"url\((?P<quote>[\"']?)(?!data:|#|[\"'])(?P<file>[^\"')]+)(?P=quote)\)")

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


def whole(sheet: str, folder: Path) -> str:
    """Return a style sheet as it would read if it stood in the folder itself, with what it imports in its place."""
    home = PurePosixPath(sheet).parent

    def here(file: str) -> str:
        return os.path.normpath(home / file)

    text = CHARSET.sub("", folder.joinpath(sheet).read_text(encoding="utf-8"))
    text = ADDRESS.sub(lambda match: f'url("{here(match["file"])}")', text)
    return IMPORT.sub(lambda match: whole(here(match["sheet"]), folder), text)


def shared_sheets(app: Sphinx) -> list[str]:
    """Return the style sheets of all pages, in their order, or nothing if no page is written in this build."""
    linked = sorted(getattr(app.builder, "_orig_css_files", []), key=lambda sheet: sheet.priority)
    return [str(sheet.filename) for sheet in linked]


def leave_out_shared(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Take from a page the style sheets that every page has; `layout.html` links the one that is made of them."""
    shared = shared_sheets(app)
    context["css_files"] = [sheet for sheet in context["css_files"] if str(sheet.filename) not in shared]


def write_one_sheet(app: Sphinx, error: Exception | None) -> None:
    shared = shared_sheets(app)
    if error or app.builder.format != "html" or not shared:
        return
    site = Path(app.outdir)
    static = site / "_static"
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    scripts = [path.read_text(encoding="utf-8") for path in static.rglob("*.js")]
    names = names_in_use(pages, scripts + [script for page in pages for script in INLINE.findall(page)])
    sheets = (*THEME, *(sheet.removeprefix("_static/") for sheet in shared))
    css = lean("".join(whole(sheet, static) for sheet in sheets), names)
    static.joinpath(ONE_SHEET).write_text(css, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", leave_out_shared, priority=900)  # after extensions have added theirs
    app.connect("build-finished", write_one_sheet, priority=600)  # after the icons, whose font reads the theme's styles
    return {"parallel_read_safe": True, "parallel_write_safe": True}
