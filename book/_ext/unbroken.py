"""Keep on one line what is read in one breath: a colour such as g − r, a number and its unit."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

JOINTS = re.compile(r"(?<=\b[ugriz]) − (?=[grizy]\b)|(?<=\d) (?=(?:%|mag|Å|Jy|GB)(?!\w))")
VERBATIM = (nodes.literal, nodes.math, nodes.FixedTextElement)


def joined(text: str) -> str:
    """Return a text with no-break spaces at its joints."""
    return JOINTS.sub(lambda joint: joint[0].replace(" ", "\u00a0"), text)


def join_texts(app: Sphinx, document: nodes.document) -> None:
    for node in list(document.findall(nodes.Text)):
        if not isinstance(node.parent, VERBATIM) and joined(node) != node:
            node.parent.replace(node, nodes.Text(joined(node)))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", join_texts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
