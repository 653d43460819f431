"""Typeset mathematics while building, as MathML: no script to load, readable by screen readers, sharp at any zoom."""

import re
from typing import Any

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

CONVERTER = LatexToMathML(macros={"substack": r"\begin{matrix}#1\end{matrix}"})
LOGGER = logging.getLogger(__name__)
TERMINAL_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
STRUT = '<mspace height="0.68em" depth="0.12em"></mspace>'  # else the bar of a root lies on a low letter
OPENING = re.compile(r"[(\[‘“]+$")
CLOSING = re.compile(r"(?:-\w+|[,.;:!?)\]’”]+)")


def aligned(latex: str) -> str:
    """Return a block formula with its lines aligned at their `&`, if it has several."""
    outside_braces = re.sub(r"\{[^{}]*\}", "", latex)
    if not latex.startswith(r"\begin") and ("\\\\" in outside_braces or re.search(r"(?<!\\)&", latex)):
        return rf"\begin{{aligned}}{latex}\end{{aligned}}"
    return latex


def mathml(latex: str, *, block: bool) -> str:
    """Return the MathML element of a formula.

    Raises:
        LatexError: If the formula is no valid LaTeX.
    """
    latex = aligned(latex.strip()) if block else latex.strip()
    return CONVERTER.convert_with_local_state(latex, displaystyle=block).replace("<msqrt>", f"<msqrt>{STRUT}")


def converted(node: nodes.math | nodes.math_block, *, block: bool) -> str:
    try:
        return mathml(node.astext(), block=block)
    except LatexError as error:
        reason = TERMINAL_COLOURS.sub("", str(error)).strip().splitlines()[0]
        LOGGER.warning("formula %r: %s", node.astext(), reason, location=node)
        return ""


def keep_punctuation(app: Sphinx, document: nodes.document, docname: str) -> None:
    """Put each inline formula and the punctuation that touches it into one element, which the style keeps on a line.

    Without it, browsers let a line begin with the comma after a formula.
    """
    for formula in list(document.findall(nodes.math)):
        parent, place = formula.parent, formula.parent.index(formula)
        before = parent[place - 1] if place else None
        after = parent[place + 1] if place + 1 < len(parent) else None
        opening = OPENING.search(before) if isinstance(before, nodes.Text) else None
        closing = CLOSING.match(after) if isinstance(after, nodes.Text) else None
        if not (opening or closing):
            continue
        kept = nodes.inline("", "", classes=["unbroken"])
        parent[place] = kept
        kept += [nodes.Text(opening.group()), formula] if opening else [formula]
        if closing:
            kept += nodes.Text(closing.group())
            parent[place + 1] = nodes.Text(after[closing.end() :])
        if opening:
            parent[place - 1] = nodes.Text(before[: opening.start()])


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(converted(node, block=False))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="equation"))
    self.body.append(f'<div class="formula" tabindex="0">{converted(node, block=True)}</div>')
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-resolved", keep_punctuation)
    app.add_html_math_renderer("mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
