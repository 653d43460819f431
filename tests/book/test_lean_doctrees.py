"""What Sphinx stores of a page holds that page alone."""

import pytest
from docutils import nodes
from docutils.utils import new_document
from tested_pages import NAMES, ROOT

import lean_doctrees

DOCTREES = ROOT / "_build" / "stage" / "_build" / ".doctrees"


def test_nodes_of_a_document_inside_belong_to_the_page() -> None:
    page, inside = new_document("page"), new_document("inside")
    inside += nodes.paragraph("", "a signature")
    page.children += inside.children
    assert page[0].document is inside
    lean_doctrees.belong_to_one_document(None, page)
    assert all(node.document is page for node in page.findall())


@pytest.mark.parametrize("name", NAMES)
def test_no_page_is_stored_with_all_that_sphinx_knows(name: str) -> None:
    assert b"BuildEnvironment" not in (DOCTREES / f"{name}.doctree").read_bytes()
