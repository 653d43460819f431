"""Every notebook runs in an environment like Colab's, which has only what its own first cell installs."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from notebook_runs import NAMES, ROOT, Environment, Published, differences, executed_page
from started_browser import started_browser

from force_plots import PLOT
from notebooks import LACKING_IN_COLAB

pytestmark = pytest.mark.timeout(1200)
each_page = pytest.mark.parametrize("page", NAMES)
Run = Callable[[str], NotebookNode]


def seconds_of(cell: NotebookNode) -> float:
    times = cell.metadata.execution
    end, start = times["shell.execute_reply"], times["iopub.execute_input"]
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


@pytest.fixture
def run(
    published: Published, colab: Environment, tmp_path: Path, record_property: Callable[[str, object], None]
) -> Run:
    """A function that runs a published notebook in an empty folder, and has the time it took reported."""

    def run(name: str) -> NotebookNode:
        notebook = nbformat.read(published.branch / "notebooks" / f"{name}.ipynb", as_version=4)
        executed, seconds = colab.run(notebook, tmp_path)
        record_property("notebook", (name, seconds, seconds_of(executed.cells[0])))
        assert list(tmp_path.iterdir()) == [], "a notebook leaves nothing behind"
        return executed

    return run


def html_of(cell: NotebookNode) -> str:
    return "".join(output.get("data", {}).get("text/html", "") for output in cell.get("outputs", []))


def draws_itself(cell: NotebookNode) -> None:
    """Colab shows the outputs of each cell in a frame of their own: an interactive plot needs nothing else."""
    with started_browser() as browser:
        page = browser.new_page()
        page.set_content(html_of(cell))
        page.locator("svg path").first.wait_for(state="attached", timeout=20_000)
        assert "Javascript library not loaded" not in page.inner_text("body")


@each_page
def test_solutions_run_and_print_what_the_book_prints(run: Run, colab: Environment, page: str) -> None:
    before = colab.versions()
    executed = run(f"solutions/{page}")
    after = colab.versions()
    assert {name: after.get(name) for name in before} == before, "what Colab brings stays"
    assert after.keys() - before.keys() == {"shapbook", *LACKING_IN_COLAB}, "what its first cell installs comes"
    assert differences(executed_page(ROOT / "book" / f"{page}.md"), executed) == []
    for cell in executed.cells:
        if PLOT.search(html_of(cell)):
            draws_itself(cell)


@each_page
def test_learners_start_from_checks_that_tell_what_to_do(run: Run, page: str) -> None:
    for cell in run(page).cells:
        if "check" in cell.metadata.get("tags", []):
            (output,) = cell.outputs
            assert output["data"]["text/plain"].startswith("✗ Not yet.\n  The starter is untouched"), cell.source
