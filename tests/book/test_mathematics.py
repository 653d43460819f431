"""Formulas become MathML whose roots have room, and punctuation stays on the line of the formula it touches."""

import pytest
from docutils import nodes
from docutils.utils import new_document
from tested_pages import ROOT  # noqa: F401 - puts the extensions on the path

import mathematics


def paragraph(*parts: str) -> nodes.paragraph:
    """A paragraph of text and, between dollar signs, formulas."""
    made = [nodes.math("", part[1:-1]) if part.startswith("$") else nodes.Text(part) for part in parts]
    return nodes.paragraph("", "", *made)


def kept(*parts: str) -> tuple[str, list[str]]:
    """The text of a paragraph after the transform, and what it keeps together."""
    document = new_document("page")
    document += paragraph(*parts)
    mathematics.keep_punctuation(None, document, "page")
    together = [node.astext() for node in document.findall(nodes.inline)]
    return document[0].astext(), together


@pytest.mark.parametrize(
    ("parts", "together"),
    [
        (("costs ", "$1$", ", ", "$2$", " and ", "$8$", "."), ["1,", "8."]),
        (("so (", "$n - 1$", "), then"), ["(n - 1),"]),
        (("the ", "$i$", "-th entry"), ["i-th"]),
        (("is “", "$f$", "”!"), ["“f”!"]),
        (("from ", "$a$", " (see ", "$b$", " there)"), []),
        (("$x$",), []),
    ],
)
def test_punctuation_stays_with_its_formula(parts: tuple[str, ...], together: list[str]) -> None:
    text, found = kept(*parts)
    assert found == together
    assert text == "".join(part.strip("$") for part in parts)


def test_a_root_stands_above_low_letters_and_others_are_left_alone() -> None:
    assert f"<msqrt>{mathematics.STRUT}<mi>m</mi></msqrt>" in mathematics.mathml(r"1/\sqrt m", block=False)
    assert "mspace" not in mathematics.mathml(r"\sqrt[3]{x} + \frac{1}{m}", block=False)
