"""Mend markup that screen readers stumble over and that pandas and docutils write.

An empty header cell is announced with each cell below it and says nothing: it becomes a plain cell.
An entry of a bibliography has a role that only elements of lists may have: it becomes an item of its list.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

EMPTY_HEADER = re.compile(r"<th(?P<attributes>[^>]*)>(?P<blank>(?:\s|&nbsp;)*)</th>")


def with_plain_corners(html: str) -> str:
    """Return the HTML of a table without empty header cells."""
    return EMPTY_HEADER.sub(r"<td\g<attributes>>\g<blank></td>", html)


def mend_tables(app: Sphinx, document: nodes.document) -> None:
    for node in list(document.findall(nodes.raw)):
        text = node.astext()
        if node.get("format") == "html" and "<table" in text and with_plain_corners(text) != text:
            node.replace_self(nodes.raw("", with_plain_corners(text), format="html"))


def mend_bibliography(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", mend_tables)
    app.connect("html-page-context", mend_bibliography)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
