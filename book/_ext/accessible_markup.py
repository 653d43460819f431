"""Mend markup that screen readers stumble over and that pandas, docutils and Sphinx write.

An empty header cell is announced with each cell below it and says nothing: it becomes a plain cell.
A signature's parameters, one a line, are no list of definitions: they become lines.
An entry of a bibliography has a role that only elements of lists may have: it becomes an item of its list.
The cells of a styled table bear a number drawn at random: it becomes the table's own on the page.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

EMPTY_HEADER = re.compile(r"<th(?P<attributes>[^>]*)>(?P<blank>(?:\s|&nbsp;)*)</th>")

PARAMETERS = re.compile(r'(?P<opening><span class="sig-paren">\(</span>\s*)<dl>(?P<parameters>.*?)</dl>', re.DOTALL)

STYLED = re.compile(r'(?P<before>\bid="|#)T_(?P<drawn>[0-9a-f]{5})(?![0-9a-z])')


def with_plain_corners(html: str) -> str:
    """Return the HTML of a table without empty header cells."""
    return EMPTY_HEADER.sub(r"<td\g<attributes>>\g<blank></td>", html)


def mend_tables(app: Sphinx, document: nodes.document) -> None:
    for node in list(document.findall(nodes.raw)):
        text = node.astext()
        if node.get("format") == "html" and "<table" in text and with_plain_corners(text) != text:
            node.replace_self(nodes.raw("", with_plain_corners(text), format="html"))


def with_lines(html: str) -> str:
    """Return HTML whose signatures have their parameters in lines instead of a list of definitions."""

    def lines(signature: re.Match[str]) -> str:
        parameters = signature["parameters"].replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>")
        return f'{signature["opening"]}<span class="sig-lines">{parameters}</span>'

    return PARAMETERS.sub(lines, html)


def with_numbered_tables(html: str) -> str:
    """Return HTML in which the styled tables of pandas bear the numbers 1, 2, … in the place of numbers at random."""
    drawn = list(dict.fromkeys(match["drawn"] for match in STYLED.finditer(html)))
    return STYLED.sub(lambda match: f"{match['before']}T_{drawn.index(match['drawn']) + 1}", html)


def mend_body(app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None) -> None:
    if "body" in context:
        body = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')
        context["body"] = with_numbered_tables(with_lines(body))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", mend_tables)
    app.connect("html-page-context", mend_body)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
