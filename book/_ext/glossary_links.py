"""Link the first use of each glossary term on a page to the glossary, so that authors need not."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

GLOSSARY = Path(__file__).parents[1] / "reference" / "glossary.md"
CLOSED = (nodes.title, nodes.reference, nodes.literal, nodes.math, nodes.term, nodes.caption, addnodes.pending_xref)


@cache
def glossary_terms() -> tuple[str, ...]:
    """Return the terms, longest first, so that a term inside a longer one does not take its place."""
    block = re.search(r"^```\{glossary\}\n(.*?)^```", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    terms = re.findall(r"^(\S.*)$", block[1], re.MULTILINE)
    return tuple(sorted(terms, key=len, reverse=True))


def term_pattern(term: str) -> re.Pattern[str]:
    """Match a term as it is used in a sentence: in any case, in the plural too."""
    return re.compile(rf"(?<![\w-]){re.escape(term)}s?(?![\w-])", re.IGNORECASE)


def is_open(text: nodes.Text) -> bool:
    """Tell whether running text may carry a link: not in headings, captions, code, formulas or other links."""
    node, in_paragraph = text.parent, False
    while node is not None:
        if isinstance(node, CLOSED):
            return False
        in_paragraph = in_paragraph or isinstance(node, nodes.paragraph)
        node = node.parent
    return in_paragraph


def link(text: nodes.Text, match: re.Match[str], term: str, docname: str) -> list[nodes.Text]:
    """Replace the matched part of a text node by a reference to the term, and return the text that is left."""
    before, word, after = text[: match.start()], match.group(), text[match.end() :]
    reference = addnodes.pending_xref(
        "", nodes.inline(word, word, classes=["xref", "std", "std-term"]),
        refdomain="std", reftype="term", reftarget=term, refexplicit=True, refwarn=True, refdoc=docname,
    )  # fmt: skip
    parts = [part for part in (nodes.Text(before), reference, nodes.Text(after)) if part.astext()]
    parent = text.parent
    place = parent.index(text)
    parent[place : place + 1] = parts
    return [part for part in parts if part is not reference]


def link_first_uses(app: Sphinx, document: nodes.document) -> None:
    docname = app.env.docname
    if docname.startswith("book/reference/"):
        return
    app.env.note_dependency(str(GLOSSARY))
    texts = [text for text in document.findall(nodes.Text) if is_open(text)]
    for term in glossary_terms():
        pattern = term_pattern(term)
        for place, text in enumerate(texts):
            if match := pattern.search(text):
                texts[place : place + 1] = link(text, match, term, docname)
                break


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", link_first_uses)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
