"""Keep what Sphinx stores of a page free of everything else that it knows.

Signatures of the library are parsed as documents of their own. Their nodes still point there, and from there to the
whole environment, which was stored with each page of the reference and read again at every build.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def belong_to_one_document(app: Sphinx, doctree: nodes.document) -> None:
    for node in doctree.findall():
        node.document = doctree


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", belong_to_one_document, priority=900)  # after all that add nodes
    return {"parallel_read_safe": True, "parallel_write_safe": True}
