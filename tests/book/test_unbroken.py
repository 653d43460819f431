"""Colours and numbers with their units stay on one line; code stays as it was typed."""

import pytest
import tested_pages  # noqa: F401 (it makes book/_ext importable)
from docutils import nodes
from docutils.utils import new_document

import unbroken


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("then g − r comes first", "then g~−~r comes first"),
        ("u − g and z − y, 0.1 mag or 68 % at 4000 Å.", "u~−~g and z~−~y, 0.1~mag or 68~% at 4000~Å."),
        ("see − sea, a − b, 3 magnets, 2 − 1", "see − sea, a − b, 3 magnets, 2 − 1"),
    ],
)
def test_joints_are_kept(text: str, wanted: str) -> None:
    assert unbroken.joined(text) == wanted.replace("~", "\u00a0")


def test_code_is_left_as_it_is() -> None:
    document = new_document("page")
    document += nodes.paragraph("", "", nodes.Text("68 % of g − r, "), nodes.literal("", "68 % of g − r"))
    document += nodes.literal_block("", "68 % of g − r")
    unbroken.join_texts(None, document)
    words, code, block = document.findall(nodes.Text)
    assert words == "68\u00a0% of g\u00a0−\u00a0r, "
    assert code == block == "68 % of g − r"
