"""A notebook that shows something else than the book is found out."""

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from notebook_runs import SCRIPT, differences

HTML = new_output("display_data", data={"text/html": "<b>", "text/plain": "<HTML object>"})
PICTURE = new_output("display_data", data={"image/png": "", "text/plain": "<Figure size 640x480>"})


def said(text: str) -> NotebookNode:
    return new_output("stream", text=text)


def notebook(source: str, *outputs: NotebookNode) -> NotebookNode:
    return new_notebook(cells=[new_code_cell(source, outputs=list(outputs), id="cell")])


@pytest.mark.parametrize(
    ("book", "run"),
    [
        ([said("1,000 galaxies: −0.50 ± 0.1")], [said("1,040 galaxies: −0.52 ± 0.1")]),
        ([said("<map at 0x7f>")], [said("<map at 0x80>"), new_output("stream", name="stderr", text="Slow.")]),
        ([said("dtype: str")], [said("dtype: object")]),
        ([PICTURE], [new_output("display_data", data={"image/svg+xml": "", "text/plain": "<Figure size 640x480>"})]),
    ],
)
def test_what_differs_by_versions_alone_is_no_difference(book: list[NotebookNode], run: list[NotebookNode]) -> None:
    assert differences(notebook("f()", *book), notebook("f()", *run)) == []


def test_the_script_of_a_force_plot_is_no_difference() -> None:
    assert differences(notebook("f()", HTML), notebook(f"{SCRIPT}f()", HTML, HTML)) == []


@pytest.mark.parametrize(
    ("book", "run", "problem"),
    [
        ([said("0.50 ± 0.1")], [said("0.54 ± 0.1")], "the notebook prints 0.54 for 0.5"),
        ([said("−0.50")], [said("0.50")], "the notebook prints 0.5 for -0.5"),
        ([said("✓ Solved.")], [said("✗ Not yet.")], "the book prints '✓ Solved.', the notebook '✗ Not yet.'"),
        ([said("[1 2]")], [said("[1]")], "the book prints '[1 2]', the notebook '[1]'"),
        ([PICTURE, PICTURE], [PICTURE], "the book draws ['picture', 'picture'], the notebook ['picture']"),
        ([HTML], [PICTURE], "the book draws ['HTML'], the notebook ['picture']"),
    ],
)
def test_another_output_is_a_difference(book: list[NotebookNode], run: list[NotebookNode], problem: str) -> None:
    assert differences(notebook("f()", *book), notebook("f()", *run)) == [f"cell: {problem}"]


def test_a_cell_that_the_book_lacks_is_a_difference() -> None:
    assert differences(notebook("f()"), notebook("g()")) == ["cell: the book has no such cell"]
